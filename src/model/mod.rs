//! Floor 0: plain data and small total functions. Nothing here does I/O, and nothing imports
//! another module of the crate.

mod address;
mod answer;
mod benchmark;
mod candidate;
mod catalog;
mod change;
mod cost;
mod diagnostic;
mod event;
mod generated;
mod json;
mod pattern;
mod plan;
mod result_set;
mod scorecard;
mod space;
mod space_view;
mod state;
mod verdict;

pub use address::{Address, AddressError};
pub use answer::{Answer, NotRun};
pub use benchmark::{ColumnPolicy, Question, Suite};
pub use candidate::{Candidate, Rejection, RejectionReason};
pub use catalog::{Catalog, CatalogColumn, CatalogTable, ColumnProfile, ForeignKey, TypeFamily};
pub use change::{Action, Category, Change};
pub use cost::Cost;
pub use diagnostic::{Diagnostic, Severity, SourceSpan};
pub use event::{Event, Phase};
pub use generated::{Generated, texts_in};
pub use json::{Digest, canonical_json, digest_json, digest_text, short_id};
pub use pattern::{Pattern, PatternKind};
pub use plan::{
    Base, ChangeEvidence, Evidence, GuardLevel, GuardOutcome, GuardStatus, Plan, PlanVerdict, PlannedChange,
    QuestionOutcome, Score, ScorePair, Split, SplitScore,
};
pub use result_set::{Cell, Column, ResultSet};
pub use scorecard::{Scorecard, ScoredQuestion};
pub use space::{Sidecar, Space, SpaceError, is_text_field, joined_text, split_lines};
pub use space_view::{
    Column as SpaceColumn, Example, Function, Join, Parameter, Relationship, SampleQuestion, Snippet, SnippetKind,
    SpaceView, Table as SpaceTable, TextInstruction,
};
pub use state::{AppliedRecord, State, Verified};
pub use verdict::{Comparison, Decision, FirstDifference, Outcome, Verdict};
