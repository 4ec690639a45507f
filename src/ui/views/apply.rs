//! Apply: trials on the shadow while proving; the write and the read-back while applying. Every
//! figure comes from an event.

use super::{Context, empty};
use crate::model::{Category, Plan};
use crate::ui::chart;
use crate::ui::difference;
use crate::ui::run::{Run, RunStatus, Trial, TrialResult, is_read_back};
use crate::ui::show::{self, Tone};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Trials listed; the log has the rest.
const MOST_TRIALS: usize = 60;

pub fn view(context: &Context<'_>) -> Markup {
    let run = context.run;
    html! {
        @match run.plan() {
            Some(plan) if !plan.changes.is_empty() => (applying(run, plan)),
            Some(_) => (empty("The plan holds no change; there is nothing to apply.")),
            None => (empty("There is no plan to apply yet.")),
        }
        (trials(run))
    }
}

fn status_tone(status: &str) -> Tone {
    match status {
        "equal" => Tone::Good,
        "migrated" | "lossy" => Tone::Warn,
        "failed" | "error" => Tone::Bad,
        _ => Tone::Info,
    }
}

fn applying(run: &Run, plan: &Plan) -> Markup {
    let status = |id: &str| run.applied.get(id).map_or("", String::as_str);
    let done = plan.changes.iter().filter(|change| is_read_back(status(&change.id))).count();
    html! {
        div.card {
            h3 { "On the live space " (state(run)) }
            (chart::progress("Changes applied", done, plan.changes.len(), "good"))
            (statuses(run))
            @for category in super::fixes::CATEGORIES { (category_progress(run, plan, category)) }
        }
    }
}

fn state(run: &Run) -> Markup {
    match run.status {
        RunStatus::Applying => show::chip(Tone::Info, "applying"),
        RunStatus::Applied => show::chip(Tone::Good, "applied and read back"),
        RunStatus::Failed(_) if !run.applied.is_empty() => show::chip(Tone::Bad, "failed"),
        _ => show::chip(Tone::Neutral, "not applied"),
    }
}

/// How many changes stand at which status.
fn statuses(run: &Run) -> Markup {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for status in run.applied.values() {
        *counts.entry(status).or_default() += 1;
    }
    html! {
        @if !counts.is_empty() {
            p.tally aria-live="polite" { @for (status, count) in counts {
                (show::chip(status_tone(status), &format!("{count} {status}"))) " "
            } }
        }
    }
}

fn category_progress(run: &Run, plan: &Plan, category: Category) -> Markup {
    let changes: Vec<_> = plan.changes.iter().filter(|change| change.category == category).collect();
    let status = |id: &str| run.applied.get(id).map_or("", String::as_str);
    let done = changes.iter().filter(|change| is_read_back(status(&change.id))).count();
    let name = show::category_name(category);
    html! {
        @if !changes.is_empty() {
            details.item.category {
                summary {
                    span.question { span class={ "key cat-" (category.as_str()) } aria-hidden="true" {} (name) }
                    (chart::progress(&format!("{name} applied"), done, changes.len(), "good"))
                }
                ul.rows { @for change in changes { li {
                    @let status = status(&change.id);
                    (show::chip(if status.is_empty() { Tone::Neutral } else { status_tone(status) },
                        if status.is_empty() { "waiting" } else { status }))
                    " " code { (show::text(&change.id)) } " " (difference::place(&change.change))
                } } }
            }
        }
    }
}

fn trials(run: &Run) -> Markup {
    let ended: Vec<&TrialResult> = run.trials.iter().filter_map(|trial| trial.result.as_ref()).collect();
    let with = |found: Found| ended.iter().filter(|result| Found::by(result) == found).count();
    html! {
        h3 { "On the shadow " span.badge { (run.trials.len()) } }
        @if run.trials.is_empty() { (empty("No trial yet.")) }
        @else {
            p { (show::count(run.trials.len(), "trial"))
                @if !ended.is_empty() {
                    ": " span.good { "✓ " (with(Found::Helps)) " better" } ", "
                    span.bad { "✗ " (with(Found::Breaks)) " worse somewhere" } ", " (with(Found::Nothing)) " without effect"
                }
                ". The live space is not touched by trials." }
            div.scroll { table {
                thead { tr {
                    th scope="col" { "Candidates" } th.number scope="col" { "Questions" } th.number scope="col" { "Right" }
                    th.number scope="col" { "Fixed" } th.number scope="col" { "Broken" } th scope="col" { "Result" }
                } }
                tbody { @for trial in run.trials.iter().rev().take(MOST_TRIALS) { (trial_row(trial)) } }
            } }
            @if run.trials.len() > MOST_TRIALS { (older_trials(run)) }
        }
    }
}

/// While a run goes on the page is made anew all the time; the whole list can wait for its end.
fn older_trials(run: &Run) -> Markup {
    let older = run.trials.len() - MOST_TRIALS;
    html! {
        @if run.finished.is_none() {
            p.quiet { "The newest " (MOST_TRIALS) " of " (run.trials.len()) "; the others when the run has ended." }
        } @else {
            details {
                summary { "Earlier: " (show::count(older, "trial")) }
                div.scroll { table { tbody { @for trial in run.trials.iter().rev().skip(MOST_TRIALS) { (trial_row(trial)) } } } }
            }
        }
    }
}

/// What a trial found, whatever was made of it: what stays stands under Fixes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Helps,
    Breaks,
    Nothing,
}

impl Found {
    fn by(result: &TrialResult) -> Self {
        match (result.fixed.is_empty(), result.broken.is_empty()) {
            (_, false) => Self::Breaks,
            (false, true) => Self::Helps,
            (true, true) => Self::Nothing,
        }
    }

    fn chip(self) -> Markup {
        match self {
            Self::Helps => show::chip(Tone::Good, "better"),
            Self::Breaks => show::chip(Tone::Bad, "worse somewhere"),
            Self::Nothing => show::chip(Tone::Neutral, "no effect"),
        }
    }
}

/// Candidates of a trial that are shown at once.
const FEW: usize = 3;

fn trial_row(trial: &Trial) -> Markup {
    html! {
        tr {
            td.names {
                @for id in trial.candidates.iter().take(FEW) { code { (show::text(id)) } " " }
                @if trial.candidates.len() > FEW {
                    details { summary { "and " (trial.candidates.len() - FEW) " more" }
                        @for id in trial.candidates.iter().skip(FEW) { code { (show::text(id)) } " " } }
                }
            }
            td.number { (trial.questions) }
            td.number { @if let Some((right, _)) = trial.right { (right) } @else { "–" } }
            @match &trial.result {
                Some(result) => {
                    td.number { (result.fixed.len()) }
                    td.number { (result.broken.len()) }
                    td { (Found::by(result).chip()) }
                }
                None if trial.right.is_some() => {
                    td.number { "–" } td.number { "–" } td { (show::chip(Tone::Neutral, "measured")) }
                }
                None => { td.number { "–" } td.number { "–" } td { (show::chip(Tone::Info, "running")) } }
            }
        }
    }
}
