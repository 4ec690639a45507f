//! Declared files: text → typed configuration and diagnostics with places; the YAML forms of
//! project, space and benchmarks.
//!
//! [`load`] reads a project with everything it names. [`space_from_yaml`] and [`space_to_yaml`]
//! are the two directions of the human form of a space, and [`write_changes`] puts changes into
//! such a file without touching anything else. [`schemas`] gives the JSON Schemas of all files,
//! and [`codes`] explains the findings.

mod benchmarks;
mod check;
mod codes;
mod edit;
mod files;
mod interpolate;
mod layout;
mod load;
mod matching;
mod origins;
mod other;
mod places;
mod project;
mod scaffold;
mod schemas;
mod space;
mod yaml;

pub use benchmarks::{BenchmarksFile, QuestionFile, suite_of_space};
pub use codes::{Code, codes};
pub use edit::{Extent, WriteError, Written, write_changes};
pub use layout::laid_out;
pub use load::{DeclaredSpace, Loaded, Overrides, ReboundFrom, load};
pub use matching::{is_pattern, matching_files};
pub use origins::{Origin, Shown, shown};
pub use other::{read_world, schema_text, world_of_text};
pub use places::space_lines;
pub use project::{
    AllWord, Breaker, Budget, Categories, Count, FixCategory, GenieLimits, Guard, Holdout, HoldoutWord, JudgeLimits,
    Learning, Llm, Location, Project, ProjectFile, Scoring, ScoringMode, SpaceRef, Split, SplitBy, SqlLimits, Target,
    Timespan, Waiver, Workspace, WorkspaceFile,
};
pub use scaffold::{ScaffoldFile, ScaffoldInput, scaffold};
pub use schemas::{SCHEMA_FOLDER, schemas};
pub use space::{SpaceFile, export, import, space_from_yaml, space_to_yaml};

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
