//! `plan.json`: what `apply` will do, with the id that names exactly this content.

use super::change::{PlannedChangeForm, RejectionForm};
use super::enums::{GuardLevelForm, GuardStatusForm, OutcomeForm, SplitForm, VerdictForm};
use super::error::{FileKind, FormatError};
use super::json::{check_seal, check_version, digest_without, sealed, strict_value, typed};
use crate::model::{Base, Digest, Evidence, GuardOutcome, Plan, QuestionOutcome, Score, ScorePair, SplitScore};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const PLAN_FORMAT_VERSION: u64 = 1;

const SEAL: &str = "id";

/// A plan and its id, which was checked against the content.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedPlan {
    pub plan: Plan,
    pub id: Digest,
}

/// A plan as `plan` writes it and `apply` reads it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "genie-enhance plan")]
pub(super) struct PlanForm {
    format_version: u64,
    /// SHA-256 of the canonical JSON of everything but this field.
    id: String,
    verdict: VerdictForm,
    /// Why this verdict, with figures.
    verdict_reason: String,
    space: SpaceRefForm,
    base: BaseForm,
    score: ScorePairForm,
    questions: Vec<QuestionForm>,
    changes: Vec<PlannedChangeForm>,
    rejections: Vec<RejectionForm>,
    guards: Vec<GuardForm>,
    evidence: EvidenceForm,
    /// RFC 3339.
    created_at: String,
    expires_at: String,
    tool_version: String,
}

/// The space that the plan is for.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SpaceRefForm {
    host: String,
    /// Null: the space does not exist yet, apply creates it.
    id: Option<String>,
    title: String,
    warehouse_id: String,
}

/// What the plan stands on; apply refuses when it has moved.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BaseForm {
    etag: Option<String>,
    live: Option<Digest>,
    live_sidecar: Option<Digest>,
    definition_before: Option<Digest>,
    definition_after: Option<Digest>,
    target: Digest,
    config: Digest,
    benchmarks: Digest,
    as_of: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ScorePairForm {
    before: SplitScoreForm,
    after: SplitScoreForm,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SplitScoreForm {
    learn: ScoreForm,
    holdout: ScoreForm,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ScoreForm {
    correct: usize,
    /// The denominator: every question whose outcome says something about the space.
    total: usize,
    needs_review: usize,
    /// Asked for and not answered; not in the total.
    not_run: usize,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QuestionForm {
    id: String,
    split: SplitForm,
    before: OutcomeForm,
    after: OutcomeForm,
    reason_before: String,
    reason_after: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GuardForm {
    rule: String,
    level: GuardLevelForm,
    status: GuardStatusForm,
    message: String,
}

/// The figures behind the verdict.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvidenceForm {
    wins: usize,
    losses: usize,
    p_value: Option<f64>,
    learn_interval: Option<[f64; 2]>,
    holdout_wins: usize,
    holdout_losses: usize,
    holdout: String,
    holdout_interval: Option<[f64; 2]>,
    rounds: usize,
    questions_asked: usize,
    candidates_tried: usize,
    noise_free: bool,
    /// Questions whose outcome was another one when asked again: they neither win nor lose.
    #[serde(default)]
    unsteady: Vec<String>,
    notes: Vec<String>,
}

/// The plan as text: pretty, sorted keys, LF; the same plan always gives the same bytes.
pub fn plan_to_json(plan: &Plan) -> String {
    sealed(plan_value(plan), SEAL)
}

/// The id that `plan_to_json` writes.
pub fn plan_id(plan: &Plan) -> Digest {
    digest_without(&plan_value(plan), SEAL)
}

/// Reads a plan. Key order and line ends do not matter; any other difference from what was
/// written is refused.
pub fn plan_from_json(text: &str) -> Result<LoadedPlan, FormatError> {
    let kind = FileKind::Plan;
    let value = strict_value(kind, text)?;
    check_version(kind, &value, PLAN_FORMAT_VERSION)?;
    let form: PlanForm = typed(kind, text)?;
    let id = check_seal(kind, &value, SEAL)?;
    Ok(LoadedPlan { plan: form.try_into()?, id })
}

fn plan_value(plan: &Plan) -> Value {
    // The form has string keys and plain values only, so this cannot fail.
    serde_json::to_value(PlanForm::from(plan)).unwrap_or_default()
}

impl From<&Plan> for PlanForm {
    fn from(plan: &Plan) -> Self {
        let Plan { verdict, verdict_reason, base, score, questions, changes, rejections, guards, .. } = plan;
        let Plan { evidence, created_at, expires_at, tool_version, .. } = plan;
        let (space, base) = base_forms(base);
        Self {
            format_version: PLAN_FORMAT_VERSION,
            id: String::new(),
            verdict: (*verdict).into(),
            verdict_reason: verdict_reason.clone(),
            space,
            base,
            score: ScorePairForm { before: (&score.before).into(), after: (&score.after).into() },
            questions: questions.iter().map(QuestionForm::from).collect(),
            changes: changes.iter().map(PlannedChangeForm::from).collect(),
            rejections: rejections.iter().map(RejectionForm::from).collect(),
            guards: guards.iter().map(GuardForm::from).collect(),
            evidence: evidence.into(),
            created_at: created_at.clone(),
            expires_at: expires_at.clone(),
            tool_version: tool_version.clone(),
        }
    }
}

impl TryFrom<PlanForm> for Plan {
    type Error = FormatError;

    fn try_from(form: PlanForm) -> Result<Self, FormatError> {
        Ok(Self {
            verdict: form.verdict.into(),
            verdict_reason: form.verdict_reason,
            base: base(form.space, form.base),
            score: ScorePair { before: form.score.before.into(), after: form.score.after.into() },
            questions: form.questions.into_iter().map(QuestionOutcome::from).collect(),
            changes: form.changes.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            rejections: form.rejections.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            guards: form.guards.into_iter().map(GuardOutcome::from).collect(),
            evidence: form.evidence.into(),
            created_at: form.created_at,
            expires_at: form.expires_at,
            tool_version: form.tool_version,
        })
    }
}

fn base_forms(base: &Base) -> (SpaceRefForm, BaseForm) {
    let Base { host, space_id, title, warehouse_id, etag, live, live_sidecar, .. } = base.clone();
    let Base { definition_before, definition_after, target, config, benchmarks, as_of, .. } = base.clone();
    let form =
        BaseForm { etag, live, live_sidecar, definition_before, definition_after, target, config, benchmarks, as_of };
    (SpaceRefForm { host, id: space_id, title, warehouse_id }, form)
}

fn base(space: SpaceRefForm, form: BaseForm) -> Base {
    let SpaceRefForm { host, id: space_id, title, warehouse_id } = space;
    let BaseForm { etag, live, live_sidecar, definition_before, definition_after, target, config, benchmarks, as_of } =
        form;
    Base {
        host,
        space_id,
        title,
        warehouse_id,
        etag,
        live,
        live_sidecar,
        definition_before,
        definition_after,
        target,
        config,
        benchmarks,
        as_of,
    }
}

impl From<&SplitScore> for SplitScoreForm {
    fn from(score: &SplitScore) -> Self {
        Self { learn: score.learn.into(), holdout: score.holdout.into() }
    }
}

impl From<SplitScoreForm> for SplitScore {
    fn from(form: SplitScoreForm) -> Self {
        Self { learn: form.learn.into(), holdout: form.holdout.into() }
    }
}

impl From<Score> for ScoreForm {
    fn from(score: Score) -> Self {
        let Score { correct, total, needs_review, not_run } = score;
        Self { correct, total, needs_review, not_run }
    }
}

impl From<ScoreForm> for Score {
    fn from(form: ScoreForm) -> Self {
        let ScoreForm { correct, total, needs_review, not_run } = form;
        Self { correct, total, needs_review, not_run }
    }
}

impl From<&QuestionOutcome> for QuestionForm {
    fn from(question: &QuestionOutcome) -> Self {
        let QuestionOutcome { id, split, before, after, reason_before, reason_after } = question.clone();
        Self { id, split: split.into(), before: before.into(), after: after.into(), reason_before, reason_after }
    }
}

impl From<QuestionForm> for QuestionOutcome {
    fn from(form: QuestionForm) -> Self {
        let QuestionForm { id, split, before, after, reason_before, reason_after } = form;
        Self { id, split: split.into(), before: before.into(), after: after.into(), reason_before, reason_after }
    }
}

impl From<&GuardOutcome> for GuardForm {
    fn from(guard: &GuardOutcome) -> Self {
        let GuardOutcome { rule, level, status, message } = guard.clone();
        Self { rule, level: level.into(), status: status.into(), message }
    }
}

impl From<GuardForm> for GuardOutcome {
    fn from(form: GuardForm) -> Self {
        let GuardForm { rule, level, status, message } = form;
        Self { rule, level: level.into(), status: status.into(), message }
    }
}

impl From<&Evidence> for EvidenceForm {
    fn from(evidence: &Evidence) -> Self {
        let Evidence { wins, losses, p_value, learn_interval, holdout_wins, holdout_losses, holdout, .. } =
            evidence.clone();
        let Evidence { holdout_interval, rounds, questions_asked, candidates_tried, .. } = evidence.clone();
        let Evidence { noise_free, unsteady, notes, .. } = evidence.clone();
        Self {
            wins,
            losses,
            p_value,
            learn_interval,
            holdout_wins,
            holdout_losses,
            holdout,
            holdout_interval,
            rounds,
            questions_asked,
            candidates_tried,
            noise_free,
            unsteady,
            notes,
        }
    }
}

impl From<EvidenceForm> for Evidence {
    fn from(form: EvidenceForm) -> Self {
        Self {
            wins: form.wins,
            losses: form.losses,
            p_value: form.p_value,
            learn_interval: form.learn_interval,
            holdout_wins: form.holdout_wins,
            holdout_losses: form.holdout_losses,
            holdout: form.holdout,
            holdout_interval: form.holdout_interval,
            rounds: form.rounds,
            questions_asked: form.questions_asked,
            candidates_tried: form.candidates_tried,
            noise_free: form.noise_free,
            unsteady: form.unsteady,
            notes: form.notes,
        }
    }
}
