//! `plan`: score, learn, prove, propose.

use super::Outcome;
use super::show::print_beside;
use crate::cli::args::{ControlArg, OnDrift, PlanArgs, PlanCommand, PlanFormat, ScoringArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::record::Recorder;
use crate::cli::session::{Session, load, write_text};
use crate::config::DeclaredSpace;
use crate::databricks::LiveSpace;
use crate::diff::{apply_all, diff};
use crate::format;
use crate::model::{SourceSpan, Space, State};
use crate::ops::{self, Choice, Choices, ControlKind, Goal, OpsError, PlanInput, Planned, Scorer};
use crate::store::{KeptEdit, SavedPlan};
use clap::ValueEnum;
use std::collections::BTreeMap;

pub async fn run(args: &PlanArgs, output: Output) -> Outcome {
    if let Some(PlanCommand::Split(part)) = &args.command {
        return super::revise::split(part, output).await;
    }
    if let Some(plan) = &args.rebase {
        return super::revise::rebase(args, plan, output).await;
    }
    let recorder = Recorder::new("plan", args.events_into()?.as_deref(), output)?;
    recorder.end(recorded(args, output, &recorder).await).await
}

/// The run itself, on record.
pub async fn recorded(args: &PlanArgs, output: Output, recorder: &Recorder) -> Outcome {
    let mut session = Session::of(&args.project, output, progress::recorded(output, recorder)).await?;
    recorder.begin(&session);
    let drift = choices(args)?;
    adopt(&mut session, args, &drift).await?;
    let making = Making {
        scoring: &args.scoring,
        rounds: None,
        learns: !args.no_learn,
        drift,
        keep_shadow: args.no_cleanup,
        recreate: args.recreate.as_deref(),
    };
    if let Some(kind) = args.control {
        return control(&session, &making, kind, args.json, output).await;
    }
    let Made { planned, saved, .. } = make(&session, &making, recorder).await?;
    if let Some(path) = &args.out {
        write_text(path, &format::plan_to_json(&planned.plan))?;
    }
    if args.write {
        write_definition(&session, &planned)?;
    }
    let format = if args.json { PlanFormat::Json } else { args.format };
    let path = args.out.as_ref().unwrap_or(&saved.path).display().to_string();
    print_beside(&planned.plan, Some(&path), format, args.full, session.loaded.space.as_ref(), output);
    let changes = planned.plan.creates() || !planned.plan.changes.is_empty();
    Ok(if args.detailed_exitcode && changes { Exit::Changes } else { Exit::Ok })
}

/// Runs a control in place of a plan; it fails if what must come out does not.
async fn control(session: &Session, making: &Making<'_>, kind: ControlArg, json: bool, output: Output) -> Outcome {
    let scorer = session.scorer(making.scoring)?;
    let state = session.state()?;
    let kind = match kind {
        ControlArg::Aa => ControlKind::Aa,
        ControlArg::Planted => ControlKind::Planted,
    };
    let control = ops::control(input(session, &scorer, state.as_ref(), making).await?, kind).await?;
    if json {
        let check = |check: &ops::Check| serde_json::json!({ "name": check.name, "passed": check.passed, "detail": check.detail });
        let checks: Vec<_> = control.checks.iter().map(check).collect();
        let asked = control.questions_asked;
        let value = serde_json::json!({ "passed": control.passed(), "checks": checks, "questions_asked": asked });
        output.data(&value.to_string());
    }
    for check in control.checks.iter().filter(|_| !json) {
        let sign = if check.passed { "passed" } else { "FAILED" };
        output.data(&format!("{sign}  {}\n        {}", check.name, check.detail));
    }
    Ok(if control.passed() { Exit::Ok } else { Exit::Failed })
}

/// What the command line says about edits made in the workspace.
fn choices(args: &PlanArgs) -> Result<Choices, OpsError> {
    let choice = |on_drift: OnDrift| match on_drift {
        OnDrift::Stop => Choice::Stop,
        OnDrift::Adopt => Choice::Adopt,
        OnDrift::Keep => Choice::Keep,
        OnDrift::Overwrite => Choice::Overwrite,
    };
    let mut places = Vec::new();
    for text in &args.drift {
        let wrong = || OpsError::usage(format!("`--drift {text}` is not ADDRESS=adopt|keep|overwrite"));
        let (address, word) = text.rsplit_once('=').ok_or_else(wrong)?;
        let word = OnDrift::from_str(word, false).map_err(|_| wrong())?;
        let address = address.parse().map_err(|error| OpsError::usage(format!("`--drift {text}`: {error}")))?;
        places.push((address, choice(word)));
    }
    Ok(Choices { default: choice(args.on_drift), places })
}

/// Writes edits that were made in the workspace since the last apply into the declared space, as
/// far as that was chosen, and reads the project again.
async fn adopt(session: &mut Session, args: &PlanArgs, choices: &Choices) -> Result<(), OpsError> {
    let wanted = choices.default == Choice::Adopt || choices.places.iter().any(|(_, choice)| *choice == Choice::Adopt);
    if !wanted {
        return Ok(());
    }
    let (Some(declared), Some(live)) = (&session.loaded.space, session.live_for(args.recreate.as_deref()).await?)
    else {
        return Ok(());
    };
    let state = session.state()?;
    let stood = state.as_ref().and_then(|state| state.stands.clone());
    let Some(stood) = stood else {
        adopt_unknown(session, declared, &live, state.as_ref())?;
        session.loaded = load(&args.project)?;
        return Ok(());
    };
    let found = ops::reconcile(&stood, &declared.space, &live.space, &ops::Earlier::of(&session.ledger())?, choices);
    if found.adopted.is_empty() {
        return Ok(());
    }
    let intended = apply_all(&ops::beside_live(&declared.space, &live.space), &found.adopted)?;
    ops::write_into(&session.events, declared, &found.adopted, &intended)?;
    for adopted in &found.adopted {
        let value = ops::digest_at(&ops::canonical(&live.space), &adopted.address);
        session.ledger().adopt(&KeptEdit { address: adopted.address.clone(), value, at: session.now })?;
    }
    session.loaded = load(&args.project)?;
    Ok(())
}

/// As [`adopt`], for a state that does not hold what was read back: only a definition that stands
/// as it was applied can take the edits, since nothing tells which side moved.
fn adopt_unknown(
    session: &Session,
    declared: &DeclaredSpace,
    live: &LiveSpace,
    state: Option<&State>,
) -> Result<(), OpsError> {
    let changes = diff(&ops::beside_live(&declared.space, &live.space), &live.space);
    let applied = state.and_then(State::last).map(|last| last.after_digest.clone());
    if changes.is_empty() {
        return Ok(());
    }
    if applied.is_some() && applied != Some(declared.space.digest()) {
        return Err(OpsError::Stale {
            message: format!(
                "both {} and the live space were edited since the last apply; bring the edits together by hand \
                 (`genie-enhance drift` shows them), or let the declared space win with `--on-drift overwrite`",
                declared.path.display()
            ),
        });
    }
    ops::write_into(&session.events, declared, &changes, &live.space)
}

/// How to make a plan.
pub struct Making<'a> {
    pub scoring: &'a ScoringArgs,
    /// In place of the declared number.
    pub rounds: Option<usize>,
    pub learns: bool,
    /// What to do with edits made in the workspace.
    pub drift: Choices,
    pub keep_shadow: bool,
    /// The vanished space that the plan makes again.
    pub recreate: Option<&'a str>,
}

/// A plan that was made and saved.
pub struct Made {
    pub planned: Planned,
    /// The content that it stands on.
    pub base: Space,
    pub saved: SavedPlan,
}

/// What a plan of this session is made from.
async fn input<'a>(
    session: &'a Session,
    scorer: &'a Scorer,
    state: Option<&'a State>,
    making: &Making<'_>,
) -> Result<PlanInput<'a>, OpsError> {
    let project = session.project();
    let suite = session.loaded.suite.clone();
    let live = session.live_for(making.recreate).await?;
    Ok(PlanInput {
        scorer,
        ledger: session.ledger(),
        loans: session.loans(),
        live,
        definition: session.definition().cloned(),
        places: session.loaded.space.as_ref().map(table_places).unwrap_or_default(),
        state,
        splits: ops::split(&suite, project),
        suite,
        goal: Goal { score: project.target.score, rounds: making.rounds.unwrap_or(project.target.rounds as usize) },
        learning: ops::learn_options(project),
        fixes: ops::fix_options(project),
        learns: making.learns,
        drift: making.drift.clone(),
        given: None,
        exhausted: session.layout.exhausted(),
        rules: ops::proof_rules(project),
        run: session.run_name(),
        guards: ops::guard_configs(project),
        waivers: ops::waivers(project),
        facts: session.guard_facts(state),
        config: session.config_digest(),
        as_of: session.as_of.clone(),
        now: session.now,
        keep_shadow: making.keep_shadow,
    })
}

/// Makes the plan of a session, saves it, and records what it is made of.
pub async fn make(session: &Session, making: &Making<'_>, recorder: &Recorder) -> Result<Made, OpsError> {
    let scorer = session.scorer(making.scoring)?;
    let state = session.state()?;
    let input = input(session, &scorer, state.as_ref(), making).await?;
    let base = session.definition().or(input.live.as_ref().map(|live| &live.space)).cloned();
    let planned = ops::plan(input).await?;
    // Without a base there would have been no plan.
    let base = base.unwrap_or_else(|| planned.target.clone());
    let saved = session.plans().save(&planned.plan)?;
    recorder.plan(&planned.plan, saved.id.as_str());
    recorder.scorecard("before", &planned.before);
    recorder.scorecard("after", &planned.after);
    recorder.contents(&session.loaded.suite, &base, &planned.target);
    Ok(Made { planned, base, saved })
}

/// Where the declared space names its tables.
fn table_places(declared: &DeclaredSpace) -> BTreeMap<String, SourceSpan> {
    let named = declared.yaml_text.lines().enumerate().filter_map(|(at, line)| {
        let (before, rest) = line.split_once("identifier:")?;
        let name = rest.split('#').next().unwrap_or_default().trim_matches([' ', '"', '\'', '}']);
        let span = SourceSpan {
            file: declared.path.display().to_string(),
            line: at + 1,
            column: before.chars().count() + 1,
            length: line.trim_end().chars().count().saturating_sub(before.chars().count()).max(1),
            text: line.to_owned(),
        };
        Some((name.to_owned(), span))
    });
    // A join names its tables as well; the first place is where the table is declared.
    named.fold(BTreeMap::new(), |mut places, (name, span)| {
        places.entry(name).or_insert(span);
        places
    })
}

/// Writes the proposed change into the declared space.
fn write_definition(session: &Session, planned: &Planned) -> Result<(), OpsError> {
    let Some(declared) = &session.loaded.space else {
        return Err(OpsError::usage("`--write` needs a declared space (`space.definition`); `import` writes one"));
    };
    // What was declared stands in it already; what is kept in the workspace stays out of it.
    let made = planned.plan.changes.iter().filter(|planned| planned.evidence.status != "declared");
    let changes: Vec<_> = made.map(|planned| planned.change.clone()).collect();
    let intended = apply_all(&declared.space, &changes)?;
    ops::write_into(&session.events, declared, &changes, &intended)
}
