//! Settling the journal: what became of an apply that was cut short. One read decides.

use super::apply::{ApplyInput, Recorded, record};
use super::workspace::OpsError;
use crate::databricks::LiveSpace;
use crate::store::{Done, Intent, WriteOutcome};

/// Settles a left-over intent, and brings the state up to date if its write did arrive. Returns
/// what to tell the user.
pub async fn settle(input: &mut ApplyInput<'_>) -> Result<Option<String>, OpsError> {
    let Some(intent) = input.journal.pending()? else { return Ok(None) };
    let found = find(input, &intent).await?;
    let short = intent.plan_id.get(..8).unwrap_or(&intent.plan_id).to_owned();
    let stands = found.as_ref().map(|live| live.space.digest());
    if let Some(live) = found.as_ref().filter(|_| stands.as_ref() == Some(&intent.target)) {
        let is_recorded = input.state.last().is_some_and(|last| last.plan_id == intent.plan_id);
        if !is_recorded {
            let same_plan = intent.plan_id == input.plan_id;
            let recorded = Recorded {
                plan_id: &intent.plan_id,
                before: intent.before.clone(),
                read_back: "equal",
                plan: same_plan.then_some(input.plan),
            };
            record(input, recorded, live)?;
        }
        finish(input, &intent, WriteOutcome::Applied, Some(live))?;
        return Ok(Some(format!("an apply of plan {short} was cut short after its write; it is on record now")));
    }
    if stands == intent.base {
        finish(input, &intent, WriteOutcome::NotApplied, found.as_ref())?;
        return Ok(Some(format!("an apply of plan {short} was cut short before its write; nothing had changed")));
    }
    Err(OpsError::Stale {
        message: format!(
            "an apply of plan {short} was cut short, and the space now stands neither as before nor as planned: somebody \
             else edited it. `genie-enhance drift` shows how it stands; when that is settled, remove {}",
            input.journal.path().display()
        ),
    })
}

async fn find(input: &ApplyInput<'_>, intent: &Intent) -> Result<Option<LiveSpace>, OpsError> {
    let client = &input.workspace.client;
    if let Some(id) = &intent.space_id {
        return Ok(Some(client.get_space(id).await?));
    }
    // A creation: the space that has exactly the intended content, if it was made.
    for space in client.list_spaces().await? {
        let live = client.get_space(&space.id).await?;
        if live.space.digest() == intent.target && live.space.sidecar_digest() == intent.target_sidecar {
            return Ok(Some(live));
        }
    }
    Ok(None)
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
