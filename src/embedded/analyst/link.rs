//! Decides what each name of the question means, given what the other names mean.

use super::cues::Cue;
use super::lexicon::{Candidate, Lexicon, Target};
use super::scan::{Element, Kind};
use super::schema::{Schema, TableId};
use std::collections::BTreeMap;

/// An element with its meaning, if it names something.
#[derive(Clone, Debug)]
pub struct Node {
    pub element: Element,
    pub target: Option<Target>,
    pub source: &'static str,
    pub score: f64,
    /// What else the name may mean, and how much less likely that is.
    pub rivals: Vec<(Target, f64)>,
}

impl Node {
    pub fn cue(&self) -> Option<Cue> {
        self.element.cue()
    }
}

/// Links the names of one question, as often as other readings of it are tried.
pub struct Linker<'a> {
    elements: Vec<Element>,
    schema: &'a Schema,
    favour: BTreeMap<TableId, f64>,
}

/// Meanings that a reading insists on, by the place of the element.
pub type Forced = BTreeMap<usize, Target>;

impl<'a> Linker<'a> {
    pub fn new(
        elements: Vec<Element>,
        schema: &'a Schema,
        lexicon: &Lexicon,
        homes: &BTreeMap<Target, TableId>,
    ) -> Self {
        let words: Vec<String> = elements.iter().flat_map(|e| e.words.clone()).collect();
        let mut favour: BTreeMap<TableId, f64> = BTreeMap::new();
        for table in 0..schema.tables.len() {
            let described = lexicon.described_by(&Target::Table(table), &words);
            favour.insert(table, (described * 0.06).min(0.2) + 0.08 * vote(&elements, table));
        }
        for element in &elements {
            if let Kind::Name(found) = &element.kind
                && let Some(home) = found.first().filter(|c| c.score >= 1.0).and_then(|c| homes.get(&c.target))
            {
                *favour.entry(*home).or_default() += 0.3;
            }
        }
        Self { elements, schema, favour }
    }

    pub fn link(&self, forced: &Forced) -> Vec<Node> {
        let bare = |element: &Element| Node {
            element: element.clone(),
            target: None,
            source: "",
            score: 0.0,
            rivals: Vec::new(),
        };
        let mut nodes: Vec<Node> = self.elements.iter().map(bare).collect();
        for round in 0..3 {
            let ranked: Vec<Vec<(f64, Candidate)>> =
                (0..nodes.len()).map(|at| ranked(&nodes, at, self.schema, &self.favour, round)).collect();
            for (at, (node, mut ranked)) in nodes.iter_mut().zip(ranked).enumerate() {
                if let Some(wanted) = forced.get(&at)
                    && let Some(place) = ranked.iter().position(|(_, c)| c.target == *wanted)
                {
                    ranked.swap(0, place);
                }
                let Some((top, best)) = ranked.first().cloned() else { continue };
                node.rivals = ranked[1..]
                    .iter()
                    .filter(|(worth, c)| *worth > top - RIVAL && c.score > 0.4)
                    .map(|(worth, c)| (c.target.clone(), (top - worth).max(0.0)))
                    .collect();
                node.source = best.source;
                node.score = best.score;
                node.target = Some(best.target);
            }
        }
        share_values(&mut nodes, self.schema);
        nodes
    }
}

/// How much less likely a meaning may be to be tried at all.
const RIVAL: f64 = 0.55;

/// A value that is known of a column in a table that nothing else asks for belongs to the column
/// of the same name in the table that is asked for.
fn share_values(nodes: &mut [Node], schema: &Schema) {
    let mut weight: BTreeMap<TableId, f64> = BTreeMap::new();
    for node in nodes.iter() {
        if let Some(Target::Table(t) | Target::Column(super::schema::ColumnId { table: t, .. })) = &node.target {
            *weight.entry(*t).or_default() += node.score;
        }
    }
    let Some((&main, _)) = weight.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0))) else { return };
    for node in nodes {
        let Some(Target::Value(column, value)) = &node.target else { continue };
        if !weight.contains_key(&column.table)
            && let Some(same) = schema.find_column(main, &schema.column(*column).name)
        {
            node.target = Some(Target::Value(same, value.clone()));
        }
    }
}

/// How many names of the question the table could satisfy.
fn vote(elements: &[Element], table: TableId) -> f64 {
    let share = |element: &Element| match &element.kind {
        Kind::Name(found) => {
            let top = found.first().map_or(0.0, |c| c.score);
            let fits = found.iter().any(|c| c.score > top - 0.15 && table_of(&c.target) == Some(table));
            if fits { top } else { 0.0 }
        }
        _ => 0.0,
    };
    elements.iter().map(share).sum()
}

pub fn table_of(target: &Target) -> Option<TableId> {
    match target {
        Target::Table(t) => Some(*t),
        Target::Column(c) | Target::Value(c, _) => Some(c.table),
        Target::Snippet(_) | Target::Rule(_) => None,
    }
}

/// The meanings of a name, the likeliest first.
fn ranked(
    nodes: &[Node],
    at: usize,
    schema: &Schema,
    favour: &BTreeMap<TableId, f64>,
    round: usize,
) -> Vec<(f64, Candidate)> {
    let Kind::Name(found) = &nodes[at].element.kind else { return Vec::new() };
    let owner = owner(nodes, at, round);
    let mentioned = |table: TableId| nodes.iter().enumerate().any(|(i, n)| i != at && mentions(n, table, round));
    let used = |table: TableId| {
        nodes
            .iter()
            .enumerate()
            .any(|(i, n)| i != at && round > 0 && n.target.as_ref().and_then(table_of) == Some(table))
    };
    let counted = at > 0 && matches!(nodes[at - 1].cue(), Some(Cue::Agg(super::cues::Aggregate::Count)));
    // `가장 메시지가 많은`: a number is what there is most of.
    let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|i| nodes.get(i));
    let most = nodes[at].element.text.chars().any(crate::text::is_hangul)
        && beside.clone().any(|n| matches!(n.cue(), Some(Cue::Super(..))));
    let worth = |candidate: &Candidate| {
        let mut score = candidate.score;
        if let Some(table) = table_of(&candidate.target) {
            score += favour.get(&table).copied().unwrap_or(0.0).min(0.5);
            if !matches!(candidate.target, Target::Table(_)) {
                score += if owner == Some(table) { 0.6 } else { 0.0 };
                score += if mentioned(table) { 0.3 } else { 0.0 };
                score += if used(table) { 0.12 } else { 0.0 };
            } else if counted {
                score += 0.25;
            }
        }
        if matches!(candidate.target, Target::Snippet(_) | Target::Rule(_)) && candidate.score >= 1.0 {
            // What people declared goes before what a column happens to be called.
            score += 1.0;
        }
        if let Target::Column(c) = &candidate.target {
            score += if most && schema.family(*c).is_numeric() { 0.25 } else { 0.0 };
            // A reference to another table is rarely what is asked for.
            let key = schema.tables[c.table].foreign_keys.iter().any(|(own, _, _)| own.contains(&c.column));
            score -= if key { 0.05 } else { 0.0 };
            // A reference that is called like its table: the row it refers to is meant.
            score -= if schema.stands_for_parent(*c) { 1.5 } else { 0.0 };
            // `employees` are rows, not the column that numbers them.
            let last = schema.column(*c).words.last();
            let numbers = schema.tables[c.table].primary_key == [c.column] || key;
            let said = last.is_none_or(|l| nodes[at].element.words.iter().any(|w| w == l) || !is_id(l));
            score -= if numbers && !said { 0.4 } else { 0.0 };
        }
        score
    };
    let mut list: Vec<(f64, Candidate)> = found.iter().map(|c| (worth(c), c.clone())).collect();
    list.extend(label_of(owner, found, &nodes[at].element.words, schema).map(|c| (worth(&c), c)));
    list.sort_by(|a, b| b.0.total_cmp(&a.0));
    list
}

/// `names of the airlines`, where what names an airline is called otherwise.
fn label_of(owner: Option<TableId>, found: &[Candidate], words: &[String], schema: &Schema) -> Option<Candidate> {
    let table = owner.filter(|t| !found.iter().any(|c| table_of(&c.target) == Some(*t) && c.score > 0.5))?;
    let named = words.len() == 1 && matches!(words[0].as_str(), "name" | "이름" | "namen");
    let label = schema.labels(table).first().copied().filter(|_| named)?;
    Some(Candidate { target: Target::Column(label), score: 0.9, source: "what names a row" })
}

fn is_id(word: &str) -> bool {
    matches!(word, "id" | "code" | "key" | "no" | "nr" | "number") || word.len() <= 8 && word.ends_with("id")
}

/// True if the element names the table itself.
fn mentions(node: &Node, table: TableId, round: usize) -> bool {
    if round > 0 {
        return node.target == Some(Target::Table(table));
    }
    match &node.element.kind {
        Kind::Name(found) => {
            let top = found.first().map_or(0.0, |c| c.score);
            found.iter().any(|c| c.target == Target::Table(table) && c.score >= 0.6 && c.score > top - 0.1)
        }
        _ => false,
    }
}

fn named_table(node: &Node, round: usize) -> Option<TableId> {
    if round > 0 {
        return match node.target {
            Some(Target::Table(t)) => Some(t),
            _ => None,
        };
    }
    match &node.element.kind {
        Kind::Name(found) => found.iter().find_map(|c| match c.target {
            Target::Table(t) if c.score >= 0.6 && c.score > found[0].score - 0.1 => Some(t),
            _ => None,
        }),
        _ => None,
    }
}

/// The table that a name belongs to by grammar: `the owner's name`, `name of the owner`.
pub fn owner(nodes: &[Node], at: usize, round: usize) -> Option<TableId> {
    let before = at.checked_sub(1).and_then(|i| nodes.get(i));
    if let Some(table) = before.and_then(|n| named_table(n, round)) {
        return Some(table);
    }
    // Back over a list: `owner's first name, last name`.
    let mut back = at;
    while back > 0 {
        back -= 1;
        match (&nodes[back].element.kind, nodes[back].cue()) {
            (Kind::Comma, _) | (_, Some(Cue::And | Cue::Filler)) => {}
            (Kind::Name(_), _) => match named_table(&nodes[back], round) {
                Some(table) if nodes[back].element.possessive => return Some(table),
                Some(_) => break,
                None => {}
            },
            _ => break,
        }
    }
    ahead(nodes, at, round)
}

/// Forward over a list to `of the X`.
fn ahead(nodes: &[Node], at: usize, round: usize) -> Option<TableId> {
    let mut of = false;
    for node in nodes.iter().skip(at + 1).take(14) {
        match (&node.element.kind, node.cue()) {
            (_, Some(Cue::Of | Cue::Each)) => of = true,
            (_, Some(Cue::Boundary | Cue::By | Cue::Place)) if !of => {
                of = matches!(node.element.text.as_str(), "for" | "from" | "by" | "für")
            }
            (Kind::Comma, _) | (_, Some(Cue::And | Cue::Filler | Cue::Distinct | Cue::Agg(_) | Cue::Super(..))) => {}
            (Kind::Name(_), _) => match named_table(node, round) {
                Some(table) if of => return Some(table),
                Some(_) => return None,
                None if of => return None,
                None => {}
            },
            _ => return None,
        }
    }
    None
}
