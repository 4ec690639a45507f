//! All integration tests in one binary: linking the SQL engine once is enough.

mod apply_loop;
mod commands;
mod dashboard;
mod evidence;
mod history;
mod holdout;
mod layers;
mod python;
mod served;
mod shared_data;
mod support;
mod wrong_input;
