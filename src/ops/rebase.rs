//! Moving a plan onto edits that were made elsewhere in the space since it was made.

use super::moved::Moved;
use super::ready::base_content;
use super::workspace::OpsError;
use crate::databricks::LiveSpace;
use crate::model::{Plan, Space, State};
use crate::planner::{Freshness, LiveFacts, RebaseFacts, expiry, freshness, rebase};

/// Days that a moved plan lives: as one that was just made.
const LIFETIME_DAYS: i64 = 7;

/// The plan on top of what stands there now, under a new id. Refused where an edit clashes with
/// it, and where there is nothing to move.
pub fn rebase_plan(
    plan: &Plan,
    live: &LiveSpace,
    state: Option<&State>,
    definition: Option<&Space>,
    now: jiff::Timestamp,
) -> Result<Plan, OpsError> {
    if plan.base.space_id.as_deref() != Some(live.id.as_str()) {
        return Err(OpsError::usage(format!(
            "the plan was made for the space {}, this project manages {}; make a plan here",
            plan.base.space_id.as_deref().unwrap_or("that is yet to be made"),
            live.id
        )));
    }
    let base = state.and_then(|state| base_content(plan, state, definition));
    let facts = LiveFacts::of(live.etag.as_deref(), &live.space);
    match freshness(plan, &facts, base.as_ref()) {
        Freshness::DriftedDisjoint { .. } => {}
        conflict @ Freshness::Conflict { .. } => return Err(Moved::of(conflict).into()),
        Freshness::Fresh | Freshness::Rebased => {
            return Err(OpsError::usage("the plan fits the live space as it is; there is nothing to move"));
        }
        Freshness::AlreadyApplied => {
            return Err(OpsError::usage("the space stands as planned already; there is nothing to move"));
        }
    }
    let created_at = now.to_string();
    Ok(rebase(
        plan,
        &facts,
        RebaseFacts {
            definition: definition.map(Space::digest),
            expires_at: expiry(&created_at, LIFETIME_DAYS).unwrap_or_else(|| created_at.clone()),
            created_at,
        },
    )?)
}
