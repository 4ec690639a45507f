//! Guards: one rule a file, a registry, levels and waivers.
//!
//! A guard looks at a finished plan and names what speaks against it. Levels: an *advisory* guard
//! only tells, a *mandatory* one blocks unless a waiver lifts it, a *hard* one always blocks. The
//! usual set is on without configuration; configuring a rule replaces its default.

mod evaluate;
pub mod leak;
mod owned;
mod params;
mod reference;
mod rules;

#[cfg(test)]
mod tests;

pub use evaluate::{blocks, check_config, evaluate, most_changes};
pub use leak::{Golds, Leak};
pub use owned::{lost_text, open_texts};
pub use params::{Param, ParamError, Params};
pub use reference::reference;

use crate::model::{
    Catalog, Digest, Evidence, Generated, GuardLevel, PlannedChange, QuestionOutcome, ScorePair, Space, Suite,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// All that guards may look at.
pub struct GuardInput<'a> {
    /// What the plan stands on.
    pub base: &'a Space,
    /// Nothing stands in the workspace yet: all that is declared is a change.
    pub is_first: bool,
    /// What is to stand there afterwards.
    pub target: &'a Space,
    pub changes: &'a [PlannedChange],
    pub score: &'a ScorePair,
    pub questions: &'a [QuestionOutcome],
    /// Questions whose repeats did not agree; they can neither win nor lose.
    pub flaky: &'a BTreeSet<String>,
    pub suite: &'a Suite,
    pub evidence: &'a Evidence,
    /// Share of right answers that is aimed at, 0 to 1.
    pub target_score: f64,
    pub catalog: &'a Catalog,
    pub facts: &'a Facts,
}

/// What a guard cannot see in the plan itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// SQL of changes that does not run on the warehouse: the error, by address.
    pub sql_failures: BTreeMap<String, String>,
    /// Most questions that the project allows for one run; none for no limit.
    pub question_budget: Option<u64>,
    /// The benchmarks of the plan that was applied last; none if there is none, or it is not kept.
    pub applied_benchmarks: Option<Digest>,
    /// What applied plans wrote, as far as they are kept.
    pub generated: Generated,
}

/// One configured guard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuardConfig {
    pub rule: String,
    /// None: the rule's own level.
    pub level: Option<GuardLevel>,
    pub params: Map<String, Value>,
}

/// Somebody's written permission to pass a guard for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiver {
    pub rule: String,
    /// A question's or change's id, or an address with all that is below it; empty for all.
    pub scope: String,
    pub reason: String,
    pub owner: String,
    /// The last day it holds: `2026-12-31`.
    pub expires: String,
}

/// One thing that speaks against the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Question id, change id or address; empty for the plan as a whole.
    pub subject: String,
    pub message: String,
}

impl Violation {
    pub(crate) fn new(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { subject: subject.into(), message: message.into() }
    }

    /// Of the plan as a whole.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self::new("", message)
    }
}

/// What a guard found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub violations: Vec<Violation>,
    /// So many of them are tolerated.
    pub allowed: usize,
    /// What is told when the guard holds.
    pub passed: String,
}

impl Finding {
    pub(crate) fn none_allowed(violations: Vec<Violation>, passed: impl Into<String>) -> Self {
        Self { violations, allowed: 0, passed: passed.into() }
    }
}

/// One rule.
pub trait Guard: Sync {
    /// Its name in configuration.
    fn rule(&self) -> &'static str;
    /// Stable code, for `explain`.
    fn code(&self) -> &'static str;
    /// The level without configuration; `Off` for rules that must be asked for.
    fn default_level(&self) -> GuardLevel;
    /// What it checks and why, for people.
    fn explain(&self) -> &'static str;
    fn params(&self) -> &'static [Param] {
        &[]
    }
    /// Looks at the plan. Parameters have been checked before.
    fn check(&self, input: &GuardInput, params: &Params) -> Finding;
}

/// All rules, in the order in which they are told.
pub fn all() -> &'static [&'static dyn Guard] {
    &rules::ALL
}

/// The rule of this name or code.
pub fn find(name: &str) -> Option<&'static dyn Guard> {
    all().iter().copied().find(|guard| guard.rule() == name || guard.code() == name)
}
