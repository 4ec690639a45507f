//! `score`: every question asked and every answer compared; with `--check` only the benchmarks,
//! with `--compare` two runs that were scored before.

use super::Outcome;
use super::score_report::{self as report, Report};
use crate::cli::args::{ScoreArgs, ScoreFormat};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::progress;
use crate::cli::record::Recorder;
use crate::cli::session::{Session, read_text};
use crate::databricks::LiveSpace;
use crate::format::{priced_scorecard_to_json, scorecard_from_json};
use crate::model::{Outcome as Verdict, Question, Scorecard, Space, SpaceView};
use crate::ops::{NativeRun, OpsError, Scorer, Shadow, Target, paired, repeated};
use crate::render;
use std::path::{Path, PathBuf};

pub async fn run(args: &ScoreArgs, output: Output) -> Outcome {
    if let [first, second] = &args.compare[..] {
        return compare(args, first, second, output);
    }
    let recorder = Recorder::new("score", args.events_into()?.as_deref(), output)?;
    recorder.end(recorded(args, output, &recorder).await).await
}

/// The run itself, on record.
pub async fn recorded(args: &ScoreArgs, output: Output, recorder: &Recorder) -> Outcome {
    let session = Session::of(&args.project, output, progress::recorded(output, recorder)).await?;
    recorder.begin(&session);
    let scorer = session.scorer(&args.scoring)?;
    let questions: Vec<&Question> = session.loaded.suite.questions.iter().collect();
    if args.check {
        return check(&scorer, &questions, args, output).await;
    }
    scorer.announce_findings(&questions);
    // Before the shadows of earlier runs go, and their conversations with them.
    scorer.recover().await;
    let repeats = args.repeats.unwrap_or(session.project().scoring.repeats);
    let (cards, native, is_bare) = match session.live().await? {
        Some(live) if !args.declared => {
            let target = Target::of(live.id.clone(), &live.space);
            let cards = scorer.score_repeatedly(&target, &questions, repeats, "the live space").await;
            let native = natively(args, &scorer, &live.id, &questions, &cards).await?;
            (cards, native, SpaceView::of(&live.space).is_bare())
        }
        live => {
            let declared = session.definition().ok_or_else(|| {
                OpsError::usage("there is no live space and no declared one; set `space.id` or `space.definition`")
            })?;
            let (cards, native) =
                on_shadow(args, &session, &scorer, live.as_ref(), declared, &questions, repeats).await?;
            (cards, native, SpaceView::of(declared).is_bare())
        }
    };
    for (at, card) in cards.iter().enumerate() {
        let name = if at == 0 { "score".to_owned() } else { format!("score-{}", at + 1) };
        recorder.scorecard(&name, card);
    }
    recorder.texts(&session.loaded.suite);
    let Some(card) = cards.first() else { return Ok(Exit::Ok) };
    let by = crate::store::Identity::current().who;
    let after = serde_json::json!({ "correct": card.correct(), "total": card.total() });
    let spent = scorer.meter.spent();
    let by_question = scorer.meter.by_question();
    recorder.figures(serde_json::json!({ "after": after, "by": by, "cost": spent, "cost_by_question": by_question }));
    let repeated = (cards.len() > 1).then(|| repeated(&cards));
    // What even a space that says nothing gets right proves nothing about what is added to it.
    let too_easy = repeated.as_ref().filter(|_| is_bare).map(|found| found.firm.clone()).unwrap_or_default();
    let found = Report {
        repeated: repeated.as_ref(),
        native: native.as_ref(),
        cost: &spent,
        by_question: &by_question,
        too_easy: &too_easy,
    };
    match args.form() {
        ScoreFormat::Json if cards.len() == 1 && native.is_none() => {
            output.data(&priced_scorecard_to_json(card, &spent, &by_question));
        }
        ScoreFormat::Json => output.data(&report::json(&cards, &found)),
        ScoreFormat::Junit => {
            output.data(&render::junit::scorecard(card, &session.project().file.display().to_string()));
        }
        ScoreFormat::Text => {
            output.data(&render::scorecard_terminal(card, Some(&session.loaded.suite), &output.style()));
            output.data(&report::text(card, &found));
        }
        // The events are there already.
        ScoreFormat::Jsonl => {}
    }
    Ok(covered(card, output))
}

/// Less than this share of the questions run, and the score says little about the space.
const COVERAGE: f64 = 0.9;

/// The coverage guard: a score of too few questions is shown, and is no success.
fn covered(card: &Scorecard, output: Output) -> Exit {
    let wanted = |reason: &str| reason != "SKIPPED";
    let not_run = card.questions.iter().filter(|scored| scored.verdict.outcome == Verdict::NotRun);
    let reasons: Vec<&str> = not_run.map(|scored| scored.verdict.reason.as_str()).filter(|r| wanted(r)).collect();
    let skipped = card.questions.iter().filter(|scored| scored.verdict.reason == "SKIPPED").count();
    let asked = card.questions.len() - skipped;
    if reasons.contains(&"BREAKER_OPEN") {
        output.message("error: the service kept failing, so the rest was not asked; run it again to go on from here");
        return Exit::Remote;
    }
    if ((asked - reasons.len()) as f64) < COVERAGE * asked as f64 {
        output.message(&format!(
            "error: {} of {asked} questions were not run, more than a tenth; the score says little",
            reasons.len()
        ));
        return if reasons.contains(&"BUDGET") { Exit::Blocked } else { Exit::Remote };
    }
    Exit::Ok
}

async fn check(scorer: &Scorer, questions: &[&Question], args: &ScoreArgs, output: Output) -> Outcome {
    let findings = scorer.check_golds(questions).await;
    let faults = findings.iter().filter(|finding| finding.fault).count();
    output.data(&match args.json {
        true => crate::format::pretty_sorted(&serde_json::json!({ "findings": findings, "checked": questions.len() })),
        false => report::health(&findings, questions),
    });
    Ok(if faults > 0 { Exit::Usage } else { Exit::Ok })
}

async fn natively(
    args: &ScoreArgs,
    scorer: &Scorer,
    space_id: &str,
    questions: &[&Question],
    cards: &[Scorecard],
) -> Result<Option<NativeRun>, OpsError> {
    match cards.first() {
        Some(card) if args.native => Ok(Some(scorer.rate_natively(space_id, questions, card).await?)),
        _ => Ok(None),
    }
}

async fn on_shadow(
    args: &ScoreArgs,
    session: &Session,
    scorer: &Scorer,
    live: Option<&LiveSpace>,
    declared: &Space,
    questions: &[&Question],
    repeats: u32,
) -> Result<(Vec<Scorecard>, Option<NativeRun>), OpsError> {
    let ledger = session.ledger();
    crate::ops::sweep(&session.workspace, &ledger, &session.loans()).await?;
    let mut shadow = Shadow::new(session.workspace.clone(), ledger, live, declared, &session.run_name());
    let target = shadow.hold(declared).await?;
    let cards = scorer.score_repeatedly(&target, questions, repeats, "the declared space").await;
    let native = natively(args, scorer, &target.space_id, questions, &cards).await;
    shadow.remove().await?;
    Ok((cards, native?))
}

fn compare(args: &ScoreArgs, first: &Path, second: &Path, output: Output) -> Outcome {
    let runs = args.project.file.parent().unwrap_or(Path::new("")).join(".genie-enhance/runs");
    let (one, two) = (scorecards(first, &runs)?, scorecards(second, &runs)?);
    let found = paired(&one, &two);
    output.data(&match args.json {
        true => crate::format::pretty_sorted(&serde_json::to_value(&found).unwrap_or_default()),
        false => report::comparison(&found),
    });
    Ok(Exit::Ok)
}

/// The scorecards of a file, of a run's folder, or of a run of the project by its name.
fn scorecards(named: &Path, runs: &Path) -> Result<Vec<Scorecard>, OpsError> {
    let path = if named.exists() { named.to_owned() } else { runs.join(named) };
    let mut files: Vec<PathBuf> = match std::fs::read_dir(&path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).filter(|path| is_score(path)).collect(),
        Err(_) => vec![if path.exists() { path.clone() } else { named.to_owned() }],
    };
    files.sort();
    if files.is_empty() {
        return Err(OpsError::usage(format!("{} holds no scorecard of a `score` run", path.display())));
    }
    let read = |file: &PathBuf| {
        let text = read_text(file)?;
        scorecard_from_json(&text).map_err(|error| OpsError::usage(format!("{}: {error}", file.display())))
    };
    files.iter().map(read).collect()
}

fn is_score(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.starts_with("scorecard-score") && name.ends_with(".json")
}
