//! Overview: where the score stands, how far it is to the target, and what the run says.

use super::{Context, tile};
use crate::model::{GuardStatus, Phase, PlanVerdict};
use crate::ui::chart;
use crate::ui::run::{Run, RunStatus, is_fixed};
use crate::ui::show::{self, Tone};
use maud::{Markup, html};

pub fn view(context: &Context<'_>) -> Markup {
    let run = context.run;
    let share = run.score_now().and_then(|score| score.share());
    let before = run.score_before().and_then(|score| score.share());
    html! {
        div.overview {
            div.card.gauge-card {
                (chart::gauge(share, before.filter(|_| run.plan().is_some()), run.target()))
                (verdict(run))
            }
            div {
                dl.tiles {
                    (score_tile(run, share, before))
                    (gap_tile(run, share))
                    (passed_tile(run))
                    (round_tile(run))
                    (asked_tile(run))
                    (cost_tile(run))
                }
                (steps(run))
                (messages(run))
            }
        }
        (guards(run))
    }
}

pub fn status_chip(run: &Run) -> Markup {
    let (tone, label) = match &run.status {
        RunStatus::Idle => (Tone::Neutral, "nothing started"),
        RunStatus::Planning => (Tone::Info, "planning"),
        RunStatus::Planned => (Tone::Info, "plan ready"),
        RunStatus::Applying => (Tone::Info, "applying"),
        RunStatus::Applied => (Tone::Good, "applied"),
        RunStatus::Stopped => (Tone::Warn, "stopped"),
        RunStatus::Failed(_) => (Tone::Bad, "failed"),
    };
    show::chip(tone, label)
}

fn verdict(run: &Run) -> Markup {
    let Some(plan) = run.plan() else {
        let message = match &run.status {
            RunStatus::Failed(message) => message.as_str(),
            _ => run.phases.last().map_or("No run yet.", |(_, message)| message.as_str()),
        };
        return html! { p.verdict { (status_chip(run)) " " (show::prose(message)) } };
    };
    let tone = match plan.verdict {
        PlanVerdict::Improved => Tone::Good,
        PlanVerdict::NoChange => Tone::Neutral,
        PlanVerdict::NotEnoughEvidence => Tone::Warn,
        PlanVerdict::Blocked => Tone::Bad,
    };
    html! {
        p.verdict { (show::chip(tone, &plan.verdict.as_str().replace('-', " "))) " " (status_chip(run)) }
        p.reason { (show::told(&plan.verdict_reason)) }
        @if let Some(id) = run.plan_id() {
            p.quiet { "Plan " code { (show::text(short(id))) } " · made " (show::moment(&plan.created_at)) }
        }
    }
}

/// The part of a plan's id that people type.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

fn score_tile(run: &Run, share: Option<f64>, before: Option<f64>) -> Markup {
    let note = match (run.plan(), share, before) {
        (Some(_), Some(now), Some(before)) => html! {
            span class=(Tone::of_difference(now - before).class()) { (show::points(now - before)) }
            " from " (show::percent(before))
        },
        _ if run.score_is_of_round() => html! { "of the last round, on the learn set" },
        _ => html! { "so far" },
    };
    tile("Score", &share.map_or_else(|| "–".to_owned(), show::percent), &note)
}

fn gap_tile(run: &Run, share: Option<f64>) -> Markup {
    let Some(target) = run.target() else { return tile("Gap to target", "–", &html! { "no target declared" }) };
    let goal = show::percent(target);
    match share {
        Some(share) if share >= target => {
            tile("Gap to target", "0", &html! { span.good { "✓ reached" } " · target " (goal) })
        }
        Some(share) => tile("Gap to target", &show::points(share - target), &html! { "target " (goal) }),
        None => tile("Gap to target", "–", &html! { "target " (goal) }),
    }
}

fn passed_tile(run: &Run) -> Markup {
    let Some(score) = run.score_now() else { return tile("Passed", "–", &html! { "no question scored" }) };
    let note = match run.plan() {
        Some(plan) => html! {
            span.good { (plan.questions.iter().filter(|question| is_fixed(question)).count()) " fixed" } ", "
            span class=[(!plan.broken().is_empty()).then_some("bad")] { (plan.broken().len()) " broken" }
            @if score.needs_review > 0 { ", " (score.needs_review) " to review" }
            @if score.not_run > 0 { ", " (score.not_run) " not run" }
        },
        None if run.score_is_of_round() => html! { "of the learn set" },
        None => html! { "of the questions scored" },
    };
    tile("Passed", &format!("{} of {}", score.correct, score.total), &note)
}

fn round_tile(run: &Run) -> Markup {
    let played = run.rounds.last().map_or(0, |round| round.round);
    let most = run.rounds.last().map_or(run.info.rounds, |round| round.rounds);
    let tried = run.trials.len();
    tile("Round", &format!("{played} of {most}"), &html! { (show::count(tried, "trial")) " on the shadow" })
}

fn asked_tile(run: &Run) -> Markup {
    tile("Questions asked", &run.asked.to_string(), &html! { "and " (run.cached) " from the cache" })
}

fn cost_tile(run: &Run) -> Markup {
    let time = if run.elapsed > 0.0 { show::seconds(run.elapsed) } else { "–".to_owned() };
    let spending = run.spending;
    tile(
        "Time",
        &time,
        &html! {
            @let parts = [
                (run.waited >= 1.0).then(|| format!("{} of it waiting", show::seconds(run.waited))),
                (spending.tokens > 0).then(|| format!("{} tokens", spending.tokens)),
                spending.usd.map(|usd| format!("${usd:.2}")),
            ];
            (parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
        },
    )
}

const STEPS: [(Phase, &str); 7] = [
    (Phase::Check, "Check"),
    (Phase::Score, "Score"),
    (Phase::Learn, "Learn"),
    (Phase::Generate, "Generate"),
    (Phase::Prove, "Prove"),
    (Phase::Measure, "Measure"),
    (Phase::Apply, "Apply"),
];

/// The way of a run, with where it is now.
fn steps(run: &Run) -> Markup {
    let begun = |phase: Phase| run.phases.iter().any(|(seen, _)| *seen == phase);
    let now = run.phase().filter(|_| run.status.is_busy());
    // What a run passed over is none of its steps.
    let last = STEPS.iter().rposition(|(phase, _)| begun(*phase)).unwrap_or(0);
    let steps = STEPS.into_iter().enumerate().filter(|(at, (phase, _))| *at >= last || begun(*phase));
    html! {
        ol.steps aria-label="Steps of the run" { @for (_, (phase, name)) in steps {
            @let current = now == Some(phase);
            @let class = if current { "step now" } else if begun(phase) { "step done" } else { "step" };
            li class=(class) aria-current=[current.then_some("step")] {
                span.mark aria-hidden="true" { @if current { "●" } @else if begun(phase) { "✓" } @else { "○" } }
                " " (name)
                span.sr { @if current { " (now)" } @else if begun(phase) { " (done)" } @else { " (not yet)" } }
            }
        } }
    }
}

fn messages(run: &Run) -> Markup {
    let last: Vec<_> = run.messages.iter().rev().take(6).collect();
    html! {
        @if !last.is_empty() {
            h3 { "Latest messages" }
            ul.messages { @for message in last {
                li {
                    @if message.warning { (show::chip(Tone::Warn, "warning")) } @else { (show::chip(Tone::Info, "note")) }
                    " " (show::prose(&message.text))
                }
            } }
        }
    }
}

fn guards(run: &Run) -> Markup {
    let Some(plan) = run.plan().filter(|plan| !plan.guards.is_empty()) else { return html! {} };
    html! {
        h3 { "Guards" }
        div.scroll { table.stack {
            thead { tr { th scope="col" { "Guard" } th scope="col" { "Result" } th scope="col" { "Level" } th scope="col" { "What it says" } } }
            tbody { @for guard in &plan.guards {
                @let (tone, label) = match guard.status {
                    GuardStatus::Passed => (Tone::Good, "passed"),
                    GuardStatus::Failed => (Tone::Bad, "failed"),
                    GuardStatus::Waived => (Tone::Warn, "waived"),
                };
                tr {
                    th scope="row" data-label="Guard" { (show::text(&guard.rule)) }
                    td data-label="Result" { (show::chip(tone, label)) }
                    td data-label="Level" { (format!("{:?}", guard.level).to_lowercase()) }
                    td data-label="What it says" { (show::told(&guard.message)) }
                }
            } }
        } }
    }
}
