//! Cells as values that can be compared: text in normal form, numbers, instants.

use super::number::{Agreement, Num, NumRule, mix, whole_key};
use super::time;
use crate::model::{Cell, canonical_json};
use std::hash::{DefaultHasher, Hash, Hasher};
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

/// One cell, read. Text is kept as the hash of its normal form: two different texts with the
/// same 64 bits do not happen by accident.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Nan,
    Bool(bool),
    /// The text `true` or `false`, in any case; equal to the boolean, but still a text.
    Word {
        truth: bool,
        text: u64,
    },
    Num(Num),
    /// Microseconds since 1970; dates at midnight.
    Time(i64),
    Text(u64),
}

/// Qualifications of an agreement; they become notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Qualifiers {
    pub rounded: bool,
    pub sigfig4: bool,
    pub type_difference: bool,
}

impl Qualifiers {
    pub fn add(&mut self, other: Self) {
        self.rounded |= other.rounded;
        self.sigfig4 |= other.sigfig4;
        self.type_difference |= other.type_difference;
    }
}

impl Value {
    pub fn read(cell: &Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Bool(value) => Self::Bool(*value),
            Cell::Number(text) | Cell::Text(text) => Self::read_text(text),
        }
    }

    fn read_text(text: &str) -> Self {
        let trimmed = text.trim();
        match trimmed.as_bytes().first() {
            Some(b'-' | b'.' | b'0'..=b'9') => {
                if let Some(number) = Num::parse(trimmed) {
                    return Self::Num(number);
                }
                if let Some(micros) = time::parse(trimmed) {
                    return Self::Time(micros);
                }
                if trimmed == "-Infinity" {
                    return Self::Num(Num::infinite(true));
                }
            }
            Some(b'N') if trimmed == "NaN" => return Self::Nan,
            Some(b'I') if trimmed == "Infinity" => return Self::Num(Num::infinite(false)),
            Some(b'[' | b'{') => {
                if let Ok(nested) = serde_json::from_str(trimmed) {
                    return Self::Text(hash(&canonical_json(&nested)));
                }
            }
            _ => {}
        }
        let text = hash_normal(trimmed);
        match trimmed {
            word if word.eq_ignore_ascii_case("true") => Self::Word { truth: true, text },
            word if word.eq_ignore_ascii_case("false") => Self::Word { truth: false, text },
            _ => Self::Text(text),
        }
    }

    /// Two equal keys are equal values, except that tolerance may make more values equal. With
    /// `words`, the texts `true` and `false` count as booleans.
    pub fn key(&self, words: bool) -> u64 {
        match self {
            Self::Null => mix(1),
            Self::Nan => mix(2),
            Self::Bool(truth) => whole_key(i128::from(*truth)).get(),
            Self::Word { truth, .. } if words => whole_key(i128::from(*truth)).get(),
            Self::Word { text, .. } | Self::Text(text) => mix(*text ^ 0x5bd1),
            Self::Num(Num { whole: Some(whole), .. }) => whole.get(),
            Self::Num(number) => mix(number.value.to_bits() ^ 0x0f10),
            Self::Time(micros) => mix(micros.cast_unsigned() ^ 0x71e3_0000),
        }
    }

    pub fn agrees(&self, actual: &Self, rule: &NumRule) -> Option<Qualifiers> {
        let same = Qualifiers::default();
        let typed = Qualifiers { type_difference: true, ..same };
        match (self, actual) {
            (Self::Num(a), Self::Num(b)) => a.agrees(b, rule).map(|agreement| match agreement {
                Agreement::Equal => same,
                Agreement::Rounded => Qualifiers { rounded: true, ..same },
                Agreement::Sigfig4 => Qualifiers { sigfig4: true, ..same },
            }),
            (Self::Bool(a), Self::Word { truth: b, .. }) | (Self::Word { truth: a, .. }, Self::Bool(b)) => {
                (a == b).then_some(typed)
            }
            (Self::Bool(truth), Self::Num(number)) | (Self::Num(number), Self::Bool(truth)) => {
                (number.whole == Some(whole_key(i128::from(*truth)))).then_some(typed)
            }
            (a, b) => (a.key(false) == b.key(false)).then_some(same),
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// NFC, white space at the ends off, runs of it as one blank.
pub(super) fn normal(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hash_normal(trimmed: &str) -> u64 {
    let plain_spaces = |text: &str| !text.contains("  ") && !text.bytes().any(|b| (9..=13).contains(&b));
    let composed = trimmed.is_ascii()
        || (is_nfc_quick(trimmed.chars()) == unicode_normalization::IsNormalized::Yes
            && !trimmed.chars().any(|c| c.is_whitespace() && c != ' '));
    if composed && plain_spaces(trimmed) { hash(trimmed) } else { hash(&normal(trimmed)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(a: Cell, b: Cell) -> Option<Qualifiers> {
        Value::read(&a).agrees(&Value::read(&b), &NumRule::default())
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn texts_agree_in_normal_form() {
        let plain = Some(Qualifiers::default());
        assert_eq!(agree(text("\u{1106}\u{1162}\u{110e}\u{116e}\u{11af}"), text("매출")), plain);
        assert_eq!(agree(text("  New\u{a0} York "), text("New York")), plain);
        assert_eq!(agree(text(r#"{"b": 1, "a": [2]}"#), text(r#"{"a":[2],"b":1}"#)), plain);
        assert_eq!(agree(text("Active"), text("ACTIVE")), None);
        assert_eq!(agree(text(""), Cell::Null), None);
        assert_eq!(agree(text("NaN"), Cell::Number("NaN".to_owned())), plain);
    }

    #[test]
    fn numbers_in_text_are_numbers_unless_they_begin_with_zero() {
        assert!(agree(text("12.50"), Cell::Number("12.5".to_owned())).is_some());
        assert!(agree(text("1.5E3"), Cell::Number("1500".to_owned())).is_some());
        assert_eq!(agree(text("08801"), Cell::Number("8801".to_owned())), None);
        assert_eq!(agree(Cell::Null, Cell::Number("0".to_owned())), None);
    }

    #[test]
    fn booleans_agree_with_their_words_and_digits() {
        let typed = Some(Qualifiers { type_difference: true, ..Qualifiers::default() });
        assert_eq!(agree(Cell::Bool(true), text("True")), typed);
        assert_eq!(agree(Cell::Number("0".to_owned()), Cell::Bool(false)), typed);
        assert_eq!(agree(Cell::Bool(true), text("Y")), None);
        assert_eq!(agree(text("true"), text("true")), Some(Qualifiers::default()));
    }
}
