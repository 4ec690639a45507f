//! Failure breakdown: the questions that are not right, by cause, each with both queries.

use super::{Context, empty};
use crate::model::{Answer, Outcome, ScoredQuestion, Split, Verdict};
use crate::ui::code;
use crate::ui::run::{Finished, Run};
use crate::ui::show::{self, Tone};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// More than these are fetched when they are opened, so that the page stays quick.
const MOST_INLINE: usize = 30;

/// One question that is or was not right.
struct Failure<'a> {
    id: &'a str,
    before: Option<Outcome>,
    after: Option<Outcome>,
    /// The scored question that is shown: the latest one that is not right.
    shown: Option<&'a ScoredQuestion>,
    /// Why, where there is no scorecard to say it.
    reason: &'a str,
    split: Option<Split>,
}

impl Failure<'_> {
    fn outcome(&self) -> Outcome {
        self.shown.map(|q| q.verdict.outcome).or(self.after).or(self.before).unwrap_or(Outcome::NotRun)
    }

    fn cause(&self) -> (Outcome, String) {
        let reason = self.shown.map_or(self.reason, |question| question.verdict.reason.as_str());
        (self.outcome(), reason.to_owned())
    }

    fn is_right_now(&self) -> bool {
        self.after.is_some_and(Outcome::is_correct)
    }

    /// A question that was not run before was not wrong, and so is not fixed.
    fn is_fixed(&self) -> bool {
        self.is_right_now() && self.before.is_some_and(Outcome::counts)
    }

    fn chip(&self) -> Markup {
        match (self.is_fixed(), self.is_right_now()) {
            (true, _) => show::chip(Tone::Good, "fixed"),
            (false, true) => show::chip(Tone::Info, "right now, not run before"),
            (false, false) => show::outcome(self.outcome()),
        }
    }
}

/// True if the reason is not just the outcome's name.
fn says_more((outcome, reason): &(Outcome, String)) -> bool {
    !reason.is_empty() && !show::code(reason).eq_ignore_ascii_case(show::outcome_name(*outcome))
}

/// All questions that are not right before or not right afterwards, in the plan's order.
fn failures(finished: &Finished) -> Vec<Failure<'_>> {
    let wrong = finished.plan.questions.iter().filter(|q| !q.before.is_correct() || !q.after.is_correct());
    wrong
        .map(|question| {
            let (card, reason) = if question.after.is_correct() {
                (&finished.before, &question.reason_before)
            } else {
                (&finished.after, &question.reason_after)
            };
            Failure {
                id: &question.id,
                before: Some(question.before),
                after: Some(question.after),
                shown: card.as_ref().and_then(|card| card.get(&question.id)),
                reason,
                split: Some(question.split),
            }
        })
        .collect()
}

pub fn view(context: &Context<'_>) -> Markup {
    let Some(finished) = context.run.finished.as_deref() else {
        return empty("The breakdown comes with the plan; failures so far stand under Scoring.");
    };
    let failures = failures(finished);
    if failures.is_empty() {
        return html! { p { (show::chip(Tone::Good, "no failures")) " Every question is right, before and after." } };
    }
    let mut causes: BTreeMap<(Outcome, String), Vec<&Failure<'_>>> = BTreeMap::new();
    for failure in &failures {
        causes.entry(failure.cause()).or_default().push(failure);
    }
    let fixed = failures.iter().filter(|failure| failure.is_fixed()).count();
    let still = failures.iter().filter(|failure| !failure.is_right_now()).count();
    let unknown = failures.len() - fixed - still;
    let inline = context.is_report() || failures.len() <= MOST_INLINE;
    html! {
        p {
            (show::count(failures.len(), "question")) " not right before or after the plan: "
            span.good { "✓ " (fixed) " fixed by it" } ", "
            span.bad { "✗ " (still) " not right afterwards" }
            @if unknown > 0 { ", " (unknown) " not run before and right now" } "."
        }
        div.tabs data-tabs="causes" {
            ul.tab-list { @for (at, (cause, list)) in causes.iter().enumerate() {
                li { a href={ "#cause-" (at) } {
                    (show::outcome_name(cause.0))
                    @if says_more(cause) { ": " (show::code(&cause.1)) }
                    " " span.badge { (list.len()) }
                } }
            } }
            @for (at, (cause, list)) in causes.iter().enumerate() {
                div.tab-panel id={ "cause-" (at) } {
                    h3 { (show::outcome(cause.0)) " " (show::code(&cause.1)) }
                    @for failure in list { (row(context, finished, failure, inline)) }
                }
            }
        }
    }
}

fn row(context: &Context<'_>, finished: &Finished, failure: &Failure<'_>, inline: bool) -> Markup {
    let run = context.run;
    // The page's own address works from a page of one failure as well; a report has none.
    let home = if context.is_report() { "" } else { "/" };
    let anchor = show::anchor("f", failure.id);
    let address = format!("/failure?id={}", encoded(failure.id));
    html! {
        details.item id=(anchor) data-src=[(!inline).then_some(&address)] {
            summary {
                span.question { (show::prose(run.question(failure.id))) }
                span.meta {
                    (failure.chip())
                    " " code { (show::text(failure.id)) }
                    @if failure.split == Some(Split::Holdout) { " " (show::chip(Tone::Info, "holdout")) }
                }
            }
            @if inline { (detail(run, finished, failure, home)) }
            @else { p { a href=(address) { "Show this question" } } }
        }
    }
}

/// Percent-encoding for a query value.
fn encoded(raw: &str) -> String {
    raw.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

/// One question's details, for a page of its own or to be fetched.
pub fn one(run: &Run, id: &str) -> Option<Markup> {
    let finished = run.finished.as_deref()?;
    let failures = failures(finished);
    let failure = failures.iter().find(|failure| failure.id == id)?;
    Some(detail(run, finished, failure, "/"))
}

fn detail(run: &Run, finished: &Finished, failure: &Failure<'_>, home: &str) -> Markup {
    let gold = finished.suite.as_ref().and_then(|suite| suite.question(failure.id)).map(|q| q.sql.as_str());
    let when = if failure.is_right_now() { "before the plan" } else { "with the plan" };
    html! {
        div.detail {
            p.full { (show::prose(run.question(failure.id))) }
            @if let Some(question) = failure.shown { (verdict(&question.verdict, when)) }
            @else if !failure.reason.is_empty() { p { "Reason: " (show::code(failure.reason)) } }
            (queries(gold, failure.shown.and_then(|question| question.answer.as_ref())))
            (history(failure))
            (aims(finished, failure.id, home))
        }
    }
}

fn verdict(verdict: &Verdict, when: &str) -> Markup {
    html! {
        p { (show::outcome(verdict.outcome)) " " span.quiet { (when) } " — " (show::prose(&verdict.detail))
            @if !verdict.reason.is_empty() { " " code { (show::text(&verdict.reason)) } }
        }
        @if let Some(difference) = &verdict.first_difference {
            div.scroll { table.first-difference {
                caption { "First difference" }
                thead { tr { th scope="col" { "Where" } th scope="col" { "Expected" } th scope="col" { "Answered" } } }
                tbody { tr {
                    td {
                        @if let Some(row) = difference.row { "row " (row) } @else { "whole result" }
                        @if let Some(column) = &difference.column { ", column " code { (show::text(column)) } }
                    }
                    td.expected { (show::prose(&difference.expected)) }
                    td.actual { (show::prose(&difference.actual)) }
                } }
            } }
        }
    }
}

fn queries(gold: Option<&str>, answer: Option<&Answer>) -> Markup {
    let said = |name: &str, text: &str| {
        html! { figure.side { figcaption { (name) } blockquote { (show::prose(text)) } } }
    };
    match (gold, answer) {
        (Some(gold), Some(Answer::Sql { sql, .. })) => code::side_by_side(gold, sql),
        (None, Some(Answer::Sql { sql, .. })) => html! { h4 { "Answered SQL" } (code::sql(sql)) },
        (gold, other) => html! {
            div.sides {
                @if let Some(gold) = gold { figure.side { figcaption { "Gold SQL" } (code::sql(gold)) } }
                @match other {
                    Some(Answer::Text { text, asks_back: true }) => (said("Asked back", text)),
                    Some(Answer::Text { text, .. }) => (said("Answered in words", text)),
                    Some(Answer::Failed { error_type, message }) => (said(&format!("Failed: {}", show::text(error_type)), message)),
                    _ => (said("Answer", "none")),
                }
            }
        },
    }
}

fn history(failure: &Failure<'_>) -> Markup {
    html! {
        p.before-after { "Before " @if let Some(before) = failure.before { (show::outcome(before)) }
            " → after " @if let Some(after) = failure.after { (show::outcome(after)) } }
    }
}

/// What was tried for this question.
fn aims(finished: &Finished, id: &str, home: &str) -> Markup {
    let plan = &finished.plan;
    let holds = |list: &[String]| list.iter().any(|fixed| fixed == id);
    let fixing: Vec<_> = plan.changes.iter().filter(|change| holds(&change.evidence.fixes)).collect();
    let rejected: Vec<_> = plan.rejections.iter().filter(|rejection| holds(&rejection.candidate.targets)).collect();
    html! {
        h4 { "Candidates that aim at it" }
        @if fixing.is_empty() && rejected.is_empty() { p.quiet { "None." } }
        ul.rows {
            @for change in fixing { li {
                (show::chip(Tone::Good, "in the plan")) " "
                a href={ (home) "#" (show::anchor("change", &change.id)) } { (show::text(&change.id)) } " " (show::told(&change.reason))
            } }
            @for rejection in rejected { li {
                (show::chip(Tone::Neutral, &format!("rejected: {}", super::fixes::rejection_name(rejection.reason)))) " "
                (show::told(&rejection.candidate.reason)) span.quiet { " — " (show::told(&rejection.detail)) }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_encoded_for_links() {
        assert_eq!(encoded("a-1"), "a-1");
        assert_eq!(encoded("a&b=\"질"), "a%26b%3D%22%EC%A7%88");
    }
}
