//! Scoring: what is being asked, what came back, what holds it up; and the log of events.

use super::{Context, empty};
use crate::model::{Event, Outcome};
use crate::ui::chart;
use crate::ui::hub::Logged;
use crate::ui::run::{Batch, Run, ScoredRow, TRIAL};
use crate::ui::show::{self, Tone};
use maud::{Markup, html};

/// Failures shown while they come; the failure breakdown has them all afterwards.
const MOST_ROWS: usize = 100;

pub fn view(context: &Context<'_>) -> Markup {
    let run = context.run;
    html! {
        @if let Some(batch) = &run.batch { (progress(run, batch)) }
        @else { (empty("No question has been asked yet.")) }
        (state(run))
        @if !run.asking.is_empty() { (asking(run)) }
        @if let Some(batch) = &run.batch { (failures(run, batch)) }
        @if !run.batches.is_empty() { (batches(run)) }
        @if !context.is_report() { p { a href="/log" { "All events of this run" } } }
    }
}

fn progress(run: &Run, batch: &Batch) -> Markup {
    let failed = batch.scored.len().saturating_sub(batch.correct);
    html! {
        div.card {
            h3 { (show::prose(&batch.what)) " "
                @if batch.finished { (show::chip(Tone::Good, "finished")) }
                @else if run.status.is_busy() { (show::chip(Tone::Info, "running")) }
            }
            (chart::progress("Questions scored", batch.done, batch.total, "info"))
            p.tally aria-live="polite" {
                span.good { "✓ " (batch.correct) " right" } " · "
                span.bad { "✗ " (failed) " not right" } " · "
                span.quiet { (batch.cached) " from the cache · " (batch.total.saturating_sub(batch.done)) " to go" }
            }
            @if let Some((rate, left)) = run.pace() {
                p.quiet { (format!("{:.1}", rate * 60.0)) " questions a minute · about " (show::seconds(left)) " to go" }
            }
            (strip(batch))
        }
    }
}

/// Every scored question as one small square, in order.
fn strip(batch: &Batch) -> Markup {
    // Beyond this the squares say nothing any more.
    if batch.total.max(batch.scored.len()) > 1000 {
        return html! {};
    }
    html! {
        div.strip role="img" aria-label={ (batch.correct) " right of " (batch.scored.len()) " scored" } {
            @for row in &batch.scored { i class=(cell_class(row.outcome)) {} }
            @for _ in batch.scored.len()..batch.total { i.cell {} }
        }
    }
}

fn cell_class(outcome: Outcome) -> &'static str {
    match show::outcome_tone(outcome) {
        Tone::Good => "cell good",
        Tone::Bad => "cell bad",
        Tone::Warn => "cell warn",
        Tone::Info | Tone::Neutral => "cell neutral",
    }
}

fn state(run: &Run) -> Markup {
    let breaker = run.breaker.to_lowercase();
    let tone = match breaker.as_str() {
        "" | "closed" => Tone::Good,
        "half-open" | "half_open" => Tone::Warn,
        _ => Tone::Bad,
    };
    html! {
        ul.state {
            li { span.quiet { "Circuit breaker " } (show::chip(tone, if breaker.is_empty() { "closed" } else { &breaker })) }
            li { span.quiet { "Waiting " }
                @match &run.waiting {
                    Some((why, seconds)) => (show::chip(Tone::Warn, &format!("{} · {}", why, show::seconds(*seconds)))),
                    None => (show::chip(Tone::Neutral, "no")),
                }
            }
            li { span.quiet { "Waited in all " } b { (show::seconds(run.waited)) } }
        }
    }
}

fn asking(run: &Run) -> Markup {
    html! {
        h3 { "Being asked now" }
        ul.asking { @for id in run.asking.iter().take(20) {
            li { span.pulse aria-hidden="true" {} code { (show::text(id)) } " " (show::prose(run.question(id))) }
        } }
        @if run.asking.len() > 20 { p.quiet { "and " (run.asking.len() - 20) " more" } }
    }
}

fn failures(run: &Run, batch: &Batch) -> Markup {
    let failed: Vec<&ScoredRow> = batch.scored.iter().filter(|row| !row.outcome.is_correct()).collect();
    html! {
        @if !failed.is_empty() {
            h3 { "Not right, newest first" }
            ul.rows { @for row in failed.iter().rev().take(MOST_ROWS) {
                li {
                    (show::outcome(row.outcome)) " "
                    code { (show::text(&row.id)) } " " (show::prose(run.question(&row.id)))
                    @if !row.reason.is_empty() { " " span.quiet { "· " (show::code(&row.reason)) } }
                }
            } }
            @if failed.len() > MOST_ROWS {
                p.quiet { "The newest " (MOST_ROWS) " of " (failed.len()) "; the plan has them all, under Failures." }
            }
        }
    }
}

/// Without the trials, which have their table under Apply.
fn batches(run: &Run) -> Markup {
    let shown: Vec<_> = run.batches.iter().filter(|(what, _, _)| what != TRIAL).collect();
    html! {
        details {
            summary { (show::count(shown.len(), "finished batch").replace("batchs", "batches")) }
            div.scroll { table {
                thead { tr { th scope="col" { "Batch" } th.number scope="col" { "Right" } th.number scope="col" { "Of" } } }
                tbody { @for (what, correct, total) in shown.iter().rev() {
                    tr { td { (show::prose(what)) } td.number { (correct) } td.number { (total) } }
                } }
            } }
        }
    }
}

/// One page of the log.
pub fn log(entries: &[Logged], page: usize, size: usize, total: usize) -> Markup {
    let pages = total.div_ceil(size).max(1);
    html! {
        p.quiet { (show::count(total, "event")) ", newest first · page " (page + 1) " of " (pages) }
        div.scroll { table.log {
            thead { tr { th.number scope="col" { "No." } th.number scope="col" { "At" } th scope="col" { "Event" } th scope="col" { "What" } } }
            tbody { @for entry in entries { @if let Some(event) = &entry.event {
                @let (name, what) = told(event);
                tr {
                    td.number { (entry.seq) }
                    td.number { (format!("{:.1} s", entry.at)) }
                    td { (name) }
                    td { (show::prose(&what)) }
                }
            } } }
        } }
        nav.pages aria-label="Pages of the log" {
            @if page > 0 { a href={ "/log?page=" (page - 1) } { "← newer" } }
            @if page + 1 < pages { a href={ "/log?page=" (page + 1) } { "older →" } }
        }
    }
}

/// An event in words.
fn told(event: &Event) -> (&'static str, String) {
    match event {
        Event::PhaseStarted { phase, message } => ("phase", format!("{phase:?}: {message}")),
        Event::ScoringStarted { what, total } => ("scoring", format!("{what}: {total} questions")),
        Event::Estimated { cost, cached } => {
            ("estimate", format!("{} questions to ask, {cached} answered already", cost.questions))
        }
        Event::Spent { cost } => ("cost", format!("{} questions, {} tokens so far", cost.questions, cost.tokens)),
        Event::GoldFinding { id, code, message } => ("gold", format!("{id}: {code} {message}")),
        Event::QuestionAsked { id, question } => ("asked", format!("{id}: {question}")),
        Event::QuestionScored { id, outcome, reason, cached, .. } => {
            let from = if *cached { " (cached)" } else { "" };
            ("scored", format!("{id}: {} {reason}{from}", outcome.as_str()))
        }
        Event::ScoringFinished { what, correct, total } => ("scored all", format!("{what}: {correct} of {total}")),
        Event::Breaker { state } => ("breaker", state.clone()),
        Event::Waiting { why, seconds } => ("waiting", format!("{why}: {}", show::seconds(*seconds))),
        Event::PatternsLearnt { patterns } => ("learnt", format!("{patterns} patterns")),
        Event::CandidatesMade { candidates, rejected } => {
            ("candidates", format!("{candidates} made, {rejected} rejected"))
        }
        Event::TrialStarted { candidates, questions } => {
            ("trial", format!("{} on {questions} questions", candidates.join(", ")))
        }
        Event::TrialFinished { candidates, fixed, broken, kept } => {
            let kept = if *kept { "kept" } else { "dropped" };
            ("trial", format!("{}: {} fixed, {} broken, {kept}", candidates.join(", "), fixed.len(), broken.len()))
        }
        Event::RoundFinished { round, rounds, correct, total } => {
            ("round", format!("{round} of {rounds}: {correct} of {total}"))
        }
        Event::ChangeApplied { id, status } => ("applied", format!("{id}: {status}")),
        Event::Note { message } => ("note", message.clone()),
        Event::Warning { message } => ("warning", message.clone()),
    }
}
