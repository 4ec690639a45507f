//! Cross-fitting: would what fixes a question have been learnt without that question?
//!
//! A small suite has few questions to hold back, or none. Its families are dealt into three folds, and
//! patterns are learnt three times, each time without one fold; a won question is carried if all
//! that wins it is learnt without the question's own fold too. (`reference/evaluation.md`, B3, asks
//! for this from fewer than 40 questions to learn from, as a filter before anything is proved. Here
//! it is a statement about what was proved: as a filter it would throw away a third of what two
//! families show, by the luck of the fold, and the trial on the shadow tells better.)

use super::prove::Proved;
use crate::learn::LearntPattern;
use crate::model::Question;
use crate::sql::plain_form;
use crate::stats::{Member, families};
use std::collections::{BTreeMap, BTreeSet};

/// Learn sets of fewer questions are cross-fitted.
const SMALL: usize = 40;
const FOLDS: usize = 3;

/// How many of the won questions are won by what other questions teach as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CrossFit {
    pub carried: usize,
    pub won: usize,
}

impl CrossFit {
    /// For people, beside the verdict.
    pub fn told(self) -> String {
        let Self { carried, won } = self;
        let words = if won == 1 { "question" } else { "questions" };
        format!("cross-fitting: {carried} of {won} won {words} would be won by what is learnt without them")
    }
}

/// None where nothing was won, or the learn set is big enough.
pub(super) fn cross_fit<L>(questions: &[Question], kept: &[Proved], learn: L) -> Option<CrossFit>
where
    L: Fn(&[Question]) -> Vec<LearntPattern>,
{
    let won: BTreeSet<&String> = kept.iter().flat_map(|proved| &proved.fixes).collect();
    if won.is_empty() || questions.len() >= SMALL {
        return None;
    }
    let fold_of = folds(questions);
    let mut carried = 0;
    for fold in 0..FOLDS {
        let own: Vec<&String> = won.iter().copied().filter(|id| fold_of.get(*id) == Some(&fold)).collect();
        if own.is_empty() {
            continue;
        }
        let outside = |question: &&Question| fold_of.get(&question.id) != Some(&fold);
        let rest: Vec<Question> = questions.iter().filter(outside).cloned().collect();
        let learnt: BTreeSet<String> = learn(&rest).into_iter().map(|learnt| learnt.pattern.id).collect();
        carried += own.iter().filter(|id| is_carried(id, kept, &learnt)).count();
    }
    Some(CrossFit { carried, won: won.len() })
}

/// True if every change that the question needs rests on patterns of other questions. What a prompt
/// alone proposed had the question before its eyes.
fn is_carried(id: &str, kept: &[Proved], learnt: &BTreeSet<String>) -> bool {
    kept.iter().filter(|proved| proved.fixes.contains(id)).all(|proved| {
        let patterns = &proved.candidate.patterns;
        !patterns.is_empty() && patterns.iter().all(|pattern| learnt.contains(pattern))
    })
}

/// Families in turn, so that the folds are as even as they can be.
fn folds(questions: &[Question]) -> BTreeMap<String, usize> {
    let member = |question: &Question| Member {
        id: question.id.clone(),
        family: question.family.clone(),
        sql: plain_form(&question.sql),
        ..Member::default()
    };
    let members: Vec<Member> = questions.iter().map(member).collect();
    let dealt = families(&members).into_iter().enumerate();
    dealt.flat_map(|(at, family)| family.into_iter().map(move |id| (id, at % FOLDS))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::{Body, DateRule};
    use crate::model::{Candidate, Category, Pattern, PatternKind};

    fn question(id: usize) -> Question {
        Question { id: format!("q{id}"), sql: format!("SELECT {id}"), ..Question::default() }
    }

    /// A pattern that is learnt where two of `shown_by` are there.
    fn pattern(id: &str, questions: &[Question], shown_by: &[&str]) -> Option<LearntPattern> {
        let seen = questions.iter().filter(|question| shown_by.contains(&question.id.as_str())).count();
        let pattern = Pattern {
            id: id.to_owned(),
            kind: PatternKind::Date,
            statement: String::new(),
            fragment: String::new(),
            terms: Vec::new(),
            tables: Vec::new(),
            support: seen,
            questions: Vec::new(),
            counter_examples: Vec::new(),
            confidence: 1.0,
        };
        (seen >= 2).then_some(LearntPattern { pattern, body: Body::Date(DateRule::ExcludesToday) })
    }

    fn proved(patterns: &[&str], fixes: &[&str]) -> Proved {
        let candidate = Candidate {
            id: String::new(),
            category: Category::Metadata,
            changes: Vec::new(),
            patterns: patterns.iter().map(|&id| id.to_owned()).collect(),
            support: 2,
            targets: Vec::new(),
            reason: String::new(),
            provenance: "miner".to_owned(),
        };
        Proved { candidate, fixes: fixes.iter().map(|&id| id.to_owned()).collect(), group: BTreeSet::new() }
    }

    fn learn(questions: &[Question]) -> Vec<LearntPattern> {
        let broad = pattern("broad", questions, &["q0", "q1", "q2"]);
        let narrow = pattern("narrow", questions, &["q3", "q4"]);
        [broad, narrow].into_iter().flatten().collect()
    }

    fn fitted(kept: &[Proved], count: usize) -> Option<(usize, usize)> {
        let questions: Vec<Question> = (0..count).map(question).collect();
        cross_fit(&questions, kept, learn).map(|fit| (fit.carried, fit.won))
    }

    #[test]
    fn what_others_teach_is_carried_and_what_the_question_itself_teaches_is_not() {
        assert_eq!(fitted(&[proved(&["broad"], &["q0", "q1"])], 9), Some((2, 2)), "two others show it each time");
        assert_eq!(fitted(&[proved(&["narrow"], &["q3"])], 9), Some((0, 1)), "without q3 one is left");
        assert_eq!(fitted(&[proved(&["narrow"], &["q5"])], 9), Some((1, 1)), "q5 does not teach it");
        let both = [proved(&["broad"], &["q0"]), proved(&["narrow"], &["q0", "q3"])];
        assert_eq!(fitted(&both, 9), Some((0, 2)), "q0 shares its fold with q3, which narrow needs");
        assert_eq!(fitted(&[proved(&[], &["q0"])], 9), Some((0, 1)), "a prompt saw the question");
    }

    #[test]
    fn big_sets_and_empty_plans_are_not_cross_fitted() {
        assert_eq!(fitted(&[proved(&["broad"], &["q0"])], 40), None);
        assert_eq!(fitted(&[], 9), None);
    }
}
