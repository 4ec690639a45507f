//! The history of a project, from its state and its run folders.

use crate::cli::recorded::{self, RunHead};
use crate::model::{AppliedRecord, State};
use crate::ops::OpsError;
use crate::store::{Layout, PlanStore, StateStore};
use crate::ui::HistoryRow;
use serde_json::Value;
use std::collections::BTreeSet;

/// Run folders that are looked at.
const MOST_RUNS: usize = 200;

/// All that was planned and applied, newest first. `drift` is what is known of the live space
/// since the last apply.
pub fn rows(layout: &Layout, drift: &str) -> Result<Vec<HistoryRow>, OpsError> {
    let runs = recorded::newest(layout, MOST_RUNS);
    let state = StateStore::new(layout.state()).load()?;
    let mut rows: Vec<HistoryRow> = runs.iter().filter_map(run_row).collect();
    if let Some(state) = &state {
        let backwards = backwards(layout, &runs, state);
        rows.extend(state.applied.iter().map(|record| applied_row(record, &backwards)));
        if let Some(last) = rows.iter_mut().filter(|row| row.serial.is_some()).max_by_key(|row| row.serial) {
            drift.clone_into(&mut last.drift);
        }
    }
    // The times are all RFC 3339 in UTC; of one moment, what was applied is newer than its plan.
    rows.sort_by(|one, two| two.at.cmp(&one.at).then(two.serial.cmp(&one.serial)));
    Ok(rows)
}

/// The plans that are ways back.
fn backwards(layout: &Layout, runs: &[RunHead], state: &State) -> BTreeSet<String> {
    let made = runs.iter().filter(|run| run.command == "rollback");
    let recorded = made.filter_map(|run| run.summary.as_ref()?.plan_id.clone());
    let plans = PlanStore::new(layout.plans());
    let kept = state.applied.iter().filter_map(|record| {
        let (loaded, _) = plans.load(&record.plan_id).ok()?;
        loaded.plan.verdict_reason.starts_with("back to").then(|| record.plan_id.clone())
    });
    recorded.chain(kept).collect()
}

fn applied_row(record: &AppliedRecord, backwards: &BTreeSet<String>) -> HistoryRow {
    let kind = if backwards.contains(&record.plan_id) { "rollback" } else { "apply" };
    HistoryRow {
        kind: kind.to_owned(),
        serial: Some(record.serial),
        plan_id: record.plan_id.clone(),
        at: record.at.clone(),
        by: record.by.clone(),
        changes: record.changes,
        score_before: share(&record.score_before),
        score_after: share(&record.score_after),
        outcome: record.read_back.clone(),
        drift: String::new(),
        can_roll_back: record.before.is_some(),
    }
}

/// Of runs that applied something the state speaks.
fn run_row(run: &RunHead) -> Option<HistoryRow> {
    if !matches!(run.command.as_str(), "plan" | "score") {
        return None;
    }
    let summary = run.summary.clone().unwrap_or_default();
    let text = |key: &str| summary.data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let score = |key: &str| {
        let of = |part: &str| summary.data.get(key)?.get(part)?.as_f64();
        Some(of("correct")? / of("total").filter(|total| *total > 0.0)?)
    };
    let changes = summary.data.get("changes").and_then(Value::as_u64).unwrap_or_default();
    let outcome = match (&run.summary, text("verdict")) {
        (None, _) => "not finished".to_owned(),
        (Some(ended), verdict) if verdict.is_empty() => ended.status.clone(),
        (Some(_), verdict) => verdict,
    };
    Some(HistoryRow {
        kind: run.command.clone(),
        serial: None,
        plan_id: summary.plan_id.clone().unwrap_or_default(),
        at: run.started.clone(),
        by: text("by"),
        changes: usize::try_from(changes).unwrap_or(usize::MAX),
        score_before: score("before"),
        score_after: score("after"),
        outcome,
        ..HistoryRow::default()
    })
}

/// `12/24` as a share.
fn share(text: &str) -> Option<f64> {
    let (correct, total) = text.split_once('/')?;
    let (correct, total): (f64, f64) = (correct.parse().ok()?, total.parse().ok()?);
    (total > 0.0).then_some(correct / total)
}
