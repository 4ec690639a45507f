//! Proving: rounds of proposing and searching, then elimination over everything that was kept.

use super::cross_fit::CrossFit;
use super::lab::{ShadowLab, Trials, compatible, correctness};
use super::propose::{Proposal, Proposer};
use super::reach::reach;
use super::workspace::OpsError;
use crate::model::{Candidate, Category, Event, Rejection, RejectionReason, Scorecard, Space};
use crate::trial::{Correctness, Dropped, Fitted, Limits, Questions, Reach, Settled, fit, search, settle};
use std::collections::BTreeSet;
use std::future::Future;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Share of right answers on the learn set, 0 to 1.
    pub score: f64,
    pub rounds: usize,
}

/// Where candidates come from.
pub trait Source {
    /// Candidates for the failures of `card` over `content`; `tried` are ids that had their turn.
    fn candidates(
        &self,
        content: &Space,
        card: &Scorecard,
        tried: &BTreeSet<String>,
    ) -> impl Future<Output = Result<Proposal, OpsError>> + Send;
}

impl Source for Proposer<'_> {
    async fn candidates(
        &self,
        content: &Space,
        card: &Scorecard,
        tried: &BTreeSet<String>,
    ) -> Result<Proposal, OpsError> {
        self.propose(content, card, tried).await
    }
}

/// Candidates that are there already: each has its turn once.
pub struct Given<'a>(pub &'a [Candidate]);

impl Source for Given<'_> {
    async fn candidates(&self, _: &Space, _: &Scorecard, tried: &BTreeSet<String>) -> Result<Proposal, OpsError> {
        let candidates = self.0.iter().filter(|candidate| !tried.contains(&candidate.id)).cloned().collect();
        Ok(Proposal { candidates, rejections: Vec::new() })
    }
}

/// What was proved.
pub struct Proof {
    /// The base with everything that stays.
    pub content: Space,
    pub kept: Vec<Proved>,
    pub rejections: Vec<Rejection>,
    pub rounds: usize,
    pub tried: usize,
    /// Of a small learn set: what of it would be won by what other questions teach.
    pub cross_fit: Option<CrossFit>,
    /// What a reader should know of how the candidates came about.
    pub notes: Vec<String>,
}

impl Proof {
    /// Nothing was tried.
    pub fn unchanged(base: &Space) -> Self {
        Self {
            content: base.clone(),
            kept: Vec::new(),
            rejections: Vec::new(),
            rounds: 0,
            tried: 0,
            cross_fit: None,
            notes: Vec::new(),
        }
    }
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
pub struct Prover<'b, 'a> {
    pub trials: &'b mut Trials<'a>,
    pub base: &'b Space,
    pub goal: Goal,
    pub limits: Limits,
    /// Most changes that the result may hold.
    pub most_changes: Option<usize>,
}

/// How far the rounds have come.
struct Progress {
    content: Space,
    card: Scorecard,
    accepted: Vec<Candidate>,
    rejections: Vec<Rejection>,
}

impl Prover<'_, '_> {
    /// Runs rounds until the goal, a round without gain, or the last round. The content only ever
    /// moves to one that was measured to be better.
    pub async fn prove<S: Source>(mut self, source: &S, baseline: &Scorecard) -> Result<Proof, OpsError> {
        let start = correctness(baseline);
        let mut progress = Progress {
            content: self.base.clone(),
            card: baseline.clone(),
            accepted: Vec::new(),
            rejections: Vec::new(),
        };
        let mut tried = BTreeSet::new();
        let mut round = 0;
        while round < self.goal.rounds && !reached(&progress.card, self.goal.score) {
            let proposal = source.candidates(&progress.content, &progress.card, &tried).await?;
            progress.rejections.extend(proposal.rejections);
            if proposal.candidates.is_empty() {
                break;
            }
            round += 1;
            tried.extend(proposal.candidates.iter().map(|candidate| candidate.id.clone()));
            let is_last = round == self.goal.rounds;
            let gained = self.round(&mut progress, proposal.candidates, is_last).await?;
            let (correct, total) = (progress.card.correct(), progress.card.total());
            self.trials.scorer.events.emit(Event::RoundFinished { round, rounds: self.goal.rounds, correct, total });
            if !gained {
                break;
            }
        }
        let Progress { card, accepted, mut rejections, .. } = progress;
        let mut fixed = newly_right(&start, &correctness(&card));
        fixed.retain(|id| !self.trials.steadiness.unsteady().contains(id));
        let (content, kept) = self.settle(accepted, &start, &fixed, &mut rejections).await?;
        rejections.sort_by(|a, b| (a.reason, &a.candidate.id).cmp(&(b.reason, &b.candidate.id)));
        rejections.dedup_by(|a, b| a.candidate.id == b.candidate.id && a.reason == b.reason);
        Ok(Proof { content, kept, rejections, rounds: round, tried: tried.len(), cross_fit: None, notes: Vec::new() })
    }

    /// One round. True if a question was won.
    async fn round(
        &mut self,
        progress: &mut Progress,
        candidates: Vec<Candidate>,
        is_last: bool,
    ) -> Result<bool, OpsError> {
        let (candidates, clashing) = compatible(&progress.content, candidates);
        let clash = "another candidate already stands at one of its addresses";
        let rejections = &mut progress.rejections;
        rejections.extend(clashing.into_iter().map(|candidate| rejected(candidate, RejectionReason::Conflict, clash)));
        let base = correctness(&progress.card);
        let reach = reach(&candidates, &self.trials.questions);
        let mut lab =
            ShadowLab { trials: &mut *self.trials, base: &progress.content, candidates: &candidates, expected: &base };
        // Nothing builds on the last round, and what is thinned out after it is asked everything.
        let limits = Limits { sample: if is_last { 0 } else { self.limits.sample }, ..self.limits };
        let found = search(&mut lab, &base, &reach, limits).await?;
        let next = lab.content(&found.selection);
        rejections.extend(found.dropped.iter().map(|dropped| harm(&candidates, dropped)));
        let untried = found.untried.iter().map(|index| candidates[*index].clone());
        let aimless = "none of the questions it aims at fails";
        rejections.extend(untried.map(|candidate| rejected(candidate, RejectionReason::NotTried, aimless)));
        let won = self.confirm(&next, &found.fixed).await?;
        if won.is_empty() {
            let useless = found.selection.iter().map(|index| candidates[*index].clone());
            let detail = if found.fixed.is_empty() {
                "no question got better with it"
            } else {
                "what got better with it did not do so again when it was asked once more"
            };
            rejections.extend(useless.map(|candidate| rejected(candidate, RejectionReason::NoEffect, detail)));
            return Ok(false);
        }
        progress.accepted.extend(found.selection.iter().map(|index| candidates[*index].clone()));
        progress.card = self.trials.updated(&progress.card, &next.digest(), &found.now);
        progress.content = next;
        Ok(true)
    }

    /// Asks what was won once more at the base: a question that is right there the second time
    /// was not won. These answers are not wasted, since the final decision needs them as well.
    /// Where answers are seen to vary, the new content has to give the right answer again too.
    async fn confirm(&mut self, next: &Space, fixed: &Questions) -> Result<Questions, OpsError> {
        let base = self.base.digest();
        let mut won = fixed.clone();
        if won.is_empty() {
            return Ok(won);
        }
        self.trials.ask(self.base, &won, 2, "before, again").await?;
        won.retain(|id| self.trials.steadiness.is_firm(&base, id, false));
        if self.trials.steadiness.is_noisy() {
            self.trials.ask(next, &won, 2, "trial, again").await?;
            won.retain(|id| self.trials.steadiness.is_firm(&next.digest(), id, true));
        }
        Ok(won)
    }

    /// Takes out what is not needed, over everything accepted in all rounds, and asks the whole
    /// learn set of what is left.
    async fn settle(
        &mut self,
        accepted: Vec<Candidate>,
        start: &Correctness,
        fixed: &Questions,
        rejections: &mut Vec<Rejection>,
    ) -> Result<(Space, Vec<Proved>), OpsError> {
        if fixed.is_empty() {
            let detail = "what got better with it did not do so again when it was asked once more";
            rejections.extend(accepted.into_iter().map(|c| rejected(c, RejectionReason::NoEffect, detail)));
            return Ok((self.base.clone(), Vec::new()));
        }
        let order = dispensable_first(&accepted);
        let reach = claims(&accepted, self.trials, fixed);
        let mut expected = start.clone();
        expected.extend(fixed.iter().map(|id| (id.clone(), true)));
        let mut lab =
            ShadowLab { trials: &mut *self.trials, base: self.base, candidates: &accepted, expected: &expected };
        let mut settled = settle(&mut lab, start, &order, &reach, fixed, self.limits).await?;
        let weights: Vec<usize> = accepted.iter().map(|candidate| candidate.changes.len()).collect();
        if let Some(most) = self.most_changes
            && let Some(fitted) = fit(&settled.fixes, &order, &weights, most)
        {
            rejections.extend(left_out(&accepted, &fitted, &settled, most));
            let order: Vec<usize> = order.into_iter().filter(|index| fitted.kept.contains(index)).collect();
            let fixed: Questions = fixed.difference(&fitted.lost).cloned().collect();
            let (idle, harmful) = (settled.idle, settled.harmful);
            settled = settle(&mut lab, start, &order, &reach, &fixed, self.limits).await?;
            settled.idle.extend(idle);
            settled.harmful.extend(harmful);
        }
        let content = lab.content(&settled.kept);
        rejections.extend(settled.harmful.iter().map(|dropped| harm(&accepted, dropped)));
        let idle = settled.idle.iter().map(|index| accepted[*index].clone());
        let detail = "taking it out loses no question";
        rejections.extend(idle.map(|candidate| rejected(candidate, RejectionReason::Idle, detail)));
        Ok((content, proved(&accepted, &settled)))
    }
}

/// What each candidate may have fixed: what it aims at; and a fixed question that none aims at is
/// laid to those that have a table or a word in common with it.
fn claims(accepted: &[Candidate], trials: &Trials<'_>, fixed: &Questions) -> Reach {
    let mut reach = reach(accepted, &trials.questions);
    let aimed: Questions = reach.aims.iter().flatten().cloned().collect();
    let stray: Questions = fixed.difference(&aimed).cloned().collect();
    for (aims, touches) in reach.aims.iter_mut().zip(&reach.touches) {
        aims.extend(touches.intersection(&stray).cloned());
    }
    reach
}

fn rejected(candidate: Candidate, reason: RejectionReason, detail: &str) -> Rejection {
    Rejection { candidate, reason, detail: detail.to_owned() }
}

fn harm(candidates: &[Candidate], dropped: &Dropped) -> Rejection {
    let detail = format!("question {} is right without it and wrong with it", dropped.breaks);
    rejected(candidates[dropped.candidate].clone(), RejectionReason::Harm, &detail)
}

/// What would help, but is more than the plan may hold.
fn left_out(accepted: &[Candidate], fitted: &Fitted, settled: &Settled, most: usize) -> Vec<Rejection> {
    let told = |index: &usize| {
        let fixes: Vec<&str> = settled.fixes.get(index).into_iter().flatten().map(String::as_str).collect();
        let detail = format!(
            "the plan may hold {most} changes (guard `changes`), and others do more; it fixes {}: the next plan can \
             take it up",
            fixes.join(", ")
        );
        rejected(accepted[*index].clone(), RejectionReason::Limit, &detail)
    };
    fitted.left_out.iter().map(told).collect()
}

fn reached(card: &Scorecard, score: f64) -> bool {
    card.total() > 0 && card.correct() as f64 / card.total() as f64 >= score
}

fn newly_right(before: &Correctness, after: &Correctness) -> Questions {
    after.iter().filter(|(id, right)| **right && before.get(*id) == Some(&false)).map(|(id, _)| id.clone()).collect()
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

fn proved(accepted: &[Candidate], settled: &Settled) -> Vec<Proved> {
    let positions: Vec<usize> = settled.kept.iter().copied().collect();
    let of = |index: &usize| settled.fixes.get(index).cloned().unwrap_or_default();
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
