//! The journal of applying: an intent before the write, what became of it after. A run that
//! was cut short leaves an intent, and the live space tells whether its write took place.

use super::atomic::write_atomic;
use super::error::StoreError;
use super::lines::{Line, Lines};
use crate::model::{Change, Digest, Space};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// One project's journal.
#[derive(Clone, Debug)]
pub struct Journal {
    lines: Lines,
}

/// What is about to be written, and how to undo it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    pub plan_id: String,
    pub host: String,
    /// None: the space is about to be created.
    pub space_id: Option<String>,
    /// The etag that guards the write.
    pub etag: Option<String>,
    /// Canonical digests of what stands there, and of what is to stand there.
    pub base: Option<Digest>,
    pub base_sidecar: Option<Digest>,
    pub target: Digest,
    pub target_sidecar: Digest,
    /// What stands there, byte for byte.
    #[serde(default, with = "before_image")]
    pub before: Option<Space>,
    /// What is to be changed there; empty for a creation.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// For a creation: the title of the space.
    #[serde(default)]
    pub title: Option<String>,
    /// For a creation: spaces that bore the title before, which it cannot have made.
    #[serde(default)]
    pub existing: Vec<String>,
    /// RFC 3339.
    pub at: String,
}

/// What became of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    pub plan_id: String,
    pub outcome: WriteOutcome,
    pub etag: Option<String>,
    /// Canonical digest of what was read back.
    pub read_back: Option<Digest>,
    pub at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteOutcome {
    Applied,
    /// The write was refused or never sent.
    NotApplied,
    /// Somebody else's content stands there; a person has decided what to do.
    Abandoned,
}

/// The form of a line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
enum Entry {
    Intent(Box<Intent>),
    Done(Done),
}

/// Before-images stand in the journal as they stand in the state.
mod before_image {
    use crate::format::{FileKind, space_from_value, space_to_value};
    use crate::model::Space;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    pub fn serialize<S: Serializer>(before: &Option<Space>, serializer: S) -> Result<S::Ok, S::Error> {
        before.as_ref().map(space_to_value).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Space>, D::Error> {
        let value = Option::<Value>::deserialize(deserializer)?;
        let before = value.map(|value| space_from_value(FileKind::State, &value)).transpose();
        before.map_err(D::Error::custom)
    }
}

impl Journal {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { lines: Lines::new(path.into(), true) }
    }

    pub fn path(&self) -> &Path {
        self.lines.path()
    }

    /// Puts an intent on the disk. Refused while another one is pending; what was settled before
    /// is dropped, since the state has it.
    pub fn begin(&self, intent: &Intent) -> Result<(), StoreError> {
        if let Some(Intent { plan_id, at, .. }) = self.pending()? {
            return Err(StoreError::JournalPending { plan_id, at });
        }
        // Cannot fail: plain values only.
        let line = serde_json::to_value(Entry::Intent(Box::new(intent.clone()))).unwrap_or_default();
        write_atomic(self.path(), format!("{line}\n").as_bytes())
    }

    /// Settles the pending intent.
    pub fn finish(&self, done: &Done) -> Result<(), StoreError> {
        self.lines.append(&[serde_json::to_value(Entry::Done(done.clone())).unwrap_or_default()])
    }

    /// The intent of a run that was cut short. A torn line at the end counts as not written: the
    /// write it speaks of comes after it, and what is done can be seen in the live space.
    pub fn pending(&self) -> Result<Option<Intent>, StoreError> {
        let mut pending = None;
        for line in self.lines.read_from(0)?.0 {
            match self.entry(line)? {
                Entry::Intent(intent) => pending = Some(*intent),
                Entry::Done(done) => pending = pending.filter(|intent: &Intent| intent.plan_id != done.plan_id),
            }
        }
        Ok(pending)
    }

    /// Moves a journal that cannot be read out of the way, and says where to.
    pub fn set_aside(&self) -> Result<PathBuf, StoreError> {
        let aside = self.path().with_extension("jsonl.corrupt");
        std::fs::rename(self.path(), &aside).map_err(StoreError::io("move aside", self.path()))?;
        Ok(aside)
    }

    fn entry(&self, line: Line) -> Result<Entry, StoreError> {
        let number = line.number;
        let corrupt = |why: String| StoreError::JournalCorrupt { path: self.path().to_owned(), line: number, why };
        serde_json::from_value(line.value.map_err(&corrupt)?).map_err(|error| corrupt(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, digest_text};

    fn intent(plan_id: &str) -> Intent {
        Intent {
            plan_id: plan_id.into(),
            host: "h".into(),
            space_id: Some("01f0".into()),
            etag: Some("7".into()),
            base: Some(digest_text("base")),
            base_sidecar: Some(digest_text("sidecar")),
            target: digest_text("target"),
            target_sidecar: digest_text("sidecar"),
            before: Some(Space::empty()),
            changes: vec![Change::add(Address::sidecar("title"), serde_json::Value::from("T"))],
            title: None,
            existing: vec!["01f1".into()],
            at: "2026-01-01T00:00:00Z".into(),
        }
    }

    fn done(plan_id: &str) -> Done {
        let outcome = WriteOutcome::Applied;
        Done { plan_id: plan_id.into(), outcome, etag: None, read_back: None, at: "2026-01-01T00:00:01Z".into() }
    }

    #[test]
    fn an_intent_is_pending_until_it_is_settled() {
        let folder = tempfile::tempdir().expect("folder");
        let journal = Journal::new(folder.path().join("journal.jsonl"));
        assert_eq!(journal.pending().expect("read"), None);
        journal.begin(&intent("p1")).expect("written");
        assert_eq!(journal.pending().expect("read"), Some(intent("p1")));
        assert!(matches!(journal.begin(&intent("p2")), Err(StoreError::JournalPending { .. })));
        journal.finish(&done("p1")).expect("written");
        assert_eq!(journal.pending().expect("read"), None);
        journal.begin(&intent("p2")).expect("written");
        assert_eq!(journal.pending().expect("read"), Some(intent("p2")));
    }

    #[test]
    fn cut_at_any_byte_it_still_tells_what_is_pending() {
        let folder = tempfile::tempdir().expect("folder");
        let journal = Journal::new(folder.path().join("journal.jsonl"));
        journal.begin(&intent("p1")).expect("written");
        let first = std::fs::read(journal.path()).expect("read").len();
        journal.finish(&done("p1")).expect("written");
        let bytes = std::fs::read(journal.path()).expect("read");
        for cut in 0..=bytes.len() {
            std::fs::write(journal.path(), &bytes[..cut]).expect("cut");
            let expected = (cut >= first && cut < bytes.len()).then(|| intent("p1"));
            assert_eq!(journal.pending().expect("read"), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_line_that_is_not_the_last_is_an_error() {
        let folder = tempfile::tempdir().expect("folder");
        let journal = Journal::new(folder.path().join("journal.jsonl"));
        std::fs::write(journal.path(), "{\"type\":\"int\n{}\n").expect("written");
        let error = journal.pending().expect_err("damaged").to_string();
        assert!(error.contains("line 1 of the journal"), "{error}");
    }
}
