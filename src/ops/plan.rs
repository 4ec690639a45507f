//! Making a plan: read, check the ground, score, learn, prove, measure, judge.

use super::catalog::{profile_catalog, read_catalog};
use super::conclude::conclude;
use super::events::Events;
use super::ground::{declared_names, unusable};
use super::propose::Proposer;
use super::prove::{Goal, Proof, Prover};
use super::reconcile::{Choice, Choices, Earlier, canonical, digest_at, reconcile};
use super::score::{Scorer, Target};
use super::shadow::{Shadow, sweep};
use super::workspace::OpsError;
use crate::databricks::LiveSpace;
use crate::fix;
use crate::guard::{GuardConfig, Waiver};
use crate::learn::{self, learn};
use crate::model::{
    Catalog, Diagnostic, Digest, Event, Outcome, Phase, Plan, Question, Scorecard, SourceSpan, Space, SpaceView, Split,
    State, Suite,
};
use crate::store::{KeptEdit, Ledger};
use std::collections::{BTreeMap, BTreeSet};

/// All that a plan is made from.
pub struct PlanInput<'a> {
    pub scorer: &'a Scorer,
    pub ledger: Ledger,
    /// The live space, read just now; none if there is none yet.
    pub live: Option<LiveSpace>,
    /// The declared content; none if the live space is all there is.
    pub definition: Option<Space>,
    /// Where the definition names its tables, by table.
    pub places: BTreeMap<String, SourceSpan>,
    pub state: Option<&'a State>,
    pub suite: Suite,
    pub splits: BTreeMap<String, Split>,
    pub goal: Goal,
    pub learning: learn::Options,
    pub fixes: fix::Options,
    pub learns: bool,
    /// What to do with edits made in the workspace since the last apply.
    pub drift: Choices,
    pub guards: Vec<GuardConfig>,
    pub waivers: Vec<Waiver>,
    pub config: Digest,
    pub as_of: Option<String>,
    pub now: jiff::Timestamp,
    pub keep_shadow: bool,
}

/// A plan with the content it leads to.
pub struct Planned {
    pub plan: Plan,
    pub target: Space,
    pub before: Scorecard,
    pub after: Scorecard,
}

/// Makes a plan. The live space is read, never written; the shadow is removed at the end even if
/// the plan fails.
pub async fn plan(input: PlanInput<'_>) -> Result<Planned, OpsError> {
    let events = input.scorer.events.clone();
    phase(&events, Phase::Check, "checking tables, gold SQL and the space");
    for title in sweep(&input.scorer.workspace, &input.ledger).await? {
        events.note(format!("removed the shadow space \"{title}\" that an earlier run left behind"));
    }
    let base = base_content(&input)?;
    let names = declared_names(&base, &input.suite);
    let (catalog, missing) = read_catalog(&input.scorer.workspace, &names).await?;
    refuse_absent(&base, &missing, &input.places)?;
    for name in &missing {
        events.warn(format!("table {name} is not in the workspace, or may not be read"));
    }
    let run = input.now.strftime("%Y%m%dT%H%M%S").to_string();
    let live_id = input.live.as_ref().map(|live| live.id.clone());
    let mut shadow = Shadow::new(input.scorer.workspace.clone(), input.ledger.clone(), live_id, &base, &run);
    let outcome = measured(&input, &base, &catalog, &mut shadow).await;
    if input.keep_shadow {
        events.note("the shadow space is kept; `shadows list` shows it");
    } else if let Err(error) = shadow.remove().await {
        events.warn(format!("the shadow space could not be removed: {error}; `shadows gc` will try again"));
    }
    conclude(&input, base, &catalog, outcome?)
}

/// What the measuring found.
pub(super) struct Measured {
    pub proof: Proof,
    pub before: Scorecard,
    pub after: Scorecard,
    pub repeats: Repeats,
}

/// The discordant questions asked once more in both arms.
#[derive(Default)]
pub(super) struct Repeats {
    /// Questions whose outcome was another one when asked again.
    pub unsteady: BTreeSet<String>,
    pub asked: usize,
}

async fn measured(
    input: &PlanInput<'_>,
    base: &Space,
    catalog: &Catalog,
    shadow: &mut Shadow,
) -> Result<Measured, OpsError> {
    let scorer = input.scorer;
    let all: Vec<&Question> = input.suite.questions.iter().collect();
    phase(&scorer.events, Phase::Score, "scoring the space as it is declared");
    let target = before_target(input, base, shadow).await?;
    let before = scorer.score(&target, &all, 1, "before").await;
    report_unusable(&scorer.events, &before);
    let proof = if input.learns { improve(input, base, catalog, shadow, &before).await? } else { unchanged(base) };
    if proof.kept.is_empty() {
        return Ok(Measured { after: before.clone(), proof, before, repeats: Repeats::default() });
    }
    phase(&scorer.events, Phase::Measure, "measuring all changes together on every question");
    let after_target = shadow.hold(&proof.content).await?;
    let after = scorer.score(&after_target, &all, 1, "after").await;
    let repeats = repeat(input, base, &proof.content, shadow, &before, &after).await?;
    Ok(Measured { proof, before, after, repeats })
}

/// Where *before* is asked: the live space if it holds exactly the base, else the shadow.
async fn before_target(input: &PlanInput<'_>, base: &Space, shadow: &mut Shadow) -> Result<Target, OpsError> {
    match &input.live {
        Some(live) if live.space.digest() == base.digest() => {
            Ok(Target { space_id: live.id.clone(), content: base.digest() })
        }
        _ => shadow.hold(base).await,
    }
}

async fn improve(
    input: &PlanInput<'_>,
    base: &Space,
    catalog: &Catalog,
    shadow: &mut Shadow,
    before: &Scorecard,
) -> Result<Proof, OpsError> {
    let scorer = input.scorer;
    let learn_set = learn_set(input, before);
    phase(&scorer.events, Phase::Learn, "learning patterns from the benchmarks");
    let profiled = profile_catalog(&scorer.workspace, catalog).await;
    let patterns = learn(&learn_set.questions, &profiled, &SpaceView::of(base), input.learning);
    scorer.events.emit(Event::PatternsLearnt { patterns: patterns.len() });
    phase(&scorer.events, Phase::Prove, "proving candidates on a shadow of the space");
    let proposer = Proposer {
        scorer,
        catalog: &profiled,
        patterns: &patterns,
        learn_set: &learn_set,
        all: &input.suite,
        options: input.fixes.clone(),
    };
    let questions = learn_set.questions.iter().map(|question| (question.id.clone(), question)).collect();
    let baseline = only(before, &learn_set);
    let prover = Prover { scorer, shadow, proposer: &proposer, base, questions, goal: input.goal };
    prover.prove(&baseline).await
}

/// The learn set without what cannot be used: skipped questions and those whose gold is at fault.
fn learn_set(input: &PlanInput<'_>, before: &Scorecard) -> Suite {
    let usable = |question: &&Question| {
        let outcome = before.outcome(&question.id);
        input.splits.get(&question.id) == Some(&Split::Learn)
            && outcome.is_some_and(|outcome| outcome.counts() || outcome == Outcome::NotRun)
            && question.skip.is_none()
    };
    Suite { questions: input.suite.questions.iter().filter(usable).cloned().collect() }
}

fn only(card: &Scorecard, suite: &Suite) -> Scorecard {
    let mut card = card.clone();
    card.questions.retain(|scored| suite.question(&scored.id).is_some());
    card
}

fn unchanged(base: &Space) -> Proof {
    Proof { content: base.clone(), kept: Vec::new(), rejections: Vec::new(), rounds: 0, tried: 0 }
}

/// Asks what changed once more in both arms: steady answers prove that the space is free of
/// noise where it matters; unsteady ones cannot count as won or lost.
async fn repeat(
    input: &PlanInput<'_>,
    base: &Space,
    content: &Space,
    shadow: &mut Shadow,
    before: &Scorecard,
    after: &Scorecard,
) -> Result<Repeats, OpsError> {
    let moved = |question: &&Question| before.outcome(&question.id) != after.outcome(&question.id);
    let asked: Vec<&Question> = input.suite.questions.iter().filter(moved).collect();
    let mut repeats = Repeats { asked: 2 * asked.len(), ..Repeats::default() };
    let after_target = shadow.hold(content).await?;
    let after_again = input.scorer.score(&after_target, &asked, 2, "after, again").await;
    let before_target = before_target(input, base, shadow).await?;
    let before_again = input.scorer.score(&before_target, &asked, 2, "before, again").await;
    for question in asked {
        let steady = |one: &Scorecard, two: &Scorecard| one.outcome(&question.id) == two.outcome(&question.id);
        if !steady(after, &after_again) || !steady(before, &before_again) {
            repeats.unsteady.insert(question.id.clone());
        }
    }
    Ok(repeats)
}

/// The declared content where there is one, else the live content. With a definition, a live
/// space that moved since the last apply stops the plan: whose words win is for a person to say.
fn base_content(input: &PlanInput<'_>) -> Result<Space, OpsError> {
    let Some(definition) = &input.definition else {
        return input.live.as_ref().map(|live| live.space.clone()).ok_or_else(|| {
            OpsError::usage(
                "there is neither a declared space (`space.definition`) nor a live one (`space.id`); name one of them",
            )
        });
    };
    let Some(live) = &input.live else { return Ok(definition.clone()) };
    // A space that was never applied to is compared with what is declared alone.
    let Some(stood) = input.state.and_then(|state| state.stands.as_ref()) else {
        refuse_unknown_drift(input, definition, live)?;
        return Ok(beside_live(definition, &live.space));
    };
    let found = reconcile(stood, definition, &live.space, &Earlier::of(&input.ledger)?, &input.drift);
    found.refuse_open(&live.id)?;
    for kept in &found.kept {
        let value = digest_at(&canonical(&live.space), &kept.address);
        input.ledger.keep(&KeptEdit { address: kept.address.clone(), value, at: input.now })?;
    }
    for given_up in &found.overwritten {
        input.ledger.unkeep(&given_up.address)?;
    }
    found.content(definition, &live.space)
}

/// Of a state that does not hold what was read back, only digests tell whether the space moved.
fn refuse_unknown_drift(input: &PlanInput<'_>, definition: &Space, live: &LiveSpace) -> Result<(), OpsError> {
    let Some(last) = input.state.and_then(State::last) else { return Ok(()) };
    let found = live.space.digest();
    if found == last.after_digest || found == definition.digest() || input.drift.default == Choice::Overwrite {
        return Ok(());
    }
    Err(OpsError::Stale {
        message: format!(
            "the live space {} was edited since plan {} was applied ({} now, {} then); `genie-enhance drift` shows the \
             edits: take them into the declared space with `plan --on-drift adopt`, or undo them with `plan --on-drift \
             overwrite`",
            live.id,
            &last.plan_id.get(..8).unwrap_or(&last.plan_id),
            found.short(),
            last.after_digest.short()
        ),
    })
}

/// The declared content with what it leaves open beside the document taken from the live space:
/// where a definition says nothing about the folder, the workspace decides.
pub fn beside_live(definition: &Space, live: &Space) -> Space {
    let mut content = definition.clone();
    let (ours, theirs) = (&mut content.sidecar, &live.sidecar);
    for (ours, theirs) in [
        (&mut ours.title, &theirs.title),
        (&mut ours.warehouse_id, &theirs.warehouse_id),
        (&mut ours.parent_path, &theirs.parent_path),
    ] {
        if ours.is_empty() {
            ours.clone_from(theirs);
        }
    }
    content
}

/// A space that names a table which is not there can be neither asked nor copied. (What only
/// gold SQL names costs no more than its question.)
fn refuse_absent(base: &Space, missing: &[String], places: &BTreeMap<String, SourceSpan>) -> Result<(), OpsError> {
    let view = SpaceView::of(base);
    let named = |name: &&String| view.tables.iter().any(|table| table.identifier.eq_ignore_ascii_case(name));
    let finding = |name: &String| {
        let found =
            Diagnostic::error("GE0502", format!("the space names the table {name}, which is not in the workspace"))
                .help("correct the name or take the table out of the space; if it is there, ask for SELECT on it");
        Diagnostic { span: places.get(name).cloned(), ..found }
    };
    let findings: Vec<Diagnostic> = missing.iter().filter(named).map(finding).collect();
    if findings.is_empty() { Ok(()) } else { Err(OpsError::Declared(findings)) }
}

fn report_unusable(events: &Events, card: &Scorecard) {
    for (id, why) in unusable(card) {
        events.warn(format!("question {id} is left out: {why}"));
    }
}

fn phase(events: &Events, phase: Phase, message: &str) {
    events.emit(Event::PhaseStarted { phase, message: message.to_owned() });
}
