//! A plan as one comment of a pull request. Remote text stands in code spans, behind a gutter in
//! fences, or escaped; a comment that cannot hold every change says so and cannot be approved.

use super::content::parts;
use super::escape::{code_cell, code_span, fence, markdown, visible_line};
use super::facts::{change_counts, evidence_line, rejection_counts, rejection_line, score_rows};
use super::style::cut;
use super::text_diff::{Row, Side, rows};
use super::title::title;
use crate::format::plan_id;
use crate::model::{Action, GuardStatus, Plan, PlannedChange};

/// GitHub takes 65,536 characters; this leaves room for what a workflow adds.
pub const MAX_COMMENT_BYTES: usize = 60_000;

/// A rendered comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub text: String,
    /// True: changes were left out, so the comment must not be approved.
    pub truncated: bool,
}

/// The comment, at most [`MAX_COMMENT_BYTES`] long.
pub fn plan(plan: &Plan, path: Option<&str>) -> Comment {
    let changes: Vec<String> = plan.changes.iter().map(one_change).collect();
    let foot = foot(plan);
    let questions = questions(plan);
    let room = MAX_COMMENT_BYTES.saturating_sub(head(plan, path, 0).len() + foot.len() + 400);
    // Per-question rows give way before changes do.
    let all: usize = changes.iter().map(String::len).sum();
    let questions = if all + questions.len() <= room { questions } else { String::new() };
    let (mut used, mut shown) = (questions.len(), 0);
    while shown < changes.len() && used + changes[shown].len() <= room {
        used += changes[shown].len();
        shown += 1;
    }
    let dropped = changes.len() - shown;
    let rejections = if dropped == 0 { rejections(plan, room.saturating_sub(used)) } else { String::new() };
    let mut text = head(plan, path, dropped);
    text.extend(changes.into_iter().take(shown));
    text.push_str(&questions);
    text.push_str(&rejections);
    text.push_str(&foot);
    Comment { text, truncated: dropped > 0 }
}

fn head(plan: &Plan, path: Option<&str>, dropped: usize) -> String {
    let id = plan_id(plan);
    let mut text = marker(plan, dropped > 0);
    text.push_str(&format!(
        "### Plan {} for {}: **{}**\n\n",
        code_span(id.short()),
        code_span(&cut(&plan.base.title, 200)),
        plan.verdict.as_str()
    ));
    text.push_str(&format!("{}\n\n", markdown(&cut(&plan.verdict_reason, LONGEST))));
    let rows = score_rows(plan, "→");
    if !rows.is_empty() {
        text.push_str("| | before | after | | |\n| --- | ---: | ---: | ---: | --- |\n");
    }
    for row in rows {
        text.push_str(&format!(
            "| {} | {} | {} | **{}** | {} |\n",
            row.label,
            row.before,
            row.after,
            row.gain_text,
            markdown(&row.note)
        ));
    }
    // What the figures do not say stands with them.
    let notes = &plan.evidence.notes;
    let told = notes.iter().take(MOST).map(|note| format!("* {}\n", markdown(&cut(note, OF_MANY))));
    let told: String = told.collect();
    text.push_str(&format!("\n{told}"));
    if notes.len() > MOST {
        text.push_str(&format!("* notes{}\n", more(notes.len())));
    }
    text.push_str(if notes.is_empty() { "" } else { "\n" });
    text.push_str(&format!("**{}**", change_counts(plan)));
    let broken = plan.broken();
    if !broken.is_empty() {
        let ids: Vec<String> = broken.iter().take(MOST).map(|question| code_span(&cut(&question.id, 80))).collect();
        text.push_str(&format!(" Got worse: {}{}.", ids.join(" "), more(broken.len())));
    }
    text.push_str("\n\n");
    if dropped > 0 {
        let file = path.map_or("the plan file".to_owned(), code_span);
        text.push_str(&format!(
            "> [!WARNING]\n> {dropped} changes do not fit into this comment; they are in {file}. \
             A cut comment cannot be approved.\n\n"
        ));
    }
    text
}

/// The hidden first line, by which a workflow finds its comment and an approval its plan. Written
/// so that nothing in it can end the comment.
fn marker(plan: &Plan, truncated: bool) -> String {
    let space = plan.base.space_id.as_deref().unwrap_or(&plan.base.title);
    let marker = serde_json::json!({
        "v": 1, "plan": format!("sha256:{}", plan_id(plan)), "truncated": truncated, "space": cut(&visible_line(space), 200),
    });
    let inert = marker.to_string().replace('>', "\\u003e").replace("--", "\\u002d\\u002d");
    format!("<!-- genie-enhance {inert} -->\n")
}

/// Rows of one kind that stand in the head or the foot.
const MOST: usize = 30;

/// Columns of one sentence that is told in the head or the foot.
const LONGEST: usize = 1_000;

/// Columns of one sentence of a list.
const OF_MANY: usize = 300;

fn more(all: usize) -> String {
    if all > MOST { format!(" and {} more", all - MOST) } else { String::new() }
}

fn one_change(planned: &PlannedChange) -> String {
    let sign = match planned.action {
        Action::Add => "+",
        Action::Update => "~",
        Action::Remove => "−",
    };
    // Markdown is not read inside `<summary>`, HTML is.
    let name = super::escape::xml(&title(&planned.change));
    let mut text = format!("<details><summary>{sign} <b>{}</b> <code>{name}</code></summary>\n\n", planned.id);
    text.push_str(&format!("{}\n\n{}\n\n", prose(&planned.reason), markdown(&evidence_line(&planned.evidence, " · "))));
    let mut body = String::new();
    for part in parts(&planned.change) {
        if let Some(label) = &part.label {
            body.push_str(&format!("  {label}\n"));
        }
        for row in rows(part.before.as_deref(), part.after.as_deref(), Some(3)) {
            body.push_str(&diff_line(&row));
        }
    }
    let fence = fence(&body);
    text.push_str(&format!("{fence}diff\n{body}{fence}\n</details>\n\n"));
    text
}

/// A sentence in which names stand between backticks. Where they do not pair up, all is plain text.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let pairs = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|name| !name.trim().is_empty());
    if !pairs {
        return markdown(text);
    }
    let part = |(at, part): (usize, &&str)| if at % 2 == 1 { code_span(part) } else { markdown(part) };
    parts.iter().enumerate().map(part).collect()
}

fn diff_line(row: &Row) -> String {
    let (sign, segments) = match row {
        Row::Fold(lines) => return format!("  ⋯ {lines} unchanged lines\n"),
        Row::Line(Side::Same, segments) => (" ", segments),
        Row::Line(Side::Added, segments) => ("+", segments),
        Row::Line(Side::Removed, segments) => ("-", segments),
    };
    let line: String = segments.iter().map(|segment| segment.text.as_str()).collect();
    format!("{sign} │ {}\n", line.trim_end())
}

/// Before and after of each question whose outcome is another one, or that is left out.
fn questions(plan: &Plan) -> String {
    let moved: Vec<_> = plan
        .questions
        .iter()
        .filter(|question| question.before != question.after || !question.after.counts())
        .collect();
    if moved.is_empty() {
        return String::new();
    }
    let mut text = format!("<details><summary>Questions that moved or are left out ({})</summary>\n\n", moved.len());
    text.push_str("| question | set | before | after | why |\n| --- | --- | --- | --- | --- |\n");
    for question in moved {
        let split = format!("{:?}", question.split).to_lowercase();
        text.push_str(&format!(
            "| {} | {split} | {} | {} | {} |\n",
            code_cell(&question.id),
            question.before.as_str(),
            question.after.as_str(),
            // Why it is right now says less than why it was not before.
            markdown(if question.after.is_correct() { &question.reason_before } else { &question.reason_after })
        ));
    }
    text.push_str("\n</details>\n\n");
    text
}

/// Why each candidate was turned down, as far as there is room.
fn rejections(plan: &Plan, room: usize) -> String {
    let lines: Vec<String> = plan
        .rejections
        .iter()
        .take(MOST)
        .map(|rejection| format!("* {}\n", markdown(&cut(&rejection_line(rejection), OF_MANY))))
        .collect();
    let size: usize = lines.iter().map(String::len).sum();
    if lines.is_empty() || size + 200 > room {
        return String::new();
    }
    let rest = if plan.rejections.len() > MOST {
        format!("* rejections{}\n", more(plan.rejections.len()))
    } else {
        String::new()
    };
    format!(
        "<details><summary>Rejected candidates ({})</summary>\n\n{}{rest}\n</details>\n\n",
        plan.rejections.len(),
        lines.concat()
    )
}

fn foot(plan: &Plan) -> String {
    let mut text = String::new();
    let spoken = || plan.guards.iter().filter(|guard| guard.status != GuardStatus::Passed);
    for guard in spoken().take(MOST) {
        let status = if guard.status == GuardStatus::Failed { "failed" } else { "waived" };
        let message = markdown(&cut(&guard.message, OF_MANY));
        text.push_str(&format!("* guard {} {status}: {message}\n", code_span(&cut(&guard.rule, 80))));
    }
    if spoken().count() > MOST {
        text.push_str(&format!("* guards{}\n", more(spoken().count())));
    }
    let passed: Vec<String> = plan
        .guards
        .iter()
        .filter(|guard| guard.status == GuardStatus::Passed)
        .map(|guard| code_span(&cut(&guard.rule, 80)))
        .collect();
    let named = if passed.is_empty() { String::new() } else { format!(": {}", passed.join(", ")) };
    text.push_str(&format!("* {} of {} guards passed{named}\n", passed.len(), plan.guards.len()));
    if !plan.rejections.is_empty() {
        text.push_str(&format!(
            "* {} candidates rejected: {}\n",
            plan.rejections.len(),
            rejection_counts(plan).join(", ")
        ));
    }
    text.push_str(&format!(
        "\n<sub>Plan {} · good until {}</sub>\n",
        code_span(plan_id(plan).as_str()),
        markdown(&plan.expires_at)
    ));
    text
}
