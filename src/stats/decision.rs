//! The decision about a whole plan, from paired outcomes.

use super::exact::sign_p;
use super::interval::{Interval, paired_interval};

/// The constants of the decision. Defaults and their sources: simulations with 20 to 100
/// questions (`reference/evaluation.md`, B2 and B3). There a change without effect is
/// accepted in 1 to 6 % of cases, and one of ten points found in 70 % at 50 questions, with all
/// questions to learn from; `benches/proof.rs` has what whole plans with a holdout do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecisionRules {
    /// Least confirmed wins minus losses of a noisy measurement.
    pub min_margin: usize,
    /// Largest one-sided exact p of a noisy measurement, of the learn set or of learn set and holdout
    /// together. Looser than the usual .05: outcomes are
    /// already majorities of three, and .05 would find one improvement of ten points in four.
    pub max_p: f64,
    /// Share of questions without an outcome above which nothing is decided.
    pub max_lost_share: f64,
    /// Level of the interval around the holdout's gain.
    pub interval_level: f64,
    /// Further asks of a discordant question, in both arms, that confirm it.
    pub confirming_repeats: usize,
    /// Contents that one holdout can be asked about before it shows nothing any more. Each look
    /// has half the error of the one before, so that all of them together have less than twice
    /// that of the first.
    pub looks: usize,
}

impl Default for DecisionRules {
    fn default() -> Self {
        Self { min_margin: 2, max_p: 0.15, max_lost_share: 0.10, interval_level: 0.95, confirming_repeats: 2, looks: 3 }
    }
}

/// Paired outcomes of one set of questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paired {
    /// Wrong before, right after.
    pub wins: usize,
    /// Right before, wrong after.
    pub losses: usize,
    /// The same on both sides.
    pub same: usize,
}

/// All that the decision rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// There is a change to decide about.
    pub proposed: bool,
    pub learn: Paired,
    /// None where no holdout is possible.
    pub holdout: Option<Paired>,
    /// Repeats showed the same outcomes every time.
    pub noise_free: bool,
    /// The discordant questions were asked again in both arms, and the counts are majorities.
    pub confirmed: bool,
    /// Questions that have no outcome in one arm or the other, left out of both.
    pub lost: usize,
    /// The how manieth content this is that the holdout was asked about, from 1.
    pub look: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Improved,
    NotEnoughEvidence,
    NoChange,
    Harm,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::NotEnoughEvidence => "not-enough-evidence",
            Self::NoChange => "no-change",
            Self::Harm => "harm",
        }
    }
}

/// What the holdout says about the gain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holdout {
    /// The interval lies above zero.
    Shown,
    /// The interval covers zero: no harm seen, no gain shown.
    NotShown,
    /// There is no holdout.
    Unverified,
}

impl Holdout {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::NotShown => "not-shown",
            Self::Unverified => "unverified",
        }
    }
}

/// The decision with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    pub verdict: Verdict,
    /// Why, and where evidence is short what would settle it; for people.
    pub reason: String,
    /// One-sided exact p of the learn set's discordant questions; none if there are none.
    pub p_value: Option<f64>,
    pub holdout: Holdout,
    /// Gain of the holdout in shares, such as -0.02 to 0.11.
    pub holdout_gain: Option<Interval>,
    /// What a reader has to know beside the verdict.
    pub notes: Vec<String>,
}

/// What would settle an open decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// Further winning questions, if no further one is lost.
    pub wins: usize,
    /// Further asks that would confirm the discordant questions, over both arms.
    pub asks: usize,
}

/// How much more would settle the matter for these wins and losses.
pub fn needed(wins: usize, losses: usize, rules: &DecisionRules) -> Needed {
    let enough = |more: &usize| proves(wins + more, losses, rules);
    // Twice the losses and a few more always prove it, for every p that can be met at all.
    let bound = 2 * losses + 64;
    Needed { wins: (0..=bound).find(enough).unwrap_or(bound), asks: 2 * rules.confirming_repeats * (wins + losses) }
}

fn proves(wins: usize, losses: usize, rules: &DecisionRules) -> bool {
    proves_at(wins, losses, rules.max_p, rules)
}

fn proves_at(wins: usize, losses: usize, max_p: f64, rules: &DecisionRules) -> bool {
    wins >= losses + rules.min_margin && sign_p(wins, losses) <= max_p
}

/// Wins and losses of learn set and holdout together, where they prove the gain. A third or more of
/// a suite is held back, and a gain that is there shows in that part too; nothing was chosen by it,
/// so its wins are the better evidence. A later look at the same holdout has to show more, since
/// among several contents one may fit it by chance.
fn proven_together(measured: &Measured, rules: &DecisionRules) -> Option<(usize, usize, f64)> {
    let held = measured.holdout.filter(|_| measured.look <= rules.looks)?;
    let (wins, losses) = (measured.learn.wins + held.wins, measured.learn.losses + held.losses);
    let max_p = rules.max_p / halved(measured.look);
    proves_at(wins, losses, max_p, rules).then(|| (wins, losses, sign_p(wins, losses)))
}

/// Decides by the table: harm first, then whether there is a gain, then whether it is proved.
pub fn decide(measured: &Measured, rules: &DecisionRules) -> Decided {
    let Paired { wins, losses, .. } = measured.learn;
    let interval = |level| measured.holdout.and_then(|h| paired_interval(h.wins, h.losses, h.same, level));
    let gain = interval(rules.interval_level);
    let is_shown = measured.look <= rules.looks
        && interval(level_at(measured.look, rules)).is_some_and(|interval| interval.low > 0.0);
    let holdout = match measured.holdout {
        None => Holdout::Unverified,
        Some(_) if is_shown => Holdout::Shown,
        Some(_) => Holdout::NotShown,
    };
    let (verdict, mut reason) = judge(measured, rules);
    if holdout == Holdout::Unverified && verdict == Verdict::Improved {
        reason.push_str("; unverified: there are no questions beside those it was learnt from");
    }
    let p_value = (wins + losses > 0).then(|| sign_p(wins, losses));
    Decided { verdict, reason, p_value, holdout, holdout_gain: gain, notes: notes(measured, rules) }
}

/// The level at which the `look`-th interval is taken.
fn level_at(look: usize, rules: &DecisionRules) -> f64 {
    1.0 - (1.0 - rules.interval_level) / halved(look)
}

/// By what the error of the `look`-th look is divided: 1, 2, 4 and so on.
fn halved(look: usize) -> f64 {
    2f64.powi(i32::try_from(look.saturating_sub(1)).unwrap_or(i32::MAX).min(60))
}

fn notes(measured: &Measured, rules: &DecisionRules) -> Vec<String> {
    let mut notes = Vec::new();
    if measured.holdout.is_none() {
        notes.push(
            "no holdout: whether the gain holds for questions that were not learnt from cannot be known from this suite; \
             a holdout is kept from 20 questions in 20 families on"
                .to_owned(),
        );
    } else if measured.look > rules.looks {
        notes.push(format!(
            "the holdout has been asked about {} contents by now; after {} it shows no gain any more, since what is \
             chosen by it fits it: new questions would",
            measured.look, rules.looks
        ));
    } else if measured.look > 1 {
        notes.push(format!(
            "look {} of {} at this holdout: its gain counts as shown at {:.1} %",
            measured.look,
            rules.looks,
            100.0 * level_at(measured.look, rules)
        ));
    }
    notes
}

fn judge(measured: &Measured, rules: &DecisionRules) -> (Verdict, String) {
    let Paired { wins, losses, same } = measured.learn;
    if !measured.proposed {
        return (Verdict::NoChange, "nothing is proposed".to_owned());
    }
    if let Some(held) = measured.holdout.filter(|held| held.losses > held.wins) {
        let told = format!("the holdout lost {} and won {}", questions(held.losses), held.wins);
        return (Verdict::Harm, told);
    }
    if losses > wins {
        return (Verdict::Harm, format!("the learn set lost {} and won {wins}", questions(losses)));
    }
    if wins == losses {
        let told = match wins {
            0 => "no question changed its outcome".to_owned(),
            _ => format!("{} won, as many lost", questions(wins)),
        };
        return (Verdict::NoChange, told);
    }
    let held = measured.holdout.map_or(0, |held| held.wins + held.losses + held.same);
    let all = wins + losses + same + held + measured.lost;
    if measured.lost as f64 > rules.max_lost_share * all as f64 {
        let told = format!(
            "{} of {all} questions have no outcome in both arms, more than {:.0} %; nothing is decided until they have one",
            measured.lost,
            rules.max_lost_share * 100.0
        );
        return (Verdict::NotEnoughEvidence, told);
    }
    gained(measured, rules)
}

/// More wins than losses: proved or not.
fn gained(measured: &Measured, rules: &DecisionRules) -> (Verdict, String) {
    let Paired { wins, losses, .. } = measured.learn;
    let figures = format!("{} won, {losses} lost", questions(wins));
    if measured.noise_free {
        return (Verdict::Improved, format!("{figures}; repeats gave the same answers every time"));
    }
    let p = sign_p(wins, losses);
    let more = needed(wins, losses, rules);
    let alone = proves(wins, losses, rules);
    if let (false, true, Some((all_won, all_lost, p))) = (alone, measured.confirmed, proven_together(measured, rules)) {
        let told = format!(
            "{figures}; with the holdout {all_won} won, {all_lost} lost after repeats in both arms; one-sided exact p = \
             {p:.3}"
        );
        return (Verdict::Improved, told);
    }
    match (alone, measured.confirmed) {
        (true, true) => {
            (Verdict::Improved, format!("{figures} after repeats in both arms; one-sided exact p = {p:.3}"))
        }
        (true, false) => {
            let asks = more.asks;
            let told = format!("{figures}, once; asking them again in both arms ({asks} more asks) would settle it");
            (Verdict::NotEnoughEvidence, told)
        }
        (false, _) => {
            let told = format!(
                "{figures}; one-sided exact p = {p:.3}, at most {} is asked for; {} more won and none lost would settle it",
                rules.max_p,
                questions(more.wins)
            );
            (Verdict::NotEnoughEvidence, told)
        }
    }
}

fn questions(count: usize) -> String {
    if count == 1 { "1 question".to_owned() } else { format!("{count} questions") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(wins: usize, losses: usize) -> Measured {
        Measured {
            proposed: true,
            learn: Paired { wins, losses, same: 30 },
            holdout: Some(Paired { same: 15, ..Paired::default() }),
            confirmed: true,
            look: 1,
            ..Measured::default()
        }
    }

    fn verdict(measured: Measured) -> Verdict {
        decide(&measured, &DecisionRules::default()).verdict
    }

    #[test]
    fn the_decision_table() {
        assert_eq!(verdict(measured(3, 0)), Verdict::Improved);
        assert_eq!(verdict(measured(2, 0)), Verdict::NotEnoughEvidence, "p = .25");
        assert_eq!(verdict(measured(5, 1)), Verdict::Improved, "p = .109");
        assert_eq!(verdict(measured(4, 1)), Verdict::NotEnoughEvidence, "p = .1875");
        assert_eq!(verdict(measured(0, 0)), Verdict::NoChange);
        assert_eq!(verdict(measured(2, 2)), Verdict::NoChange);
        assert_eq!(verdict(measured(1, 2)), Verdict::Harm);
        assert_eq!(verdict(Measured { proposed: false, ..measured(9, 0) }), Verdict::NoChange);
        assert_eq!(verdict(Measured { noise_free: true, ..measured(1, 0) }), Verdict::Improved);
        assert_eq!(verdict(Measured { confirmed: false, ..measured(9, 0) }), Verdict::NotEnoughEvidence);
        assert_eq!(verdict(Measured { lost: 9, ..measured(9, 0) }), Verdict::NotEnoughEvidence);
    }

    #[test]
    fn the_holdout_can_only_stop() {
        let harmed = Measured { holdout: Some(Paired { wins: 0, losses: 1, same: 14 }), ..measured(9, 0) };
        assert_eq!(verdict(harmed), Verdict::Harm);
        let told = |holdout| decide(&Measured { holdout, ..measured(9, 0) }, &DecisionRules::default()).holdout;
        assert_eq!(told(None), Holdout::Unverified);
        assert_eq!(told(Some(Paired { wins: 1, losses: 1, same: 13 })), Holdout::NotShown);
        assert_eq!(told(Some(Paired { wins: 8, losses: 0, same: 10 })), Holdout::Shown);
    }

    #[test]
    fn what_the_holdout_wins_counts_with_the_rest() {
        let with =
            |wins, losses, look| Measured { holdout: Some(Paired { wins, losses, same: 15 }), look, ..measured(2, 0) };
        assert_eq!(verdict(with(0, 0, 1)), Verdict::NotEnoughEvidence, "2 of 2: p = .25");
        assert_eq!(verdict(with(1, 0, 1)), Verdict::Improved, "3 of 3: p = .125");
        assert_eq!(verdict(with(2, 1, 1)), Verdict::NotEnoughEvidence, "4 of 5: p = .1875");
        assert_eq!(verdict(with(3, 1, 1)), Verdict::Improved, "5 of 6: p = .109");
        assert_eq!(verdict(with(1, 0, 2)), Verdict::NotEnoughEvidence, "the second look asks for .075");
        assert_eq!(verdict(with(2, 0, 2)), Verdict::Improved, "4 of 4: p = .0625");
        assert_eq!(verdict(with(9, 0, 4)), Verdict::NotEnoughEvidence, "the looks are spent");
        assert_eq!(verdict(Measured { confirmed: false, ..with(9, 0, 1) }), Verdict::NotEnoughEvidence);
        let nothing_learnt = Measured { learn: Paired { same: 30, ..Paired::default() }, ..with(9, 0, 1) };
        assert_eq!(verdict(nothing_learnt), Verdict::NoChange, "what won nothing where it was aimed proves nothing");
    }

    #[test]
    fn looks_wear_the_holdout_out() {
        let rules = DecisionRules::default();
        let at = |look, wins| {
            let holdout = Some(Paired { wins, losses: 0, same: 20 - wins });
            decide(&Measured { look, holdout, ..measured(9, 0) }, &rules)
        };
        let shown = |look| (1..20).find(|wins| at(look, *wins).holdout == Holdout::Shown);
        assert!(shown(1) < shown(3), "a later look asks for more: {:?}, {:?}", shown(1), shown(3));
        assert_eq!(shown(4), None, "the budget is spent");
        assert!(at(4, 9).notes[0].contains("4 contents"), "{:?}", at(4, 9).notes);
        assert_eq!(at(4, 9).verdict, Verdict::Improved, "the learn set still proves what it proves");
        assert!((level_at(2, &rules) - 0.975).abs() < 1e-9);
    }

    #[test]
    fn without_a_holdout_the_verdict_says_so() {
        let told = decide(&Measured { holdout: None, noise_free: true, ..measured(1, 0) }, &DecisionRules::default());
        assert_eq!((told.verdict, told.holdout), (Verdict::Improved, Holdout::Unverified));
        assert!(told.reason.contains("unverified") && told.notes[0].contains("no holdout"), "{told:?}");
    }

    #[test]
    fn what_would_settle_it() {
        let rules = DecisionRules::default();
        assert_eq!(needed(2, 0, &rules), Needed { wins: 1, asks: 8 });
        assert_eq!(needed(3, 3, &rules).wins, 5);
        assert_eq!(needed(3, 0, &rules).wins, 0);
        let open = decide(&measured(2, 0), &rules);
        assert!(open.reason.contains("1 question more won"), "{}", open.reason);
        let none = needed(0, 100, &DecisionRules { max_p: 0.0, ..rules });
        assert!(none.wins >= 100);
    }
}
