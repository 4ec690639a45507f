//! `benchmark-change`: the yardstick does not move with what it measures.

use super::{Finding, Guard, GuardInput, GuardLevel, Params, Violation};

pub(super) struct BenchmarkChange;

impl Guard for BenchmarkChange {
    fn rule(&self) -> &'static str {
        "benchmark-change"
    }

    fn code(&self) -> &'static str {
        "GE0719"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Advisory
    }

    fn explain(&self) -> &'static str {
        "No plan changes the benchmarks in the space together with what they measure, and none carries people's edits of \
         the definition while the declared benchmarks differ from those of the plan that was applied last. Otherwise a \
         higher score may come from easier questions. Change one, apply, then the other."
    }

    fn check(&self, input: &GuardInput, _params: &Params) -> Finding {
        let is_benchmark = |planned: &&crate::model::PlannedChange| {
            planned.change.address.segments().first().is_some_and(|segment| segment == "benchmarks")
        };
        let own: Vec<_> = input.changes.iter().filter(is_benchmark).collect();
        let mut violations: Vec<Violation> = Vec::new();
        if own.len() < input.changes.len() {
            let told = |planned: &&&crate::model::PlannedChange| {
                Violation::new(&planned.id, format!("{} changes a benchmark beside other changes", planned.id))
            };
            violations.extend(own.iter().map(|planned| told(&planned)));
        }
        let declared = input.changes.iter().any(|planned| planned.evidence.status == "declared");
        let moved = input.facts.applied_benchmarks.as_ref().is_some_and(|before| *before != input.suite.digest());
        if declared && moved {
            violations.push(Violation::whole(
                "the definition was edited, and the declared benchmarks differ from those of the last applied plan",
            ));
        }
        Finding::none_allowed(violations, "benchmarks and space do not change together")
    }
}
