//! `changes`: a plan that a person can review.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};

pub(super) struct Changes;

impl Guard for Changes {
    fn rule(&self) -> &'static str {
        "changes"
    }

    fn code(&self) -> &'static str {
        "GE0707"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Mandatory
    }

    fn explain(&self) -> &'static str {
        "The plan has at most `max` changes: more than that nobody reads."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "max", default: ParamDefault::Count(40), help: "most changes in a plan" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let (count, most) = (input.changes.len(), params.count("max"));
        let told = format!("{count} changes, at most {most}");
        let over = count as u64 > most;
        Finding::none_allowed(over.then(|| Violation::whole(told.clone())).into_iter().collect(), told)
    }
}
