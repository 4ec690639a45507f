//! Space changes: how much the space holds before and after, and every difference.

use super::{Context, empty};
use crate::model::{Change, Plan, Space, SpaceView};
use crate::ui::chart;
use crate::ui::difference;
use crate::ui::show::{self, Tone};
use maud::{Markup, html};
use serde_json::Value;

/// The rows of the table.
const ROWS: [&str; 11] = [
    "Table descriptions",
    "Column descriptions",
    "Synonyms",
    "Column flags",
    "Join specs",
    "Measures",
    "Filters",
    "Expressions",
    "Example queries",
    "Functions",
    "Instruction lines",
];

type Counts = [usize; ROWS.len()];

pub fn view(context: &Context<'_>) -> Markup {
    let Some(finished) = context.run.finished.as_deref() else {
        return empty("The changes come with the plan.");
    };
    let plan = &finished.plan;
    if plan.changes.is_empty() {
        return empty("The plan changes nothing.");
    }
    html! {
        @match (&finished.space_before, &finished.space_after) {
            (Some(before), Some(after)) => (whole(before, after)),
            _ => (differences(plan)),
        }
        h3 { "Every difference " span.badge { (plan.changes.len()) } }
        @for change in &plan.changes {
            details.item {
                summary {
                    span.question { (difference::place(&change.change)) }
                    span.meta { (super::fixes::action_chip(change)) " " code { (show::text(&change.id)) } }
                }
                (difference::of(&change.change))
            }
        }
    }
}

fn whole(before: &Space, after: &Space) -> Markup {
    let (before_counts, after_counts) = (counts(before), counts(after));
    let most = before_counts.iter().chain(&after_counts).copied().max().unwrap_or(1);
    html! {
        div.scroll { table.counts {
            thead { tr {
                th scope="col" { "Part of the space" } th.number scope="col" { "Before" } th.number scope="col" { "After" }
                th.number scope="col" { "Change" } th.bars scope="col" { span.sr { "Chart" } }
            } }
            tbody { @for (at, name) in ROWS.iter().enumerate() {
                @let (was, is) = (before_counts[at], after_counts[at]);
                tr {
                    th scope="row" { (name) }
                    td.number { (was) } td.number { (is) } td.number { (delta(is as i64 - was as i64)) }
                    td.bars { (chart::pair_bar(was, is, most)) }
                }
            } }
        } }
        (limits(before, after))
    }
}

fn delta(difference: i64) -> Markup {
    let (tone, arrow) = match difference {
        1.. => (Tone::Good, "▲ "),
        0 => (Tone::Neutral, ""),
        _ => (Tone::Warn, "▼ "),
    };
    html! { span class=(tone.class()) { span aria-hidden="true" { (arrow) } (show::signed(difference)) } }
}

/// How much of the service's own limits is used: 100 instructions (text instruction, examples and
/// functions together), 200 snippets.
fn limits(before: &Space, after: &Space) -> Markup {
    let used = |space: &Space| {
        let view = SpaceView::of(space);
        (view.examples.len() + view.functions.len() + view.text_instructions.len(), view.snippets.len())
    };
    let ((instructions_before, snippets_before), (instructions, snippets)) = (used(before), used(after));
    html! {
        h3 { "Limits of the service" }
        dl.facts.limits {
            dt { "Instructions" } dd { (chart::progress("Instructions used", instructions, 100, "info")) span.quiet { "before: " (instructions_before) } }
            dt { "SQL snippets" } dd { (chart::progress("Snippets used", snippets, 200, "info")) span.quiet { "before: " (snippets_before) } }
        }
    }
}

fn counts(space: &Space) -> Counts {
    let view = SpaceView::of(space);
    let columns = || view.tables.iter().flat_map(|table| &table.columns);
    let snippets = |list: &str| view.snippets.iter().filter(|snippet| snippet.kind.list() == list).count();
    let lines = view.text_instructions.iter().flat_map(|text| text.content.lines());
    [
        view.tables.iter().filter(|table| !table.description.is_empty()).count(),
        columns().filter(|column| !column.description.is_empty()).count(),
        columns().map(|column| column.synonyms.len()).sum(),
        columns()
            .map(|c| usize::from(c.exclude) + usize::from(c.format_assistance) + usize::from(c.entity_matching))
            .sum(),
        view.joins.len(),
        snippets("measures"),
        snippets("filters"),
        snippets("expressions"),
        view.examples.len(),
        view.functions.len(),
        lines.filter(|line| !line.trim().is_empty()).count(),
    ]
}

/// Without the two spaces only the differences can be told.
fn differences(plan: &Plan) -> Markup {
    let mut deltas = [(0_i64, 0_i64); ROWS.len()];
    for change in &plan.changes {
        let Some(row) = row_of(&change.change) else { continue };
        let size = |value: &Option<Value>| value.as_ref().map_or(0, |value| size(row, value));
        deltas[row].0 += (size(&change.change.after) - size(&change.change.before)).max(0);
        deltas[row].1 += (size(&change.change.before) - size(&change.change.after)).max(0);
    }
    html! {
        div.scroll { table.counts {
            thead { tr {
                th scope="col" { "Part of the space" } th.number scope="col" { "More" } th.number scope="col" { "Fewer" }
            } }
            tbody { @for (at, name) in ROWS.iter().enumerate() {
                tr { th scope="row" { (name) } td.number { (delta(deltas[at].0)) } td.number { (delta(-deltas[at].1)) } }
            } }
        } }
    }
}

/// A whole list of synonyms counts as many, everything else as one.
fn size(row: usize, value: &Value) -> i64 {
    match value {
        Value::Array(items) if row == 2 => i64::try_from(items.len()).unwrap_or(i64::MAX),
        _ => 1,
    }
}

fn row_of(change: &Change) -> Option<usize> {
    let segments: Vec<&str> = change.address.segments().iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["data_sources", _, _, "description"] => Some(0),
        ["data_sources", _, _, "column_configs", _, "description"] => Some(1),
        ["data_sources", _, _, "column_configs", _, "synonyms", ..] => Some(2),
        ["data_sources", _, _, "column_configs", ..] => Some(3),
        ["instructions", "join_specs", ..] => Some(4),
        ["instructions", "sql_snippets", "measures", ..] => Some(5),
        ["instructions", "sql_snippets", "filters", ..] => Some(6),
        ["instructions", "sql_snippets", ..] => Some(7),
        ["instructions", "example_question_sqls", ..] => Some(8),
        ["instructions", "sql_functions", ..] => Some(9),
        ["instructions", "text_instructions", ..] => Some(10),
        _ => None,
    }
}
