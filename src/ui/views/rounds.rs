//! Rounds: how the score went from round to round, learn set and holdout apart.

use super::{Context, empty};
use crate::model::Score;
use crate::ui::chart::{self, Series};
use crate::ui::run::Run;
use crate::ui::show::{self, Tone};
use maud::{Markup, html};

/// One step of the run with what is known of it.
struct Step {
    label: String,
    learn: Option<Score>,
    holdout: Option<Score>,
}

/// The base, every round, and the final measurement.
fn steps(run: &Run) -> Vec<Step> {
    let plan = run.plan();
    let some = |score: Score| (score.total > 0).then_some(score);
    let mut steps = Vec::new();
    let base = plan.map(|plan| plan.score.before.clone());
    if base.is_some() {
        steps.push(Step {
            label: "base".to_owned(),
            // Before there is a plan the base is known on all questions only, which is no learn set.
            learn: base.as_ref().and_then(|base| some(base.learn)),
            holdout: base.and_then(|base| some(base.holdout)),
        });
    }
    for round in &run.rounds {
        let learn = some(Score { correct: round.correct, total: round.total, ..Score::default() });
        steps.push(Step { label: format!("round {}", round.round), learn, holdout: None });
    }
    if let Some(plan) = plan {
        let (learn, holdout) = (some(plan.score.after.learn), some(plan.score.after.holdout));
        steps.push(Step { label: "final".to_owned(), learn, holdout });
    }
    steps
}

pub fn view(context: &Context<'_>) -> Markup {
    let run = context.run;
    let steps = steps(run);
    if steps.is_empty() {
        return empty("No round yet.");
    }
    let labels: Vec<String> = steps.iter().map(|step| step.label.clone()).collect();
    let learn = series("Learn set", "learn", &steps, |step| step.learn);
    let holdout = series("Holdout", "holdout", &steps, |step| step.holdout);
    html! {
        p { (message(run)) }
        div.card {
            (chart::line("rounds-line", "Score over rounds", &labels, &[learn, holdout], run.target()))
            ul.line-legend {
                li { span.key.learn aria-hidden="true" {} "Learn set (round marks)" }
                li { span.key.holdout aria-hidden="true" {} "Holdout (square marks): never learnt from" }
                li { span.key.goal aria-hidden="true" {} "Target" }
                li.quiet { "Thin bars: 95 % intervals" }
            }
        }
        div.scroll { table {
            thead { tr {
                th scope="col" { "Step" } th.number scope="col" { "Learn set" } th.number scope="col" { "Right" }
                th.number scope="col" { "Change" } th.number scope="col" { "Holdout" } th.number scope="col" { "Right" }
            } }
            tbody { @for (at, step) in steps.iter().enumerate() { (row(step, at.checked_sub(1).map(|before| &steps[before]))) } }
        } }
    }
}

fn series(name: &'static str, class: &'static str, steps: &[Step], of: impl Fn(&Step) -> Option<Score>) -> Series {
    let points = steps.iter().enumerate().filter_map(|(at, step)| {
        let score = of(step)?;
        Some((at, score.share()?, chart::interval(score.correct, score.total)))
    });
    Series { name, class, points: points.collect() }
}

fn row(step: &Step, before: Option<&Step>) -> Markup {
    let share = |score: Option<Score>| score.and_then(|score| score.share());
    let right =
        |score: Option<Score>| score.map_or_else(|| "–".to_owned(), |s| format!("{} of {}", s.correct, s.total));
    let change = share(step.learn).zip(before.and_then(|before| share(before.learn))).map(|(now, was)| now - was);
    html! {
        tr {
            th scope="row" { (step.label) }
            td.number { (step.learn.map_or_else(|| "–".to_owned(), show::score)) }
            td.number { (right(step.learn)) }
            td.number { @if let Some(change) = change { span class=(Tone::of_difference(change).class()) { (show::points(change)) } } @else { "–" } }
            td.number { (step.holdout.map_or_else(|| "–".to_owned(), show::score)) }
            td.number { (right(step.holdout)) }
        }
    }
}

fn message(run: &Run) -> Markup {
    let now = run.score_now().and_then(|score| score.share());
    match (now, run.target()) {
        (Some(now), Some(target)) if now >= target => {
            html! { (show::chip(Tone::Good, "target reached")) " " (show::percent(now)) " of " (show::percent(target)) " wanted." }
        }
        (Some(now), Some(target)) => {
            html! { (show::chip(Tone::Info, "on the way")) " " (show::points(target - now)) " to the target of " (show::percent(target)) "." }
        }
        _ => html! { span.quiet { "No target to compare with." } },
    }
}
