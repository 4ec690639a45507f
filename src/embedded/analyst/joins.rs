//! Which tables can be joined, on what, and in which direction rows multiply.

use super::fragment::localise;
use super::frame::Role;
use super::schema::{ColumnId, Schema, TableId};
use super::words::{compound, match_names};
use crate::model::{Join, Relationship};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub struct Edge {
    pub left: TableId,
    pub right: TableId,
    pub condition: String,
    /// One row on the left at most for each row on the right.
    pub one_left: bool,
    pub one_right: bool,
    pub cost: u32,
    pub source: &'static str,
    pairs: Vec<(usize, usize)>,
}

/// One more table of a query.
#[derive(Clone, Debug)]
pub struct Step {
    pub from: TableId,
    pub table: TableId,
    pub condition: String,
    /// A row so far may meet several rows of the table.
    pub many: bool,
    /// The same, walked back.
    pub many_back: bool,
    pub source: &'static str,
}

#[derive(Default)]
pub struct Graph {
    pub edges: Vec<Edge>,
    /// How many joins apart two tables are: asked so often that it is worked out once.
    apart: Vec<Vec<Option<usize>>>,
}

impl Graph {
    pub fn of(schema: &Schema, joins: &[Join]) -> Self {
        let mut edges: Vec<Edge> = joins.iter().filter_map(|join| specified(schema, join)).collect();
        edges = combined(edges);
        for (table, _) in schema.tables.iter().enumerate() {
            edges.extend(declared(schema, table, &edges));
        }
        let linked: BTreeSet<(TableId, TableId)> =
            edges.iter().flat_map(|e| [(e.left, e.right), (e.right, e.left)]).collect();
        for left in 0..schema.tables.len() {
            for right in left + 1..schema.tables.len() {
                if !linked.contains(&(left, right)) {
                    edges.extend(inferred(schema, left, right));
                }
            }
        }
        let mut graph = Self { edges, apart: Vec::new() };
        let all = 0..schema.tables.len();
        let joins = |a: TableId, b: TableId| graph.tree(a, &[b].into()).map(|steps| steps.len());
        graph.apart = all.clone().map(|a| all.clone().map(|b| joins(a, b)).collect()).collect();
        graph
    }

    /// The joins that connect `needed` with `root`; None where something cannot be reached.
    pub fn tree(&self, root: TableId, needed: &BTreeSet<TableId>) -> Option<Vec<Step>> {
        let mut inside: BTreeSet<TableId> = [root].into();
        let mut steps = Vec::new();
        while let Some(path) = self.nearest(&inside, needed) {
            for step in path? {
                if inside.insert(step.table) {
                    steps.push(step);
                }
            }
        }
        Some(steps)
    }

    /// The cheapest path from the tables inside to one that is needed; Some(None) if there is none.
    fn nearest(&self, inside: &BTreeSet<TableId>, needed: &BTreeSet<TableId>) -> Option<Option<Vec<Step>>> {
        if needed.iter().all(|t| inside.contains(t)) {
            return None;
        }
        let mut best: BTreeMap<TableId, (u32, Vec<Step>)> = inside.iter().map(|t| (*t, (0, Vec::new()))).collect();
        let mut done: BTreeSet<TableId> = BTreeSet::new();
        loop {
            let next = best.iter().filter(|(t, _)| !done.contains(t)).min_by_key(|(t, (cost, _))| (*cost, **t));
            let Some((&table, (cost, path))) = next else { return Some(None) };
            if needed.contains(&table) && !inside.contains(&table) {
                return Some(Some(path.clone()));
            }
            let (cost, path) = (*cost, path.clone());
            done.insert(table);
            for step in self.steps_from(table) {
                let total = cost + step.1;
                if best.get(&step.0.table).is_none_or(|(known, _)| total < *known) {
                    let mut longer = path.clone();
                    longer.push(step.0.clone());
                    best.insert(step.0.table, (total, longer));
                }
            }
        }
    }

    fn steps_from(&self, table: TableId) -> Vec<(Step, u32)> {
        let turn = |edge: &Edge| {
            let forward = edge.left == table;
            let (to, many, many_back) = if forward {
                (edge.right, !edge.one_right, !edge.one_left)
            } else {
                (edge.left, !edge.one_left, !edge.one_right)
            };
            (
                Step {
                    from: table,
                    table: to,
                    condition: edge.condition.clone(),
                    many,
                    many_back,
                    source: edge.source,
                },
                edge.cost,
            )
        };
        self.edges.iter().filter(|e| e.left == table || e.right == table).map(turn).collect()
    }

    /// The graph without the references of the other role, where two tables have one of each.
    pub fn facing(&self, schema: &Schema, role: Option<Role>) -> Option<Self> {
        let role = role?;
        let own = |e: &Edge| {
            let ends = e
                .pairs
                .iter()
                .flat_map(|(a, b)| [ColumnId { table: e.left, column: *a }, ColumnId { table: e.right, column: *b }]);
            ends.filter_map(|c| super::roles::role_of(schema, c)).next()
        };
        let same =
            |a: &Edge, b: &Edge| (a.left, a.right) == (b.left, b.right) || (a.left, a.right) == (b.right, b.left);
        let keeps = |e: &&Edge| {
            let other = own(e).is_some_and(|r| r != role);
            !(other && self.edges.iter().any(|o| same(e, o) && own(o) == Some(role)))
        };
        let edges: Vec<Edge> = self.edges.iter().filter(keeps).cloned().collect();
        (edges.len() < self.edges.len()).then(|| Self { edges, apart: self.apart.clone() })
    }

    /// How many joins apart two tables are.
    pub fn distance(&self, a: TableId, b: TableId) -> Option<usize> {
        self.apart.get(a)?.get(b).copied().flatten()
    }
}

fn specified(schema: &Schema, join: &Join) -> Option<Edge> {
    let (left, right) = (schema.find_table(&join.left_table)?, schema.find_table(&join.right_table)?);
    let aliases = BTreeMap::from([(join.left_alias.to_lowercase(), left), (join.right_alias.to_lowercase(), right)]);
    let condition = join.condition.replace("==", "=");
    let found = localise(schema, &condition, &aliases, None).ok()?;
    if left == right || found.aggregate || found.tables != [left, right].into() {
        return None;
    }
    let pairs = found
        .pairs
        .iter()
        .map(|(a, b)| if a.table == left { (a.column, b.column) } else { (b.column, a.column) })
        .collect::<Vec<_>>();
    let (one_left, one_right) = match join.relationship {
        Relationship::ManyToOne => (false, true),
        Relationship::OneToMany => (true, false),
        Relationship::OneToOne => (true, true),
        Relationship::ManyToMany => (false, false),
        Relationship::Unspecified => {
            let side = |table, pick: fn(&(usize, usize)) -> usize| {
                schema.is_unique(table, &pairs.iter().map(pick).collect::<Vec<_>>())
            };
            (side(left, |p| p.0), side(right, |p| p.1))
        }
    };
    Some(Edge { left, right, condition: found.sql, one_left, one_right, cost: 10, source: "join spec", pairs })
}

/// Several specs of two tables on different columns are one condition: each holds one equality.
fn combined(edges: Vec<Edge>) -> Vec<Edge> {
    let mut out: Vec<Edge> = Vec::new();
    for edge in edges {
        let partner = out.iter_mut().find(|e| {
            e.left == edge.left
                && e.right == edge.right
                && e.pairs.iter().all(|(a, b)| edge.pairs.iter().all(|(c, d)| a != c && b != d))
        });
        match partner {
            Some(known) if known.condition != edge.condition => {
                known.condition = format!("{} AND {}", known.condition, edge.condition);
                known.pairs.extend(edge.pairs);
            }
            Some(_) => {}
            None => out.push(edge),
        }
    }
    out
}

fn edge_on(
    schema: &Schema,
    left: TableId,
    right: TableId,
    pairs: Vec<(usize, usize)>,
    cost: u32,
    source: &'static str,
) -> Edge {
    let equal = |(a, b): &(usize, usize)| {
        format!(
            "{} = {}",
            schema.sql(ColumnId { table: left, column: *a }),
            schema.sql(ColumnId { table: right, column: *b })
        )
    };
    let condition = pairs.iter().map(equal).collect::<Vec<_>>().join(" AND ");
    let one = |table, columns: Vec<usize>| schema.is_unique(table, &columns);
    let one_left = one(left, pairs.iter().map(|p| p.0).collect());
    let one_right = one(right, pairs.iter().map(|p| p.1).collect());
    Edge { left, right, condition, one_left, one_right, cost, source, pairs }
}

fn declared(schema: &Schema, table: TableId, known: &[Edge]) -> Vec<Edge> {
    let keys = schema.tables[table].foreign_keys.iter();
    let edges = keys.filter_map(|(own, parent, columns)| {
        let parent = schema.find_table(parent)?;
        let theirs: Option<Vec<usize>> =
            columns.iter().map(|c| schema.find_column(parent, c).map(|c| c.column)).collect();
        let pairs: Vec<(usize, usize)> = own.iter().copied().zip(theirs?).collect();
        // A join spec between the two says better how they belong together.
        let spec = known.iter().any(|e| (e.left, e.right) == (table, parent) || (e.right, e.left) == (table, parent));
        let mut edge = edge_on(schema, table, parent, pairs, 10, "foreign key");
        edge.one_right = true;
        (!spec && parent != table).then_some(edge)
    });
    edges.collect()
}

/// Where nothing is declared: the same key-like name on both sides, or a table's key under the
/// table's name.
fn inferred(schema: &Schema, left: TableId, right: TableId) -> Option<Edge> {
    let (a, b) = (&schema.tables[left], &schema.tables[right]);
    let mut best: Option<(u32, (usize, usize))> = None;
    for (i, x) in a.columns.iter().enumerate() {
        for (j, y) in b.columns.iter().enumerate() {
            let keys = (a.primary_key == [i], b.primary_key == [j]);
            let same = x.words == y.words && x.words != ["id"] && key_like(&x.words);
            let refers =
                keys.0 && refers_to(&a.words, &x.core, &y.core) || keys.1 && refers_to(&b.words, &y.core, &x.core);
            let cost = match (same || refers, keys.0 || keys.1) {
                (true, true) => 16,
                (true, false) if same && (id_like(&x.words) || i == 0 || j == 0) => 24,
                (false, _) if x.words == y.words && names_entity(&x.words) && (i == 0 || j == 0) => 30,
                _ => continue,
            };
            if x.family == y.family || x.family.is_numeric() == y.family.is_numeric() || same {
                best = best.filter(|(known, _)| *known <= cost).or(Some((cost, (i, j))));
            }
        }
    }
    let (cost, pair) = best?;
    let mut edge = edge_on(schema, left, right, vec![pair], cost, "same key-like names");
    if !edge.one_left && !edge.one_right {
        // A table that starts with the key is rather the one that explains it.
        edge.one_left = pair.0 == 0 && pair.1 != 0;
        edge.one_right = pair.1 == 0 && pair.0 != 0;
    }
    Some(edge)
}

fn id_like(words: &[String]) -> bool {
    words.last().is_some_and(|w| w.len() <= 8 && w.ends_with("id") || w == "key" || w == "uuid" || w == "sku")
}

/// A name of two words that names a thing, such as `city_name`, and no person.
fn names_entity(words: &[String]) -> bool {
    const PERSON: [&str; 8] = ["first", "last", "full", "middle", "given", "family", "user", "display"];
    words.len() > 1 && words.last().is_some_and(|w| w == "name") && !PERSON.contains(&words[0].as_str())
}

fn key_like(words: &[String]) -> bool {
    let last = words.last().map_or("", String::as_str);
    ["id", "code", "key", "no", "nr", "number", "num", "uuid", "sku", "symbol"].contains(&last)
        || last.len() <= 8 && last.ends_with("id")
}

fn refers_to(table: &[String], key: &[String], other: &[String]) -> bool {
    let mut named = table.to_vec();
    named.push("id".to_owned());
    let mut with_key = table.to_vec();
    with_key.extend(key.iter().cloned());
    let last: Vec<String> = table.last().into_iter().chain(key.last()).cloned().collect();
    let id = other.last().is_some_and(|w| w.ends_with("id") || key.last() == Some(w));
    other.len() > 1
        && id
        && (match_names(&named, other) > 0.75
            || match_names(&with_key, other) > 0.75
            || match_names(&last, other) > 0.75)
        || key.len() > 1 && key == other && key_like(key)
        || other.len() == 1 && compound(&other[0], &named)
}
