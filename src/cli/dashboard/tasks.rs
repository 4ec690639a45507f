//! What takes its time: planning, applying, going back, each from its start to what the page
//! shows at its end.

use super::history::Look;
use super::{Dashboard, failed, refused};
use crate::cli::args::ScoringArgs;
use crate::cli::commands::apply::{Carried, carry_out};
use crate::cli::commands::plan::{Made, Making, make};
use crate::cli::commands::rollback::way_back;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::record::{Recorder, in_full};
use crate::cli::session::Session;
use crate::diff::apply_all;
use crate::format::plan_id;
use crate::model::{Plan, Space, Suite};
use crate::ops::{self, Events, OpsError};
use crate::planner::{Selection, split};
use crate::ui::{ActionError, Finished, RunStatus, StartOptions};
use std::sync::Arc;
use tokio::sync::oneshot;

/// How an apply from the page is recorded.
const CONFIRMED: &str = "typed in the dashboard";

impl Dashboard {
    /// Plans and shows the outcome.
    pub(super) async fn plan(self, options: StartOptions, stopped: oneshot::Receiver<()>) {
        let work = tokio::spawn(self.clone().make_plan(options, stopped));
        match work.await {
            Ok(Ok(Some(finished))) => self.over(|hub| hub.finish(finished)),
            Ok(Ok(None)) => self.over(|hub| hub.set_status(RunStatus::Stopped)),
            Ok(Err(error)) => self.over(|hub| hub.set_status(RunStatus::Failed(in_full(&error)))),
            Err(error) => self.over(|hub| hub.set_status(RunStatus::Failed(format!("the plan broke off: {error}")))),
        }
    }

    /// None: it was stopped.
    async fn make_plan(
        self,
        options: StartOptions,
        stopped: oneshot::Receiver<()>,
    ) -> Result<Option<Finished>, OpsError> {
        let (session, recorder) = self.session("plan").await?;
        let scoring =
            ScoringArgs { no_batch: false, genie_concurrent: None, sql_concurrent: None, fresh: options.fresh };
        let making = Making {
            scoring: &scoring,
            rounds: options.rounds,
            learns: true,
            drift: ops::Choices::default(),
            keep_shadow: false,
            recreate: None,
        };
        let made = tokio::select! {
            made = make(&session, &making, &recorder) => Some(made),
            _ = stopped => None,
        };
        let Some(made) = made else {
            let (ledger, loans) = (session.ledger(), session.loans());
            if let Err(error) = ops::sweep_run(&session.workspace, &ledger, &loans, &session.run_name()).await {
                session
                    .events
                    .warn(format!("the shadow space could not be removed: {error}; `shadows gc` will try again"));
            }
            recorder.stopped("stopped in the dashboard").await;
            return Ok(None);
        };
        recorder.close(made.as_ref().map(|_| Exit::Ok)).await;
        let look = look_at(&session).await;
        self.moving().look = look;
        Ok(Some(finished(made?, &session.loaded.suite)))
    }

    /// Applies the plan that the page shows.
    pub(super) async fn apply_plan(self, finished: Arc<Finished>) {
        let work = tokio::spawn(async move {
            let (this, finished) = (self.clone(), finished);
            let applied = async {
                let (session, recorder) = this.session("apply").await?;
                recorder.concerns(&finished.plan, &finished.id);
                let ended = this.carry(&session, &recorder, &finished.plan).await;
                recorder.close(ended.as_ref().map(|_| Exit::Ok)).await;
                ended
            };
            let ended = applied.await;
            self.show_applied(ended);
        });
        // It tells by itself how it ended.
        let _ = work.await;
    }

    /// Makes the plan back and applies it: the person typed which record to undo.
    pub(super) async fn roll_back(self, serial: u64) {
        let applied = async {
            let (session, recorder) = self.session("rollback").await?;
            let ended = self.go_back(&session, &recorder, serial).await;
            recorder.close(ended.as_ref().map(|_| Exit::Ok)).await;
            ended
        };
        let ended = applied.await;
        self.show_applied(ended);
    }

    async fn go_back(&self, session: &Session, recorder: &Recorder, serial: u64) -> Result<(), OpsError> {
        let (plan, saved) = way_back(session, Some(serial), false).await?;
        let live = session.live().await?.ok_or_else(|| OpsError::other("there is no live space"))?;
        let target = apply_all(&live.space, plan.changes.iter().map(|planned| &planned.change))?;
        recorder.plan(&plan, saved.id.as_str());
        recorder.contents(&session.loaded.suite, &live.space, &target);
        self.0.hub.finish(Finished {
            plan: plan.clone(),
            id: saved.id.as_str().to_owned(),
            before: None,
            after: None,
            suite: Some(session.loaded.suite.clone()),
            space_before: Some(live.space),
            space_after: Some(target),
        });
        self.0.hub.set_status(RunStatus::Applying);
        self.carry(session, recorder, &plan).await
    }

    async fn carry(&self, session: &Session, recorder: &Recorder, plan: &Plan) -> Result<(), OpsError> {
        let id = plan_id(plan);
        match carry_out(session, plan, &id, None, || Ok(Some(CONFIRMED.to_owned()))).await? {
            Carried::Nothing { .. } | Carried::Declined => {
                session.events.note("nothing to apply: the space stands as planned");
            }
            Carried::Done(applied) => {
                recorder.applied(&applied);
                let lost = applied.read_back.lost();
                if !lost.is_empty() {
                    session.events.warn(format!("the service did not keep: {}", lost.join(", ")));
                }
                let noun = if plan.changes.len() == 1 { "change" } else { "changes" };
                session.events.note(format!(
                    "{} {noun} applied to space {}; read back: {}; recorded as serial {}",
                    plan.changes.len(),
                    applied.space_id,
                    applied.read_back.as_str(),
                    applied.serial
                ));
            }
        }
        let look = look_at(session).await;
        self.moving().look = look;
        Ok(())
    }

    fn show_applied(&self, ended: Result<(), OpsError>) {
        let status = match ended {
            Ok(()) => RunStatus::Applied,
            Err(error) => RunStatus::Failed(in_full(&error)),
        };
        self.over(|hub| hub.set_status(status));
    }

    /// Gives the turn back, then shows how it ended: whoever sees the end can go on at once.
    fn over(&self, show: impl FnOnce(&crate::ui::Hub)) {
        self.moving().task = None;
        self.forget_reading();
        show(&self.0.hub);
        self.0.hub.touch_history();
    }

    /// A session whose events go to the page and on record.
    async fn session(&self, command: &str) -> Result<(Session, Recorder), OpsError> {
        let output = Output { quiet: true, ..self.0.output };
        let recorder = Recorder::new(command, None, output)?;
        let (hub, record) = (Arc::clone(&self.0.hub), recorder.clone());
        let events = Events::new(move |event| {
            record.event(event);
            hub.publish(event.clone());
        });
        let session = Session::of(&self.0.project, output, events).await?;
        recorder.begin(&session);
        Ok((session, recorder))
    }

    /// Makes a plan of a part of the plan that the page shows.
    pub(super) async fn select(self, ids: Vec<String>) -> Result<String, ActionError> {
        let shown = self.0.hub.look(|run| run.finished.clone());
        let whole = shown.ok_or_else(|| refused("There is no plan to choose from."))?;
        if ids.len() == whole.plan.changes.len() {
            return Err(refused("These are all changes of the plan; there is nothing to leave out."));
        }
        drop(self.take_turn("choosing of changes")?);
        let part = self.part(&whole, ids).await;
        self.moving().task = None;
        let part = part?;
        let message = format!(
            "A plan of {} of {} changes; its id is {}. The part itself was not measured.",
            part.plan.changes.len(),
            whole.plan.changes.len(),
            part.id.get(..8).unwrap_or(&part.id)
        );
        self.0.hub.finish(part);
        Ok(message)
    }

    async fn part(&self, whole: &Finished, ids: Vec<String>) -> Result<Finished, ActionError> {
        let output = Output { quiet: true, ..self.0.output };
        let session = Session::of(&self.0.project, output, Events::none()).await.map_err(|e| failed(in_full(&e)))?;
        let live = session.live().await.map_err(failed)?;
        let base = match &live {
            Some(live) if Some(live.space.digest()) != whole.plan.base.live => {
                return Err(refused("The live space has moved since this plan was made; make a new plan."));
            }
            Some(live) => &live.space,
            None => session.definition().ok_or_else(|| refused("There is no space that the plan stands on."))?,
        };
        let plan = split(&whole.plan, &Selection::Only(ids), base).map_err(|error| refused(error.to_string()))?;
        let target = apply_all(base, plan.changes.iter().map(|planned| &planned.change)).map_err(failed)?;
        let saved = session.plans().save(&plan).map_err(failed)?;
        Ok(Finished { plan, id: saved.id.as_str().to_owned(), space_after: Some(target), ..whole.clone() })
    }
}

fn finished(made: Made, suite: &Suite) -> Finished {
    let planned = made.planned;
    Finished {
        plan: planned.plan,
        id: made.saved.id.as_str().to_owned(),
        before: Some(planned.before),
        after: Some(planned.after),
        suite: Some(suite.clone()),
        space_before: Some(made.base),
        space_after: Some(planned.target),
    }
}

/// How the live space differs from what was applied last, in a few words; none if either is not known.
async fn look_at(session: &Session) -> Option<Look> {
    let (Ok(Some(live)), Ok(Some(state))) = (session.live().await, session.state()) else { return None };
    let last = state.last()?;
    let at = jiff::Timestamp::now();
    if last.after_digest == live.space.digest() && last.after_sidecar_digest == live.space.sidecar_digest() {
        return Some(Look { at, found: String::new() });
    }
    // What was applied last is known in full only where the project declares it.
    let declared = session.definition().filter(|declared: &&Space| declared.digest() == last.after_digest);
    let found = match declared.map(|declared| crate::diff::diff(declared, &live.space).len()) {
        Some(1) => "edited in 1 place".to_owned(),
        Some(places) if places > 0 => format!("edited in {places} places"),
        _ => "edited since".to_owned(),
    };
    Some(Look { at, found })
}
