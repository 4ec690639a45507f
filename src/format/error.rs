//! Why a file is not what it should be: what, where, why, what to do.

use std::fmt;

/// The kinds of file that this module reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Plan,
    State,
    Scorecard,
    Event,
}

impl FileKind {
    /// What to do when the file cannot be used.
    fn remedy(self) -> &'static str {
        match self {
            Self::Plan => "make the plan again with `genie-enhance plan`",
            Self::State => "restore the state from its backups",
            Self::Scorecard => "score again with `genie-enhance score`",
            Self::Event => "the line cannot be shown; the run itself is not affected",
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plan => "plan",
            Self::State => "state",
            Self::Scorecard => "scorecard",
            Self::Event => "event",
        })
    }
}

/// Why a text is not a file of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("the {kind} is not valid JSON: line {line}, column {column}: {message}; {}", kind.remedy())]
    NotJson { kind: FileKind, line: usize, column: usize, message: String },
    #[error("this is not a {kind} of genie-enhance: {message}; {}", kind.remedy())]
    NotThis { kind: FileKind, message: String },
    #[error(
        "the {kind} has format version {found}, and this program knows versions up to {known}; \
         use the genie-enhance release that wrote it, or a newer one"
    )]
    Newer { kind: FileKind, found: u64, known: u64 },
    #[error("the {kind} does not have the form of its version: line {line}, column {column}: {message}; {}", kind.remedy())]
    Shape { kind: FileKind, line: usize, column: usize, message: String },
    #[error(
        "the {kind} was changed after it was written: it says `{stated}`, its content gives `{computed}`; {}",
        kind.remedy()
    )]
    Changed { kind: FileKind, stated: String, computed: String },
    #[error("the {kind} holds a value that makes no sense: {message}; {}", kind.remedy())]
    Value { kind: FileKind, message: String },
}

impl FormatError {
    pub(super) fn value(kind: FileKind, message: impl fmt::Display) -> Self {
        Self::Value { kind, message: message.to_string() }
    }
}
