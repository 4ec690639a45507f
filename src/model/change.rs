//! A change: one place in a space with what stands there before and after.

use super::address::Address;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// One change. Both sides are inside, so it can be shown, checked for conflict and inverted
/// without the space. A value is the element as it stands in the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub address: Address,
    /// None: nothing is there before.
    pub before: Option<Value>,
    /// None: nothing is there afterwards.
    pub after: Option<Value>,
}

impl Change {
    pub fn add(address: Address, after: Value) -> Self {
        Self { address, before: None, after: Some(after) }
    }

    pub fn remove(address: Address, before: Value) -> Self {
        Self { address, before: Some(before), after: None }
    }

    pub fn update(address: Address, before: Value, after: Value) -> Self {
        Self { address, before: Some(before), after: Some(after) }
    }

    pub fn action(&self) -> Action {
        match (&self.before, &self.after) {
            (None, _) => Action::Add,
            (Some(_), None) => Action::Remove,
            (Some(_), Some(_)) => Action::Update,
        }
    }

    /// The change that undoes this one.
    pub fn inverted(&self) -> Self {
        Self { address: self.address.clone(), before: self.after.clone(), after: self.before.clone() }
    }

    pub fn category(&self) -> Category {
        Category::of(&self.address)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Add,
    Update,
    Remove,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Remove => "remove",
        })
    }
}

/// The five categories of fixes, and the rest of a space, which tuning never touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Metadata,
    JoinSpecs,
    SqlSnippets,
    SampleQueries,
    Instructions,
    /// Title, warehouse, sample questions, benchmarks, functions, the set of tables.
    Other,
}

impl Category {
    /// The five categories, smallest lever first: structure before prose.
    pub const FIXES: [Self; 5] =
        [Self::Metadata, Self::JoinSpecs, Self::SqlSnippets, Self::SampleQueries, Self::Instructions];

    pub fn of(address: &Address) -> Self {
        let segments: Vec<&str> = address.segments().iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["data_sources", "tables" | "metric_views", _, _, ..] => Self::Metadata,
            ["instructions", "join_specs", ..] => Self::JoinSpecs,
            ["instructions", "sql_snippets", ..] => Self::SqlSnippets,
            ["instructions", "example_question_sqls", ..] => Self::SampleQueries,
            ["instructions", "text_instructions", ..] => Self::Instructions,
            _ => Self::Other,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::JoinSpecs => "join_specs",
            Self::SqlSnippets => "sql_snippets",
            Self::SampleQueries => "sample_queries",
            Self::Instructions => "instructions",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
