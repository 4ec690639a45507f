//! Grounding without I/O: names are in the catalog, SQL parses, nothing is said twice, a
//! person's words stay. For mined and for prompted candidates alike.

use super::facts::{odd_join, strange_value};
use super::input::{Context, join_columns, same_name, table_aliases, whole};
use super::limits::MAX_TEXT;
use super::meant::{Meant, join_of};
use super::probe::{filled, fragment_features};
use crate::model::{Address, Candidate, Change, RejectionReason, Relationship, Snippet, SnippetKind, joined_text};
use crate::sql::{ColumnRef, Features, parse_query, read_expression};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) type Verdict = Result<(), (RejectionReason, String)>;

fn no(reason: RejectionReason, detail: impl Into<String>) -> Verdict {
    Err((reason, detail.into()))
}

/// Checks one candidate against catalog and space.
pub(super) fn check(context: &Context, candidate: &Candidate) -> Verdict {
    if candidate.changes.is_empty() {
        return no(RejectionReason::Duplicate, "It changes nothing.");
    }
    for change in &candidate.changes {
        longest_text(change)?;
        let change = &*whole(context.space, change);
        let segments: Vec<&str> = change.address.segments().iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["data_sources", "tables" | "metric_views", table, rest @ ..] => {
                metadata(context, candidate, change, table, rest)?
            }
            ["instructions", "join_specs", _] => join(context, change)?,
            ["instructions", "sql_snippets", list, _] => snippet(context, change, list)?,
            ["instructions", "sql_snippets", list, id, "synonyms", word] => further_name(context, list, id, word)?,
            ["instructions", "example_question_sqls", _] => example(context, change)?,
            ["instructions", "text_instructions", _, "content", section, line] => {
                text_line(context, change, section, line)?
            }
            ["instructions", "text_instructions", ..] => {
                return no(
                    RejectionReason::HumanText,
                    "The text instruction is changed line by line, never as a whole.",
                );
            }
            _ => return no(RejectionReason::Policy, format!("`{}` is not for tuning to change.", change.address)),
        }
    }
    Ok(())
}

fn longest_text(change: &Change) -> Verdict {
    fn longest(value: &Value) -> usize {
        match value {
            Value::String(text) => text.chars().count(),
            Value::Array(items) => items.iter().map(longest).max().unwrap_or(0),
            Value::Object(map) => map.values().map(longest).max().unwrap_or(0),
            _ => 0,
        }
    }
    match change.after.as_ref().map_or(0, longest) {
        length if length > MAX_TEXT => {
            no(RejectionReason::Limit, format!("A text of {length} characters; the service takes {MAX_TEXT}."))
        }
        _ => Ok(()),
    }
}

fn metadata(context: &Context, candidate: &Candidate, change: &Change, table: &str, rest: &[&str]) -> Verdict {
    let Some(entry) = context.view.tables.iter().find(|have| have.identifier.eq_ignore_ascii_case(table)) else {
        return no(RejectionReason::NotGrounded, format!("`{table}` is not a table of the space."));
    };
    let Some(found) = context.names.catalog().table(table) else {
        return no(RejectionReason::NotGrounded, format!("`{table}` is not in the catalog."));
    };
    let (column, field) = match rest {
        ["description"] => (None, "description"),
        ["column_configs", column, field, ..] => (Some(*column), *field),
        _ => return no(RejectionReason::Policy, format!("`{}` is not for tuning to change.", change.address)),
    };
    if let Some(column) = column.filter(|column| found.column(column).is_none()) {
        return no(RejectionReason::NotGrounded, format!("`{table}` has no column `{column}`."));
    }
    let config = column.and_then(|column| entry.column(column));
    match field {
        "description" => {
            let human =
                config.map_or(if column.is_none() { entry.description.as_str() } else { "" }, |c| &c.description);
            let empty = change.after.as_ref().and_then(joined_text).is_none_or(|text| text.trim().is_empty());
            let own = change.before.as_ref().is_some_and(|before| context.is_generated(change, before));
            match (human.trim().is_empty() || own, empty) {
                (false, _) => no(RejectionReason::HumanText, "Somebody described it already."),
                (true, true) => no(RejectionReason::Duplicate, "It changes nothing."),
                (true, false) => Ok(()),
            }
        }
        "synonyms" => synonym(context, change, table, column.unwrap_or_default()),
        "enable_entity_matching" if change.after == Some(Value::Bool(true)) => {
            let flag = change.address.segments().len() - 1;
            let mut beside = change.address.segments().to_vec();
            beside[flag] = "enable_format_assistance".to_owned();
            let beside = Address::from_segments(beside);
            let on =
                config.is_some_and(|c| c.format_assistance) || candidate.changes.iter().any(|c| c.address == beside);
            if on { Ok(()) } else { no(RejectionReason::NotGrounded, "Entity matching needs format assistance.") }
        }
        "exclude" | "enable_format_assistance" | "enable_entity_matching" => Ok(()),
        other => no(RejectionReason::NotGrounded, format!("A column has no field `{other}`.")),
    }
}

fn synonym(context: &Context, change: &Change, table: &str, column: &str) -> Verdict {
    let Some(word) = change.after.as_ref() else { return Ok(()) };
    let word = word.as_str().unwrap_or_default().trim();
    if word.is_empty() || word.chars().count() > 100 {
        return no(RejectionReason::NotGrounded, "A synonym is a word or a short phrase.");
    }
    let entry = context.view.tables.iter().find(|have| have.identifier.eq_ignore_ascii_case(table));
    let columns = entry.map(|entry| entry.columns.as_slice()).unwrap_or_default();
    let holder = columns.iter().find(|have| have.synonyms.iter().any(|synonym| same_name(synonym, word)));
    match holder {
        Some(holder) if holder.name.eq_ignore_ascii_case(column) => {
            no(RejectionReason::Duplicate, format!("“{word}” is a synonym of `{column}` already."))
        }
        Some(holder) => no(RejectionReason::Conflict, format!("“{word}” is a synonym of `{}`.", holder.name)),
        None => {
            let other = context.names.catalog().table(table).into_iter().flat_map(|table| &table.columns);
            match other.filter(|c| !c.name.eq_ignore_ascii_case(column)).find(|c| same_name(&c.name, word)) {
                Some(other) => {
                    no(RejectionReason::Conflict, format!("`{}` is another column of the table.", other.name))
                }
                None => Ok(()),
            }
        }
    }
}

fn join(context: &Context, change: &Change) -> Verdict {
    let Some(value) = &change.after else { return exists(change) };
    let join = join_of(value);
    for table in [&join.left_table, &join.right_table] {
        if context.view.table(table).is_none() || context.names.catalog().table(table).is_none() {
            return no(RejectionReason::NotGrounded, format!("`{table}` is not a table of the space and the catalog."));
        }
    }
    if join.left_alias.eq_ignore_ascii_case(&join.right_alias) {
        return no(RejectionReason::NotGrounded, format!("Both sides are called `{}`.", join.left_alias));
    }
    let marker = value.pointer("/sql/1").and_then(Value::as_str).unwrap_or_default();
    let relationship = Relationship::from_marker(marker);
    let has_marker = relationship != Relationship::Unspecified || marker == Relationship::Unspecified.marker();
    let two = value.get("sql").and_then(Value::as_array).is_some_and(|sql| sql.len() == 2);
    if !has_marker || !two {
        return no(RejectionReason::NotGrounded, "A join's SQL is a condition and a relationship marker.");
    }
    let aliases =
        [(join.left_alias.clone(), join.left_table.clone()), (join.right_alias.clone(), join.right_table.clone())];
    let pairs = join_columns(&join, &context.names);
    match read_expression(&join.condition, &aliases, &context.names) {
        Err(error) => return no(RejectionReason::NotGrounded, format!("The condition: {error}.")),
        Ok((_, unknown)) if !unknown.is_empty() => return no(RejectionReason::NotGrounded, unknown_names(&unknown)),
        Ok(_) => {}
    }
    let itself = join.left_table.eq_ignore_ascii_case(&join.right_table);
    match pairs.len() {
        0 if !itself => {
            no(RejectionReason::NotGrounded, "The condition compares no column of one side with the other.")
        }
        2.. => no(RejectionReason::NotGrounded, "A join spec takes one equality."),
        _ if !itself && context.has_join(&pairs) => no(RejectionReason::Duplicate, "The space has this join already."),
        _ => {
            let Some((one, two)) = pairs.iter().next() else { return Ok(()) };
            let is_left =
                |column: &ColumnRef| context.table(&column.table).is_some_and(|t| t.identifier == join.left_table);
            let (left, right) = if is_left(one) { (one, two) } else { (two, one) };
            // One equality of several says nothing of how many rows meet.
            let part_of_more = value.get("instruction").is_some();
            let claimed = if part_of_more { Relationship::Unspecified } else { relationship };
            odd_join(context, left, right, claimed).map_or(Ok(()), |why| no(RejectionReason::NotGrounded, why))
        }
    }
}

/// What is to be removed must name what stands there; the patch checks that it does.
fn exists(change: &Change) -> Verdict {
    match &change.before {
        Some(_) => Ok(()),
        None => no(RejectionReason::NotGrounded, "There is nothing to remove."),
    }
}

fn unknown_names(unknown: &BTreeSet<String>) -> String {
    let names: Vec<String> = unknown.iter().map(|name| format!("`{name}`")).collect();
    format!("Not in the catalog: {}.", names.join(", "))
}

fn snippet(context: &Context, change: &Change, list: &str) -> Verdict {
    let Some(value) = &change.after else { return exists(change) };
    let Some(kind) = SnippetKind::ALL.into_iter().find(|kind| kind.list() == list) else {
        return no(RejectionReason::NotGrounded, format!("There is no list `{list}` of snippets."));
    };
    let text = |key: &str| value.get(key).and_then(joined_text).unwrap_or_default();
    if text("display_name").trim().is_empty() {
        return no(RejectionReason::NotGrounded, "A snippet needs a display name.");
    }
    if kind == SnippetKind::Filter && value.get("alias").is_some() {
        return no(RejectionReason::NotGrounded, "A filter has no alias.");
    }
    let (fragment, unknown) = match read_expression(&text("sql"), &table_aliases(&context.view), &context.names) {
        Ok(read) => read,
        Err(error) => return no(RejectionReason::NotGrounded, error.to_string()),
    };
    if !unknown.is_empty() {
        return no(RejectionReason::NotGrounded, unknown_names(&unknown));
    }
    if let Some(table) = fragment.tables().into_iter().find(|table| context.table(table).is_none()) {
        return no(RejectionReason::NotGrounded, format!("`{table}` is not a table of the space."));
    }
    let misplaced = match (kind, fragment.is_aggregate()) {
        // A function that is not known here may be an aggregate.
        (SnippetKind::Measure, false) if !fragment.sql.contains('(') => {
            Some("A measure is an aggregate; what is worked out for each row is an expression.")
        }
        (SnippetKind::Expression, true) => Some("An expression is worked out for each row; an aggregate is a measure."),
        (SnippetKind::Filter, true) => Some("A filter is a condition on single rows, without aggregates."),
        _ => None,
    };
    if let Some(why) = misplaced {
        return no(RejectionReason::NotGrounded, why);
    }
    if let Some(why) = fragment_features(&fragment, kind == SnippetKind::Filter, &context.names)
        .and_then(|features| strange_value(context, &features))
    {
        return no(RejectionReason::NotGrounded, why);
    }
    let alias = text("alias");
    let holder = context.view.snippets.iter().find(|have| !alias.is_empty() && have.alias.eq_ignore_ascii_case(&alias));
    let updates = |id: &str| change.before.is_some() && change.address.last() == id;
    if let Some(holder) = holder.filter(|holder| !updates(&holder.id)) {
        return no(RejectionReason::Conflict, format!("`{alias}` is the alias of `{}`.", holder.sql));
    }
    match context.snippet_with(kind, &fragment.key) {
        Some(id) if !updates(id) => no(RejectionReason::Duplicate, "The space has this snippet already."),
        _ => Ok(()),
    }
}

/// A word may name one snippet only.
fn further_name(context: &Context, list: &str, id: &str, word: &str) -> Verdict {
    let here = |snippet: &Snippet| snippet.kind.list() == list && snippet.id == id;
    if !context.view.snippets.iter().any(here) {
        return no(RejectionReason::NotGrounded, format!("The space has no `{list}/{id}`."));
    }
    if word.trim().is_empty() || word.chars().count() > 100 {
        return no(RejectionReason::NotGrounded, "A synonym is a word or a short phrase.");
    }
    let named = |snippet: &&Snippet| {
        let names = [&snippet.display_name, &snippet.alias].into_iter().chain(&snippet.synonyms);
        names.into_iter().any(|name| same_name(name, word))
    };
    match context.view.snippets.iter().find(named) {
        Some(snippet) if here(snippet) => no(RejectionReason::Duplicate, format!("“{word}” names it already.")),
        Some(snippet) => no(RejectionReason::Conflict, format!("“{word}” names `{}`.", snippet.sql)),
        None => Ok(()),
    }
}

fn example(context: &Context, change: &Change) -> Verdict {
    let Some(value) = &change.after else { return exists(change) };
    let text = |key: &str| value.get(key).and_then(joined_text).unwrap_or_default();
    let (question, sql) = (text("question"), text("sql"));
    if question.trim().is_empty() {
        return no(RejectionReason::NotGrounded, "An example needs a question.");
    }
    let query = match parse_query(&sql) {
        Ok(query) => query,
        Err(error) => return no(RejectionReason::NotGrounded, error.to_string()),
    };
    let Ok(features) = Features::of(&sql, &context.names) else {
        return no(RejectionReason::NotGrounded, "The SQL cannot be read.");
    };
    if let Some(table) = features.unknown_tables.first() {
        return no(RejectionReason::NotGrounded, format!("`{table}` is not in the catalog."));
    }
    if !features.unknown_columns.is_empty() {
        return no(RejectionReason::NotGrounded, unknown_names(&features.unknown_columns));
    }
    if let Some(table) = features.tables.iter().find(|table| context.table(table).is_none()) {
        return no(RejectionReason::NotGrounded, format!("`{table}` is not a table of the space."));
    }
    parameters(value, &query.to_string())?;
    let filled = Features::of(&filled(&sql, value), &context.names).unwrap_or_else(|_| features.clone());
    if let Some(why) = strange_value(context, &filled) {
        return no(RejectionReason::NotGrounded, why);
    }
    let same = context.view.examples.iter().find(|have| {
        same_name(&have.question, &question)
            || Features::of(&have.sql, &context.names).is_ok_and(|other| same_meaning(&other, &features))
    });
    match same.filter(|have| change.address.last() != have.id) {
        Some(have) => no(RejectionReason::Duplicate, format!("The space has the example “{}”.", have.question.trim())),
        None => Ok(()),
    }
}

/// True for queries with the same parts, whatever their aliases and the order of their conditions.
fn same_meaning(one: &Features, two: &Features) -> bool {
    if one.normal == two.normal {
        return true;
    }
    fn parts(query: &Features) -> [BTreeSet<&str>; 4] {
        let outputs = query.outputs.iter().filter(|output| output.top);
        [
            outputs.map(|output| output.fragment.key.as_str()).collect(),
            query.predicates.iter().map(|predicate| predicate.fragment.key.as_str()).collect(),
            query.group_keys.iter().map(|key| key.key.as_str()).collect(),
            query.having.iter().map(|part| part.key.as_str()).collect(),
        ]
    }
    one.is_flat
        && two.is_flat
        && one.tables == two.tables
        && one.joins == two.joins
        && one.limit == two.limit
        && one.order == two.order
        && one.distinct == two.distinct
        && parts(one) == parts(two)
}

/// Every `:name` is declared, and every declared one is used.
fn parameters(value: &Value, sql: &str) -> Verdict {
    let list = value.get("parameters").and_then(Value::as_array);
    let declared: BTreeSet<String> = list
        .into_iter()
        .flatten()
        .filter_map(|parameter| parameter.get("name").and_then(Value::as_str).map(str::to_owned))
        .collect();
    let used = crate::sql::placeholders(sql);
    if declared == used {
        return Ok(());
    }
    let odd: Vec<String> = declared.symmetric_difference(&used).map(|name| format!("`:{name}`")).collect();
    no(RejectionReason::NotGrounded, format!("Parameters and SQL do not agree on {}.", odd.join(", ")))
}

fn text_line(context: &Context, change: &Change, section: &str, line: &str) -> Verdict {
    if let Some(before) = &change.before {
        return match (context.is_generated(change, before), &change.after) {
            (true, None) => Ok(()),
            (true, Some(_)) => no(RejectionReason::Policy, "A line goes, and another comes; none is rewritten."),
            (false, _) => no(RejectionReason::HumanText, "Lines of the text instruction are a person's."),
        };
    }
    if section.contains(char::is_control) || section.trim_start().starts_with('#') || section.chars().count() > 80 {
        return no(RejectionReason::NotGrounded, "A section is called by one short heading.");
    }
    if line.trim().is_empty() || line.contains(char::is_control) {
        return no(RejectionReason::NotGrounded, "An instruction is one line.");
    }
    if line.trim_start().starts_with('#') {
        return no(RejectionReason::NotGrounded, "An instruction is no heading.");
    }
    let said = context.instruction().is_some_and(|(_, content)| content.lines().any(|have| same_name(have, line)));
    if said {
        return no(RejectionReason::Duplicate, "The text instruction says it already.");
    }
    // Code in the line that names columns must name real ones.
    for code in line.split('`').skip(1).step_by(2).filter(|code| code.contains('.')) {
        if let Ok((_, unknown)) = read_expression(code, &table_aliases(&context.view), &context.names)
            && unknown.iter().any(|name| name.contains('.'))
        {
            return no(RejectionReason::NotGrounded, unknown_names(&unknown));
        }
    }
    Ok(())
}

/// Checks a candidate against those already kept.
pub(super) fn check_against(kept: &[Candidate], candidate: &Candidate) -> Verdict {
    for other in kept {
        for (mine, theirs) in candidate.changes.iter().flat_map(|a| other.changes.iter().map(move |b| (a, b))) {
            if mine.address.overlaps(&theirs.address) {
                let reason = if mine == theirs { RejectionReason::Duplicate } else { RejectionReason::Conflict };
                return no(reason, format!("`{}` is changed by {} already.", mine.address, other.id));
            }
        }
    }
    Ok(())
}

/// Checks what a candidate means against what those already kept mean, one list for each.
pub(super) fn check_meaning(kept: &[Candidate], meant: &[Vec<Meant>], means: &[Meant]) -> Verdict {
    for (other, theirs) in kept.iter().zip(meant) {
        let clash = means.iter().flat_map(|mine| theirs.iter().map(move |their| mine.clash(their))).flatten().next();
        if let Some((reason, what)) = clash {
            return no(reason, format!("{} {what}.", other.id));
        }
    }
    Ok(())
}
