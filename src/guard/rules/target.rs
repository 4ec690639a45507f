//! `target`: the score that is aimed at.

use super::{Finding, Guard, GuardInput, GuardLevel, Params, Violation, percent};

pub(super) struct Target;

impl Guard for Target {
    fn rule(&self) -> &'static str {
        "target"
    }

    fn code(&self) -> &'static str {
        "GE0701"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Advisory
    }

    fn explain(&self) -> &'static str {
        "The plan's score over learn set and holdout reaches `target.score`. Advisory, because a better space is worth \
         having before it is good enough."
    }

    fn check(&self, input: &GuardInput, _params: &Params) -> Finding {
        let score = input.score.after.all();
        let share = score.share().unwrap_or(0.0);
        let told = format!(
            "{} of {} right ({}), target {}",
            score.correct,
            score.total,
            percent(share),
            percent(input.target_score)
        );
        let short = share + 1e-9 < input.target_score;
        Finding::none_allowed(short.then(|| Violation::whole(told.clone())).into_iter().collect(), told)
    }
}
