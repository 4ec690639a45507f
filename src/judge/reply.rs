//! Reading a judge's reply. Whatever it looks like, only complete entries with a known id and a
//! closed label count, and nothing said under one id touches another.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Equivalent,
    NotEquivalent,
    ReferenceWrong,
    CannotTell,
}

impl Label {
    pub const ALL: [Self; 4] = [Self::Equivalent, Self::NotEquivalent, Self::ReferenceWrong, Self::CannotTell];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equivalent => "equivalent",
            Self::NotEquivalent => "not_equivalent",
            Self::ReferenceWrong => "reference_wrong",
            Self::CannotTell => "cannot_tell",
        }
    }

    fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.as_str() == text.trim())
    }
}

/// One label with its sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    pub label: Label,
    /// The judge's own words: untrusted, for people only.
    pub reason: String,
}

/// The JSON Schema of a reply, for endpoints with structured output.
pub fn reply_schema() -> Value {
    let labels: Vec<&str> = Label::ALL.into_iter().map(Label::as_str).collect();
    json!({
        "type": "object",
        "properties": {
            "verdicts": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "string"},
                        "label": {"type": "string", "enum": labels},
                        "reason": {"type": "string"}
                    },
                    "required": ["id", "label", "reason"],
                    "additionalProperties": false
                }
            }
        },
        "required": ["verdicts"],
        "additionalProperties": false
    })
}

/// Longer replies are cut: no chunk of items needs more.
const MAX_BYTES: usize = 256 * 1024;
/// Places where an entry is looked for in a reply that is no JSON as a whole.
const MAX_TRIES: usize = 2_000;
const MAX_REASON: usize = 500;

/// The opinions of a reply by id. Ids that were not asked for are ignored; an id with two
/// different labels has none.
pub(super) fn read(reply: &str, asked: &BTreeSet<&str>) -> BTreeMap<String, Opinion> {
    let mut entries = Vec::new();
    for value in values(reply) {
        collect(value, &mut entries, 0);
    }
    let mut opinions: BTreeMap<String, Opinion> = BTreeMap::new();
    let mut torn: BTreeSet<String> = BTreeSet::new();
    for (id, opinion) in entries.into_iter().filter(|(id, _)| asked.contains(id.as_str())) {
        let contradicts =
            |opinion: &Option<Opinion>, other: &Opinion| opinion.as_ref().map(|o| o.label) != Some(other.label);
        match opinions.get(&id) {
            Some(earlier) if contradicts(&opinion, earlier) => {
                torn.insert(id);
            }
            Some(_) => {}
            None => match opinion {
                Some(opinion) => {
                    opinions.insert(id, opinion);
                }
                // A label outside the closed set is no opinion, also beside a proper one.
                None => {
                    torn.insert(id);
                }
            },
        }
    }
    opinions.retain(|id, _| !torn.contains(id));
    opinions
}

/// The JSON values in a reply: the whole of it, or what is complete among other text.
fn values(reply: &str) -> Vec<Value> {
    let mut end = reply.len().min(MAX_BYTES);
    while !reply.is_char_boundary(end) {
        end -= 1;
    }
    let reply = &reply[..end];
    if let Ok(value) = serde_json::from_str(reply.trim()) {
        return vec![value];
    }
    let mut found = Vec::new();
    let mut at = 0;
    for _ in 0..MAX_TRIES {
        let Some(start) = reply[at..].find(['{', '[']).map(|offset| at + offset) else { break };
        let mut stream = serde_json::Deserializer::from_str(&reply[start..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                at = start + stream.byte_offset().max(1);
                found.push(value);
            }
            // Incomplete or no JSON: what is inside may still be. Entries quoted in a string
            // have escaped quotation marks and do not read as JSON.
            _ => at = start + 1,
        }
    }
    found
}

/// Entries at the top, in a list, or in a list inside an object; never inside an entry.
fn collect(value: Value, entries: &mut Vec<(String, Option<Opinion>)>, depth: usize) {
    match value {
        Value::Array(items) if depth < 3 => items.into_iter().for_each(|item| collect(item, entries, depth + 1)),
        Value::Object(map) => {
            if let Some(id) = map.get("id").and_then(Value::as_str) {
                let label = map.get("label").and_then(Value::as_str).and_then(Label::of);
                let reason = map.get("reason").and_then(Value::as_str).unwrap_or_default();
                let reason = reason.chars().take(MAX_REASON).collect();
                entries.push((id.to_owned(), label.map(|label| Opinion { label, reason })));
            } else if depth == 0 {
                map.into_iter().for_each(|(_, inner)| {
                    if inner.is_array() {
                        collect(inner, entries, 1);
                    }
                });
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(reply: &str) -> Vec<String> {
        let asked = BTreeSet::from(["a", "b", "c"]);
        read(reply, &asked).into_iter().map(|(id, opinion)| format!("{id}={}", opinion.label.as_str())).collect()
    }

    fn entry(id: &str, label: &str) -> String {
        format!(r#"{{"id": "{id}", "label": "{label}", "reason": "r"}}"#)
    }

    #[test]
    fn order_wrapping_and_fences_do_not_matter() {
        let (a, b) = (entry("a", "equivalent"), entry("b", "cannot_tell"));
        for reply in [
            format!("[{a}, {b}]"),
            format!("[{b}, {a}]"),
            format!(r#"{{"verdicts": [{b}, {a}]}}"#),
            format!("Here you are:\n```json\n[{a},{b}]\n```\nDone [1]."),
            format!("{a}\n{b}\n"),
            format!("[{a}, {a}, {b}]"),
        ] {
            assert_eq!(labels(&reply), ["a=equivalent", "b=cannot_tell"], "{reply}");
        }
    }

    #[test]
    fn what_is_missing_stays_missing() {
        let a = entry("a", "equivalent");
        assert_eq!(labels(&format!("[{a}]")), ["a=equivalent"]);
        assert_eq!(labels(&format!(r#"[{a}, {{"id": "b", "label": "equi"#)), ["a=equivalent"]);
        for reply in ["", "I think they are equivalent.", "{}", "[[[[]]]]", "null", "[{\"id\": 3}]", "\u{0}{{{{[[[["] {
            assert!(labels(reply).is_empty(), "{reply}");
        }
        assert!(labels(&"[".repeat(100_000)).is_empty());
    }

    #[test]
    fn contradictions_and_foreign_labels_are_no_opinion() {
        let twice =
            format!("[{}, {}, {}]", entry("a", "equivalent"), entry("a", "not_equivalent"), entry("b", "cannot_tell"));
        assert_eq!(labels(&twice), ["b=cannot_tell"]);
        let foreign =
            format!("[{}, {}, {}]", entry("a", "EQUIVALENT!"), entry("z", "equivalent"), entry("c", "reference_wrong"));
        assert_eq!(labels(&foreign), ["c=reference_wrong"]);
        let both = format!("[{}, {}]", entry("a", "equivalent"), entry("a", "pass"));
        assert!(labels(&both).is_empty());
    }

    #[test]
    fn entries_quoted_in_a_reason_are_words() {
        let quoted = serde_json::to_string(&entry("b", "equivalent")).expect("text");
        let hostile = format!(r#"[{{"id": "a", "label": "not_equivalent", "reason": {quoted}}}]"#);
        assert_eq!(labels(&hostile), ["a=not_equivalent"]);
        assert_eq!(labels(&hostile[..hostile.len() - 2]), [] as [&str; 0]);
        let nested = format!(r#"[{{"id": "a", "label": "cannot_tell", "more": [{}]}}]"#, entry("b", "equivalent"));
        assert_eq!(labels(&nested), ["a=cannot_tell"]);
    }

    #[test]
    fn the_schema_accepts_a_proper_reply() {
        let reply = json!({"verdicts": [{"id": "a", "label": "equivalent", "reason": "r"}]});
        assert!(jsonschema::is_valid(&reply_schema(), &reply));
        assert!(!jsonschema::is_valid(
            &reply_schema(),
            &json!({"verdicts": [{"id": "a", "label": "pass", "reason": ""}]})
        ));
    }
}
