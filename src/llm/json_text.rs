//! JSON in a model's words: bare, in a fenced block, or amid prose.

use serde_json::Value;

/// The first JSON object or list in a text; none if there is none that is complete.
pub fn json_in(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str::<Value>(text.trim())
        && (value.is_object() || value.is_array())
    {
        return Some(value);
    }
    for (start, c) in text.char_indices() {
        if matches!(c, '{' | '[') {
            let rest = text.get(start..)?;
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
            if let Some(Ok(value)) = values.next() {
                // A list of nothing or a footnote such as [1] is prose, not an answer.
                let prose = value.as_array().is_some_and(|items| !items.iter().any(Value::is_object));
                if !prose {
                    return Some(value);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_found_wherever_it_stands() {
        let cases = [
            ("{\"a\":1}", Some(json!({"a": 1}))),
            ("[]", Some(json!([]))),
            ("Here [1] it is:\n```json\n{\"a\": [1, {\"b\": \"}\"}]}\n```\nDone.", Some(json!({"a": [1, {"b": "}"}]}))),
            ("so {not json} but {\"a\":2}", Some(json!({"a": 2}))),
            ("{\"a\": 1", None),
            ("no", None),
        ];
        for (text, expected) in cases {
            assert_eq!(json_in(text), expected, "{text}");
        }
    }
}
