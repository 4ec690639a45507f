//! Reading and writing JSON text: sorted keys, no duplicate keys, a digest of the rest inside.

use super::error::{FileKind, FormatError};
use crate::model::{Digest, digest_json};
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// JSON with sorted keys, two spaces of indent, LF and one line end at the end.
pub fn pretty_sorted(value: &Value) -> String {
    // Printing a `Value` cannot fail; the compact form stands in should that ever change.
    let sorted = sorted(value);
    let mut text = serde_json::to_string_pretty(&sorted).unwrap_or_else(|_| sorted.to_string());
    text.push('\n');
    inert_json(&text)
}

/// JSON that says the same with nothing in it that hides text, turns its direction or gives orders
/// to a CI runner: such characters are written as escapes. JSON has them in strings only.
pub fn inert_json(text: &str) -> String {
    let steers = |c: char| c == '\u{7f}' || is_hidden(c);
    let orders = ["##[", "##vso[", "##teamcity["];
    if !orders.iter().any(|order| text.contains(order)) && !text.contains(steers) {
        return text.to_owned();
    }
    let text =
        orders.iter().fold(text.to_owned(), |text, order| text.replace(order, &format!("#\\u0023{}", &order[2..])));
    let mut inert = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                inert.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            inert.push(c);
        }
    }
    inert
}

/// C1 controls, bidi marks, zero-width and tag characters, line separators.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, child)| (key.clone(), sorted(child))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Parses JSON and refuses an object that has a key twice: of two values, a reviewer would see
/// one and the program take the other.
pub fn strict_value(kind: FileKind, text: &str) -> Result<Value, FormatError> {
    let parsed: Result<Strict, _> = serde_json::from_str(text);
    parsed.map(|strict| strict.0).map_err(|error| not_json(kind, &error))
}

/// Reads the typed form of a text that is JSON already; errors name line and column.
pub(super) fn typed<T: DeserializeOwned>(kind: FileKind, text: &str) -> Result<T, FormatError> {
    serde_json::from_str(text).map_err(|error| FormatError::Shape {
        kind,
        line: error.line(),
        column: error.column(),
        message: message_of(&error),
    })
}

/// Checks `format_version` before anything else is looked at.
pub(super) fn check_version(kind: FileKind, value: &Value, known: u64) -> Result<(), FormatError> {
    let Some(version) = value.get("format_version") else {
        let message = "it has no `format_version`".to_owned();
        return Err(FormatError::NotThis { kind, message });
    };
    match version.as_u64() {
        Some(found) if found > known => Err(FormatError::Newer { kind, found, known }),
        Some(found) if found > 0 => Ok(()),
        _ => Err(FormatError::NotThis { kind, message: format!("its `format_version` is {version}") }),
    }
}

/// The digest of a document without its field `seal`.
pub(super) fn digest_without(value: &Value, seal: &str) -> Digest {
    match value {
        Value::Object(map) => {
            let rest: Map<String, Value> =
                map.iter().filter(|(key, _)| *key != seal).map(|(key, child)| (key.clone(), child.clone())).collect();
            digest_json(&Value::Object(rest))
        }
        other => digest_json(other),
    }
}

/// The document as text, with its digest in the field `seal`.
pub(super) fn sealed(mut value: Value, seal: &str) -> String {
    let digest = digest_without(&value, seal);
    if let Value::Object(map) = &mut value {
        map.insert(seal.to_owned(), Value::String(digest.0));
    }
    pretty_sorted(&value)
}

/// Checks the digest in the field `seal`.
pub(super) fn check_seal(kind: FileKind, value: &Value, seal: &str) -> Result<Digest, FormatError> {
    let computed = digest_without(value, seal);
    let stated = value.get(seal).and_then(Value::as_str).unwrap_or_default();
    if stated != computed.as_str() {
        return Err(FormatError::Changed { kind, stated: stated.to_owned(), computed: computed.0 });
    }
    Ok(computed)
}

fn not_json(kind: FileKind, error: &serde_json::Error) -> FormatError {
    FormatError::NotJson { kind, line: error.line(), column: error.column(), message: message_of(error) }
}

/// The message without serde's " at line 1 column 2", which is shown in front.
fn message_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |at| text[..at].to_owned())
}

/// A JSON value read without duplicate keys.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format!("the key `{key}` stands twice in one object")));
            }
            let Strict(value) = entries.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let text = pretty_sorted(&json!({"b": [{"d": 1, "c": 2}], "a": null}));
        assert_eq!(text, "{\n  \"a\": null,\n  \"b\": [\n    {\n      \"c\": 2,\n      \"d\": 1\n    }\n  ]\n}\n");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let error = strict_value(FileKind::Plan, "{\"a\": {\"b\": 1,\n \"b\": 2}}").expect_err("refused");
        assert!(error.to_string().contains("the key `b` stands twice"), "{error}");
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
