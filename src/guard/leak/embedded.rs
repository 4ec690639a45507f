//! Finding queries in any text: SQL with comments, prose, code blocks.

use crate::sql::parse_query;

/// Places in one text where a query may begin, and ends tried for each.
const MAX_STARTS: usize = 40;
const MAX_ENDS: usize = 40;
const MAX_BYTES: usize = 30_000;

/// All queries in a text, also those inside others and inside comments.
pub(super) fn queries(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // Comment signs, quotation marks and bullets at the beginning of lines hide a query.
    let bare = without_marks(text);
    for text in [text, bare.as_str()] {
        for start in starts(text).into_iter().take(MAX_STARTS) {
            if let Some(sql) = query_at(&text[start..]).filter(|sql| !found.contains(sql)) {
                found.push(sql);
            }
        }
    }
    found
}

/// Byte positions of the words `select` and `with`.
fn starts(text: &str) -> Vec<usize> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for word in ["select", "with"] {
        for (at, _) in lower.match_indices(word) {
            let before = lower[..at].chars().next_back();
            let after = lower[at + word.len()..].chars().next();
            let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            if !inside(before) && !inside(after) {
                found.push(at);
            }
        }
    }
    found.sort_unstable();
    found
}

/// The longest query that the text begins with.
fn query_at(text: &str) -> Option<String> {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..hard_end(&text[..end])];
    ends(text).into_iter().map(|end| text[..end].trim()).find(|sql| parse_query(sql).is_ok()).map(str::to_owned)
}

/// Where a query ends at the latest: at its `;`, a code fence, or the parenthesis around it.
fn hard_end(text: &str) -> usize {
    let mut depth = 0_i32;
    let mut quote: Option<char> = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ';') => return at,
            (None, '`') if text[at..].starts_with("```") => return at,
            _ => {}
        }
        if depth < 0 {
            return at;
        }
    }
    text.len()
}

/// Ends to try, longest first: all of it, the ends of lines, sentences and quotations.
fn ends(text: &str) -> Vec<usize> {
    let mut ends: Vec<usize> = vec![text.len()];
    ends.extend(
        text.char_indices().filter(|(_, c)| matches!(c, '\n' | '.' | '"' | '`' | '*' | '」')).map(|(at, _)| at),
    );
    ends.sort_unstable_by(|a, b| b.cmp(a));
    ends.dedup();
    ends.truncate(MAX_ENDS);
    ends
}

fn without_marks(text: &str) -> String {
    let line = |line: &str| {
        line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | '#' | '>' | '/' | '|' | '"'))
            .to_owned()
    };
    let joined: Vec<String> = text.lines().map(line).collect();
    joined.join("\n").replace("*/", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_found_wherever_they_stand() {
        for text in [
            "SELECT a FROM t WHERE b = 'x;y'",
            "Use this: SELECT a FROM t WHERE b = 'x;y'. It is good.",
            "```sql\nSELECT a\nFROM t\nWHERE b = 'x;y'\n```\nafter",
            "SUM(x) -- SELECT a FROM t WHERE b = 'x;y'",
            "/* SELECT a FROM t\n * WHERE b = 'x;y' */ 1",
            "-- SELECT a\n-- FROM t\n-- WHERE b = 'x;y'",
            "x IN (SELECT a FROM t WHERE b = 'x;y')",
        ] {
            let found = queries(text);
            let whole = |sql: &String| sql.contains("FROM t") && sql.contains("WHERE b = 'x;y'");
            assert!(found.iter().any(whole), "{text}: {found:?}");
        }
        assert!(queries("Select the right region with care.").is_empty());
        assert!(queries("").is_empty());
    }
}
