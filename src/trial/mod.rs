//! The search for the best set of candidates: what to ask next, and what the answers mean.
//!
//! Nothing here talks to a workspace. The search asks a [`Lab`], which puts a set of candidates
//! into a shadow space and asks questions there; tests answer from a table. The search is written
//! as straight code over that one question rather than as a machine of states, because bisection
//! and elimination read as what they are that way.

mod eliminate;
mod fit;
mod isolate;
mod lab;
mod search;
mod settle;

#[cfg(test)]
mod tests;

pub use fit::{Fitted, fit};
pub use lab::{Correctness, Lab, Questions, Reach, Selection};
pub use search::{Dropped, Found, Limits, search};
pub use settle::{Settled, settle};
