//! Making a plan: read, check the ground, score, learn, prove, measure, judge.

use super::catalog::{profile_catalog, read_catalog};
use super::conclude::{conclude, declared_changes};
use super::confirm::{Arm, Repeats, confirm};
use super::cross_fit::cross_fit;
use super::events::Events;
use super::exhausted::{Exhausted, NothingLeft};
use super::ground::{declared_names, held_answers, unusable};
use super::guards::{Policy, sql_failures};
use super::lab::Trials;
use super::lent::Loans;
use super::looks::look;
use super::memory::Memory;
use super::propose::Proposer;
use super::prove::{Given, Goal, Proof, Prover};
use super::reconcile::{Choice, Choices, Earlier, canonical, digest_at, reconcile};
use super::rules::ProofRules;
use super::score::Scorer;
use super::shadow::{Shadow, sweep};
use super::steadiness::Steadiness;
use super::workspace::OpsError;
use crate::databricks::LiveSpace;
use crate::fix;
use crate::guard::{Facts, GuardConfig, Waiver, most_changes, open_texts};
use crate::learn::{self, learn};
use crate::model::{
    Candidate, Catalog, Diagnostic, Digest, Event, Outcome, Phase, Plan, Question, Scorecard, SourceSpan, Space,
    SpaceView, Split, State, Suite,
};
use crate::store::{KeptEdit, Ledger};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// All that a plan is made from.
pub struct PlanInput<'a> {
    pub scorer: &'a Scorer,
    pub ledger: Ledger,
    /// Spaces that were lent for proving.
    pub loans: Loans,
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
    /// Candidates to prove in place of learnt ones.
    pub given: Option<Vec<Candidate>>,
    /// Where it is kept that nothing was left to try.
    pub exhausted: PathBuf,
    pub rules: ProofRules,
    /// Names this run, in the title of its shadow.
    pub run: String,
    pub guards: Vec<GuardConfig>,
    pub waivers: Vec<Waiver>,
    /// What the guards need to know beside the plan.
    pub facts: Facts,
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
    let mut policy = Policy {
        guards: &input.guards,
        waivers: &input.waivers,
        suite: &input.suite,
        target_score: input.goal.score,
        facts: input.facts.clone(),
        now: input.now,
    };
    policy.check()?;
    phase(&events, Phase::Check, "checking tables, gold SQL and the space");
    // Before the shadows of earlier runs go, and their conversations with them.
    input.scorer.recover().await;
    let swept = sweep(&input.scorer.workspace, &input.ledger, &input.loans).await?;
    for title in swept.removed {
        events.note(format!("removed the shadow space \"{title}\" that an earlier run left behind"));
    }
    for title in swept.given_back {
        events.note(format!("the space \"{title}\", lent to an earlier run, got back what it held"));
    }
    let base = base_content(&input)?;
    let names = declared_names(&base, &input.suite);
    let (catalog, missing) = read_catalog(&input.scorer.workspace, &names).await?;
    refuse_absent(&base, &missing, &input.places)?;
    for name in &missing {
        events.warn(format!("table {name} is not in the workspace, or may not be read"));
    }
    let (workspace, ledger) = (input.scorer.workspace.clone(), input.ledger.clone());
    let mut shadow = Shadow::new(workspace, ledger, input.live.as_ref(), &base, &input.run);
    if let Some(space) = &input.rules.space {
        shadow.borrow(space, &input.loans).await?;
    }
    let outcome = measured(&input, &base, &catalog, &mut shadow, true).await;
    if input.keep_shadow {
        events.note("the shadow space is kept; `shadows list` shows it");
    } else if let Err(error) = shadow.remove().await {
        events.warn(format!("the shadow space could not be removed: {error}; `shadows gc` will try again"));
    }
    let mut outcome = outcome?;
    if input.live.is_some() {
        outcome.proof.notes.extend(audit(&base, &input.suite, &events));
    }
    let declared = declared_changes(&input, &base);
    policy.facts.sql_failures = sql_failures(&input.scorer.workspace, &declared, &base, &catalog).await;
    conclude(&input, base, &catalog, &policy, outcome)
}

/// What stands in the space already is no change that a guard could stop; it is told.
fn audit(base: &Space, suite: &Suite, events: &Events) -> Option<String> {
    let held = held_answers(base, suite);
    let first = held.first()?;
    let more =
        if held.len() > 1 { format!(", and {} more; `validate` lists them", held.len() - 1) } else { String::new() };
    let note = format!("the space holds answers already: {}{more}", first.message);
    events.warn(note.clone());
    Some(note)
}

/// What the measuring found.
pub(super) struct Measured {
    pub proof: Proof,
    pub before: Scorecard,
    pub after: Scorecard,
    pub repeats: Repeats,
    /// The how manieth content this is that the holdout was asked about.
    pub look: Option<usize>,
}

/// Measures `base`, proves what helps, and measures both sides again; `looks` says whether the
/// holdout's part in it is put on record.
pub(super) async fn measured(
    input: &PlanInput<'_>,
    base: &Space,
    catalog: &Catalog,
    shadow: &mut Shadow,
    looks: bool,
) -> Result<Measured, OpsError> {
    let scorer = input.scorer;
    let all: Vec<&Question> = input.suite.questions.iter().collect();
    phase(&scorer.events, Phase::Score, "scoring the space as it is declared");
    let target = shadow.place(base).await?;
    let before = scorer.score(&target, &all, 1, "before").await;
    report_unusable(&scorer.events, &before);
    let (proof, seen) = improve(input, base, catalog, shadow, &before).await?;
    if proof.kept.is_empty() {
        return Ok(Measured { after: before.clone(), proof, before, repeats: Repeats::default(), look: None });
    }
    phase(&scorer.events, Phase::Measure, "measuring all changes together on every question");
    let target = shadow.place(&proof.content).await?;
    let after = scorer.score(&target, &all, 1, "after").await;
    let arms = (Arm::of(base, &before), Arm::of(&proof.content, &after));
    let repeats = confirm(input, shadow, &arms.0, &arms.1, seen).await?;
    let look = match looks {
        true => look(input, &proof.content.digest(), "the final measurement of a plan")?,
        false => None,
    };
    Ok(Measured { proof, before, after, repeats, look })
}

/// What proves to help, and how steady the answers were meanwhile.
async fn improve(
    input: &PlanInput<'_>,
    base: &Space,
    catalog: &Catalog,
    shadow: &mut Shadow,
    before: &Scorecard,
) -> Result<(Proof, Steadiness), OpsError> {
    if !input.learns && input.given.is_none() {
        return Ok((Proof::unchanged(base), Steadiness::default()));
    }
    let scorer = input.scorer;
    let learn_set = learn_set(input, before);
    let questions = learn_set.questions.iter().map(|question| (question.id.clone(), question)).collect();
    let baseline = only(before, &learn_set);
    let mut trials = Trials::new(scorer, shadow, questions);
    trials.remember(&baseline, 1);
    let declared = declared_changes(input, base).len();
    let today = input.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let most_changes = most_changes(&input.guards, &input.waivers, today).map(|most| most.saturating_sub(declared));
    let prover = Prover { trials: &mut trials, base, goal: input.goal, limits: input.rules.limits, most_changes };
    let proof = match &input.given {
        Some(candidates) => prover.prove(&Given(candidates), &baseline).await?,
        None => {
            phase(&scorer.events, Phase::Learn, "learning patterns from the benchmarks");
            let profiled = profile_catalog(&scorer.workspace, catalog).await;
            let memory = Memory::of(input.ledger.clone(), base, &input.suite)?;
            let open_texts = open_texts(&input.guards, &input.waivers, today);
            let exhausted =
                Exhausted::on(input, base, &profiled, &learn_set, &baseline, &memory, open_texts.as_deref());
            if let Some(NothingLeft { patterns, rejections }) = exhausted.known() {
                scorer.events.emit(Event::PatternsLearnt { patterns });
                scorer.events.emit(Event::CandidatesMade { candidates: 0, rejected: rejections.len() });
                return Ok((Proof { rejections, ..Proof::unchanged(base) }, trials.steadiness));
            }
            let learnt_from =
                |questions: &[Question]| learn(questions, &profiled, &SpaceView::of(base), input.learning);
            let patterns = learnt_from(&learn_set.questions);
            scorer.events.emit(Event::PatternsLearnt { patterns: patterns.len() });
            phase(&scorer.events, Phase::Prove, "proving candidates on a shadow of the space");
            let proposer = Proposer {
                scorer,
                catalog: &profiled,
                patterns: &patterns,
                learn_set: &learn_set,
                all: &input.suite,
                options: fix::Options { generated: input.facts.generated.clone(), ..input.fixes.clone() },
                open_texts,
                memory,
                base,
                leaked: Default::default(),
                refused: Default::default(),
                drafting: Default::default(),
            };
            let mut proof = prover.prove(&proposer, &baseline).await?;
            proof.cross_fit = cross_fit(&learn_set.questions, &proof.kept, learnt_from);
            proof.notes = proposer.drafting.notes();
            proposer.memory.keep(&proof.rejections, input.now)?;
            if !proposer.refused.into_inner() {
                exhausted.keep(patterns.len(), &proof);
            }
            proof
        }
    };
    Ok((proof, trials.steadiness))
}

/// The learn set without what cannot be used: skipped questions and those whose gold is at fault.
pub(super) fn learn_set(input: &PlanInput<'_>, before: &Scorecard) -> Suite {
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

/// The declared content where there is one, else the live content. With a definition, a live
/// space that moved since the last apply stops the plan: whose words win is for a person to say.
pub(super) fn base_content(input: &PlanInput<'_>) -> Result<Space, OpsError> {
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
