//! Where things lie below `.genie-enhance/`.

use std::path::{Path, PathBuf};

/// The folder of one project's own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
    state: PathBuf,
}

/// The name of a state file that has its folder to itself.
const STATE: &str = "state.json";

impl Layout {
    /// The layout in `root`, usually `.genie-enhance` beside `genie.yaml`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { state: root.join(STATE), root }
    }

    /// The layout around a state file. Several may lie in one folder, as those of a project's
    /// environments do: under a name of its own, such as `prod.json`, a state has all that belongs
    /// to it in `prod.d` beside it.
    pub fn around(state: &Path) -> Self {
        let root = beside(state);
        Self { root, state: state.to_owned() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The `state.json` beside a state of another name of which nothing is there yet: earlier
    /// releases kept every state under that name.
    pub fn older_state(&self) -> Option<PathBuf> {
        let older = super::atomic::folder_of(&self.state).join(STATE);
        (older != self.state && !self.state.exists() && !self.root.exists() && older.is_file()).then_some(older)
    }

    pub fn state(&self) -> PathBuf {
        self.state.clone()
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

    /// From which ground nothing was left to try.
    pub fn exhausted(&self) -> PathBuf {
        self.root.join("cache").join("exhausted.jsonl")
    }

    pub fn plans(&self) -> PathBuf {
        self.root.join("plans")
    }

    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }
}

/// The folder of what belongs to a state file.
pub(super) fn beside(state: &Path) -> PathBuf {
    match state.file_name() {
        Some(name) if name != STATE => state.with_extension("d"),
        _ => super::atomic::folder_of(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_an_earlier_release_is_noticed() {
        let folder = tempfile::tempdir().expect("folder");
        let of = |name: &str| Layout::around(&folder.path().join(name));
        assert_eq!(of("dev.json").older_state(), None);
        std::fs::write(of("state.json").state(), "{}").expect("written");
        assert_eq!(of("dev.json").older_state(), Some(of("state.json").state()));
        assert_eq!(of("state.json").older_state(), None);
        std::fs::create_dir(of("dev.json").root()).expect("made");
        assert_eq!(of("dev.json").older_state(), None, "it has begun already");
    }

    #[test]
    fn states_in_one_folder_share_nothing() {
        assert_eq!(Layout::around(Path::new("a/state.json")), Layout::new("a"));
        let (dev, prod) = (Layout::around(Path::new("a/dev.json")), Layout::around(Path::new("a/prod.json")));
        assert_eq!((dev.state(), dev.journal()), ("a/dev.json".into(), "a/dev.d/journal.jsonl".into()));
        assert_ne!(dev.lock(), prod.lock());
    }
}
