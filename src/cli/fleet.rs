//! A fleet: several projects in one run, one after another, so that all of them together keep to
//! the quota of one; a table at the end.

use super::args::{ChangedArgs, Command, PlanArgs, PlanFormat, ProjectArgs, ScoreArgs, ScoreFormat, ValidateArgs};
use super::commands::{self, Outcome};
use super::exit::Exit;
use super::output::Output;
use super::record::{Recorder, in_full};
use super::session::{cannot_read, load, report};
use crate::ops::OpsError;
use crate::render::escape::visible_line;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process;

/// How one project of a fleet ended.
struct Row {
    file: PathBuf,
    exit: Exit,
    error: Option<String>,
    verdict: Option<String>,
    before: Option<String>,
    after: Option<String>,
    changes: Option<u64>,
    plan_id: Option<String>,
}

/// The projects that were named on the command line.
#[derive(Clone, Debug, Default)]
pub struct Fleet(Vec<PathBuf>);

impl Fleet {
    pub fn of(files: Vec<PathBuf>) -> Self {
        Self(files)
    }

    /// True for a run over several projects: more than one file, or a pattern.
    pub fn is_many(&self) -> bool {
        self.0.len() > 1 || self.0.iter().any(|file| is_pattern(file))
    }

    /// The project files, each once, without those that nothing of what changed belongs to.
    fn projects(&self, project: &ProjectArgs, filter: &ChangedArgs) -> Result<Vec<PathBuf>, OpsError> {
        let mut files: Vec<PathBuf> = Vec::new();
        for file in &self.0 {
            for found in expanded(file)? {
                if !files.contains(&found) {
                    files.push(found);
                }
            }
        }
        if let Some(revision) = &filter.changed_since {
            let changed = changed_since(revision)?;
            files.retain(|file| touches(&ProjectArgs { file: file.clone(), ..project.clone() }, &changed));
        }
        Ok(files)
    }
}

/// Runs a command over a fleet, where it is meant and the command can; else gives it back.
pub async fn run(command: Command, fleet: &Fleet, output: Output) -> Result<Outcome, Command> {
    let filtered = |filter: &ChangedArgs| fleet.is_many() || filter.changed_since.is_some();
    match command {
        Command::Plan(args) if filtered(&args.changed) => Ok(plan(args, fleet, output).await),
        Command::Score(args) if filtered(&args.changed) => Ok(score(args, fleet, output).await),
        Command::Validate(args) if filtered(&args.changed) => Ok(validate(args, fleet, output)),
        _ if fleet.is_many() => Ok(Err(OpsError::usage(
            "only validate, score and plan work on several projects; name one project file with -f",
        ))),
        command => Err(command),
    }
}

async fn plan(mut args: PlanArgs, fleet: &Fleet, output: Output) -> Outcome {
    if args.out.is_some() || args.json_into.is_some() {
        return Err(OpsError::usage(
            "`--out` and `--json-into` name the file of one project; the plans of a fleet lie under each project's \
             .genie-enhance/plans, and `show -f PROJECT` shows them",
        ));
    }
    if !matches!(args.format, PlanFormat::Text | PlanFormat::Json) {
        return Err(OpsError::usage("a fleet ends with a table or, with `--json`, with one document"));
    }
    let mut rows = Vec::new();
    let files = fleet.projects(&args.project, &args.changed)?;
    for file in &files {
        announce(file, rows.len(), files.len(), output);
        args.project.file.clone_from(file);
        let recorder = Recorder::new("plan", None, output)?;
        let outcome = recorder.end(commands::plan::recorded(&args, output.muted(), &recorder).await).await;
        rows.push(Row::of(file, outcome, recorder.told(), output));
    }
    finish(&rows, output)
}

async fn score(mut args: ScoreArgs, fleet: &Fleet, output: Output) -> Outcome {
    if args.json_into.is_some() || !matches!(args.format, ScoreFormat::Text | ScoreFormat::Json) {
        return Err(OpsError::usage("a fleet ends with a table or, with `--json`, with one document"));
    }
    let mut rows = Vec::new();
    let files = fleet.projects(&args.project, &args.changed)?;
    for file in &files {
        announce(file, rows.len(), files.len(), output);
        args.project.file.clone_from(file);
        let recorder = Recorder::new("score", None, output)?;
        let outcome = recorder.end(commands::score::recorded(&args, output.muted(), &recorder).await).await;
        rows.push(Row::of(file, outcome, recorder.told(), output));
    }
    finish(&rows, output)
}

fn validate(mut args: ValidateArgs, fleet: &Fleet, output: Output) -> Outcome {
    let mut rows = Vec::new();
    for file in fleet.projects(&args.project, &args.changed)? {
        args.project.file.clone_from(&file);
        let outcome = commands::validate::run(&args, output.muted());
        rows.push(Row::of(&file, outcome, (None, Value::Null), output));
    }
    finish(&rows, output)
}

fn announce(file: &Path, at: usize, all: usize, output: Output) {
    if !output.quiet {
        output.message(&format!("project {} of {all}: {}", at + 1, file.display()));
    }
}

impl Row {
    /// A row from what the run has on record.
    fn of(file: &Path, outcome: Outcome, (plan_id, data): (Option<String>, Value), output: Output) -> Self {
        let score = |side: &str| {
            let score = data.get(side)?;
            Some(format!("{}/{}", score.get("correct")?, score.get("total")?))
        };
        let (exit, error) = match outcome {
            Ok(exit) => (exit, None),
            Err(error) => {
                // One project's failure is that project's; the table at the end has it, too.
                report(&error, output.muted());
                (Exit::of(&error), Some(in_full(&error)))
            }
        };
        Self {
            file: file.to_owned(),
            exit,
            error,
            verdict: data.get("verdict").and_then(Value::as_str).map(str::to_owned),
            before: score("before"),
            after: score("after"),
            changes: data.get("changes").and_then(Value::as_u64),
            plan_id,
        }
    }
}

/// A name with the signs of a pattern, where no file has that name itself.
fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[']) && !path.exists()
}

fn expanded(path: &Path) -> Result<Vec<PathBuf>, OpsError> {
    if !is_pattern(path) {
        return Ok(vec![path.to_owned()]);
    }
    let pattern = path.to_string_lossy();
    let found = glob::glob(&pattern).map_err(|error| OpsError::usage(format!("`{pattern}` is no pattern: {error}")))?;
    let mut files: Vec<PathBuf> = found.filter_map(Result::ok).filter(|path| path.is_file()).collect();
    files.sort();
    match files.is_empty() {
        true => Err(OpsError::usage(format!("no project matches `{pattern}`; a pattern names project files"))),
        false => Ok(files),
    }
}

/// Files that differ from a revision, those that git does not know among them; absolute.
fn changed_since(revision: &str) -> Result<BTreeSet<PathBuf>, OpsError> {
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?.trim_end());
    // A name is a revision here, never an option.
    let commit = git(&["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")])?;
    let top_text = top.to_string_lossy().into_owned();
    let differing = git(&["-C", &top_text, "diff", "--name-only", "-z", commit.trim_end(), "--"])?;
    let unknown = git(&["-C", &top_text, "ls-files", "--others", "--exclude-standard", "-z"])?;
    let names = differing.split('\0').chain(unknown.split('\0')).filter(|name| !name.is_empty());
    let absolute = top.canonicalize().map_err(|error| cannot_read(&top, &error))?;
    Ok(names.map(|name| absolute.join(name)).collect())
}

fn git(arguments: &[&str]) -> Result<String, OpsError> {
    let output = process::Command::new("git")
        .args(arguments)
        .output()
        .map_err(|error| OpsError::usage(format!("`--changed-since` needs git: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(OpsError::usage(format!("`--changed-since`: git says: {}", visible_line(&said))));
    }
    String::from_utf8(output.stdout).map_err(|_| OpsError::usage("git names a file that is not UTF-8"))
}

/// True if a changed file is one of the project's, or lies in its data or prompts. A project that
/// cannot be read is never left out: its run says what is wrong.
fn touches(project: &ProjectArgs, changed: &BTreeSet<PathBuf>) -> bool {
    let Ok(loaded) = load(project) else { return true };
    let known = &loaded.project;
    let overlay = known.environment.as_ref().map(|name| known.file.with_extension(format!("{name}.yaml")));
    let data = match &known.workspace {
        crate::config::Workspace::Embedded { data, world, .. } => {
            std::iter::once(data.clone()).chain(world.clone()).collect()
        }
        crate::config::Workspace::Databricks { .. } => Vec::new(),
    };
    let own = std::iter::once(known.file.clone())
        .chain(overlay)
        .chain(known.definition.clone())
        .chain(known.benchmarks.iter().cloned())
        .chain(data)
        .chain(known.prompts.clone());
    let own: Vec<PathBuf> = own.filter_map(|path| path.canonicalize().ok()).collect();
    // A benchmark file that was removed leaves no path of its own; it was in the project's folder.
    let removed =
        |path: &PathBuf| !path.exists() && known.folder.canonicalize().is_ok_and(|folder| path.starts_with(folder));
    changed.iter().any(|path| own.iter().any(|own| path.starts_with(own)) || removed(path))
}

fn finish(rows: &[Row], output: Output) -> Outcome {
    output.data(&if output.json { as_json(rows) } else { table(rows) });
    Ok(worst(rows))
}

fn as_json(rows: &[Row]) -> String {
    let row = |row: &Row| {
        json!({
            "file": row.file.display().to_string(), "exit_code": row.exit as u8, "status": row.exit.name(),
            "verdict": row.verdict, "before": row.before, "after": row.after, "changes": row.changes,
            "plan_id": row.plan_id, "error": row.error,
        })
    };
    format!("{:#}", json!({ "projects": rows.iter().map(row).collect::<Vec<Value>>() }))
}

fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "No project is concerned.".to_owned();
    }
    let name = |row: &Row| visible_line(&row.file.display().to_string());
    let wide = rows.iter().map(|row| name(row).chars().count()).max().unwrap_or(0).max(7);
    let mut text =
        format!("{:<wide$}  {:>9}  {:>9}  {:>7}  {:<8}  outcome\n", "project", "before", "after", "changes", "plan");
    for row in rows {
        let said = match (&row.error, &row.verdict) {
            (Some(error), _) => format!("{}: {}", row.exit.name(), visible_line(error)),
            (None, Some(verdict)) => verdict.clone(),
            (None, None) => row.exit.name().to_owned(),
        };
        let cell = |text: &Option<String>| text.clone().unwrap_or_default();
        let plan: String = row.plan_id.iter().flat_map(|id| id.chars().take(8)).collect();
        let changes = row.changes.map(|count| count.to_string()).unwrap_or_default();
        let (before, after) = (cell(&row.before), cell(&row.after));
        text.push_str(&format!("{:<wide$}  {before:>9}  {after:>9}  {changes:>7}  {plan:<8}  {said}\n", name(row)));
    }
    text
}

/// A failure says more than a change, and a change more than nothing.
fn worst(rows: &[Row]) -> Exit {
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
