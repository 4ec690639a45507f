//! Where things lie below `.genie-enhance/`.

use std::path::{Path, PathBuf};

/// The folder of one project's own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout in `root`, usually `.genie-enhance` beside `genie.yaml`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn state(&self) -> PathBuf {
        self.root.join("state.json")
    }

    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.jsonl")
    }

    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.jsonl")
    }

    pub fn answers(&self) -> PathBuf {
        self.root.join("cache").join("answers.jsonl")
    }

    pub fn claims(&self) -> PathBuf {
        self.root.join("cache").join("claims.jsonl")
    }

    /// How long answers took, by question.
    pub fn durations(&self) -> PathBuf {
        self.root.join("cache").join("durations.jsonl")
    }

    pub fn results(&self) -> PathBuf {
        self.root.join("cache").join("results.jsonl")
    }

    pub fn verdicts(&self) -> PathBuf {
        self.root.join("cache").join("verdicts.jsonl")
    }

    pub fn plans(&self) -> PathBuf {
        self.root.join("plans")
    }

    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }
}
