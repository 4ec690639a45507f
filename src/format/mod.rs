//! Frozen, versioned file forms of plans, states, scorecards and events.
//!
//! The types that are written are this module's own, not the model's: a change of the model does
//! not change a file by accident, and the compiler asks for both conversions when a field is
//! added. An unknown field or a newer version is refused, never guessed at.

mod change;
mod enums;
mod error;
mod event;
mod json;
mod plan;
mod schema;
mod scorecard;
mod space;
mod state;

#[cfg(test)]
mod plan_tests;

pub use error::{FileKind, FormatError, FormatError as PlanFileError};
pub use event::{EventLine, LineBody, RunSummary, event_from_json, event_to_json};
pub use json::{inert_json, is_hidden, pretty_sorted, strict_value};
pub use plan::{LoadedPlan, PLAN_FORMAT_VERSION, plan_from_json, plan_id, plan_to_json};
pub use schema::{SchemaName, schema};
pub use scorecard::{SCORECARD_FORMAT_VERSION, priced_scorecard_to_json, scorecard_from_json, scorecard_to_json};
pub use space::{space_from_value, space_to_value};
pub use state::{STATE_FORMAT_VERSION, state_digest, state_from_json, state_to_json};
