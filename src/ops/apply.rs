//! Applying a plan: exactly its changes, once, and on record.
//!
//! The order is fixed: settle what an earlier run left, read, classify, journal the intent with
//! the whole before-image, one write guarded by the etag just read, read back, state. An outcome
//! that got lost on the way is decided by reading, never by sending again.

use super::events::Events;
use super::ready::{Ready, Step};
use super::workspace::{OpsError, Workspace};
use crate::databricks::{ClientError, LiveSpace};
use crate::model::{AppliedRecord, Change, Event, Phase, Plan, Score, Space, State};
use crate::store::{Done, Intent, Journal, StateStore, WriteOutcome};

/// What apply works with.
pub struct ApplyInput<'a> {
    pub workspace: &'a Workspace,
    pub events: Events,
    pub plan: &'a Plan,
    pub plan_id: &'a str,
    /// The declared space as it stands, if the project declares one.
    pub definition: Option<&'a Space>,
    pub state: State,
    pub state_store: &'a StateStore,
    pub journal: &'a Journal,
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
    /// `equal`, `migrated` or `lossy`.
    pub read_back: String,
    /// Changes by id that did not take.
    pub lost: Vec<String>,
    pub serial: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyOutcome {
    Created,
    Updated,
    /// It stood there already; at most the record was missing.
    AlreadyApplied,
}

/// Does what [`prepare`](super::prepare) found ready. The caller has asked for confirmation.
pub async fn apply(mut input: ApplyInput<'_>, ready: Ready) -> Result<Applied, OpsError> {
    input.events.emit(Event::PhaseStarted { phase: Phase::Apply, message: "applying the plan".to_owned() });
    let before = ready.live.as_ref().map(|live| live.space.clone());
    let after = if ready.writes() {
        input.journal.begin(&intent(&input, &ready))?;
        write(&input, &ready).await?
    } else {
        ready.live.clone().ok_or_else(|| OpsError::other("nothing is ready to be applied"))?
    };
    let (read_back, lost) = compare_back(&input, &ready.target, &after.space);
    for planned in &input.plan.changes {
        let status = if lost.contains(&planned.id) { "lossy" } else { read_back };
        input.events.emit(Event::ChangeApplied { id: planned.id.clone(), status: status.to_owned() });
    }
    if ready.has_work() {
        let recorded = Recorded {
            plan_id: input.plan_id,
            before: if ready.writes() { before } else { None },
            read_back,
            plan: Some(input.plan),
        };
        record(&mut input, recorded, &after)?;
    }
    if ready.writes() {
        finish(&input, WriteOutcome::Applied, &after)?;
    }
    let outcome = match ready.step {
        Step::Create => ApplyOutcome::Created,
        Step::Update => ApplyOutcome::Updated,
        Step::Record | Step::Nothing => ApplyOutcome::AlreadyApplied,
    };
    Ok(Applied { outcome, space_id: after.id, read_back: read_back.to_owned(), lost, serial: input.state.serial })
}

fn intent(input: &ApplyInput<'_>, ready: &Ready) -> Intent {
    let live = ready.live.as_ref();
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
        at: input.now.to_string(),
    }
}

/// The one write, and what stands there afterwards. If the write's answer is lost, what stands
/// there decides.
async fn write(input: &ApplyInput<'_>, ready: &Ready) -> Result<LiveSpace, OpsError> {
    let client = &input.workspace.client;
    match &ready.live {
        Some(live) => match client.update_space(&live.id, &ready.target, live.etag.as_deref()).await {
            Ok(_) => Ok(client.get_space(&live.id).await?),
            Err(error) => after_failed_update(input, live, error).await,
        },
        None => match client.create_space(&ready.target).await {
            Ok(made) => Ok(client.get_space(&made.id).await?),
            // The journal has the intent; the next apply finds the space if it was made.
            Err(error) if error.outcome_unknown() => Err(error.into()),
            Err(error) => {
                not_applied(input)?;
                Err(error.into())
            }
        },
    }
}

async fn after_failed_update(
    input: &ApplyInput<'_>,
    live: &LiveSpace,
    error: ClientError,
) -> Result<LiveSpace, OpsError> {
    if error.is_conflict() {
        not_applied(input)?;
        return Err(OpsError::Stale {
            message:
                "somebody else wrote the space in the same moment, and nothing of this plan was written; make a new \
                      plan"
                    .to_owned(),
        });
    }
    if !error.outcome_unknown() {
        not_applied(input)?;
        return Err(error.into());
    }
    let found = input.workspace.client.get_space(&live.id).await?;
    if found.space.digest() == live.space.digest() && found.etag == live.etag {
        // It may still be on its way; the etag it carries makes sure that it cannot land on top
        // of anything newer, and the journal that the next apply looks again.
        return Err(OpsError::other(format!(
            "the answer to the write was lost ({error}), and the space stands as before; run apply again"
        )));
    }
    Ok(found)
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

/// Compares what was sent with what stands there, in canonical form.
fn compare_back(input: &ApplyInput<'_>, target: &Space, found: &Space) -> (&'static str, Vec<String>) {
    if found.digest() == target.digest() {
        let migrated = target.document().get("version") != found.document().get("version");
        return (if migrated { "migrated" } else { "equal" }, Vec::new());
    }
    let standing = |change: &Change| crate::diff::value_at(found, &change.address).is_some() == change.after.is_some();
    let lost = input.plan.changes.iter().filter(|planned| !standing(&planned.change));
    ("lossy", lost.map(|planned| planned.id.clone()).collect())
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
    });
    input.state = input.state_store.save(state)?;
    Ok(())
}
