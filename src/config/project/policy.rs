//! Guards, waivers and the budget.

use super::units::Count;
use crate::model::GuardLevel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A rule that a plan must keep. Keys beside `rule` and `level` are the rule's own, such as
/// `max: 25`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Guard {
    /// Name of the rule; `genie-enhance explain guards` lists them.
    #[schemars(length(min = 1), example = &"regressions")]
    pub rule: String,
    /// `off`; `advisory`: only reported; `mandatory`: blocks the plan; `hard`: as mandatory, and
    /// no waiver lifts it.
    #[serde(default = "mandatory")]
    pub level: GuardLevel,
    #[serde(flatten)]
    pub params: Map<String, Value>,
}

fn mandatory() -> GuardLevel {
    GuardLevel::Mandatory
}

pub(super) fn default_guards() -> Vec<Guard> {
    let guard = |rule: &str, level: GuardLevel, params: Value| Guard {
        rule: rule.to_owned(),
        level,
        params: params.as_object().cloned().unwrap_or_default(),
    };
    vec![
        guard("regressions", GuardLevel::Mandatory, json!({"max": 0})),
        guard("gold-leak", GuardLevel::Hard, json!({})),
        guard("changes", GuardLevel::Mandatory, json!({"max": 40})),
    ]
}

/// A permitted exception from one guard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Name of the waived rule.
    #[schemars(length(min = 1), example = &"regressions")]
    pub rule: String,
    /// What it is waived for: a question's id, or the start of an address in the space, such as
    /// `tables/main.sales.orders`. Without it: for everything.
    #[serde(default)]
    pub scope: Option<String>,
    /// Why.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Who answers for it.
    #[schemars(length(min = 1), example = &"analytics@example.com")]
    pub owner: String,
    /// Last day on which it holds, `YYYY-MM-DD`.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"), example = &"2026-12-31")]
    pub expires: String,
}

/// What one run may use up. A run stops cleanly when one of these is reached, and says so. What
/// is left open has a default on Databricks, and no limit in a local workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Questions to Genie. Default on Databricks: 400.
    pub questions: Option<Count>,
    /// Tokens of the language model, read and written. Default on Databricks: 2M.
    pub tokens: Option<Count>,
    /// Minutes from start to end. Default on Databricks: 120.
    #[schemars(range(min = 0.0), example = 120)]
    pub minutes: Option<f64>,
    /// US dollars for the language model; needs its prices. Default on Databricks: 5.
    #[schemars(range(min = 0.0), example = 5)]
    pub usd: Option<f64>,
}

impl Budget {
    /// The budget with Databricks' defaults for what is left open.
    pub fn with_defaults(&self) -> Self {
        Self {
            questions: self.questions.or(Some(Count(400))),
            tokens: self.tokens.or(Some(Count(2_000_000))),
            minutes: self.minutes.or(Some(120.0)),
            usd: self.usd.or(Some(5.0)),
        }
    }
}
