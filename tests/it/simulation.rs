//! A small version of `benches/proof.rs`: what helps is found, what harms is rejected with its
//! question, and few questions are asked for it.

#[path = "../../benches/simulation/mod.rs"]
mod laboratory;

use genie_enhance::embedded::world::Noise;
use genie_enhance::model::{PlanVerdict, RejectionReason};
use laboratory::{Harm, Laboratory, Proposed, harmful};
use std::collections::BTreeSet;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(future)
}

#[test]
fn a_harmful_change_among_ten_good_ones_is_rejected_with_its_question() {
    run(async {
        let laboratory = Laboratory::of(12).await;
        // Below 20 questions there is no holdout, so all of them are learnt from.
        let failing = laboratory.numbers(false);
        let right = laboratory.numbers(true);
        let (fixes, harmful) = failing.split_at(failing.len() - 1);
        let proposed =
            Proposed { fixes: fixes.to_vec(), mixed: vec![(harmful[0], right[0])], useless: 2, ..Proposed::default() };
        let plan = laboratory.plan(&proposed, 1, None).await;
        assert_eq!(plan.verdict, PlanVerdict::Improved, "{}", plan.verdict_reason);
        assert_eq!(plan.changes.len(), fixes.len());
        let harm: Vec<_> = plan.rejections.iter().filter(|r| r.reason == RejectionReason::Harm).collect();
        assert_eq!(harm.len(), 1);
        assert_eq!(harm[0].candidate.id, format!("mixed-{:03}", harmful[0]));
        assert!(harm[0].detail.contains(&format!("q{:03}", right[0])), "{}", harm[0].detail);

        // What twelve questions cannot show is said.
        assert_eq!(plan.evidence.holdout, "unverified");
        assert!(plan.verdict_reason.contains("unverified"), "{}", plan.verdict_reason);
        assert!(plan.evidence.notes.iter().any(|note| note.contains("no holdout")), "{:?}", plan.evidence.notes);
    });
}

/// One of ten good changes' companions does harm, each time in another way and at another place.
#[test]
fn each_kind_of_harm_among_ten_good_changes_is_rejected_with_its_question() {
    run(async {
        let laboratory = Laboratory::of(30).await;
        let (failing, right) = (laboratory.numbers(false), laboratory.numbers(true));
        let mut missed = Vec::new();
        for (at, harm) in Harm::ALL.into_iter().enumerate() {
            let good = Proposed { fixes: failing[..10].to_vec(), ..Proposed::default() };
            let mut candidates = laboratory.candidates(&good);
            let wanted: BTreeSet<String> = candidates.iter().map(|good| good.changes[0].address.to_string()).collect();
            let broken = right[at];
            candidates.insert(at, harmful(harm, failing[10], broken, right[at + 1]));
            let plan = laboratory.prove(candidates, at as u64, None, false).await;
            let kept: BTreeSet<String> = plan.changes.iter().map(|change| change.change.address.to_string()).collect();
            let harms: Vec<_> = plan.rejections.iter().filter(|r| r.reason == RejectionReason::Harm).collect();
            let told = harms.iter().any(|r| {
                r.candidate.id == format!("harmful-{harm:?}")
                    && r.detail.contains("is right without it and wrong with it")
            });
            if plan.verdict != PlanVerdict::Improved || kept != wanted || harms.len() != 1 || !told {
                missed.push(format!("{harm:?}: {} kept {} of 10, {harms:?}", plan.verdict_reason, kept.len()));
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    });
}

#[test]
fn questions_are_few() {
    run(async {
        let laboratory = Laboratory::of(50).await;
        let failing = laboratory.numbers(false);
        let useless = Proposed { useless: 10, ..Proposed::default() };
        let plan = laboratory.plan(&useless, 1, None).await;
        assert_eq!(plan.verdict, PlanVerdict::NoChange);
        assert!(plan.evidence.questions_asked <= 50 + 10 * 10, "{}", plan.evidence.questions_asked);

        let good = Proposed { fixes: failing[..10].to_vec(), useless: 10, ..Proposed::default() };
        let plan = laboratory.plan(&good, 1, None).await;
        assert_eq!(plan.verdict, PlanVerdict::Improved, "{}", plan.verdict_reason);
        let asked = plan.evidence.questions_asked;
        assert!(asked <= 50 * 4, "2.5 n and 1.5 n for one bundle: {asked}");
        assert!(3 * asked <= 50 * (1 + 20), "a third of asking everything for each candidate: {asked}");
    });
}

/// Also where answers vary, whatever the noise hits: the bounds hold of every plan, not on average.
#[test]
fn questions_are_few_where_answers_vary() {
    run(async {
        let laboratory = Laboratory::of(50).await;
        let failing = laboratory.numbers(false);
        for seed in 0..4 {
            let noise = Some(Noise { questions: 0.1, answers: 0.5 });
            let useless = Proposed { useless: 10, ..Proposed::default() };
            let asked = laboratory.plan(&useless, seed, noise.clone()).await.evidence.questions_asked;
            assert!(asked <= 50 + 10 * 10, "seed {seed}: {asked} for ten useless candidates");
            let general = failing.iter().copied().skip(seed as usize).step_by(4).take(5).collect();
            let good = Proposed { general, useless: 5, ..Proposed::default() };
            let asked = laboratory.plan(&good, seed, noise).await.evidence.questions_asked;
            assert!(asked <= 50 * 4, "seed {seed}: {asked} for one bundle");
        }
    });
}

/// The noise of the world makes right answers wrong; here wrong ones come out right by luck.
#[test]
fn luck_is_not_taken_for_a_gain() {
    run(async {
        let mut laboratory = Laboratory::of(40).await;
        laboratory.luck = Some(Noise { questions: 0.3, answers: 0.5 });
        let useless = Proposed { useless: 8, ..Proposed::default() };
        for seed in 0..3 {
            let plan = laboratory.plan(&useless, seed, None).await;
            assert_ne!(plan.verdict, PlanVerdict::Improved, "seed {seed}: {}", plan.verdict_reason);
            let asked = plan.evidence.questions_asked;
            assert!(asked <= 40 + 8 * 10, "seed {seed}: {asked} questions");
        }
    });
}

#[test]
fn noise_is_not_taken_for_a_gain() {
    run(async {
        let laboratory = Laboratory::of(40).await;
        let useless = Proposed { useless: 8, ..Proposed::default() };
        let noise = Noise { questions: 0.3, answers: 0.5 };
        let mut verdicts = BTreeSet::new();
        for seed in 0..3 {
            let plan = laboratory.plan(&useless, seed, Some(noise.clone())).await;
            verdicts.insert(plan.verdict.as_str());
        }
        assert!(!verdicts.contains("improved"), "{verdicts:?}");
    });
}
