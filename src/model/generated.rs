//! Whose a text is: what applied plans put into the space is generated, everything else a person's,
//! whether it was written here or imported.

use super::change::Change;
use super::plan::PlannedChange;
use super::space::joined_text;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The texts that plans put into a space, with their places. A text that a person has changed
/// since is not among them any more: it is another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Generated {
    texts: BTreeSet<(String, String)>,
}

impl Generated {
    /// Of the changes of applied plans. What they carried over from a declaration is a person's.
    pub fn by<'a>(changes: impl IntoIterator<Item = &'a PlannedChange>) -> Self {
        let own = changes.into_iter().filter(|planned| planned.evidence.provenance != "declared");
        Self { texts: own.flat_map(|planned| new_texts(&planned.change)).collect() }
    }

    /// True if a plan wrote this text at this place, or with the element that the place is in.
    pub fn holds(&self, place: &str, text: &str) -> bool {
        let text = plain(text);
        let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
        let is_there = |at: &str| at == place || within(at, place) || within(place, at);
        self.texts.iter().any(|(at, known)| *known == text && is_there(at))
    }
}

fn new_texts(change: &Change) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Some(after) = &change.after {
        texts_in(&change.address.to_string(), after, &mut found);
    }
    found.into_iter().map(|(place, text)| (place, plain(&text))).collect()
}

/// All texts of a value with their places.
pub fn texts_in(place: &str, value: &Value, found: &mut Vec<(String, String)>) {
    if let Some(text) = joined_text(value) {
        found.push((place.to_owned(), text));
        return;
    }
    match value {
        Value::Object(map) => map.iter().for_each(|(key, child)| texts_in(&format!("{place}/{key}"), child, found)),
        Value::Array(items) => items.iter().for_each(|item| texts_in(place, item, found)),
        _ => {}
    }
}

/// Without differences in spacing.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
