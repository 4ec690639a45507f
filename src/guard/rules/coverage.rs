//! `coverage`: enough questions were run.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation, percent};
use crate::model::Score;

pub(super) struct Coverage;

impl Guard for Coverage {
    fn rule(&self) -> &'static str {
        "coverage"
    }

    fn code(&self) -> &'static str {
        "GE0706"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Mandatory
    }

    fn explain(&self) -> &'static str {
        "At most the share `max_not_run` of the questions could not be asked, before and after. What was not run is not \
         wrong, but a score over what is left says little."
    }

    fn params(&self) -> &'static [Param] {
        &[Param {
            name: "max_not_run",
            default: ParamDefault::Share(0.10),
            help: "tolerated share of questions not run",
        }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let most = params.share("max_not_run");
        let sides = [("before", input.score.before.all()), ("after", input.score.after.all())];
        let lacking = |score: &Score| {
            let all = score.total + score.not_run;
            all > 0 && score.not_run as f64 > most * all as f64 + 1e-9
        };
        let told = |(when, score): &(&str, Score)| {
            let all = score.total + score.not_run;
            let share = percent(score.not_run as f64 / all.max(1) as f64);
            Violation::whole(format!(
                "{when}: {} of {all} questions were not run ({share}), at most {}",
                score.not_run,
                percent(most)
            ))
        };
        let nothing = !input.changes.is_empty() && input.score.after.all().total == 0;
        let mut violations: Vec<Violation> = sides.iter().filter(|(_, score)| lacking(score)).map(told).collect();
        if nothing && violations.is_empty() {
            violations.push(Violation::whole("no question was scored"));
        }
        Finding::none_allowed(violations, format!("{} questions not run", sides[1].1.not_run))
    }
}
