//! May the plan be applied? Decided by reading only, before anybody is asked to confirm.

use super::apply::ApplyInput;
use super::workspace::OpsError;
use crate::databricks::LiveSpace;
use crate::diff::apply_all;
use crate::model::{Change, Plan, PlanVerdict, Space, State};
use crate::planner::{Freshness, LiveFacts, freshness};

/// What apply will do.
pub struct Ready {
    pub(super) live: Option<LiveSpace>,
    pub(super) target: Space,
    pub(super) step: Step,
    /// The etag moved since the plan was made, but the content is the same.
    pub rebased: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Update,
    /// It stands there; the state does not know yet.
    Record,
    /// It stands there and is on record.
    Nothing,
}

impl Ready {
    /// True if something is to be written or recorded.
    pub fn has_work(&self) -> bool {
        self.step != Step::Nothing
    }

    /// True if the space itself will be written.
    pub fn writes(&self) -> bool {
        matches!(self.step, Step::Create | Step::Update)
    }
}

/// Reads the live space and classifies: fresh, rebased, drifted, conflicting, applied already.
pub async fn prepare(input: &ApplyInput<'_>) -> Result<Ready, OpsError> {
    refuse_unfit(input)?;
    let plan = input.plan;
    let recorded = input.state.last().filter(|last| last.plan_id == input.plan_id);
    let known = plan.base.space_id.clone().or_else(|| recorded.and(input.state.space_id.clone()));
    let Some(id) = known else {
        return match &input.state.space_id {
            None => Ok(Ready { live: None, target: planned_content(input, None)?, step: Step::Create, rebased: false }),
            Some(id) => Err(OpsError::Stale {
                message: format!("the plan would create the space, but {id} exists since then; make a new plan"),
            }),
        };
    };
    let live = match input.workspace.client.get_space(&id).await {
        Err(error) if error.is_not_found() => {
            return Err(OpsError::Stale {
                message: format!(
                    "the space {id} of the plan is not in the workspace: it was trashed, or the plan was made for \
                     another workspace; make a plan here"
                ),
            });
        }
        read => read?,
    };
    if live.space.digest() == plan.base.target {
        let step = if recorded.is_some() { Step::Nothing } else { Step::Record };
        return Ok(Ready { target: live.space.clone(), live: Some(live), step, rebased: false });
    }
    let rebased = rebased(input, &live)?;
    let target = planned_content(input, Some(&live.space))?;
    Ok(Ready { live: Some(live), target, step: Step::Update, rebased })
}

fn rebased(input: &ApplyInput<'_>, live: &LiveSpace) -> Result<bool, OpsError> {
    let facts = LiveFacts {
        etag: live.etag.clone(),
        digest: live.space.digest(),
        sidecar_digest: live.space.sidecar_digest(),
        space: &live.space,
    };
    let base = base_content(input.plan, &input.state, input.definition);
    match freshness(input.plan, &facts, base.as_ref()) {
        Freshness::Fresh => Ok(false),
        Freshness::Rebased => Ok(true),
        other => Err(OpsError::Stale { message: in_words(&other) }),
    }
}

fn in_words(freshness: &Freshness) -> String {
    let places = |changes: Vec<&Change>| {
        let named: Vec<String> = changes.iter().take(5).map(|change| change.address.to_string()).collect();
        let more = changes.len().saturating_sub(named.len());
        format!("{}{}", named.join(", "), if more > 0 { format!(" and {more} more") } else { String::new() })
    };
    match freshness {
        Freshness::Fresh | Freshness::Rebased => "the plan fits".to_owned(),
        Freshness::AlreadyApplied => "the space stands as planned already".to_owned(),
        Freshness::DriftedDisjoint { their } => format!(
            "the space was edited since the plan was made, in places that the plan does not touch ({}). Nothing was \
             written; make a new plan, which takes the edits in",
            places(their.iter().collect())
        ),
        Freshness::Conflict { overlaps } if overlaps.is_empty() => {
            "the space was edited since the plan was made. Nothing was written; make a new plan".to_owned()
        }
        Freshness::Conflict { overlaps } => format!(
            "the space was edited since the plan was made, in places that the plan changes too ({}). Nothing was \
             written; `genie-enhance drift` shows how it stands",
            places(overlaps.iter().map(|(_, theirs)| theirs).collect())
        ),
    }
}

/// The content the plan was made on, where this project still has it.
///
/// It may be a before-image, the definition, or the definition without the plan's changes.
fn base_content(plan: &Plan, state: &State, definition: Option<&Space>) -> Option<Space> {
    let images = state.applied.iter().rev().filter_map(|record| record.before.clone());
    let undoing: Vec<Change> = plan.changes.iter().rev().map(|planned| planned.change.inverted()).collect();
    let undone = definition.and_then(|space| apply_all(space, &undoing).ok());
    images.chain(definition.cloned()).chain(undone).find(|space| Some(space.digest()) == plan.base.live)
}

fn refuse_unfit(input: &ApplyInput<'_>) -> Result<(), OpsError> {
    let plan = input.plan;
    if plan.verdict == PlanVerdict::Blocked {
        return Err(OpsError::Blocked { message: format!("the plan is blocked: {}", plan.verdict_reason) });
    }
    if plan.base.host != input.workspace.host {
        return Err(OpsError::usage(format!(
            "the plan was made for the workspace {}, this is {}; make a plan here",
            plan.base.host, input.workspace.host
        )));
    }
    if let Ok(expires) = plan.expires_at.parse::<jiff::Timestamp>()
        && input.now > expires
    {
        return Err(OpsError::Stale { message: format!("the plan expired at {}; make it again", plan.expires_at) });
    }
    Ok(())
}

/// The content that is to stand there: the plan's changes over what stands there now (or over
/// the declared content, for a space that is yet to be made). It must come out as the plan says.
fn planned_content(input: &ApplyInput<'_>, live: Option<&Space>) -> Result<Space, OpsError> {
    let start = live.or(input.definition).ok_or_else(|| {
        OpsError::other("the plan creates a space, but the project declares none (`space.definition`)")
    })?;
    if start.digest() == input.plan.base.target {
        return Ok(start.clone());
    }
    let changes = input.plan.changes.iter().map(|planned| &planned.change);
    let target = apply_all(start, changes.collect::<Vec<&Change>>())?;
    if target.digest() != input.plan.base.target {
        return Err(OpsError::Stale {
            message: "the space was edited since the plan was made, so its changes would lead somewhere else; make a \
                      new plan"
                .to_owned(),
        });
    }
    Ok(target)
}
