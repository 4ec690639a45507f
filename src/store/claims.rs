//! Claims: which run is asking which question, so that two runs at once never ask the same one
//! twice, and so that a run finds again what a killed run had under way.
//!
//! An append-only file says who claimed what and how far it got. Whether the claiming run still
//! lives is told by a file of its own that it keeps locked: the kernel gives the lock back when
//! the process dies, however it dies, so the claim of a dead run never blocks for long.

use super::atomic::folder_of;
use super::error::StoreError;
use super::lines::{Line, Lines};
use crate::model::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The claims of one cache folder, as one run sees them.
#[derive(Debug)]
pub struct Claims {
    lines: Lines,
    folder: PathBuf,
    mark: Mark,
    known: Mutex<Known>,
}

/// What came of claiming.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// The question is this run's to ask; a trace says what a run before had under way.
    Ours(Option<Trace>),
    /// Another run is asking it.
    Theirs,
}

/// A question that was sent, as far as the sender noted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub space_id: String,
    pub question: String,
    /// Milliseconds since 1970, just before it was sent.
    pub at: i64,
    /// Conversation and message, once the service has named them.
    pub thread: Option<(String, String)>,
}

#[derive(Debug, Default)]
struct Known {
    claims: HashMap<Digest, Held>,
    /// All conversations ever noted: none of them is a lost one.
    conversations: Vec<String>,
    offset: u64,
}

#[derive(Clone, Debug)]
struct Held {
    run: String,
    trace: Option<Trace>,
}

impl Claims {
    /// Opens the claims at `path`; the runs' own files lie in a folder beside it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let folder = folder_of(&path).join("runs-alive");
        let mark = Mark::new(&folder)?;
        Ok(Self { lines: Lines::new(path, false), folder, mark, known: Mutex::default() })
    }

    /// Claims a question, unless another run that lives has it.
    pub fn claim(&self, key: &Digest) -> Result<Claim, StoreError> {
        self.exchange(|known| {
            let held = known.claims.get(key);
            let theirs = held.filter(|held| held.run != self.mark.id && is_alive(&self.folder, &held.run));
            if theirs.is_some() {
                return (Claim::Theirs, Vec::new());
            }
            let trace = held.and_then(|held| held.trace.clone());
            let line = json!({"k": key, "run": self.mark.id, "is": "claimed", "trace": trace});
            (Claim::Ours(trace), vec![line])
        })
    }

    /// Notes that a question is about to be sent, or where it went.
    pub fn sent(&self, key: &Digest, trace: &Trace) -> Result<(), StoreError> {
        self.append(json!({"k": key, "run": self.mark.id, "is": "sent", "trace": trace}))
    }

    /// Notes that nothing is under way any more, because the answer is kept or none will come.
    pub fn release(&self, key: &Digest) -> Result<(), StoreError> {
        self.append(json!({"k": key, "run": self.mark.id, "is": "released"}))
    }

    /// Questions that runs which live no more had under way.
    pub fn left_over(&self) -> Result<Vec<(Digest, Trace)>, StoreError> {
        self.exchange(|known| {
            let dead = known.claims.iter().filter(|(_, held)| !is_alive(&self.folder, &held.run));
            let mut left: Vec<(Digest, Trace)> =
                dead.filter_map(|(key, held)| Some((key.clone(), held.trace.clone()?))).collect();
            left.sort_by(|a, b| (a.1.at, &a.0).cmp(&(b.1.at, &b.0)));
            (left, Vec::new())
        })
    }

    /// All conversations that any run has noted.
    pub fn conversations(&self) -> Vec<String> {
        self.known().conversations.clone()
    }

    fn append(&self, line: Value) -> Result<(), StoreError> {
        self.exchange(|_| ((), vec![line]))
    }

    fn exchange<T>(&self, decide: impl FnOnce(&Known) -> (T, Vec<Value>)) -> Result<T, StoreError> {
        let mut known = self.known();
        let offset = known.offset;
        let (result, offset) = self.lines.exchange(offset, |lines| {
            known.take_in(lines);
            decide(&known)
        })?;
        known.offset = offset;
        Ok(result)
    }

    /// A thread that panicked left whole entries, so its map is good.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn take_in(&mut self, lines: Vec<Line>) {
        for line in lines {
            let Ok(Value::Object(mut entry)) = line.value else { continue };
            let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
            let (Some(key), Some(run), Some(is)) = (text("k"), text("run"), text("is")) else { continue };
            let key = Digest(key);
            if is == "released" {
                self.claims.remove(&key);
                continue;
            }
            let trace: Option<Trace> = entry.remove("trace").and_then(|trace| serde_json::from_value(trace).ok());
            if let Some((conversation, _)) = trace.as_ref().and_then(|trace| trace.thread.as_ref()) {
                self.conversations.push(conversation.clone());
            }
            self.claims.insert(key, Held { run, trace });
        }
    }
}

/// The sign that a run lives: a file that it holds locked.
#[derive(Debug)]
struct Mark {
    id: String,
    path: PathBuf,
    _file: File,
}

impl Mark {
    fn new(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::io("create the folder", folder))?;
        let id = uuid::Uuid::now_v7().simple().to_string();
        let path = folder.join(&id);
        let file = OpenOptions::new().create_new(true).write(true).open(&path);
        let file = file.map_err(StoreError::io("create", &path))?;
        file.lock().map_err(StoreError::io("lock", &path))?;
        Ok(Self { id, path, _file: file })
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // One that stays is seen as dead as soon as its lock is gone.
        let _ = fs::remove_file(&self.path);
    }
}

fn is_alive(folder: &Path, run: &str) -> bool {
    // The names are this program's own; anything else is no run.
    if run.is_empty() || !run.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    let path = folder.join(run);
    let Ok(file) = File::open(&path) else { return false };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => true,
        // Its lock is free, so it is dead. Its file is of no more use.
        Ok(()) => {
            let _ = fs::remove_file(&path);
            false
        }
        // A file system without locks: better asked twice than never.
        Err(TryLockError::Error(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Digest {
        Digest(name.to_owned())
    }

    fn trace(at: i64, thread: Option<(&str, &str)>) -> Trace {
        let thread = thread.map(|(a, b)| (a.to_owned(), b.to_owned()));
        Trace { space_id: "s".into(), question: "매출?".into(), at, thread }
    }

    #[test]
    fn one_of_two_runs_gets_a_question_and_the_other_may_have_it_back() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("claims.jsonl");
        let (one, two) = (Claims::open(&path).expect("open"), Claims::open(&path).expect("open"));
        assert_eq!(one.claim(&key("a")).expect("claim"), Claim::Ours(None));
        assert_eq!(two.claim(&key("a")).expect("claim"), Claim::Theirs);
        assert_eq!(two.claim(&key("b")).expect("claim"), Claim::Ours(None));
        one.release(&key("a")).expect("released");
        assert_eq!(two.claim(&key("a")).expect("claim"), Claim::Ours(None));
        assert_eq!(one.claim(&key("a")).expect("claim"), Claim::Theirs);
    }

    #[test]
    fn a_dead_run_leaves_a_trace_and_blocks_nobody() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("claims.jsonl");
        let dead = Claims::open(&path).expect("open");
        dead.claim(&key("claimed")).expect("claim");
        dead.claim(&key("sent")).expect("claim");
        dead.sent(&key("sent"), &trace(1, None)).expect("noted");
        dead.claim(&key("taken")).expect("claim");
        dead.sent(&key("taken"), &trace(2, Some(("c", "m")))).expect("noted");
        let next = Claims::open(&path).expect("open");
        assert_eq!(next.left_over().expect("read"), [], "it lives");
        drop(dead);
        let left = [(key("sent"), trace(1, None)), (key("taken"), trace(2, Some(("c", "m"))))];
        assert_eq!(next.left_over().expect("read"), left);
        assert_eq!(next.conversations(), ["c"]);
        assert_eq!(next.claim(&key("claimed")).expect("claim"), Claim::Ours(None));
        assert_eq!(next.claim(&key("taken")).expect("claim"), Claim::Ours(Some(left[1].1.clone())));
        // The trace stays with the question until it is released.
        drop(next);
        let last = Claims::open(&path).expect("open");
        assert_eq!(last.claim(&key("taken")).expect("claim"), Claim::Ours(Some(left[1].1.clone())));
        last.release(&key("taken")).expect("released");
        assert_eq!(last.claim(&key("taken")).expect("claim"), Claim::Ours(None));
    }

    #[test]
    fn of_many_claimers_one_wins() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("claims.jsonl");
        let runs: Vec<Claims> = (0..4).map(|_| Claims::open(&path).expect("open")).collect();
        let won = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for run in &runs {
                let won = &won;
                scope.spawn(move || {
                    for n in 0..25 {
                        let claim = run.claim(&key(&n.to_string())).expect("claim");
                        if claim != Claim::Theirs {
                            won.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(won.into_inner(), 25);
    }
}
