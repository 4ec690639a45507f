//! A bound on how much a plan may hold: which candidates go so that the fewest questions are lost.

use super::lab::{Questions, Selection};
use std::collections::BTreeMap;

/// What stays and what goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fitted {
    pub kept: Selection,
    /// In the order in which they went.
    pub left_out: Vec<usize>,
    /// Fixed questions that are given up with them.
    pub lost: Questions,
}

/// Takes candidates out until those that stay weigh at most `most` together; `weights` has the
/// number of changes of each. None if they fit as they are.
///
/// `fixes` says which questions each kept candidate is needed for, `order` lists the most
/// dispensable first. The cheapest goes first: the one with the fewest questions for each change
/// saved, and with it those that are needed for nothing else. That is a greedy choice; what it
/// leads to is measured like any other set.
pub fn fit(fixes: &BTreeMap<usize, Questions>, order: &[usize], weights: &[usize], most: usize) -> Option<Fitted> {
    let mut left: BTreeMap<usize, Questions> = fixes.clone();
    let weigh = |left: &BTreeMap<usize, Questions>| left.keys().map(|candidate| weights[*candidate]).sum::<usize>();
    if weigh(&left) <= most {
        return None;
    }
    let mut fitted = Fitted::default();
    while weigh(&left) > most {
        let cheapest = order
            .iter()
            .filter_map(|candidate| Some((*candidate, cost(left.get(candidate)?, weights[*candidate]))))
            .min_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((cheapest, _)) = cheapest else { break };
        let lost = left.remove(&cheapest).unwrap_or_default();
        fitted.left_out.push(cheapest);
        for questions in left.values_mut() {
            questions.retain(|question| !lost.contains(question));
        }
        fitted.left_out.extend(order.iter().filter(|candidate| left.get(candidate).is_some_and(Questions::is_empty)));
        left.retain(|_, questions| !questions.is_empty());
        fitted.lost.extend(lost);
    }
    fitted.kept = left.into_keys().collect();
    Some(fitted)
}

/// Questions lost for each change saved.
fn cost(questions: &Questions, weight: usize) -> f64 {
    questions.len() as f64 / weight.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions(names: &str) -> Questions {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let fixes = BTreeMap::from([(0, questions("a")), (1, questions("b"))]);
        assert_eq!(fit(&fixes, &[0, 1], &[1, 1], 2), None);
    }

    #[test]
    fn the_cheapest_goes_with_its_partner() {
        // 0 and 1 fix `a` only together; 2 fixes two questions; 3 is worth one, more than half.
        let fixes =
            BTreeMap::from([(0, questions("a")), (1, questions("a")), (2, questions("b c")), (3, questions("d"))]);
        let fitted = fit(&fixes, &[0, 1, 2, 3], &[1, 1, 1, 1], 3).expect("too many");
        assert_eq!(fitted, Fitted { kept: [2, 3].into(), left_out: vec![0, 1], lost: questions("a") });
    }

    #[test]
    fn many_changes_for_one_question_go_before_one_change_for_one() {
        let fixes = BTreeMap::from([(0, questions("a")), (1, questions("b"))]);
        let fitted = fit(&fixes, &[0, 1], &[1, 2], 2).expect("too many");
        assert_eq!(fitted.kept, Selection::from([0]));
    }
}
