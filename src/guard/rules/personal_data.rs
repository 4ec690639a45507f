//! `personal-data`: no people in a space, which everybody can read.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation, added_texts};
use regex::Regex;
use std::sync::LazyLock;

pub(super) struct PersonalData;

/// Forms of data about a person that are told from ordinary text.
static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let forms = [
        ("an e-mail address", r"(?i)\b[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}\b"),
        ("a Korean resident number", r"\b\d{6}-[1-8]\d{6}\b"),
        ("a US social security number", r"\b\d{3}-\d{2}-\d{4}\b"),
        ("a telephone number", r"(?:^|[^\w.])\+\d{1,3}[ -]?\d{1,4}(?:[ -]\d{2,4}){2,3}\b|\b01[016789]-\d{3,4}-\d{4}\b"),
        ("an IBAN", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
        ("a card number", r"\b(?:\d[ -]?){13,19}\b"),
    ];
    forms.into_iter().filter_map(|(what, form)| Some((what, Regex::new(form).ok()?))).collect()
});

impl Guard for PersonalData {
    fn rule(&self) -> &'static str {
        "personal-data"
    }

    fn code(&self) -> &'static str {
        "GE0723"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Mandatory
    }

    fn explain(&self) -> &'static str {
        "No change brings in what looks like data about a person: e-mail addresses, telephone, card, bank and identity \
         numbers. The text itself is not repeated. Texts that hold one of `allow` pass, such as a team's own address."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "allow", default: ParamDefault::Names, help: "texts that may stand there" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let allow = params.names("allow");
        let mut violations = Vec::new();
        for (id, path, text) in added_texts(input) {
            let found = what(&text, &allow);
            violations
                .extend(found.map(|what| Violation::new(&id, format!("{id} at {path} holds what looks like {what}"))));
        }
        Finding::none_allowed(violations, "nothing looks like data about a person")
    }
}

fn what(text: &str, allow: &[&str]) -> Option<&'static str> {
    PATTERNS.iter().find_map(|(what, pattern)| {
        let is_one = |found: &str| {
            let digits: Vec<u32> = found.chars().filter_map(|c| c.to_digit(10)).collect();
            !allow.iter().any(|fine| found.contains(fine)) && (*what != "a card number" || has_check_digit(&digits))
        };
        pattern.find_iter(text).any(|found| is_one(found.as_str())).then_some(*what)
    })
}

/// Luhn's sum, which card numbers keep and most other long numbers do not.
fn has_check_digit(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ if *digit > 4 => 2 * digit - 9,
            _ => 2 * digit,
        })
        .sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10) && digits.iter().any(|digit| *digit > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_and_ordinary_text_is_not() {
        assert_eq!(PATTERNS.len(), 6);
        for text in [
            "ask kim.lee@example.com",
            "900101-1234567",
            "078-05-1120",
            "call 010-1234-5678",
            "+49 30 1234 5678",
            "DE89 3704 0044 0532 0130 00",
            "4111 1111 1111 1111",
        ] {
            assert!(what(text, &[]).is_some(), "{text}");
        }
        for text in [
            "date between '2025-01-01' and '2025-12-31'",
            "order 1234567890123456",
            "SUM(amount) / 1000000000",
            "@handle",
            "01f0a1b2c3d4e5f60718293a4b5c6d7e",
        ] {
            assert_eq!(what(text, &[]), None, "{text}");
        }
        assert_eq!(what("data-team@example.com", &["data-team@example.com"]), None);
    }
}
