//! How questions are asked, run and judged.

use super::units::Timespan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How questions are asked, run and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scoring {
    /// `batch` asks several questions at the same time; `sequential` one after the other.
    pub mode: ScoringMode,
    pub genie: GenieLimits,
    pub sql: SqlLimits,
    pub judge: JudgeLimits,
    pub breaker: Breaker,
    /// How often each question is asked. Genie's answers vary; more repeats cost more and show
    /// how much.
    #[schemars(range(min = 1, max = 20), example = 1)]
    pub repeats: u32,
}

impl Default for Scoring {
    fn default() -> Self {
        Self {
            mode: ScoringMode::Batch,
            genie: GenieLimits::default(),
            sql: SqlLimits::default(),
            judge: JudgeLimits::default(),
            breaker: Breaker::default(),
            repeats: 1,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScoringMode {
    Batch,
    Sequential,
}

/// Limits for questions to Genie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GenieLimits {
    /// Questions at the same time.
    #[schemars(range(min = 1, max = 64), example = 3)]
    pub concurrency: u32,
    /// Further attempts after a failure of the service.
    #[schemars(range(min = 0, max = 20), example = 2)]
    pub retries: u32,
    /// Wait before the first further attempt; doubles with each.
    pub backoff: Timespan,
    /// Most time for one answer.
    pub timeout: Timespan,
    /// Questions a minute. Default: 5 on Databricks, no limit on a local workspace.
    #[schemars(range(min = 1, max = 100_000), example = 5)]
    pub per_minute: Option<u32>,
}

impl Default for GenieLimits {
    fn default() -> Self {
        Self {
            concurrency: 3,
            retries: 2,
            backoff: Timespan::seconds(5),
            timeout: Timespan::seconds(120),
            per_minute: None,
        }
    }
}

/// Limits for SQL statements on the warehouse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SqlLimits {
    /// Statements at the same time.
    #[schemars(range(min = 1, max = 256), example = 10)]
    pub concurrency: u32,
    /// Most time for one statement.
    pub timeout: Timespan,
    /// What the warehouse uses up in an hour, in DBU; for the cost report. A 2X-Small takes 4.
    #[schemars(range(min = 0.0), example = 4)]
    pub dbu_per_hour: f64,
    /// Price of a DBU, in US dollars; counts against `budget.usd`.
    #[schemars(range(min = 0.0))]
    pub usd_per_dbu: f64,
}

impl Default for SqlLimits {
    fn default() -> Self {
        Self { concurrency: 10, timeout: Timespan::seconds(60), dbu_per_hour: 0.0, usd_per_dbu: 0.0 }
    }
}

/// How undecided results are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JudgeLimits {
    /// Questions in one request to the judge.
    #[schemars(range(min = 1, max = 100), example = 10)]
    pub chunk: u32,
}

impl Default for JudgeLimits {
    fn default() -> Self {
        Self { chunk: 10 }
    }
}

/// When to stop asking a service that fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// Failures in a row that open the breaker.
    #[schemars(range(min = 1, max = 1000), example = 5)]
    pub failures: u32,
    /// Wait before one request may try again.
    pub cool_down: Timespan,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: 5, cool_down: Timespan::seconds(60) }
    }
}
