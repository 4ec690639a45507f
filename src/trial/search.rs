//! One round: from a list of candidates to a set that fixes questions and breaks none.
//!
//! Questions are the scarce resource, so only those are asked that can tell something: first the
//! failing ones that the candidates aim at, all candidates together, since most do not touch each
//! other; only if something was won, those that are right and share a table or a term with a
//! candidate. What is asked nowhere here is asked when everything is measured at the end.
//!
//! Answers may vary, so whatever something expensive follows from is asked once more before: what
//! seems won where it failed, what seems broken both ways.

use super::isolate::culprit;
use super::lab::{Correctness, Lab, Questions, Reach, Selection, with};
use std::collections::BTreeMap;

/// Bounds of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Culprits looked for before the rest of a bundle that breaks questions is given up.
    pub culprits: usize,
    /// Right questions that have to do with a bundle and are asked before everything is; at the end
    /// of a round, if another one is to build on it.
    pub sample: usize,
    /// Failing questions of a bundle that are tried with their own candidates alone, to find what
    /// masks them; after half as many in vain no more are.
    pub masked: usize,
    /// Repairs of the final set: something needed that was taken out, or something harmful that
    /// showed up late.
    pub repairs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { culprits: 24, sample: 12, masked: 12, repairs: 12 }
    }
}

/// So many wins may well be chance, where answers vary: of a hundred questions of which one in ten is
/// right only every other time, five fail by chance at the base.
const FEW: usize = 3;

/// A candidate that was taken out of the bundle, with the question that shows why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub candidate: usize,
    /// The question that is right without it and wrong with it.
    pub breaks: String,
}

/// What a round found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub selection: Selection,
    /// Wrong at the base and right under the selection.
    pub fixed: Questions,
    pub dropped: Vec<Dropped>,
    /// Candidates aimed at nothing that the round could fix; never part of a bundle.
    pub untried: Selection,
    /// Answers under the selection: measured with it or with a bundle that held it, or, of what was
    /// not asked, those at the base.
    pub now: Correctness,
}

/// Looks for a selection that fixes failing questions and breaks none. `base` is how the learn
/// set does without any candidate.
pub async fn search<L: Lab>(lab: &mut L, base: &Correctness, reach: &Reach, limits: Limits) -> Result<Found, L::Error> {
    let failing = with(base, false);
    let aims_at_failing = |candidate: &usize| !reach.aims[*candidate].is_disjoint(&failing);
    let (selection, untried) = (0..reach.aims.len()).partition(aims_at_failing);
    let mut round = Round {
        lab,
        base,
        reach,
        now: base.clone(),
        selection,
        dropped: Vec::new(),
        sure: Questions::new(),
        unsure: Questions::new(),
    };
    let targets: Questions = reach.aimed_at(&round.selection).intersection(&failing).cloned().collect();
    round.ask(&targets).await?;
    round.doubt_wins().await?;
    round.unmask(limits.masked).await?;
    round.doubt_wins().await?;
    if !round.won().is_empty() {
        round.repair(limits).await?;
    }
    let fixed = round.won();
    let now = round.settled();
    Ok(Found { selection: round.selection, fixed, dropped: round.dropped, untried, now })
}

struct Round<'a, L> {
    lab: &'a mut L,
    base: &'a Correctness,
    reach: &'a Reach,
    /// Answers under the selection; of what was not asked, those at the base.
    now: Correctness,
    selection: Selection,
    dropped: Vec<Dropped>,
    /// Questions whose change was seen again.
    sure: Questions,
    /// Questions whose change was not: they neither win nor lose.
    unsure: Questions,
}

impl<L: Lab> Round<'_, L> {
    async fn ask(&mut self, questions: &Questions) -> Result<(), L::Error> {
        if self.selection.is_empty() {
            self.now.clone_from(self.base);
        } else if !questions.is_empty() {
            self.now.extend(self.lab.ask(&self.selection, questions).await?);
        }
        Ok(())
    }

    fn changed(&self, from: bool) -> Questions {
        let is = |id: &str| self.base.get(id) == Some(&from) && self.now.get(id) == Some(&!from);
        self.base.keys().filter(|id| is(id) && self.counts(id)).cloned().collect()
    }

    fn counts(&self, id: &str) -> bool {
        !self.unsure.contains(id) && !self.lab.is_unsteady(id)
    }

    /// Answers under the selection; of what does not count, those at the base.
    fn settled(&self) -> Correctness {
        let as_it_was = |(id, now): (&String, &bool)| {
            let counted = if self.counts(id) { Some(now) } else { self.base.get(id) };
            (id.clone(), *counted.unwrap_or(now))
        };
        self.now.iter().map(as_it_was).collect()
    }

    /// Asks what seems won once more without the candidates, where it must fail again; and with
    /// them too, if so little was won that it may be chance.
    async fn doubt_wins(&mut self) -> Result<(), L::Error> {
        let won = self.won();
        let new: Questions = won.difference(&self.sure).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut firm = self.lab.firm(&Selection::new(), &new, false).await?;
        if !firm.is_empty() && (won.len() <= FEW || firm.len() < new.len()) {
            firm = self.lab.firm(&self.selection, &firm, true).await?;
        }
        self.note(&new, firm);
        Ok(())
    }

    /// Asks what seems broken once more, with the candidates and without: it is laid to one of
    /// them only if it is wrong each time with them, and right each time without.
    async fn doubt_breaks(&mut self) -> Result<(), L::Error> {
        let new: Questions = self.broken().difference(&self.sure).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut firm = self.lab.firm(&self.selection, &new, false).await?;
        if !firm.is_empty() {
            firm = self.lab.firm(&Selection::new(), &firm, true).await?;
        }
        self.note(&new, firm);
        Ok(())
    }

    fn note(&mut self, doubted: &Questions, firm: Questions) {
        self.unsure.extend(doubted.difference(&firm).cloned());
        self.sure.extend(firm);
    }

    /// Wrong at the base, right now.
    fn won(&self) -> Questions {
        self.changed(false)
    }

    fn broken(&self) -> Questions {
        self.changed(true)
    }

    /// Takes out candidates until no question that is right at the base is wrong.
    async fn repair(&mut self, limits: Limits) -> Result<(), L::Error> {
        let mut culprits = limits.culprits;
        let sample = self.reach.at_risk(self.base, &self.selection, limits.sample);
        self.ask(&sample).await?;
        loop {
            self.doubt_breaks().await?;
            let Some(question) = self.broken().pop_first() else { return Ok(()) };
            let rest = self.suspects(&question);
            if rest.is_empty() {
                return Ok(());
            }
            let found = match culprits {
                0 => None,
                _ => culprit(self.lab, &question, &Selection::new(), &rest).await?,
            };
            culprits = culprits.saturating_sub(1);
            if found.is_none() && self.lab.is_unsteady(&question) {
                continue;
            }
            let Some(candidate) = found else {
                // No single cause was found: rather nothing than something that breaks a question.
                let gone = rest.into_iter().map(|candidate| Dropped { candidate, breaks: question.clone() });
                self.dropped.extend(gone);
                self.selection.clear();
                self.now.clone_from(self.base);
                return Ok(());
            };
            self.take_out(candidate, question).await?;
        }
    }

    /// The selection, those first that have to do with the question: the bisection then ends
    /// among them with few others in place.
    fn suspects(&self, question: &str) -> Vec<usize> {
        let mut suspects: Vec<usize> = self.selection.iter().copied().collect();
        suspects.sort_by_key(|candidate| !self.reach.touches[*candidate].contains(question));
        suspects
    }

    /// Removes a candidate, and asks again what that may have changed.
    async fn take_out(&mut self, candidate: usize, breaks: String) -> Result<(), L::Error> {
        let again = self.concerned(candidate);
        self.selection.remove(&candidate);
        self.dropped.push(Dropped { candidate, breaks });
        self.ask(&again).await
    }

    /// What is worth asking after a candidate went: everything broken, what it may have won, and
    /// what it may have kept others from winning.
    fn concerned(&self, candidate: usize) -> Questions {
        let (aims, touches) = (&self.reach.aims[candidate], &self.reach.touches[candidate]);
        let failing = with(&self.now, false);
        let won = self.won().into_iter().filter(|id| touches.contains(id));
        won.chain(failing.into_iter().filter(|id| aims.contains(id))).chain(self.broken()).collect()
    }

    /// A failing question that its own candidates fix alone, but not in the bundle, is masked by
    /// another candidate. That one goes if the exchange wins more than it loses.
    async fn unmask(&mut self, most: usize) -> Result<(), L::Error> {
        let mut masked: BTreeMap<String, Selection> = BTreeMap::new();
        let mut tried = 0;
        for (own, questions) in self.groups(most) {
            if masked.is_empty() && 2 * tried >= most {
                break;
            }
            if own != self.selection {
                tried += questions.len();
                let alone = with(&self.lab.ask(&own, &questions).await?, true);
                masked.extend(alone.into_iter().map(|question| (question, own.clone())));
            }
        }
        let all: Questions = masked.keys().cloned().collect();
        for (question, own) in masked {
            let is_open = self.now.get(&question) == Some(&false) && self.counts(&question);
            if is_open && own.is_subset(&self.selection) && self.fails_again(&question).await? {
                self.exchange(&own, question, &all).await?;
            }
        }
        Ok(())
    }

    /// True if the question fails without the candidates once more.
    async fn fails_again(&mut self, question: &str) -> Result<bool, L::Error> {
        let only: Questions = [question.to_owned()].into();
        let firm = self.lab.firm(&Selection::new(), &only, false).await?;
        self.unsure.extend(only.difference(&firm).cloned());
        Ok(!firm.is_empty())
    }

    /// Failing questions that something else than their own candidates touches, by their own
    /// candidates; those with the most candidates first, whose fix is the most complete.
    fn groups(&self, most: usize) -> Vec<(Selection, Questions)> {
        let mut questions: Vec<(Selection, String)> = Vec::new();
        for question in self.reach.aimed_at(&self.selection) {
            let has = |sets: &[Questions]| -> Selection {
                self.selection.iter().copied().filter(|candidate| sets[*candidate].contains(&question)).collect()
            };
            let (own, touching) = (has(&self.reach.aims), has(&self.reach.touches));
            if self.now.get(&question) == Some(&false) && touching.len() > own.len() {
                questions.push((own, question));
            }
        }
        questions.sort_by_key(|(own, _)| std::cmp::Reverse(own.len()));
        questions.truncate(most);
        let mut groups: Vec<(Selection, Questions)> = Vec::new();
        for (own, question) in questions {
            match groups.iter_mut().find(|(selection, _)| *selection == own) {
                Some((_, group)) => _ = group.insert(question),
                None => groups.push((own, [question].into())),
            }
        }
        groups
    }

    async fn exchange(&mut self, own: &Selection, question: String, masked: &Questions) -> Result<(), L::Error> {
        let rest: Vec<usize> = self.selection.difference(own).copied().collect();
        let Some(candidate) = culprit(self.lab, &question, own, &rest).await? else { return Ok(()) };
        let (before, selection) = (self.now.clone(), self.selection.clone());
        let mut again = self.concerned(candidate);
        again.extend(masked.iter().filter(|id| self.now.get(*id) == Some(&false)).cloned());
        self.selection.remove(&candidate);
        self.ask(&again).await?;
        if self.right(&self.now) > self.right(&before) {
            self.dropped.push(Dropped { candidate, breaks: question });
        } else {
            (self.now, self.selection) = (before, selection);
        }
        Ok(())
    }

    /// Right answers among those that count.
    fn right(&self, correctness: &Correctness) -> usize {
        correctness.iter().filter(|(id, right)| **right && self.counts(id)).count()
    }
}
