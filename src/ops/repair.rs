//! Bringing state, journal and workspace together again, with an account of what was done.

use super::carry::take_lock;
use super::workspace::{OpsError, Workspace};
use crate::model::{AppliedRecord, State, Verified};
use crate::store::{Done, Identity, Journal, Layout, SharedState, StateStore, StoreError, WriteOutcome};

/// Where to repair, and what is known.
pub struct RepairInput<'a> {
    pub workspace: &'a Workspace,
    pub layout: &'a Layout,
    /// The live space, where the user or the project names it.
    pub space_id: Option<&'a str>,
    /// Where several machines keep this project's state, if they do.
    pub shared: Option<&'a SharedState>,
    pub identity: Identity,
    pub now: jiff::Timestamp,
}

/// What stands at the end, and what was done, in order.
pub struct Repaired {
    pub state: Option<State>,
    pub account: Vec<String>,
}

/// Repairs what is broken, and nothing else.
pub async fn repair(input: &RepairInput<'_>) -> Result<Repaired, OpsError> {
    let _lock = take_lock(input.layout, "state repair", None, &input.identity, input.now)?;
    let store = StateStore::new(input.layout.state());
    let mut account = Vec::new();
    let state = match store.load() {
        Ok(Some(state)) => Some(state),
        Ok(None) if input.space_id.is_none() => None,
        Ok(None) => Some(from_workspace(input, &store, &mut account).await?),
        Err(StoreError::StateCorrupt { good, why, .. }) => {
            account.push(format!("the state could not be read ({why}); it was set aside"));
            Some(from_backup(input, &store, good.map(|(_, serial)| serial), &mut account).await?)
        }
        Err(StoreError::StateLost { good, .. }) => {
            account.push("the state was gone".to_owned());
            Some(from_backup(input, &store, good.map(|(_, serial)| serial), &mut account).await?)
        }
        // Which of the two is meant, and what a newer release wrote, is not for a repair to say.
        Err(other) => return Err(other.into()),
    };
    settle_journal(input, &mut account)?;
    let state = match state {
        Some(state) => Some(let_stand(&store, state, &mut account)?),
        None => None,
    };
    if let (Some(shared), Some(state)) = (input.shared, &state) {
        shared.push(state).await?;
    }
    if account.is_empty() {
        account.push("nothing was broken".to_owned());
    }
    Ok(Repaired { state, account })
}

async fn from_backup(
    input: &RepairInput<'_>,
    store: &StateStore,
    good: Option<u64>,
    account: &mut Vec<String>,
) -> Result<State, OpsError> {
    let Some(serial) = good else {
        account.push("no backup can be read either".to_owned());
        return from_workspace(input, store, account).await;
    };
    let state = store.restore(serial)?;
    account.push(format!("the backup with serial {serial} was put back"));
    compare_with_workspace(input, state, account).await
}

/// A backup may lack the last apply: what stands in the workspace tells.
async fn compare_with_workspace(
    input: &RepairInput<'_>,
    state: State,
    account: &mut Vec<String>,
) -> Result<State, OpsError> {
    let (Some(id), Some(last)) = (&state.space_id, state.last()) else { return Ok(state) };
    let live = match input.workspace.client.get_space(id).await {
        Ok(live) => live,
        Err(error) => {
            account.push(format!("whether the space {id} still stands so is unknown: {error}"));
            return Ok(state);
        }
    };
    if live.space.digest() == last.after_digest {
        account.push(format!("the space {id} stands as the backup says"));
        return Ok(state);
    }
    account.push(format!(
        "the space {id} has moved since the backup: `genie-enhance drift` shows how; what stands there now was not put on \
         record"
    ));
    Ok(state)
}

/// A state that knows the live space and nothing of how it came about.
async fn from_workspace(
    input: &RepairInput<'_>,
    store: &StateStore,
    account: &mut Vec<String>,
) -> Result<State, OpsError> {
    let id = input.space_id.ok_or_else(|| {
        OpsError::usage("nothing tells which live space the project manages; name it with --space-id")
    })?;
    let live = input.workspace.client.get_space(id).await?;
    let mut state = State::new(uuid::Uuid::now_v7().to_string(), input.workspace.host.clone());
    state.serial = 1;
    state.space_id = Some(live.id.clone());
    state.stands = Some(live.space.clone());
    state.applied.push(AppliedRecord {
        serial: 1,
        plan_id: String::new(),
        at: input.now.to_string(),
        by: input.identity.who.clone(),
        confirmed: "state repair".to_owned(),
        changes: 0,
        score_before: String::new(),
        score_after: String::new(),
        before: None,
        before_digest: None,
        after_digest: live.space.digest(),
        after_sidecar_digest: live.space.sidecar_digest(),
        etag: live.etag.unwrap_or_default(),
        read_back: "equal".to_owned(),
        verified: Verified::NotAsked,
    });
    store.install(&state)?;
    account.push(format!("a new state was made for the space {id} as it stands now; what was applied before is lost"));
    Ok(state)
}

/// An intent that nobody settled is given up: what stands in the workspace is what counts now.
fn settle_journal(input: &RepairInput<'_>, account: &mut Vec<String>) -> Result<(), OpsError> {
    let journal = Journal::new(input.layout.journal());
    match journal.pending() {
        Ok(None) => Ok(()),
        Ok(Some(intent)) => {
            let short = intent.plan_id.get(..8).unwrap_or(&intent.plan_id).to_owned();
            journal.finish(&Done {
                plan_id: intent.plan_id,
                outcome: WriteOutcome::Abandoned,
                etag: None,
                read_back: None,
                at: input.now.to_string(),
            })?;
            account.push(format!("the apply of plan {short} that was cut short at {} is given up", intent.at));
            Ok(())
        }
        Err(error @ StoreError::JournalCorrupt { .. }) => {
            let aside = journal.set_aside()?;
            account.push(format!("{error}; it was moved to {}", aside.display()));
            Ok(())
        }
        Err(other) => Err(other.into()),
    }
}

/// A failed verification whose rollback nobody has made: repairing means that it stays.
fn let_stand(store: &StateStore, mut state: State, account: &mut Vec<String>) -> Result<State, OpsError> {
    let mut told = Vec::new();
    for record in state.applied.iter_mut().filter(|record| record.verified == Verified::RollbackPending) {
        record.verified = Verified::Fail;
        told.push(format!(
            "serial {} failed its verification and stands; its rollback is not pending any more",
            record.serial
        ));
    }
    if told.is_empty() {
        return Ok(state);
    }
    account.extend(told);
    Ok(store.save(state)?)
}
