//! `holdout`: what the unseen questions say.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};

pub(super) struct Holdout;

impl Guard for Holdout {
    fn rule(&self) -> &'static str {
        "holdout"
    }

    fn code(&self) -> &'static str {
        "GE0705"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Off
    }

    fn explain(&self) -> &'static str {
        "The holdout does not lose more than it wins (`require: no-harm`), exists at all (`verified`), or shows the gain \
         by an interval above zero (`shown`)."
    }

    fn params(&self) -> &'static [Param] {
        &[Param {
            name: "require",
            default: ParamDefault::Choice(&["no-harm", "verified", "shown"]),
            help: "what the holdout must say",
        }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let evidence = input.evidence;
        let harm = evidence.holdout_losses > evidence.holdout_wins;
        let require = params.choice("require");
        let unmet = match require {
            "shown" => evidence.holdout != "shown",
            "verified" => evidence.holdout == "unverified",
            _ => false,
        };
        let told = format!(
            "holdout {}: {} won, {} lost; {require} is asked for",
            evidence.holdout, evidence.holdout_wins, evidence.holdout_losses
        );
        let violations = (harm || unmet).then(|| Violation::whole(told.clone())).into_iter().collect();
        Finding::none_allowed(violations, told)
    }
}
