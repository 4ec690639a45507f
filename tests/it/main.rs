//! All integration tests in one binary: linking the SQL engine once is enough.

mod apply_loop;
mod commands;
mod evidence;
mod holdout;
mod judging;
mod layers;
mod mutants;
mod scoring;
mod served;
mod shared_data;
mod support;
mod wrong_input;
