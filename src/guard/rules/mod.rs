//! The rules, one a file.

mod benchmark_change;
mod budget;
mod categories;
mod changes;
mod coverage;
mod destructive;
mod evidence_per_change;
mod expression;
mod foreign_catalog;
mod gold_health;
mod gold_leak;
mod holdout;
mod human_text;
mod limits;
mod minimum_gain;
mod personal_data;
mod protected;
mod regressions;
mod secrets;
mod sql_read_only;
mod sql_runs;
mod stale_benchmark;
mod tables_allowed;
mod target;

use super::params::ParamDefault;
use super::{Finding, Guard, GuardInput, Param, Params, Violation};
use crate::model::{GuardLevel, texts_in};

pub(super) static ALL: [&dyn Guard; 24] = [
    &target::Target,
    &minimum_gain::MinimumGain,
    &regressions::Regressions,
    &protected::Protected,
    &holdout::Holdout,
    &coverage::Coverage,
    &changes::Changes,
    &categories::Categories,
    &evidence_per_change::EvidencePerChange,
    &gold_leak::GoldLeak,
    &human_text::HumanText,
    &destructive::Destructive,
    &sql_read_only::SqlReadOnly,
    &tables_allowed::TablesAllowed,
    &limits::Limits,
    &secrets::Secrets,
    &gold_health::GoldHealth,
    &stale_benchmark::StaleBenchmark,
    &benchmark_change::BenchmarkChange,
    &budget::Budget,
    &sql_runs::SqlRuns,
    &foreign_catalog::ForeignCatalog,
    &personal_data::PersonalData,
    &expression::Expression,
];

/// All texts that a plan's changes put into the space: the change's id, the place, the text.
fn added_texts(input: &GuardInput) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for planned in input.changes {
        if let Some(after) = &planned.change.after {
            let mut found = Vec::new();
            texts_in(&planned.change.address.to_string(), after, &mut found);
            all.extend(found.into_iter().map(|(path, text)| (planned.id.clone(), path, text)));
        }
    }
    all
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
