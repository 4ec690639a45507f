//! Clusters: failures of one cause, and the levers that reach it, the smallest structured one first.

use super::cause::Cause;
use super::input::Case;
use super::prompts::PromptKind;
use crate::model::Category;
use std::collections::{BTreeMap, BTreeSet};

/// Failing questions with the same cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub kind: &'static str,
    /// The first of the causes, in words.
    pub cause: String,
    /// What may close it, in the order in which it is to be tried.
    pub levers: &'static [Category],
    pub questions: BTreeSet<String>,
}

/// The causes of all failures in groups, the largest first.
pub(crate) fn clusters(cases: &[Case]) -> Vec<Cluster> {
    let mut groups: BTreeMap<(&'static str, String), Cluster> = BTreeMap::new();
    for case in cases {
        for cause in &case.gap.causes {
            let new = || Cluster {
                kind: cause.kind(),
                cause: cause.to_string(),
                levers: levers(cause),
                questions: BTreeSet::new(),
            };
            let cluster = groups.entry((cause.kind(), subject(cause))).or_insert_with(new);
            cluster.questions.insert(case.id.clone());
        }
    }
    let mut clusters: Vec<Cluster> = groups.into_values().collect();
    clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.questions.len()));
    clusters
}

impl Cluster {
    /// True if a prompt's category is among the levers; what is too much is a matter of deletions.
    pub(crate) fn is_for(&self, kind: PromptKind) -> bool {
        match kind.category() {
            Some(category) => self.levers.contains(&category),
            None => self.kind.starts_with("extra") || self.kind.starts_with("wrong"),
        }
    }
}

/// What is missing or wrong, whatever stands in its place.
fn subject(cause: &Cause) -> String {
    match cause {
        Cause::MissingTable(table) | Cause::ExtraTable(table) => table.clone(),
        Cause::WrongTable { expected, .. } => expected.clone(),
        Cause::MissingColumn(column) | Cause::ExtraColumn(column) => column.to_string(),
        Cause::WrongColumn { expected, .. } => expected.to_string(),
        Cause::MissingJoin(join) | Cause::ExtraJoin(join) => format!("{} {}", join.left, join.right),
        Cause::WrongJoin { expected, .. } => format!("{} {}", expected.left, expected.right),
        Cause::MissingFilter(key) | Cause::ExtraFilter(key) => key.clone(),
        Cause::WrongLiteral { column, .. } => column.to_string(),
        Cause::MissingAggregate(key) | Cause::ExtraAggregate(key) => key.clone(),
        Cause::WrongAggregate { expected, .. } => expected.clone(),
        Cause::WrongWindow { expected, .. } => {
            let shapes = expected.iter().map(|window| format!("{} {}", window.operator, window.shape));
            shapes.collect::<Vec<_>>().join(" ")
        }
        Cause::WrongGrain { expected, .. } => {
            expected.iter().map(|grain| grain.unit.clone()).collect::<Vec<_>>().join(" ")
        }
        Cause::UnknownWord(word) => word.clone(),
        Cause::NoSql
        | Cause::BadSql
        | Cause::WrongOrder
        | Cause::WrongLimit { .. }
        | Cause::WrongDigits { .. }
        | Cause::OutputColumns { .. } => String::new(),
    }
}

fn levers(cause: &Cause) -> &'static [Category] {
    use Category::{Instructions, JoinSpecs, Metadata, SampleQueries, SqlSnippets};
    match cause {
        Cause::MissingTable(_) | Cause::ExtraTable(_) | Cause::WrongTable { .. } => {
            &[Metadata, JoinSpecs, SampleQueries]
        }
        Cause::MissingColumn(_) | Cause::ExtraColumn(_) | Cause::WrongColumn { .. } => &[Metadata, SqlSnippets],
        Cause::WrongLiteral { .. } => &[Metadata, SqlSnippets],
        Cause::UnknownWord(_) => &[Metadata, SqlSnippets, Instructions],
        Cause::MissingJoin(_) | Cause::WrongJoin { .. } | Cause::ExtraJoin(_) => &[JoinSpecs, SampleQueries],
        Cause::MissingFilter(_) | Cause::ExtraFilter(_) => &[SqlSnippets, Instructions],
        Cause::MissingAggregate(_) | Cause::ExtraAggregate(_) | Cause::WrongAggregate { .. } => {
            &[SqlSnippets, SampleQueries]
        }
        Cause::WrongGrain { .. } => &[SqlSnippets, SampleQueries],
        Cause::WrongWindow { .. } | Cause::WrongDigits { .. } => &[SampleQueries, Instructions],
        Cause::WrongOrder | Cause::WrongLimit { .. } | Cause::OutputColumns { .. } => &[SampleQueries, Instructions],
        Cause::NoSql | Cause::BadSql => &[Metadata, JoinSpecs, SqlSnippets, SampleQueries],
    }
}
