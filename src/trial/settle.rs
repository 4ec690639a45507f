//! The final set: what is idle goes, every question of the learn set is asked of what is left,
//! and what that shows is mended.

use super::eliminate::{Kept, drop_idle, measure_claims};
use super::isolate::{culprit, turning};
use super::lab::{Correctness, Lab, Questions, Reach, Selection, with};
use super::search::{Dropped, Limits};
use std::collections::BTreeMap;

/// The outcome of settling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    pub kept: Selection,
    /// Taken out without losing a fixed question.
    pub idle: Vec<usize>,
    /// Found to break a question when everything was asked.
    pub harmful: Vec<Dropped>,
    /// For each kept candidate, the fixed questions that are wrong without it, as measured
    /// against the final set.
    pub fixes: BTreeMap<usize, Questions>,
    /// The whole learn set under the final set.
    pub now: Correctness,
}

/// Thins out everything that was accepted, and measures what stays on the whole learn set.
///
/// `start` is the learn set without any candidate, `fixed` what was won with all of `order`, which
/// lists the candidates, the most dispensable first.
pub async fn settle<L: Lab>(
    lab: &mut L,
    start: &Correctness,
    order: &[usize],
    reach: &Reach,
    fixed: &Questions,
    limits: Limits,
) -> Result<Settled, L::Error> {
    let kept = Kept {
        selection: order.iter().copied().collect(),
        must_hold: fixed.clone(),
        claims: reach.aims.clone(),
        idle: Vec::new(),
    };
    let mut settling = Settling {
        lab,
        start,
        order,
        kept,
        harmful: Vec::new(),
        watched: fixed.clone(),
        unsure: Questions::new(),
        now: start.clone(),
    };
    settling.drop_unclaimed(limits).await?;
    let all: Questions = start.keys().cloned().collect();
    for _ in 0..=limits.repairs {
        drop_idle(settling.lab, order, &mut settling.kept).await?;
        let fixes = measure_claims(settling.lab, order, &mut settling.kept).await?;
        // What went wrong before and what is at risk comes first: while it goes wrong, the others
        // need not be asked.
        let watched = settling.watched.clone();
        let at_risk = reach.at_risk(start, &settling.kept.selection, limits.sample);
        if settling.holds(&watched).await? && settling.holds(&at_risk).await? && settling.holds(&all).await? {
            return Ok(settling.done(fixes));
        }
    }
    // Not within the bounds: better nothing than a set that does not do what it says.
    settling.give_up().await
}

struct Settling<'a, L> {
    lab: &'a mut L,
    start: &'a Correctness,
    order: &'a [usize],
    kept: Kept,
    harmful: Vec<Dropped>,
    /// Fixed questions, and those that were found broken on the way.
    watched: Questions,
    /// Questions that seemed broken and were not when they were asked again.
    unsure: Questions,
    /// The whole learn set under the selection, once it was asked.
    now: Correctness,
}

impl<L: Lab> Settling<'_, L> {
    /// Takes out at once what is not made for any fixed question, and puts back what was needed
    /// all the same.
    async fn drop_unclaimed(&mut self, limits: Limits) -> Result<(), L::Error> {
        let is_unclaimed = |candidate: &usize| self.kept.claimed(*candidate).is_empty();
        let unclaimed: Vec<usize> = self.order.iter().copied().filter(is_unclaimed).collect();
        if unclaimed.is_empty() {
            return Ok(());
        }
        self.kept.drop(&unclaimed);
        let mut open = self.kept.must_hold.clone();
        for _ in 0..=limits.repairs {
            let mut lost = with(&self.lab.ask(&self.kept.selection, &open).await?, false);
            let Some(question) = lost.pop_first() else { return Ok(()) };
            if !self.put_back(&question).await? {
                self.kept.must_hold.remove(&question);
            }
            lost.insert(question);
            open = lost.intersection(&self.kept.must_hold).cloned().collect();
        }
        Ok(())
    }

    /// Finds the dropped candidate that `question` needs, and takes it in again.
    async fn put_back(&mut self, question: &str) -> Result<bool, L::Error> {
        let mut gone = self.kept.idle.clone();
        // What has to do with the question first, what went last first.
        gone.reverse();
        gone.sort_by_key(|candidate| !self.kept.claims[*candidate].contains(question));
        let all: Selection = self.kept.selection.iter().chain(&gone).copied().collect();
        let only: Questions = [question.to_owned()].into();
        if self.lab.ask(&all, &only).await?.get(question) != Some(&true) {
            return Ok(false);
        }
        let Some(needed) = turning(self.lab, question, true, &self.kept.selection, &gone).await? else {
            return Ok(false);
        };
        self.kept.idle.retain(|candidate| *candidate != needed);
        self.kept.selection.insert(needed);
        self.kept.claims[needed].insert(question.to_owned());
        // It may need others of those that went: they are found in the next turn.
        Ok(true)
    }

    /// Asks these of the set. True if it does what it should there; else one thing is mended.
    async fn holds(&mut self, questions: &Questions) -> Result<bool, L::Error> {
        if self.kept.selection.is_empty() {
            self.now.clone_from(self.start);
            return Ok(true);
        }
        let now = self.lab.ask(&self.kept.selection, questions).await?;
        let wrong = with(&now, false);
        if let Some(question) = wrong.intersection(&self.kept.must_hold).next().cloned() {
            if !self.put_back(&question).await? {
                self.kept.must_hold.remove(&question);
            }
            return Ok(false);
        }
        let was_right = |id: &String| self.start.get(id) == Some(&true) && !self.unsure.contains(id);
        let broken: Questions = wrong.into_iter().filter(was_right).collect();
        if let Some(question) = self.surely_broken(broken).await?.pop_first() {
            self.expel(question).await?;
            return Ok(false);
        }
        self.now = now;
        Ok(true)
    }

    /// Those that are wrong each time with the set, and right each time without.
    async fn surely_broken(&mut self, broken: Questions) -> Result<Questions, L::Error> {
        if broken.is_empty() {
            return Ok(broken);
        }
        let mut firm = self.lab.firm(&self.kept.selection, &broken, false).await?;
        if !firm.is_empty() {
            firm = self.lab.firm(&Selection::new(), &firm, true).await?;
        }
        self.unsure.extend(broken.difference(&firm).cloned());
        self.watched.extend(firm.iter().cloned());
        Ok(firm)
    }

    /// Takes out what breaks `question`; what only that had fixed is fixed no more.
    async fn expel(&mut self, question: String) -> Result<(), L::Error> {
        let rest: Vec<usize> = self.kept.selection.iter().copied().collect();
        let found = culprit(self.lab, &question, &Selection::new(), &rest).await?;
        if found.is_none() && self.lab.is_unsteady(&question) {
            self.unsure.insert(question);
            return Ok(());
        }
        let Some(candidate) = found else {
            self.harmful.extend(rest.into_iter().map(|candidate| Dropped { candidate, breaks: question.clone() }));
            self.kept.selection.clear();
            self.kept.must_hold.clear();
            return Ok(());
        };
        self.kept.selection.remove(&candidate);
        self.harmful.push(Dropped { candidate, breaks: question });
        let claimed = self.kept.claimed(candidate);
        if !claimed.is_empty() && !self.kept.selection.is_empty() {
            let lost = with(&self.lab.ask(&self.kept.selection, &claimed).await?, false);
            self.kept.must_hold.retain(|question| !lost.contains(question));
        }
        if self.kept.selection.is_empty() {
            self.kept.must_hold.clear();
        }
        Ok(())
    }

    fn done(self, fixes: BTreeMap<usize, Questions>) -> Settled {
        let Kept { selection, idle, .. } = self.kept;
        Settled { kept: selection, idle, harmful: self.harmful, fixes, now: self.now }
    }

    async fn give_up(mut self) -> Result<Settled, L::Error> {
        let left: Vec<usize> = self.kept.selection.iter().copied().collect();
        self.kept.drop(&left);
        self.now.clone_from(self.start);
        Ok(self.done(BTreeMap::new()))
    }
}
