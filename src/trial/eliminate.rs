//! Backward elimination: nothing idle stays, and everything that stays shows what it does.
//!
//! A candidate is measured only on the fixed questions that it may have fixed. One that is the
//! only such candidate of some question is needed for it and not tried; several candidates that
//! have no question in common are tried in one go.

use super::lab::{Lab, Questions, Selection, with};
use std::collections::{BTreeMap, VecDeque};

/// The set that is being thinned out.
pub(super) struct Kept {
    pub selection: Selection,
    /// Fixed questions that must stay right.
    pub must_hold: Questions,
    /// For every candidate, the questions that it may have fixed.
    pub claims: Vec<Questions>,
    /// Taken out, one after the other.
    pub idle: Vec<usize>,
}

impl Kept {
    pub fn claimed(&self, candidate: usize) -> Questions {
        self.claims[candidate].intersection(&self.must_hold).cloned().collect()
    }

    pub fn drop(&mut self, candidates: &[usize]) {
        self.selection.retain(|candidate| !candidates.contains(candidate));
        self.idle.extend(candidates);
    }

    fn without(&self, candidates: &[usize]) -> Selection {
        self.selection.iter().copied().filter(|candidate| !candidates.contains(candidate)).collect()
    }

    /// In how many kept candidates' claims each question stands.
    fn claimants(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for candidate in &self.selection {
            for question in self.claimed(*candidate) {
                *counts.entry(question).or_insert(0) += 1;
            }
        }
        counts
    }

    fn is_essential(&self, candidate: usize) -> bool {
        let counts = self.claimants();
        self.claimed(candidate).iter().any(|question| counts.get(question) == Some(&1))
    }
}

/// Takes out what other candidates make superfluous. `order` lists the most dispensable first.
pub(super) async fn drop_idle<L: Lab>(lab: &mut L, order: &[usize], kept: &mut Kept) -> Result<(), L::Error> {
    let mut pending: VecDeque<usize> = order.iter().copied().filter(|c| kept.selection.contains(c)).collect();
    while !pending.is_empty() {
        pending.retain(|candidate| !kept.is_essential(*candidate));
        let wave = next_wave(&mut pending, kept);
        let idle = idle_of_wave(lab, &wave, kept).await?;
        kept.drop(&idle);
    }
    Ok(())
}

/// Candidates without a question in common, taken off the front.
fn next_wave(pending: &mut VecDeque<usize>, kept: &Kept) -> Vec<usize> {
    let mut taken = Questions::new();
    let mut wave = Vec::new();
    pending.retain(|candidate| {
        let claimed = kept.claimed(*candidate);
        let fits = claimed.is_disjoint(&taken);
        if fits {
            taken.extend(claimed);
            wave.push(*candidate);
        }
        !fits
    });
    wave
}

/// Asks the questions of each, the ones that the fewest others may have fixed first, until one is
/// lost; the candidates that lose none are idle.
async fn idle_of_wave<L: Lab>(lab: &mut L, wave: &[usize], kept: &Kept) -> Result<Vec<usize>, L::Error> {
    let counts = kept.claimants();
    let without = kept.without(wave);
    let queue = |candidate: usize| -> VecDeque<String> {
        let mut questions: Vec<String> = kept.claimed(candidate).into_iter().collect();
        questions.sort_by_key(|question| counts.get(question).copied());
        questions.into()
    };
    let mut open: Vec<(usize, VecDeque<String>)> =
        wave.iter().map(|candidate| (*candidate, queue(*candidate))).collect();
    let mut idle = Vec::new();
    while !open.is_empty() {
        let (done, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(|(_, questions)| questions.is_empty());
        idle.extend(done.into_iter().map(|(candidate, _)| candidate));
        let asked: Questions = rest.iter().filter_map(|(_, questions)| questions.front().cloned()).collect();
        if asked.is_empty() {
            break;
        }
        let right = with(&lab.ask(&without, &asked).await?, true);
        open = rest
            .into_iter()
            .filter_map(|(candidate, mut questions)| {
                // What could not be asked shows nothing, and the candidate stays.
                let held = questions.pop_front().is_some_and(|question| right.contains(&question));
                held.then_some((candidate, questions))
            })
            .collect();
    }
    idle.sort_by_key(|candidate| wave.iter().position(|member| member == candidate));
    Ok(idle)
}

/// What is lost without each kept candidate, measured one by one against the set that stays;
/// who loses nothing goes, and who had a question in common with it is measured again.
pub(super) async fn measure_claims<L: Lab>(
    lab: &mut L,
    order: &[usize],
    kept: &mut Kept,
) -> Result<BTreeMap<usize, Questions>, L::Error> {
    let mut fixes: BTreeMap<usize, Questions> = BTreeMap::new();
    while let Some(candidate) = order.iter().copied().find(|c| kept.selection.contains(c) && !fixes.contains_key(c)) {
        let claimed = kept.claimed(candidate);
        let lost = match claimed.is_empty() {
            true => Questions::new(),
            false => with(&lab.ask(&kept.without(&[candidate]), &claimed).await?, false),
        };
        if lost.is_empty() {
            kept.drop(&[candidate]);
            fixes.retain(|other, _| kept.claims[*other].is_disjoint(&claimed));
        } else {
            fixes.insert(candidate, lost);
        }
    }
    Ok(fixes)
}
