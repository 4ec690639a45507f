//! Planted patterns in four languages are found, and chance teaches nothing; `benches/learn` shows
//! the figures as a table.

#[path = "../../benches/learn/planted/mod.rs"]
mod planted;

use genie_enhance::model::PatternKind;
use planted::{Figures, Tally, domain, shuffled, tally};
use std::time::Instant;

#[test]
fn what_is_planted_is_found_in_four_languages() {
    let mut figures = Figures::default();
    for seed in 900..908 {
        figures.add(tally(&domain(seed, 3, 120), &seed.to_string()));
    }
    let table = figures.table();
    println!("{table}{:#?}{:#?}", figures.wrong, figures.lost);
    assert_eq!(figures.by_kind.len(), 5);
    for (kind, tally) in &figures.by_kind {
        let tally: Tally = *tally;
        assert!(tally.hidden >= 8, "{kind:?}\n{table}");
        assert!(tally.precision() >= 0.9 && tally.recall() >= 0.8, "{kind:?}\n{table}");
    }
}

#[test]
fn shuffled_pairs_teach_almost_nothing() {
    let mut figures = Figures::default();
    for seed in 900..908 {
        figures.add(tally(&shuffled(domain(seed, 3, 120), seed), &seed.to_string()));
    }
    let words = figures.by_kind[&PatternKind::Vocabulary].claimed;
    println!("{words} words: {:#?}", figures.wrong);
    assert!(words <= 4, "{words} words from 8 shuffled domains");
}

#[test]
fn time_grows_with_the_number_of_questions() {
    // How long it takes is shown by the bench; here only that it is no square.
    let time = |questions: usize| {
        let domain = domain(901, 20, questions);
        let run = || {
            let start = Instant::now();
            assert!(!tally(&domain, "").by_kind.is_empty());
            start.elapsed().as_secs_f64()
        };
        (0..3).map(|_| run()).fold(f64::MAX, f64::min)
    };
    let (small, large) = (time(200), time(800));
    println!("200 questions: {small:.2} s, 800 questions: {large:.2} s, without optimisation");
    assert!(large < small * 8.0, "{small} {large}");
}
