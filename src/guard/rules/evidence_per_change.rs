//! `evidence-per-change`: nothing rides along unproved.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};

pub(super) struct EvidencePerChange;

impl Guard for EvidencePerChange {
    fn rule(&self) -> &'static str {
        "evidence-per-change"
    }

    fn code(&self) -> &'static str {
        "GE0709"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Off
    }

    fn explain(&self) -> &'static str {
        "Every change was measured and fixes at least `min_fixes` questions, alone or with its group, and `min_support` \
         question families stand behind it. People's own edits of the definition are exempt."
    }

    fn params(&self) -> &'static [Param] {
        &[
            Param {
                name: "min_fixes",
                default: ParamDefault::Count(1),
                help: "questions that fail without the change",
            },
            Param { name: "min_support", default: ParamDefault::Count(0), help: "question families behind the change" },
        ]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let (fixes, support) = (params.count("min_fixes"), params.count("min_support"));
        let mut violations = Vec::new();
        for planned in input.changes.iter().filter(|planned| planned.evidence.status != "declared") {
            let evidence = &planned.evidence;
            let lacks = if evidence.status != "measured" {
                Some("was not measured".to_owned())
            } else if (evidence.fixes.len() as u64) < fixes {
                Some(format!("fixes {} questions, at least {fixes} are asked for", evidence.fixes.len()))
            } else if (evidence.support as u64) < support {
                Some(format!("has the support of {} families, at least {support} are asked for", evidence.support))
            } else {
                None
            };
            violations.extend(lacks.map(|lack| Violation::new(&planned.id, format!("{} {lack}", planned.id))));
        }
        Finding::none_allowed(violations, "every change has its evidence")
    }
}
