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

/// Why there is none, for the model and for people.
pub fn json_fault(text: &str) -> String {
    if text.trim().is_empty() {
        return "the reply is empty".to_owned();
    }
    let Some(start) = text.find(['{', '[']) else { return "the reply holds no JSON".to_owned() };
    match serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>().next() {
        Some(Err(error)) if error.is_eof() => format!("the JSON breaks off after {} characters", text.chars().count()),
        Some(Err(error)) => format!("the JSON is broken: {error}"),
        _ => "the reply holds no JSON of this form".to_owned(),
    }
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
        for (text, fault) in
            [("  ", "empty"), ("no", "no JSON"), ("{\"a\": [1,", "breaks off after 9"), ("{a}", "broken: key")]
        {
            assert!(json_fault(text).contains(fault), "{}", json_fault(text));
        }
    }
}
