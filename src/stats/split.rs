//! Learn set and holdout. Paraphrases, and questions with the same gold SQL, stay together:
//! otherwise the holdout would know the answers.

use crate::model::{Split, digest_text};
use std::collections::{BTreeMap, BTreeSet};

/// What the split needs to know of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    /// The declared family; empty for none.
    pub family: String,
    /// The gold SQL in normal form; empty if it has none.
    pub sql: String,
    pub category: String,
    /// Right at the baseline, where that is known.
    pub baseline: Option<bool>,
}

/// The sets, and why there is no holdout where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitPlan {
    /// Every question's set, by id.
    pub of: BTreeMap<String, Split>,
    pub groups: usize,
    pub holdout_groups: usize,
    pub none_because: Option<NoHoldout>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoHoldout {
    #[error("{0} questions are too few to keep some back; from {MIN_QUESTIONS} on a holdout is possible")]
    TooFewQuestions(usize),
    #[error("{0} families of questions are too few; from {MIN_GROUPS} on a holdout is possible")]
    TooFewGroups(usize),
}

const MIN_QUESTIONS: usize = 20;
/// So that the holdout has ten groups and the learn set no fewer.
const MIN_GROUPS: usize = 2 * MIN_HOLDOUT_GROUPS;
const MIN_HOLDOUT_GROUPS: usize = 10;

/// The holdout's share of a suite of n questions (`reference/evaluation.md`, B3).
fn holdout_share(questions: usize) -> f64 {
    match questions {
        0..40 => 0.40,
        40..100 => 0.35,
        _ => 0.30,
    }
}

/// Questions that belong together: joined by a declared family or by the same gold SQL, through
/// any number of steps. Every group is sorted by id, and the groups by their first id.
pub fn families(members: &[Member]) -> Vec<Vec<String>> {
    let mut roots: Vec<usize> = (0..members.len()).collect();
    let mut first: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (at, member) in members.iter().enumerate() {
        for key in [("family", member.family.as_str()), ("sql", member.sql.as_str())] {
            if !key.1.is_empty() {
                let other = *first.entry(key).or_insert(at);
                let (a, b) = (root(&mut roots, at), root(&mut roots, other));
                roots[a.max(b)] = a.min(b);
            }
        }
    }
    let mut groups: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (at, member) in members.iter().enumerate() {
        groups.entry(root(&mut roots, at)).or_default().insert(member.id.clone());
    }
    let mut groups: Vec<Vec<String>> = groups.into_values().map(|ids| ids.into_iter().collect()).collect();
    groups.sort();
    groups
}

fn root(roots: &mut [usize], mut at: usize) -> usize {
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

/// Splits by family, stratified by category and baseline outcome. The seed is the suite's digest,
/// so that the same suite always gives the same sets, whatever the order of its questions.
///
/// `share` is the holdout's share of the families; none for one that suits the suite's size.
pub fn split(members: &[Member], seed: &str, share: Option<f64>) -> SplitPlan {
    let groups = families(members);
    let all_learn = |reason| SplitPlan {
        of: members.iter().map(|member| (member.id.clone(), Split::Learn)).collect(),
        groups: groups.len(),
        holdout_groups: 0,
        none_because: Some(reason),
    };
    if members.len() < MIN_QUESTIONS {
        return all_learn(NoHoldout::TooFewQuestions(members.len()));
    }
    if groups.len() < MIN_GROUPS {
        return all_learn(NoHoldout::TooFewGroups(groups.len()));
    }
    let share = share.unwrap_or_else(|| holdout_share(members.len())).clamp(0.0, 0.9);
    let wanted = (groups.len() as f64 * share).round() as usize;
    let wanted = wanted.max(MIN_HOLDOUT_GROUPS);
    let held = draw(members, &groups, wanted, seed);
    let mut of = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        let set = if held.contains(&at) { Split::Holdout } else { Split::Learn };
        of.extend(group.iter().map(|id| (id.clone(), set)));
    }
    SplitPlan { of, groups: groups.len(), holdout_groups: wanted, none_because: None }
}

/// Systematic sampling: groups in the order of their strata, shuffled within, taken at equal
/// steps from a seeded start. Every stratum gives its share, to within one group.
fn draw(members: &[Member], groups: &[Vec<String>], wanted: usize, seed: &str) -> BTreeSet<usize> {
    let by_id: BTreeMap<&str, &Member> = members.iter().map(|member| (member.id.as_str(), member)).collect();
    let stratum = |group: &[String]| {
        let of_group: Vec<&&Member> = group.iter().filter_map(|id| by_id.get(id.as_str())).collect();
        let category = of_group.iter().map(|member| member.category.as_str()).min().unwrap_or_default();
        let baseline: Vec<bool> = of_group.iter().filter_map(|member| member.baseline).collect();
        let right = baseline.iter().filter(|right| **right).count();
        (category.to_owned(), 2 * right > baseline.len())
    };
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_cached_key(|at| (stratum(&groups[*at]), digest_text(&format!("{seed}\u{1f}{}", groups[*at][0]))));
    let step = groups.len() as f64 / wanted as f64;
    let start = unit(seed) * step;
    (0..wanted).filter_map(|i| order.get((start + i as f64 * step) as usize).copied()).collect()
}

/// A number in [0, 1) from the seed.
fn unit(seed: &str) -> f64 {
    let digest = digest_text(&format!("{seed}\u{1f}start"));
    let head = digest.as_str().get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    f64::from(head.unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: usize, category: &str) -> Member {
        Member { id: format!("q{id:03}"), category: category.to_owned(), ..Member::default() }
    }

    fn suite(n: usize) -> Vec<Member> {
        (0..n).map(|id| member(id, if id % 3 == 0 { "sales" } else { "users" })).collect()
    }

    fn held(plan: &SplitPlan) -> Vec<&str> {
        plan.of.iter().filter(|(_, set)| **set == Split::Holdout).map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn shares_by_size() {
        for (n, holdout) in [(19, 0), (20, 10), (30, 12), (40, 14), (100, 30), (200, 60)] {
            let plan = split(&suite(n), "seed", None);
            assert_eq!((held(&plan).len(), plan.of.len()), (holdout, n), "{n}");
        }
    }

    #[test]
    fn strata_give_their_share() {
        let plan = split(&suite(90), "seed", None);
        let ids = held(&plan);
        let sales = ids.iter().filter(|id| id[1..].parse::<usize>().is_ok_and(|id| id % 3 == 0)).count();
        assert!((10..=11).contains(&sales), "{sales} of {}", ids.len());
    }

    #[test]
    fn the_order_of_questions_does_not_matter_and_the_seed_does() {
        let mut turned = suite(60);
        turned.reverse();
        assert_eq!(split(&suite(60), "seed", None), split(&turned, "seed", None));
        assert_ne!(split(&suite(60), "seed", None).of, split(&suite(60), "other", None).of);
    }

    #[test]
    fn families_are_closed_and_stay_together() {
        let mut members = suite(60);
        members[3].family = "f".to_owned();
        members[40].family = "f".to_owned();
        members[40].sql = "SELECT 1".to_owned();
        members[59].sql = "SELECT 1".to_owned();
        let groups = families(&members);
        assert_eq!(groups.len(), 58);
        assert!(groups.contains(&vec!["q003".to_owned(), "q040".to_owned(), "q059".to_owned()]));
        for seed in ["a", "b", "c", "d", "e", "f"] {
            let plan = split(&members, seed, None);
            assert!(plan.of["q003"] == plan.of["q040"] && plan.of["q040"] == plan.of["q059"]);
        }
    }

    #[test]
    fn one_big_family_leaves_no_holdout() {
        let mut members = suite(60);
        members.iter_mut().skip(5).for_each(|member| member.family = "all".to_owned());
        assert_eq!(split(&members, "seed", None).none_because, Some(NoHoldout::TooFewGroups(6)));
    }
}
