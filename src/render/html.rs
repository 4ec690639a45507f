//! A plan as one self-contained HTML file: no script, no outside resource, light and dark.

use super::content::parts;
use super::escape::{visible, visible_line};
use super::facts::{change_counts, evidence_line, left_out, rejection_counts, rejection_line, score_rows};
use super::text_diff::{Row, Side, rows};
use super::title::title;
use crate::format::plan_id;
use crate::model::{GuardStatus, Plan, PlannedChange};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const CSS: &str = "\
:root{color-scheme:light dark;--add:#1a7f37;--del:#cf222e;--line:#8884}\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .75rem;border-bottom:1px solid var(--line);text-align:left}\
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;padding:.5rem .75rem}summary{cursor:pointer}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0}ins{color:var(--add);text-decoration:none}\
del{color:var(--del);text-decoration:none}b.w{text-decoration:underline}.faint{opacity:.65}\
@media(prefers-color-scheme:dark){:root{--add:#3fb950;--del:#f85149}}";

/// The whole plan as a page.
pub fn plan(plan: &Plan) -> String {
    let heading = format!("Plan {} for {}", plan_id(plan).short(), visible_line(&plan.base.title));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (heading) }
                style { (PreEscaped(CSS)) }
            }
            body {
                h1 { (heading) }
                p { strong { (plan.verdict.as_str()) } ": " (visible_line(&plan.verdict_reason)) }
                (scores(plan))
                p { strong { (change_counts(plan)) } }
                @for change in &plan.changes { (one_change(change)) }
                (questions(plan))
                (judgement(plan))
                p.faint { (plan_id(plan).as_str()) " · " (visible_line(&plan.base.host)) " · good until " (visible_line(&plan.expires_at)) }
            }
        }
    };
    page.into_string() + "\n"
}

fn scores(plan: &Plan) -> Markup {
    html! {
        table {
            tr { th { } th { "before" } th { "after" } th { } th { } }
            @for row in score_rows(plan, "→") {
                tr { th { (row.label) } td { (row.before) } td { (row.after) } td { strong { (row.gain_text) } } td { (row.note) } }
            }
        }
        @for line in left_out(plan) { p.faint { "Left out: " (line) } }
        @for note in &plan.evidence.notes { p.faint { "Note: " (visible_line(note)) } }
    }
}

fn one_change(planned: &PlannedChange) -> Markup {
    html! {
        details open {
            summary { (planned.action.to_string()) " " strong { (planned.id) } " " code { (title(&planned.change)) } }
            p { (visible(&planned.reason)) br; span.faint { (evidence_line(&planned.evidence, " · ")) } }
            @for part in parts(&planned.change) {
                @if let Some(label) = &part.label { div.faint { (label) } }
                @for row in rows(part.before.as_deref(), part.after.as_deref(), Some(3)) { (diff_row(&row)) }
            }
        }
    }
}

fn diff_row(row: &Row) -> Markup {
    let (side, segments) = match row {
        Row::Fold(lines) => return html! { pre.faint { "⋯ " (lines) " unchanged lines" } },
        Row::Line(side, segments) => (side, segments),
    };
    let line =
        html! { @for segment in segments { @if segment.strong { b.w { (segment.text) } } @else { (segment.text) } } };
    match side {
        Side::Same => html! { pre { "  │ " (line) } },
        Side::Added => html! { pre { ins { "+ │ " (line) } } },
        Side::Removed => html! { pre { del { "- │ " (line) } } },
    }
}

fn questions(plan: &Plan) -> Markup {
    let moved = plan.questions.iter().filter(|question| question.before != question.after || !question.after.counts());
    html! {
        h2 { "Questions that moved or are left out" }
        table {
            tr { th { "question" } th { "set" } th { "before" } th { "after" } th { "why" } }
            @for question in moved {
                tr {
                    td { (visible_line(&question.id)) }
                    td { (format!("{:?}", question.split).to_lowercase()) }
                    td { (question.before.as_str()) }
                    td { (question.after.as_str()) }
                    td { (visible_line(&question.reason_after)) }
                }
            }
        }
    }
}

fn judgement(plan: &Plan) -> Markup {
    let status = |status: GuardStatus| match status {
        GuardStatus::Passed => "passed",
        GuardStatus::Failed => "failed",
        GuardStatus::Waived => "waived",
    };
    html! {
        h2 { "Guards" }
        table {
            @for guard in &plan.guards {
                tr { td { (visible_line(&guard.rule)) } td { (status(guard.status)) } td { (visible_line(&guard.message)) } }
            }
        }
        @if !plan.rejections.is_empty() {
            details {
                summary { (plan.rejections.len()) " candidates rejected: " (rejection_counts(plan).join(", ")) }
                ul { @for rejection in &plan.rejections { li { (rejection_line(rejection)) } } }
            }
        }
    }
}
