//! Removals and corrections: what failing answers used because the space told them to, and no
//! gold SQL ever does.

use super::gaps::Gap;
use super::input::{Context, Draft, table_aliases};
use crate::model::{Address, Category, Change};
use crate::sql::{ColumnRef, Features, read_expression};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn propose(context: &Context) -> Vec<Draft> {
    let mut drafts = synonyms(context);
    drafts.extend(hidden_columns(context));
    drafts.extend(joins(context));
    drafts.extend(snippets(context));
    drafts.extend(examples(context));
    drafts.extend(lines(context));
    drafts
}

fn draft(category: Category, change: Change, targets: Vec<String>, what: &str) -> Draft {
    let reason = format!("{what}; no gold SQL of the learn set does.");
    Draft { category, changes: vec![change], patterns: Vec::new(), support: targets.len(), targets, reason }
}

/// A synonym that leads to a column which its questions never mean.
fn synonyms(context: &Context) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for table in &context.view.tables {
        let Some(full) = context.names.table(&table.identifier).map(|found| found.full_name.clone()) else { continue };
        for column in &table.columns {
            let meant = ColumnRef::new(&full, &column.name);
            for synonym in &column.synonyms {
                let misled = |gap: &Gap| gap.surplus.columns.contains(&meant) && Context::says(gap, synonym);
                let targets = context.targets(misled);
                let right =
                    context.cases.iter().any(|c| Context::says(&c.gap, synonym) && c.gap.gold.columns.contains(&meant));
                if targets.is_empty() || right {
                    continue;
                }
                let address = Address::synonym(&table.identifier, &column.name, synonym);
                let change = Change::remove(address, json!(synonym));
                let what = format!("Answers to questions with “{synonym}” use `{meant}`");
                drafts.push(draft(Category::Metadata, change, targets, &what));
            }
        }
    }
    drafts
}

/// A hidden column that gold SQL needs.
fn hidden_columns(context: &Context) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for table in &context.view.tables {
        let Some(full) = context.names.table(&table.identifier).map(|found| found.full_name.clone()) else { continue };
        for column in table.columns.iter().filter(|column| column.exclude) {
            let wanted = ColumnRef::new(&full, &column.name);
            let uses = context.gold.iter().filter(|(_, gold)| gold.columns.contains(&wanted)).count();
            let targets = context.targets(|gap| gap.lacking.columns.contains(&wanted));
            if targets.is_empty() {
                continue;
            }
            let address = Address::column_field(&table.identifier, &column.name, "exclude");
            drafts.push(Draft {
                category: Category::Metadata,
                changes: vec![Change::remove(address, json!(true))],
                patterns: Vec::new(),
                support: uses.max(targets.len()),
                reason: format!("`{wanted}` is hidden, and {uses} benchmark queries use it."),
                targets,
            });
        }
    }
    drafts
}

fn joins(context: &Context) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (id, pairs) in context.join_keys().filter(|(_, pairs)| !pairs.is_empty()) {
        let uses = |features: &Features| {
            features.joins.iter().any(|join| {
                join.pairs.iter().any(|(a, b)| {
                    let pair = super::input::ordered(ColumnRef::new(&join.left, a), ColumnRef::new(&join.right, b));
                    pairs.contains(&pair)
                })
            })
        };
        let misled = |gap: &Gap| gap.answer.as_ref().is_some_and(uses) && !uses(&gap.gold);
        let targets = context.targets(misled);
        let Some(before) = element(context, "/instructions/join_specs", id) else { continue };
        if !targets.is_empty() && context.gold_never(uses) {
            let change = Change::remove(Address::instruction("join_specs", id), before);
            drafts.push(draft(Category::JoinSpecs, change, targets, "Failing answers join along this"));
        }
    }
    drafts
}

fn snippets(context: &Context) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for meaning in context.meanings() {
        let (list, id, key) = (meaning.kind.list(), meaning.id.as_str(), meaning.key.as_str());
        let uses = |features: &Features| meaning.is_in(features);
        let misled = |gap: &Gap| gap.answer.as_ref().is_some_and(uses) && !uses(&gap.gold);
        let targets = context.targets(misled);
        let Some(before) = element(context, &format!("/instructions/sql_snippets/{list}"), id) else { continue };
        if !targets.is_empty() && context.gold_never(uses) {
            let change = Change::remove(Address::snippet(list, id), before);
            drafts.push(draft(Category::SqlSnippets, change, targets, &format!("Failing answers use `{key}`")));
        }
    }
    drafts
}

/// An example whose SQL failing answers follow to the letter.
fn examples(context: &Context) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for example in &context.view.examples {
        let Ok(shape) = Features::of(&example.sql, &context.names) else { continue };
        let follows = |features: &Features| features.skeleton == shape.skeleton && features.tables == shape.tables;
        let misled = |gap: &Gap| gap.answer.as_ref().is_some_and(follows) && !follows(&gap.gold);
        let targets = context.targets(misled);
        let Some(before) = element(context, "/instructions/example_question_sqls", &example.id) else { continue };
        if !targets.is_empty() && context.gold_never(follows) {
            let change = Change::remove(Address::instruction("example_question_sqls", &example.id), before);
            drafts.push(draft(Category::SampleQueries, change, targets, "Failing answers follow this example"));
        }
    }
    drafts
}

/// A line of the text instruction that an earlier plan wrote, where answers to what it speaks of
/// fail. Whether it is what misleads them, the trial without it shows.
fn lines(context: &Context) -> Vec<Draft> {
    let Some((id, content)) = context.instruction() else { return Vec::new() };
    let mut section = "";
    let mut drafts = Vec::new();
    for line in content.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading.trim();
            continue;
        }
        let before = json!(line.trim_end());
        let change = Change::remove(Address::text_line(id, section, line.trim_end()), before.clone());
        if line.trim().is_empty() || !context.is_generated(&change, &before) {
            continue;
        }
        let code = line.split('`').skip(1).step_by(2);
        let named: Vec<BTreeSet<ColumnRef>> = code.filter_map(|code| columns_of(context, code)).collect();
        let follows = |gap: &Gap| named.iter().any(|named| named.is_subset(&gap.surplus.columns));
        let phrases: Vec<&str> = line.split(['“', '”', '"']).skip(1).step_by(2).collect();
        let speaks = |gap: &Gap| phrases.iter().any(|phrase| Context::says(gap, phrase));
        let targets = context.targets(|gap| speaks(gap) || follows(gap));
        if !targets.is_empty() {
            let what = format!("Answers to questions that the line “{}” speaks of fail", line.trim_start_matches("- "));
            let reason = format!("{what}; an earlier plan wrote it.");
            let (patterns, support) = (Vec::new(), targets.len());
            drafts.push(Draft {
                category: Category::Instructions,
                changes: vec![change],
                patterns,
                support,
                targets,
                reason,
            });
        }
    }
    drafts
}

/// The columns that a piece of SQL names; none if there are none.
fn columns_of(context: &Context, code: &str) -> Option<BTreeSet<ColumnRef>> {
    let (fragment, _) = read_expression(code, &table_aliases(&context.view), &context.names).ok()?;
    Some(fragment.columns).filter(|columns| !columns.is_empty())
}

/// An element of a list of the document, as it stands there.
fn element(context: &Context, list: &str, id: &str) -> Option<Value> {
    let items = context.space.document().pointer(list)?.as_array()?;
    items.iter().find(|item| item.get("id").and_then(Value::as_str) == Some(id)).cloned()
}
