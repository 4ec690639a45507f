//! A plan moved onto edits that somebody made elsewhere in the space since it was made.

use super::freshness::LiveFacts;
use crate::diff::{Fit, PatchError, apply_all, holds};
use crate::model::{Digest, Plan, PlanVerdict, PlannedChange};

/// When the moved plan was made, and what it stands on beside the live space.
#[derive(Clone, Debug)]
pub struct RebaseFacts {
    /// Digest of the declared content as it stands now.
    pub definition: Option<Digest>,
    /// RFC 3339.
    pub created_at: String,
    pub expires_at: String,
}

/// The same changes on what stands there now, but for those that somebody made already. What was
/// measured was another content, so the plan says `not-enough-evidence` and its changes
/// `not-measured`. The caller has made sure that no change clashes.
pub fn rebase(plan: &Plan, live: &LiveFacts<'_>, facts: RebaseFacts) -> Result<Plan, PatchError> {
    let all = || plan.changes.iter().map(|planned| &planned.change);
    let stands = |planned: &&PlannedChange| holds(live.space, &planned.change, all()) != Fit::Not;
    let (done, mut left): (Vec<PlannedChange>, Vec<PlannedChange>) =
        plan.changes.iter().cloned().partition(|planned| stands(&planned));
    let target = apply_all(live.space, left.iter().map(|planned| &planned.change))?;
    for change in &mut left {
        if change.evidence.status == "measured" {
            change.evidence.status = "not-measured".to_owned();
        }
        change.evidence.group.retain(|member| done.iter().all(|planned| planned.id != *member));
    }
    let mut moved = plan.clone();
    moved.base.etag.clone_from(&live.etag);
    moved.base.live = Some(live.digest.clone());
    moved.base.live_sidecar = Some(live.sidecar_digest.clone());
    moved.base.title.clone_from(&live.space.sidecar.title);
    moved.base.definition_before.clone_from(&facts.definition);
    moved.base.definition_after = facts.definition.map(|_| target.digest());
    moved.base.target = target.digest();
    if plan.verdict != PlanVerdict::Blocked {
        moved.verdict = PlanVerdict::NotEnoughEvidence;
        let already = if done.is_empty() { String::new() } else { format!(" ({} stand there already)", done.len()) };
        moved.verdict_reason = format!(
            "{} changes{already} on top of edits made in the workspace since they were measured; not measured anew.",
            left.len()
        );
    }
    moved.evidence.notes.push("the score is that of the plan before it was moved".to_owned());
    moved.changes = left;
    moved.created_at = facts.created_at;
    moved.expires_at = facts.expires_at;
    Ok(moved)
}
