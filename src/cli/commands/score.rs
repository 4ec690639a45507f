//! `score`: every question asked and every answer compared.

use super::Outcome;
use crate::cli::args::ScoreArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::record::Recorder;
use crate::cli::session::Session;
use crate::format;
use crate::model::{Question, Scorecard, Space};
use crate::ops::{OpsError, Shadow, Target};
use crate::render;

pub async fn run(args: &ScoreArgs, output: Output) -> Outcome {
    let recorder = Recorder::new("score", args.json_into.as_deref(), output)?;
    recorder.end(recorded(args, output, &recorder).await).await
}

async fn recorded(args: &ScoreArgs, output: Output, recorder: &Recorder) -> Outcome {
    let session = Session::of(&args.project, output, progress::recorded(output, recorder)).await?;
    recorder.begin(&session);
    let scorer = session.scorer(&args.scoring)?;
    let questions: Vec<&Question> = session.loaded.suite.questions.iter().collect();
    let card = match session.live().await? {
        Some(live) if !args.declared => {
            let target = Target { space_id: live.id.clone(), content: live.space.digest() };
            scorer.score(&target, &questions, 1, "the live space").await
        }
        live => {
            let declared = session.definition().ok_or_else(|| {
                OpsError::usage("there is no live space and no declared one; set `space.id` or `space.definition`")
            })?;
            let live_id = live.map(|live| live.id);
            on_shadow(&session, &scorer, live_id, declared, &questions).await?
        }
    };
    recorder.scorecard("score", &card);
    let by = crate::store::Identity::current().who;
    let after = serde_json::json!({ "correct": card.correct(), "total": card.total() });
    recorder.figures(serde_json::json!({ "after": after, "by": by }));
    if args.json {
        output.data(&format::scorecard_to_json(&card));
    } else {
        output.data(&render::scorecard_terminal(&card, Some(&session.loaded.suite), &output.style()));
    }
    Ok(Exit::Ok)
}

async fn on_shadow(
    session: &Session,
    scorer: &crate::ops::Scorer,
    live_id: Option<String>,
    declared: &Space,
    questions: &[&Question],
) -> Result<Scorecard, OpsError> {
    let ledger = session.ledger();
    crate::ops::sweep(&session.workspace, &ledger).await?;
    let mut shadow = Shadow::new(session.workspace.clone(), ledger, live_id, declared, &session.run_name());
    let target = shadow.hold(declared).await?;
    let card = scorer.score(&target, questions, 1, "the declared space").await;
    shadow.remove().await?;
    Ok(card)
}
