//! A fleet: several projects in one run, one after another, so that all of them together keep to
//! the quota of one; a table at the end.

mod choice;
mod rows;

use super::args::{
    ChangedArgs, Command, DriftArgs, PlanArgs, PlanFormat, ProjectArgs, ScoreArgs, ScoreFormat, ValidateArgs,
};
use super::commands::{self, Outcome};
use super::output::Output;
use super::record::Recorder;
use super::session::report;
use crate::ops::OpsError;
use rows::{Row, Told};

pub use choice::Fleet;

/// What is done with each project.
enum Work {
    Validate(ValidateArgs),
    Score(ScoreArgs),
    Plan(Box<PlanArgs>),
    Drift(DriftArgs),
}

/// Runs a command over a fleet, where it is meant and the command can; else gives it back.
pub async fn run(command: Command, fleet: &Fleet, output: Output) -> Result<Outcome, Command> {
    let filtered = |filter: &ChangedArgs| fleet.is_many() || filter.changed_since.is_some();
    let work = match command {
        Command::Plan(args) if filtered(&args.changed) => Work::Plan(Box::new(args)),
        Command::Score(args) if filtered(&args.changed) => Work::Score(args),
        Command::Validate(args) if filtered(&args.changed) => Work::Validate(args),
        Command::Drift(args) if filtered(&args.changed) => Work::Drift(args),
        _ if fleet.is_many() => {
            return Ok(Err(OpsError::usage(
                "only validate, score, plan and drift work on several projects; name one project file with -f",
            )));
        }
        command => return Err(command),
    };
    Ok(over(work, fleet, output).await)
}

async fn over(mut work: Work, fleet: &Fleet, output: Output) -> Outcome {
    work.fits_a_fleet()?;
    let changed = work.changed();
    let files = fleet.projects(work.project(), &changed)?;
    let mut rows = Vec::new();
    for (at, file) in files.iter().enumerate() {
        if !output.quiet {
            output.message(&format!("project {} of {}: {}", at + 1, files.len(), file.display()));
        }
        work.project().file.clone_from(file);
        let (outcome, told) = work.one(output.muted()).await;
        if let Err(error) = &outcome {
            // One project's failure is that project's; the table at the end has it, too.
            report(error, output.muted());
        }
        rows.push(Row::of(file, outcome, told));
    }
    output.data(&if output.json { rows::as_json(&rows) } else { rows::table(&rows) });
    Ok(rows::worst(&rows))
}

impl Work {
    fn project(&mut self) -> &mut ProjectArgs {
        match self {
            Self::Validate(args) => &mut args.project,
            Self::Score(args) => &mut args.project,
            Self::Plan(args) => &mut args.project,
            Self::Drift(args) => &mut args.project,
        }
    }

    fn changed(&self) -> ChangedArgs {
        match self {
            Self::Validate(args) => &args.changed,
            Self::Score(args) => &args.changed,
            Self::Plan(args) => &args.changed,
            Self::Drift(args) => &args.changed,
        }
        .clone()
    }

    /// Some options are about one project's file or one project's result.
    fn fits_a_fleet(&self) -> Result<(), OpsError> {
        let (names_a_file, has_form) = match self {
            Self::Plan(args) => (
                args.out.is_some() || args.json_into.is_some(),
                matches!(args.format, PlanFormat::Text | PlanFormat::Json),
            ),
            Self::Score(args) => {
                (args.json_into.is_some(), matches!(args.format, ScoreFormat::Text | ScoreFormat::Json))
            }
            Self::Validate(_) | Self::Drift(_) => (false, true),
        };
        match (names_a_file, has_form) {
            (true, _) => Err(OpsError::usage(
                "`--out` and `--json-into` name the file of one project; the plans of a fleet lie under each project's \
                 .genie-enhance/plans, and `show -f PROJECT` shows them",
            )),
            (_, false) => Err(OpsError::usage("a fleet ends with a table or, with `--json`, with one document")),
            _ => Ok(()),
        }
    }

    /// Works on the project that is named, and says how it ended.
    async fn one(&self, output: Output) -> (Outcome, Told) {
        match self {
            Self::Validate(args) => (commands::validate::run(args, output), Told::default()),
            Self::Drift(args) => match commands::drift::look(args, output).await {
                Ok(seen) => (Ok(seen.exit(args)), Told::drift(&seen)),
                Err(error) => (Err(error), Told::default()),
            },
            Self::Score(args) => {
                let recorder = match Recorder::new("score", None, output) {
                    Ok(recorder) => recorder,
                    Err(error) => return (Err(error), Told::default()),
                };
                let outcome = recorder.end(commands::score::recorded(args, output, &recorder).await).await;
                (outcome, Told::run(recorder.told()))
            }
            Self::Plan(args) => {
                let recorder = match Recorder::new("plan", None, output) {
                    Ok(recorder) => recorder,
                    Err(error) => return (Err(error), Told::default()),
                };
                let outcome = recorder.end(commands::plan::recorded(args, output, &recorder).await).await;
                (outcome, Told::run(recorder.told()))
            }
        }
    }
}
