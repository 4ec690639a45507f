//! A part of a plan as a plan of its own.

use crate::diff::{PatchError, apply_all};
use crate::model::{Plan, PlanVerdict, PlannedChange, Space};

/// Which changes to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    Only(Vec<String>),
    Except(Vec<String>),
}

/// Why a plan cannot be split like that.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SplitError {
    #[error("the plan has no change `{0}`; its changes are {1}")]
    Unknown(String, String),
    #[error("nothing would be left of the plan")]
    Empty,
    #[error("`{0}` works only together with {1}; take all of them or none")]
    Parted(String, String),
    #[error("the rest does not fit the space: {0}")]
    DoesNotFit(#[from] PatchError),
}

/// The plan with the selected changes only. What was measured was the whole, so the new plan says
/// `not-enough-evidence` and its changes `not-measured` until it is measured anew. `base` is the
/// content that the plan stands on.
pub fn split(plan: &Plan, selection: &Selection, base: &Space) -> Result<Plan, SplitError> {
    let (Selection::Only(named) | Selection::Except(named)) = selection;
    let ids: Vec<&str> = plan.changes.iter().map(|change| change.id.as_str()).collect();
    if let Some(unknown) = named.iter().find(|id| !ids.contains(&id.as_str())) {
        return Err(SplitError::Unknown(unknown.clone(), ids.join(", ")));
    }
    let takes = |id: &String| named.contains(id) == matches!(selection, Selection::Only(_));
    let mut kept: Vec<PlannedChange> = plan.changes.iter().filter(|change| takes(&change.id)).cloned().collect();
    if kept.is_empty() {
        return Err(SplitError::Empty);
    }
    for change in &mut kept {
        if let Some(other) = change.evidence.group.iter().find(|other| !takes(other)) {
            return Err(SplitError::Parted(change.id.clone(), other.clone()));
        }
        if change.evidence.status == "measured" {
            change.evidence.status = "not-measured".to_owned();
        }
    }
    let target = apply_all(base, kept.iter().map(|change| &change.change))?;
    let mut part = plan.clone();
    part.base.target = target.digest();
    part.base.definition_after = part.base.definition_before.as_ref().map(|_| target.digest());
    part.verdict = if plan.verdict == PlanVerdict::Blocked { plan.verdict } else { PlanVerdict::NotEnoughEvidence };
    part.verdict_reason = format!(
        "{} of {} changes of a measured plan; the part itself was not measured.",
        kept.len(),
        plan.changes.len()
    );
    part.evidence.notes.push("the score is that of the whole plan".to_owned());
    part.changes = kept;
    Ok(part)
}
