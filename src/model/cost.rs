//! What a run uses up.

use serde::{Deserialize, Serialize};

/// Amounts of everything that is paid for or waited for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Questions to Genie, retries included.
    pub questions: u64,
    /// Statements run on the SQL warehouse.
    pub statements: u64,
    /// Their time, one after the other; what a warehouse charges for is at most this.
    pub sql_seconds: f64,
    /// What these seconds cost at most on a warehouse of the declared size.
    pub dbu: f64,
    /// Tokens of the language model, read and written.
    pub tokens: u64,
    /// US dollars, for the model and the warehouse, as far as prices are declared.
    pub usd: f64,
    /// From start to end.
    pub seconds: f64,
}
