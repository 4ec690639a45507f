//! Lines for spoken periods: all phrases that are written alike stand in one line.

use super::gaps::Gap;
use super::input::{Context, grouped, joint_support};
use super::instructions::{Line, closes, plain, qualified};
use crate::learn::{Body, DateRule, LearntPattern};
use crate::sql::ColumnRef;
use std::collections::BTreeSet;

/// One line with the patterns that it says.
pub(super) struct Period<'a> {
    pub line: Line,
    pub patterns: Vec<&'a LearntPattern>,
    /// Families behind all phrases together.
    pub support: usize,
}

/// One line for each way of writing a period, with the phrases that the text does not hold yet,
/// most used first.
pub(super) fn lines<'a>(context: &Context, patterns: &'a [LearntPattern]) -> Vec<Period<'a>> {
    let spoken = patterns.iter().filter_map(|learnt| {
        let (_, template, _) = window(learnt)?;
        Some((template.to_owned(), learnt))
    });
    grouped(spoken).into_iter().filter_map(|(template, group)| line(context, &template, group)).collect()
}

pub(super) fn is_closed_by(gap: &Gap, period: &Period) -> bool {
    period.patterns.iter().any(|learnt| closes(gap, learnt))
}

fn window(learnt: &LearntPattern) -> Option<(&str, &str, &BTreeSet<ColumnRef>)> {
    match &learnt.body {
        Body::Date(DateRule::Window { phrase, template, columns }) => Some((phrase, template, columns)),
        _ => None,
    }
}

fn line<'a>(context: &Context, template: &str, group: Vec<&'a LearntPattern>) -> Option<Period<'a>> {
    let columns: BTreeSet<&ColumnRef> = group.iter().filter_map(|learnt| window(learnt)).flat_map(|w| w.2).collect();
    let name = match columns.iter().collect::<Vec<_>>().as_slice() {
        [one] => qualified(one),
        _ => "date".to_owned(),
    };
    let sql = template.replace("{n}", "N").replace("{date}", &name);
    let mut patterns: Vec<&LearntPattern> =
        group.into_iter().filter(|learnt| !is_said(context, &spoken(learnt), &sql)).collect();
    patterns.sort_by_key(|learnt| (std::cmp::Reverse(learnt.pattern.support), spoken(learnt)));
    if patterns.is_empty() {
        return None;
    }
    let quoted: Vec<String> = patterns.iter().map(|learnt| format!("“{}”", spoken(learnt))).collect();
    let (phrases, means) = match quoted.as_slice() {
        [one] => (one.clone(), "means"),
        [some @ .., last] => (format!("{} and {last}", some.join(", ")), "mean"),
        [] => return None,
    };
    let text = format!("{phrases} {means} `{sql}`.");
    let line = Line { section: "Dates", core: text.clone(), text };
    Some(Period { line, support: joint_support(&patterns), patterns })
}

fn spoken(learnt: &LearntPattern) -> String {
    window(learnt).map(|(phrase, ..)| phrase.replace("{n}", "N")).unwrap_or_default()
}

/// True if a line of the text has both the phrase and its SQL.
fn is_said(context: &Context, spoken: &str, sql: &str) -> bool {
    let Some((_, content)) = context.instruction() else { return false };
    let (spoken, sql) = (plain(spoken), plain(sql));
    content.lines().map(plain).any(|line| line.contains(&spoken) && line.contains(&sql))
}
