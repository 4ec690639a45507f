//! The search against worlds given as rules: which candidates make which question right.

use super::*;
use std::collections::BTreeMap;

/// A lab that gives the same answer every time.
macro_rules! answers_alike {
    () => {
        async fn firm(
            &mut self,
            selection: &Selection,
            questions: &Questions,
            right: bool,
        ) -> Result<Questions, Self::Error> {
            Ok(super::lab::with(&self.ask(selection, questions).await?, right))
        }

        fn is_unsteady(&self, _: &str) -> bool {
            false
        }
    };
}

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

    answers_alike!();
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

fn sets(list: &[&[&str]]) -> Vec<Questions> {
    list.iter().map(|of| ids(of)).collect()
}

/// Candidates with these aims, each of which has a word in common with every question.
fn touching_all(lab: &Table, aims: &[&[&str]]) -> Reach {
    Reach { aims: sets(aims), touches: vec![lab.rules.keys().cloned().collect(); aims.len()] }
}

fn settled(lab: &mut Table, reach: &Reach, order: &[usize], fixed: &[&str]) -> Settled {
    let start = base(lab);
    lab.asked = 0;
    run(settle(lab, &start, order, reach, &ids(fixed), Limits::default()))
}

#[test]
fn a_harmful_candidate_among_good_ones_is_found_with_its_question() {
    let mut lab = table(&[("ok", &[], &[7]), ("a", &[0], &[]), ("b", &[1, 2], &[]), ("c", &[7], &[])]);
    let base = base(&mut lab);
    let reach = touching_all(&lab, &[&["a"], &["b"], &["b"], &["a"], &["a"], &["b"], &["c"], &["c"], &["c"], &["a"]]);
    let found = run(search(&mut lab, &base, &reach, Limits::default()));
    assert_eq!(found.dropped, [Dropped { candidate: 7, breaks: "ok".to_owned() }]);
    assert_eq!(found.fixed, ids(&["a", "b"]));
    assert_eq!(found.selection.len(), 9);
}

#[test]
fn useless_candidates_cost_few_questions() {
    let right: Vec<String> = (0..100).map(|n| format!("ok{n}")).collect();
    let mut rules: Vec<(&str, &[usize], &[usize])> = right.iter().map(|id| (id.as_str(), &[][..], &[][..])).collect();
    rules.extend([("a", &[9_usize][..], &[][..]), ("b", &[9], &[]), ("c", &[9], &[])]);
    let mut lab = table(&rules);
    let base = base(&mut lab);
    lab.asked = 0;
    let reach = touching_all(&lab, &[&["a"], &["b"], &["c"], &["a", "b"], &["c"]]);
    let found = run(search(&mut lab, &base, &reach, Limits::default()));
    assert!(found.fixed.is_empty());
    assert!(lab.asked <= 6, "nothing was won, so nothing else is asked: {}", lab.asked);
}

#[test]
fn what_masks_a_fix_is_taken_out_when_that_wins_more() {
    let mut lab = table(&[("ok", &[], &[]), ("a", &[0], &[2]), ("b", &[1], &[2]), ("c", &[2], &[])]);
    let base = base(&mut lab);
    let reach = touching_all(&lab, &[&["a"], &["b"], &["a", "b", "c"]]);
    let alone = Reach { aims: sets(&[&["a"], &["b"], &["c"]]), ..reach };
    let found = run(search(&mut lab, &base, &alone, Limits::default()));
    assert_eq!(found.fixed, ids(&["a", "b"]));
    assert_eq!(found.dropped.len(), 1);
}

#[test]
fn candidates_that_aim_at_nothing_failing_are_not_tried() {
    let mut lab = table(&[("ok", &[], &[]), ("a", &[0], &[])]);
    let base = base(&mut lab);
    let found = run(search(&mut lab, &base, &Reach::aims_only(sets(&[&["a"], &["ok"], &[]])), Limits::default()));
    assert_eq!(found.untried, [1, 2].into());
    assert_eq!(found.selection, [0].into());
}

#[test]
fn nothing_idle_stays_and_groups_are_credited_together() {
    // 0 and 1 only work together, 2 alone, 3 repeats 2, 4 to 9 do nothing.
    let mut lab = table(&[("a", &[0, 1], &[]), ("b", &[2], &[]), ("ok", &[], &[])]);
    let aims = sets(&[&["a"], &["a"], &["b"], &["b"], &["a"], &["b"], &[], &[], &[], &[]]);
    let order: Vec<usize> = vec![9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
    let result = settled(&mut lab, &Reach::aims_only(aims), &order, &["a", "b"]);
    assert_eq!(result.kept, [0, 1, 2].into());
    assert_eq!(result.fixes[&0], ids(&["a"]));
    assert_eq!(result.fixes[&1], ids(&["a"]));
    assert_eq!(result.fixes[&2], ids(&["b"]));
    assert_eq!(result.idle.len(), 7);
    assert!(lab.asked <= 16, "{}", lab.asked);
}

#[test]
fn of_two_that_do_the_same_the_dispensable_one_goes() {
    struct Either;
    impl Lab for Either {
        type Error = std::convert::Infallible;
        async fn ask(&mut self, selection: &Selection, questions: &Questions) -> Result<Correctness, Self::Error> {
            Ok(questions.iter().map(|id| (id.clone(), !selection.is_empty())).collect())
        }
        answers_alike!();
    }
    let start: Correctness = [("a".to_owned(), false)].into();
    let mut aims = vec![Questions::new(); 6];
    (aims[1], aims[5]) = (ids(&["a"]), ids(&["a"]));
    let reach = Reach::aims_only(aims);
    let result = run(settle(&mut Either, &start, &[5, 1], &reach, &ids(&["a"]), Limits::default()));
    assert_eq!(result.kept, [1].into());
    assert_eq!(result.fixes[&1], ids(&["a"]));
}

#[test]
fn what_helps_without_having_aimed_there_is_put_back_and_credited() {
    // 1 is made for nothing that was fixed, and "a" needs it all the same.
    let mut lab = table(&[("a", &[0, 1], &[]), ("b", &[5], &[])]);
    let reach = Reach::aims_only(sets(&[&["a"], &["b"], &["b"], &["b"]]));
    let result = settled(&mut lab, &reach, &[3, 2, 1, 0], &["a"]);
    assert_eq!(result.kept, [0, 1].into());
    assert_eq!(result.fixes[&1], ids(&["a"]));
}

#[test]
fn harm_that_shows_late_is_expelled_with_its_question() {
    // "far" shares no word with any candidate, and 1 breaks it; "b" is lost with 1.
    let mut lab = table(&[("far", &[], &[1]), ("a", &[0], &[]), ("b", &[1], &[])]);
    let reach = Reach::aims_only(sets(&[&["a"], &["b"]]));
    let result = settled(&mut lab, &reach, &[1, 0], &["a", "b"]);
    assert_eq!(result.kept, [0].into());
    assert_eq!(result.harmful, [Dropped { candidate: 1, breaks: "far".to_owned() }]);
    assert_eq!(result.now, [("a", true), ("b", false), ("far", true)].map(|(id, right)| (id.to_owned(), right)).into());
}

/// Ten changes of which one does harm, each time another one and by another question.
#[test]
fn one_harmful_change_among_ten_is_found_each_time() {
    for harmful in 0..10_usize {
        let names: Vec<String> = (0..10).map(|n| format!("q{n}")).collect();
        let needs: Vec<[usize; 1]> = (0..10).map(|n| [n]).collect();
        let spoilt = [harmful];
        let mut rules: Vec<(&str, &[usize], &[usize])> =
            names.iter().zip(&needs).map(|(name, needs)| (name.as_str(), &needs[..], &[][..])).collect();
        rules.push(("kept", &[], &[]));
        rules.push(("spoilt", &[], &spoilt));
        let mut lab = table(&rules);
        let start = base(&mut lab);
        let aims: Vec<Questions> = names.iter().map(|name| ids(&[name])).collect();
        let reach = Reach { touches: vec![start.keys().cloned().collect(); 10], aims };
        let found = run(search(&mut lab, &start, &reach, Limits::default()));
        assert_eq!(found.dropped, [Dropped { candidate: harmful, breaks: "spoilt".to_owned() }]);
        let order: Vec<usize> = found.selection.iter().copied().collect();
        let result = run(settle(&mut lab, &start, &order, &reach, &found.fixed, Limits::default()));
        assert_eq!(result.kept.len(), 9, "the other nine stay");
        assert!(result.kept.iter().all(|kept| result.fixes[kept] == ids(&[&names[*kept]])));
    }
}

/// A world in which one question is answered from a script, whatever is selected.
struct Wavering {
    table: Table,
    question: &'static str,
    script: std::collections::VecDeque<bool>,
    seen: BTreeMap<Selection, Vec<bool>>,
}

impl Wavering {
    /// The first answer is the one at the base.
    fn of(table: Table, question: &'static str, script: &[bool]) -> Self {
        Self { table, question, script: script.iter().copied().collect(), seen: BTreeMap::new() }
    }

    fn next(&mut self, selection: &Selection) -> bool {
        let answer = self.script.pop_front().expect("it is not asked so often");
        self.seen.entry(selection.clone()).or_default().push(answer);
        answer
    }

    fn base(&mut self) -> Correctness {
        let all = self.table.rules.keys().cloned().collect();
        let base = run(self.ask(&Selection::new(), &all));
        self.table.asked = 0;
        base
    }
}

impl Lab for Wavering {
    type Error = std::convert::Infallible;

    /// The same asked again has the answer that it had; another one comes with [`Lab::firm`].
    async fn ask(&mut self, selection: &Selection, questions: &Questions) -> Result<Correctness, Self::Error> {
        let mut right = self.table.ask(selection, questions).await?;
        if let Some(answer) = right.get_mut(self.question) {
            let known = self.seen.get(selection).and_then(|answers| answers.first()).copied();
            *answer = known.unwrap_or_else(|| self.next(selection));
        }
        Ok(right)
    }

    async fn firm(
        &mut self,
        selection: &Selection,
        questions: &Questions,
        right: bool,
    ) -> Result<Questions, Self::Error> {
        let mut firm = super::lab::with(&self.table.ask(selection, questions).await?, right);
        firm.remove(self.question);
        if questions.contains(self.question) {
            self.next(selection);
            if self.seen[selection].iter().all(|answer| *answer == right) {
                firm.insert(self.question.to_owned());
            }
        }
        Ok(firm)
    }

    fn is_unsteady(&self, question: &str) -> bool {
        question == self.question && self.seen.values().any(|all| all.contains(&true) && all.contains(&false))
    }
}

#[test]
fn what_is_won_by_chance_is_found_out_with_one_question() {
    let right: Vec<String> = (0..30).map(|n| format!("ok{n}")).collect();
    let mut rules: Vec<(&str, &[usize], &[usize])> = right.iter().map(|id| (id.as_str(), &[][..], &[][..])).collect();
    rules.extend([("wavers", &[9_usize][..], &[][..]), ("a", &[9], &[])]);
    for script in [&[false, true, true][..], &[false, true, false, false]] {
        let mut lab = Wavering::of(table(&rules), "wavers", script);
        let base = lab.base();
        let reach = touching_all(&lab.table, &[&["wavers"], &["a"], &["wavers", "a"]]);
        let found = run(search(&mut lab, &base, &reach, Limits::default()));
        assert!(found.fixed.is_empty(), "{script:?}: {:?}", found.fixed);
        assert_eq!(found.now, base, "{script:?}: what does not count stays as it was");
        assert!(lab.script.is_empty() && lab.table.asked <= 5, "{script:?}: {} asked", lab.table.asked);
    }
}

#[test]
fn what_is_broken_by_chance_is_laid_to_nobody() {
    // Wrong with the change and then right; and wrong every time, with the change and without.
    for script in [&[true, false, true][..], &[true, false, false, false]] {
        let mut lab =
            Wavering::of(table(&[("wavers", &[], &[]), ("a", &[0], &[]), ("b", &[1], &[])]), "wavers", script);
        let base = lab.base();
        let reach = touching_all(&lab.table, &[&["a"], &["b"]]);
        let found = run(search(&mut lab, &base, &reach, Limits::default()));
        assert_eq!((found.dropped, found.selection), (Vec::new(), [0, 1].into()), "{script:?}");
        assert_eq!(found.fixed, ids(&["a", "b"]), "{script:?}");

        let mut lab =
            Wavering::of(table(&[("wavers", &[], &[]), ("a", &[0], &[]), ("b", &[1], &[])]), "wavers", script);
        let start = lab.base();
        let settled = run(settle(&mut lab, &start, &[1, 0], &reach, &ids(&["a", "b"]), Limits::default()));
        assert_eq!((settled.kept, settled.harmful), ([0, 1].into(), Vec::new()), "{script:?}");
    }
}

#[test]
fn harm_that_shows_late_costs_one_more_look_at_everything() {
    // Two changes break questions that the sample does not reach; both are found in one look.
    let right: Vec<String> = (0..40).map(|n| format!("ok{n}")).collect();
    let mut rules: Vec<(&str, &[usize], &[usize])> = right.iter().map(|id| (id.as_str(), &[][..], &[][..])).collect();
    rules.extend([("far1", &[][..], &[1_usize][..]), ("far2", &[], &[2])]);
    rules.extend([("a", &[0_usize][..], &[][..]), ("b", &[1], &[]), ("c", &[2], &[])]);
    let mut lab = table(&rules);
    let reach = Reach::aims_only(sets(&[&["a"], &["b"], &["c"]]));
    let result = settled(&mut lab, &reach, &[2, 1, 0], &["a", "b", "c"]);
    assert_eq!(result.kept, [0].into());
    let breaks: Vec<&str> = result.harmful.iter().map(|dropped| dropped.breaks.as_str()).collect();
    assert_eq!(breaks, ["far1", "far2"]);
    assert!(lab.asked <= 2 * 45 + 30, "{} asked", lab.asked);
}
