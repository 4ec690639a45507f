//! `gold-health`: benchmarks that can be measured with.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation, percent};
use crate::model::Outcome;

pub(super) struct GoldHealth;

impl Guard for GoldHealth {
    fn rule(&self) -> &'static str {
        "gold-health"
    }

    fn code(&self) -> &'static str {
        "GE0717"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Advisory
    }

    fn explain(&self) -> &'static str {
        "At most the share `max_bad` of the questions has gold SQL that does not run, is empty or gives other rows when \
         it is run again. A suite of which much is broken measures the rest badly as well."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "max_bad", default: ParamDefault::Share(0.10), help: "tolerated share of broken gold SQL" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let most = params.share("max_bad");
        let all = input.questions.len();
        let bad: Vec<&str> =
            input.questions.iter().filter(|q| q.after == Outcome::BadGold).map(|q| q.id.as_str()).collect();
        let told = format!("{} of {all} questions have broken gold SQL, at most {}", bad.len(), percent(most));
        let over = bad.len() as f64 > most * all as f64 + 1e-9;
        let violation = over.then(|| Violation::whole(format!("{told}: {}", bad.join(", "))));
        Finding::none_allowed(violation.into_iter().collect(), told)
    }
}
