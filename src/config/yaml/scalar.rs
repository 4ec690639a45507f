//! How one value is written: plain, in quotes, or as a block.

use serde_json::{Number, Value};

/// The number, if the text is one as JSON writes numbers.
pub(crate) fn json_number(text: &str) -> Option<Number> {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) => Some(number),
        _ => None,
    }
}

/// What a text means when it stands without quotes: `8` is a number, `true` a boolean.
pub(crate) fn plain_value(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        other => json_number(other).map_or_else(|| Value::String(other.to_owned()), Value::Number),
    }
}

/// The text in one line: plain where that is safe, else in quotes. `flow`: inside `[]` or `{}`.
pub(crate) fn inline(text: &str, flow: bool) -> String {
    if plain_is_safe(text, flow) {
        return text.to_owned();
    }
    let escapes = text.chars().any(|c| !is_printable(c) || c == '\n' || c == '\t');
    let needs_escape = text.contains(['"', '\\']);
    match (escapes, text.contains('\''), needs_escape) {
        (true, _, _) | (false, true, false) => double_quoted(text),
        (false, _, _) => format!("'{}'", text.replace('\'', "''")),
    }
}

/// The text between double quotes, with escapes.
pub(crate) fn double_quoted(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::from("\"");
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            c if is_printable(c) => out.write_char(c),
            c if u32::from(c) <= 0xff => write!(out, "\\x{:02x}", u32::from(c)),
            c if u32::from(c) <= 0xffff => write!(out, "\\u{:04x}", u32::from(c)),
            c => write!(out, "\\U{:08x}", u32::from(c)),
        };
    }
    out.push('"');
    out
}

/// Characters that may stand in a YAML text as they are, and that people can see. Line and
/// direction marks are written as escapes, so that nothing hides in a review.
fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\u{a0}'..='\u{d7ff}' => {
            !matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        }
        '\u{e000}'..='\u{fffd}' => c != '\u{feff}' && !('\u{e000}'..='\u{f8ff}').contains(&c),
        '\u{10000}'..='\u{effff}' => !('\u{e0000}'..='\u{e0fff}').contains(&c),
        _ => false,
    }
}

fn plain_is_safe(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let trimmed = text.trim() == text;
    let starts_well = !"-?:,[]{}#&*!|>'\"%@`=<.~+".contains(first);
    let holds_syntax = text.contains(": ") || text.contains(" #") || text.ends_with(':') || text.contains("\u{a0}#");
    let holds_flow = flow && (text.contains([',', '[', ']', '{', '}', '"', '\'']) || text.contains(" -"));
    trimmed && starts_well && !holds_syntax && !holds_flow && text.chars().all(is_printable) && !has_other_type(text)
}

/// True for what some YAML reader takes for a number, date, boolean or null.
fn has_other_type(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = matches!(lower.as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    let digits = lower.starts_with(|c: char| c.is_ascii_digit());
    let numeric = digits && lower.chars().all(|c| c.is_ascii_digit() || "_.:-+eE".contains(c));
    let based = ["0x", "0o", "0b"].iter().any(|prefix| lower.starts_with(prefix));
    let date = digits && lower.len() >= 8 && lower.as_bytes().get(4) == Some(&b'-');
    word || numeric || (digits && (based || date)) || lower.parse::<f64>().is_ok()
}

/// True if the text can stand as a block after `|` and comes back as it is.
pub(crate) fn block_fits(text: &str) -> bool {
    let is_blank = |line: &str| line.trim().is_empty();
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    let last = text.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    text.contains('\n')
        && !is_blank(first)
        && !is_blank(last)
        && text.chars().all(|c| is_printable(c) || c == '\n' || c == '\t')
}

/// The text as a block: the header after the key, and the lines, each with its end.
pub(crate) fn block(text: &str, indent: usize) -> (String, String) {
    let ends = text.len() - text.trim_end_matches('\n').len();
    let chomp = match ends {
        0 => "-",
        1 => "",
        _ => "+",
    };
    // A first line that starts with white space would be taken for the indentation.
    let indicator = if text.starts_with([' ', '\t']) { "2" } else { "" };
    let pad = " ".repeat(indent);
    let mut lines = String::new();
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            lines.push_str(&pad);
            lines.push_str(line);
        }
        lines.push('\n');
    }
    (format!("|{indicator}{chomp}"), lines)
}
