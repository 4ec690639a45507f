//! All integration tests in one binary: linking the SQL engine once is enough.

mod apply_loop;
mod commands;
mod doctor;
mod evidence;
mod holdout;
mod layers;
mod sdk;
mod served;
mod shared_data;
mod support;
mod wrong_input;
