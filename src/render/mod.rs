//! Renderings of plans and scores for terminals, pull requests, browsers and CI. Everything
//! returns text and prints nothing; every piece of remote text goes through [`escape`].

mod content;
mod diagnostics;
pub mod escape;
mod facts;
mod html;
pub mod junit;
mod markdown;
pub mod sarif;
mod style;
mod table;
mod terminal_plan;
mod terminal_score;
mod terminal_state;
mod text_diff;
mod title;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use diagnostics::diagnostics as diagnostics_terminal;
pub use html::plan as plan_html;
pub use markdown::{Comment, MAX_COMMENT_BYTES, plan as plan_markdown};
pub use style::{Detail, TerminalOptions};
pub use table::table;
pub use terminal_plan::plan as plan_terminal;
pub use terminal_score::scorecard as scorecard_terminal;
pub use terminal_state::{ApplySummary, applied as applied_terminal, state as state_terminal};
