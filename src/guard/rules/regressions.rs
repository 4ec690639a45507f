//! `regressions`: what was right stays right.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};
use crate::model::{Outcome, Split};

pub(super) struct Regressions;

impl Guard for Regressions {
    fn rule(&self) -> &'static str {
        "regressions"
    }

    fn code(&self) -> &'static str {
        "GE0703"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Mandatory
    }

    fn explain(&self) -> &'static str {
        "At most `max` questions of the learn set that were right are wrong afterwards. Questions whose repeats disagree \
         do not count, nor do those that could not be asked or decided: neither says that something broke. The holdout \
         is judged as a whole by the verdict and by the guard `holdout`; a single question of it must not be tuned for."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "max", default: ParamDefault::Count(0), help: "tolerated regressions" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let wrong = |outcome| matches!(outcome, Outcome::Incorrect | Outcome::NoSql | Outcome::BadSql);
        let lost = input.questions.iter().filter(|question| {
            question.split == Split::Learn
                && question.before.is_correct()
                && wrong(question.after)
                && !input.flaky.contains(&question.id)
        });
        let told = |q: &crate::model::QuestionOutcome| {
            Violation::new(&q.id, format!("`{}` was correct and is {}", q.id, q.after.as_str()))
        };
        let allowed = usize::try_from(params.count("max")).unwrap_or(usize::MAX);
        let violations: Vec<Violation> = lost.map(told).collect();
        let passed = format!("{} regressions, at most {allowed} tolerated", violations.len());
        Finding { violations, allowed, passed }
    }
}
