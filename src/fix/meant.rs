//! What a change means, whatever its spelling: two candidates that mean the same are one, and two
//! that give one name to different things collide.

use super::input::{Context, join_columns, table_aliases, whole};
use crate::model::{Candidate, Change, Join, RejectionReason, SnippetKind, joined_text};
use crate::sql::{ColumnRef, Features, read_expression};
use crate::text::compact;
use serde_json::Value;
use std::collections::BTreeSet;

/// The meaning of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    Join(BTreeSet<(ColumnRef, ColumnRef)>),
    Snippet { kind: SnippetKind, key: String, alias: String },
    Synonym { table: String, column: String, word: String },
    Example(String),
    Line(String),
}

/// The meanings of what a candidate adds.
pub(super) fn meanings(context: &Context, candidate: &Candidate) -> Vec<Meant> {
    candidate.changes.iter().filter_map(|change| meaning(context, &whole(context.space, change))).collect()
}

fn meaning(context: &Context, change: &Change) -> Option<Meant> {
    let value = change.after.as_ref()?;
    let text = |key: &str| value.get(key).and_then(joined_text).unwrap_or_default();
    let segments: Vec<&str> = change.address.segments().iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["data_sources", _, table, "column_configs", column, "synonyms", word] => {
            Some(Meant::Synonym { table: table.to_lowercase(), column: column.to_lowercase(), word: compact(word) })
        }
        ["instructions", "join_specs", _] => {
            let pairs = join_columns(&join_of(value), &context.names);
            (!pairs.is_empty()).then_some(Meant::Join(pairs))
        }
        ["instructions", "sql_snippets", list, _] => {
            let kind = SnippetKind::ALL.into_iter().find(|kind| kind.list() == *list)?;
            let (fragment, _) = read_expression(&text("sql"), &table_aliases(&context.view), &context.names).ok()?;
            Some(Meant::Snippet { kind, key: fragment.key, alias: text("alias").to_lowercase() })
        }
        ["instructions", "example_question_sqls", _] => {
            Features::of(&text("sql"), &context.names).ok().map(|features| Meant::Example(features.normal))
        }
        ["instructions", "text_instructions", _, "content", _, line] => Some(Meant::Line(compact(line))),
        _ => None,
    }
}

/// A join spec as it stands in a document.
pub(super) fn join_of(value: &Value) -> Join {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Join {
        left_table: text("/left/identifier"),
        left_alias: text("/left/alias"),
        right_table: text("/right/identifier"),
        right_alias: text("/right/alias"),
        condition: text("/sql/0"),
        ..Join::default()
    }
}

impl Meant {
    /// What speaks against adding this beside the other.
    pub(super) fn clash(&self, other: &Self) -> Option<(RejectionReason, &'static str)> {
        let (duplicate, conflict) = (RejectionReason::Duplicate, RejectionReason::Conflict);
        match (self, other) {
            (
                Self::Synonym { table, column, word },
                Self::Synonym { table: their_table, column: their_column, word: their_word },
            ) if table == their_table && word == their_word => match column == their_column {
                true => Some((duplicate, "adds the same synonym")),
                false => Some((conflict, "makes the word a synonym of another column")),
            },
            (Self::Snippet { kind, key, alias }, Self::Snippet { kind: their_kind, key: their_key, alias: theirs }) => {
                match (kind == their_kind && key == their_key, !alias.is_empty() && alias == theirs) {
                    (true, _) => Some((duplicate, "adds the same SQL")),
                    (false, true) => Some((conflict, "uses the same alias")),
                    (false, false) => None,
                }
            }
            (Self::Join(_), Self::Join(_)) | (Self::Example(_), Self::Example(_)) | (Self::Line(_), Self::Line(_)) => {
                (self == other).then_some((duplicate, "adds the same"))
            }
            _ => None,
        }
    }
}
