//! Corrections: what the space has under a name that questions use, but otherwise than every gold
//! SQL does. A second snippet of that name, or a second join of the same tables, would leave two
//! answers to choose from; the first one is put right instead and keeps all its words.

use super::gaps::Gap;
use super::input::{Context, Draft, Meaning, ordered, same_name, table_aliases};
use crate::learn::JoinRule;
use crate::model::{Address, Change, Join, Relationship, Snippet, SnippetKind, joined_text, split_lines};
use crate::sql::{ColumnRef, Features, read_expression};
use serde_json::{Value, json};

/// The draft with what it would add under a wrong snippet's name written into that snippet.
pub(super) fn correct(context: &Context, mut draft: Draft) -> Draft {
    let mut corrected: Vec<Address> = Vec::new();
    for change in &mut draft.changes {
        let Some((snippet, correction)) = correction(context, change) else { continue };
        if corrected.contains(&correction.address) {
            continue;
        }
        corrected.push(correction.address.clone());
        let what = snippet.kind.list().trim_end_matches('s');
        draft.reason = format!(
            "{} The space's {what} “{}” says `{}`, which no gold SQL of the learn set does.",
            draft.reason.trim_end(),
            snippet.called(),
            snippet.sql.trim()
        );
        *change = correction;
    }
    draft
}

fn correction<'c>(context: &'c Context, change: &Change) -> Option<(&'c Snippet, Change)> {
    let (list, after) = match (change.address.segments(), &change.before, &change.after) {
        ([instructions, snippets, list, _], None, Some(after))
            if instructions == "instructions" && snippets == "sql_snippets" =>
        {
            (list, after)
        }
        _ => return None,
    };
    let kind = SnippetKind::ALL.into_iter().find(|kind| kind.list() == list)?;
    let (names, sql) = (names(after), after.get("sql").and_then(joined_text)?);
    let meant = |snippet: &Snippet| shares_name(snippet, &names) || stands_for(context, snippet, &sql);
    let is_wrong = |snippet: &&Snippet| snippet.kind == kind && never_used(context, snippet) && meant(snippet);
    let snippet = context.view.snippets.iter().find(is_wrong)?;
    let address = Address::snippet(list, &snippet.id).child("sql");
    let before = crate::diff::value_at(context.space, &address)?;
    Some((snippet, Change::update(address, before, json!(split_lines(&sql)))))
}

/// What a new snippet would be called.
fn names(element: &Value) -> Vec<String> {
    let display = element.get("display_name").and_then(Value::as_str);
    let synonyms = element.get("synonyms").and_then(Value::as_array).into_iter().flatten();
    display.into_iter().chain(synonyms.filter_map(Value::as_str)).map(str::to_owned).collect()
}

fn shares_name(snippet: &Snippet, names: &[String]) -> bool {
    let have = [&snippet.display_name, &snippet.alias].into_iter().chain(&snippet.synonyms);
    have.filter(|have| !have.is_empty()).any(|have| names.iter().any(|name| same_name(have, name)))
}

/// True if failing answers use the snippet, each of them should have used this SQL, and both are
/// about a column in common: what only comes together has another meaning.
fn stands_for(context: &Context, snippet: &Snippet, sql: &str) -> bool {
    let Some(meaning) = meaning(context, snippet) else { return false };
    let read = |sql: &str| read_expression(sql, &table_aliases(&context.view), &context.names).map(|(read, _)| read);
    let (Ok(wrong), Ok(right)) = (read(&snippet.sql), read(sql)) else { return false };
    if wrong.columns.is_disjoint(&right.columns) {
        return false;
    }
    let lacks = |gap: &Gap| {
        let lacking = &gap.lacking;
        [&lacking.calculations, &lacking.expressions, &lacking.predicates].iter().any(|keys| keys.contains(&right.key))
    };
    let uses = |gap: &Gap| gap.answer.as_ref().is_some_and(|answer| meaning.is_in(answer));
    let misled: Vec<&Gap> = context.cases.iter().map(|case| &case.gap).filter(|gap| uses(gap)).collect();
    misled.len() >= context.options.min_support.max(2) && misled.iter().all(|gap| lacks(gap))
}

fn meaning<'c>(context: &'c Context, snippet: &Snippet) -> Option<&'c Meaning> {
    context.meanings().iter().find(|meaning| meaning.kind == snippet.kind && meaning.id == snippet.id)
}

/// True if no gold SQL has the snippet's SQL; SQL that cannot be read is in none.
fn never_used(context: &Context, snippet: &Snippet) -> bool {
    meaning(context, snippet).is_none_or(|meaning| context.gold_never(|gold| meaning.is_in(gold)))
}

/// The join of the space that joins these two tables on columns that no gold SQL joins them on,
/// with the condition put right.
pub(super) fn join<'c>(context: &'c Context, rule: &JoinRule, (a, b): &(String, String)) -> Option<(&'c Join, Change)> {
    let (join, is_turned) = context.view.joins.iter().find_map(|join| Some((join, turned(context, join, rule)?)))?;
    let (_, pairs) = context.join_keys().find(|(id, _)| *id == join.id)?;
    let joins_on = |gold: &Features| {
        gold.joins.iter().any(|used| {
            let pairs_of =
                |(a, b): &(String, String)| ordered(ColumnRef::new(&used.left, a), ColumnRef::new(&used.right, b));
            used.pairs.iter().any(|pair| pairs.contains(&pairs_of(pair)))
        })
    };
    if !context.gold_never(joins_on) {
        return None;
    }
    let (left, right, relationship) = match is_turned {
        false => (a, b, rule.relationship),
        true => (b, a, rule.relationship.turned()),
    };
    let condition = super::joins::equality(&join.left_alias, left, &join.right_alias, right);
    let known = if relationship == Relationship::Unspecified { join.relationship } else { relationship };
    let address = Address::instruction("join_specs", &join.id).child("sql");
    let before = crate::diff::value_at(context.space, &address)?;
    Some((join, Change::update(address, before, json!([condition, super::joins::marker(known)]))))
}

/// Whether the join has the rule's tables the other way round; none if it has others.
fn turned(context: &Context, join: &Join, rule: &JoinRule) -> Option<bool> {
    let full = |name: &str| context.names.table(name).map(|found| found.full_name.as_str());
    let (left, right) = (full(&join.left_table)?, full(&join.right_table)?);
    match (left == rule.left && right == rule.right, left == rule.right && right == rule.left) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    }
}
