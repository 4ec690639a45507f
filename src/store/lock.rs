//! The project lock: an operating-system lock, which the kernel gives back when its holder dies,
//! and a record beside it that says who holds it, since when, and what for.
//!
//! The lock keeps two runs out of each other's way. What makes a write safe is the space's etag.

use super::atomic::{folder_of, read_if_there, write_atomic};
use super::error::StoreError;
use super::identity::Identity;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRecord {
    pub id: String,
    pub operation: String,
    pub plan_id: Option<String>,
    pub who: String,
    pub host: String,
    pub pid: u32,
    pub acquired: Timestamp,
    pub expires: Timestamp,
}

impl fmt::Display for LockRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} (process {}) for `{}`", self.who, self.host, self.pid, self.operation)?;
        if let Some(plan) = &self.plan_id {
            write!(f, " of plan {}", plan.get(..8).unwrap_or(plan))?;
        }
        write!(f, " since {}, until {} at the latest", self.acquired, self.expires)
    }
}

impl LockRecord {
    /// The record of a lock that is taken now.
    pub(super) fn of(request: &LockRequest, now: Timestamp) -> Self {
        Self {
            id: uuid::Uuid::now_v7().simple().to_string()[16..].to_owned(),
            operation: request.operation.clone(),
            plan_id: request.plan_id.clone(),
            who: request.identity.who.clone(),
            host: request.identity.host.clone(),
            pid: request.identity.pid,
            acquired: now,
            expires: later(now, request.lease),
        }
    }
}

/// What a lock is wanted for.
#[derive(Clone, Debug)]
pub struct LockRequest {
    pub operation: String,
    pub plan_id: Option<String>,
    pub identity: Identity,
    pub lease: SignedDuration,
}

/// A held lock; dropping it gives it back.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    record: LockRecord,
    /// The record of a run that died or overstayed, whose lock this run took over.
    took_over: Option<LockRecord>,
    heartbeat: Option<Heartbeat>,
    _file: File,
}

/// Renews the lock on a thread of its own until it is dropped: a question to the user may take
/// long, and a program that sleeps does not renew.
#[derive(Debug)]
struct Heartbeat {
    /// Closed at the end, which wakes the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // It never panics; if it did, the lock would only not be renewed.
            let _ = thread.join();
        }
    }
}

impl Lock {
    /// Takes the lock at `path` or says who has it. Taken over is a lock whose time is up, and
    /// one of this machine that its dead holder no longer holds.
    pub fn acquire(path: &Path, request: &LockRequest, now: Timestamp) -> Result<Self, StoreError> {
        // The second try follows a takeover, which frees the name of the lock file.
        for _ in 0..3 {
            let Some(file) = open_current(path)? else { continue };
            match file.try_lock() {
                Ok(()) if is_current(path, &file)? => return Self::write_record(path, file, request, now),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => match read_record(path)? {
                    Some(record) if record.expires > now => return Err(StoreError::Busy(Box::new(record))),
                    Some(_) => remove(path)?,
                    // Held, and its record is just being written.
                    None => return Err(StoreError::Busy(Box::new(unnamed(request, now)))),
                },
                Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path)(error)),
            }
        }
        let record = read_record(path)?.unwrap_or_else(|| unnamed(request, now));
        Err(StoreError::Busy(Box::new(record)))
    }

    fn write_record(path: &Path, file: File, request: &LockRequest, now: Timestamp) -> Result<Self, StoreError> {
        let found = read_record(path)?;
        if let Some(other) = &found
            && other.host != request.identity.host
            && other.expires > now
        {
            // Of another machine: its kernel's lock may not be seen from here.
            return Err(StoreError::Busy(Box::new(other.clone())));
        }
        let record = LockRecord::of(request, now);
        save_record(path, &record)?;
        Ok(Self { path: path.to_owned(), record, took_over: found, heartbeat: None, _file: file })
    }

    pub fn record(&self) -> &LockRecord {
        &self.record
    }

    /// Whose lock this was before, if that run did not end well.
    pub fn took_over(&self) -> Option<&LockRecord> {
        self.took_over.as_ref()
    }

    /// Fails if somebody else took the lock meanwhile. To be asked right before a write.
    pub fn check(&self) -> Result<(), StoreError> {
        let current = read_record(&self.path)?;
        match &current {
            Some(record) if record.id == self.record.id => Ok(()),
            _ => Err(StoreError::LockLost { ours: self.record.id.clone(), current: current.map(Box::new) }),
        }
    }

    /// Moves the end of the lease.
    pub fn renew(&mut self, now: Timestamp, lease: SignedDuration) -> Result<(), StoreError> {
        self.check()?;
        self.record.expires = later(now, lease);
        save_record(&self.path, &self.record)
    }
}

impl Lock {
    /// Renews the lease three times before it ends, as long as the lock is held. A lock that was
    /// lost is not taken back.
    pub fn keep_alive(&mut self, lease: SignedDuration) {
        let (stop, stopped) = channel::<()>();
        let (path, mut record) = (self.path.clone(), self.record.clone());
        let pause = lease.unsigned_abs() / 3;
        let thread = std::thread::spawn(move || {
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let ours = matches!(read_record(&path), Ok(Some(found)) if found.id == record.id);
                record.expires = later(Timestamp::now(), lease);
                if !ours || save_record(&path, &record).is_err() {
                    return;
                }
            }
        });
        self.heartbeat = Some(Heartbeat { stop: Some(stop), thread: Some(thread) });
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the record goes: a last renewal would bring it back.
        self.heartbeat.take();
        // Only its own record: a lock that was taken over is not this run's to remove. An error
        // here leaves a record that the next run takes over.
        if self.check().is_ok() {
            let _ = fs::remove_file(record_path(&self.path));
        }
    }
}

/// The locks of the project: none or one.
pub fn list_locks(path: &Path) -> Result<Vec<LockRecord>, StoreError> {
    Ok(read_record(path)?.into_iter().collect())
}

/// Removes the lock with this id, whoever holds it. Its holder notices before its next write.
pub fn break_lock(path: &Path, id: &str) -> Result<LockRecord, StoreError> {
    match read_record(path)? {
        Some(record) if record.id == id => {
            remove(path)?;
            Ok(record)
        }
        current => Err(StoreError::NoSuchLock { id: id.to_owned(), current: current.map(Box::new) }),
    }
}

fn record_path(path: &Path) -> PathBuf {
    path.with_extension("json")
}

/// A record that cannot be read does not lock anything: the kernel's lock still does.
fn read_record(path: &Path) -> Result<Option<LockRecord>, StoreError> {
    let bytes = read_if_there(&record_path(path))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn save_record(path: &Path, record: &LockRecord) -> Result<(), StoreError> {
    let value = serde_json::to_value(record).unwrap_or_default();
    write_atomic(&record_path(path), crate::format::pretty_sorted(&value).as_bytes())
}

/// Frees the name, so that the next run locks a new file and the old holder keeps a dead one.
fn remove(path: &Path) -> Result<(), StoreError> {
    for path in [record_path(path), path.to_owned()] {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn open_current(path: &Path) -> Result<Option<File>, StoreError> {
    let folder = folder_of(path);
    fs::create_dir_all(&folder).map_err(StoreError::io("create the folder", &folder))?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    file.map(Some).map_err(StoreError::io("open", path))
}

/// False if the file was removed or replaced between opening and locking it.
fn is_current(path: &Path, file: &File) -> Result<bool, StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let held = file.metadata().map_err(StoreError::io("read", path))?;
        Ok(fs::metadata(path).is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino())))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(path.exists())
    }
}

fn later(now: Timestamp, lease: SignedDuration) -> Timestamp {
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}

fn unnamed(request: &LockRequest, now: Timestamp) -> LockRecord {
    LockRecord {
        id: "unknown".to_owned(),
        operation: "unknown".to_owned(),
        plan_id: None,
        who: "somebody".to_owned(),
        host: request.identity.host.clone(),
        pid: 0,
        acquired: now,
        expires: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(who: &str, host: &str) -> LockRequest {
        LockRequest {
            operation: "apply".into(),
            plan_id: Some("7f3a9c1e00".into()),
            identity: Identity { who: who.into(), host: host.into(), pid: 4242 },
            lease: SignedDuration::from_mins(10),
        }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).expect("a time")
    }

    #[test]
    fn the_second_is_told_who_is_first() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("lock");
        let first = Lock::acquire(&path, &request("ann", "a"), at(0)).expect("free");
        let busy = Lock::acquire(&path, &request("bob", "a"), at(1)).expect_err("busy").to_string();
        for part in ["ann on a", "process 4242", "`apply` of plan 7f3a9c1e", "lock break"] {
            assert!(busy.contains(part), "{busy}");
        }
        assert_eq!(list_locks(&path).expect("read"), [first.record().clone()]);
        drop(first);
        assert_eq!(list_locks(&path).expect("read"), []);
        Lock::acquire(&path, &request("bob", "a"), at(1)).expect("free again");
    }

    #[test]
    fn the_dead_and_the_late_are_taken_over_and_notice() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("lock");
        let late = Lock::acquire(&path, &request("ann", "a"), at(0)).expect("free");
        let next = Lock::acquire(&path, &request("bob", "a"), at(11)).expect("the time is up");
        assert!(matches!(late.check(), Err(StoreError::LockLost { .. })));
        drop(late);
        next.check().expect("still held");
        // A record without a kernel's lock: its holder was killed.
        let left = next.record().clone();
        drop(next);
        save_record(&path, &left).expect("written");
        let taken = Lock::acquire(&path, &request("cid", "a"), at(12)).expect("dead holder");
        assert_eq!(taken.took_over(), Some(&left));
    }

    #[test]
    fn a_held_lock_is_renewed_until_it_is_given_back() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("lock");
        let brief = LockRequest { lease: SignedDuration::from_millis(30), ..request("ann", "a") };
        let mut held = Lock::acquire(&path, &brief, Timestamp::now()).expect("free");
        let first = held.record().expires;
        held.keep_alive(brief.lease);
        // Each look is at the record itself; the heartbeat moves it on.
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while read_record(&path).expect("read").expect("held").expires <= first {
            assert!(std::time::Instant::now() < end, "it is not renewed");
            std::thread::yield_now();
        }
        held.check().expect("still ours");
        drop(held);
        assert_eq!(list_locks(&path).expect("read"), []);
    }

    #[test]
    fn another_machines_lock_counts_until_it_ends() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("lock");
        let left = Lock::acquire(&path, &request("ann", "a"), at(0)).expect("free").record().clone();
        save_record(&path, &left).expect("written");
        assert!(matches!(Lock::acquire(&path, &request("bob", "b"), at(5)), Err(StoreError::Busy(_))));
        Lock::acquire(&path, &request("bob", "b"), at(10)).expect("the time is up");
    }

    #[test]
    fn a_lock_is_broken_by_its_id_only() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("lock");
        let mut held = Lock::acquire(&path, &request("ann", "a"), at(0)).expect("free");
        assert!(matches!(break_lock(&path, "x"), Err(StoreError::NoSuchLock { .. })));
        held.renew(at(5), SignedDuration::from_mins(10)).expect("renewed");
        assert_eq!(break_lock(&path, &held.record().id).expect("broken").expires, at(15));
        assert!(held.renew(at(6), SignedDuration::from_mins(1)).is_err());
        Lock::acquire(&path, &request("bob", "b"), at(6)).expect("free");
    }
}
