//! All integration tests in one binary: linking the SQL engine once is enough.

mod apply_loop;
#[cfg(feature = "state-cloud")]
mod cloud;
mod commands;
mod controls;
mod dashboard;
mod doctor;
mod evidence;
mod fleet;
mod guards;
mod history;
mod holdout;
mod hostile;
mod kinds;
mod layers;
mod learning;
mod memorising;
mod model_replies;
mod mutants;
mod python;
mod scenarios;
mod scoring;
mod sdk;
mod second_page;
mod served;
mod shadows;
mod shared_data;
mod simulated;
mod simulation;
mod support;
mod wrong_input;
