//! Plays the recorded run, and answers the page's actions as the real thing would.

use super::{applied, events, finished, info, project};
use crate::format::plan_id;
use crate::model::{Diagnostic, Event, Phase};
use crate::ui::actions::{ActionError, Actions, HistoryRow, Past, Project, Reply, StartOptions};
use crate::ui::hub::Hub;
use crate::ui::run::{Finished, RunStatus, Spending};
use futures::FutureExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Plays into a hub.
#[derive(Clone)]
pub struct Player {
    hub: Arc<Hub>,
    speed: f64,
    /// Counts starts and stops: a play whose number is over ends by itself.
    turn: Arc<AtomicU64>,
    shown: Arc<Mutex<Shown>>,
}

/// What the demo remembers, for as long as it runs.
struct Shown {
    history: Vec<HistoryRow>,
    project: Project,
}

fn refused(message: &str) -> ActionError {
    ActionError::Refused(message.to_owned())
}

impl Player {
    pub fn new(hub: Arc<Hub>, speed: f64) -> Self {
        let shown = Shown { history: project::history(), project: project::declared() };
        Self { hub, speed, turn: Arc::default(), shown: Arc::new(Mutex::new(shown)) }
    }

    pub fn show_end(&self) {
        for (at, event) in events() {
            self.hub.publish_at(event, at);
        }
        self.end();
    }

    fn end(&self) {
        self.hub.set_spending(Spending { tokens: 0, usd: Some(0.0) });
        if let Some(finished) = finished() {
            self.hub.finish(finished);
        }
    }

    pub fn start(&self) {
        let turn = self.next_turn();
        let player = self.clone();
        self.hub.begin(info());
        tokio::spawn(async move {
            let mut now = 0.0;
            for (at, event) in events() {
                player.pause(at - now).await;
                now = at;
                if !player.is_turn(turn) {
                    return;
                }
                player.hub.publish_at(event, at);
            }
            player.end();
        });
    }

    async fn pause(&self, seconds: f64) {
        if self.speed.is_finite() && self.speed > 0.0 {
            tokio::time::sleep(Duration::from_secs_f64((seconds / self.speed).clamp(0.0, 60.0))).await;
        }
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn is_turn(&self, turn: u64) -> bool {
        self.turn.load(Ordering::SeqCst) == turn
    }

    fn with<T>(&self, read: impl FnOnce(&mut Shown) -> T) -> T {
        read(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn busy(&self) -> bool {
        self.hub.look(|run| run.status.is_busy())
    }

    fn begin_apply(&self, typed: &str) -> Result<String, ActionError> {
        let Some((id, plan)) = self.hub.look(|run| run.plan_id().map(str::to_owned).zip(run.plan().cloned())) else {
            return Err(refused("There is no plan."));
        };
        if self.busy() {
            return Err(refused("Something is running; wait for it or stop it."));
        }
        if typed.len() < 8 || !id.starts_with(typed) {
            return Err(refused("The typed id is not this plan's; nothing was applied."));
        }
        let (player, turn, count) = (self.clone(), self.next_turn(), plan.changes.len());
        let row = project::applied(&plan, &id, self.with(|shown| project::next_serial(&shown.history)));
        let changes: Vec<String> = plan.changes.into_iter().map(|change| change.id).collect();
        self.hub.publish(Event::PhaseStarted {
            phase: Phase::Apply,
            message: "Writing the plan to the live space.".to_owned(),
        });
        tokio::spawn(async move { player.play_apply(turn, changes, row).await });
        Ok(format!("Applying {count} changes; see Apply."))
    }

    /// What happened to these changes when the plan was applied, at a pace that can be followed.
    async fn play_apply(&self, turn: u64, changes: Vec<String>, row: HistoryRow) {
        let is_chosen = |event: &Event| matches!(event, Event::ChangeApplied { id, .. } if changes.contains(id));
        for event in applied().into_iter().filter(is_chosen) {
            self.pause(0.1).await;
            if !self.is_turn(turn) {
                return;
            }
            self.hub.publish(event);
        }
        self.with(|shown| shown.history.insert(0, row));
        self.hub.set_status(RunStatus::Applied);
    }

    fn pick(&self, ids: &[String]) -> Result<String, ActionError> {
        if self.busy() {
            return Err(refused("Something is running; wait for it or stop it."));
        }
        let Some(mut plan) = self.hub.look(|run| run.plan().cloned()) else { return Err(refused("There is no plan.")) };
        plan.changes.retain(|change| ids.contains(&change.id));
        if plan.changes.is_empty() {
            return Err(refused("At least one change must stay."));
        }
        let whole = finished().ok_or_else(|| ActionError::Failed("the recording cannot be read".to_owned()))?;
        let (count, id) = (plan.changes.len(), plan_id(&plan).as_str().to_owned());
        self.hub.finish(Finished { plan, id, ..whole });
        Ok(format!("A plan of {count} changes is ready. (The demo keeps the figures of the whole plan.)"))
    }

    fn undo(&self, serial: u64) -> Result<String, ActionError> {
        let done = self.with(|shown| project::roll_back(&mut shown.history, serial));
        if !done {
            return Err(refused("There is no such record that can be undone."));
        }
        self.hub.touch_history();
        Ok(format!("#{serial} was undone; the space is as it was before."))
    }
}

impl Actions for Player {
    fn start_plan(&self, _: StartOptions) -> Reply<'_> {
        async move {
            if self.busy() {
                return Err(refused("A run is going on; stop it first."));
            }
            self.start();
            Ok("The recorded run plays again.".to_owned())
        }
        .boxed()
    }

    fn stop(&self) -> Reply<'_> {
        async move {
            if !self.busy() {
                return Err(refused("Nothing is running."));
            }
            self.next_turn();
            self.hub.set_status(RunStatus::Stopped);
            Ok("Stopped. Answers so far stay in the cache.".to_owned())
        }
        .boxed()
    }

    fn apply(&self, typed: String) -> Reply<'_> {
        async move { self.begin_apply(&typed) }.boxed()
    }

    fn rollback(&self, serial: u64) -> Reply<'_> {
        async move { self.undo(serial) }.boxed()
    }

    fn validate_config(&self, text: String) -> Reply<'_, Vec<Diagnostic>> {
        async move { Ok(project::check_config(&text)) }.boxed()
    }

    fn save_config(&self, text: String) -> Reply<'_> {
        async move {
            self.with(|shown| shown.project.config = text);
            Ok("Saved, in the demo's memory only.".to_owned())
        }
        .boxed()
    }

    fn upload_benchmarks(&self, name: String, bytes: Vec<u8>) -> Reply<'_, Vec<Diagnostic>> {
        async move {
            let file = project::check_benchmarks(&name, &bytes);
            let found = file.diagnostics.clone();
            if !found.iter().any(Diagnostic::is_error) {
                self.with(|shown| shown.project.benchmarks.push(file));
            }
            Ok(found)
        }
        .boxed()
    }

    fn select_changes(&self, ids: Vec<String>) -> Reply<'_> {
        async move { self.pick(&ids) }.boxed()
    }

    fn history(&self) -> Reply<'_, Past> {
        async move { Ok(Past { rows: self.with(|shown| shown.history.clone()), ..Past::default() }) }.boxed()
    }

    fn project(&self) -> Reply<'_, Project> {
        async move { Ok(self.with(|shown| shown.project.clone())) }.boxed()
    }
}
