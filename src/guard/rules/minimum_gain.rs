//! `minimum-gain`: a change must be worth its review.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation, percent};

pub(super) struct MinimumGain;

impl Guard for MinimumGain {
    fn rule(&self) -> &'static str {
        "minimum-gain"
    }

    fn code(&self) -> &'static str {
        "GE0702"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Off
    }

    fn explain(&self) -> &'static str {
        "The score rises at least by `min`, in shares of all questions: 0.02 is two percentage points."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "min", default: ParamDefault::Share(0.01), help: "least gain, as a share" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let share = |score: &crate::model::SplitScore| score.all().share().unwrap_or(0.0);
        let gain = share(&input.score.after) - share(&input.score.before);
        let least = params.share("min");
        let told = format!("a gain of {}, at least {} is asked for", percent(gain), percent(least));
        let short = !input.changes.is_empty() && gain + 1e-9 < least;
        Finding::none_allowed(short.then(|| Violation::whole(told.clone())).into_iter().collect(), told)
    }
}
