//! Proving: rounds of proposing and searching, then elimination over everything that was kept.

use super::lab::{ShadowLab, compatible};
use super::propose::Proposer;
use super::score::Scorer;
use super::shadow::Shadow;
use super::workspace::OpsError;
use crate::model::{Candidate, Category, Event, Question, Rejection, RejectionReason, Scorecard, Space};
use crate::trial::{Correctness, Limits, Questions, Selection, eliminate, search};
use std::collections::{BTreeMap, BTreeSet};

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Share of right answers on the learn set, 0 to 1.
    pub score: f64,
    pub rounds: usize,
}

/// What was proved.
pub struct Proof {
    /// The base with everything that stays.
    pub content: Space,
    pub kept: Vec<Proved>,
    pub rejections: Vec<Rejection>,
    pub rounds: usize,
    pub tried: usize,
}

/// A candidate with what was measured about it.
pub struct Proved {
    pub candidate: Candidate,
    /// Questions that are wrong again without it.
    pub fixes: Questions,
    /// Positions among the kept of those it needs for some of its fixes.
    pub group: BTreeSet<usize>,
}

/// Everything proving works with.
pub struct Prover<'a> {
    pub scorer: &'a Scorer,
    pub shadow: &'a mut Shadow,
    pub proposer: &'a Proposer<'a>,
    pub base: &'a Space,
    pub questions: BTreeMap<String, &'a Question>,
    pub goal: Goal,
}

impl Prover<'_> {
    /// Runs rounds until the goal, a round without gain, or the last round.
    pub async fn prove(mut self, baseline: &Scorecard) -> Result<Proof, OpsError> {
        let start = correctness(baseline);
        let mut card = baseline.clone();
        let mut content = self.base.clone();
        let mut accepted: Vec<Candidate> = Vec::new();
        let mut rejections = Vec::new();
        let mut tried = BTreeSet::new();
        let mut round = 0;
        while round < self.goal.rounds && !reached(&card, self.goal.score) {
            let proposal = self.proposer.propose(&content, &card, &tried).await?;
            rejections.extend(proposal.rejections);
            if proposal.candidates.is_empty() {
                break;
            }
            round += 1;
            tried.extend(proposal.candidates.iter().map(|candidate| candidate.id.clone()));
            let gained =
                self.round(&mut content, &mut card, proposal.candidates, &mut accepted, &mut rejections).await?;
            self.scorer.events.emit(Event::RoundFinished {
                round,
                rounds: self.goal.rounds,
                correct: card.correct(),
                total: card.total(),
            });
            if !gained {
                break;
            }
        }
        let tried = tried.len();
        let fixed = newly_right(&start, &correctness(&card));
        let (content, kept) = self.eliminate(accepted, &start, fixed, &mut rejections).await?;
        rejections.sort_by(|a, b| (a.reason, &a.candidate.id).cmp(&(b.reason, &b.candidate.id)));
        rejections.dedup_by(|a, b| a.candidate.id == b.candidate.id && a.reason == b.reason);
        Ok(Proof { content, kept, rejections, rounds: round, tried })
    }

    /// One round over `content`. True if a question was won.
    async fn round(
        &mut self,
        content: &mut Space,
        card: &mut Scorecard,
        candidates: Vec<Candidate>,
        accepted: &mut Vec<Candidate>,
        rejections: &mut Vec<Rejection>,
    ) -> Result<bool, OpsError> {
        let (candidates, clashing) = compatible(content, candidates);
        rejections.extend(clashing.into_iter().map(|candidate| Rejection {
            detail: "another candidate already stands at one of its addresses".to_owned(),
            candidate,
            reason: RejectionReason::Conflict,
        }));
        let targets: Vec<Vec<String>> = candidates.iter().map(|candidate| candidate.targets.clone()).collect();
        let base = correctness(card);
        let mut lab = self.lab(content, &candidates);
        let found = search(&mut lab, &base, &targets, Limits::default()).await?;
        let next = lab.content(&found.selection);
        for dropped in &found.dropped {
            rejections.push(Rejection {
                candidate: candidates[dropped.candidate].clone(),
                reason: RejectionReason::Harm,
                detail: format!("question {} is right without it and wrong with it", dropped.breaks),
            });
        }
        rejections.extend(found.untried.iter().map(|index| Rejection {
            candidate: candidates[*index].clone(),
            reason: RejectionReason::NotTried,
            detail: "none of the questions it aims at fails".to_owned(),
        }));
        if found.fixed.is_empty() {
            rejections.extend(found.selection.iter().map(|index| no_effect(candidates[*index].clone())));
            return Ok(false);
        }
        accepted.extend(found.selection.iter().map(|index| candidates[*index].clone()));
        let target = self.shadow.hold(&next).await?;
        let asked: Vec<&Question> = self.questions.values().copied().collect();
        *card = self.scorer.score(&target, &asked, 1, "round").await;
        *content = next;
        Ok(true)
    }

    /// Takes out what is not needed, over everything accepted in all rounds.
    async fn eliminate(
        &mut self,
        accepted: Vec<Candidate>,
        start: &Correctness,
        fixed: Questions,
        rejections: &mut Vec<Rejection>,
    ) -> Result<(Space, Vec<Proved>), OpsError> {
        let base = self.base.clone();
        let order = dispensable_first(&accepted);
        let mut must_hold = fixed;
        let mut lab = self.lab(&base, &accepted);
        let all: Questions = lab.questions.keys().cloned().collect();
        loop {
            let result = eliminate(&mut lab, &order, &must_hold).await?;
            // Taking something out may hurt a question that nothing was aimed at: such a question
            // is held from then on, and the elimination done again.
            let now = crate::trial::Lab::ask(&mut lab, &result.kept, &all).await?;
            let hurt: Questions = broken(start, &now).difference(&must_hold).cloned().collect();
            if !hurt.is_empty() && !result.kept.is_empty() {
                must_hold.extend(hurt);
                continue;
            }
            rejections.extend(result.idle.iter().map(|index| Rejection {
                candidate: accepted[*index].clone(),
                reason: RejectionReason::Idle,
                detail: "taking it out loses no question".to_owned(),
            }));
            let content = lab.content(&result.kept);
            return Ok((content, proved(&accepted, &result.kept, &result.fixes)));
        }
    }

    fn lab<'b>(&'b mut self, base: &'b Space, candidates: &'b [Candidate]) -> ShadowLab<'b> {
        ShadowLab { scorer: self.scorer, shadow: self.shadow, base, candidates, questions: &self.questions }
    }
}

fn correctness(card: &Scorecard) -> Correctness {
    let counted = card.questions.iter().filter(|scored| scored.verdict.outcome.counts());
    counted.map(|scored| (scored.id.clone(), scored.verdict.outcome.is_correct())).collect()
}

fn reached(card: &Scorecard, score: f64) -> bool {
    card.total() > 0 && card.correct() as f64 / card.total() as f64 >= score
}

fn newly_right(before: &Correctness, after: &Correctness) -> Questions {
    after.iter().filter(|(id, right)| **right && before.get(*id) == Some(&false)).map(|(id, _)| id.clone()).collect()
}

fn broken(before: &Correctness, after: &Correctness) -> Questions {
    after.iter().filter(|(id, right)| !**right && before.get(*id) == Some(&true)).map(|(id, _)| id.clone()).collect()
}

/// Prose before structure, rare patterns before frequent ones: of two that do the same, the
/// smaller lever with the broader ground stays.
fn dispensable_first(candidates: &[Candidate]) -> Vec<usize> {
    let lever = |category: Category| Category::FIXES.iter().position(|fix| *fix == category).unwrap_or(0);
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|index| {
        let candidate = &candidates[*index];
        (std::cmp::Reverse(lever(candidate.category)), candidate.support, std::cmp::Reverse(*index))
    });
    order
}

fn proved(accepted: &[Candidate], kept: &Selection, fixes: &BTreeMap<usize, Questions>) -> Vec<Proved> {
    let positions: Vec<usize> = kept.iter().copied().collect();
    let of = |index: &usize| fixes.get(index).cloned().unwrap_or_default();
    positions
        .iter()
        .map(|index| {
            let own = of(index);
            let group =
                positions.iter().enumerate().filter(|(_, other)| *other != index && !of(other).is_disjoint(&own));
            Proved {
                candidate: accepted[*index].clone(),
                group: group.map(|(position, _)| position).collect(),
                fixes: own,
            }
        })
        .collect()
}

fn no_effect(candidate: Candidate) -> Rejection {
    Rejection { candidate, reason: RejectionReason::NoEffect, detail: "no question got better with it".to_owned() }
}
