//! What a fleet ends with: one row for each project.

use crate::cli::commands::{Outcome, drift::Seen};
use crate::cli::exit::Exit;
use crate::cli::record::in_full;
use crate::render::escape::visible_line;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// How one project of a fleet ended.
pub(super) struct Row {
    file: PathBuf,
    exit: Exit,
    error: Option<String>,
    told: Told,
}

/// What a project's run came to.
#[derive(Default)]
pub(super) struct Told {
    verdict: Option<String>,
    before: Option<String>,
    after: Option<String>,
    changes: Option<u64>,
    plan_id: Option<String>,
}

impl Told {
    /// By the record of a run.
    pub(super) fn run((plan_id, data): (Option<String>, Value)) -> Self {
        let score = |side: &str| {
            let score = data.get(side)?;
            Some(format!("{}/{}", score.get("correct")?, score.get("total")?))
        };
        Self {
            verdict: data.get("verdict").and_then(Value::as_str).map(str::to_owned),
            before: score("before"),
            after: score("after"),
            changes: data.get("changes").and_then(Value::as_u64),
            plan_id,
        }
    }

    /// By a look at the live space.
    pub(super) fn drift(seen: &Seen) -> Self {
        let changes = seen.space_id.is_some().then_some(seen.edits.len() as u64);
        Self { verdict: Some(seen.verdict().to_owned()), changes, ..Self::default() }
    }
}

impl Row {
    pub(super) fn of(file: &Path, outcome: Outcome, told: Told) -> Self {
        let (exit, error) = match outcome {
            Ok(exit) => (exit, None),
            Err(error) => (Exit::of(&error), Some(in_full(&error))),
        };
        Self { file: file.to_owned(), exit, error, told }
    }
}

pub(super) fn as_json(rows: &[Row]) -> String {
    let row = |row: &Row| {
        json!({
            "file": row.file.display().to_string(), "exit_code": row.exit as u8, "status": row.exit.name(),
            "verdict": row.told.verdict, "before": row.told.before, "after": row.told.after, "changes": row.told.changes,
            "plan_id": row.told.plan_id, "error": row.error,
        })
    };
    format!("{:#}", json!({ "projects": rows.iter().map(row).collect::<Vec<Value>>() }))
}

pub(super) fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "No project is concerned.".to_owned();
    }
    let name = |row: &Row| visible_line(&row.file.display().to_string());
    let wide = rows.iter().map(|row| name(row).chars().count()).max().unwrap_or(0).max(7);
    let mut text =
        format!("{:<wide$}  {:>9}  {:>9}  {:>7}  {:<8}  outcome\n", "project", "before", "after", "changes", "plan");
    for row in rows {
        let said = match (&row.error, &row.told.verdict) {
            (Some(error), _) => format!("{}: {}", row.exit.name(), visible_line(error)),
            (None, Some(verdict)) => verdict.clone(),
            (None, None) => row.exit.name().to_owned(),
        };
        let cell = |text: &Option<String>| text.clone().unwrap_or_default();
        let plan: String = row.told.plan_id.iter().flat_map(|id| id.chars().take(8)).collect();
        let changes = row.told.changes.map(|count| count.to_string()).unwrap_or_default();
        let (before, after) = (cell(&row.told.before), cell(&row.told.after));
        text.push_str(&format!("{:<wide$}  {before:>9}  {after:>9}  {changes:>7}  {plan:<8}  {said}\n", name(row)));
    }
    text
}

/// A failure says more than a change, and a change more than nothing.
pub(super) fn worst(rows: &[Row]) -> Exit {
    let weight = |exit: Exit| match exit {
        Exit::Ok => 0,
        Exit::Changes => 1,
        _ => 2,
    };
    let mut worst = Exit::Ok;
    for row in rows {
        if weight(row.exit) > weight(worst) {
            worst = row.exit;
        }
    }
    worst
}
