//! The search against worlds given as rules: which candidates make which question right.

use super::*;
use std::collections::BTreeMap;

/// A question is right if all of `needs` and none of `spoilt_by` are selected; an empty `needs`
/// is a question that is right at the base.
struct Rule {
    needs: Vec<usize>,
    spoilt_by: Vec<usize>,
}

struct Table {
    rules: BTreeMap<String, Rule>,
    asked: usize,
}

impl Lab for Table {
    type Error = std::convert::Infallible;

    async fn ask(&mut self, selection: &Selection, questions: &Questions) -> Result<Correctness, Self::Error> {
        self.asked += questions.len();
        Ok(questions
            .iter()
            .map(|id| {
                let rule = &self.rules[id];
                let right = rule.needs.iter().all(|c| selection.contains(c))
                    && !rule.spoilt_by.iter().any(|c| selection.contains(c));
                (id.clone(), right)
            })
            .collect())
    }
}

fn table(rules: &[(&str, &[usize], &[usize])]) -> Table {
    let rule = |needs: &[usize], spoilt_by: &[usize]| Rule { needs: needs.to_vec(), spoilt_by: spoilt_by.to_vec() };
    let rules = rules.iter().map(|(id, needs, spoilt_by)| ((*id).to_owned(), rule(needs, spoilt_by))).collect();
    Table { rules, asked: 0 }
}

fn run<T>(future: impl Future<Output = Result<T, std::convert::Infallible>>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    match runtime.block_on(future) {
        Ok(value) => value,
    }
}

fn base(lab: &mut Table) -> Correctness {
    let all = lab.rules.keys().cloned().collect();
    run(lab.ask(&Selection::new(), &all))
}

fn ids(ids: &[&str]) -> Questions {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn aims(list: &[&[&str]]) -> Vec<Vec<String>> {
    list.iter().map(|aims| aims.iter().map(|id| (*id).to_owned()).collect()).collect()
}

#[test]
fn a_harmful_candidate_among_good_ones_is_found_with_its_question() {
    let mut lab = table(&[("ok", &[], &[7]), ("a", &[0], &[]), ("b", &[1, 2], &[]), ("c", &[7], &[])]);
    let base = base(&mut lab);
    let targets = aims(&[&["a"], &["b"], &["b"], &["a"], &["a"], &["b"], &["c"], &["c"], &["c"], &["a"]]);
    let found = run(search(&mut lab, &base, &targets, Limits::default()));
    assert_eq!(found.dropped, [Dropped { candidate: 7, breaks: "ok".to_owned() }]);
    assert_eq!(found.fixed, ids(&["a", "b"]));
    assert_eq!(found.selection.len(), 9);
}

#[test]
fn what_masks_a_fix_is_taken_out_when_that_wins_more() {
    let mut lab = table(&[("ok", &[], &[]), ("a", &[0], &[2]), ("b", &[1], &[2]), ("c", &[2], &[])]);
    let base = base(&mut lab);
    let found = run(search(&mut lab, &base, &aims(&[&["a"], &["b"], &["c"]]), Limits::default()));
    assert_eq!(found.fixed, ids(&["a", "b"]));
    assert_eq!(found.dropped.len(), 1);
}

#[test]
fn candidates_that_aim_at_nothing_failing_are_not_tried() {
    let mut lab = table(&[("ok", &[], &[]), ("a", &[0], &[])]);
    let base = base(&mut lab);
    let found = run(search(&mut lab, &base, &aims(&[&["a"], &["ok"], &[]]), Limits::default()));
    assert_eq!(found.untried, [1, 2].into());
    assert_eq!(found.selection, [0].into());
}

#[test]
fn nothing_idle_stays_and_groups_are_credited_together() {
    // 0 and 1 only work together, 2 alone, 3 repeats 2, 4 to 9 do nothing.
    let mut lab = table(&[("a", &[0, 1], &[]), ("b", &[2], &[])]);
    let order: Vec<usize> = vec![9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
    let result = run(eliminate(&mut lab, &order, &ids(&["a", "b"])));
    assert_eq!(result.kept, [0, 1, 2].into());
    assert_eq!(result.fixes[&0], ids(&["a"]));
    assert_eq!(result.fixes[&1], ids(&["a"]));
    assert_eq!(result.fixes[&2], ids(&["b"]));
    assert_eq!(result.idle.len(), 7);
}

#[test]
fn of_two_that_do_the_same_the_dispensable_one_goes() {
    struct Either;
    impl Lab for Either {
        type Error = std::convert::Infallible;
        async fn ask(&mut self, selection: &Selection, questions: &Questions) -> Result<Correctness, Self::Error> {
            Ok(questions.iter().map(|id| (id.clone(), !selection.is_empty())).collect())
        }
    }
    let result = run(eliminate(&mut Either, &[5, 1], &ids(&["a"])));
    assert_eq!(result.kept, [1].into());
    assert_eq!(result.fixes[&1], ids(&["a"]));
}
