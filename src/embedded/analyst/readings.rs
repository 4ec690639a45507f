//! Several readings of one question: the one that leaves least of it unexplained is answered.
//!
//! A name may mean a table, a column of it or a value. The likeliest meanings make the first
//! reading; others exchange one meaning for a rival and are compared by what of the question does
//! not come back in the query: a rank without an order, a negation that negates nothing, a number
//! that stands nowhere, a table that is not read.

use super::cues::{Aggregate, Cue};
use super::frame::{Expr, Frame, Pred};
use super::lexicon::Target;
use super::link::{Forced, Linker, Node, table_of};
use super::parse::{Parser, World};
use super::render::{Rendered, Renderer, Unable};
use super::scan::Kind;
use super::schema::{ColumnId, Schema};
use crate::model::TypeFamily;

/// A way to understand the question, with what is wrong with it.
pub struct Reading {
    pub nodes: Vec<Node>,
    pub frame: Frame,
    pub rendered: Result<Rendered, Unable>,
    loss: f64,
}

/// Exchanges that are tried in one round, and rounds.
const TRIED: usize = 10;
const ROUNDS: usize = 2;

/// Losses that are as good as none: nothing better is looked for.
const FINE: f64 = 0.31;

pub fn best(world: &World, renderer: &Renderer, linker: &Linker) -> Reading {
    let mut forced = Forced::new();
    let mut best = read(world, renderer, linker.link(&forced), 0.0);
    for _ in 0..ROUNDS {
        if best.loss <= FINE {
            break;
        }
        let mut rivals: Vec<(f64, usize, Target)> = best
            .nodes
            .iter()
            .enumerate()
            .flat_map(|(at, n)| n.rivals.iter().map(move |(target, less)| (*less, at, target.clone())))
            .filter(|(_, at, _)| !forced.contains_key(at))
            .collect();
        rivals.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let spent = forced.len() as f64 * 0.05;
        let mut chosen = None;
        for (less, at, target) in rivals.into_iter().take(TRIED) {
            let mut other = forced.clone();
            other.insert(at, target);
            let reading = read(world, renderer, linker.link(&other), spent + 0.05 + less * 0.5);
            if reading.loss + 1e-9 < best.loss {
                best = reading;
                chosen = Some(other);
            }
        }
        match chosen {
            Some(better) => forced = better,
            None => break,
        }
    }
    best
}

fn read(world: &World, renderer: &Renderer, mut nodes: Vec<Node>, far: f64) -> Reading {
    let (frame, rendered) = reach(world, renderer, &mut nodes);
    let loss = far + loss(world.schema, &nodes, &frame, &rendered);
    Reading { nodes, frame, rendered, loss }
}

/// The query, if need be without names of tables that nothing joins to the others: a stray word
/// that happens to name such a table is more likely than a question across.
fn reach(world: &World, renderer: &Renderer, nodes: &mut [Node]) -> (Frame, Result<Rendered, Unable>) {
    let mut first = None;
    for _ in 0..3 {
        let frame = Parser::new(world, nodes).run();
        let rendered = renderer.render(&frame);
        let Err(Unable::NoJoin(root, lost)) = rendered else { return (frame, rendered) };
        let weak = |n: &Node| n.target.as_ref().and_then(table_of) == Some(lost) && n.score < 0.99;
        let stray = nodes.iter().any(weak);
        first.get_or_insert((frame, Err(Unable::NoJoin(root, lost))));
        if !stray {
            break;
        }
        nodes.iter_mut().filter(|n| weak(n)).for_each(|n| n.target = None);
    }
    first.unwrap_or((Frame::default(), Err(Unable::Nothing)))
}

/// What of the question the query does not say, and what in the query makes no sense.
fn loss(schema: &Schema, nodes: &[Node], frame: &Frame, rendered: &Result<Rendered, Unable>) -> f64 {
    let Ok(query) = rendered else { return 5.0 };
    let sql = query.sql.to_lowercase();
    let spread =
        0.1 * query.steps.iter().map(|s| if s.source == "same key-like names" { 2.0 } else { 1.0 }).sum::<f64>();
    spread + unsaid(schema, nodes, frame, &sql) + senseless(schema, frame)
}

fn unsaid(schema: &Schema, nodes: &[Node], frame: &Frame, sql: &str) -> f64 {
    let mut loss = 0.0;
    for node in nodes {
        loss += match &node.element.kind {
            Kind::Number(digits) if !sql.contains(digits.as_str()) => 0.7,
            Kind::Literal { .. } if !sql.contains(&node.element.text.to_lowercase()) => 0.8,
            Kind::Name(_) => name_unsaid(schema, node, sql),
            Kind::Cue(cue) => cue_unsaid(*cue, frame, sql),
            _ => 0.0,
        };
    }
    loss
}

fn name_unsaid(schema: &Schema, node: &Node, sql: &str) -> f64 {
    let weight = node.score.min(1.0);
    match &node.target {
        Some(Target::Value(_, value)) if !sql.contains(&value.to_lowercase()) => 0.6 * weight,
        Some(Target::Column(c)) if !sql.contains(&schema.sql(*c).to_lowercase()) => 0.35 * weight,
        Some(Target::Table(t)) if node.score >= 0.6 => {
            let named = schema.tables[*t].full_name.to_lowercase().replace('`', "");
            if sql.replace('`', "").contains(&named) { 0.0 } else { 0.35 * weight }
        }
        _ => 0.0,
    }
}

fn cue_unsaid(cue: Cue, frame: &Frame, sql: &str) -> f64 {
    let missing = match cue {
        Cue::Super(..) | Cue::Top(_) => !sql.contains("order by") && !sql.contains("max(") && !sql.contains("min("),
        Cue::Not | Cue::But => !["not ", "<>", "except", "is null", "<", "false"].iter().any(|w| sql.contains(w)),
        Cue::Agg(Aggregate::Count) => {
            !["count(", "sum("].iter().any(|w| sql.contains(w))
                && !frame.outputs.iter().any(|o| matches!(o.expr, Expr::Raw { .. } | Expr::Column(_)))
        }
        Cue::Agg(Aggregate::Avg) => {
            !sql.contains("avg(") && !frame.outputs.iter().any(|o| matches!(o.expr, Expr::Raw { .. }))
        }
        Cue::Compare(..) | Cue::Between | Cue::Trailing(_) => {
            !["<", ">", "between", "=", "interval"].iter().any(|w| sql.contains(w))
        }
        Cue::Each => frame.groups.is_empty() && frame.group_rows.is_none(),
        _ => false,
    };
    if missing { 0.8 } else { 0.0 }
}

/// Comparisons, sums and groups of what only identifies.
fn senseless(schema: &Schema, frame: &Frame) -> f64 {
    let identifies = |c: ColumnId| {
        let info = &schema.tables[c.table];
        info.primary_key == [c.column] || info.foreign_keys.iter().any(|(own, _, _)| own.contains(&c.column))
    };
    let mut loss = 0.0;
    for pred in frame.filters.iter().chain(&frame.having) {
        if let Pred::Compare { left: Expr::Column(c), op, .. } = pred {
            loss += if identifies(*c) && *op != "=" { 1.6 } else { 0.0 };
        }
    }
    for output in &frame.outputs {
        if let Expr::Agg { function: Aggregate::Avg | Aggregate::Sum, of, .. } = &output.expr {
            loss += if of.column().is_some_and(identifies) { 0.8 } else { 0.0 };
            let family = of.column().map(|c| (schema.family(c), c));
            loss += match family {
                Some((f, _)) if f.is_temporal() => 0.8,
                Some((TypeFamily::Text, c)) if schema.labels(c.table).contains(&c) => 0.8,
                _ => 0.0,
            };
        }
    }
    for (key, _) in &frame.order {
        loss += if frame.limit.is_some() && key.column().is_some_and(identifies) { 0.8 } else { 0.0 };
    }
    let grouped = !frame.groups.is_empty() || frame.group_rows.is_some();
    if !frame.having.is_empty() && !grouped && frame.outputs.iter().all(|o| o.expr.is_aggregate()) {
        loss += 0.8;
    }
    let single = |o: &super::frame::Output| match (&o.expr, frame.group_rows) {
        (Expr::Count(t), Some(rows)) => *t == rows,
        _ => false,
    };
    if frame.outputs.iter().any(single) {
        loss += 0.6;
    }
    loss
}
