//! The dashboard's actions over the operations: one thing at a time, each with a session of its
//! own, in a task whose events go to the page and on record.

mod files;
mod history;
mod tasks;

#[cfg(test)]
mod tests;

use super::args::ProjectArgs;
use super::output::Output;
use super::record::in_full;
use super::recorded;
use super::session::{layout, load, report};
use crate::config::{self, Loaded};
use crate::model::{Diagnostic, PlanVerdict};
use crate::ops::OpsError;
use crate::store::Layout;
use crate::ui::{ActionError, Actions, Hub, Past, Project, Reply, RunInfo, RunStatus, StartOptions};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared as SharedFuture};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Characters of a plan's id that approve it.
const APPROVAL_CHARACTERS: usize = 8;

/// How long a page waits for the history before it shows what is known already: the tables may lie
/// behind a warehouse that has yet to start.
const PATIENCE: Duration = Duration::from_millis(300);

/// A reading of the history that many pages wait for.
type Reading = SharedFuture<BoxFuture<'static, Past>>;

/// The dashboard of one project.
#[derive(Clone)]
struct Dashboard(Arc<Shared>);

struct Shared {
    project: ProjectArgs,
    output: Output,
    hub: Arc<Hub>,
    moving: Mutex<Moving>,
}

/// What changes while the dashboard is served.
struct Moving {
    layout: Layout,
    /// What is going on; the sender stops it where it can be stopped.
    task: Option<Task>,
    /// What was found when the live space was last read; empty: nothing.
    look: Option<history::Look>,
    past: PastRead,
}

/// The history as it is read.
#[derive(Default)]
struct PastRead {
    /// As it was read last.
    known: Option<Past>,
    /// The newest reading; it may have ended.
    reading: Option<Reading>,
    /// A page was shown something older than that reading.
    is_owed: bool,
}

struct Task {
    what: &'static str,
    stop: Option<oneshot::Sender<()>>,
}

/// A hub that shows the named run, or the latest one, and the actions of the project. A project
/// with mistakes is served all the same: they can be corrected in the page.
pub fn open(
    project: &ProjectArgs,
    run: Option<&str>,
    output: Output,
) -> Result<(Arc<Hub>, Arc<dyn Actions>), OpsError> {
    let (info, layout) = match load(project) {
        Ok(loaded) => (info(&loaded), layout(&loaded.project)),
        Err(error @ OpsError::Declared(_)) if project.file.is_file() => {
            report(&error, output);
            (RunInfo::default(), Layout::new(folder(project).join(".genie-enhance")))
        }
        Err(error) => return Err(error),
    };
    let shown = match run {
        Some(wanted) => Some(recorded::show(&layout, &recorded::find(&layout, wanted)?, info.clone())?),
        None => recorded::latest(&layout).and_then(|path| recorded::show(&layout, &path, info.clone()).ok()),
    };
    let hub = Arc::new(shown.unwrap_or_else(|| Hub::new(info)));
    let moving = Mutex::new(Moving { layout, task: None, look: None, past: PastRead::default() });
    let shared = Shared { project: project.clone(), output, hub: Arc::clone(&hub), moving };
    Ok((hub, Arc::new(Dashboard(Arc::new(shared)))))
}

/// The folder that the project file lies in.
fn folder(project: &ProjectArgs) -> &Path {
    project.file.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn info(loaded: &Loaded) -> RunInfo {
    let project = &loaded.project;
    let workspace = match &project.workspace {
        config::Workspace::Embedded { data, .. } => format!("embedded {}", data.display()),
        config::Workspace::Databricks { host: Some(host), .. } => host.clone(),
        config::Workspace::Databricks { host: None, profile } => {
            profile.as_ref().map_or_else(|| "Databricks".to_owned(), |profile| format!("profile {profile}"))
        }
    };
    RunInfo {
        title: loaded.space.as_ref().map(|declared| declared.space.sidecar.title.clone()).unwrap_or_default(),
        workspace,
        target: Some(project.target.score),
        rounds: project.target.rounds as usize,
        demo: false,
    }
}

fn refused(message: impl Into<String>) -> ActionError {
    ActionError::Refused(message.into())
}

fn failed(error: impl std::fmt::Display) -> ActionError {
    ActionError::Failed(error.to_string())
}

impl Dashboard {
    fn moving(&self) -> MutexGuard<'_, Moving> {
        self.0.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn layout(&self) -> Layout {
        self.moving().layout.clone()
    }

    /// The history as it is, or, where reading it takes long, as it was; the page hears of the rest.
    async fn past(&self) -> Past {
        let reading = self.reading();
        if let Ok(past) = tokio::time::timeout(PATIENCE, reading).await {
            return past;
        }
        let (known, layout, look) = {
            let mut moving = self.moving();
            moving.past.is_owed = true;
            (moving.past.known.clone(), moving.layout.clone(), moving.look.clone())
        };
        known.unwrap_or_else(|| {
            let past = history::of_machine(&layout, look.as_ref());
            Past { problem: "The history tables are still being read.".to_owned(), ..past }
        })
    }

    /// The reading that is under way, or a new one, which goes on whoever waits for it.
    fn reading(&self) -> Reading {
        let mut moving = self.moving();
        if let Some(reading) = moving.past.reading.as_ref().filter(|reading| reading.peek().is_none()) {
            return reading.clone();
        }
        let reading = self.clone().read_past().boxed().shared();
        moving.past.reading = Some(reading.clone());
        tokio::spawn(reading.clone());
        reading
    }

    async fn read_past(self) -> Past {
        let (layout, look) = (self.layout(), self.moving().look.clone());
        let past = history::past(&self.0.project, &layout, look.as_ref()).await;
        let is_owed = {
            let mut moving = self.moving();
            moving.past.known = Some(past.clone());
            std::mem::take(&mut moving.past.is_owed)
        };
        if is_owed {
            self.0.hub.touch_history();
        }
        past
    }

    /// What is read from here on is newer than what is being read.
    fn forget_reading(&self) {
        self.moving().past.reading = None;
    }

    /// Reads the declared files anew; mistakes in them refuse the action.
    fn declared(&self) -> Result<Loaded, ActionError> {
        let loaded = load(&self.0.project).map_err(|error| refused(in_full(&error)))?;
        self.moving().layout = layout(&loaded.project);
        Ok(loaded)
    }

    /// Takes the turn, or says what has it.
    fn take_turn(&self, what: &'static str) -> Result<oneshot::Receiver<()>, ActionError> {
        let mut moving = self.moving();
        if let Some(task) = &moving.task {
            return Err(refused(format!("The {} is still running; wait for it or stop it.", task.what)));
        }
        let (stop, stopped) = oneshot::channel();
        moving.task = Some(Task { what, stop: Some(stop) });
        Ok(stopped)
    }

    fn begin_plan(&self, options: StartOptions) -> Result<String, ActionError> {
        let info = info(&self.declared()?);
        let stopped = self.take_turn("plan")?;
        let rounds = options.rounds.unwrap_or(info.rounds);
        self.0.hub.begin(RunInfo { rounds, ..info });
        tokio::spawn(self.clone().plan(options, stopped));
        Ok("The plan has begun; see Scoring.".to_owned())
    }

    fn stop_task(&self) -> Result<String, ActionError> {
        let mut moving = self.moving();
        let task = moving.task.as_mut().ok_or_else(|| refused("Nothing is running."))?;
        if task.what != "plan" {
            return Err(refused(format!("The {} is one write and is not stopped half way.", task.what)));
        }
        match task.stop.take().map(|stop| stop.send(())) {
            Some(Ok(())) => Ok("Stopping; what was answered is kept, and the next plan goes on from it.".to_owned()),
            _ => Err(refused("It is coming to its end already.")),
        }
    }

    fn begin_apply(&self, typed: &str) -> Result<String, ActionError> {
        let shown = self.0.hub.look(|run| run.finished.clone());
        let finished = shown.ok_or_else(|| refused("There is no plan to apply."))?;
        let typed = typed.trim_start_matches("sha256:");
        if typed.len() < APPROVAL_CHARACTERS || !finished.id.starts_with(typed) {
            return Err(refused("The typed id is not this plan's; nothing was applied."));
        }
        if finished.plan.verdict == PlanVerdict::Blocked {
            return Err(refused(format!("The plan is blocked: {}", finished.plan.verdict_reason)));
        }
        self.declared()?;
        drop(self.take_turn("apply")?);
        self.0.hub.set_status(RunStatus::Applying);
        let count = finished.plan.changes.len();
        tokio::spawn(self.clone().apply_plan(finished));
        Ok(format!("Applying {count} changes; see Apply."))
    }

    fn begin_rollback(&self, serial: u64) -> Result<String, ActionError> {
        let info = info(&self.declared()?);
        drop(self.take_turn("rollback")?);
        self.0.hub.begin(info);
        tokio::spawn(self.clone().roll_back(serial));
        Ok(format!("Going back to what stood before #{serial}; see Apply."))
    }
}

impl Actions for Dashboard {
    fn start_plan(&self, options: StartOptions) -> Reply<'_> {
        async move { self.begin_plan(options) }.boxed()
    }

    fn stop(&self) -> Reply<'_> {
        async move { self.stop_task() }.boxed()
    }

    fn apply(&self, plan_id_typed: String) -> Reply<'_> {
        async move { self.begin_apply(&plan_id_typed) }.boxed()
    }

    fn rollback(&self, serial: u64) -> Reply<'_> {
        async move { self.begin_rollback(serial) }.boxed()
    }

    fn validate_config(&self, text: String) -> Reply<'_, Vec<Diagnostic>> {
        async move { files::check_config(&self.0.project, &text) }.boxed()
    }

    fn save_config(&self, text: String) -> Reply<'_> {
        async move {
            let saved = files::save_config(&self.0.project, &text)?;
            self.declared()?;
            Ok(saved)
        }
        .boxed()
    }

    fn upload_benchmarks(&self, name: String, bytes: Vec<u8>) -> Reply<'_, Vec<Diagnostic>> {
        async move { files::take_benchmarks(&self.0.project, &name, &bytes) }.boxed()
    }

    fn select_changes(&self, ids: Vec<String>) -> Reply<'_> {
        self.clone().select(ids).boxed()
    }

    fn history(&self) -> Reply<'_, Past> {
        async move { Ok(self.past().await) }.boxed()
    }

    fn project(&self) -> Reply<'_, Project> {
        async move { files::project(&self.0.project) }.boxed()
    }
}
