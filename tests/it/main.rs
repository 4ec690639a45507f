//! All integration tests in one binary: linking the SQL engine once is enough.

mod apply_loop;
mod commands;
mod evidence;
mod holdout;
mod layers;
mod scenarios;
mod mutants;
mod scoring;
mod served;
mod shared_data;
mod simulated;
mod support;
mod wrong_input;
