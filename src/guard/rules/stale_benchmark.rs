//! `stale-benchmark`: questions about tables that the space has.

use super::{Finding, Guard, GuardInput, GuardLevel, Params, Violation};
use crate::model::SpaceView;
use crate::sql::tables_of;

pub(super) struct StaleBenchmark;

impl Guard for StaleBenchmark {
    fn rule(&self) -> &'static str {
        "stale-benchmark"
    }

    fn code(&self) -> &'static str {
        "GE0718"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Advisory
    }

    fn explain(&self) -> &'static str {
        "Every gold SQL reads only tables that stand in the space. A question about another table can never be answered: \
         either the benchmark is out of date, or the space lacks a table."
    }

    fn check(&self, input: &GuardInput, _params: &Params) -> Finding {
        let known: Vec<String> =
            SpaceView::of(input.target).tables.iter().map(|table| table.identifier.to_lowercase()).collect();
        let has = |name: &str| known.iter().any(|table| table == name || table.ends_with(&format!(".{name}")));
        let asked = input.suite.questions.iter().filter(|question| question.skip.is_none());
        let violations = asked.filter_map(|question| {
            let tables = tables_of(&question.sql);
            let foreign = tables.iter().find(|table| !has(&table.to_lowercase().replace('`', "")))?;
            Some(Violation::new(&question.id, format!("the gold SQL of `{}` reads {foreign}", question.id)))
        });
        Finding::none_allowed(violations.collect(), "every gold SQL reads tables of the space")
    }
}
