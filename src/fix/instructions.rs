//! The text instruction, line by line: what no structure of the space can say, or says less well.

use super::cause::Cause;
use super::gaps::Gap;
use super::input::{Context, Draft, grouped, same_name};
use super::{periods, snippets};
use crate::learn::{Body, DateRule, Facet, LearntPattern, OutputRule, spoken_windows};
use crate::model::{Address, Category, Change, short_id};
use crate::sql::{ColumnRef, Features, Fragment, quote, quote_name, read_expression};
use crate::text::compact;
use serde_json::json;
use std::collections::BTreeMap;

/// One line with its heading.
pub(super) struct Line {
    pub section: &'static str,
    pub text: String,
    /// The SQL or figure in it: a text that has it says it already.
    pub core: String,
}

pub(super) fn propose(context: &Context, patterns: &[LearntPattern]) -> Vec<Draft> {
    // What a filter of that name says better is no line of text.
    let shared = if may(context, Category::SqlSnippets) { BTreeMap::new() } else { shared_values(patterns) };
    let single = patterns.iter().filter(|learnt| !shared.values().flatten().any(|other| std::ptr::eq(*other, *learnt)));
    let mut drafts: Vec<Draft> = shared.values().filter_map(|group| shared_value(context, group)).collect();
    drafts.extend(periods::lines(context, patterns).iter().filter_map(|period| spoken_period(context, period)));
    drafts.extend(single.filter_map(|learnt| {
        let line = line(context, learnt)?;
        if already_said(context, &line) {
            return None;
        }
        let targets = context.targets(|gap| closes(gap, learnt));
        Some(Draft::from_pattern(Category::Instructions, vec![change(context, &line)], learnt, targets))
    }));
    drafts
}

/// Patterns of one word for one code that several tables have.
fn shared_values(patterns: &[LearntPattern]) -> BTreeMap<(String, String, String), Vec<&LearntPattern>> {
    let values = patterns.iter().filter_map(|learnt| match &learnt.body {
        Body::Vocabulary(word) => match &word.facet {
            Facet::Value(value) if !same_name(&value.value, &word.term) => {
                let key = (word.term.clone(), value.column.column.to_lowercase(), value.value.clone());
                Some((key, learnt))
            }
            _ => None,
        },
        _ => None,
    });
    let mut groups = grouped(values);
    groups.retain(|_, group| group.len() > 1);
    groups
}

/// One line for all tables that have the code.
fn shared_value(context: &Context, group: &[&LearntPattern]) -> Option<Draft> {
    let Body::Vocabulary(word) = &group.first()?.body else { return None };
    let Facet::Value(value) = &word.facet else { return None };
    let bare = value.to_string();
    let sql = bare.strip_prefix(&format!("{}.", quote_name(&value.column.table))).unwrap_or(&bare).to_owned();
    let text = format!("“{}” means `{sql}`.", word.term);
    let line = Line { section: "Definitions", core: text.clone(), text };
    if already_said(context, &line) {
        return None;
    }
    let targets = context.targets(|gap| group.iter().any(|learnt| closes(gap, learnt)));
    Some(Draft {
        patterns: group.iter().map(|learnt| learnt.pattern.id.clone()).collect(),
        ..Draft::from_pattern(Category::Instructions, vec![change(context, &line)], group.first()?, targets)
    })
}

/// One line for all phrases of a period.
fn spoken_period(context: &Context, period: &periods::Period) -> Option<Draft> {
    let targets = context.targets(|gap| periods::is_closed_by(gap, period));
    let changes = vec![change(context, &period.line)];
    let statements: Vec<&str> = period.patterns.iter().map(|learnt| learnt.pattern.statement.as_str()).collect();
    Some(Draft {
        patterns: period.patterns.iter().map(|learnt| learnt.pattern.id.clone()).collect(),
        support: period.support,
        reason: statements.join(" "),
        ..Draft::from_pattern(Category::Instructions, changes, period.patterns.first()?, targets)
    })
}

fn change(context: &Context, line: &Line) -> Change {
    let text = format!("- {}", line.text);
    let id = context.instruction().map_or_else(|| short_id(&["text_instruction"]), |(id, _)| id.to_owned());
    Change::add(Address::text_line(&id, line.section, &text), json!(text))
}

fn already_said(context: &Context, line: &Line) -> bool {
    let Some((_, content)) = context.instruction() else { return false };
    let content = plain(content);
    content.contains(&plain(&line.core)) || content.contains(&plain(&line.text))
}

/// A text without quotes and spacing.
pub(super) fn plain(text: &str) -> String {
    compact(text).replace(['`', '"', '“', '”'], "")
}

fn line(context: &Context, learnt: &LearntPattern) -> Option<Line> {
    match &learnt.body {
        Body::Vocabulary(word) => {
            if has_structure(context, &word.facet) {
                return None;
            }
            let what = facet_text(context, &word.facet, word.fragment.as_ref())?;
            let text = match &word.facet {
                Facet::Column(column) if same_name(&column.column, &word.term) => return None,
                Facet::Value(value) if same_name(&value.value, &word.term) => return None,
                Facet::Column(_) => format!("“{}” is the column `{what}`.", word.term),
                Facet::Calculation(_) | Facet::Expression(_) => format!("“{}” is computed as `{what}`.", word.term),
                Facet::Value(_) | Facet::Predicate(_) => format!("“{}” means `{what}`.", word.term),
            };
            Some(Line { section: "Definitions", core: text.clone(), text })
        }
        Body::Filter(rule) => {
            let table = rule.default_of.as_ref().filter(|_| !may(context, Category::SqlSnippets))?;
            let short = short(table);
            let sql = snippets::sql(context, &rule.fragment);
            let text =
                format!("Every question about {short} counts only rows with `{sql}`, unless it asks for others.");
            Some(Line { section: "Default filters", text, core: sql })
        }
        Body::Join(rule) if rule.pairs.len() > 1 => {
            let (left, right) = (short(&rule.left), short(&rule.right));
            let side = |table: &str, column: &str| format!("{}.{}", quote(table), quote(column));
            let parts = rule.pairs.iter().map(|(a, b)| format!("{} = {}", side(left, a), side(right, b)));
            let sql = parts.collect::<Vec<_>>().join(" AND ");
            Some(Line { section: "Joins", text: format!("Join {left} and {right} on `{sql}`."), core: sql })
        }
        Body::Date(rule) => date_line(rule),
        Body::Output(rule) => Some(output_line(context, rule)),
        Body::Calculation(_) | Body::Join(_) | Body::Template(_) => None,
    }
}

fn may(context: &Context, category: Category) -> bool {
    context.options.categories.contains(&category)
}

/// True if a synonym or a snippet can say it, and may.
fn has_structure(context: &Context, facet: &Facet) -> bool {
    match facet {
        Facet::Column(_) => may(context, Category::Metadata),
        _ => may(context, Category::SqlSnippets),
    }
}

fn facet_text(context: &Context, facet: &Facet, fragment: Option<&Fragment>) -> Option<String> {
    match fragment {
        Some(fragment) => Some(snippets::sql(context, fragment)),
        None => {
            let (fragment, _) = read_expression(&facet.sql(None), &[], &context.names).ok()?;
            Some(snippets::sql(context, &fragment))
        }
    }
}

fn short(table: &str) -> &str {
    table.rsplit('.').next().unwrap_or(table)
}

fn date_line(rule: &DateRule) -> Option<Line> {
    match rule {
        DateRule::Column { column, .. } => {
            let name = qualified(column);
            let text = format!("The date of {} is `{name}`, unless another date is named.", short(&column.table));
            Some(Line { section: "Dates", core: text.clone(), text })
        }
        DateRule::ExcludesToday => {
            let text = "Periods counted back from today end yesterday: today is left out (`date < CURRENT_DATE`), \
                        unless the question asks for today."
                .to_owned();
            Some(Line { section: "Dates", core: "`date < CURRENT_DATE`".to_owned(), text })
        }
        // Spoken periods have lines together.
        DateRule::Window { .. } | DateRule::Grain { .. } => None,
    }
}

pub(super) fn qualified(column: &ColumnRef) -> String {
    format!("{}.{}", quote(short(&column.table)), quote(&column.column))
}

fn output_line(context: &Context, rule: &OutputRule) -> Line {
    let direction = |descending: &bool| if *descending { "descending" } else { "ascending" };
    let text = match rule {
        OutputRule::Digits { what, digits } => format!("Round {what} to {}.", snippets::places(*digits)),
        OutputRule::Order { descending } => format!("Sort rankings by the measure in {} order.", direction(descending)),
        OutputRule::Series { descending } => {
            format!("Sort series over time by date in {} order.", direction(descending))
        }
        OutputRule::Limit { rows } => format!("A ranking that names no number has {rows} rows."),
        OutputRule::Per { columns } => {
            let table = columns.first().map(|column| short(&column.table)).unwrap_or_default();
            let named: Vec<String> = columns.iter().map(|column| format!("`{}`", qualified(column))).collect();
            let shown = if named.len() == 1 { "is" } else { "are" };
            format!("Figures of {table} are always grouped by {}, which {shown} shown.", named.join(" and "))
        }
        OutputRule::Beside { of, shown } => {
            let named =
                shown.iter().map(|(fragment, name)| format!("`{}` as {name}", snippets::sql(context, fragment)));
            let named: Vec<String> = named.collect();
            format!("Beside `{}` also show {}.", snippets::sql(context, of), named.join(" and "))
        }
    };
    Line { section: "Output", core: text.clone(), text }
}

/// True if the line would close the gap.
pub(super) fn closes(gap: &Gap, learnt: &LearntPattern) -> bool {
    match &learnt.body {
        Body::Vocabulary(word) => Context::says(gap, &word.term) && lacks(gap, &word.facet),
        Body::Filter(rule) => gap.lacking.predicates.contains(&rule.fragment.key),
        Body::Join(rule) => gap.lacking.joins.iter().any(|(left, right, _)| {
            (*left == rule.left && *right == rule.right) || (*left == rule.right && *right == rule.left)
        }),
        Body::Date(DateRule::Column { column, rivals }) => {
            let taken = rivals.iter().any(|rival| {
                gap.surplus.columns.contains(rival) || gap.surplus.windows.iter().any(|window| window.column == *rival)
            });
            let windows = gap.lacking.windows.iter().any(|window| window.column == *column);
            (gap.lacking.columns.contains(column) || windows) && (gap.answer.is_none() || taken)
        }
        Body::Date(DateRule::Window { phrase, template, columns }) => {
            let written =
                || spoken_windows(&gap.gold).into_iter().any(|(c, text)| columns.contains(&c) && text == *template);
            let off = !gap.lacking.windows.is_empty() || !gap.surplus.windows.is_empty();
            off && gap.phrases.contains(phrase) && written()
        }
        Body::Date(DateRule::ExcludesToday) => {
            let today = |window: &crate::sql::DateWindow| window.operator == "<" && window.shape == "CURRENT_DATE";
            gap.lacking.windows.iter().any(today)
        }
        Body::Output(rule) => closes_output(gap, rule),
        Body::Calculation(_) | Body::Template(_) | Body::Date(DateRule::Grain { .. }) => false,
    }
}

pub(super) fn lacks(gap: &Gap, facet: &Facet) -> bool {
    match facet {
        Facet::Column(column) => gap.lacking.columns.contains(column),
        Facet::Value(value) => gap.lacking.values.contains(value),
        Facet::Calculation(key) => gap.lacking.calculations.contains(key),
        Facet::Expression(key) => gap.lacking.expressions.contains(key),
        Facet::Predicate(key) => gap.lacking.predicates.contains(key),
    }
}

/// True if the gold groups by the column and the answer does not.
fn lacks_group(gap: &Gap, column: &ColumnRef) -> bool {
    let groups = |features: &Features| features.group_keys.iter().any(|key| key.columns.contains(column));
    groups(&gap.gold) && !gap.answer.as_ref().is_some_and(groups)
}

fn closes_output(gap: &Gap, rule: &OutputRule) -> bool {
    match rule {
        OutputRule::Per { columns } => return columns.iter().any(|column| lacks_group(gap, column)),
        OutputRule::Beside { of, shown } => {
            let has = |features: &Features, key: &str| features.outputs.iter().any(|output| output.core.key == key);
            let lacks = |(fragment, _): &(Fragment, String)| gap.lacking.calculations.contains(&fragment.key);
            return has(&gap.gold, &of.key) && shown.iter().any(lacks);
        }
        _ => {}
    }
    gap.causes.iter().any(|cause| match (rule, cause) {
        (OutputRule::Digits { digits, .. }, Cause::WrongDigits { expected, .. }) => *expected == Some(*digits),
        (OutputRule::Order { descending }, Cause::WrongOrder) => {
            gap.gold.limit.is_some() && gap.gold.order.first().is_some_and(|key| key.descending == *descending)
        }
        (OutputRule::Series { descending }, Cause::WrongOrder) => {
            !gap.gold.grains.is_empty() && gap.gold.order.first().is_some_and(|key| key.descending == *descending)
        }
        (OutputRule::Limit { rows }, Cause::WrongLimit { expected, .. }) => *expected == Some(*rows),
        _ => false,
    })
}
