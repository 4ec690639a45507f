//! The guards, judged again right before applying: a policy may have changed, and waivers expire.

use super::catalog::read_catalog;
use super::ground::declared_names;
use super::workspace::{OpsError, Workspace};
use crate::diff::{Fit, fits};
use crate::guard::{self, GuardConfig, GuardInput, Waiver};
use crate::model::{Plan, Space, State, Suite};

/// What a project asks of a plan, as it stands now.
pub struct Policy<'a> {
    pub guards: Vec<GuardConfig>,
    pub waivers: Vec<Waiver>,
    pub suite: &'a Suite,
    /// Share of right answers that is aimed at, 0 to 1.
    pub target_score: f64,
}

/// Fails if a mandatory guard does.
pub(super) async fn recheck(
    workspace: &Workspace,
    policy: &Policy<'_>,
    plan: &Plan,
    base: &Space,
    target: &Space,
    now: jiff::Timestamp,
) -> Result<(), OpsError> {
    let (catalog, _) = read_catalog(workspace, &declared_names(target, &Suite::default())).await?;
    let outcomes = guard::evaluate(
        &GuardInput {
            base,
            target,
            changes: &plan.changes,
            score: &plan.score,
            questions: &plan.questions,
            flaky: &plan.evidence.unsteady.iter().cloned().collect(),
            suite: policy.suite,
            evidence: &plan.evidence,
            target_score: policy.target_score,
            catalog: &catalog,
        },
        &policy.guards,
        &policy.waivers,
        now.to_zoned(jiff::tz::TimeZone::UTC).date(),
    );
    let failed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| guard::blocks(outcome))
        .map(|outcome| format!("{}: {}", outcome.rule, outcome.message))
        .collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(OpsError::Blocked {
            message: format!("guards fail now, whatever they said when the plan was made: {}", failed.join("; ")),
        }),
    }
}

/// True if the plan only brings back what stood there before one of the applied plans. Guards
/// look at what is new; the way back is open whatever they think of what was.
pub(super) fn restores(plan: &Plan, state: &State) -> bool {
    let images = || state.applied.iter().filter_map(|record| record.before.as_ref());
    let stood = |image: &Space| {
        plan.changes
            .iter()
            .all(|planned| fits(image, &planned.change.address, planned.change.after.as_ref()) != Fit::Not)
    };
    !plan.changes.is_empty()
        && plan.changes.iter().all(|planned| planned.evidence.provenance == "rollback")
        && images().any(stood)
}
