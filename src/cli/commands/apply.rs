//! `apply`: exactly the change of a plan, on confirmation only.

use super::Outcome;
use super::plan::{Making, make};
use super::rollback::way_back;
use super::show::{is_path, print, read_plan};
use crate::cli::args::{ApplyArgs, PlanFormat, ScoringArgs};
use crate::cli::exit::Exit;
use crate::cli::interrupt;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::record::{Recorder, in_full};
use crate::cli::session::{Session, load};
use crate::format::plan_id;
use crate::model::{Digest, Plan, PlanVerdict, Verified};
use crate::ops::{self, Applied, ApplyOutcome, Canary, Choices, OpsError, Order, Policy, Target};
use crate::store::Identity;
use serde_json::{Value, json};
use std::io::IsTerminal;

pub use crate::ops::Carried;

/// Characters of a plan id that are enough to approve it.
const APPROVAL_CHARACTERS: usize = 8;

pub async fn run(args: &ApplyArgs, output: Output) -> Outcome {
    let recorder = Recorder::new("apply", args.json_into.as_deref(), output)?;
    recorder.end(recorded(args, output, &recorder).await).await
}

async fn recorded(args: &ApplyArgs, output: Output, recorder: &Recorder) -> Outcome {
    // A file that was tampered with is refused before the workspace is asked anything.
    let from_file = match &args.plan {
        Some(path) if path.exists() || is_path(path) => Some(read_plan(path)?),
        _ => None,
    };
    let mut session = Session::of(&args.project, output, progress::recorded(output, recorder)).await?;
    recorder.begin(&session);
    let (plan, id) = match from_file {
        Some(read) => read,
        None if args.auto_promote => match promoted(args, &session, recorder, output).await? {
            Some(plan) => plan,
            None => return Ok(Exit::Ok),
        },
        None => kept(args, &session)?,
    };
    recorder.concerns(&plan, id.as_str());
    let confirm = || {
        if args.auto_promote {
            return Ok(Some("--auto-promote".to_owned()));
        }
        if !args.json {
            print(&plan, None, PlanFormat::Text, false, output);
        }
        let confirmed = confirm(args, &plan, &id, output)?;
        interrupt::finish_first();
        Ok(confirmed)
    };
    let told = match carry_out(&session, &plan, &id, args.recreate.as_deref(), confirm).await? {
        Carried::Declined => {
            output.message("not confirmed; nothing was written");
            if args.json {
                output.data(&json!({"outcome": "declined", "plan_id": id.as_str()}).to_string());
            }
            return Ok(Exit::Cancelled);
        }
        Carried::Nothing { space_id, serial, verified } => {
            let mut told = Told::nothing(&id, &space_id, serial);
            if verified == Verified::RollbackPending {
                output.message(&format!("serial {serial} failed its verification and was not rolled back yet"));
                told.go_back(&session, args, None).await?;
            }
            told
        }
        Carried::Done(applied) => {
            recorder.applied(&applied);
            let mut told = Told::applied(&id, &plan, *applied);
            if let Some(most) = args.verify {
                // The declared space has followed.
                session.loaded = load(&args.project)?;
                told.verify(&session, args, &plan, most).await?;
            }
            told
        }
    };
    told.tell(args.json, output)
}

/// The plan of the project that was named by its id; without a name the latest.
fn kept(args: &ApplyArgs, session: &Session) -> Result<(Plan, Digest), OpsError> {
    let wanted = args.plan.as_ref().map_or_else(|| "latest".to_owned(), |id| id.display().to_string());
    let (loaded, _) = session.plans().load(&wanted)?;
    Ok((loaded.plan, loaded.id))
}

/// Makes a plan and takes it if its verdict is `improved`: mandatory guards hold then. None where
/// there is nothing to do.
async fn promoted(
    args: &ApplyArgs,
    session: &Session,
    recorder: &Recorder,
    output: Output,
) -> Result<Option<(Plan, Digest)>, OpsError> {
    let making = Making {
        scoring: &args.scoring,
        rounds: None,
        learns: true,
        drift: Choices::default(),
        keep_shadow: false,
        recreate: None,
    };
    let plan = make(session, &making, recorder).await?.planned.plan;
    let id = plan_id(&plan);
    if !args.json {
        print(&plan, None, PlanFormat::Text, false, output);
    }
    let verdict = plan.verdict.as_str();
    match plan.verdict {
        PlanVerdict::Improved => Ok(Some((plan, id))),
        PlanVerdict::NoChange if plan.changes.is_empty() => {
            match args.json {
                true => {
                    output.data(&json!({"outcome": "nothing", "plan_id": id.as_str(), "verdict": verdict}).to_string())
                }
                false => output.data("Nothing to apply: the plan proposes no change."),
            }
            Ok(None)
        }
        _ => Err(OpsError::Blocked {
            message: format!(
                "`--auto-promote` applies a plan only if its verdict is `improved`; plan {} is `{verdict}`: {}",
                id.short(),
                plan.verdict_reason
            ),
        }),
    }
}

/// Applies a plan in a session; `confirm` says how it was confirmed.
pub async fn carry_out(
    session: &Session,
    plan: &Plan,
    id: &Digest,
    recreate: Option<&str>,
    confirm: impl FnOnce() -> Result<Option<String>, OpsError> + Send,
) -> Result<Carried, OpsError> {
    let project = session.project();
    let (guards, waivers) = (ops::guard_configs(project), ops::waivers(project));
    let state = session.state()?;
    let order = Order {
        workspace: &session.workspace,
        events: session.events.clone(),
        layout: &session.layout,
        plan,
        plan_id: id.as_str(),
        declared: session.loaded.space.as_ref(),
        policy: Policy {
            guards: &guards,
            waivers: &waivers,
            suite: &session.loaded.suite,
            target_score: project.target.score,
            facts: session.guard_facts(state.as_ref()),
            now: session.now,
        },
        recreate,
        shared: session.shared.as_ref(),
        identity: Identity::current(),
        now: session.now,
    };
    ops::carry_out(&order, |_| confirm()).await
}

/// Asks for `yes`, or checks the id given with `--approve`. None: not confirmed.
fn confirm(args: &ApplyArgs, plan: &Plan, id: &Digest, output: Output) -> Result<Option<String>, OpsError> {
    if let Some(approved) = &args.approve {
        let approved = approved.trim_start_matches("sha256:");
        if approved.len() >= APPROVAL_CHARACTERS && id.as_str().starts_with(approved) {
            return Ok(Some("--approve".to_owned()));
        }
        return Err(OpsError::Stale {
            message: format!(
                "`--approve {approved}` is not this plan: its id is {}; approve at least {APPROVAL_CHARACTERS} \
                 characters of it",
                id.as_str()
            ),
        });
    }
    if !std::io::stdin().is_terminal() {
        return Err(OpsError::Declared(vec![
            crate::model::Diagnostic::error("GE0501", "apply needs a confirmation, and there is no terminal to ask on")
                .help(format!("pass --approve {} after reviewing the plan", id.short())),
        ]));
    }
    output.message(&format!(
        "Type 'yes' to apply plan {} to the space \"{}\" in {}:",
        id.short(),
        plan.base.title,
        plan.base.host
    ));
    let typed = interrupt::ask_line();
    Ok(typed.is_ok_and(|line| line.trim() == "yes").then(|| "yes".to_owned()))
}

/// What is told at the end.
struct Told {
    plan_id: String,
    /// None: it stood there, and that was on record.
    applied: Option<(Applied, usize)>,
    space_id: String,
    serial: u64,
    canary: Option<Canary>,
    /// The serial of the way back, or why it was not gone.
    rolled_back: Option<Result<u64, String>>,
}

impl Told {
    fn nothing(id: &Digest, space_id: &str, serial: u64) -> Self {
        Self {
            plan_id: id.as_str().to_owned(),
            applied: None,
            space_id: space_id.to_owned(),
            serial,
            canary: None,
            rolled_back: None,
        }
    }

    fn applied(id: &Digest, plan: &Plan, applied: Applied) -> Self {
        let (space_id, serial) = (applied.space_id.clone(), applied.serial);
        Self { applied: Some((applied, plan.changes.len())), ..Self::nothing(id, &space_id, serial) }
    }

    /// Asks a few questions of what stands there now, and goes back where that is wanted.
    async fn verify(&mut self, session: &Session, args: &ApplyArgs, plan: &Plan, most: usize) -> Result<(), OpsError> {
        let Some((applied, _)) = &self.applied else { return Ok(()) };
        session.events.note(format!("applied and on record as serial {}; now asking whether it holds", self.serial));
        // It is on record; asking takes long.
        interrupt::may_stop();
        let stands = applied.stands.space.digest();
        let scorer = session.scorer(&ScoringArgs { fresh: true, ..args.scoring.clone() })?;
        let target = Target::of(self.space_id.clone(), &applied.stands.space);
        let canary = ops::canary(&scorer, plan, &session.loaded.suite, &target, most).await;
        let goes_back = canary.verdict == Verified::Fail && args.auto_rollback;
        // Before the way back is tried: a kill in between leaves the decision to the next run.
        let verified = if goes_back { Verified::RollbackPending } else { canary.verdict };
        interrupt::finish_first();
        ops::note_verified(&session.layout, session.shared.as_ref(), self.serial, verified).await?;
        self.canary = Some(canary);
        if goes_back { self.go_back(session, args, Some(&stands)).await } else { Ok(()) }
    }

    /// Goes back, unless somebody has edited what was written. `written` is known in the run that
    /// wrote it; a later one goes by the record.
    async fn go_back(&mut self, session: &Session, args: &ApplyArgs, written: Option<&Digest>) -> Result<(), OpsError> {
        if !args.auto_rollback {
            return Ok(());
        }
        let ended = roll_back(session, self.serial, written).await;
        if ended.is_err() && self.is_created() {
            ops::note_verified(&session.layout, session.shared.as_ref(), self.serial, Verified::Fail).await?;
        }
        self.rolled_back = Some(ended.map_err(|error| in_full(&error)));
        Ok(())
    }

    fn is_created(&self) -> bool {
        self.applied.as_ref().is_some_and(|(applied, _)| applied.outcome == ApplyOutcome::Created)
    }

    fn exit(&self) -> Exit {
        let lossy = self.applied.as_ref().is_some_and(|(applied, _)| !applied.read_back.lost().is_empty());
        match (&self.rolled_back, self.canary.as_ref().map(|canary| canary.verdict)) {
            (Some(Ok(_)), _) => Exit::RolledBack,
            (Some(Err(_)), _) | (None, Some(Verified::Fail)) => Exit::VerifyFailed,
            _ if lossy => Exit::Failed,
            (None, Some(Verified::Inconclusive)) => Exit::Inconclusive,
            _ => Exit::Ok,
        }
    }

    fn tell(&self, json: bool, output: Output) -> Outcome {
        if let Some(Err(why)) = &self.rolled_back {
            output.message(&format!(
                "warning: not rolled back, the change stands: {why}\nto go back by hand: genie-enhance rollback --to {0}, \
                 then apply that plan; what stood before is kept in the state, under serial {0}",
                self.serial
            ));
        }
        if json {
            output.data(&self.json().to_string());
        } else {
            self.in_words(output);
        }
        Ok(self.exit())
    }

    fn json(&self) -> Value {
        let applied = self.applied.as_ref().map(|(applied, _)| applied);
        let changes = applied.map(|applied| {
            let row = |(id, status): &(String, &'static str)| json!({"id": id, "status": status});
            applied.read_back.changes.iter().map(row).collect::<Vec<_>>()
        });
        json!({
            "outcome": applied.map_or("already-applied", |applied| applied.outcome.as_str()),
            "plan_id": self.plan_id,
            "space_id": self.space_id,
            "serial": self.serial,
            "read_back": applied.map(|applied| applied.read_back.as_str()),
            "changes": changes.unwrap_or_default(),
            "lost": applied.map(|applied| applied.read_back.lost()).unwrap_or_default(),
            "besides": applied.map(|applied| &applied.read_back.besides),
            "verification": self.canary.as_ref().map(Canary::json),
            "rolled_back": self.rolled_back.as_ref().map(|ended| match ended {
                Ok(serial) => json!({"serial": serial}),
                Err(why) => json!({"error": why}),
            }),
            "rollback": self.way_back(),
        })
    }

    /// The command that takes it back.
    fn way_back(&self) -> Option<String> {
        let (applied, _) = self.applied.as_ref()?;
        let updated = applied.outcome == ApplyOutcome::Updated && !matches!(self.rolled_back, Some(Ok(_)));
        updated.then(|| format!("genie-enhance rollback --to {}", self.serial))
    }

    fn in_words(&self, output: Output) {
        let Some((applied, changes)) = &self.applied else {
            output.data("Nothing to apply: the space stands as planned.");
            self.tell_verification(output);
            return;
        };
        let done = match applied.outcome {
            ApplyOutcome::Created => "Created",
            ApplyOutcome::Updated => "Updated",
            ApplyOutcome::AlreadyApplied => "Already there:",
        };
        let noun = if *changes == 1 { "change" } else { "changes" };
        output.data(&format!(
            "{done} space {} with {changes} {noun}; read back: {}. Recorded as serial {}.",
            self.space_id,
            applied.read_back.as_str(),
            self.serial
        ));
        let lost = applied.read_back.lost();
        if !lost.is_empty() {
            output.message(&format!("warning: the service did not keep: {}", lost.join(", ")));
        }
        if !applied.read_back.besides.is_empty() {
            let places: Vec<String> =
                applied.read_back.besides.iter().take(5).map(|change| change.address.to_string()).collect();
            output.message(&format!(
                "note: beside the plan's changes, the service or somebody else changed: {}",
                crate::render::escape::visible_line(&places.join(", "))
            ));
        }
        self.tell_verification(output);
        if let Some(command) = self.way_back() {
            output.message(&format!("to go back: {command}"));
        }
    }

    fn tell_verification(&self, output: Output) {
        if let Some(canary) = &self.canary {
            output.data(&format!("Verification: {}; {}.", canary.verdict.as_str(), canary.reason));
        }
        if let Some(Ok(serial)) = &self.rolled_back {
            output.data(&format!("Rolled back; recorded as serial {serial}."));
        }
    }
}

/// Makes the plan back and applies it; gives its serial.
async fn roll_back(session: &Session, serial: u64, written: Option<&Digest>) -> Result<u64, OpsError> {
    let (plan, saved) = way_back(session, Some(serial), false).await?;
    if let Some(written) = written
        && plan.base.live.as_ref() != Some(written)
    {
        return Err(OpsError::Stale {
            message: "somebody edited the space since it was written; `genie-enhance drift` shows the edits".to_owned(),
        });
    }
    let confirm = || {
        interrupt::finish_first();
        Ok(Some("--auto-rollback".to_owned()))
    };
    match carry_out(session, &plan, &saved.id, None, confirm).await? {
        Carried::Done(applied) => Ok(applied.serial),
        Carried::Nothing { serial, .. } => Ok(serial),
        Carried::Declined => Err(OpsError::other("the way back was declined")),
    }
}
