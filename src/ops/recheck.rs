//! The guards, judged again right before applying: a policy may have changed, and waivers expire.

use super::catalog::read_catalog;
use super::ground::declared_names;
use super::guards::{Policy, blocked_by};
use super::workspace::{OpsError, Workspace};
use crate::diff::{Fit, holds};
use crate::model::{Plan, Space, State, Suite};

/// Fails if a mandatory guard does.
pub(super) async fn recheck(
    workspace: &Workspace,
    policy: &Policy<'_>,
    plan: &Plan,
    base: &Space,
    target: &Space,
) -> Result<(), OpsError> {
    let (catalog, _) = read_catalog(workspace, &declared_names(target, &Suite::default())).await?;
    match blocked_by(&policy.judge(plan, base, target, &catalog)) {
        None => Ok(()),
        Some(why) => Err(OpsError::Blocked {
            message: format!("guards fail now, whatever they said when the plan was made: {why}"),
        }),
    }
}

/// True if the plan only brings back what stood there before one of the applied plans. Guards
/// look at what is new; the way back is open whatever they think of what was.
pub(super) fn restores(plan: &Plan, state: &State) -> bool {
    let images = || state.applied.iter().filter_map(|record| record.before.as_ref());
    let stood = |image: &Space| {
        let changes = plan.changes.iter().map(|planned| &planned.change);
        changes.clone().all(|change| holds(image, change, changes.clone()) != Fit::Not)
    };
    !plan.changes.is_empty()
        && plan.changes.iter().all(|planned| planned.evidence.provenance == "rollback")
        && images().any(stood)
}
