//! Remote text is untrusted: what could steer a terminal, a page, a comment or a CI runner is made
//! visible and inert here.

use crate::format::is_hidden;
use std::fmt::Write as _;

/// Text with every invisible or steering character shown: control pictures for C0, `⟨U+202E⟩` for
/// the rest. Line ends stay, tabs become spaces, CI workflow commands are broken.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' => shown.push(c),
            '\t' => shown.push_str("    "),
            '\u{0}'..='\u{1f}' => shown.push(char::from_u32(0x2400 + c as u32).unwrap_or('?')),
            '\u{7f}' => shown.push('\u{2421}'),
            // Writing to a String cannot fail.
            c if is_hidden(c) => drop(write!(shown, "⟨U+{:04X}⟩", c as u32)),
            c => shown.push(c),
        }
    }
    inert_commands(&shown)
}

/// As [`visible`], on one line: line ends are shown as `⏎`.
pub fn visible_line(text: &str) -> String {
    visible(text.trim_end_matches('\n')).replace('\n', "⏎ ")
}

/// Runners take `::command` at the start of a line and `##[command` anywhere as orders.
fn inert_commands(text: &str) -> String {
    if !text.contains("::") && !text.contains("##") {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut at_start = true;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let orders = ["##[", "##vso[", "##teamcity["].iter().any(|order| rest.starts_with(order));
        if orders || (at_start && rest.starts_with("::")) {
            shown.push('\\');
        }
        if orders {
            shown.push_str("#\\#");
            rest = &rest[2..];
            continue;
        }
        at_start = c.is_whitespace();
        shown.push(c);
        rest = &rest[c.len_utf8()..];
    }
    shown
}

/// One line of untrusted text inside Markdown prose: no markup, mention, reference, link or HTML.
pub fn markdown(text: &str) -> String {
    let mut shown = String::new();
    let line = visible_line(text);
    for (at, c) in line.char_indices() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            // An empty comment parts what GitHub would turn into a mention, a reference or a link.
            '@' => shown.push_str("@<!-- -->"),
            '#' => shown.push_str("\\#<!-- -->"),
            ':' if line[at..].starts_with("://") => shown.push_str(":<!-- -->"),
            '.' if line[..at].to_ascii_lowercase().ends_with("www") => shown.push_str(".<!-- -->"),
            '-' if line[..at].to_ascii_uppercase().ends_with("GH") => shown.push_str("-<!-- -->"),
            c if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | ':' | ';' | '\'' | '"' | '/' | '?' | '%') => {
                shown.push('\\');
                shown.push(c);
            }
            c => shown.push(c),
        }
    }
    // A list number at the start would begin a list.
    match shown.split_once('.') {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{number}\\.{rest}")
        }
        _ => shown,
    }
}

/// One line of untrusted text as a Markdown code span in a table, where a `|` would end the cell.
pub fn code_cell(text: &str) -> String {
    code_span(text).replace('|', "\\|")
}

/// One line of untrusted text as a Markdown code span.
pub fn code_span(text: &str) -> String {
    let line = visible_line(text);
    let fence = "`".repeat(longest_run(&line) + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') || line.is_empty() { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}

/// A fence that no run of backticks in `text` can close.
pub fn fence(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text for XML: escaped, and without the characters that XML 1.0 has no form for.
pub fn xml(text: &str) -> String {
    visible(text)
        .chars()
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steering_characters_are_shown() {
        assert_eq!(visible("a\u{1b}[31m\u{0}\u{7f}\u{9b}x\u{202e}y\u{200b}"), "a␛[31m␀␡⟨U+009B⟩x⟨U+202E⟩y⟨U+200B⟩");
        assert_eq!(visible_line("매출\r\n- 둘\n"), "매출⏎ - 둘");
    }

    #[test]
    fn ci_commands_are_broken() {
        for hostile in ["::error::x", "  ::add-mask::x", "a\n::set-output name=x::y", "x ##[error]y", "##vso[task]"] {
            let shown = visible(hostile);
            assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
            assert!(!shown.contains("##"), "{shown}");
        }
        assert_eq!(visible("total::int"), "total::int");
    }

    #[test]
    fn markdown_is_inert() {
        let shown = markdown("- **b** @all #12 <img> [x](https://a.b) `c` </details> www.x.y");
        assert!(shown.starts_with("\\- \\*\\*b\\*\\* @<!-- -->all \\#<!-- -->12 &lt;img&gt; \\[x\\]"), "{shown}");
        assert!(!shown.contains("https://") && !shown.contains("www.x") && !shown.contains("</"), "{shown}");
        assert_eq!(markdown("1. one"), "1\\. one");
        assert_eq!(code_span("a ``b`` | c"), "```a ``b`` | c```");
        assert_eq!(code_cell("a | c"), "`a \\| c`");
        assert_eq!(fence("x ```` y"), "`````");
    }
}
