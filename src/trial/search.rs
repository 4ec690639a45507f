//! One round: from a list of candidates to a set that fixes questions and breaks none.

use super::isolate::culprit;
use super::lab::{Correctness, Lab, Questions, Selection, with};
use std::collections::BTreeMap;

/// Bounds of one round.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Culprits looked for before the rest of a bundle that breaks questions is given up.
    pub culprits: usize,
    /// Questions that are right alone and wrong in the bundle, looked into for what masks them.
    pub masked: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { culprits: 24, masked: 24 }
    }
}

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
}

/// Looks for a selection that fixes failing questions and breaks none.
///
/// `base` is how the learn set does without any candidate; `targets` says which failing
/// questions each candidate aims at. All candidates go in together first, since most do not touch
/// each other: a bundle costs one pass over the questions where single trials cost one each.
/// What the bundle breaks is bisected; what it masks (right with its own candidates alone) too.
pub async fn search<L: Lab>(
    lab: &mut L,
    base: &Correctness,
    targets: &[Vec<String>],
    limits: Limits,
) -> Result<Found, L::Error> {
    let failing = with(base, false);
    let mut found = Found::default();
    for (candidate, aims) in targets.iter().enumerate() {
        let tried = aims.iter().any(|question| failing.contains(question));
        let set = if tried { &mut found.selection } else { &mut found.untried };
        set.insert(candidate);
    }
    let mut now = measure(lab, &found.selection, base).await?;
    repair(lab, base, &mut found, &mut now, limits.culprits).await?;
    unmask(lab, base, targets, &mut found, &mut now, limits).await?;
    found.fixed = with(&now, true).intersection(&failing).cloned().collect();
    Ok(found)
}

/// Everything under a selection; the failing questions first would not be cheaper, since a bundle
/// must be checked against all of them anyway.
async fn measure<L: Lab>(lab: &mut L, selection: &Selection, base: &Correctness) -> Result<Correctness, L::Error> {
    if selection.is_empty() {
        return Ok(base.clone());
    }
    let mut now = base.clone();
    now.extend(lab.ask(selection, &base.keys().cloned().collect()).await?);
    Ok(now)
}

/// Takes out candidates until no question that is right at the base is wrong.
async fn repair<L: Lab>(
    lab: &mut L,
    base: &Correctness,
    found: &mut Found,
    now: &mut Correctness,
    mut culprits: usize,
) -> Result<(), L::Error> {
    while let Some(question) = first_broken(base, now) {
        let rest: Vec<usize> = found.selection.iter().copied().collect();
        if rest.is_empty() {
            return Ok(());
        }
        let culprit = match culprits {
            0 => None,
            _ => culprit(lab, &question, &Selection::new(), &rest).await?,
        };
        culprits = culprits.saturating_sub(1);
        let Some(candidate) = culprit else {
            // No single cause was found: rather nothing than something that breaks a question.
            found.dropped.extend(rest.into_iter().map(|candidate| Dropped { candidate, breaks: question.clone() }));
            found.selection.clear();
            *now = base.clone();
            return Ok(());
        };
        found.selection.remove(&candidate);
        found.dropped.push(Dropped { candidate, breaks: question });
        *now = measure(lab, &found.selection, base).await?;
    }
    Ok(())
}

fn first_broken(base: &Correctness, now: &Correctness) -> Option<String> {
    base.iter().find(|(id, right)| **right && now.get(*id) == Some(&false)).map(|(id, _)| id.clone())
}

/// A failing question that its own candidates fix alone, but not in the bundle, is masked by
/// another candidate. That one goes if the exchange wins more than it loses.
async fn unmask<L: Lab>(
    lab: &mut L,
    base: &Correctness,
    targets: &[Vec<String>],
    found: &mut Found,
    now: &mut Correctness,
    limits: Limits,
) -> Result<(), L::Error> {
    let aimed = by_question(targets, &found.selection);
    for (question, own) in aimed.into_iter().filter(|(id, _)| base.get(id) == Some(&false)).take(limits.masked) {
        let own: Selection = own.intersection(&found.selection).copied().collect();
        if now.get(&question) != Some(&false) || own.is_empty() || own == found.selection {
            continue;
        }
        let only: Questions = [question.clone()].into();
        if lab.ask(&own, &only).await?.get(&question) != Some(&true) {
            continue;
        }
        let rest: Vec<usize> = found.selection.difference(&own).copied().collect();
        let Some(candidate) = culprit(lab, &question, &own, &rest).await? else { continue };
        let mut without = found.selection.clone();
        without.remove(&candidate);
        let exchanged = measure(lab, &without, base).await?;
        let right = |correctness: &Correctness| correctness.values().filter(|right| **right).count();
        if first_broken(base, &exchanged).is_none() && right(&exchanged) > right(now) {
            found.selection = without;
            found.dropped.push(Dropped { candidate, breaks: question });
            *now = exchanged;
        }
    }
    Ok(())
}

fn by_question(targets: &[Vec<String>], selection: &Selection) -> BTreeMap<String, Selection> {
    let mut aimed: BTreeMap<String, Selection> = BTreeMap::new();
    for &candidate in selection {
        for question in &targets[candidate] {
            aimed.entry(question.clone()).or_default().insert(candidate);
        }
    }
    aimed
}
