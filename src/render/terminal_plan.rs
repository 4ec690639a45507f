//! A plan for the terminal: score and verdict first, then the changes with why and evidence.

use super::content::parts;
use super::escape::visible_line;
use super::facts::{change_counts, evidence_line, left_out, rejection_counts, rejection_line, score_rows};
use super::style::{Detail, TerminalOptions, Tone, wrap};
use super::text_diff::{Row, Side, rows};
use super::title::title;
use crate::format::plan_id;
use crate::model::{Action, Category, GuardStatus, Plan, PlanVerdict, PlannedChange};

/// The whole plan. `path` is the plan file or the plan's id, for the next command; without it none
/// is told.
pub fn plan(plan: &Plan, path: Option<&str>, options: &TerminalOptions) -> String {
    let mut text = head(plan, options);
    text.push_str(&changes(plan, options));
    text.push_str(&rejections(plan, options));
    text.push_str(&guards(plan, options));
    text.push_str(&foot(plan, path, options));
    text
}

fn head(plan: &Plan, options: &TerminalOptions) -> String {
    let id = plan_id(plan);
    let base = &plan.base;
    let place = base.space_id.as_deref().map_or("to be created".to_owned(), visible_line);
    let mut text = format!(
        "{} {}  space \"{}\" ({place}) on {}{}expires {}\n\n",
        options.paint(Tone::Strong, "Plan"),
        options.paint(Tone::Strong, id.short()),
        visible_line(&base.title),
        visible_line(&base.host),
        options.dot(),
        visible_line(&plan.expires_at)
    );
    for row in score_rows(plan, options.arrow()) {
        let tone = if row.gain > 0 {
            Tone::Good
        } else if row.gain < 0 {
            Tone::Bad
        } else {
            Tone::Plain
        };
        let figures = format!("{:<10}{:<18}", row.label, row.figures);
        text.push_str(&format!("  {figures}{}  {}\n", options.paint(tone, &format!("{:<5}", row.gain_text)), row.note));
    }
    let tone = match plan.verdict {
        PlanVerdict::Improved => Tone::Good,
        PlanVerdict::Blocked => Tone::Bad,
        PlanVerdict::NoChange | PlanVerdict::NotEnoughEvidence => Tone::Warn,
    };
    text.push('\n');
    text.push_str(&format!("  Verdict   {}\n", options.paint(tone, plan.verdict.as_str())));
    text.push_str(&options.paragraph("            ", &visible_line(&plan.verdict_reason)));
    for (label, ids) in [("Fixed", ids(plan.fixed())), ("Broken", ids(plan.broken()))] {
        if !ids.is_empty() {
            text.push_str(&options.paragraph(&format!("  {label:<10}"), &format!("{} ({})", ids.join(" "), ids.len())));
        }
    }
    for line in left_out(plan) {
        text.push_str(&options.paragraph("  Left out  ", &line));
    }
    for note in &plan.evidence.notes {
        text.push_str(&options.paragraph("  Note      ", &visible_line(note)));
    }
    text.push('\n');
    text
}

fn ids(questions: Vec<&crate::model::QuestionOutcome>) -> Vec<String> {
    questions.into_iter().map(|question| visible_line(&question.id)).collect()
}

fn changes(plan: &Plan, options: &TerminalOptions) -> String {
    let mut text = String::new();
    for category in Category::FIXES.into_iter().chain([Category::Other]) {
        let group: Vec<&PlannedChange> = plan.changes.iter().filter(|change| change.category == category).collect();
        if group.is_empty() {
            continue;
        }
        let noun = if group.len() == 1 { "change" } else { "changes" };
        let heading = format!("{category}{}{} {noun}", options.dot(), group.len());
        text.push_str(&format!("{}\n", options.paint(Tone::Strong, &heading)));
        for change in group {
            text.push_str(&one_change(change, options));
        }
        if options.detail == Detail::Concise {
            text.push('\n');
        }
    }
    text
}

fn one_change(planned: &PlannedChange, options: &TerminalOptions) -> String {
    let (symbol, tone) = match planned.action {
        Action::Add => ("+", Tone::Good),
        Action::Update => ("~", Tone::Warn),
        Action::Remove => ("-", Tone::Bad),
    };
    let name = title(&planned.change);
    let name = if options.unicode { name } else { name.replace('→', "->") };
    let mut text =
        format!("  {} {}  {}\n", options.paint(tone, symbol), planned.id, options.paint(Tone::Strong, &name));
    let evidence = evidence_line(&planned.evidence, options.dot());
    if options.detail == Detail::Concise {
        text.push_str(&options.paragraph("          ", &evidence));
        return text;
    }
    text.push_str(&options.paragraph("          why       ", &visible_line(&planned.reason)));
    text.push_str(&options.paragraph("          evidence  ", &evidence));
    for part in parts(&planned.change) {
        if let Some(label) = &part.label {
            text.push_str(&format!("          {}\n", options.paint(Tone::Faint, label)));
        }
        let context = (options.detail != Detail::Full).then_some(3);
        for row in rows(part.before.as_deref(), part.after.as_deref(), context) {
            text.push_str(&diff_row(&row, options));
        }
    }
    text.push('\n');
    text
}

/// A row behind its gutter, so that a bullet in the content is never taken for a sign.
fn diff_row(row: &Row, options: &TerminalOptions) -> String {
    let gutter = options.symbol("│", "|");
    match row {
        Row::Fold(lines) => {
            let fold = format!("          {} {lines} unchanged lines\n", options.symbol("⋯", "..."));
            options.paint(Tone::Faint, fold.trim_end_matches('\n')) + "\n"
        }
        Row::Line(side, segments) => {
            let (sign, tone) = match side {
                Side::Same => (" ", Tone::Faint),
                Side::Added => ("+", Tone::Good),
                Side::Removed => ("-", Tone::Bad),
            };
            let mut text = String::new();
            let room = options.width.saturating_sub(15).max(20);
            for (at, line) in wrap(segments, room).iter().enumerate() {
                let sign = if at == 0 { options.paint(tone, sign) } else { " ".to_owned() };
                // A broken line goes on behind another gutter: it is one line still.
                let gutter = if at == 0 { gutter } else { options.symbol("┆", ":") };
                let line = format!("          {sign} {gutter} {}", options.segments(tone, line));
                text.push_str(line.trim_end());
                text.push('\n');
            }
            text
        }
    }
}

fn rejections(plan: &Plan, options: &TerminalOptions) -> String {
    if plan.rejections.is_empty() {
        return String::new();
    }
    let counts = rejection_counts(plan).join(options.dot());
    let hint = if options.detail == Detail::Full { "" } else { "  (--full lists them)" };
    let mut text = options.paragraph("  Rejected  ", &format!("{}: {counts}{hint}", plan.rejections.len()));
    if options.detail == Detail::Full {
        for rejection in &plan.rejections {
            text.push_str(&options.paragraph("              ", &rejection_line(rejection)));
        }
    }
    text
}

fn guards(plan: &Plan, options: &TerminalOptions) -> String {
    if plan.guards.is_empty() {
        return String::new();
    }
    let count = |status: GuardStatus| plan.guards.iter().filter(|guard| guard.status == status).count();
    let counts = [(GuardStatus::Passed, "passed"), (GuardStatus::Failed, "failed"), (GuardStatus::Waived, "waived")];
    let counts = counts.into_iter().filter(|(status, _)| count(*status) > 0);
    let counts: Vec<String> = counts.map(|(status, word)| format!("{} {word}", count(status))).collect();
    let mut text = format!("  Guards    {}\n", counts.join(options.dot()));
    let is_shown = |status| status != GuardStatus::Passed || options.detail == Detail::Full;
    for guard in plan.guards.iter().filter(|guard| is_shown(guard.status)) {
        let (sign, tone) = match guard.status {
            GuardStatus::Failed => (options.symbol("✗", "x"), Tone::Bad),
            GuardStatus::Waived => ("!", Tone::Warn),
            GuardStatus::Passed => (options.symbol("✓", "+"), Tone::Good),
        };
        let level = format!("{:?}", guard.level).to_lowercase();
        let line = format!("{} ({level}): {}", visible_line(&guard.rule), visible_line(&guard.message));
        let first = format!("            {sign} ");
        let shown = options.paragraph(&first, &line);
        text.push_str(&shown.replacen(&first, &format!("            {} ", options.paint(tone, sign)), 1));
    }
    text
}

fn foot(plan: &Plan, path: Option<&str>, options: &TerminalOptions) -> String {
    let mut text = format!("\n{}\n", options.paint(Tone::Strong, &change_counts(plan)));
    let Some(file) = path else { return text };
    let next = match plan.verdict {
        PlanVerdict::Blocked => format!("Nothing can be applied. To see it in full: genie-enhance show {file} --full"),
        _ if plan.creates() && plan.changes.is_empty() => format!("To create it: genie-enhance apply {file}"),
        _ if plan.changes.is_empty() => return text,
        _ if plan.is_unmeasured() || plan.is_declared() => {
            format!("To make exactly this change: genie-enhance apply {file}")
        }
        PlanVerdict::Improved => format!("To make exactly this change: genie-enhance apply {file}"),
        PlanVerdict::NoChange | PlanVerdict::NotEnoughEvidence => {
            format!("The gain is not proved. To make this change anyway: genie-enhance apply {file}")
        }
    };
    text.push_str(&next);
    text.push('\n');
    text
}
