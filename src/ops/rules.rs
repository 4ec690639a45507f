//! The constants of proving, as they are configured.

use crate::stats::DecisionRules;
use crate::trial::Limits;

/// How a change is proved. Defaults and their sources stand at `proof` in the project's schema.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofRules {
    pub decision: DecisionRules,
    /// Repeated answers, all with the same outcome, from which on the service counts as free of
    /// noise.
    pub steady_repeats: usize,
    pub limits: Limits,
    /// A space of the owner's to prove on, in place of a copy.
    pub space: Option<String>,
}

impl Default for ProofRules {
    fn default() -> Self {
        Self { decision: DecisionRules::default(), steady_repeats: 12, limits: Limits::default(), space: None }
    }
}
