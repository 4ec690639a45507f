//! Controls: runs whose right result is known, for a team that wants to see on its own space
//! whether the measuring can be trusted. An empty change must not be called an improvement; a
//! planted harm must be rejected, and a planted gain found.

use super::catalog::read_catalog;
use super::conclude::decided;
use super::confirm::{Arm, confirm};
use super::ground::declared_names;
use super::plan::{PlanInput, base_content, learn_set, measured};
use super::prove::Goal;
use super::shadow::{Shadow, sweep};
use super::steadiness::Steadiness;
use super::workspace::OpsError;
use crate::diff::apply_all;
use crate::model::{Address, Candidate, Catalog, Change, Question, RejectionReason, Scorecard, Space, digest_text};
use crate::stats::Verdict;
use crate::text::tokens;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// The same content on both sides.
    Aa,
    /// One change that does harm, one that helps.
    Planted,
}

/// What a control found.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    pub checks: Vec<Check>,
    pub questions_asked: u64,
}

impl Control {
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

/// One thing that had to come out.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub name: &'static str,
    pub passed: bool,
    pub detail: String,
}

/// Attempts from here on are the second arm of an A/A run: other samples of the same content.
const SECOND_ARM: u32 = 101;

/// Columns that are hidden, one after the other, to see what breaks.
const TRIED_COLUMNS: usize = 12;

/// Runs a control. Like a plan it writes to shadows only; nothing of it is kept.
pub async fn control(mut input: PlanInput<'_>, kind: ControlKind) -> Result<Control, OpsError> {
    sweep(&input.scorer.workspace, &input.ledger, &input.loans).await?;
    let base = base_content(&input)?;
    let (workspace, ledger) = (input.scorer.workspace.clone(), input.ledger.clone());
    let mut shadow = Shadow::new(workspace, ledger, input.live.as_ref(), &base, &input.run);
    if let Some(space) = &input.rules.space {
        shadow.borrow(space, &input.loans).await?;
    }
    let checks = match kind {
        ControlKind::Aa => aa(&input, &base, &mut shadow).await.map(|check| vec![check]),
        ControlKind::Planted => planted(&mut input, &base, &mut shadow).await,
    };
    shadow.remove().await?;
    Ok(Control { checks: checks?, questions_asked: input.scorer.gate.questions_sent() })
}

/// An empty change, measured like any other.
async fn aa(input: &PlanInput<'_>, base: &Space, shadow: &mut Shadow) -> Result<Check, OpsError> {
    let all: Vec<&Question> = input.suite.questions.iter().collect();
    let target = shadow.place(base).await?;
    let before = input.scorer.score(&target, &all, 1, "before").await;
    let after = input.scorer.score(&target, &all, SECOND_ARM, "the same again").await;
    let second = Arm { content: base, card: &after, attempt: SECOND_ARM, name: digest_text("second arm") };
    let repeats = confirm(input, shadow, &Arm::of(base, &before), &second, Steadiness::default()).await?;
    let decided = decided(input, &before, &after, &repeats);
    Ok(Check {
        name: "an empty change is not called an improvement",
        passed: decided.verdict != Verdict::Improved,
        detail: format!(
            "{} right, then {}, of {}; {}",
            before.correct(),
            after.correct(),
            before.total(),
            decided.reason
        ),
    })
}

/// A change with the questions that are wrong with it and right without.
struct Harm {
    change: Change,
    breaks: BTreeSet<String>,
}

/// Two harms are looked for by hiding columns. The space with the first is the base to improve:
/// taking that one out again is the gain, the second one is the harm among the candidates.
async fn planted(input: &mut PlanInput<'_>, base: &Space, shadow: &mut Shadow) -> Result<Vec<Check>, OpsError> {
    let names = declared_names(base, &input.suite);
    let (catalog, _) = read_catalog(&input.scorer.workspace, &names).await?;
    let all: Vec<&Question> = input.suite.questions.iter().collect();
    let target = shadow.place(base).await?;
    let before = input.scorer.score(&target, &all, 1, "before").await;
    let (first, second) = harms(input, base, &catalog, &before, shadow).await?;
    let (Some(first), Some(second)) = (first, second) else {
        return Err(OpsError::other(
            "no change could be planted: no two columns were found whose hiding breaks different questions of the learn \
             set. The control needs more questions that are right",
        ));
    };
    let worse = apply_all(base, [&first.change])?;
    let gain = candidate("planted-gain", first.change.inverted(), &first.breaks);
    let harm = candidate("planted-harm", second.change.clone(), &first.breaks);
    input.given = Some(vec![gain, harm]);
    // A score that no space reaches: the control looks at every candidate. And a round more than is
    // needed: after the last one a harm that helps nothing goes for that, before it shows.
    input.goal = Goal { score: 2.0, rounds: 2 };
    let measured = measured(input, &worse, &catalog, shadow, false).await?;
    let decided = decided(input, &measured.before, &measured.after, &measured.repeats);
    let kept: Vec<&str> = measured.proof.kept.iter().map(|kept| kept.candidate.id.as_str()).collect();
    let rejection = measured.proof.rejections.iter().find(|rejection| rejection.candidate.id == "planted-harm");
    Ok(vec![
        Check {
            name: "a planted harm is rejected",
            passed: rejection.is_some_and(|rejection| rejection.reason == RejectionReason::Harm),
            detail: match rejection {
                Some(rejection) => format!("{}: {}", second.change.address, rejection.detail),
                None => format!("{} was not rejected", second.change.address),
            },
        },
        Check {
            name: "a planted gain is found",
            passed: kept == ["planted-gain"] && decided.verdict == Verdict::Improved,
            detail: format!("{}: {}", first.change.address, decided.reason),
        },
    ])
}

/// Hides columns that right answers need, until two are found that break different questions.
async fn harms(
    input: &PlanInput<'_>,
    base: &Space,
    catalog: &Catalog,
    before: &Scorecard,
    shadow: &mut Shadow,
) -> Result<(Option<Harm>, Option<Harm>), OpsError> {
    let mut found: Vec<Harm> = Vec::new();
    for (change, users) in hidings(input, catalog, before).into_iter().take(TRIED_COLUMNS) {
        let Ok(content) = apply_all(base, [&change]) else { continue };
        let target = shadow.place(&content).await?;
        let card = input.scorer.score(&target, &users, 1, "with a column hidden").await;
        let wrong = card.questions.iter().filter(|q| q.verdict.outcome.counts() && !q.verdict.outcome.is_correct());
        let breaks: BTreeSet<String> = wrong.map(|question| question.id.clone()).collect();
        if !breaks.is_empty() {
            found.push(Harm { change, breaks });
        }
        // The gain has to be large enough to be proved where answers vary.
        found.sort_by_key(|harm| std::cmp::Reverse(harm.breaks.len()));
        if let Some(at) = partner(&found)
            && found[0].breaks.len() > input.rules.decision.min_margin
        {
            let second = found.swap_remove(at);
            return Ok((Some(found.swap_remove(0)), Some(second)));
        }
    }
    let partner = partner(&found).map(|at| found.remove(at));
    Ok((found.into_iter().next(), partner))
}

/// A harm that breaks other questions than the largest one.
fn partner(found: &[Harm]) -> Option<usize> {
    let largest = found.first()?;
    found.iter().position(|harm| harm.breaks.iter().any(|id| !largest.breaks.contains(id)))
}

/// The hiding of each column, with the right questions of the learn set whose gold SQL names it;
/// most questions first.
fn hidings<'q>(input: &'q PlanInput<'_>, catalog: &Catalog, before: &Scorecard) -> Vec<(Change, Vec<&'q Question>)> {
    let learn: BTreeSet<String> = learn_set(input, before).questions.into_iter().map(|q| q.id).collect();
    let right = |question: &&Question| {
        learn.contains(&question.id) && before.outcome(&question.id).is_some_and(|outcome| outcome.is_correct())
    };
    let words: BTreeMap<&str, BTreeSet<String>> = input
        .suite
        .questions
        .iter()
        .filter(right)
        .map(|question| {
            (question.id.as_str(), tokens(&question.sql).into_iter().map(|t| t.text.to_lowercase()).collect())
        })
        .collect();
    let mut all = Vec::new();
    for table in catalog.tables() {
        for column in &table.columns {
            let name = column.name.to_lowercase();
            let uses =
                |question: &&Question| words.get(question.id.as_str()).is_some_and(|words| words.contains(&name));
            let users: Vec<&Question> = input.suite.questions.iter().filter(uses).collect();
            if !users.is_empty() {
                let address = Address::column_field(&table.full_name, &column.name, "exclude");
                all.push((Change::add(address, json!(true)), users));
            }
        }
    }
    all.sort_by_key(|(_, users)| std::cmp::Reverse(users.len()));
    all
}

fn candidate(id: &str, change: Change, targets: &BTreeSet<String>) -> Candidate {
    Candidate {
        id: id.to_owned(),
        category: change.category(),
        changes: vec![change],
        patterns: Vec::new(),
        support: 0,
        targets: targets.iter().cloned().collect(),
        reason: "planted by a control".to_owned(),
        provenance: "control".to_owned(),
    }
}
