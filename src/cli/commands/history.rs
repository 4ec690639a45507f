//! `history`: what was planned, scored and applied, as the history tables tell it.

use super::Outcome;
use crate::cli::args::{HistoryCompactArgs, HistoryCompareArgs, HistoryExportArgs, HistoryListArgs, HistoryShowArgs};
use crate::cli::exit::Exit;
use crate::cli::history::{failed, open};
use crate::cli::output::Output;
use crate::cli::recorded;
use crate::cli::session::{layout, load, write_text};
use crate::history::{Compacted, CostRow, Record, Row, RunRecord, RunRow, TABLES, Table, compare as compare_runs};
use crate::ops::OpsError;
use crate::render::{self, escape::visible_line};
use crate::ui::{self, RunInfo};
use serde_json::{Value, json};
use std::path::Path;

pub async fn list(args: &HistoryListArgs, output: Output) -> Outcome {
    let (history, _connection) = open(&load(&args.project)?.project).await?;
    let runs = history.runs().await.map_err(failed)?;
    let shown: Vec<&RunRow> = runs.iter().take(args.limit).collect();
    if args.json {
        let rows: Vec<Row> = shown.iter().map(|run| run.row()).collect();
        output.data(&json!(rows).to_string());
    } else if runs.is_empty() {
        output.data(&format!("No run is in the history {} yet.", history.shown()));
    } else {
        output.data(&render::table(&["run", "what", "score", "changes", "outcome", "by"], &lines(&shown)));
        if shown.len() < runs.len() {
            output.message(&format!("the newest {} of {} runs; --limit shows more", shown.len(), runs.len()));
        }
    }
    Ok(Exit::Ok)
}

fn lines(runs: &[&RunRow]) -> Vec<Vec<String>> {
    let line = |run: &&RunRow| {
        let outcome = [&run.read_back, &run.verdict].into_iter().find(|text| !text.is_empty());
        let serial = run.serial.map(|serial| format!(" #{serial}")).unwrap_or_default();
        vec![
            visible_line(&run.folder),
            format!("{}{serial}", visible_line(&run.command)),
            score(run),
            run.changes.map_or_else(String::new, |changes| changes.to_string()),
            visible_line(outcome.filter(|_| run.status == "ok" || run.status == "changes").unwrap_or(&run.status)),
            visible_line(&run.actor),
        ]
    };
    runs.iter().map(line).collect()
}

/// `12/24 -> 20/24`, as far as it is known.
fn score(run: &RunRow) -> String {
    let part = |correct: Option<i64>, total: Option<i64>| Some(format!("{}/{}", correct?, total?));
    let sides = [part(run.correct_before, run.total_before), part(run.correct_after, run.total_after)];
    sides.into_iter().flatten().collect::<Vec<_>>().join(" -> ")
}

pub async fn show(args: &HistoryShowArgs, output: Output) -> Outcome {
    let (history, _connection) = open(&load(&args.project)?.project).await?;
    let run = history.find(&args.run).await.map_err(failed)?;
    let record = history.whole(run).await.map_err(failed)?;
    if args.json {
        output.data(&whole(&record).to_string());
        return Ok(Exit::Ok);
    }
    output.data(&told(&record));
    Ok(Exit::Ok)
}

/// One run for people.
fn told(record: &RunRecord) -> String {
    let run = &record.run;
    let mut text = format!("{} {}\n", visible_line(&run.command), visible_line(&run.folder));
    for (name, value) in facts(record) {
        if !value.is_empty() {
            text.push_str(&format!("  {name:<10} {}\n", visible_line(&value)));
        }
    }
    let rounds = record.rounds.iter().map(|row| {
        let number = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
        vec![number(row.round), format!("{}/{}", number(row.correct), number(row.total)), number(row.trials)]
    });
    section(&mut text, "Rounds, on the learn set", &["round", "right", "trials"], rounds.collect());
    let moved = record.questions.iter().filter(|row| !row.before.is_empty() && row.before != row.after).map(|row| {
        vec![
            row.question_id.clone(),
            row.split.clone(),
            row.before.clone(),
            row.after.clone(),
            row.reason_after.clone(),
        ]
    });
    section(&mut text, "Questions that moved", &["question", "set", "before", "after", "why"], moved.collect());
    let changes = record.changes.iter().map(|row| {
        vec![row.change_id.clone(), row.action.clone(), row.category.clone(), row.status.clone(), row.address.clone()]
    });
    section(&mut text, "Changes", &["change", "action", "category", "status", "place"], changes.collect());
    let guards = record
        .guards
        .iter()
        .map(|row| vec![row.rule.clone(), row.level.clone(), row.status.clone(), row.message.clone()]);
    section(&mut text, "Guards", &["guard", "level", "status", "message"], guards.collect());
    text
}

fn section(text: &mut String, title: &str, head: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.iter().map(|cell| visible_line(cell)).collect()).collect();
    text.push_str(&format!("\n{title}\n{}", render::table(head, &rows)));
}

fn facts(record: &RunRecord) -> Vec<(&'static str, String)> {
    let (run, costs) = (&record.run, &record.costs);
    let moment = |at: &Option<crate::history::Moment>| at.as_ref().map(|at| at.0.clone()).unwrap_or_default();
    let number = |value: Option<i64>| value.unwrap_or_default();
    vec![
        ("began", moment(&run.started_at)),
        ("by", run.actor.clone()),
        (
            "ended",
            format!(
                "{}{}",
                run.status,
                Some(&run.message).filter(|m| !m.is_empty()).map(|m| format!(": {m}")).unwrap_or_default()
            ),
        ),
        ("space", [&run.space_title, &run.space_id].map(String::as_str).join(" ").trim().to_owned()),
        ("workspace", run.host.clone()),
        ("plan", run.plan_id.clone()),
        (
            "verdict",
            [&run.verdict, &run.verdict_reason].map(String::as_str).join(": ").trim_matches([':', ' ']).to_owned(),
        ),
        ("score", score(run)),
        ("read back", run.read_back.clone()),
        (
            "cost",
            format!(
                "{} questions asked, {} from the cache, {} trials, {:.0} s, {:.0} s of it waiting{}",
                number(costs.questions_asked),
                number(costs.questions_cached),
                number(costs.trials),
                costs.seconds.unwrap_or_default(),
                costs.waited_seconds.unwrap_or_default(),
                charged(costs)
            ),
        ),
    ]
}

/// What is paid for, as far as the run's release counted it.
fn charged(costs: &CostRow) -> String {
    let parts = [
        costs.statements.map(|count| format!("{count} statements ({:.1} s)", costs.sql_seconds.unwrap_or_default())),
        costs.tokens.filter(|count| *count > 0).map(|count| format!("{count} tokens")),
        costs.dbu.filter(|dbu| *dbu > 0.0).map(|dbu| format!("at most {dbu:.3} DBU")),
        costs.usd.filter(|usd| *usd > 0.0).map(|usd| format!("{usd:.2} USD")),
    ];
    parts.into_iter().flatten().map(|part| format!(", {part}")).collect()
}

/// Everything that is kept of one run, by table.
fn whole(record: &RunRecord) -> Value {
    let tables = record.rows().into_iter().map(|(table, rows)| (table.name.to_owned(), json!(rows)));
    Value::Object(tables.collect())
}

pub async fn compare(args: &HistoryCompareArgs, output: Output) -> Outcome {
    let (history, _connection) = open(&load(&args.project)?.project).await?;
    let read = async |wanted: &str| history.whole(history.find(wanted).await?).await;
    let earlier = read(&args.earlier).await.map_err(failed)?;
    let later = read(&args.later).await.map_err(failed)?;
    let found = compare_runs(&earlier, &later);
    let lists = [("gained", &found.gained), ("lost", &found.lost), ("otherwise", &found.otherwise)];
    if args.json {
        let moved = lists.into_iter().map(|(name, list)| {
            let items = list.iter().map(|m| json!({"id": m.question_id, "earlier": m.earlier, "later": m.later}));
            (name.to_owned(), items.collect::<Value>())
        });
        let mut value = json!({
            "earlier": earlier.run.row(), "later": later.run.row(), "same": found.same,
            "only_earlier": found.only_earlier, "only_later": found.only_later,
        });
        if let Some(map) = value.as_object_mut() {
            map.extend(moved);
        }
        output.data(&value.to_string());
        return Ok(Exit::Ok);
    }
    let mut text = String::new();
    for (name, run) in [("earlier", &earlier.run), ("later", &later.run)] {
        let (folder, command) = (visible_line(&run.folder), visible_line(&run.command));
        text.push_str(&format!("{name:<8} {folder} {command}  {}\n", score(run)));
    }
    text.push_str(&format!(
        "{} gained, {} lost, {} wrong in another way, {} the same\n",
        found.gained.len(),
        found.lost.len(),
        found.otherwise.len(),
        found.same
    ));
    for (title, list) in [("Gained", &found.gained), ("Lost", &found.lost), ("Wrong in another way", &found.otherwise)]
    {
        let rows = list.iter().map(|m| vec![m.question_id.clone(), m.earlier.clone(), m.later.clone()]);
        section(&mut text, title, &["question", "earlier", "later"], rows.collect());
    }
    let one = |ids: &[String]| ids.iter().map(|id| vec![id.clone()]).collect::<Vec<_>>();
    section(&mut text, "Only in the earlier run", &["question"], one(&found.only_earlier));
    section(&mut text, "Only in the later run", &["question"], one(&found.only_later));
    output.data(&text);
    Ok(Exit::Ok)
}

pub async fn export(args: &HistoryExportArgs, output: Output) -> Outcome {
    if args.out.exists() {
        return Err(OpsError::usage(format!("{} exists; name another folder", args.out.display())));
    }
    let (history, _connection) = open(&load(&args.project)?.project).await?;
    match &args.run {
        Some(wanted) => {
            let run = history.find(wanted).await.map_err(failed)?;
            let record = history.whole(run).await.map_err(failed)?;
            evidence(args, &record, output)?;
        }
        None => {
            for table in TABLES {
                let rows = history.rows(*table).await.map_err(failed)?;
                let text: String = rows.into_iter().map(|row| format!("{}\n", Value::Object(row))).collect();
                write_text(&args.out.join(format!("{}.jsonl", table.name)), &text)?;
            }
        }
    }
    output.message(&format!("wrote {}", args.out.display()));
    if args.json {
        output.data(&serde_json::json!({ "written": [args.out.display().to_string()] }).to_string());
    }
    Ok(Exit::Ok)
}

pub async fn compact(args: &HistoryCompactArgs, output: Output) -> Outcome {
    let (history, _connection) = open(&load(&args.project)?.project).await?;
    let compacted = history.compact().await.map_err(failed)?;
    if args.json {
        let files = compacted.iter().map(|(table, files)| {
            (table.name.to_owned(), json!({ "files_before": files.before, "files_after": files.after }))
        });
        output.data(&Value::Object(files.collect()).to_string());
    } else if compacted.is_empty() {
        output.data(&format!("The warehouse keeps the files of {} itself.", history.shown()));
    } else {
        let line = |table: &Table, files: &Compacted| {
            vec![table.name.to_owned(), files.before.to_string(), files.after.to_string()]
        };
        let lines = compacted.iter().map(|(table, files)| line(table, files)).collect::<Vec<_>>();
        output.data(&render::table(&["table", "files before", "files after"], &lines));
    }
    Ok(Exit::Ok)
}

/// The evidence of one run: its rows and, where its folder is on this machine, all that lies in
/// it and a report for people.
fn evidence(args: &HistoryExportArgs, record: &RunRecord, output: Output) -> Result<(), OpsError> {
    write_text(&args.out.join("history.json"), &format!("{:#}\n", whole(record)))?;
    let layout = layout(&load(&args.project)?.project);
    let folder = layout.runs().join(&record.run.folder);
    if record.run.folder.is_empty() || !folder.is_dir() {
        output.message("note: the folder of this run is not on this machine; its rows are all there is");
        return Ok(());
    }
    copy(&folder, &args.out)?;
    let info = RunInfo { title: record.run.space_title.clone(), target: record.run.target, ..RunInfo::default() };
    let shown = recorded::show(&layout, &folder, info)?;
    write_text(&args.out.join("report.html"), &ui::report(&shown.run()))
}

fn copy(from: &Path, to: &Path) -> Result<(), OpsError> {
    let failed = |error: std::io::Error| OpsError::other(format!("cannot copy {}: {error}", from.display()));
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            std::fs::copy(&path, to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}
