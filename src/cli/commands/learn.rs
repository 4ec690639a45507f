//! `learn`: the patterns that the learn set has in common.

use super::Outcome;
use crate::cli::args::LearnArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::session::Session;
use crate::model::{Pattern, Question, Space, SpaceView, Split};
use crate::ops::{self, OpsError};

pub async fn run(args: &LearnArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, progress::events(output, |_| {})).await?;
    let suite = &session.loaded.suite;
    let splits = ops::split(suite, session.project());
    let is_learn = |question: &&Question| splits.get(&question.id) == Some(&Split::Learn) && question.skip.is_none();
    let learn_set: Vec<Question> = suite.questions.iter().filter(is_learn).cloned().collect();
    let space = match (session.definition(), session.live().await?) {
        (Some(declared), _) => declared.clone(),
        (None, Some(live)) => live.space,
        (None, None) => Space::empty(),
    };
    let names = ops::declared_names(&space, suite);
    let (catalog, _) = ops::read_catalog(&session.workspace, &names).await?;
    let catalog = ops::profile_catalog(&session.workspace, &catalog).await;
    let learnt =
        crate::learn::learn(&learn_set, &catalog, &SpaceView::of(&space), ops::learn_options(session.project()));
    let patterns: Vec<Pattern> = learnt.into_iter().map(|learnt| learnt.pattern).collect();
    if args.json {
        output.data(&serde_json::to_string_pretty(&patterns).map_err(|error| OpsError::other(error.to_string()))?);
    } else {
        output.data(&super::listing::patterns(&patterns));
    }
    Ok(Exit::Ok)
}
