//! Canonical JSON and digests: the bytes behind every content id.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// SHA-256 of canonical bytes, as 64 lower-case hexadecimal characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Digest {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight characters, for people.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// JSON text with the keys of every object sorted and no white space. Numbers keep the form
/// `serde_json` prints, so the same value always gives the same bytes.
pub fn canonical_json(value: &Value) -> String {
    sorted(value).to_string()
}

/// Digest of a JSON value's canonical text.
pub fn digest_json(value: &Value) -> Digest {
    digest_text(&canonical_json(value))
}

/// Digest of a text's UTF-8 bytes.
pub fn digest_text(text: &str) -> Digest {
    use fmt::Write as _;
    let hash = Sha256::digest(text.as_bytes());
    let mut hex = String::with_capacity(64);
    for byte in hash.iter() {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Digest(hex)
}

/// A 32-character lower-case hexadecimal id made from content, the form Genie asks of new
/// elements. Content-made ids keep a plan the same, byte for byte, when it is made again.
pub fn short_id(parts: &[&str]) -> String {
    let digest = digest_text(&parts.join("\u{1f}"));
    digest.0[..32].to_owned()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key]))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_change_the_digest() {
        let one = json!({"b": 1, "a": {"d": [1, 2], "c": "é"}});
        let two = json!({"a": {"c": "é", "d": [1, 2]}, "b": 1});
        assert_eq!(digest_json(&one), digest_json(&two));
        assert_eq!(canonical_json(&one), r#"{"a":{"c":"é","d":[1,2]},"b":1}"#);
    }

    #[test]
    fn ids_have_the_form_genie_asks_for() {
        let id = short_id(&["join", "a", "b"]);
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
        assert_ne!(id, short_id(&["join", "a b"]));
    }
}
