//! Aggregates the engine lacks or computes otherwise than Spark.

mod average;
mod collect;
mod finish;

use datafusion::logical_expr::AggregateUDF;

/// Every aggregate of this program.
pub(crate) fn aggregates() -> Vec<AggregateUDF> {
    let mut all: Vec<AggregateUDF> = finish::collected().into_iter().map(AggregateUDF::from).collect();
    all.push(AggregateUDF::from(average::Average::new()));
    all
}
