//! Caches of what is dear to get: answers, query results, verdicts. Each is one append-only file
//! that several processes may use at once; a line that cannot be read is a miss, not an error.

use super::error::StoreError;
use super::lines::Lines;
use crate::model::{Digest, digest_json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One cache, loaded when it is opened.
#[derive(Debug)]
pub struct Cache {
    lines: Lines,
    loaded: Mutex<Loaded>,
}

#[derive(Debug, Default)]
struct Loaded {
    values: HashMap<Digest, Value>,
    offset: u64,
}

/// What an answer depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerKey {
    /// Canonical digest of the space that is asked.
    pub space: Digest,
    pub question: String,
    /// From 0; repeats are attempts of their own.
    pub attempt: u32,
    pub as_of: Option<String>,
    /// The workspace, and the version of its data where that is known.
    pub workspace: String,
}

/// What a query's result depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultKey {
    pub sql: String,
    pub as_of: Option<String>,
    pub workspace: String,
}

/// What a verdict depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictKey {
    pub gold: Digest,
    pub answer: Digest,
    /// The contract of the comparison, and the judge with its prompt.
    pub policy: Digest,
    pub question: String,
}

impl AnswerKey {
    pub fn digest(&self) -> Digest {
        let Self { space, question, attempt, as_of, workspace } = self;
        digest_json(&json!(["answer", 1, space, question, attempt, as_of, workspace]))
    }
}

impl ResultKey {
    pub fn digest(&self) -> Digest {
        let Self { sql, as_of, workspace } = self;
        digest_json(&json!(["result", 1, sql, as_of, workspace]))
    }
}

impl VerdictKey {
    pub fn digest(&self) -> Digest {
        let Self { gold, answer, policy, question } = self;
        digest_json(&json!(["verdict", 1, gold, answer, policy, question]))
    }
}

impl Cache {
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let cache = Self { lines: Lines::new(path.into(), false), loaded: Mutex::default() };
        cache.refresh()?;
        Ok(cache)
    }

    /// As [`Cache::open`]; a file that has grown beyond this starts over, since all of it is read.
    pub fn open_within(path: impl Into<PathBuf>, most_bytes: u64) -> Result<Self, StoreError> {
        let path = path.into();
        if std::fs::metadata(&path).is_ok_and(|about| about.len() > most_bytes) {
            // Who still appends to it appends to a file without a name: what it keeps is got again.
            std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
        Self::open(path)
    }

    /// The value under a key; none if there is none of this type.
    pub fn get<V: DeserializeOwned>(&self, key: &Digest) -> Option<V> {
        let value = self.loaded().values.get(key)?.clone();
        serde_json::from_value(value).ok()
    }

    /// Keeps a value. The last one kept under a key counts.
    pub fn put<V: Serialize>(&self, key: &Digest, value: &V) -> Result<(), StoreError> {
        // A value that is no JSON is not worth a failed run: it is just not kept.
        let Ok(value) = serde_json::to_value(value) else { return Ok(()) };
        self.lines.append(&[json!({"k": key, "v": value})])?;
        self.loaded().values.insert(key.clone(), value);
        Ok(())
    }

    /// Takes in what other processes have added since.
    pub fn refresh(&self) -> Result<(), StoreError> {
        let mut loaded = self.loaded();
        let (lines, offset) = self.lines.read_from(loaded.offset)?;
        loaded.offset = offset;
        for line in lines {
            let Ok(Value::Object(mut entry)) = line.value else { continue };
            if let (Some(Value::String(key)), Some(value)) = (entry.remove("k"), entry.remove("v")) {
                loaded.values.insert(Digest(key), value);
            }
        }
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.loaded().values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A thread that panicked left whole entries, so its map is good.
    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Answer, Space};

    #[test]
    fn two_processes_share_what_they_keep() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("cache").join("answers.jsonl");
        let (one, two) = (Cache::open(&path).expect("open"), Cache::open(&path).expect("open"));
        let key = |attempt| AnswerKey {
            space: Space::empty().digest(),
            question: "지역별 매출?".into(),
            attempt,
            as_of: None,
            workspace: "w".into(),
        };
        let answer = Answer::Text { text: "?".into(), asks_back: true };
        one.put(&key(0).digest(), &answer).expect("kept");
        assert_eq!(two.get::<Answer>(&key(0).digest()), None);
        two.refresh().expect("read");
        assert_eq!(two.get(&key(0).digest()), Some(answer));
        assert_eq!(two.get::<Answer>(&key(1).digest()), None);
        assert_eq!(two.get::<u32>(&key(0).digest()), None);
    }

    #[test]
    fn damaged_lines_are_misses() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("results.jsonl");
        std::fs::write(&path, "{\"k\":\"a\",\"v\":1}\n{\"k\":\"b\",\n\u{0}\n{\"k\":\"c\",\"v\":3}\n{\"k\":\"d\"")
            .expect("written");
        let cache = Cache::open(&path).expect("open");
        assert_eq!((cache.len(), cache.get(&Digest("c".into()))), (2, Some(3)));
    }
}
