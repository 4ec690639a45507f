//! Spaces and conversations of the embedded workspace: their rules, and where they are kept.

mod record;
mod rules;
mod shape;
mod store;

pub use record::{ConversationRecord, Grant, MessageRecord, SpaceRecord};
pub(crate) use rules::table_names;
pub use rules::{Limits, accept};
pub use store::{Locked, LogEntry, Store};
pub(crate) use store::{content_name, is_id};
