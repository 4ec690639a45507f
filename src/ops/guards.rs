//! The guards over a plan: when it is made, and again when it is applied, since policy, waivers and
//! the calendar may have moved in between.

use super::workspace::{OpsError, Workspace};
use crate::fix::probe_sql;
use crate::guard::{self, Facts, GuardConfig, GuardInput, Waiver};
use crate::model::{Candidate, Catalog, Change, GuardOutcome, Plan, Space, Suite};
use std::collections::{BTreeMap, BTreeSet};

/// What guards are to be kept, and by whose leave not.
pub struct Policy<'a> {
    pub guards: &'a [GuardConfig],
    pub waivers: &'a [Waiver],
    pub suite: &'a Suite,
    /// Share of right answers that is aimed at, 0 to 1.
    pub target_score: f64,
    pub facts: Facts,
    pub now: jiff::Timestamp,
}

impl Policy<'_> {
    /// Mistakes in the configuration: unknown rules and parameters, expired waivers, waivers of what
    /// cannot be waived.
    pub fn check(&self) -> Result<(), OpsError> {
        let findings = guard::check_config(self.guards, self.waivers, self.today());
        if findings.is_empty() { Ok(()) } else { Err(OpsError::Declared(findings)) }
    }

    /// What every guard says of the plan, which leads from `base` to `target`.
    pub fn judge(&self, plan: &Plan, base: &Space, target: &Space, catalog: &Catalog) -> Vec<GuardOutcome> {
        let flaky: BTreeSet<String> = plan.evidence.unsteady.iter().cloned().collect();
        let input = GuardInput {
            base,
            is_first: plan.base.live.is_none(),
            target,
            changes: &plan.changes,
            score: &plan.score,
            questions: &plan.questions,
            flaky: &flaky,
            suite: self.suite,
            evidence: &plan.evidence,
            target_score: self.target_score,
            catalog,
            facts: &self.facts,
        };
        guard::evaluate(&input, self.guards, self.waivers, self.today())
    }

    fn today(&self) -> jiff::civil::Date {
        self.now.to_zoned(jiff::tz::TimeZone::UTC).date()
    }
}

/// Why these guards keep a plan from being applied; none if they do not.
pub fn blocked_by(guards: &[GuardOutcome]) -> Option<String> {
    let blocking: Vec<String> = guards
        .iter()
        .filter(|outcome| guard::blocks(outcome))
        .map(|outcome| format!("{}: {}", outcome.rule, outcome.message))
        .collect();
    (!blocking.is_empty()).then(|| blocking.join("; "))
}

/// Tries the SQL of changes on the warehouse, without reading rows: the error, by address.
pub(super) async fn sql_failures(
    workspace: &Workspace,
    changes: &[Change],
    content: &Space,
    catalog: &Catalog,
) -> BTreeMap<String, String> {
    let mut failures = BTreeMap::new();
    for change in changes {
        for sql in probe_sql(&alone(change), content, catalog) {
            if let Err(error) = workspace.rows_of(&sql).await {
                failures.insert(change.address.to_string(), error.to_string());
            }
        }
    }
    failures
}

fn alone(change: &Change) -> Candidate {
    Candidate {
        id: String::new(),
        category: change.category(),
        changes: vec![change.clone()],
        patterns: Vec::new(),
        support: 0,
        targets: Vec::new(),
        reason: String::new(),
        provenance: String::new(),
    }
}
