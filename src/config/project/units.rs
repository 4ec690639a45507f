//! Durations and counts as people write them: `90s`, `2m`, `2M`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// A duration, written with its unit: `500ms`, `5s`, `2m`, `1h 30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timespan(pub Duration);

/// Longest duration that is taken; longer ones are slips.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3_600);

impl Timespan {
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl TryFrom<String> for Timespan {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let problem = || format!("`{text}` is not a duration; write it with a unit, such as `30s` or `2m`");
        let duration = humantime::parse_duration(&text).map_err(|_| problem())?;
        if duration > LONGEST {
            return Err(format!("`{text}` is longer than a year"));
        }
        Ok(Self(duration))
    }
}

impl From<Timespan> for String {
    fn from(value: Timespan) -> Self {
        value.to_string()
    }
}

impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&humantime::format_duration(self.0), f)
    }
}

impl JsonSchema for Timespan {
    fn schema_name() -> Cow<'static, str> {
        "Timespan".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration with its unit: `500ms`, `5s`, `2m`, `1h 30m`.",
            "type": "string",
            "pattern": r"^\s*([0-9]+\s*[a-zA-Z]+\s*)+$",
            "examples": ["5s", "2m"],
        })
    }
}

/// A whole number, written in digits or with `k`, `M` or `G` behind it: `400`, `2M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "CountForm", into = "u64")]
pub struct Count(pub u64);

#[derive(Deserialize)]
#[serde(untagged)]
enum CountForm {
    Number(u64),
    Text(String),
}

impl TryFrom<CountForm> for Count {
    type Error = String;

    fn try_from(form: CountForm) -> Result<Self, String> {
        match form {
            CountForm::Number(number) => Ok(Self(number)),
            CountForm::Text(text) => {
                Self::parse(&text).ok_or_else(|| format!("`{text}` is not a count such as 400 or 2M"))
            }
        }
    }
}

impl From<Count> for u64 {
    fn from(value: Count) -> Self {
        value.0
    }
}

impl Count {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('_', "");
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor: u32 = match text[digits.len()..].to_ascii_lowercase().as_str() {
            "" => 1,
            "k" => 1_000,
            "m" => 1_000_000,
            "g" => 1_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut value = whole.parse::<u64>().ok()?.checked_mul(u64::from(factor))?;
        let mut unit = u64::from(factor);
        for digit in fraction.chars() {
            unit /= 10;
            value = value.checked_add(u64::from(digit.to_digit(10)?).checked_mul(unit)?)?;
        }
        Some(Self(value))
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A whole number in digits, or with `k`, `M` or `G` behind it.",
            "type": ["integer", "string"],
            "minimum": 0,
            "pattern": r"^[0-9_]+(\.[0-9]+)?[kKmMgG]?$",
            "examples": [400, "2M"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_durations_read_as_people_write_them() {
        let count = |text: &str| Count::parse(text).map(|count| count.0);
        assert_eq!(count("2M"), Some(2_000_000));
        assert_eq!(count("1.5k"), Some(1_500));
        assert_eq!(count("10_000"), Some(10_000));
        assert_eq!(count("x"), None);
        assert_eq!(count("99999999999999999999"), None);
        assert_eq!(count("99999999999G"), None);
        let span = |text: &str| Timespan::try_from(text.to_owned()).map(|span| span.0);
        assert_eq!(span("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(span("1h 30m"), Ok(Duration::from_secs(5_400)));
        assert!(span("5").is_err());
        assert!(span("9999999999y").is_err());
    }
}
