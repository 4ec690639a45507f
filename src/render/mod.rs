//! Renderings of plans and scores for terminals, pull requests, browsers and CI. Everything
//! returns text and prints nothing; every piece of remote text goes through [`escape`].

mod content;
pub mod escape;
mod facts;
mod style;
mod terminal_plan;
mod text_diff;
mod title;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use style::{Detail, TerminalOptions};
pub use terminal_plan::plan as plan_terminal;
