//! People's words: what a change takes away of them, and whether that may be.

use super::evaluate::{binding, holds};
use super::{GuardConfig, Params, Waiver, find};
use crate::model::{Change, Generated, texts_in};
use crate::text::normalise;
use jiff::civil::Date;

/// The first prose of a person that the change takes away; what a plan wrote is not a person's, and
/// places in `allow` are open, with all that is below.
pub fn lost_text(change: &Change, generated: &Generated, allow: &[impl AsRef<str>]) -> Option<String> {
    let place = change.address.to_string();
    let is_open =
        |prefix: &str| place.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if allow.iter().any(|prefix| is_open(prefix.as_ref())) {
        return None;
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    texts_in(&place, change.before.as_ref()?, &mut before);
    if let Some(value) = &change.after {
        texts_in(&place, value, &mut after);
    }
    let kept: Vec<String> = after.iter().map(|(_, text)| normalise(text)).collect();
    let is_lost = |text: &str| !text.is_empty() && !kept.iter().any(|kept| kept.contains(text));
    let prose = before.into_iter().filter(|(path, text)| is_prose(path) && !generated.holds(path, text));
    prose.map(|(_, text)| normalise(&text)).find(|text| is_lost(text))
}

/// The places whose text may be replaced, where the guard `human-text` would block a plan that
/// replaces another; none if nothing but advice keeps people's words, or a waiver lifts the guard.
pub fn open_texts(configs: &[GuardConfig], waivers: &[Waiver], today: Date) -> Option<Vec<String>> {
    let guard = find("human-text")?;
    let open = |config: &GuardConfig| -> Vec<String> {
        Params::new(guard.params(), &config.params).names("allow").iter().map(ToString::to_string).collect()
    };
    // Of several, a place must be open in all.
    let all = binding(guard, configs, waivers, today);
    let mut places =
        all.iter().map(open).reduce(|all, one| all.into_iter().filter(|place| one.contains(place)).collect())?;
    let waived = waivers.iter().filter(|waiver| waiver.rule == guard.rule() && holds(waiver, today));
    places.extend(waived.map(|waiver| waiver.scope.clone()));
    Some(places)
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
