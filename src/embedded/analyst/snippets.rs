//! Measures, filters and expressions of the space, checked and ready to use.

use super::fragment::{Fragment, localise};
use super::frame::Expr;
use super::schema::{Schema, TableId};
use crate::model::{Snippet, SnippetKind};
use std::collections::BTreeMap;

/// One snippet; `fragment` is none where its SQL is not usable.
pub struct Usable {
    pub kind: SnippetKind,
    pub name: String,
    pub fragment: Option<Fragment>,
    /// Its instruction says that it always holds.
    pub always: bool,
}

pub fn usable(schema: &Schema, snippets: &[Snippet]) -> Vec<Usable> {
    snippets
        .iter()
        .map(|snippet| {
            let fragment = localise(schema, &snippet.sql, &BTreeMap::new(), home(schema, snippet)).ok();
            let name = if snippet.alias.is_empty() { &snippet.display_name } else { &snippet.alias };
            Usable { kind: snippet.kind, name: name.clone(), fragment, always: always(&snippet.instruction) }
        })
        .collect()
}

/// The table that a snippet's text names, for columns written without one.
fn home(schema: &Schema, snippet: &Snippet) -> Option<TableId> {
    let text = format!("{} {} {}", snippet.instruction, snippet.comment, snippet.display_name).to_lowercase();
    (0..schema.tables.len()).find(|t| text.contains(&schema.tables[*t].short_name()))
}

pub fn always(text: &str) -> bool {
    let lower = text.to_lowercase();
    const FORMS: [&str; 12] = [
        "always",
        "by default",
        "every query",
        "all queries",
        "every question",
        "all questions",
        "unless",
        "항상",
        "기본",
        "모든 질문",
        "immer",
        "standardmäßig",
    ];
    FORMS.iter().any(|form| lower.contains(form)) && !lower.contains("not always")
}

pub fn raw(fragment: &Fragment) -> Expr {
    Expr::Raw { sql: fragment.sql.clone(), tables: fragment.tables.clone(), aggregate: fragment.aggregate }
}
