//! Diagnostics for the terminal: code, message, place, the line with a caret, and what to do.

use super::escape::visible_line;
use super::style::{TerminalOptions, Tone, width};
use crate::model::{Diagnostic, Severity, SourceSpan};

/// All findings, in the given order, with a count at the end.
pub fn diagnostics(findings: &[Diagnostic], options: &TerminalOptions) -> String {
    let mut text: String = findings.iter().map(|finding| one(finding, options)).collect();
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = findings.len() - errors;
    let counts = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" })).collect();
    if !counts.is_empty() {
        text.push_str(&format!("{}\n", counts.join(", ")));
    }
    text
}

fn one(finding: &Diagnostic, options: &TerminalOptions) -> String {
    let (word, tone) = match finding.severity {
        Severity::Error => ("error", Tone::Bad),
        Severity::Warning => ("warning", Tone::Warn),
    };
    let head = options.paint(tone, &format!("{word}[{}]", visible_line(&finding.code)));
    let mut text = format!("{head}: {}\n", visible_line(&finding.message));
    if let Some(span) = &finding.span {
        text.push_str(&snippet(span, tone, options));
    }
    if let Some(help) = &finding.help {
        text.push_str(&options.paragraph("  help: ", &visible_line(help)));
    }
    text.push('\n');
    text
}

fn snippet(span: &SourceSpan, tone: Tone, options: &TerminalOptions) -> String {
    let number = span.line.to_string();
    let (pad, bar) = (" ".repeat(number.len()), options.symbol("│", "|"));
    let arrow = options.symbol("─▶", "-->");
    let before: String = span.text.chars().take(span.column.saturating_sub(1)).collect();
    let marked: String = span.text.chars().skip(span.column.saturating_sub(1)).take(span.length).collect();
    let place = width(&super::escape::visible(&before));
    let carets = "^".repeat(width(&super::escape::visible(&marked)).max(1));
    format!(
        " {pad}{arrow} {}:{}:{}\n {number} {bar} {}\n {pad} {bar} {}{}\n",
        visible_line(&span.file),
        span.line,
        span.column,
        visible_line(&span.text),
        " ".repeat(place),
        options.paint(tone, &carets)
    )
}
