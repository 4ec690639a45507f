//! `sql-runs`: SQL in the space does what it says it does.

use super::{Finding, Guard, GuardInput, GuardLevel, Params, Violation};

pub(super) struct SqlRuns;

impl Guard for SqlRuns {
    fn rule(&self) -> &'static str {
        "sql-runs"
    }

    fn code(&self) -> &'static str {
        "GE0721"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Mandatory
    }

    fn explain(&self) -> &'static str {
        "The SQL of every change was tried on the warehouse, without reading rows. Learnt changes are tried before they \
         are proposed; this is about people's own edits of the definition. What stands in the space already is not tried \
         again."
    }

    fn check(&self, input: &GuardInput, _params: &Params) -> Finding {
        let failure = |planned: &crate::model::PlannedChange| {
            let error = input.facts.sql_failures.get(&planned.change.address.to_string())?;
            Some(Violation::new(&planned.id, format!("{} does not run: {error}", planned.id)))
        };
        Finding::none_allowed(input.changes.iter().filter_map(failure).collect(), "all SQL runs")
    }
}
