//! Figures and sentences about a plan that every rendering shows alike.

use super::escape::visible_line;
use super::title::title;
use crate::model::{Action, ChangeEvidence, Outcome, Plan, Rejection, RejectionReason, Score};
use std::collections::BTreeMap;

/// One line of the score table.
pub(super) struct ScoreRow {
    pub label: &'static str,
    pub before: String,
    pub after: String,
    /// `31/50 → 39/50`.
    pub figures: String,
    pub gain: i64,
    pub gain_text: String,
    pub note: String,
}

/// Learn set and holdout; what nothing was asked of is left out.
pub(super) fn score_rows(plan: &Plan, arrow: &str) -> Vec<ScoreRow> {
    let (before, after, evidence) = (&plan.score.before, &plan.score.after, &plan.evidence);
    let p = evidence.p_value.map(|p| if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") });
    let learn = [interval(evidence.learn_interval), p];
    let holdout = Some(evidence.holdout.replace('-', " ")).filter(|word| !word.is_empty());
    let holdout = [interval(evidence.holdout_interval), holdout.map(|word| format!("gain {}", visible_line(&word)))];
    let rows = [("Learn", before.learn, after.learn, learn), ("Holdout", before.holdout, after.holdout, holdout)];
    let shown = rows.into_iter().filter(|(_, before, after, _)| before.total + after.total > 0);
    shown.map(|(label, before, after, notes)| score_row(label, before, after, &notes, arrow)).collect()
}

fn score_row(label: &'static str, before: Score, after: Score, notes: &[Option<String>], arrow: &str) -> ScoreRow {
    let gain = after.correct as i64 - before.correct as i64;
    let mut notes: Vec<String> = notes.iter().flatten().cloned().collect();
    let undecided = [(after.needs_review, "to review"), (after.not_run, "not run")];
    notes.extend(undecided.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    let (before, after) = (share(before), share(after));
    ScoreRow {
        label,
        figures: format!("{before} {arrow} {after}"),
        before,
        after,
        gain,
        gain_text: if gain == 0 { "±0".to_owned() } else { format!("{gain:+}") },
        note: notes.join(", "),
    }
}

fn share(score: Score) -> String {
    format!("{}/{}", score.correct, score.total)
}

fn interval(bounds: Option<[f64; 2]>) -> Option<String> {
    bounds.map(|[low, high]| format!("95 % interval {:+.0} to {:+.0} points", low * 100.0, high * 100.0))
}

/// `fixes q-04, q-09 jointly with c-03 · measured · support 3 · pattern join-1f0a`.
pub(super) fn evidence_line(evidence: &ChangeEvidence, dot: &str) -> String {
    let list = |ids: &[String]| ids.iter().map(|id| visible_line(id)).collect::<Vec<_>>().join(", ");
    let mut facts = Vec::new();
    if !evidence.fixes.is_empty() {
        let jointly = match evidence.group.as_slice() {
            [] => String::new(),
            group => format!(" jointly with {}", list(group)),
        };
        facts.push(format!("fixes {}{jointly}", list(&evidence.fixes)));
    }
    if !evidence.breaks.is_empty() {
        facts.push(format!("breaks {}", list(&evidence.breaks)));
    }
    facts.push(match evidence.status.as_str() {
        "declared" => "an edit of the definition".to_owned(),
        "rollback" => "the way back".to_owned(),
        "not-measured" => "not measured".to_owned(),
        status => visible_line(status),
    });
    if evidence.support > 0 {
        facts.push(format!("support {}", evidence.support));
    }
    if !evidence.pattern.is_empty() {
        facts.push(format!("pattern {}", list(&evidence.pattern)));
    }
    let told = ["", "miner", evidence.status.as_str()];
    if !told.contains(&evidence.provenance.as_str()) {
        facts.push(format!("from {}", visible_line(&evidence.provenance)));
    }
    facts.retain(|fact| !fact.is_empty());
    facts.join(dot)
}

/// `Plan: 3 to add, 1 to update, 0 to remove.` For a space that does not exist yet also that.
pub(super) fn change_counts(plan: &Plan) -> String {
    let count = |action: Action| plan.changes.iter().filter(|change| change.action == action).count();
    let created = if plan.creates() { "The space is to be created as it is declared. " } else { "" };
    if plan.changes.is_empty() {
        return if plan.creates() { created.trim_end().to_owned() } else { "No changes.".to_owned() };
    }
    format!(
        "{created}Plan: {} to add, {} to update, {} to remove.",
        count(Action::Add),
        count(Action::Update),
        count(Action::Remove)
    )
}

/// `no effect 7`, `harm 2` …, the most frequent first.
pub(super) fn rejection_counts(plan: &Plan) -> Vec<String> {
    let mut counts: BTreeMap<RejectionReason, usize> = BTreeMap::new();
    for rejection in &plan.rejections {
        *counts.entry(rejection.reason).or_default() += 1;
    }
    let mut counts: Vec<(RejectionReason, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(reason, count)| format!("{} {count}", reason_words(reason))).collect()
}

/// Why a candidate was turned down, what it was, and who proposed it where that was a model.
pub(super) fn rejection_line(rejection: &Rejection) -> String {
    let candidate = &rejection.candidate;
    let names: Vec<String> = candidate.changes.iter().map(title).collect();
    let what = if names.is_empty() { visible_line(&candidate.reason) } else { names.join("; ") };
    let what = what.trim_end_matches('.');
    let from = match candidate.provenance.as_str() {
        "" | "miner" => String::new(),
        other => format!(" (from {})", visible_line(other)),
    };
    format!("{}: {what}{from}: {}", reason_words(rejection.reason), visible_line(&rejection.detail))
}

pub(super) fn reason_words(reason: RejectionReason) -> &'static str {
    match reason {
        RejectionReason::NotGrounded => "not grounded",
        RejectionReason::Leak => "leak",
        RejectionReason::Duplicate => "duplicate",
        RejectionReason::Limit => "limit",
        RejectionReason::HumanText => "human text",
        RejectionReason::Conflict => "conflict",
        RejectionReason::NoEffect => "no effect",
        RejectionReason::Harm => "harm",
        RejectionReason::Idle => "not needed",
        RejectionReason::NotTried => "not tried",
        RejectionReason::Policy => "policy",
    }
}

/// Questions outside the denominator afterwards, with the reason.
pub(super) fn left_out(plan: &Plan) -> Vec<String> {
    let out = plan.questions.iter().filter(|question| matches!(question.after, Outcome::NotRun | Outcome::BadGold));
    out.map(|question| {
        let reason = visible_line(&question.reason_after);
        format!("{} {}: {reason}", visible_line(&question.id), question.after.as_str())
    })
    .collect()
}
