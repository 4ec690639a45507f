//! `protected`: questions that may never be lost.

use super::{Finding, Guard, GuardInput, GuardLevel, Params, Violation};

pub(super) struct Protected;

impl Guard for Protected {
    fn rule(&self) -> &'static str {
        "protected"
    }

    fn code(&self) -> &'static str {
        "GE0704"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Mandatory
    }

    fn explain(&self) -> &'static str {
        "Every question marked `protected` that was right is shown to be right afterwards. Not run, undecided and flaky \
         are not shown."
    }

    fn check(&self, input: &GuardInput, _params: &Params) -> Finding {
        let is_protected = |id: &str| input.suite.question(id).is_some_and(|question| question.protected);
        let protected: Vec<_> = input.questions.iter().filter(|outcome| is_protected(&outcome.id)).collect();
        let lost = protected.iter().filter(|outcome| outcome.before.is_correct() && !outcome.after.is_correct());
        let told = |outcome: &&&crate::model::QuestionOutcome| {
            let text = format!("the protected question `{}` was correct and is {}", outcome.id, outcome.after.as_str());
            Violation::new(&outcome.id, text)
        };
        let violations = lost.map(|outcome| told(&outcome)).collect();
        Finding::none_allowed(violations, format!("{} protected questions, none lost", protected.len()))
    }
}
