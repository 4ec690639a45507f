//! `plan`: score, learn, prove, propose.

use super::Outcome;
use super::show::print;
use crate::cli::args::{PlanArgs, PlanFormat};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::session::{Session, write_text};
use crate::config::{self, DeclaredSpace, Extent};
use crate::format;
use crate::model::{Change, Space};
use crate::ops::{self, Goal, OpsError, PlanInput, Planned};

pub async fn run(args: &PlanArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, progress::events(output, |_| {})).await?;
    let planned = make(&session, args).await?;
    let json = format::plan_to_json(&planned.plan);
    let saved = session.plans().save(&planned.plan)?;
    if let Some(path) = &args.out {
        write_text(path, &json)?;
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

/// Makes the plan of a session.
pub async fn make(session: &Session, args: &PlanArgs) -> Result<Planned, OpsError> {
    let scorer = session.scorer(&args.scoring)?;
    let state = session.state()?;
    let project = session.project();
    let suite = session.loaded.suite.clone();
    let input = PlanInput {
        scorer: &scorer,
        ledger: session.ledger(),
        live: session.live().await?,
        definition: session.definition().cloned(),
        state: state.as_ref(),
        splits: ops::split(&suite, project),
        suite,
        goal: Goal { score: project.target.score, rounds: project.target.rounds as usize },
        learning: ops::learn_options(project),
        fixes: ops::fix_options(project),
        learns: !args.no_learn,
        guards: ops::guard_configs(project),
        waivers: ops::waivers(project),
        config: session.config_digest(),
        as_of: session.as_of.clone(),
        now: session.now,
        keep_shadow: args.no_cleanup,
    };
    ops::plan(input).await
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
    session.output.message(&format!("wrote the change into {}{extent}", declared.path.display()));
    Ok(())
}

/// Writes the proposed change into the declared space.
fn write_definition(session: &Session, planned: &Planned) -> Result<(), OpsError> {
    let Some(declared) = &session.loaded.space else {
        return Err(OpsError::other("`--write` needs a declared space (`space.definition`); `import` writes one"));
    };
    let changes: Vec<_> = planned.plan.changes.iter().map(|planned| planned.change.clone()).collect();
    write_space_yaml(session, declared, &changes, &planned.target)
}
