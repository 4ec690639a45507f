//! The history of a project: its history tables, which tell of every machine's runs, and what only
//! this machine knows: runs that are not in the tables, such as one that goes on or was killed, and
//! the state, which says what can be undone.

use crate::cli::args::ProjectArgs;
use crate::cli::history;
use crate::cli::recorded::{self, RunHead};
use crate::cli::session::load;
use crate::history::RunRow;
use crate::model::AppliedRecord;
use crate::ops::OpsError;
use crate::store::{Layout, PlanStore, StateStore};
use crate::ui::{HistoryRow, NO_DRIFT, Past};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// Run folders that are looked at.
const MOST_RUNS: usize = 200;

/// What was found when the live space was last read here.
#[derive(Clone, Debug)]
pub struct Look {
    pub at: Timestamp,
    /// How the space differs from what was applied last; empty if it does not.
    pub found: String,
}

/// All that is known.
pub async fn past(args: &ProjectArgs, layout: &Layout, look: Option<&Look>) -> Past {
    match tables(args).await {
        Ok((runs, _)) if runs.is_empty() => of_machine(layout, look),
        Ok((runs, from)) => Past { from: format!("the history tables in {from}"), ..put_together(&runs, layout, look) },
        Err(error) => {
            let problem = format!("The history tables cannot be read: {error}");
            Past { problem, ..of_machine(layout, look) }
        }
    }
}

/// What this machine knows by itself.
pub fn of_machine(layout: &Layout, look: Option<&Look>) -> Past {
    Past { from: "the run folders of this machine".to_owned(), ..put_together(&[], layout, look) }
}

/// The runs of the history tables, and where these are.
async fn tables(args: &ProjectArgs) -> Result<(Vec<RunRow>, String), OpsError> {
    let (history, _connection) = history::open(&load(args)?.project).await?;
    let runs = history.runs().await.map_err(history::failed)?;
    Ok((runs, history.shown()))
}

/// Newest first. Without the state nothing can be undone, and that is told.
fn put_together(kept: &[RunRow], layout: &Layout, look: Option<&Look>) -> Past {
    let (applied, problem) = match StateStore::new(layout.state()).load() {
        Ok(state) => (state.map(|state| state.applied).unwrap_or_default(), String::new()),
        Err(error) => (Vec::new(), error.to_string()),
    };
    let mut rows: Vec<HistoryRow> = kept.iter().filter_map(|run| kept_row(run, &applied)).collect();
    let runs = recorded::newest(layout, MOST_RUNS);
    let known: BTreeSet<&str> = kept.iter().map(|run| run.folder.as_str()).collect();
    let is_known = |run: &&RunHead| run.path.file_name().is_some_and(|name| known.contains(&*name.to_string_lossy()));
    rows.extend(runs.iter().filter(|run| !is_known(run)).filter_map(run_row));
    let backwards = backwards(layout, &runs, &applied);
    let is_row = |record: &AppliedRecord| {
        rows.iter().any(|row| row.serial == Some(record.serial) && row.plan_id == record.plan_id)
    };
    let missing: Vec<HistoryRow> =
        applied.iter().filter(|record| !is_row(record)).map(|record| applied_row(record, &backwards)).collect();
    rows.extend(missing);
    let recorded = looks(kept, &runs);
    if let Some(last) = rows.iter_mut().filter(|row| row.serial.is_some()).max_by_key(|row| row.serial) {
        last.drift = since(last, look.into_iter().chain(&recorded));
    }
    // Of one moment, what was applied is newer than its plan.
    let moment = |row: &HistoryRow| row.at.parse::<jiff::Timestamp>().ok();
    rows.sort_by(|one, two| moment(two).cmp(&moment(one)).then(two.serial.cmp(&one.serial)));
    Past { rows, problem, ..Past::default() }
}

/// What `drift` saw, here and elsewhere.
fn looks(kept: &[RunRow], runs: &[RunHead]) -> Vec<Look> {
    let look = |at: &str, verdict: &str, places: &str| {
        let found = if verdict == "drifted" { places } else { "" };
        Some(Look { at: at.parse().ok()?, found: found.to_owned() })
    };
    let kept = kept.iter().filter(|run| run.command == "drift" && !run.verdict.is_empty());
    let kept = kept.filter_map(|run| look(&run.started_at.as_ref()?.0, &run.verdict, &run.verdict_reason));
    let here = runs.iter().filter(|run| run.command == "drift").filter_map(|run| {
        let data = &run.summary.as_ref()?.data;
        look(&run.started, data.get("verdict")?.as_str()?, data.get("places")?.as_str()?)
    });
    kept.chain(here).collect()
}

/// What is known of the space since this was applied: what the newest look at it saw.
fn since<'a>(applied: &HistoryRow, looks: impl Iterator<Item = &'a Look>) -> String {
    let began = applied.at.parse::<Timestamp>().ok();
    match looks.filter(|look| began.is_none_or(|began| look.at >= began)).max_by_key(|look| look.at) {
        Some(look) if look.found.is_empty() => NO_DRIFT.to_owned(),
        Some(look) => look.found.clone(),
        None => String::new(),
    }
}

/// A run as the tables keep it. None: an apply that changed nothing and failed at nothing.
fn kept_row(run: &RunRow, applied: &[AppliedRecord]) -> Option<HistoryRow> {
    let applies = matches!(run.command.as_str(), "apply" | "rollback");
    let serial = run.serial.and_then(|serial| u64::try_from(serial).ok());
    if applies && serial.is_none() && run.status == "ok" {
        return None;
    }
    let share = |correct: Option<i64>, total: Option<i64>| {
        let total = total.filter(|total| *total > 0)?;
        Some(correct? as f64 / total as f64)
    };
    let by_plan = if run.read_back.is_empty() { &run.verdict } else { &run.read_back };
    let went_well = matches!(run.status.as_str(), "ok" | "changes") && (serial.is_some() || !applies);
    let outcome = if by_plan.is_empty() || !went_well { &run.status } else { by_plan };
    let undoable = |record: &&AppliedRecord| Some(record.serial) == serial && record.plan_id == run.plan_id;
    Some(HistoryRow {
        kind: run.command.clone(),
        serial,
        plan_id: run.plan_id.clone(),
        at: run.started_at.as_ref().map(|at| at.0.clone()).unwrap_or_default(),
        by: run.actor.clone(),
        changes: run.changes.and_then(|changes| usize::try_from(changes).ok()).unwrap_or_default(),
        score_before: share(run.correct_before, run.total_before),
        score_after: share(run.correct_after, run.total_after),
        outcome: outcome.clone(),
        drift: String::new(),
        can_roll_back: applied.iter().find(undoable).is_some_and(|record| record.before.is_some()),
    })
}

/// The plans that are ways back.
fn backwards(layout: &Layout, runs: &[RunHead], applied: &[AppliedRecord]) -> BTreeSet<String> {
    let made = runs.iter().filter(|run| run.command == "rollback");
    let recorded = made.filter_map(|run| run.summary.as_ref()?.plan_id.clone());
    let plans = PlanStore::new(layout.plans());
    let kept = applied.iter().filter_map(|record| {
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

/// A run of this machine that is not in the tables; of those that applied something the state speaks.
fn run_row(run: &RunHead) -> Option<HistoryRow> {
    if !matches!(run.command.as_str(), "plan" | "score" | "drift") {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_look_tells_what_became_of_what_was_applied() {
        let at = |text: &str| text.parse().expect("a time");
        let look = |when: &str, found: &str| Look { at: at(when), found: found.to_owned() };
        let applied = HistoryRow { at: "2026-01-02T00:00:00Z".to_owned(), ..HistoryRow::default() };
        let run = |command: &str, when: &str, verdict: &str, places: &str| RunRow {
            command: command.to_owned(),
            started_at: Some(crate::history::Moment(when.to_owned())),
            verdict: verdict.to_owned(),
            verdict_reason: places.to_owned(),
            ..RunRow::default()
        };
        let kept = [
            run("drift", "2026-01-01T00:00:00Z", "drifted", "edited in 3 places"),
            run("drift", "2026-01-03T00:00:00Z", "drifted", "edited in 2 places"),
            run("plan", "2026-01-04T00:00:00Z", "improved", ""),
        ];
        assert_eq!(since(&applied, looks(&kept[..1], &[]).iter()), "", "nobody has looked since");
        let recorded = looks(&kept, &[]);
        assert_eq!(since(&applied, recorded.iter()), "edited in 2 places");
        let here = look("2026-01-05T00:00:00Z", "");
        assert_eq!(since(&applied, recorded.iter().chain([&here])), NO_DRIFT);
        let earlier = look("2026-01-02T12:00:00Z", "");
        assert_eq!(since(&applied, [&earlier].into_iter().chain(&recorded)), "edited in 2 places");
    }
}
