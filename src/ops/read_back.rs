//! What became of a write: each change compared with what stands there afterwards.

use crate::databricks::LiveSpace;
use crate::diff::{Fit, diff, holds};
use crate::model::{Change, Plan, Space};

/// How what was sent stands to what was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadBack {
    /// Change ids with `equal`, `migrated` or `lossy`.
    pub changes: Vec<(String, &'static str)>,
    /// What differs beside the plan's changes: the service's own doing, or somebody else's edit in
    /// the same moment.
    pub besides: Vec<Change>,
    /// The document came back in a newer version.
    pub migrated: bool,
}

impl ReadBack {
    pub(super) fn of(plan: &Plan, target: &Space, found: &LiveSpace) -> Self {
        let status = |change: &Change| match holds(&found.space, change, plan.changes.iter().map(|p| &p.change)) {
            Fit::Same => "equal",
            Fit::Alike => "migrated",
            Fit::Not => "lossy",
        };
        let changes = plan.changes.iter().map(|planned| (planned.id.clone(), status(&planned.change))).collect();
        let own = |change: &Change| plan.changes.iter().any(|p| p.change.address.overlaps(&change.address));
        // What a definition leaves open, the service fills in.
        let filled = |change: &Change| {
            change.before.is_none() && change.address.segments().first().is_some_and(|first| first == "space")
        };
        let besides = diff(target, &found.space);
        let besides = besides.into_iter().filter(|change| !own(change) && !filled(change)).collect();
        Self { changes, besides, migrated: target.document().get("version") != found.space.document().get("version") }
    }

    /// Ids of changes that did not take.
    pub fn lost(&self) -> Vec<String> {
        self.changes.iter().filter(|(_, status)| *status == "lossy").map(|(id, _)| id.clone()).collect()
    }

    /// The worst of it: `equal`, `migrated` or `lossy`.
    pub fn as_str(&self) -> &'static str {
        let any = |wanted: &str| self.changes.iter().any(|(_, status)| *status == wanted);
        match () {
            () if any("lossy") => "lossy",
            () if any("migrated") || self.migrated || !self.besides.is_empty() => "migrated",
            () => "equal",
        }
    }
}
