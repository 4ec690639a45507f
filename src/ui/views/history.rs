//! History: scores over runs, what was applied by whom, and the way back.

use super::{Context, empty};
use crate::ui::actions::{HistoryRow, NO_DRIFT, Past};
use crate::ui::chart::{self, Series};
use crate::ui::show::{self, Tone};
use maud::{Markup, html};

/// Rows shown at once; the older ones are folded up.
const FIRST_ROWS: usize = 100;

pub fn view(context: &Context<'_>) -> Markup {
    let rows = &context.history.rows;
    if rows.is_empty() {
        return html! {
            (empty(if context.is_report() { "A report tells of one run." } else { "Nothing has been planned or applied yet." }))
            (source(context.history))
        };
    }
    html! {
        (source(context.history))
        (over_runs(rows, context.run.target()))
        div.scroll { table.stack {
            thead { tr {
                th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "By" } th scope="col" { "Plan" }
                th.number scope="col" { "Changes" } th.number scope="col" { "Score" } th scope="col" { "Outcome" } th scope="col" { "Since" }
                th scope="col" { "Back" }
            } }
            tbody { @for row in rows.iter().take(FIRST_ROWS) { (line(context, row)) } }
        } }
        @if rows.len() > FIRST_ROWS {
            details {
                summary { "Older: " (rows.len() - FIRST_ROWS) }
                div.scroll { table.stack { tbody { @for row in rows.iter().skip(FIRST_ROWS) { (line(context, row)) } } } }
            }
        }
    }
}

/// Where the rows are from, and what may be missing.
fn source(past: &Past) -> Markup {
    html! {
        @if !past.from.is_empty() { p.quiet { "From " (show::prose(&past.from)) "." } }
        @if !past.problem.is_empty() { p { (show::chip(Tone::Warn, "not whole")) " " (show::prose(&past.problem)) } }
    }
}

/// Oldest on the left.
fn over_runs(rows: &[HistoryRow], target: Option<f64>) -> Markup {
    let mut scored: Vec<&HistoryRow> = rows.iter().take(24).filter(|row| row.score_after.is_some()).collect();
    scored.reverse();
    let labels: Vec<String> = scored.iter().map(|row| row.at.get(5..10).unwrap_or(&row.at).to_owned()).collect();
    let points = scored.iter().enumerate().filter_map(|(at, row)| Some((at, row.score_after?, None)));
    let series = Series { name: "Score", class: "all", points: points.collect() };
    html! {
        @if scored.len() > 1 {
            div.card { (chart::line("history-line", "Score over runs", &labels, &[series], target)) }
        }
    }
}

fn line(context: &Context<'_>, row: &HistoryRow) -> Markup {
    let score = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), show::percent);
    let tone = match row.outcome.as_str() {
        "equal" | "improved" | "as applied" => Tone::Good,
        "migrated" | "lossy" | "not-enough-evidence" | "drifted" | "declared is ahead" => Tone::Warn,
        "blocked" | "failed" => Tone::Bad,
        _ => Tone::Neutral,
    };
    // On a narrow screen, where each cell has its line, what says nothing is left out.
    let is_look = row.kind == "drift";
    let back = roll_back(context, row);
    html! {
        tr {
            td.when data-label="When" { time datetime=(show::text(&row.at)) { (show::moment(&row.at)) } }
            td data-label="What" { (show::text(&row.kind)) @if let Some(serial) = row.serial { " #" (serial) } }
            td data-label="By" { (show::prose(&row.by)) }
            td.none[row.plan_id.is_empty()] data-label="Plan" { @if row.plan_id.is_empty() { "–" } @else { code { (show::text(super::overview::short(&row.plan_id))) } } }
            td.number.none[is_look] data-label="Changes" { @if is_look { "–" } @else { (row.changes) } }
            td.number.none[is_look] data-label="Score" { @if is_look { "–" } @else { (score(row.score_before)) " → " (score(row.score_after)) } }
            td data-label="Outcome" { (show::chip(tone, &row.outcome.replace('-', " "))) }
            td.none[row.drift.is_empty()] data-label="Since" { (since(row)) }
            td.none[back.is_none()] data-label="Back" { @if let Some(back) = &back { (back) } @else { span.quiet { "–" } } }
        }
    }
}

/// What was seen of the space since; only of what was applied last there is something to see.
fn since(row: &HistoryRow) -> Markup {
    match row.drift.as_str() {
        "" => html! { span.quiet { "–" } },
        NO_DRIFT => html! { span.quiet { (NO_DRIFT) } },
        drift => show::chip(Tone::Warn, drift),
    }
}

fn roll_back(context: &Context<'_>, row: &HistoryRow) -> Option<Markup> {
    let (Some(csrf), Some(serial), true) = (context.csrf, row.serial, row.can_roll_back) else {
        return None;
    };
    Some(html! {
        details.confirm {
            summary { "Roll back …" }
            form method="post" action="/do/rollback" data-live="" {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="serial" value=(serial);
                label { "Type " b { "#" (serial) } " to undo it " input name="typed" autocomplete="off" required size="6"; }
                button.danger type="submit" { "Roll back #" (serial) }
                output {}
            }
        }
    })
}
