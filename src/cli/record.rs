//! The record of a run: its folder under `runs/`, its rows in the history, and on request the
//! events in a file of the user's. A record that cannot be written is a warning and never stops
//! the run.

use super::commands::Outcome;
use super::exit::Exit;
use super::history;
use super::output::Output;
use super::session::Session;
use crate::embedded::server::RunningServer;
use crate::format::{EventLine, LineBody, RunSummary, event_to_json, inert_json, plan_to_json, space_to_value};
use crate::history::{History, Moment, RunRecord, RunRow};
use crate::model::{Event, Plan, Scorecard, Space, Suite};
use crate::ops::{Applied, Bills, OpsError};
use crate::store::{Identity, RunFolder, write_whole};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Writes down one run. Cheap to clone; the last one to go writes the summary of a run that was
/// cut short.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Record>>);

struct Record {
    command: String,
    output: Output,
    seq: u64,
    folder: Option<RunFolder>,
    into: Option<(PathBuf, Box<dyn Write + Send>)>,
    plan_id: Option<String>,
    data: Value,
    is_open: bool,
    /// The rows of this run, and where they go.
    rows: RunRecord,
    history: Option<History>,
    /// What was used up, by every session of this run.
    bills: Vec<Bills>,
    /// Embedded workspaces that the history may lie in: kept until it is written.
    servers: Vec<Arc<RunningServer>>,
}

impl Recorder {
    /// A record of `command`, also into the file `into` (`-`: stdout), which is made now: that it
    /// cannot be is the user's to know before anything runs.
    pub fn new(command: &str, into: Option<&Path>, output: Output) -> Result<Self, OpsError> {
        let into = match into {
            Some(path) if path == Path::new("-") => {
                let stdout: Box<dyn Write + Send> = Box::new(std::io::stdout());
                Some((path.to_owned(), stdout))
            }
            Some(path) => {
                let file = File::create(path)
                    .map_err(|error| OpsError::other(format!("cannot write {}: {error}", path.display())))?;
                let file: Box<dyn Write + Send> = Box::new(file);
                Some((path.to_owned(), file))
            }
            None => None,
        };
        let record = Record {
            command: command.to_owned(),
            output,
            seq: 0,
            folder: None,
            into,
            plan_id: None,
            data: Value::Null,
            is_open: false,
            rows: RunRecord::default(),
            history: None,
            bills: Vec::new(),
            servers: Vec::new(),
        };
        Ok(Self(Arc::new(Mutex::new(record))))
    }

    /// Makes the folder of this run and writes the first line.
    pub fn begin(&self, session: &Session) {
        let mut record = self.lock();
        match RunFolder::create(&session.layout.runs(), session.now) {
            Ok(folder) => record.folder = Some(folder),
            Err(error) => record.warn(&format!("this run is not recorded: {error}")),
        }
        record.bills.push(session.bills.clone());
        record.servers.extend(session.server.clone());
        let actor = Identity::current().who;
        record.data = serde_json::json!({ "by": actor });
        record.rows = RunRecord::begin(RunRow {
            folder: record.name(),
            command: record.command.clone(),
            started_at: Some(Moment(jiff::Timestamp::now().to_string())),
            actor,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            project: session.project().file.display().to_string(),
            host: session.workspace.host.clone(),
            space_title: session.definition().map(|space| space.sidecar.title.clone()).unwrap_or_default(),
            space_id: session.project().space_id.clone().unwrap_or_default(),
            target: Some(session.project().target.score),
            ..RunRow::default()
        });
        match history::of(session) {
            Ok(place) => record.history = Some(place),
            Err(error) => record.warn(&format!("this run does not go into the history: {error}")),
        }
        record.start();
    }

    pub fn event(&self, event: &Event) {
        let mut record = self.lock();
        record.rows.event(event, &jiff::Timestamp::now().to_string());
        record.line(LineBody::Event(event.clone()));
    }

    pub fn scorecard(&self, name: &str, card: &Scorecard) {
        let mut record = self.lock();
        record.rows.scorecard(name, card);
        record.keep(|folder| folder.scorecard(name, card).map(|_| ()).map_err(|error| error.to_string()));
    }

    /// Keeps the plan, and its figures for the summary.
    pub fn plan(&self, plan: &Plan, id: &str) {
        let mut record = self.lock();
        record.file("plan.json", &plan_to_json(plan));
        record.rows.plan(plan, id);
        record.plan_id = Some(id.to_owned());
        let score = |score: crate::model::Score| serde_json::json!({"correct": score.correct, "total": score.total});
        record.data = serde_json::json!({
            "verdict": plan.verdict.as_str(),
            "changes": plan.changes.len(),
            "before": score(plan.score.before.all()),
            "after": score(plan.score.after.all()),
            "by": Identity::current().who,
        });
    }

    /// Keeps what the plan was made on and what it leads to: with it the run can be shown later
    /// as it was, whatever has become of the declared files.
    pub fn contents(&self, suite: &Suite, before: &Space, after: &Space) {
        let mut record = self.lock();
        record.rows.suite(suite);
        for (name, value) in [
            ("suite.json", serde_json::to_value(suite).unwrap_or_default()),
            ("space-before.json", space_to_value(before)),
            ("space-after.json", space_to_value(after)),
        ] {
            record.file(name, &format!("{value:#}\n"));
        }
    }

    /// The texts of the questions that were scored.
    pub fn texts(&self, suite: &Suite) {
        self.lock().rows.suite(suite);
    }

    /// The plan that this run is about, where it makes none itself.
    pub fn concerns(&self, plan: &Plan, plan_id: &str) {
        let mut record = self.lock();
        record.plan_id = Some(plan_id.to_owned());
        record.rows.concerns(plan, plan_id);
    }

    /// What an apply came to.
    pub fn applied(&self, applied: &Applied) {
        self.lock().rows.applied(&applied.space_id, applied.serial, applied.read_back.as_str());
    }

    /// What a look at the live space came to.
    pub fn drift(&self, verdict: &str, places: &str) {
        let mut record = self.lock();
        record.rows.drift(verdict, places);
        record.data = serde_json::json!({ "verdict": verdict, "places": places, "by": Identity::current().who });
    }

    /// Figures for the summary.
    pub fn figures(&self, data: Value) {
        self.lock().data = data;
    }

    /// The plan that the run was about, and its figures.
    pub fn told(&self) -> (Option<String>, Value) {
        let record = self.lock();
        (record.plan_id.clone(), record.data.clone())
    }

    /// Closes the record and hands the outcome on.
    pub async fn end(&self, outcome: Outcome) -> Outcome {
        self.close(outcome.as_ref().map(|exit| *exit)).await;
        outcome
    }

    /// Writes the last line, and the run's rows into the history.
    pub async fn close(&self, ended: Result<Exit, &OpsError>) {
        let (exit, message) = match ended {
            Ok(exit) => (exit, String::new()),
            Err(error) => (Exit::of(error), in_full(error)),
        };
        self.finish(exit, message).await;
    }

    /// As [`Recorder::close`], of a run that was stopped.
    pub async fn stopped(&self, why: &str) {
        self.finish(Exit::Cancelled, why.to_owned()).await;
    }

    async fn finish(&self, exit: Exit, message: String) {
        let (history, rows, _servers) = {
            let mut record = self.lock();
            record.finish(exit, message);
            (record.history.take(), std::mem::take(&mut record.rows), std::mem::take(&mut record.servers))
        };
        if let Some(history) = history
            && let Err(error) = history.add(&rows).await
        {
            self.lock().warn(&not_in_history(&error));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_in_history(error: &dyn std::fmt::Display) -> String {
    format!("this run is not in the history: {error}")
}

/// An error in words, with the findings of declared files.
pub fn in_full(error: &OpsError) -> String {
    let OpsError::Declared(findings) = error else { return error.to_string() };
    let line = |finding: &crate::model::Diagnostic| match &finding.span {
        Some(span) => format!("{}:{}: {}", span.file, span.line, finding.message),
        None => finding.message.clone(),
    };
    findings.iter().map(line).collect::<Vec<_>>().join("; ")
}

impl Record {
    /// The name of the run's folder.
    fn name(&self) -> String {
        let name = |folder: &RunFolder| Some(folder.path().file_name()?.to_string_lossy().into_owned());
        self.folder.as_ref().and_then(name).unwrap_or_default()
    }

    fn start(&mut self) {
        self.is_open = true;
        self.line(LineBody::Started {
            command: self.command.clone(),
            run: self.name(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        });
    }

    fn finish(&mut self, exit: Exit, message: String) {
        if !self.is_open {
            self.start();
        }
        let status = exit.name().to_owned();
        for bills in std::mem::take(&mut self.bills) {
            self.rows.spent(&bills.sum());
        }
        self.rows.end(&status, exit as u8, &message, &jiff::Timestamp::now().to_string());
        self.line(LineBody::Summary(RunSummary {
            status,
            exit_code: exit as u8,
            message,
            plan_id: self.plan_id.clone(),
            data: self.data.clone(),
        }));
        self.is_open = false;
    }

    fn line(&mut self, body: LineBody) {
        if !self.is_open {
            return;
        }
        let line = EventLine { seq: self.seq, ts: jiff::Timestamp::now().to_string(), body };
        self.seq += 1;
        if let Some((path, file)) = &mut self.into
            && let Err(error) = file.write_all(inert_json(&event_to_json(&line)).as_bytes()).and_then(|()| file.flush())
        {
            let message = format!("cannot write {}: {error}; no more events go there", path.display());
            self.into = None;
            self.warn(&message);
        }
        if let Some(folder) = &mut self.folder
            && let Err(error) = folder.event(&line)
        {
            self.folder = None;
            self.warn(&format!("the rest of this run is not recorded: {error}"));
        }
    }

    fn file(&mut self, name: &str, text: &str) {
        self.keep(|folder| write_whole(&folder.path().join(name), text.as_bytes()).map_err(|error| error.to_string()));
    }

    fn keep(&mut self, write: impl FnOnce(&RunFolder) -> Result<(), String>) {
        let written = self.folder.as_ref().map_or(Ok(()), write);
        if let Err(error) = written {
            self.warn(&format!("a part of this run is not recorded: {error}"));
        }
    }

    fn warn(&self, message: &str) {
        self.output.message(&format!("warning: {message}"));
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        self.finish(Exit::Cancelled, "the run was cut short".to_owned());
        if let Some(history) = self.history.take()
            && let Err(error) = history.add_now(&self.rows)
        {
            self.warn(&not_in_history(&error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::event_from_json;

    fn output() -> Output {
        Output {
            color_out: false,
            color_err: false,
            width: 80,
            interactive: false,
            quiet: true,
            json: false,
            muted: false,
        }
    }

    fn lines(path: &Path) -> Vec<EventLine> {
        let text = std::fs::read_to_string(path).expect("read");
        text.lines().map(|line| event_from_json(line).expect("a line")).collect()
    }

    #[tokio::test]
    async fn a_run_ends_with_a_summary_whatever_happens() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("events.jsonl");
        for (name, code) in [("failed", 1), ("cut short", 9), ("before it began", 3)] {
            let recorder = Recorder::new("plan", Some(&path), output()).expect("made");
            if code != 3 {
                recorder.lock().start();
                recorder.event(&Event::Note { message: "안녕".into() });
            }
            match code {
                1 => assert!(recorder.end(Err(OpsError::other("broken"))).await.is_err()),
                9 => drop(recorder),
                _ => assert!(recorder.end(Err(OpsError::Declared(Vec::new()))).await.is_err()),
            }
            let found = lines(&path);
            assert_eq!(
                found.iter().map(|line| line.seq).collect::<Vec<_>>(),
                (0..found.len() as u64).collect::<Vec<_>>()
            );
            assert!(matches!(&found[0].body, LineBody::Started { command, .. } if command == "plan"), "{name}");
            let Some(LineBody::Summary(summary)) = found.last().map(|line| line.body.clone()) else { panic!("{name}") };
            assert_eq!(summary.exit_code, code, "{name}");
        }
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_written_is_no_error() {
        let recorder = Recorder::new("plan", None, output()).expect("made");
        recorder.event(&Event::Note { message: "lost".into() });
        assert!(recorder.end(Ok(Exit::Ok)).await.is_ok());
        assert!(Recorder::new("plan", Some(Path::new("/nowhere/at/all")), output()).is_err());
    }
}
