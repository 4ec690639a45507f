//! `budget`: what the plan cost.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};

pub(super) struct Budget;

impl Guard for Budget {
    fn rule(&self) -> &'static str {
        "budget"
    }

    fn code(&self) -> &'static str {
        "GE0720"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Advisory
    }

    fn explain(&self) -> &'static str {
        "The plan took at most `max_questions` questions (0: as many as `budget.questions` allows), and none was left \
         unasked because a budget was spent. What was not asked is not known to be well."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "max_questions", default: ParamDefault::Count(0), help: "most questions asked for one plan" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let most = match params.count("max_questions") {
            0 => input.facts.question_budget,
            most => Some(most),
        };
        let asked = input.evidence.questions_asked as u64;
        let limit = most.map_or("no limit".to_owned(), |most| format!("at most {most}"));
        let told = format!("{asked} questions were asked, {limit}");
        let mut violations = Vec::new();
        if most.is_some_and(|most| asked > most) {
            violations.push(Violation::whole(told.clone()));
        }
        let unasked = input.questions.iter().filter(|q| q.reason_before == "BUDGET" || q.reason_after == "BUDGET");
        violations.extend(
            unasked.map(|q| Violation::new(&q.id, format!("the budget was spent before `{}` was asked", q.id))),
        );
        Finding::none_allowed(violations, told)
    }
}
