//! From what was measured to the plan: outcomes, evidence, verdict, guards.

use super::confirm::Repeats;
use super::cross_fit::CrossFit;
use super::guards::{Policy, blocked_by};
use super::plan::{Measured, PlanInput, Planned};
use super::prove::{Proof, Proved};
use super::workspace::OpsError;
use crate::diff::{apply_all, diff};
use crate::model::{
    Base, Catalog, Change, ChangeEvidence, Evidence, Outcome, PlanVerdict, Question, QuestionOutcome, Scorecard, Space,
    Split,
};
use crate::planner::{PlanParts, assemble, expiry};
use crate::stats::{self, Decided, Measured as Observed, Paired, decide, paired_interval};

/// Level of the intervals that are shown.
const INTERVAL: f64 = 0.95;

/// A plan that is older than this many days is made again rather than applied.
const LIFETIME_DAYS: i64 = 7;

/// Puts the plan together and has the guards judge it.
pub(super) fn conclude(
    input: &PlanInput<'_>,
    base: Space,
    catalog: &Catalog,
    policy: &Policy<'_>,
    measured: Measured,
) -> Result<Planned, OpsError> {
    let Measured { proof, before, after, repeats, look } = measured;
    let target = apply_all(&base, proof.kept.iter().flat_map(|proved| &proved.candidate.changes))?;
    let questions = outcomes(input, &before, &after);
    let decided = decide(&observed(!proof.kept.is_empty(), &questions, &repeats, look), &input.rules.decision);
    let (verdict, verdict_reason) = verdict(&decided, &proof, input.learns);
    let created_at = input.now.to_string();
    let mut plan = assemble(PlanParts {
        verdict,
        verdict_reason,
        base: base_record(input, &base, &target, &proof),
        evidence: evidence(input, &proof, &questions, &repeats, &decided),
        questions,
        changes: changes(declared_changes(input, &base), &proof.kept),
        rejections: proof.rejections.clone(),
        guards: Vec::new(),
        expires_at: expiry(&created_at, LIFETIME_DAYS).unwrap_or_else(|| created_at.clone()),
        created_at,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    });
    let stands = input.live.as_ref().map_or(&base, |live| &live.space);
    plan.guards = policy.judge(&plan, stands, &target, catalog);
    if let Some(reason) = blocked_by(&plan.guards) {
        plan.verdict = PlanVerdict::Blocked;
        plan.verdict_reason = reason;
    }
    Ok(Planned { plan, target, before, after })
}

/// Declared edits first, since proved changes may build on them; then the proved ones with what
/// was measured. Members of a group are named by position.
fn changes(declared: Vec<Change>, kept: &[Proved]) -> Vec<(Change, String, ChangeEvidence)> {
    let mut all: Vec<(Change, String, ChangeEvidence)> = declared.into_iter().map(declared_change).collect();
    let mut owners: Vec<Option<usize>> = vec![None; all.len()];
    for (position, proved) in kept.iter().enumerate() {
        for change in &proved.candidate.changes {
            owners.push(Some(position));
            all.push((change.clone(), proved.candidate.reason.clone(), measured_evidence(proved)));
        }
    }
    for (at, (_, _, evidence)) in all.iter_mut().enumerate() {
        let Some(owner) = owners[at] else { continue };
        let together = |other: usize| other == owner || kept[owner].group.contains(&other);
        let members = owners.iter().enumerate().filter(|(n, other)| *n != at && other.is_some_and(together));
        evidence.group = members.map(|(n, _)| format!("#{n}")).collect();
    }
    all
}

fn declared_change(change: Change) -> (Change, String, ChangeEvidence) {
    let evidence = ChangeEvidence {
        status: "declared".to_owned(),
        provenance: "declared".to_owned(),
        ..ChangeEvidence::default()
    };
    (change, "declared, and not in the live space yet".to_owned(), evidence)
}

fn measured_evidence(proved: &Proved) -> ChangeEvidence {
    ChangeEvidence {
        pattern: proved.candidate.patterns.clone(),
        support: proved.candidate.support,
        fixes: proved.fixes.iter().cloned().collect(),
        breaks: Vec::new(),
        group: Vec::new(),
        status: "measured".to_owned(),
        provenance: proved.candidate.provenance.clone(),
    }
}

pub(super) fn declared_changes(input: &PlanInput<'_>, base: &Space) -> Vec<Change> {
    match (&input.live, &input.definition) {
        (Some(live), Some(_)) => diff(&live.space, base),
        _ => Vec::new(),
    }
}

fn base_record(input: &PlanInput<'_>, base: &Space, target: &Space, proof: &Proof) -> Base {
    let definition = input.definition.as_ref();
    // Not simply the target: what is kept in the workspace only stays out of the definition.
    let proved = || proof.kept.iter().flat_map(|proved| &proved.candidate.changes);
    let after = |definition: &Space| apply_all(definition, proved()).map_or_else(|_| target.digest(), |s| s.digest());
    Base {
        host: input.scorer.workspace.host.clone(),
        space_id: input.live.as_ref().map(|live| live.id.clone()),
        title: base.sidecar.title.clone(),
        warehouse_id: base.sidecar.warehouse_id.clone(),
        etag: input.live.as_ref().and_then(|live| live.etag.clone()),
        live: input.live.as_ref().map(|live| live.space.digest()),
        live_sidecar: input.live.as_ref().map(|live| live.space.sidecar_digest()),
        definition_before: definition.map(Space::digest),
        definition_after: definition.map(after),
        target: target.digest(),
        config: input.config.clone(),
        benchmarks: input.suite.digest(),
        as_of: input.as_of.clone(),
    }
}

fn outcomes(input: &PlanInput<'_>, before: &Scorecard, after: &Scorecard) -> Vec<QuestionOutcome> {
    let of = |question: &Question| {
        let (old, new) = (before.get(&question.id)?, after.get(&question.id)?);
        let usable = old.verdict.outcome != Outcome::BadGold && question.skip.is_none();
        let split = input.splits.get(&question.id).copied().unwrap_or(Split::Learn);
        Some(QuestionOutcome {
            id: question.id.clone(),
            split: if usable { split } else { Split::Out },
            before: old.verdict.outcome,
            after: new.verdict.outcome,
            reason_before: old.verdict.reason.clone(),
            reason_after: new.verdict.reason.clone(),
        })
    };
    input.suite.questions.iter().filter_map(of).collect()
}

/// Paired outcomes of one set; what was unsteady or has no outcome on one side is left out.
fn paired(questions: &[QuestionOutcome], split: Split, repeats: &Repeats) -> Paired {
    let mut paired = Paired::default();
    let counted = questions.iter().filter(|q| q.split == split && !repeats.unsteady.contains(&q.id));
    for question in counted.filter(|q| q.before.counts() && q.after.counts()) {
        match (question.before.is_correct(), question.after.is_correct()) {
            (false, true) => paired.wins += 1,
            (true, false) => paired.losses += 1,
            _ => paired.same += 1,
        }
    }
    paired
}

/// The decision about two scorecards, whatever led from one to the other.
pub(super) fn decided(input: &PlanInput<'_>, before: &Scorecard, after: &Scorecard, repeats: &Repeats) -> Decided {
    decide(&observed(true, &outcomes(input, before, after), repeats, None), &input.rules.decision)
}

fn observed(proposed: bool, questions: &[QuestionOutcome], repeats: &Repeats, look: Option<usize>) -> Observed {
    let has_holdout = questions.iter().any(|q| q.split == Split::Holdout);
    let lost = questions.iter().filter(|q| q.split != Split::Out && (!q.before.counts() || !q.after.counts())).count();
    Observed {
        proposed,
        learn: paired(questions, Split::Learn, repeats),
        holdout: has_holdout.then(|| paired(questions, Split::Holdout, repeats)),
        noise_free: repeats.noise_free,
        confirmed: repeats.confirmed,
        lost,
        look: look.unwrap_or(1),
    }
}

fn evidence(
    input: &PlanInput<'_>,
    proof: &Proof,
    questions: &[QuestionOutcome],
    repeats: &Repeats,
    decided: &Decided,
) -> Evidence {
    let learn = paired(questions, Split::Learn, repeats);
    let holdout = paired(questions, Split::Holdout, repeats);
    let mut notes = decided.notes.clone();
    notes.extend(proof.notes.clone());
    notes.extend(proof.cross_fit.map(CrossFit::told));
    if repeats.confirmed {
        let steady = if repeats.unsteady.is_empty() { ", all with the same outcome" } else { "" };
        notes.push(format!("{} answers repeated an earlier one{steady}", repeats.answers));
    }
    if !repeats.unsteady.is_empty() {
        let ids: Vec<&str> = repeats.unsteady.iter().map(String::as_str).collect();
        notes.push(format!("not counted, since another answer came when asked again: {}", ids.join(", ")));
    }
    Evidence {
        wins: learn.wins,
        losses: learn.losses,
        p_value: decided.p_value,
        learn_interval: paired_interval(learn.wins, learn.losses, learn.same, INTERVAL).map(|i| [i.low, i.high]),
        holdout_wins: holdout.wins,
        holdout_losses: holdout.losses,
        holdout: decided.holdout.as_str().to_owned(),
        holdout_interval: decided.holdout_gain.map(|i| [i.low, i.high]),
        rounds: proof.rounds,
        questions_asked: usize::try_from(input.scorer.gate.questions_sent()).unwrap_or(usize::MAX),
        candidates_tried: proof.tried,
        noise_free: repeats.noise_free,
        unsteady: repeats.unsteady.iter().cloned().collect(),
        notes,
    }
}

fn verdict(decided: &Decided, proof: &Proof, learns: bool) -> (PlanVerdict, String) {
    if proof.kept.is_empty() {
        let why = match proof.tried {
            0 if !learns => "nothing was learnt or tried: only what is declared counts".to_owned(),
            0 => "no candidate for a change was found".to_owned(),
            tried => format!("{tried} candidates were tried and none proved to help"),
        };
        return (PlanVerdict::NoChange, why);
    }
    let verdict = match decided.verdict {
        stats::Verdict::Improved => PlanVerdict::Improved,
        stats::Verdict::NotEnoughEvidence => PlanVerdict::NotEnoughEvidence,
        stats::Verdict::NoChange => PlanVerdict::NoChange,
        stats::Verdict::Harm => PlanVerdict::Blocked,
    };
    (verdict, decided.reason.clone())
}
