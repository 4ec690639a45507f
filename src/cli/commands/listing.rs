//! Lists of changes and patterns for the terminal.

use crate::model::{Change, Pattern};
use crate::render::escape::visible_line;

/// One line for each change.
pub fn changes(changes: &[Change]) -> String {
    let line = |change: &Change| {
        let sign = match change.action() {
            crate::model::Action::Add => '+',
            crate::model::Action::Update => '~',
            crate::model::Action::Remove => '-',
        };
        format!("  {sign} {}\n", visible_line(&change.address.to_string()))
    };
    changes.iter().map(line).collect()
}

/// Patterns under their kinds, best supported first.
pub fn patterns(patterns: &[Pattern]) -> String {
    let mut text = String::new();
    let mut kind = None;
    for pattern in patterns {
        if kind != Some(pattern.kind) {
            text.push_str(&format!("{:?}\n", pattern.kind));
            kind = Some(pattern.kind);
        }
        let terms = if pattern.terms.is_empty() { String::new() } else { format!("  [{}]", pattern.terms.join(", ")) };
        text.push_str(&format!(
            "  {:>3} {}  {:>3.0} %  {}{}\n",
            pattern.support,
            if pattern.support == 1 { "family  " } else { "families" },
            pattern.confidence * 100.0,
            visible_line(&pattern.statement),
            visible_line(&terms)
        ));
    }
    text
}
