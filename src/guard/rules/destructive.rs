//! `destructive`: removals.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};
use crate::model::Action;

pub(super) struct Destructive;

impl Guard for Destructive {
    fn rule(&self) -> &'static str {
        "destructive"
    }

    fn code(&self) -> &'static str {
        "GE0712"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Off
    }

    fn explain(&self) -> &'static str {
        "At most `max` changes remove something."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "max", default: ParamDefault::Count(0), help: "most removals in a plan" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let removals = input.changes.iter().filter(|planned| planned.change.action() == Action::Remove);
        let told = |planned: &crate::model::PlannedChange| {
            Violation::new(&planned.id, format!("{} removes {}", planned.id, planned.change.address))
        };
        let allowed = usize::try_from(params.count("max")).unwrap_or(usize::MAX);
        let violations: Vec<Violation> = removals.map(told).collect();
        let passed = format!("{} removals, at most {allowed}", violations.len());
        Finding { violations, allowed, passed }
    }
}
