//! What a prompt shows: the part of space, patterns and failures that it is about, the nearest to
//! the failures first, each within a room of its own, so that no space is too large to be shown.

use super::clusters::{Cluster, clusters};
use super::input::{Context, FixInput, table_aliases};
use super::prompts::PromptKind;
use crate::model::{CatalogColumn, CatalogTable};
use crate::sql::{ColumnRef, Features, read_expression};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Rooms in bytes of JSON; together about 25,000 tokens.
const TABLES: usize = 32_000;
const SPACE: usize = 20_000;
const PATTERNS: usize = 14_000;
const CLUSTERS: usize = 8_000;
const FAILURES: usize = 28_000;

const MAX_FAILURES: usize = 20;
const MAX_CLUSTERS: usize = 40;
const MAX_PATTERNS: usize = 60;
const MAX_SQL: usize = 4_000;
const MAX_SAID: usize = 500;
const MAX_SYNONYMS: usize = 20;

/// The data of a prompt, by the name of its block.
pub(super) fn blocks(kind: PromptKind, input: &FixInput) -> [(&'static str, Value); 5] {
    let context = Context::of(input);
    let about = tables_of_failures(&context);
    let all = clusters(&context.cases);
    let mine: Vec<&Cluster> = all.iter().filter(|cluster| cluster.is_for(kind)).take(MAX_CLUSTERS).collect();
    [
        ("tables", tables(&context, &about)),
        ("space", space(&context, &about)),
        ("patterns", patterns(input, &about)),
        ("clusters", clustered(&mine)),
        ("failures", failures(input, &context, &mine)),
    ]
}

fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Items in order, as long as there is room.
fn within(mut room: usize, items: impl Iterator<Item = Value>) -> Vec<Value> {
    let fits = |item: &Value| {
        let size = item.to_string().len() + 1;
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    };
    items.take_while(fits).collect()
}

/// Full names of the tables in failing answers and their gold SQL.
fn tables_of_failures(context: &Context) -> BTreeSet<String> {
    let of_case = |case: &super::input::Case| {
        let answered = case.gap.answer.iter().flat_map(|answer| &answer.tables);
        case.gap.gold.tables.iter().chain(answered).cloned().collect::<Vec<_>>()
    };
    context.cases.iter().flat_map(of_case).collect()
}

/// The tables that the failures are about. The columns that they use come first, over all tables;
/// others follow while there is room.
fn tables(context: &Context, about: &BTreeSet<String>) -> Value {
    let mut used: BTreeMap<ColumnRef, usize> = BTreeMap::new();
    for case in &context.cases {
        let answered = case.gap.answer.iter().flat_map(|answer| &answer.columns);
        case.gap.gold.columns.iter().chain(answered).for_each(|column| *used.entry(column.clone()).or_default() += 1);
    }
    let tables: Vec<&CatalogTable> =
        context.names.catalog().tables().filter(|table| about.contains(&table.full_name)).collect();
    let mut columns: Vec<(usize, usize, &CatalogColumn)> = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let count = |column: &CatalogColumn| used.get(&ColumnRef::new(&table.full_name, &column.name)).copied();
        columns.extend(table.columns.iter().map(|column| (count(column).unwrap_or(0), at, column)));
    }
    columns.sort_by_key(|(uses, ..)| std::cmp::Reverse(*uses));
    let mut shown: Vec<BTreeMap<usize, Value>> = vec![BTreeMap::new(); tables.len()];
    let mut room = TABLES.saturating_sub(tables.len() * (MAX_SAID / 2));
    for (_, at, column) in columns {
        let table = tables[at];
        let place = table.columns.iter().position(|have| std::ptr::eq(have, column)).unwrap_or_default();
        let value = one_column(context, table, column);
        let size = value.to_string().len() + 1;
        if size > room {
            break;
        }
        room -= size;
        shown[at].insert(place, value);
    }
    let one = |(table, columns): (&&CatalogTable, BTreeMap<usize, Value>)| {
        let left_out = table.columns.len() - columns.len();
        let columns: Vec<Value> = columns.into_values().collect();
        let mut entry = json!({"name": table.full_name, "comment": cut(&table.comment, MAX_SAID), "columns": columns});
        if left_out > 0 {
            entry["columns_left_out"] = json!(left_out);
        }
        entry
    };
    json!(within(TABLES, tables.iter().zip(shown).map(one)))
}

fn one_column(context: &Context, table: &CatalogTable, column: &CatalogColumn) -> Value {
    let config = context.table(&table.full_name).and_then(|entry| entry.column(&column.name));
    let mut shown = json!({"name": column.name, "type": column.type_text});
    // Most columns have none of these.
    let said = [("comment", column.comment.as_str()), ("description", config.map_or("", |c| c.description.as_str()))];
    for (name, text) in said.into_iter().filter(|(_, text)| !text.is_empty()) {
        shown[name] = json!(cut(text, MAX_SAID));
    }
    if let Some(config) = config.filter(|config| !config.synonyms.is_empty()) {
        shown["synonyms"] = json!(config.synonyms.iter().take(MAX_SYNONYMS).map(|s| cut(s, 100)).collect::<Vec<_>>());
    }
    shown
}

/// What the space says of these tables beside their entries, by address.
fn space(context: &Context, about: &BTreeSet<String>) -> Value {
    let view = &context.view;
    let aliases = table_aliases(view);
    let is_about = |tables: &BTreeSet<String>| tables.is_empty() || tables.iter().any(|table| about.contains(table));
    let full = |name: &str| context.names.table(name).map_or_else(|| name.to_owned(), |table| table.full_name.clone());
    let of_snippet = |sql: &str| {
        let read = read_expression(sql, &aliases, &context.names).ok();
        read.map(|(fragment, _)| fragment.tables().into_iter().map(str::to_owned).collect()).unwrap_or_default()
    };
    let snippets = view.snippets.iter().filter(|snippet| is_about(&of_snippet(&snippet.sql))).map(|snippet| {
        json!({
            "address": format!("{}/{}", snippet.kind.list(), snippet.id),
            "name": cut(&snippet.display_name, MAX_SAID),
            "sql": cut(&snippet.sql, MAX_SAID),
        })
    });
    let sides = |join: &crate::model::Join| BTreeSet::from([full(&join.left_table), full(&join.right_table)]);
    let joins = view.joins.iter().filter(|join| is_about(&sides(join))).map(|join| {
        json!({
            "address": format!("joins/{}", join.id),
            "left": join.left_table,
            "right": join.right_table,
            "on": cut(&join.condition, MAX_SAID),
        })
    });
    let of_example = |sql: &str| Features::of(sql, &context.names).map(|read| read.tables).unwrap_or_default();
    let examples = view.examples.iter().filter(|example| is_about(&of_example(&example.sql))).map(|example| {
        json!({
            "address": format!("examples/{}", example.id),
            "question": cut(&example.question, MAX_SAID),
            "sql": cut(&example.sql, MAX_SAID),
        })
    });
    let text = context.instruction().map_or("", |(_, content)| content);
    json!({
        "snippets": within(SPACE / 3, snippets),
        "joins": within(SPACE / 6, joins),
        "examples": within(SPACE / 4, examples),
        "text_instruction": cut(text, MAX_SQL),
    })
}

/// Patterns over the failures' tables, the best supported first.
fn patterns(input: &FixInput, about: &BTreeSet<String>) -> Value {
    let mut sorted: Vec<_> = input.patterns.iter().map(|learnt| &learnt.pattern).collect();
    sorted.retain(|pattern| pattern.tables.is_empty() || pattern.tables.iter().any(|table| about.contains(table)));
    sorted.sort_by_key(|pattern| (std::cmp::Reverse(pattern.support), pattern.id.clone()));
    let shown = sorted.into_iter().take(MAX_PATTERNS).map(|pattern| {
        json!({
            "id": pattern.id,
            "statement": cut(&pattern.statement, MAX_SAID),
            "terms": pattern.terms,
            "support": pattern.support,
        })
    });
    json!(within(PATTERNS, shown))
}

/// Failures by cause, the largest group first: those that this prompt's category may close.
fn clustered(mine: &[&Cluster]) -> Value {
    let shown = mine.iter().map(|cluster| {
        let ids: Vec<&String> = cluster.questions.iter().take(MAX_FAILURES).collect();
        // A smaller lever is tried first: it may have closed this before the text is read.
        let first = cluster.levers.first().map(|category| category.as_str());
        json!({"cause": cut(&cluster.cause, MAX_SAID), "count": cluster.questions.len(), "questions": ids, "first": first})
    });
    json!(within(CLUSTERS, shown))
}

/// One failure of each cluster, then a second one of each …: no cause is crowded out by another.
fn failures(input: &FixInput, context: &Context, mine: &[&Cluster]) -> Value {
    let longest = mine.iter().map(|cluster| cluster.questions.len()).max().unwrap_or(0);
    let mut order: Vec<&String> = Vec::new();
    for turn in 0..longest.min(MAX_FAILURES) {
        order.extend(mine.iter().filter_map(|cluster| cluster.questions.iter().nth(turn)));
    }
    order.extend(context.cases.iter().map(|case| &case.id));
    let mut seen = BTreeSet::new();
    order.retain(|id| seen.insert(*id));
    let shown = order.into_iter().take(MAX_FAILURES).filter_map(|id| {
        let case = context.cases.iter().find(|case| case.id == *id)?;
        let failure = input.failures.iter().find(|failure| failure.question.id == *id)?;
        let causes: Vec<String> =
            case.gap.causes.iter().take(12).map(|cause| cut(&cause.to_string(), MAX_SAID)).collect();
        Some(json!({
            "id": case.id,
            "question": cut(&failure.question.question, MAX_SAID),
            "expected_sql": cut(&failure.question.sql, MAX_SQL),
            "answered_sql": cut(failure.answer_sql.as_deref().unwrap_or_default(), MAX_SQL),
            "causes": causes,
        }))
    });
    json!(within(FAILURES, shown))
}
