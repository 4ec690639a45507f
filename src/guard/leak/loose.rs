//! Pieces of SQL in any text: spacing, quotation and the tables' names before columns do not hide
//! them.

use crate::text::normalise;

/// A text in which pieces are looked for.
pub(super) fn loose(text: &str) -> String {
    let lower = normalise(text).to_lowercase().replace('`', "");
    tight(&without_qualifiers(&lower))
}

/// True if the piece, in its normal form, stands in a loose text as a whole, whichever side of a
/// comparison comes first.
pub(super) fn holds(text: &str, piece: &str) -> bool {
    std::iter::once(piece.to_owned()).chain(turned(piece)).any(|piece| holds_as_it_is(text, &tight(&piece)))
}

fn holds_as_it_is(text: &str, piece: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (first, last) = (piece.chars().next(), piece.chars().next_back());
    text.match_indices(piece).any(|(at, found)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + found.len()..].chars().next());
        let cut_off = is_word(first) && is_word(before) || is_word(last) && is_word(after);
        !cut_off
    })
}

/// `900 < load_kg` is `load_kg > 900`; none for what is no comparison.
fn turned(piece: &str) -> Option<String> {
    const SIGNS: [(&str, &str); 7] =
        [("=", "="), ("<>", "<>"), ("!=", "!="), ("<=", ">="), (">=", "<="), ("<", ">"), (">", "<")];
    SIGNS.iter().find_map(|(sign, back)| {
        let (left, right) = piece.split_once(&format!(" {sign} "))?;
        Some(format!("{right} {back} {left}"))
    })
}

/// `fleet.ops.trips.km` and `t.km` are `km`; a full stop before a blank ends a sentence.
fn without_qualifiers(text: &str) -> String {
    let mut kept = String::new();
    let mut word_at = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let begins = |c: char| c.is_alphabetic() || c == '_';
        let is_qualifier = kept[word_at..].starts_with(begins) && chars.peek().copied().is_some_and(begins);
        if c == '.' && is_qualifier {
            kept.truncate(word_at);
            continue;
        }
        kept.push(c);
        if !(c.is_alphanumeric() || c == '_') {
            word_at = kept.len();
        }
    }
    kept
}

/// Blanks stand between words only.
fn tight(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut kept = String::new();
    for part in text.split_whitespace() {
        let joins = kept.chars().next_back().is_some_and(is_word) && part.starts_with(is_word);
        if joins {
            kept.push(' ');
        }
        kept.push_str(part);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_found_in_prose_and_only_whole() {
        let text =
            loose("Heavy trips: COUNT( * ) of `fleet.ops.trips` where t.void = false and\n t.`load_kg` > 900. Done.");
        for piece in ["count(*)", "void = false", "false = void", "load_kg > 900", "900 < load_kg"] {
            assert!(holds(&text, piece), "{piece}: {text}");
        }
        assert!(!holds(&text, "load_kg > 90") && !holds(&text, "kg > 900") && !holds(&text, "void = true"));
        assert!(!holds(&loose("load_kg > 9000"), "load_kg > 900"));
        let text = loose("Those that are open: COUNT(*) where o.status = 'open'.");
        assert_eq!(text, "those that are open:count(*)where status='open'.");
        assert!(holds(&text, "status = 'open'"), "{text}");
    }
}
