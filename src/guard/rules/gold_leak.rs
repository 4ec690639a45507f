//! `gold-leak`: no answers in the space.

use super::{Finding, Guard, GuardInput, GuardLevel, Params, Violation};
use crate::guard::leak::Golds;

pub(super) struct GoldLeak;

impl Guard for GoldLeak {
    fn rule(&self) -> &'static str {
        "gold-leak"
    }

    fn code(&self) -> &'static str {
        "GE0710"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Hard
    }

    fn explain(&self) -> &'static str {
        "No change carries a benchmark's answer, on any surface: examples, snippets, joins, descriptions, synonyms, \
         instructions, comments; nor do the changes together. A space that holds the answers scores well and knows \
         nothing. Before the first apply all that is declared is a change. What already stands in the workspace is \
         reported by the audit, not blocked here."
    }

    fn check(&self, input: &GuardInput, _params: &Params) -> Finding {
        let golds = Golds::of(input.suite);
        let mut leaks = golds.check_set(input.changes.iter().map(|planned| &planned.change));
        if input.is_first {
            leaks.extend(golds.audit(input.target));
        }
        leaks.sort_by(|a, b| (&a.address, &a.question_id).cmp(&(&b.address, &b.question_id)));
        leaks.dedup();
        let told = |leak: &crate::guard::Leak| {
            let place = leak.address.to_string();
            Violation::new(&place, format!("{place}: {}", leak.why))
        };
        Finding::none_allowed(leaks.iter().map(told).collect(), "no change carries an answer")
    }
}
