//! All integration tests in one binary: linking the SQL engine once is enough.

mod apply_loop;
mod commands;
mod evidence;
mod holdout;
mod layers;
mod scenarios;
mod served;
mod shared_data;
mod support;
mod wrong_input;
