//! All integration tests in one binary: linking the SQL engine once is enough.

mod apply_loop;
mod commands;
mod controls;
mod evidence;
mod holdout;
mod layers;
mod served;
mod shared_data;
mod simulation;
mod support;
mod wrong_input;
