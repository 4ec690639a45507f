//! `human-text`: people's words stay.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation, texts};
use crate::model::PlannedChange;
use crate::text::normalise;

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
        "No change replaces or removes a text that stands in the space: description, comment, instruction, guidance, \
         question, synonym, name. Adding to a text is fine. People's own edits of the definition are exempt, and places \
         in `allow` (addresses, with all that is below)."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "allow", default: ParamDefault::Names, help: "addresses whose text may be replaced" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let allow = params.names("allow");
        let open = |address: &str| {
            allow.iter().any(|prefix| {
                address == *prefix || address.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
            })
        };
        let mut violations = Vec::new();
        for planned in input.changes.iter().filter(|planned| planned.evidence.status != "declared") {
            let address = planned.change.address.to_string();
            let lost = lost_text(planned).filter(|_| !open(&address));
            violations.extend(lost.map(|text| {
                let short: String = text.chars().take(60).collect();
                Violation::new(&address, format!("{} at {address} takes away \"{short}\"", planned.id))
            }));
        }
        Finding::none_allowed(violations, "no text is replaced or removed")
    }
}

/// The first prose of the old side that the new side does not hold.
fn lost_text(planned: &PlannedChange) -> Option<String> {
    let change = &planned.change;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let place = change.address.to_string();
    texts(&place, change.before.as_ref()?, &mut before);
    if let Some(value) = &change.after {
        texts(&place, value, &mut after);
    }
    let kept: Vec<String> = after.iter().map(|(_, text)| normalise(text)).collect();
    let is_lost = |text: &str| !text.is_empty() && !kept.iter().any(|kept| kept.contains(text));
    let prose = before.into_iter().filter(|(path, _)| is_prose(path));
    prose.map(|(_, text)| normalise(&text)).find(|text| is_lost(text))
}

fn is_prose(path: &str) -> bool {
    const FIELDS: [&str; 10] = [
        "description",
        "comment",
        "instruction",
        "usage_guidance",
        "content",
        "question",
        "display_name",
        "title",
        "synonyms",
        "evaluation_note",
    ];
    path.split('/').any(|segment| FIELDS.contains(&segment)) || path.starts_with("text_instructions/")
}
