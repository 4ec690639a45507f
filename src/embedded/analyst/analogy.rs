//! Examples as forms: a question that is put like an example, but names another measure or
//! dimension, is answered by the example's SQL with those put in.
//!
//! What is left of a question without its names, times and numbers is its form. An example whose
//! form is no more than its names says nothing about how to answer, and is no form.

use super::cues::Cue;
use super::dates::{Period, Time, Unit, counted as counted_unit, unit};
use super::examples::{Followed, Known};
use super::joins::Graph;
use super::lexicon::Target;
use super::link::Node;
use super::own_names;
use super::parse::World;
use super::periods::compares;
use super::scan::{Kind, is_small};
use super::schema::{ColumnId, Schema, TableId, quoted, quoted_path};
use crate::model::SnippetKind;
use crate::sql::{parse_expression, parse_query};
use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, SetExpr, visit_expressions_mut};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// What is computed: a declared measure, or the sum of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Measure {
    Snippet(usize),
    Column(ColumnId),
}

impl Measure {
    /// Its expression and the tables that it reads.
    fn read(self, world: &World) -> Option<(Expr, BTreeSet<TableId>)> {
        match self {
            Self::Snippet(place) => {
                let fragment = world.snippets.get(place)?.fragment.as_ref()?;
                Some((parse_expression(&fragment.sql).ok()?, fragment.tables.clone()))
            }
            Self::Column(column) => {
                let sum = parse_expression(&format!("SUM({})", world.schema.sql(column))).ok()?;
                Some((sum, BTreeSet::from([column.table])))
            }
        }
    }
}

/// How a question is put, and what it names.
#[derive(Debug, PartialEq)]
pub struct Shape {
    /// Words that are neither names nor times.
    words: BTreeSet<String>,
    /// Times without their numbers, in any language.
    times: BTreeSet<String>,
    measure: Measure,
    dimension: Option<ColumnId>,
}

impl Shape {
    /// None where the question names more or less than one measure and one dimension at most.
    pub fn of(world: &World, nodes: &[Node]) -> Option<Self> {
        let (mut words, mut times, mut measures, mut dimensions) =
            (BTreeSet::new(), BTreeSet::new(), Vec::new(), Vec::new());
        for (at, node) in nodes.iter().enumerate() {
            let counted = at > 0 && matches!(nodes[at - 1].element.kind, Kind::Number(_));
            if let Some(said) = time_word(node, counted) {
                match said {
                    TimeWord::Stretch(unit) => times.insert(unit.sql().to_owned()),
                    TimeWord::Relation(word) => words.insert(word.to_owned()),
                };
                continue;
            }
            match (&node.element.kind, &node.target) {
                (Kind::Time(time), _) => {
                    times.insert(plain(time));
                }
                (Kind::Number(_) | Kind::Comma | Kind::Stop, _) => {}
                (_, Some(Target::Snippet(place))) => match world.snippets.get(*place)?.kind {
                    SnippetKind::Measure => measures.push(Measure::Snippet(*place)),
                    SnippetKind::Filter | SnippetKind::Expression => return None,
                },
                (_, Some(Target::Column(column)))
                    if !groups(nodes, at) && world.schema.family(*column).is_numeric() =>
                {
                    measures.push(Measure::Column(*column));
                }
                (_, Some(Target::Column(column))) => dimensions.push(*column),
                (_, Some(Target::Value(..) | Target::Rule(_))) => return None,
                (Kind::Literal { .. }, _) => return None,
                (Kind::Cue(Cue::Filler | Cue::Imperative | Cue::Pronoun), _) => {}
                _ => words.extend(node.element.words.iter().filter(|word| !is_small(word) && *word != "그").cloned()),
            }
        }
        let (&[measure], [] | [_]) = (measures.as_slice(), dimensions.as_slice()) else { return None };
        Some(Self { words, times, measure, dimension: dimensions.first().copied() })
    }

    fn is_like(&self, other: &Self) -> bool {
        !self.words.is_empty()
            && self.words == other.words
            && self.times == other.times
            && self.dimension.is_some() == other.dimension.is_some()
    }
}

/// True for what a question groups by, a number such as a year included.
fn groups(nodes: &[Node], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| nodes[before].cue());
    nodes[at].element.each || matches!(before, Some(Cue::By | Cue::Each))
}

/// A word about times, which any language has.
enum TimeWord {
    /// `7 days`, with or without the number.
    Stretch(Unit),
    /// One stretch set beside another, or before it.
    Relation(&'static str),
}

/// What a word says about times; `counted` if a number stands before it.
fn time_word(node: &Node, counted: bool) -> Option<TimeWord> {
    const EARLIER: [&str; 12] = [
        "before",
        "prior",
        "preceding",
        "earlier",
        "previous",
        "직전",
        "이전",
        "전",
        "davor",
        "zuvor",
        "vorherigen",
        "vorher",
    ];
    if matches!(node.element.kind, Kind::Time(_)) {
        return None;
    }
    let words = &node.element.words;
    if compares(&node.element.text) {
        return Some(TimeWord::Relation("versus"));
    }
    if words.iter().any(|w| EARLIER.contains(&w.as_str())) {
        return Some(TimeWord::Relation("before"));
    }
    let [word] = words.as_slice() else { return None };
    let glued = counted_unit(word).and_then(|(_, _, unit)| unit);
    glued.or_else(|| unit(word).filter(|_| counted)).map(TimeWord::Stretch)
}

/// A time without its numbers.
fn plain(time: &Time) -> String {
    let letters = |text: &String| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    match time {
        Time::Period(Period { low, high, .. }) => {
            let part = |bound: &Option<String>| bound.as_ref().map(letters).unwrap_or_default();
            format!("{} to {}", part(low), part(high))
        }
        Time::Said(rule, _) => format!("rule {rule}"),
        Time::Grain(unit) => format!("by {}", unit.sql()),
    }
}

/// The answer by the first example of the question's form.
pub fn follow(world: &World, forms: &[(Shape, Known)], asked: &Shape, question: &str) -> Option<Followed> {
    // Only slots take other numbers.
    let same_numbers = |known: &Known| numbers(known.question()) == numbers(question);
    let fits = |(shape, known): &&(Shape, Known)| {
        shape.is_like(asked) && (!known.example.parameters.is_empty() || same_numbers(known))
    };
    forms.iter().filter(fits).find_map(|(shape, known)| {
        let mut followed = known.filled(question)?;
        followed.sql = exchanged(world, shape, asked, &followed.sql)?;
        Some(followed)
    })
}

/// The numbers of a question, in order of their digits.
fn numbers(question: &str) -> Vec<&str> {
    let mut found: Vec<&str> =
        question.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).collect();
    found.sort_unstable();
    found
}

fn exchanged(world: &World, old: &Shape, new: &Shape, sql: &str) -> Option<String> {
    let mut query = parse_query(sql).ok()?;
    // Where that is not possible, what the example writes like a snippet is still found.
    let _ = own_names::rename(world.schema, &mut query);
    let (to, mut needed) = new.measure.read(world)?;
    if old.measure != new.measure {
        let (from, _) = old.measure.read(world)?;
        // A form may compute with what is summed up: a sum over part of the rows.
        if replace(&mut query, &from, &to) == 0 && replace(&mut query, argument(&from)?, argument(&to)?) == 0 {
            return None;
        }
    }
    if let (Some(from), Some(to)) = (old.dimension, new.dimension)
        && from != to
    {
        let name = |column: ColumnId| parse_expression(&world.schema.sql(column)).ok();
        if replace(&mut query, &name(from)?, &name(to)?) == 0 {
            return None;
        }
        needed.insert(to.table);
    }
    join(world.schema, world.graph, &mut query, &needed)?;
    Some(query.to_string())
}

/// Text in which equal expressions are equal.
fn text(expr: &Expr) -> String {
    match expr {
        Expr::Nested(inner) => text(inner),
        other => other.to_string().replace('`', "").to_lowercase(),
    }
}

/// Puts one expression in the place of another; says how often.
fn replace(query: &mut Query, from: &Expr, to: &Expr) -> usize {
    let wanted = text(from);
    let new = match to {
        Expr::BinaryOp { .. } => Expr::Nested(Box::new(to.clone())),
        other => other.clone(),
    };
    let mut count = 0;
    let _ = visit_expressions_mut(query, |expr| {
        if text(expr) == wanted {
            *expr = new.clone();
            count += 1;
        }
        ControlFlow::<()>::Continue(())
    });
    count
}

/// What a sum sums up.
fn argument(expr: &Expr) -> Option<&Expr> {
    let Expr::Function(function) = expr else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))]
            if function.name.to_string().eq_ignore_ascii_case("sum") && function.filter.is_none() =>
        {
            Some(inner)
        }
        _ => None,
    }
}

/// Joins the tables that are needed and not there.
fn join(schema: &Schema, graph: &Graph, query: &mut Query, needed: &BTreeSet<TableId>) -> Option<()> {
    let SetExpr::Select(select) = query.body.as_mut() else { return None };
    let from = select.from.first_mut()?;
    let read = |factor: &sqlparser::ast::TableFactor| match factor {
        sqlparser::ast::TableFactor::Table { name, .. } => schema.find_table(&name.to_string()),
        _ => None,
    };
    let root = read(&from.relation)?;
    let there: BTreeSet<TableId> = from.joins.iter().filter_map(|join| read(&join.relation)).chain([root]).collect();
    let missing: BTreeSet<TableId> = needed.difference(&there).copied().collect();
    for step in graph.tree(root, &missing)? {
        if there.contains(&step.table) {
            continue;
        }
        // A row may not be counted for each of several others.
        if step.many {
            return None;
        }
        let table = &schema.tables[step.table];
        let sql = format!(
            "SELECT 1 FROM a JOIN {} AS {} ON {}",
            quoted_path(&table.full_name),
            quoted(&table.alias),
            step.condition
        );
        let dummy = parse_query(&sql).ok()?;
        let SetExpr::Select(dummy) = *dummy.body else { return None };
        from.joins.extend(dummy.from.into_iter().flat_map(|from| from.joins));
    }
    Some(())
}
