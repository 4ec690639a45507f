//! A plan from its parts.

use crate::model::{
    Base, Category, Change, ChangeEvidence, Evidence, GuardOutcome, Outcome, Plan, PlanVerdict, PlannedChange,
    QuestionOutcome, Rejection, ScorePair, Split,
};

/// What a plan is made of; verdict and guards are decided already.
#[derive(Clone, Debug)]
pub struct PlanParts {
    pub verdict: PlanVerdict,
    pub verdict_reason: String,
    pub base: Base,
    pub questions: Vec<QuestionOutcome>,
    /// Each change with its reason and evidence, in the order in which they are to be applied.
    pub changes: Vec<(Change, String, ChangeEvidence)>,
    pub rejections: Vec<Rejection>,
    pub guards: Vec<GuardOutcome>,
    pub evidence: Evidence,
    /// RFC 3339.
    pub created_at: String,
    pub expires_at: String,
    pub tool_version: String,
}

/// The plan: changes by category and then in the given order, named `c-01`, `c-02` …; the score
/// is counted from the questions, so the two cannot disagree. The `group` of an evidence names
/// changes by their position in `parts.changes`, as `#0`, `#1` …, which become ids here.
pub fn assemble(parts: PlanParts) -> Plan {
    let mut order: Vec<usize> = (0..parts.changes.len()).collect();
    order.sort_by_key(|at| (rank(parts.changes[*at].0.category()), *at));
    let mut ids = vec![String::new(); order.len()];
    for (number, at) in order.iter().enumerate() {
        ids[*at] = format!("c-{:02}", number + 1);
    }
    let changes = order.iter().map(|at| planned(&parts.changes[*at], &ids[*at], &ids)).collect();
    Plan {
        verdict: parts.verdict,
        verdict_reason: parts.verdict_reason,
        base: parts.base,
        score: score(&parts.questions),
        questions: parts.questions,
        changes,
        rejections: parts.rejections,
        guards: parts.guards,
        evidence: rounded(parts.evidence),
        created_at: parts.created_at,
        expires_at: parts.expires_at,
        tool_version: parts.tool_version,
    }
}

/// `created_at` plus a number of days; none if it is no time.
pub fn expiry(created_at: &str, days: i64) -> Option<String> {
    let created: jiff::Timestamp = created_at.parse().ok()?;
    let lifetime = jiff::SignedDuration::from_hours(days.checked_mul(24)?);
    Some(created.checked_add(lifetime).ok()?.to_string())
}

fn rank(category: Category) -> usize {
    Category::FIXES.iter().position(|known| *known == category).unwrap_or(Category::FIXES.len())
}

fn planned((change, reason, evidence): &(Change, String, ChangeEvidence), id: &str, ids: &[String]) -> PlannedChange {
    let named = |member: &String| {
        let position = member.strip_prefix('#').and_then(|number| number.parse::<usize>().ok());
        position.and_then(|at| ids.get(at)).unwrap_or(member).clone()
    };
    let mut evidence = evidence.clone();
    evidence.group = evidence.group.iter().map(named).filter(|member| member != id).collect();
    PlannedChange {
        id: id.to_owned(),
        category: change.category(),
        action: change.action(),
        change: change.clone(),
        reason: reason.clone(),
        evidence,
    }
}

fn score(questions: &[QuestionOutcome]) -> ScorePair {
    let mut score = ScorePair::default();
    for question in questions {
        // A question that was asked in one arm only says nothing about the difference.
        let paired = question.before.counts() && question.after.counts();
        let count = |outcome: Outcome| if outcome.counts() && !paired { Outcome::NotRun } else { outcome };
        let (before, after) = match question.split {
            Split::Learn => (&mut score.before.learn, &mut score.after.learn),
            Split::Holdout => (&mut score.before.holdout, &mut score.after.holdout),
            Split::Out => continue,
        };
        before.count(count(question.before));
        after.count(count(question.after));
    }
    score
}

/// Four decimals are more than these figures mean, and keep the file readable.
fn rounded(mut evidence: Evidence) -> Evidence {
    let round = |figure: f64| (figure * 10_000.0).round() / 10_000.0;
    evidence.p_value = evidence.p_value.map(round);
    evidence.learn_interval = evidence.learn_interval.map(|bounds| bounds.map(round));
    evidence.holdout_interval = evidence.holdout_interval.map(|bounds| bounds.map(round));
    evidence
}
