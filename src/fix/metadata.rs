//! Metadata: synonyms, value vocabulary, value dictionaries, excluded distractors, descriptions.

use super::input::{Context, Draft, grouped, joint_support, same_name};
use crate::learn::{Body, DateRule, Evidence, Facet, LearntPattern, Vocabulary, names_of_value};
use crate::model::{Address, Category, Change, SpaceColumn, TypeFamily};
use crate::sql::{ColumnRef, ColumnValue};
use crate::text::{compact, edit_similarity, split_identifier};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn propose(context: &Context, patterns: &[LearntPattern]) -> Vec<Draft> {
    let words: Vec<(&LearntPattern, &Vocabulary)> = patterns
        .iter()
        .filter_map(|learnt| match &learnt.body {
            Body::Vocabulary(word) => Some((learnt, word)),
            _ => None,
        })
        .collect();
    let mut drafts: Vec<Draft> = words.iter().filter_map(|(learnt, word)| synonym(context, learnt, word)).collect();
    let values = grouped(words.iter().filter_map(|(learnt, word)| match &word.facet {
        Facet::Value(value) => Some((value.column.clone(), (*learnt, *word, value))),
        _ => None,
    }));
    for (column, found) in &values {
        drafts.extend(value_vocabulary(context, column, found, &words));
    }
    drafts.extend(
        spoken_columns(context, &values)
            .into_iter()
            .filter_map(|(column, seen)| entity_matching(context, &column, &seen)),
    );
    drafts.extend(said_values(context));
    drafts.extend(patterns.iter().filter_map(|learnt| date_column(context, learnt)));
    drafts.extend(distractors(context));
    drafts
}

fn config<'c>(context: &'c Context, column: &ColumnRef) -> Option<&'c SpaceColumn> {
    context.table(&column.table)?.column(&column.column)
}

/// What the space and the catalog say about a column.
fn said(context: &Context, column: &ColumnRef) -> (String, String) {
    let in_space = config(context, column).map(|found| found.description.clone()).unwrap_or_default();
    let table = context.names.catalog().table(&column.table);
    let in_catalog = table.and_then(|t| t.column(&column.column)).map(|found| found.comment.clone());
    (in_space, in_catalog.unwrap_or_default())
}

/// A word for a column.
fn synonym(context: &Context, learnt: &LearntPattern, word: &Vocabulary) -> Option<Draft> {
    // One word can name a column; a sum of one column is named by the column's word as well.
    let column = match &word.facet {
        Facet::Column(column) => column.clone(),
        Facet::Calculation(_) if !word.evidence.contains(&Evidence::Alias) => plain_sum(word)?,
        _ => return None,
    };
    if same_name(&word.term, &column.column.replace('_', " ")) {
        return None;
    }
    let known = config(context, &column).is_some_and(|c| c.synonyms.iter().any(|have| same_name(have, &word.term)));
    if known {
        return None;
    }
    let key = match &word.facet {
        Facet::Calculation(key) => Some(key),
        _ => None,
    };
    let targets = context.targets(|gap| {
        let lacks =
            gap.lacking.columns.contains(&column) || key.is_some_and(|key| gap.lacking.calculations.contains(key));
        lacks && Context::says(gap, &word.term)
    });
    let (table, name) = context.spelled(&column)?;
    let change = Change::add(Address::synonym(&table, &name, &word.term), json!(word.term));
    Some(Draft::from_pattern(Category::Metadata, vec![change], learnt, targets))
}

/// The column of `SUM(column)`, `AVG(column)` and the like.
fn plain_sum(word: &Vocabulary) -> Option<ColumnRef> {
    let fragment = word.fragment.as_ref()?;
    let mut columns = fragment.columns.iter();
    let column = columns.next().filter(|_| columns.next().is_none())?;
    let inner = fragment.sql.split_once('(')?.1.strip_suffix(')')?;
    (inner == column.to_string()).then(|| column.clone())
}

type ValueWord<'p> = (&'p LearntPattern, &'p Vocabulary, &'p ColumnValue);

/// What the values of a column are called, in its description, where nobody described it.
fn value_vocabulary(
    context: &Context,
    column: &ColumnRef,
    found: &[ValueWord],
    words: &[(&LearntPattern, &Vocabulary)],
) -> Option<Draft> {
    let (in_space, in_catalog) = said(context, column);
    if !in_space.trim().is_empty() {
        return None;
    }
    let told = |word: &Vocabulary, value: &ColumnValue| {
        let names = names_of_value(&in_catalog, &value.value);
        names.iter().any(|name| same_name(name, &word.term)) || same_name(&value.value, &word.term)
    };
    let new: Vec<&ValueWord> = found.iter().filter(|(_, word, value)| !told(word, value)).collect();
    if new.is_empty() {
        return None;
    }
    let entries = grouped(new.iter().map(|(_, word, value)| (value.value.clone(), word.term.clone())));
    let entries: Vec<String> = entries.iter().map(|(value, terms)| format!("{value} = {}", terms.join(", "))).collect();
    let comment = in_catalog.trim().trim_end_matches('.');
    let entries = entries.join("; ");
    let name = words.iter().find(|(_, word)| word.facet == Facet::Column(column.clone())).map(|(_, word)| &word.term);
    let text = match (comment.is_empty(), name) {
        (false, _) => format!("{comment}. Values: {entries}."),
        (true, Some(name)) => format!("{}: {entries}.", capital(name)),
        (true, None) => format!("Values: {entries}."),
    };
    let targets = context.targets(|gap| {
        new.iter().any(|(_, word, value)| gap.lacking.values.contains(*value) && Context::says(gap, &word.term))
    });
    let (table, name) = context.spelled(column)?;
    let change = Change::add(Address::column_field(&table, &name, "description"), json!([text]));
    let learnt: Vec<&LearntPattern> = new.iter().map(|(learnt, ..)| *learnt).collect();
    Some(Draft {
        category: Category::Metadata,
        changes: vec![change],
        patterns: learnt.iter().map(|learnt| learnt.pattern.id.clone()).collect(),
        support: joint_support(&learnt),
        targets,
        reason: format!("Questions say {} for values of `{column}`.", quoted(&new)),
    })
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Where the values of a column are said.
#[derive(Default)]
struct Said {
    questions: BTreeSet<String>,
    patterns: BTreeSet<String>,
    support: usize,
}

/// Columns whose values the questions of the learn set say, as they stand in the data or by a
/// word for them.
fn spoken_columns(context: &Context, words: &BTreeMap<ColumnRef, Vec<ValueWord>>) -> BTreeMap<ColumnRef, Said> {
    let mut said: BTreeMap<ColumnRef, Said> = BTreeMap::new();
    for (id, gold) in &context.gold {
        let text = context.texts.get(id).map(String::as_str).unwrap_or_default();
        let spoken = |value: &str| {
            let value = compact(value);
            value.chars().count() >= 2 && text.contains(value.as_str())
        };
        for value in gold.values.iter().filter(|value| value.is_text && spoken(&value.value)) {
            said.entry(value.column.clone()).or_default().questions.insert(id.clone());
        }
    }
    for (column, found) in words {
        let learnt: Vec<&LearntPattern> = found.iter().map(|(learnt, ..)| *learnt).collect();
        let entry = said.entry(column.clone()).or_default();
        entry.support = joint_support(&learnt);
        entry.patterns.extend(learnt.iter().map(|learnt| learnt.pattern.id.clone()));
    }
    said
}

fn quoted(words: &[&ValueWord]) -> String {
    words.iter().map(|(_, word, _)| format!("“{}”", word.term)).collect::<Vec<_>>().join(", ")
}

/// Both flags together: value matching needs format assistance.
fn entity_matching(context: &Context, column: &ColumnRef, seen: &Said) -> Option<Draft> {
    let in_catalog = context.names.catalog().table(&column.table)?.column(&column.column)?;
    let few = in_catalog.profile.as_ref().is_none_or(|profile| profile.distinct <= 1_024);
    if in_catalog.family() != TypeFamily::Text || !few {
        return None;
    }
    let have = config(context, column);
    let (format, entity) = have.map_or((false, false), |c| (c.format_assistance, c.entity_matching));
    let (table, name) = context.spelled(column)?;
    let flags = [("enable_format_assistance", format), ("enable_entity_matching", entity)];
    let missing = flags.into_iter().filter(|(_, on)| !on);
    let changes: Vec<Change> =
        missing.map(|(flag, _)| Change::add(Address::column_field(&table, &name, flag), json!(true))).collect();
    if changes.is_empty() {
        return None;
    }
    let targets = context.targets(|gap| gap.lacking.values.iter().any(|value| value.column == *column));
    Some(Draft {
        category: Category::Metadata,
        changes,
        patterns: seen.patterns.iter().cloned().collect(),
        // A dictionary of the column's own values carries no answer: what one question says is
        // enough, and its targets stand for the other.
        support: seen.support.max(seen.questions.len()).max(context.options.min_support),
        targets,
        reason: format!("Questions name values of `{column}`."),
    })
}

/// Columns whose values failing questions say, whatever column the gold SQL compares: people name
/// a thing, and the gold may use its code.
fn said_values(context: &Context) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for table in context.names.catalog().tables().filter(|table| context.table(&table.full_name).is_some()) {
        for column in &table.columns {
            let Some(profile) = column.profile.as_ref().filter(|profile| !profile.values.is_empty()) else { continue };
            let spoken: BTreeSet<String> =
                profile.values.iter().map(|value| compact(value)).filter(|value| tells(value)).collect();
            let says = |id: &String| {
                let text = context.texts.get(id).map(String::as_str).unwrap_or_default();
                spoken.iter().any(|value| text.contains(value.as_str()))
            };
            let targets: BTreeSet<String> =
                context.cases.iter().map(|case| &case.id).filter(|id| says(id)).cloned().collect();
            let found = ColumnRef::new(&table.full_name, &column.name);
            let told = Said { questions: targets.clone(), ..Said::default() };
            let draft = entity_matching(context, &found, &told).map(|draft| Draft {
                targets: targets.into_iter().collect(),
                reason: format!("Questions say values of `{found}`."),
                ..draft
            });
            drafts.extend(draft.filter(|draft| !draft.targets.is_empty()));
        }
    }
    drafts
}

/// Long enough to be no accident within a question.
fn tells(value: &str) -> bool {
    value.chars().any(char::is_alphabetic) && value.chars().count() >= if value.is_ascii() { 4 } else { 2 }
}

/// Which date a table is read by, where nobody described the column.
fn date_column(context: &Context, learnt: &LearntPattern) -> Option<Draft> {
    let Body::Date(DateRule::Column { column, rivals }) = &learnt.body else { return None };
    let (in_space, in_catalog) = said(context, column);
    if !in_space.trim().is_empty() || !in_catalog.trim().is_empty() {
        return None;
    }
    let targets = context.targets(|gap| {
        gap.lacking.columns.contains(column)
            && (gap.answer.is_none() || rivals.iter().any(|r| gap.surplus.columns.contains(r)))
    });
    let (table, name) = context.spelled(column)?;
    let short = column.table.rsplit('.').next().unwrap_or(&column.table);
    let text = format!("The date that questions about {short} mean, unless they name another one.");
    let change = Change::add(Address::column_field(&table, &name, "description"), json!([text]));
    Some(Draft::from_pattern(Category::Metadata, vec![change], learnt, targets))
}

/// Columns that answers used in place of another one, that no gold SQL ever uses, and that look
/// like the right one.
fn distractors(context: &Context) -> Vec<Draft> {
    let mut wrong: Vec<(ColumnRef, (ColumnRef, String))> = Vec::new();
    for case in &context.cases {
        for found in &case.gap.surplus.columns {
            let meant = case.gap.lacking.columns.iter().find(|meant| alike(context, meant, found));
            wrong.extend(meant.map(|meant| (found.clone(), (meant.clone(), case.id.clone()))));
        }
    }
    let never = |column: &ColumnRef| context.gold_never(|gold| gold.columns.contains(column));
    let found = grouped(wrong).into_iter().filter(|(column, cases)| {
        let excluded = config(context, column).is_some_and(|c| c.exclude);
        !excluded && cases.len() >= context.options.min_support && never(column) && !is_key(context, column)
    });
    found.filter_map(|(column, cases)| exclusion(context, &column, &cases)).collect()
}

fn exclusion(context: &Context, column: &ColumnRef, cases: &[(ColumnRef, String)]) -> Option<Draft> {
    let (table, name) = context.spelled(column)?;
    let targets: BTreeSet<String> = cases.iter().map(|(_, id)| id.clone()).collect();
    let meant: BTreeSet<String> = cases.iter().map(|(meant, _)| format!("`{}`", meant.column)).collect();
    Some(Draft {
        category: Category::Metadata,
        changes: vec![Change::add(Address::column_field(&table, &name, "exclude"), json!(true))],
        patterns: Vec::new(),
        support: targets.len(),
        reason: format!(
            "{} failing answers use `{column}` instead of {}, and no benchmark does.",
            targets.len(),
            meant.into_iter().collect::<Vec<_>>().join(", ")
        ),
        targets: targets.into_iter().collect(),
    })
}

/// Columns of one table and kind with a word in common or nearly the same name.
fn alike(context: &Context, one: &ColumnRef, two: &ColumnRef) -> bool {
    let family = |column: &ColumnRef| {
        let table = context.names.catalog().table(&column.table)?;
        Some(table.column(&column.column)?.family())
    };
    let words = |column: &ColumnRef| split_identifier(&column.column).into_iter().collect::<BTreeSet<_>>();
    one.table == two.table
        && family(one) == family(two)
        && (!words(one).is_disjoint(&words(two)) || edit_similarity(&one.column, &two.column) >= 0.6)
}

fn is_key(context: &Context, column: &ColumnRef) -> bool {
    let Some(table) = context.names.catalog().table(&column.table) else { return true };
    let name = &column.column;
    table.primary_key.contains(name) || table.foreign_keys.iter().any(|key| key.columns.contains(name))
}
