//! `apply`: exactly the change of a plan, on confirmation only.

use super::Outcome;
use super::plan::write_space_yaml;
use super::show::{is_path, print, read_plan};
use crate::cli::args::{ApplyArgs, PlanFormat};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::record::Recorder;
use crate::cli::session::Session;
use crate::model::{Change, Digest, Plan, PlannedChange, State};
use crate::ops::{self, Applied, ApplyInput, ApplyOutcome, OpsError};
use crate::store::{Identity, Lock, LockRequest};
use std::io::{BufRead, IsTerminal};

/// Characters of a plan id that are enough to approve it.
const APPROVAL_CHARACTERS: usize = 8;

/// An apply takes seconds; a lock that is older belongs to a run that hangs.
const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

pub async fn run(args: &ApplyArgs, output: Output) -> Outcome {
    let recorder = Recorder::new("apply", args.json_into.as_deref(), output)?;
    recorder.end(recorded(args, output, &recorder).await).await
}

async fn recorded(args: &ApplyArgs, output: Output, recorder: &Recorder) -> Outcome {
    let session = Session::of(&args.project, output, progress::recorded(output, recorder)).await?;
    recorder.begin(&session);
    let (plan, id) = match &args.plan {
        Some(path) if path.exists() || is_path(path) => read_plan(path)?,
        wanted => {
            let wanted = wanted.as_ref().map_or_else(|| "latest".to_owned(), |id| id.display().to_string());
            let (loaded, _) = session.plans().load(&wanted)?;
            (loaded.plan, loaded.id)
        }
    };
    recorder.concerns(&plan, id.as_str());
    let confirm = || {
        if !args.json {
            print(&plan, None, PlanFormat::Text, false, output);
        }
        confirm(args, &plan, &id, output)
    };
    match carry_out(&session, &plan, &id, confirm).await? {
        Carried::Nothing => {
            output.data("Nothing to apply: the space stands as planned.");
            Ok(Exit::Ok)
        }
        Carried::Declined => {
            output.message("not confirmed; nothing was written");
            Ok(Exit::Cancelled)
        }
        Carried::Done(applied) => {
            recorder.applied(&applied);
            tell(&applied, &plan, args.json, output)
        }
    }
}

/// How applying went.
pub enum Carried {
    /// The space stands as planned already.
    Nothing,
    Declined,
    Done(Applied),
}

/// Applies a plan: under the lock, after settling what an earlier apply left, and only if
/// `confirm` says how it was confirmed. The declared space follows.
pub async fn carry_out(
    session: &Session,
    plan: &Plan,
    id: &Digest,
    confirm: impl FnOnce() -> Result<Option<String>, OpsError> + Send,
) -> Result<Carried, OpsError> {
    let request = LockRequest {
        operation: "apply".to_owned(),
        plan_id: Some(id.as_str().to_owned()),
        identity: Identity::current(),
        lease: LEASE,
    };
    let _lock = Lock::acquire(&session.layout.lock(), &request, session.now)?;
    let state_store = session.state_store();
    let state = match session.state()? {
        Some(state) => state,
        None => State::new(uuid::Uuid::now_v7().to_string(), session.workspace.host.clone()),
    };
    let journal = session.journal();
    let mut input = ApplyInput {
        workspace: &session.workspace,
        events: session.events.clone(),
        plan,
        plan_id: id.as_str(),
        definition: session.definition(),
        state,
        state_store: &state_store,
        journal: &journal,
        by: Identity::current().who,
        confirmed: String::new(),
        now: session.now,
    };
    if let Some(settled) = ops::settle(&mut input).await? {
        session.events.note(settled);
    }
    let ready = ops::prepare(&input).await?;
    if !ready.has_work() {
        write_definition(session, plan)?;
        return Ok(Carried::Nothing);
    }
    let Some(confirmed) = confirm()? else { return Ok(Carried::Declined) };
    input.confirmed = confirmed;
    let applied = ops::apply(input, ready).await?;
    write_definition(session, plan)?;
    Ok(Carried::Done(applied))
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
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    Ok((read.is_ok() && line.trim() == "yes").then(|| "yes".to_owned()))
}

/// Brings the declared space to what stands there now, where it still stands at the plan's
/// *before*; a definition that moved on is left alone, with a word about it.
fn write_definition(session: &Session, plan: &Plan) -> Result<(), OpsError> {
    let Some(declared) = &session.loaded.space else { return Ok(()) };
    let stands_at = Some(declared.space.digest());
    if stands_at == plan.base.definition_after {
        return Ok(());
    }
    if stands_at != plan.base.definition_before {
        session.events.note(format!(
            "{} was edited since the plan was made and is left as it is; `genie-enhance drift` shows the difference",
            declared.path.display()
        ));
        return Ok(());
    }
    // Declared edits stand in it already; a way back, which has no other changes, undoes them.
    let changes = |declared_too: bool| -> Vec<Change> {
        let wanted = |planned: &&PlannedChange| declared_too || planned.evidence.status != "declared";
        plan.changes.iter().filter(wanted).map(|planned| planned.change.clone()).collect()
    };
    let led_to = |changes: Vec<Change>| {
        let content = crate::diff::apply_all(&declared.space, &changes).ok()?;
        (Some(content.digest()) == plan.base.definition_after).then_some((content, changes))
    };
    match led_to(changes(false)).or_else(|| led_to(changes(true))) {
        Some((intended, changes)) => write_space_yaml(session, declared, &changes, &intended),
        None => {
            session.events.note(format!(
                "{} holds more than was applied and is left as it is; the next plan proposes the rest",
                declared.path.display()
            ));
            Ok(())
        }
    }
}

fn tell(applied: &Applied, plan: &Plan, json: bool, output: Output) -> Outcome {
    let lossy = applied.read_back == "lossy";
    if json {
        let value = serde_json::json!({
            "outcome": match applied.outcome {
                ApplyOutcome::Created => "created",
                ApplyOutcome::Updated => "updated",
                ApplyOutcome::AlreadyApplied => "already-applied",
            },
            "space_id": applied.space_id,
            "read_back": applied.read_back,
            "lost": applied.lost,
            "serial": applied.serial,
        });
        output.data(&value.to_string());
    } else {
        let done = match applied.outcome {
            ApplyOutcome::Created => "Created",
            ApplyOutcome::Updated => "Updated",
            ApplyOutcome::AlreadyApplied => "Already there:",
        };
        output.data(&format!(
            "{done} space {} with {} changes; read back: {}. Recorded as serial {}.",
            applied.space_id,
            plan.changes.len(),
            applied.read_back,
            applied.serial
        ));
        if lossy {
            output.message(&format!("warning: the service did not keep: {}", applied.lost.join(", ")));
        }
        if applied.outcome == ApplyOutcome::Updated {
            output.message(&format!("to go back: genie-enhance rollback --to {}", applied.serial));
        }
    }
    Ok(if lossy { Exit::Failed } else { Exit::Ok })
}
