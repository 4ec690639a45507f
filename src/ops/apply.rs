//! Applying a plan: exactly its changes, once, and on record.
//!
//! The order is fixed: settle what an earlier run left, read, classify, confirm, read again,
//! journal the intent with the whole before-image, one write guarded by the etag just read, read
//! back, state. An outcome that got lost on the way is decided by reading, never by sending
//! blindly again.

use super::events::Events;
use super::guards::Policy;
use super::moved::Moved;
use super::read_back::ReadBack;
use super::ready::{Ready, Step, classify};
use super::settle::{find_made, same_title};
use super::workspace::{OpsError, Workspace};
use crate::databricks::{ClientError, LiveSpace};
use crate::model::{AppliedRecord, Event, Phase, Plan, Score, Space, State, Verified};
use crate::planner::Freshness;
use crate::store::{Done, Intent, Journal, Lock, SharedLock, StateStore, WriteOutcome};

/// What apply works with.
pub struct ApplyInput<'a> {
    pub workspace: &'a Workspace,
    pub events: Events,
    pub plan: &'a Plan,
    pub plan_id: &'a str,
    /// The declared space as it stands, if the project declares one.
    pub definition: Option<&'a Space>,
    pub policy: &'a Policy<'a>,
    pub state: State,
    pub state_store: &'a StateStore,
    pub journal: &'a Journal,
    pub lock: &'a Lock,
    /// Where several machines keep this project's state.
    pub shared_lock: Option<&'a SharedLock>,
    /// The vanished space that may be made again: its id is the confirmation.
    pub recreate: Option<&'a str>,
    pub by: String,
    /// How it was confirmed.
    pub confirmed: String,
    pub now: jiff::Timestamp,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    pub outcome: ApplyOutcome,
    pub space_id: String,
    pub read_back: ReadBack,
    pub serial: u64,
    /// What stands there now.
    pub stands: LiveSpace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyOutcome {
    Created,
    Updated,
    /// It stood there already; at most the record was missing.
    AlreadyApplied,
}

impl ApplyOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::AlreadyApplied => "already-applied",
        }
    }
}

/// What stands there after the write, and whether the write was this run's.
struct Written {
    live: LiveSpace,
    ours: bool,
}

/// Does what [`prepare`](super::prepare) found ready. The caller has asked for confirmation.
pub async fn apply(mut input: ApplyInput<'_>, ready: Ready) -> Result<Applied, OpsError> {
    input.events.emit(Event::PhaseStarted { phase: Phase::Apply, message: "applying the plan".to_owned() });
    let written = if ready.writes() {
        // Somebody may have thought about the question for an hour.
        let ready = still_ready(&input, &ready).await?;
        input.lock.check()?;
        if let Some(shared) = input.shared_lock {
            shared.check().await?;
        }
        let existing = if ready.live.is_none() { same_title(&input, &ready.target).await? } else { Vec::new() };
        input.journal.begin(&intent(&input, &ready, existing.clone()))?;
        write(&input, &ready, &existing).await?
    } else {
        let live = ready.live.clone().ok_or_else(|| OpsError::other("nothing is ready to be applied"))?;
        Written { live, ours: false }
    };
    let read_back = ReadBack::of(input.plan, &ready.target, &written.live);
    for (id, status) in &read_back.changes {
        input.events.emit(Event::ChangeApplied { id: id.clone(), status: (*status).to_owned() });
    }
    let before = ready.live.as_ref().map(|live| live.space.clone());
    let recorded = Recorded {
        plan_id: input.plan_id,
        // Also where somebody else made the same change in the same moment: it stood there before.
        before: before.filter(|_| ready.writes()),
        read_back: read_back.as_str(),
        plan: Some(input.plan),
    };
    if ready.has_work() {
        record(&mut input, recorded, &written.live).map_err(|error| unrecorded(&written, &error))?;
    }
    if ready.writes() {
        finish(&input, WriteOutcome::Applied, &written.live).map_err(|error| unrecorded(&written, &error))?;
    }
    let outcome = match ready.step {
        Step::Create if written.ours => ApplyOutcome::Created,
        Step::Update if written.ours => ApplyOutcome::Updated,
        _ => ApplyOutcome::AlreadyApplied,
    };
    let Written { live, .. } = written;
    Ok(Applied { outcome, space_id: live.id.clone(), read_back, serial: input.state.serial, stands: live })
}

/// The space is written and the record is not: both have to be said.
fn unrecorded(written: &Written, error: &OpsError) -> OpsError {
    OpsError::other(format!(
        "the space {} stands as planned (etag {}), but that could not be put on record: {error}. When the cause is \
         mended, run apply again: the journal tells it what was done, and nothing is written twice",
        written.live.id,
        written.live.etag.as_deref().unwrap_or("unknown")
    ))
}

/// Reads once more, right before the write. What was shown must still stand there: the fields
/// beside the document are guarded by nothing else.
async fn still_ready(input: &ApplyInput<'_>, ready: &Ready) -> Result<Ready, OpsError> {
    let Some(shown) = &ready.live else { return Ok(ready.clone()) };
    let live = input.workspace.client.get_space(&shown.id).await?;
    let same =
        live.space.digest() == shown.space.digest() && live.space.sidecar_digest() == shown.space.sidecar_digest();
    if !same {
        return Err(moved(input, &live));
    }
    Ok(Ready { live: Some(live), ..ready.clone() })
}

/// Why the plan does not fit what was found.
fn moved(input: &ApplyInput<'_>, found: &LiveSpace) -> OpsError {
    match classify(input, found) {
        Freshness::Fresh | Freshness::Rebased | Freshness::AlreadyApplied => OpsError::Stale {
            message:
                "somebody wrote the space in the same moment, and nothing of this plan was written; run apply again"
                    .to_owned(),
        },
        other => Moved::of(other).into(),
    }
}

fn intent(input: &ApplyInput<'_>, ready: &Ready, existing: Vec<String>) -> Intent {
    let live = ready.live.as_ref();
    let changes = input.plan.changes.iter().map(|planned| planned.change.clone());
    Intent {
        plan_id: input.plan_id.to_owned(),
        host: input.workspace.host.clone(),
        space_id: live.map(|live| live.id.clone()),
        etag: live.and_then(|live| live.etag.clone()),
        base: live.map(|live| live.space.digest()),
        base_sidecar: live.map(|live| live.space.sidecar_digest()),
        target: ready.target.digest(),
        target_sidecar: ready.target.sidecar_digest(),
        before: live.map(|live| live.space.clone()),
        changes: if live.is_some() { changes.collect() } else { Vec::new() },
        title: live.is_none().then(|| ready.target.sidecar.title.clone()),
        existing,
        at: input.now.to_string(),
    }
}

/// The one write, and what stands there afterwards. If the write's answer is lost, what stands
/// there decides.
async fn write(input: &ApplyInput<'_>, ready: &Ready, existing: &[String]) -> Result<Written, OpsError> {
    match &ready.live {
        Some(live) => update(input, live, &ready.target).await,
        None => create(input, &ready.target, existing).await,
    }
}

async fn update(input: &ApplyInput<'_>, live: &LiveSpace, target: &Space) -> Result<Written, OpsError> {
    let client = &input.workspace.client;
    let mut lost = false;
    loop {
        // An update without an etag would be a write over whatever stands there.
        let sent = client.change_space(&live.id, target, &live.space.sidecar, live.etag.as_deref()).await;
        let error = match sent {
            Ok(_) => return Ok(Written { live: client.get_space(&live.id).await?, ours: true }),
            Err(error) => error,
        };
        if error.is_conflict() {
            return after_conflict(input, live, target, lost).await;
        }
        if !error.outcome_unknown() {
            not_applied(input)?;
            return Err(refused(input, error).await);
        }
        let found = client.get_space(&live.id).await?;
        if stands(&found, target, live) {
            return Ok(Written { live: found, ours: true });
        }
        if found.space.digest() != live.space.digest() || found.etag != live.etag {
            // The journal keeps the question; the next apply settles it.
            return Err(moved(input, &found));
        }
        if lost {
            return Err(error.into());
        }
        // It stands as before, under the etag that the write is bound to: should the first one
        // still be on its way, only one of the two can win.
        lost = true;
    }
}

/// True if the target stands there: the document, and of the fields beside it those that were sent.
fn stands(found: &LiveSpace, target: &Space, before: &LiveSpace) -> bool {
    let (sent, was, now) = (&target.sidecar, &before.space.sidecar, &found.space.sidecar);
    let took = |sent: &String, was: &String, now: &String| sent == was || sent.is_empty() || sent == now;
    found.space.digest() == target.digest()
        && took(&sent.title, &was.title, &now.title)
        && (sent.description == was.description || sent.description == now.description)
        && took(&sent.warehouse_id, &was.warehouse_id, &now.warehouse_id)
        && took(&sent.parent_path, &was.parent_path, &now.parent_path)
}

/// Somebody wrote between the read and the write. One look, then the end: never a loop, and
/// never a write without the etag.
async fn after_conflict(
    input: &ApplyInput<'_>,
    live: &LiveSpace,
    target: &Space,
    lost: bool,
) -> Result<Written, OpsError> {
    let found = input.workspace.client.get_space(&live.id).await?;
    if stands(&found, target, live) {
        // Either the first of two writes landed late, or another run made the same change.
        return Ok(Written { live: found, ours: lost });
    }
    if !lost {
        not_applied(input)?;
    }
    Err(moved(input, &found))
}

/// A refusal, with a word about a space that vanished meanwhile.
async fn refused(input: &ApplyInput<'_>, error: ClientError) -> OpsError {
    if !error.is_not_found() {
        return error.into();
    }
    OpsError::Stale {
        message: format!(
            "the space {} went away while the plan was being applied ({error}); nothing was written, and it is not made \
             again by itself",
            input.plan.base.space_id.as_deref().unwrap_or("of this plan")
        ),
    }
}

async fn create(input: &ApplyInput<'_>, target: &Space, existing: &[String]) -> Result<Written, OpsError> {
    let client = &input.workspace.client;
    match client.create_space(target).await {
        Ok(made) => Ok(Written { live: client.get_space(&made.id).await?, ours: true }),
        Err(error) if error.outcome_unknown() => match find_made(input.workspace, target, existing).await? {
            Some(live) => Ok(Written { live, ours: true }),
            // It may still be on its way. The journal has the intent, and the next apply looks for
            // the space before it makes another one.
            None => Err(error.into()),
        },
        Err(error) => {
            not_applied(input)?;
            Err(error.into())
        }
    }
}

fn not_applied(input: &ApplyInput<'_>) -> Result<(), OpsError> {
    input.journal.finish(&Done {
        plan_id: input.plan_id.to_owned(),
        outcome: WriteOutcome::NotApplied,
        etag: None,
        read_back: None,
        at: input.now.to_string(),
    })?;
    Ok(())
}

fn finish(input: &ApplyInput<'_>, outcome: WriteOutcome, after: &LiveSpace) -> Result<(), OpsError> {
    input.journal.finish(&Done {
        plan_id: input.plan_id.to_owned(),
        outcome,
        etag: after.etag.clone(),
        read_back: Some(after.space.digest()),
        at: input.now.to_string(),
    })?;
    Ok(())
}

/// What goes on record beside what the input knows.
pub(super) struct Recorded<'a> {
    pub plan_id: &'a str,
    pub before: Option<Space>,
    pub read_back: &'a str,
    /// None where only the journal of an earlier run speaks of it.
    pub plan: Option<&'a Plan>,
}

/// Writes the state with one more applied plan.
pub(super) fn record(input: &mut ApplyInput<'_>, recorded: Recorded<'_>, after: &LiveSpace) -> Result<(), OpsError> {
    let score = |score: Option<Score>| score.map_or_else(String::new, |s| format!("{}/{}", s.correct, s.total));
    let mut state = input.state.clone();
    state.space_id = Some(after.id.clone());
    state.stands = Some(after.space.clone());
    // A way back is what a pending one waited for.
    for earlier in state.applied.iter_mut().filter(|record| record.verified == Verified::RollbackPending) {
        earlier.verified = Verified::Fail;
    }
    state.applied.push(AppliedRecord {
        serial: state.serial + 1,
        plan_id: recorded.plan_id.to_owned(),
        at: input.now.to_string(),
        by: input.by.clone(),
        confirmed: input.confirmed.clone(),
        changes: recorded.plan.map_or(0, |plan| plan.changes.len()),
        score_before: score(recorded.plan.map(|plan| plan.score.before.all())),
        score_after: score(recorded.plan.map(|plan| plan.score.after.all())),
        before_digest: recorded.before.as_ref().map(Space::digest),
        before: recorded.before,
        after_digest: after.space.digest(),
        after_sidecar_digest: after.space.sidecar_digest(),
        etag: after.etag.clone().unwrap_or_default(),
        read_back: recorded.read_back.to_owned(),
        verified: Verified::NotAsked,
    });
    input.state = input.state_store.save(state)?;
    Ok(())
}
