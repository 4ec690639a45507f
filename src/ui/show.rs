//! How texts and figures are written on the page: foreign text made harmless to read, numbers in
//! one form everywhere.

use crate::model::{Category, Outcome, Score};
use maud::{Markup, html};

/// Foreign text with its invisible characters made visible. Escaping is maud's; this is about what
/// escaping leaves: control characters and those that turn the reading direction, which make a
/// text look like another one.
pub fn text(raw: &str) -> String {
    let mut shown = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('␦')),
            '\u{7f}' => shown.push('␡'),
            c if is_hidden(c) => shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The language to announce for a text: Korean if it holds any Hangul.
pub fn lang(raw: &str) -> Option<&'static str> {
    raw.chars().any(|c| matches!(c, '가'..='힣' | 'ㄱ'..='ㅣ')).then_some("ko")
}

/// Foreign prose in a span that carries its language.
pub fn prose(raw: &str) -> Markup {
    html! { span lang=[lang(raw)] { (text(raw)) } }
}

/// A sentence of this program, in which backticks mark code.
pub fn told(raw: &str) -> Markup {
    if raw.matches('`').count() % 2 == 1 {
        return prose(raw);
    }
    html! {
        span lang=[lang(raw)] {
            @for (at, part) in raw.split('`').enumerate() {
                @if at % 2 == 1 { code { (text(part)) } } @else { (text(part)) }
            }
        }
    }
}

pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

pub fn score(score: Score) -> String {
    score.share().map_or_else(|| "–".to_owned(), percent)
}

/// A difference of two shares, in points of a hundred, with its sign.
pub fn points(difference: f64) -> String {
    format!("{}{:.1} pp", sign(difference), difference.abs() * 100.0)
}

/// A count with its sign.
pub fn signed(count: i64) -> String {
    format!("{}{}", sign(count as f64), count.unsigned_abs())
}

fn sign(value: f64) -> &'static str {
    if value > 0.0 {
        "+"
    } else if value < 0.0 {
        "−"
    } else {
        "±"
    }
}

pub fn seconds(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A moment as RFC 3339 has it, for people: to the minute, with its zone.
pub fn moment(raw: &str) -> String {
    let shown = match (raw.get(..10), raw.get(10..11), raw.get(11..16), raw.ends_with('Z')) {
        (Some(day), Some("T"), Some(time), true) => format!("{day} {time} UTC"),
        _ => raw.to_owned(),
    };
    text(&shown)
}

/// `1 question`, `2 questions`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The tone of a figure; every tone has its colour and, because colour alone tells some readers
/// nothing, its own mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    Warn,
    Info,
    Neutral,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Neutral => "neutral",
        }
    }

    pub fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✗",
            Self::Warn => "!",
            Self::Info => "●",
            Self::Neutral => "○",
        }
    }

    pub fn of_difference(difference: f64) -> Self {
        if difference > 0.0 {
            Self::Good
        } else if difference < 0.0 {
            Self::Bad
        } else {
            Self::Neutral
        }
    }
}

/// A small label with mark and colour.
pub fn chip(tone: Tone, label: &str) -> Markup {
    html! {
        span class={ "chip " (tone.class()) } { span.mark aria-hidden="true" { (tone.mark()) } " " (text(label)) }
    }
}

pub fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Correct => Tone::Good,
        Outcome::Incorrect | Outcome::NoSql | Outcome::BadSql => Tone::Bad,
        Outcome::NeedsReview => Tone::Warn,
        Outcome::NotRun | Outcome::BadGold => Tone::Neutral,
    }
}

pub fn outcome(outcome: Outcome) -> Markup {
    chip(outcome_tone(outcome), outcome_name(outcome))
}

pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Correct => "correct",
        Outcome::Incorrect => "wrong result",
        Outcome::NoSql => "no SQL",
        Outcome::BadSql => "SQL fails",
        Outcome::NeedsReview => "needs review",
        Outcome::NotRun => "not run",
        Outcome::BadGold => "bad gold",
    }
}

pub fn category_name(category: Category) -> &'static str {
    match category {
        Category::Metadata => "Metadata",
        Category::JoinSpecs => "Join specs",
        Category::SqlSnippets => "SQL snippets",
        Category::SampleQueries => "Sample queries",
        Category::Instructions => "Instructions",
        Category::Other => "Other",
    }
}

/// A reason code as words: `VALUES_DIFFER` → `values differ`.
pub fn code(raw: &str) -> String {
    text(&raw.replace(['_', '-'], " ").to_lowercase())
}

/// A text that may stand in an `id` attribute and in a link to it.
pub fn anchor(prefix: &str, raw: &str) -> String {
    let safe: String = raw.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    if safe == raw {
        return format!("{prefix}-{safe}");
    }
    // Two different ids must not meet in one anchor.
    format!("{prefix}-{safe}-{}", crate::model::digest_text(raw).short())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_become_visible() {
        assert_eq!(text("a\u{202e}b\0c\nd"), "a⟨U+202E⟩b␀c\nd");
        assert_eq!(text("어제 DAU 👩‍💻"), "어제 DAU 👩‍💻");
    }

    #[test]
    fn backticks_mark_code_in_pairs_only() {
        assert_eq!(told("x of `a.b` <").into_string(), "<span>x of <code>a.b</code> &lt;</span>");
        assert_eq!(told("a `b").into_string(), "<span>a `b</span>");
    }

    #[test]
    fn figures_have_one_form() {
        assert_eq!(percent(0.875), "87.5%");
        assert_eq!(points(-0.1), "−10.0 pp");
        assert_eq!(signed(3), "+3");
        assert_eq!(signed(0), "±0");
        assert_eq!(seconds(192.4), "3 min 12 s");
        assert_eq!(moment("2025-08-27T09:14:22Z"), "2025-08-27 09:14 UTC");
        assert_eq!(moment("soon"), "soon");
        assert_eq!(code("VALUES_DIFFER"), "values differ");
    }

    #[test]
    fn anchors_hold_nothing_but_safe_characters_and_do_not_meet() {
        assert_eq!(anchor("q", "dau-1"), "q-dau-1");
        assert_ne!(anchor("q", "a b"), anchor("q", "a_b"));
        assert!(!anchor("q", "\"><script>").contains(['"', '<', '>']));
    }
}
