//! The declared files and the past of the demo's space.

use crate::model::{Diagnostic, Event, Plan, SourceSpan};
use crate::ui::actions::{BenchmarkFile, HistoryRow, Project};
use crate::ui::run::Finished;

const CONFIG: &str = include_str!("../../../examples/game-kpi/genie.yaml");

const BENCHMARKS: [(&str, &str); 2] = [
    ("benchmarks/basics.yaml", include_str!("../../../examples/game-kpi/benchmarks/basics.yaml")),
    ("benchmarks/kpi.yaml", include_str!("../../../examples/game-kpi/benchmarks/kpi.yaml")),
];

const HELP: [(&str, &str); 12] = [
    ("version", "The version of this file's form; 1."),
    ("workspace", "Where the space lives: a local folder (embedded) or a Databricks workspace (profile, host)."),
    ("space", "The declared content (definition) and, once it exists, the live space's id."),
    ("benchmarks", "Files with questions and their gold SQL; globs are welcome."),
    ("target", "The score to reach and the most rounds to play for it."),
    ("split", "How the holdout is drawn; it is never learnt from."),
    ("scoring", "How questions are asked: how many at once, retries, the circuit breaker."),
    ("learning", "Which categories of fixes are made, and how many families must support a pattern."),
    ("llm", "An optional serving endpoint that drafts fixes as well."),
    ("guards", "Rules that a plan must hold; a mandatory one that fails blocks the plan."),
    ("waivers", "Named exceptions from guards, with a reason and a date."),
    ("budget", "The most questions, tokens, minutes and dollars of a run."),
];

pub fn declared() -> Project {
    let file = |(name, text): &(&str, &str)| check_benchmarks(name, text.as_bytes());
    Project {
        config_path: "genie.yaml".to_owned(),
        config: CONFIG.to_owned(),
        benchmarks: BENCHMARKS.iter().map(file).collect(),
        help: HELP.iter().map(|(key, meaning)| ((*key).to_owned(), (*meaning).to_owned())).collect(),
    }
}

/// The recorded plan: what was there before anything is applied.
pub fn history() -> Vec<HistoryRow> {
    let Some(Finished { plan, id, .. }) = super::finished() else { return Vec::new() };
    let planned = HistoryRow {
        kind: "plan".to_owned(),
        serial: None,
        by: "recorded".to_owned(),
        outcome: plan.verdict.as_str().to_owned(),
        can_roll_back: false,
        ..applied(&plan, &id, 0)
    };
    vec![planned]
}

pub fn next_serial(history: &[HistoryRow]) -> u64 {
    history.iter().filter_map(|row| row.serial).max().unwrap_or(0) + 1
}

pub fn applied(plan: &Plan, id: &str, serial: u64) -> HistoryRow {
    HistoryRow {
        kind: "apply".to_owned(),
        serial: Some(serial),
        plan_id: id.to_owned(),
        at: plan.created_at.clone(),
        by: "you".to_owned(),
        changes: plan.changes.len(),
        score_before: plan.score.before.all().share(),
        score_after: plan.score.after.all().share(),
        outcome: read_back(),
        drift: String::new(),
        can_roll_back: true,
    }
}

/// How the recorded apply was read back: the worst of its changes.
fn read_back() -> String {
    let status = |event: Event| match event {
        Event::ChangeApplied { status, .. } => Some(status),
        _ => None,
    };
    let statuses: Vec<String> = super::applied().into_iter().filter_map(status).collect();
    let worst = ["lossy", "migrated"].into_iter().find(|worst| statuses.iter().any(|status| status == worst));
    worst.unwrap_or("equal").to_owned()
}

/// Adds the undoing; false if there is nothing to undo.
pub fn roll_back(history: &mut Vec<HistoryRow>, serial: u64) -> bool {
    let next = next_serial(history);
    let Some(record) = history.iter_mut().find(|row| row.serial == Some(serial) && row.can_roll_back) else {
        return false;
    };
    record.can_roll_back = false;
    let undone = HistoryRow {
        kind: "rollback".to_owned(),
        serial: Some(next),
        score_before: record.score_after,
        score_after: record.score_before,
        by: "you".to_owned(),
        outcome: "equal".to_owned(),
        drift: String::new(),
        can_roll_back: true,
        ..record.clone()
    };
    history.insert(0, undone);
    true
}

/// The line `number` of a text, from 1, as a span.
fn line_span(file: &str, text: &str, number: usize, column: usize, length: usize) -> SourceSpan {
    let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default();
    SourceSpan { file: file.to_owned(), line: number, column, length, text: line.to_owned() }
}

fn yaml_error(file: &str, text: &str, error: &serde_yaml::Error) -> Diagnostic {
    let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
    Diagnostic::error("GE0001", error.to_string()).at(line_span(file, text, line, column, 1))
}

/// A rough check that shows how findings look; the real one knows the whole schema.
pub fn check_config(text: &str) -> Vec<Diagnostic> {
    if let Err(error) = serde_yaml::from_str::<serde_json::Value>(text) {
        return vec![yaml_error("genie.yaml", text, &error)];
    }
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let key = line.split(':').next().unwrap_or_default();
        let is_key = line.contains(':') && !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
        let known = HELP.iter().any(|(name, _)| *name == key) || ["state", "history"].contains(&key);
        if is_key && !known {
            let span = line_span("genie.yaml", text, at + 1, 1, key.chars().count());
            let mut finding = Diagnostic::error("GE0102", format!("`{key}` is no key of the project")).at(span);
            if let Some((near, _)) = HELP.iter().find(|(name, _)| name.starts_with(key.get(..3).unwrap_or(key))) {
                finding = finding.help(format!("did you mean `{near}`?"));
            }
            found.push(finding);
        }
    }
    found
}

/// As [`check_config`], for a benchmark file: every question needs an id, a question and its SQL.
pub fn check_benchmarks(name: &str, bytes: &[u8]) -> BenchmarkFile {
    let text = String::from_utf8_lossy(bytes);
    let mut file = BenchmarkFile { name: name.to_owned(), ..BenchmarkFile::default() };
    if name.ends_with(".md") {
        file.questions = text.lines().filter(|line| line.starts_with("## ")).count();
        return file;
    }
    match serde_yaml::from_str::<serde_json::Value>(&text) {
        Err(error) => file.diagnostics.push(yaml_error(name, &text, &error)),
        Ok(value) => {
            let list = value.get("questions").or_else(|| value.get("benchmarks")).unwrap_or(&value);
            match list.as_array() {
                None => file.diagnostics.push(
                    Diagnostic::error("GE0201", "there is no list of questions").at(line_span(name, &text, 1, 1, 1)),
                ),
                Some(list) => {
                    file.questions = list.len();
                    let starts = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("- "));
                    let lines: Vec<usize> = starts.map(|(at, _)| at + 1).collect();
                    for (at, question) in list.iter().enumerate() {
                        let wanted = ["id", "question", "sql"].into_iter().filter(|key| question.get(key).is_none());
                        let span = line_span(name, &text, lines.get(at).copied().unwrap_or(1), 1, 1);
                        file.diagnostics.extend(wanted.map(|key| {
                            Diagnostic::error("GE0203", format!("question {} has no `{key}`", at + 1)).at(span.clone())
                        }));
                    }
                }
            }
        }
    }
    file
}
