//! May the plan be applied? Decided by reading only, before anybody is asked to confirm.

use super::apply::ApplyInput;
use super::moved::Moved;
use super::recheck::{recheck, restores};
use super::settle::find_made;
use super::workspace::OpsError;
use crate::databricks::LiveSpace;
use crate::diff::apply_all;
use crate::model::{Change, Plan, PlanVerdict, Space, State, Verified};
use crate::planner::{Freshness, LiveFacts, freshness};

/// What apply will do.
#[derive(Clone, Debug)]
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

    /// The space that stands there; none before the first apply.
    pub fn live(&self) -> Option<&LiveSpace> {
        self.live.as_ref()
    }
}

/// Reads the live space and classifies: fresh, rebased, drifted, conflicting, applied already.
pub async fn prepare(input: &ApplyInput<'_>) -> Result<Ready, OpsError> {
    refuse_unfit(input)?;
    let plan = input.plan;
    let recorded = input.state.last().filter(|last| last.plan_id == input.plan_id);
    let known = plan.base.space_id.clone().or_else(|| recorded.and(input.state.space_id.clone()));
    let Some(id) = known else { return prepare_creation(input).await };
    let live = match input.workspace.client.get_space(&id).await {
        Err(error) if error.is_not_found() => return Err(vanished(&id)),
        read => read?,
    };
    let found = classify(input, &live);
    if found == Freshness::AlreadyApplied {
        let step = if recorded.is_some() { Step::Nothing } else { Step::Record };
        return Ok(Ready { target: live.space.clone(), live: Some(live), step, rebased: false });
    }
    refuse_replay(input, &live)?;
    let rebased = match found {
        Freshness::Fresh => false,
        Freshness::Rebased => true,
        other => return Err(Moved::of(other).into()),
    };
    let target = planned_content(input, Some(&live.space))?;
    if !restores(plan, &input.state) {
        recheck(input.workspace, input.policy, plan, &live.space, &target).await?;
    }
    Ok(Ready { live: Some(live), target, step: Step::Update, rebased })
}

/// The plan makes the space. Made twice it must not be: a space with this title and exactly this
/// content is the one.
async fn prepare_creation(input: &ApplyInput<'_>) -> Result<Ready, OpsError> {
    if let Some(id) = &input.state.space_id {
        match input.workspace.client.get_space(id).await {
            Ok(_) => {
                return Err(OpsError::Stale {
                    message: format!("the plan would create the space, but {id} exists since then; make a new plan"),
                });
            }
            Err(error) if error.is_not_found() && input.recreate == Some(id) => {}
            Err(error) if error.is_not_found() => return Err(vanished(id)),
            Err(error) => return Err(error.into()),
        }
    }
    let target = planned_content(input, None)?;
    if let Some(live) = find_made(input.workspace, &target, &[]).await? {
        input.events.note(format!(
            "a space \"{}\" with exactly this content stands in the workspace ({}): it is put on record, and none is made",
            live.space.sidecar.title, live.id
        ));
        return Ok(Ready { live: Some(live), target, step: Step::Record, rebased: false });
    }
    recheck(input.workspace, input.policy, input.plan, &Space::empty(), &target).await?;
    Ok(Ready { live: None, target, step: Step::Create, rebased: false })
}

fn vanished(id: &str) -> OpsError {
    OpsError::Stale {
        message: format!(
            "the space {id} of the plan is not in the workspace: it was trashed, or the plan was made for another \
             workspace. A space that is made again has lost its conversations, so this is never done by itself: restore \
             it in the workspace, or make a plan with `plan --recreate {id}` and apply it with the same words"
        ),
    }
}

/// How the live space stands to the plan.
pub(super) fn classify(input: &ApplyInput<'_>, live: &LiveSpace) -> Freshness {
    let facts = LiveFacts::of(live.etag.as_deref(), &live.space);
    let base = base_content(input.plan, &input.state, input.definition);
    freshness(input.plan, &facts, base.as_ref())
}

/// The content the plan was made on, where this project still has it: it may be what was read
/// back last, a before-image, the definition, or the definition without the plan's changes.
pub(super) fn base_content(plan: &Plan, state: &State, definition: Option<&Space>) -> Option<Space> {
    let images = state.applied.iter().rev().filter_map(|record| record.before.clone());
    let undoing: Vec<Change> = plan.changes.iter().rev().map(|planned| planned.change.inverted()).collect();
    let undone = definition.and_then(|space| apply_all(space, &undoing).ok());
    let base = state.stands.clone().into_iter().chain(images).chain(definition.cloned()).chain(undone);
    let mut base = base.filter(|space| Some(space.digest()) == plan.base.live);
    // The fields beside the document have a digest of their own.
    let sidecar = |space: &Space| Some(space.sidecar_digest()) == plan.base.live_sidecar;
    base.find(sidecar)
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
    if let (Some(wanted), Some(managed)) = (&plan.base.space_id, &input.state.space_id)
        && wanted != managed
    {
        return Err(OpsError::usage(format!(
            "the plan was made for the space {wanted}, this project manages {managed}; make a plan here"
        )));
    }
    match plan.expires_at.parse::<jiff::Timestamp>() {
        Ok(expires) if input.now > expires => {
            return Err(OpsError::Stale { message: format!("the plan expired at {}; make it again", plan.expires_at) });
        }
        Ok(_) => {}
        Err(_) => return Err(OpsError::usage(format!("`{}`, when the plan expires, is no time", plan.expires_at))),
    }
    let pending = input.state.last().filter(|last| last.verified == Verified::RollbackPending);
    match pending {
        Some(last) if last.plan_id != input.plan_id && !restores(plan, &input.state) => Err(OpsError::Stale {
            message: format!(
                "serial {0} failed its verification and was not rolled back yet. First decide about it: `genie-enhance \
                 rollback --to {0}` plans the way back; `genie-enhance state repair` lets it stand",
                last.serial
            ),
        }),
        _ => Ok(()),
    }
}

/// A plan that was applied and taken back since would undo that decision without saying so.
fn refuse_replay(input: &ApplyInput<'_>, live: &LiveSpace) -> Result<(), OpsError> {
    let Some(earlier) = input.state.applied.iter().find(|record| record.plan_id == input.plan_id) else {
        return Ok(());
    };
    Err(OpsError::Stale {
        message: format!(
            "this plan was applied as serial {} and does not stand in the space {} any more: it was taken back. To go \
             there again, make a new plan",
            earlier.serial, live.id
        ),
    })
}

/// The content that is to stand there: the plan's changes over what stands there now (or over
/// the declared content, for a space that is yet to be made). It must come out as the plan says.
fn planned_content(input: &ApplyInput<'_>, live: Option<&Space>) -> Result<Space, OpsError> {
    let start = live.or(input.definition).ok_or_else(|| {
        OpsError::other("the plan creates a space, but the project declares none (`space.definition`)")
    })?;
    if live.is_none() && start.digest() == input.plan.base.target {
        return Ok(start.clone());
    }
    let changes = input.plan.changes.iter().map(|planned| &planned.change);
    let target = apply_all(start, changes.collect::<Vec<&Change>>())?;
    if target.digest() != input.plan.base.target {
        let what = if live.is_some() { "the space" } else { "the declared space" };
        return Err(OpsError::Stale {
            message: format!(
                "{what} was edited since the plan was made, so its changes would lead somewhere else; make a new plan"
            ),
        });
    }
    Ok(target)
}
