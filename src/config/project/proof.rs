//! How a change is proved: the constants of the search and of the decision.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a change is proved. The defaults come from simulations of a service whose answers vary.
/// `cargo bench --bench proof` measures how often a plan made with them is called improved, with and
/// without a change that helps; its header has the figures measured so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Proof {
    /// How often a question whose outcome changed is asked again, in both arms. Only one that gives
    /// the same outcome every time counts as won or lost: two repeats let one in sixteen questions
    /// pass that are right every other time, one repeat one in four.
    #[schemars(range(min = 1, max = 20), example = 2)]
    pub repeats: u32,
    /// Repeated answers, all with the same outcome, from which on the service counts as free of
    /// noise; then any gain without loss is one. Twelve find a service of which a fifth of the
    /// answers vary in 93 % of cases.
    #[schemars(range(min = 1, max = 1000), example = 12)]
    pub steady_repeats: u32,
    /// Where answers vary: least questions won minus questions lost.
    #[schemars(range(min = 1, max = 1000), example = 2)]
    pub margin: u32,
    /// Where answers vary: largest one-sided exact p of McNemar's test (Dietterich 1998) over the
    /// questions of the learn set that were won or lost, or over those of learn set and holdout
    /// together (at the second look at a holdout half of it, and so on). Looser than the usual .05,
    /// since these are confirmed by repeats already; .05 would find one gain of ten points in four.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.15)]
    pub max_p: f64,
    /// Share of questions without an outcome in one arm or the other above which nothing is decided.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.10)]
    pub max_lost: f64,
    /// Level of the interval around the holdout's gain, which counts as shown above zero (Bayesian,
    /// Dirichlet(1/2): no normal approximation under some hundred questions, Bowyer et al. 2025).
    #[schemars(range(min = 0.5, max = 0.999), example = 0.95)]
    pub level: f64,
    /// Contents that one holdout can be asked about before it shows no gain any more; each look has
    /// half the error of the one before (the reusable holdout, Dwork et al. 2015; alpha spending).
    #[schemars(range(min = 1, max = 1000), example = 3)]
    pub looks: u32,
    /// Changes that break something which are looked for in a round, by bisection, before the rest
    /// of the bundle is given up.
    #[schemars(range(min = 0, max = 1000), example = 24)]
    pub culprits: u32,
    /// Right questions with a table or a word in common with a round's changes that are asked before
    /// everything is: enough to see harm while it is cheap to mend.
    #[schemars(range(min = 0, max = 10_000), example = 12)]
    pub sample: u32,
    /// Failing questions of a round that are tried with their own changes alone, to find what hides
    /// their gain.
    #[schemars(range(min = 0, max = 1000), example = 12)]
    pub masked: u32,
    /// Repairs of the final set: something needed that was taken out, harm that showed up late.
    #[schemars(range(min = 0, max = 1000), example = 12)]
    pub repairs: u32,
    /// Id of a space of yours to prove on, in place of a copy that is made and removed. Its content
    /// is replaced while a plan is made, under a title that says so, and written back at the end;
    /// after a run that was killed, by the next one or by `shadows gc`.
    #[schemars(regex(pattern = r"^[0-9a-fA-F]{32}$"), example = &"01f0a1b2c3d4e5f60718293a4b5c6d7e")]
    pub space: Option<String>,
}

impl Default for Proof {
    fn default() -> Self {
        Self {
            repeats: 2,
            steady_repeats: 12,
            margin: 2,
            max_p: 0.15,
            max_lost: 0.10,
            level: 0.95,
            looks: 3,
            culprits: 24,
            sample: 12,
            masked: 12,
            repairs: 12,
            space: None,
        }
    }
}
