//! `secrets`: no credentials in a space, which everybody can read.

use super::{Finding, Guard, GuardInput, GuardLevel, Params, Violation, added_texts};
use regex::Regex;
use std::sync::LazyLock;

pub(super) struct Secrets;

/// Forms of credentials that are no ordinary words.
static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let forms = [
        ("a Databricks token", r"\bdapi[0-9a-f]{32}\b"),
        ("a Databricks OAuth secret", r"\bdose[0-9a-f]{32,}\b"),
        ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
        ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}\b"),
        ("a Slack token", r"\bxox[abprs]-[0-9A-Za-z-]{10,}"),
        ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"),
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
        ("a password in a URL", r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]{3,}@"),
        ("a password", r#"(?i)\b(?:password|passwd|secret|api[_-]?key|access[_-]?token)\s*[:=]\s*['"]?[^\s'"]{8,}"#),
    ];
    // A form that does not compile is left out; the test below finds it.
    forms.into_iter().filter_map(|(what, form)| Some((what, Regex::new(form).ok()?))).collect()
});

impl Guard for Secrets {
    fn rule(&self) -> &'static str {
        "secrets"
    }

    fn code(&self) -> &'static str {
        "GE0716"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Mandatory
    }

    fn explain(&self) -> &'static str {
        "No change brings in what looks like a credential: tokens, keys, passwords. The text itself is not repeated."
    }

    fn check(&self, input: &GuardInput, _params: &Params) -> Finding {
        let mut violations = Vec::new();
        for (id, path, text) in added_texts(input) {
            let hit = PATTERNS.iter().find(|(_, pattern)| pattern.is_match(&text));
            violations.extend(
                hit.map(|(what, _)| Violation::new(&id, format!("{id} at {path} holds what looks like {what}"))),
            );
        }
        Finding::none_allowed(violations, "nothing looks like a credential")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_compile_and_find_theirs() {
        assert_eq!(PATTERNS.len(), 10);
        let found = |text: &str| PATTERNS.iter().any(|(_, pattern)| pattern.is_match(text));
        // Put together here, so that no scanner takes this file for a leak.
        let token = format!("dapi{}", "0123456789abcdef".repeat(2));
        for text in [token.as_str(), "postgres://me:hunter22@host/db", "password = 'abcdefgh1'"] {
            assert!(found(text), "{text}");
        }
        for text in
            ["The password column is hashed.", "SELECT token FROM t", "https://example.com:8080/a", "secret: none"]
        {
            assert!(!found(text), "{text}");
        }
    }
}
