//! `plan`: score, learn, prove, propose.

use super::Outcome;
use super::show::print;
use crate::cli::args::{OnDrift, PlanArgs, PlanFormat, ScoringArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::record::Recorder;
use crate::cli::session::{Session, load, write_text};
use crate::config::{self, DeclaredSpace, Extent};
use crate::diff::diff;
use crate::format;
use crate::model::{Change, SourceSpan, Space, State};
use crate::ops::{self, Goal, OpsError, PlanInput, Planned};
use crate::store::SavedPlan;
use std::collections::BTreeMap;

pub async fn run(args: &PlanArgs, output: Output) -> Outcome {
    let recorder = Recorder::new("plan", args.json_into.as_deref(), output)?;
    recorder.end(recorded(args, output, &recorder).await).await
}

async fn recorded(args: &PlanArgs, output: Output, recorder: &Recorder) -> Outcome {
    let mut session = Session::of(&args.project, output, progress::recorded(output, recorder)).await?;
    recorder.begin(&session);
    if args.on_drift == OnDrift::Adopt {
        adopt(&mut session, args).await?;
    }
    let making = Making {
        scoring: &args.scoring,
        rounds: None,
        learns: !args.no_learn,
        overwrites_drift: args.on_drift == OnDrift::Overwrite,
        keep_shadow: args.no_cleanup,
    };
    let Made { planned, saved, .. } = make(&session, &making, recorder).await?;
    if let Some(path) = &args.out {
        write_text(path, &format::plan_to_json(&planned.plan))?;
    }
    if args.write {
        write_definition(&session, &planned)?;
    }
    let format = if args.json { PlanFormat::Json } else { args.format };
    let path = args.out.as_ref().unwrap_or(&saved.path).display().to_string();
    print(&planned.plan, Some(&path), format, args.full, output);
    let changes = !planned.plan.changes.is_empty();
    Ok(if args.detailed_exitcode && changes { Exit::Changes } else { Exit::Ok })
}

/// Writes edits that were made in the workspace since the last apply into the declared space, and
/// reads the project again. Only a definition that stands as it was applied can take them: where
/// both sides moved, a person has to say which words win.
async fn adopt(session: &mut Session, args: &PlanArgs) -> Result<(), OpsError> {
    let (Some(declared), Some(live)) = (&session.loaded.space, session.live().await?) else { return Ok(()) };
    let changes = diff(&declared.space, &live.space);
    if changes.is_empty() {
        return Ok(());
    }
    let state = session.state()?;
    let applied = state.as_ref().and_then(State::last).map(|last| last.after_digest.clone());
    if applied != Some(declared.space.digest()) {
        return Err(OpsError::Stale {
            message: format!(
                "both {} and the live space were edited since the last apply; bring the edits together by hand \
                 (`genie-enhance drift` shows them), or let the declared space win with `--on-drift overwrite`",
                declared.path.display()
            ),
        });
    }
    write_space_yaml(session, declared, &changes, &live.space)?;
    session.loaded = load(&args.project)?;
    Ok(())
}

/// How to make a plan.
pub struct Making<'a> {
    pub scoring: &'a ScoringArgs,
    /// In place of the declared number.
    pub rounds: Option<usize>,
    pub learns: bool,
    /// The declared space wins over edits made in the workspace.
    pub overwrites_drift: bool,
    pub keep_shadow: bool,
}

/// A plan that was made and saved.
pub struct Made {
    pub planned: Planned,
    /// The content that it stands on.
    pub base: Space,
    pub saved: SavedPlan,
}

/// Makes the plan of a session, saves it, and records what it is made of.
pub async fn make(session: &Session, making: &Making<'_>, recorder: &Recorder) -> Result<Made, OpsError> {
    let scorer = session.scorer(making.scoring)?;
    let state = session.state()?;
    let project = session.project();
    let suite = session.loaded.suite.clone();
    let live = session.live().await?;
    let base = session.definition().or(live.as_ref().map(|live| &live.space)).cloned();
    let input = PlanInput {
        scorer: &scorer,
        ledger: session.ledger(),
        live,
        definition: session.definition().cloned(),
        places: session.loaded.space.as_ref().map(table_places).unwrap_or_default(),
        state: state.as_ref(),
        splits: ops::split(&suite, project),
        suite,
        goal: Goal { score: project.target.score, rounds: making.rounds.unwrap_or(project.target.rounds as usize) },
        learning: ops::learn_options(project),
        fixes: ops::fix_options(project),
        learns: making.learns,
        overwrites_drift: making.overwrites_drift,
        guards: ops::guard_configs(project),
        waivers: ops::waivers(project),
        config: session.config_digest(),
        as_of: session.as_of.clone(),
        now: session.now,
        keep_shadow: making.keep_shadow,
    };
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

/// Writes changes into the declared space, and says how much of the file that touched.
pub fn write_space_yaml(
    session: &Session,
    declared: &DeclaredSpace,
    changes: &[Change],
    intended: &Space,
) -> Result<(), OpsError> {
    let written = config::write_changes(&declared.yaml_text, changes, intended)
        .map_err(|error| OpsError::other(format!("{}: {error}", declared.path.display())))?;
    write_text(&declared.path, &written.text)?;
    let extent = match written.extent {
        Extent::Minimal => String::new(),
        Extent::Elements(names) => format!("; written anew, without comments inside: {}", names.join(", ")),
        Extent::File => "; the whole file is written anew, comments inside it are gone".to_owned(),
    };
    session.events.note(format!("wrote the change into {}{extent}", declared.path.display()));
    Ok(())
}

/// Writes the proposed change into the declared space.
fn write_definition(session: &Session, planned: &Planned) -> Result<(), OpsError> {
    let Some(declared) = &session.loaded.space else {
        return Err(OpsError::usage("`--write` needs a declared space (`space.definition`); `import` writes one"));
    };
    let changes: Vec<_> = planned.plan.changes.iter().map(|planned| planned.change.clone()).collect();
    write_space_yaml(session, declared, &changes, &planned.target)
}
