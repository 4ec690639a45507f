//! State that several machines share. The file on this machine is what a run works on; the shared
//! place holds every version under a name of its own, `versions/00000007.json`, and a name is made
//! by one writer only: whoever comes second with a serial learns of it.

use super::blobs::Blobs;
use super::error::StoreError;
use super::lock::{LockRecord, LockRequest};
use super::state::StateStore;
use crate::format::{FormatError, state_from_json, state_to_json};
use crate::model::State;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Ordering;
use std::path::PathBuf;

const VERSIONS: &str = "versions";
const LOCKS: &str = "lock";

/// The shared place of one project's state.
#[derive(Clone, Debug)]
pub struct SharedState {
    blobs: Blobs,
}

impl SharedState {
    pub fn new(blobs: Blobs) -> Self {
        Self { blobs }
    }

    /// Brings this machine's state up to the newest shared version. What a run that was cut short
    /// wrote here and not there is brought there first.
    pub async fn pull(&self, local: &StateStore) -> Result<Option<State>, StoreError> {
        let ours = match local.load() {
            // An old or lost copy on this machine does not matter: the shared place has the truth.
            Err(StoreError::StateOld { .. } | StoreError::StateLost { .. } | StoreError::StateCorrupt { .. }) => None,
            read => read?,
        };
        let theirs = self.newest().await?;
        let (ours, theirs) = match (ours, theirs) {
            (None, None) => return Ok(None),
            (Some(ours), None) => {
                self.push(&ours).await?;
                return Ok(Some(ours));
            }
            (None, Some(theirs)) => {
                local.replace(&theirs)?;
                return Ok(Some(theirs));
            }
            (Some(ours), Some(theirs)) => (ours, theirs),
        };
        if ours.lineage != theirs.lineage {
            let path = PathBuf::from(self.blobs.place(VERSIONS));
            return Err(StoreError::Lineage { path, ours: ours.lineage, found: theirs.lineage });
        }
        match ours.serial.cmp(&theirs.serial) {
            Ordering::Less => {
                local.replace(&theirs)?;
                Ok(Some(theirs))
            }
            Ordering::Greater => {
                self.push(&ours).await?;
                Ok(Some(ours))
            }
            Ordering::Equal if ours == theirs => Ok(Some(ours)),
            Ordering::Equal => Err(self.taken(ours.serial)),
        }
    }

    /// Puts a version there. Two different versions under one serial there cannot be.
    pub async fn push(&self, state: &State) -> Result<(), StoreError> {
        let made = self.blobs.create(&name(state.serial), Bytes::from(state_to_json(state))).await?;
        if made { Ok(()) } else { Err(self.taken(state.serial)) }
    }

    async fn newest(&self) -> Result<Option<State>, StoreError> {
        let names = self.blobs.list(VERSIONS).await?;
        let Some(newest) = names.iter().rev().find(|name| name.ends_with(".json")) else { return Ok(None) };
        let path = format!("{VERSIONS}/{newest}");
        let Some(bytes) = self.blobs.read(&path).await? else { return Ok(None) };
        let parsed = state_from_json(&String::from_utf8_lossy(&bytes));
        parsed
            .map(Some)
            .map_err(|source: FormatError| StoreError::Format { path: PathBuf::from(self.blobs.place(&path)), source })
    }

    fn taken(&self, serial: u64) -> StoreError {
        StoreError::SharedSerial { place: self.blobs.place(&name(serial)), serial }
    }

    /// Takes the shared lock, or says who has it. One whose time is up is taken over.
    pub async fn lock(&self, request: &LockRequest, now: Timestamp) -> Result<SharedLock, StoreError> {
        let record = LockRecord::of(request, now);
        for _ in 0..3 {
            let seen = self.locks().await?.pop();
            if let Some(other) = seen.clone().filter(|other| other.expires > now) {
                return Err(StoreError::Busy(Box::new(other)));
            }
            self.clear(seen.as_ref()).await?;
            let text = serde_json::to_vec(&record).unwrap_or_default();
            if self.blobs.create(&lock_name(), Bytes::from(text)).await? {
                return Ok(SharedLock { blobs: self.blobs.clone(), record, heartbeat: None });
            }
        }
        Err(StoreError::Busy(Box::new(record)))
    }

    /// Removes a lock that holds no longer, and what was renewed of it; not one that somebody took
    /// since it was seen.
    async fn clear(&self, seen: Option<&LockRecord>) -> Result<(), StoreError> {
        for name in self.blobs.list(LOCKS).await? {
            let path = format!("{LOCKS}/{name}");
            if path == lock_name() && held(&self.blobs).await?.map(|record| record.id) != seen.map(|s| s.id.clone()) {
                continue;
            }
            self.blobs.delete(&path).await?;
        }
        Ok(())
    }

    /// The lock that is held, with the end that its holder gave it last; none or one.
    pub async fn locks(&self) -> Result<Vec<LockRecord>, StoreError> {
        let Some(mut record) = held(&self.blobs).await? else { return Ok(Vec::new()) };
        for name in self.blobs.list(LOCKS).await? {
            if let Some(end) = renewed_until(&name, &record.id) {
                record.expires = record.expires.max(end);
            }
        }
        Ok(vec![record])
    }

    /// Removes the lock with this id, whoever holds it.
    pub async fn break_lock(&self, id: &str) -> Result<LockRecord, StoreError> {
        match self.locks().await?.pop() {
            Some(record) if record.id == id => {
                self.blobs.delete(&lock_name()).await?;
                Ok(record)
            }
            current => Err(StoreError::NoSuchLock { id: id.to_owned(), current: current.map(Box::new) }),
        }
    }
}

/// A held shared lock. It ends by itself after its lease, unless its holder renews it: the store
/// gives nothing back when a holder dies. What makes a write safe is the space's etag.
#[derive(Debug)]
pub struct SharedLock {
    blobs: Blobs,
    record: LockRecord,
    heartbeat: Option<AbortOnDrop>,
}

#[derive(Debug)]
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl SharedLock {
    pub fn record(&self) -> &LockRecord {
        &self.record
    }

    /// Renews the lease three times before it ends, as long as the lock is held. A lock that was
    /// lost is not taken back. Nothing there can be written over, so that every renewal is a file of
    /// its own, whose name says until when.
    pub fn keep_alive(&mut self, lease: SignedDuration) {
        let (blobs, record) = (self.blobs.clone(), self.record.clone());
        let beating = async move {
            let mut before: Option<String> = None;
            loop {
                tokio::time::sleep(lease.unsigned_abs() / 3).await;
                match held(&blobs).await {
                    Ok(Some(current)) if current.id == record.id => {}
                    // It passes, or the lease ends.
                    Err(_) => continue,
                    Ok(_) => return,
                }
                let Ok(expires) = Timestamp::now().checked_add(lease) else { return };
                let name = renewal(&record.id, expires);
                let text = serde_json::to_vec(&LockRecord { expires, ..record.clone() }).unwrap_or_default();
                if blobs.create(&name, Bytes::from(text)).await.is_ok()
                    && let Some(before) = before.replace(name)
                {
                    // Left behind, it does no harm: the later end counts.
                    let _ = blobs.delete(&before).await;
                }
            }
        };
        self.heartbeat = Some(AbortOnDrop(tokio::spawn(beating)));
    }

    /// Fails if somebody else took the lock meanwhile.
    pub async fn check(&self) -> Result<(), StoreError> {
        match held(&self.blobs).await? {
            Some(record) if record.id == self.record.id => Ok(()),
            other => Err(StoreError::LockLost { ours: self.record.id.clone(), current: other.map(Box::new) }),
        }
    }

    /// Gives it back, if it is still ours.
    pub async fn release(mut self) -> Result<(), StoreError> {
        self.heartbeat.take();
        match self.check().await {
            Ok(()) => self.blobs.delete(&lock_name()).await?,
            Err(StoreError::LockLost { .. }) => {}
            Err(other) => return Err(other),
        }
        // Of nobody's lock any more; whoever takes the next one removes what is left.
        for name in self.blobs.list(LOCKS).await.unwrap_or_default() {
            if renewed_until(&name, &self.record.id).is_some() {
                let _ = self.blobs.delete(&format!("{LOCKS}/{name}")).await;
            }
        }
        Ok(())
    }
}

fn name(serial: u64) -> String {
    format!("{VERSIONS}/{serial:08}.json")
}

fn lock_name() -> String {
    format!("{LOCKS}/lock.json")
}

/// The lock as it was taken.
async fn held(blobs: &Blobs) -> Result<Option<LockRecord>, StoreError> {
    let bytes = blobs.read(&lock_name()).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// The name of a lock's renewal.
fn renewal(id: &str, expires: Timestamp) -> String {
    format!("{LOCKS}/renewed-{id}-{}.json", expires.as_millisecond())
}

/// Until when this file renews the lock with this id; none if it does not.
fn renewed_until(name: &str, id: &str) -> Option<Timestamp> {
    let end = name.strip_prefix("renewed-")?.strip_prefix(id)?.strip_prefix('-')?.strip_suffix(".json")?;
    Timestamp::from_millisecond(end.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Identity;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use std::sync::Arc;

    fn shared() -> SharedState {
        SharedState::new(Blobs::Objects { store: Arc::new(InMemory::new()), folder: Path::from("team/retail") })
    }

    fn machine() -> (tempfile::TempDir, StateStore) {
        let folder = tempfile::tempdir().expect("folder");
        let store = StateStore::new(folder.path().join("state.json"));
        (folder, store)
    }

    fn request(who: &str) -> LockRequest {
        LockRequest {
            operation: "apply".into(),
            plan_id: None,
            identity: Identity { who: who.into(), host: who.into(), pid: 1 },
            lease: SignedDuration::from_mins(5),
        }
    }

    #[tokio::test]
    async fn versions_travel_and_a_serial_is_written_once() {
        let shared = shared();
        let ((_one, ann), (_two, bob)) = (machine(), machine());
        assert_eq!(shared.pull(&ann).await.expect("empty"), None);
        let first = ann.save(State::new("lineage".into(), "host".into())).expect("saved");
        shared.push(&first).await.expect("new");
        shared.push(&first).await.expect("the same again is no conflict: its answer may have been lost");
        assert_eq!(shared.pull(&bob).await.expect("there"), Some(first.clone()));
        assert_eq!(bob.load().expect("read"), Some(first.clone()));
        // Both go on from serial 1: the second learns of it.
        let theirs = bob.save(State { space_id: Some("b".into()), ..first.clone() }).expect("saved");
        shared.push(&theirs).await.expect("new");
        let ours = ann.save(State { space_id: Some("a".into()), ..first }).expect("saved");
        assert!(matches!(shared.push(&ours).await, Err(StoreError::SharedSerial { serial: 2, .. })));
        assert!(matches!(shared.pull(&ann).await, Err(StoreError::SharedSerial { serial: 2, .. })));
    }

    #[tokio::test]
    async fn what_was_not_pushed_before_a_kill_is_pushed_by_the_next_run() {
        let shared = shared();
        let ((_one, ann), (_two, bob)) = (machine(), machine());
        let mut state = State::new("lineage".into(), "host".into());
        for _ in 0..3 {
            state = ann.save(state).expect("saved");
        }
        assert_eq!(shared.pull(&ann).await.expect("pushed"), Some(state.clone()));
        assert_eq!(shared.pull(&bob).await.expect("pulled"), Some(state.clone()));
        // A damaged copy on a machine is replaced by the truth.
        std::fs::write(bob.path(), "{").expect("damaged");
        assert_eq!(shared.pull(&bob).await.expect("pulled"), Some(state));
    }

    #[tokio::test]
    async fn the_lock_names_its_holder_ends_and_is_given_back() {
        let shared = shared();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let later = now.checked_add(SignedDuration::from_mins(6)).expect("a time");
        let held = shared.lock(&request("ann"), now).await.expect("free");
        let busy = shared.lock(&request("bob"), now).await.expect_err("busy").to_string();
        assert!(busy.contains("ann on ann"), "{busy}");
        let taken = shared.lock(&request("bob"), later).await.expect("its time is up");
        assert!(matches!(held.check().await, Err(StoreError::LockLost { .. })));
        held.release().await.expect("nothing to give back");
        taken.check().await.expect("still held");
        assert_eq!(shared.locks().await.expect("read"), [taken.record().clone()]);
        taken.release().await.expect("given back");
        assert_eq!(shared.locks().await.expect("read"), []);
    }

    #[tokio::test]
    async fn a_lock_that_was_taken_meanwhile_stays() {
        let shared = shared();
        let now = Timestamp::now();
        // Ann saw no lock, or an old one of somebody else; then Bob took it.
        let bob = shared.lock(&request("bob"), now).await.expect("free");
        let old = LockRecord::of(&request("eve"), now);
        for seen in [None, Some(&old)] {
            shared.clear(seen).await.expect("cleared");
            bob.check().await.expect("still his");
        }
        shared.clear(Some(bob.record())).await.expect("cleared");
        assert_eq!(shared.locks().await.expect("read"), Vec::new());
        // A lock file that does not read holds nobody up.
        assert!(shared.blobs.create(&lock_name(), Bytes::from_static(b"{")).await.expect("written"));
        shared.lock(&request("ann"), now).await.expect("free");
    }

    #[tokio::test]
    async fn a_held_lock_is_renewed_and_a_dead_holders_ends() {
        let shared = shared();
        let brief = LockRequest { lease: SignedDuration::from_millis(30), ..request("ann") };
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let mut held = shared.lock(&brief, Timestamp::now()).await.expect("free");
        held.keep_alive(SignedDuration::from_millis(30));
        // Kept for longer than three leases, by looks at the store itself.
        let long = held.record().expires.checked_add(SignedDuration::from_millis(90)).expect("a time");
        while shared.locks().await.expect("read")[0].expires <= long {
            assert!(std::time::Instant::now() < end, "it is not renewed");
            tokio::task::yield_now().await;
        }
        held.check().await.expect("still ours");
        let until = shared.locks().await.expect("read")[0].expires;
        let before = until.checked_sub(SignedDuration::from_millis(1)).expect("a time");
        let busy = shared.lock(&request("bob"), before).await.expect_err("kept").to_string();
        assert!(busy.contains("ann on ann"), "{busy}");
        // Its holder dies: nothing is given back, and nothing renewed.
        drop(held);
        let left = shared.locks().await.expect("read");
        assert_eq!(left.len(), 1);
        let taken = shared.lock(&request("bob"), left[0].expires).await.expect("its time is up");
        assert_eq!(shared.locks().await.expect("read"), [taken.record().clone()]);
        taken.release().await.expect("given back");
        assert_eq!(shared.blobs.list(LOCKS).await.expect("read"), Vec::<String>::new(), "nothing is left behind");
    }
}
