//! `human-text`: people's words stay.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};
use crate::guard::owned::lost_text;

pub(super) struct HumanText;

impl Guard for HumanText {
    fn rule(&self) -> &'static str {
        "human-text"
    }

    fn code(&self) -> &'static str {
        "GE0711"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Mandatory
    }

    fn explain(&self) -> &'static str {
        "No change replaces or removes a person's text that stands in the space: description, comment, instruction, \
         guidance, question, synonym, name. Adding to a text is fine. Exempt are texts that an applied plan put there \
         and nobody has changed since, people's own edits of the definition, and places in `allow` (addresses, with all \
         that is below)."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "allow", default: ParamDefault::Names, help: "addresses whose text may be replaced" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let allow = params.names("allow");
        let mut violations = Vec::new();
        for planned in input.changes.iter().filter(|planned| planned.evidence.status != "declared") {
            let address = planned.change.address.to_string();
            let lost = lost_text(&planned.change, &input.facts.generated, &allow);
            violations.extend(lost.map(|text| {
                let short: String = text.chars().take(60).collect();
                Violation::new(&address, format!("{} at {address} takes away \"{short}\"", planned.id))
            }));
        }
        Finding::none_allowed(violations, "no text is replaced or removed")
    }
}
