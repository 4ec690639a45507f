//! A scorecard for the terminal: score, outcomes, failures with their first difference, and what
//! was left out with why.

use super::escape::visible_line;
use super::style::{Detail, TerminalOptions, Tone, cut};
use crate::model::{Outcome, Scorecard, ScoredQuestion, Suite};

/// The scorecard; `suite` gives the questions their words.
pub fn scorecard(card: &Scorecard, suite: Option<&Suite>, options: &TerminalOptions) -> String {
    let share = if card.total() == 0 { 0.0 } else { 100.0 * card.correct() as f64 / card.total() as f64 };
    let score = format!("{}/{}", card.correct(), card.total());
    let mut text =
        format!("{} {} ({share:.1} %)\n", options.paint(Tone::Strong, "Score"), options.paint(Tone::Strong, &score));
    let outcomes = [
        Outcome::Correct,
        Outcome::Incorrect,
        Outcome::NoSql,
        Outcome::BadSql,
        Outcome::NeedsReview,
        Outcome::NotRun,
        Outcome::BadGold,
    ];
    let counts = outcomes.into_iter().map(|outcome| (outcome, card.count(outcome))).filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(outcome, count)| format!("{count} {}", outcome.as_str())).collect();
    text.push_str(&format!("  {}\n", counts.join(options.dot())));
    if options.detail == Detail::Concise {
        return text;
    }
    let failed =
        |question: &&ScoredQuestion| question.verdict.outcome.counts() && !question.verdict.outcome.is_correct();
    section(&mut text, "Failed", card.questions.iter().filter(failed), suite, options);
    let out = |question: &&ScoredQuestion| !question.verdict.outcome.counts();
    section(&mut text, "Left out of the score", card.questions.iter().filter(out), suite, options);
    text
}

fn section<'a>(
    text: &mut String,
    heading: &str,
    questions: impl Iterator<Item = &'a ScoredQuestion>,
    suite: Option<&Suite>,
    options: &TerminalOptions,
) {
    let mut first = true;
    for question in questions {
        if std::mem::take(&mut first) {
            text.push_str(&format!("\n{}\n", options.paint(Tone::Strong, heading)));
        }
        text.push_str(&failure(question, suite, options));
    }
}

fn failure(question: &ScoredQuestion, suite: Option<&Suite>, options: &TerminalOptions) -> String {
    let verdict = &question.verdict;
    let (sign, tone) = match verdict.outcome {
        Outcome::NeedsReview => ("?", Tone::Warn),
        outcome if outcome.counts() => (options.symbol("✗", "x"), Tone::Bad),
        _ => (options.symbol("○", "o"), Tone::Faint),
    };
    let words = suite.and_then(|suite| suite.question(&question.id)).map(|known| visible_line(&known.question));
    let id = visible_line(&question.id);
    let room = options.width.saturating_sub(id.len() + 24).max(20);
    let words = words.map(|words| format!("  {}", cut(&words, room))).unwrap_or_default();
    let mut text = format!("  {} {id}  {}{words}\n", options.paint(tone, sign), verdict.outcome.as_str());
    text.push_str(
        &options.paragraph("      ", &format!("{} {}", visible_line(&verdict.reason), visible_line(&verdict.detail))),
    );
    // Most details say it already.
    let told = |text: &str| verdict.detail.contains(text);
    let untold = verdict.first_difference.as_ref().filter(|of| !(told(&of.expected) && told(&of.actual)));
    if let Some(difference) = untold {
        let row = difference.row.map(|row| format!("row {row}"));
        let column = difference.column.as_deref().map(|column| format!("column {}", visible_line(column)));
        let place: Vec<String> = row.into_iter().chain(column).collect();
        let (expected, actual) = (visible_line(&difference.expected), visible_line(&difference.actual));
        let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(", ")) };
        text.push_str(&options.paragraph("      ", &format!("{place}expected {expected}, answered {actual}")));
    }
    text
}
