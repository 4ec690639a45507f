//! Settling the journal: what became of an apply that was cut short. One read decides.

use super::apply::{ApplyInput, Recorded, record};
use super::workspace::{OpsError, Workspace};
use crate::databricks::{ErrorKind, LiveSpace, SpaceSummary};
use crate::diff::{Fit, holds};
use crate::model::{Change, Digest, Space};
use crate::store::{Done, Intent, StoreError, WriteOutcome};

/// Settles a left-over intent, and brings the state up to date if its write did arrive. Returns
/// what to tell the user.
pub async fn settle(input: &mut ApplyInput<'_>) -> Result<Option<String>, OpsError> {
    let pending = match input.journal.pending() {
        Err(error @ StoreError::JournalCorrupt { .. }) => return Err(set_aside(input, &error)),
        read => read?,
    };
    let Some(intent) = pending else { return Ok(None) };
    let short = intent.plan_id.get(..8).unwrap_or(&intent.plan_id).to_owned();
    let found = find(input, &intent).await?;
    let became = decide(&intent, found.as_ref());
    if became == Became::Applied
        && let Some(live) = &found
        && input.state.last().is_none_or(|last| last.plan_id != intent.plan_id)
    {
        let same_plan = intent.plan_id == input.plan_id;
        input.confirmed = "recovered from the journal".to_owned();
        let recorded = Recorded {
            plan_id: &intent.plan_id,
            before: intent.before.clone(),
            read_back: if live.space.digest() == intent.target { "equal" } else { "migrated" },
            plan: same_plan.then_some(input.plan),
        };
        record(input, recorded, live)?;
    }
    finish(input, &intent, became.outcome(), found.as_ref())?;
    match became {
        Became::Applied => {
            Ok(Some(format!("an apply of plan {short} was cut short after its write; it is on record now")))
        }
        Became::NotApplied => {
            Ok(Some(format!("an apply of plan {short} was cut short before its write; nothing had changed")))
        }
        // What stands there is somebody else's; how the plan stands to that is told next.
        Became::Overwritten => Ok(Some(format!(
            "an apply of plan {short} was cut short, and the space was edited by somebody else since; what it wrote, if \
             anything, does not stand there any more"
        ))),
        Became::Reverted => Err(OpsError::Stale {
            message: format!(
                "an apply of plan {short} was cut short. The space stands as before, but it was written since: the \
                 change may have been made and taken back by somebody. Nothing is applied by itself; if it should go in, \
                 run apply again"
            ),
        }),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    Applied,
    NotApplied,
    /// The old content under a new etag.
    Reverted,
    /// Somebody else's content.
    Overwritten,
}

impl Became {
    fn outcome(self) -> WriteOutcome {
        match self {
            Self::Applied => WriteOutcome::Applied,
            Self::NotApplied => WriteOutcome::NotApplied,
            Self::Reverted | Self::Overwritten => WriteOutcome::Abandoned,
        }
    }
}

fn decide(intent: &Intent, found: Option<&LiveSpace>) -> Became {
    let Some(live) = found else {
        // A creation that made nothing; or a space that is gone, whatever was written to it.
        return if intent.space_id.is_none() { Became::NotApplied } else { Became::Overwritten };
    };
    if intent.space_id.is_none() {
        return Became::Applied;
    }
    let stands = |space: &Space| {
        let holds = |change: &Change| holds(space, change, &intent.changes) != Fit::Not;
        !intent.changes.is_empty() && intent.changes.iter().all(holds)
    };
    let digest = live.space.digest();
    // All that was to be changed stands there: the write arrived, whatever was edited beside it.
    if stands(&live.space) || (intent.changes.is_empty() && digest == intent.target) {
        return Became::Applied;
    }
    let as_before = Some(&digest) == intent.base.as_ref() && Some(live.space.sidecar_digest()) == intent.base_sidecar;
    match (as_before, live.etag == intent.etag) {
        (true, true) => Became::NotApplied,
        (true, false) => Became::Reverted,
        _ => Became::Overwritten,
    }
}

fn set_aside(input: &ApplyInput<'_>, error: &StoreError) -> OpsError {
    match input.journal.set_aside() {
        Ok(path) => OpsError::other(format!(
            "{error}. It was moved to {}; `genie-enhance drift` shows whether an apply was cut short, then run apply \
             again",
            path.display()
        )),
        Err(failed) => failed.into(),
    }
}

async fn find(input: &ApplyInput<'_>, intent: &Intent) -> Result<Option<LiveSpace>, OpsError> {
    let Some(id) = &intent.space_id else {
        let title = intent.title.as_deref().unwrap_or_default();
        return find_content(input.workspace, title, &intent.target, &intent.existing).await;
    };
    match input.workspace.client.get_space(id).await {
        Ok(live) => Ok(Some(live)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The space with the title and exactly the content of `target`, unless it was there before.
pub(super) async fn find_made(
    workspace: &Workspace,
    target: &Space,
    existing: &[String],
) -> Result<Option<LiveSpace>, OpsError> {
    find_content(workspace, &target.sidecar.title, &target.digest(), existing).await
}

async fn find_content(
    workspace: &Workspace,
    title: &str,
    content: &Digest,
    existing: &[String],
) -> Result<Option<LiveSpace>, OpsError> {
    for space in workspace.client.list_spaces().await? {
        if !bears(&space, title) || existing.contains(&space.id) {
            continue;
        }
        match workspace.client.get_space(&space.id).await {
            Ok(live) if live.space.digest() == *content => return Ok(Some(live)),
            Ok(_) => {}
            // Listed, and gone meanwhile or not ours to read: whoever makes a space may read it.
            Err(error) if error.is_not_found() || error.kind == ErrorKind::Permission => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Ids of the spaces that bear the title already.
pub(super) async fn same_title(input: &ApplyInput<'_>, target: &Space) -> Result<Vec<String>, OpsError> {
    let spaces = input.workspace.client.list_spaces().await?;
    let same = spaces.into_iter().filter(|space| bears(space, &target.sidecar.title));
    Ok(same.map(|space| space.id).collect())
}

/// The service adds ` (1)`, ` (2)` … to a title that is taken.
fn bears(space: &SpaceSummary, title: &str) -> bool {
    let Some(rest) = space.title.strip_prefix(title) else { return false };
    let number = rest.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
    rest.is_empty() || number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn finish(
    input: &ApplyInput<'_>,
    intent: &Intent,
    outcome: WriteOutcome,
    live: Option<&LiveSpace>,
) -> Result<(), OpsError> {
    input.journal.finish(&Done {
        plan_id: intent.plan_id.clone(),
        outcome,
        etag: live.and_then(|live| live.etag.clone()),
        read_back: live.map(|live| live.space.digest()),
        at: input.now.to_string(),
    })?;
    Ok(())
}
