//! Catalogs and schemas that stand elsewhere: names replaced where the parser sees names, at their
//! places in the text, so that everything else stays as it was written. The result is read again,
//! and holds only if every name in it is the old one renamed.

use super::parse::{SqlError, parse_expression, parse_query};
use sqlparser::ast::{Expr, Ident, ObjectName, Value, ValueWithSpan, Visit, Visitor};
use sqlparser::tokenizer::Location;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Catalogs and schemas by their other names; the longest prefix wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames(Vec<(Vec<String>, Vec<String>)>);

/// Why a text cannot be rebound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebindError {
    #[error(transparent)]
    Sql(#[from] SqlError),
    #[error("the text `{0}` in quotes names a table that stands elsewhere; write it as a name")]
    Literal(String),
    #[error("`{0}` would still stand there")]
    Left(String),
    #[error("`{0}` and `{1}` are not both a catalog, or both catalog.schema")]
    Unlike(String, String),
    #[error("two names become `{0}`, so a change could not be written back")]
    Ambiguous(String),
}

impl Renames {
    /// From pairs such as `dev.sales` → `prod.sales`.
    pub fn new(pairs: &BTreeMap<String, String>) -> Result<Self, RebindError> {
        let mut renames = Vec::new();
        let mut targets = BTreeSet::new();
        for (from, to) in pairs {
            let (old, new) = (parts(from), parts(to));
            let is_name =
                |parts: &[String]| (1..=2).contains(&parts.len()) && parts.iter().all(|part| !part.is_empty());
            if old.len() != new.len() || !is_name(&old) || !is_name(&new) {
                return Err(RebindError::Unlike(from.clone(), to.clone()));
            }
            if !targets.insert(lower(&new)) {
                return Err(RebindError::Ambiguous(to.clone()));
            }
            renames.push((old, new));
        }
        renames.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        Ok(Self(renames))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The way back.
    pub fn inverse(&self) -> Self {
        let mut renames: Vec<_> = self.0.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
        renames.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        Self(renames)
    }

    /// A table's or function's full name by its other name; as it is where none is meant.
    pub fn name(&self, name: &str) -> String {
        let old = parts(name);
        match self.matching(&old) {
            Some((length, new)) if old.len() > 2 => {
                let all: Vec<&str> = new.iter().chain(&old[length..]).map(String::as_str).collect();
                all.join(".")
            }
            _ => name.to_owned(),
        }
    }

    /// Old names that a prose text mentions.
    pub fn mentioned(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let part_of_name = |c: char| c.is_alphanumeric() || "_.`".contains(c);
        let words: Vec<&str> = lower.split(|c: char| !part_of_name(c)).collect();
        let names = self.0.iter().map(|(old, _)| old.join(".").to_lowercase());
        names
            .filter(|name| {
                words.iter().any(|word| {
                    let word = word.replace('`', "");
                    let rest = word.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('.'));
                    rest.is_some_and(|rest| !rest.is_empty())
                        || (name.contains('.') && word.trim_end_matches('.') == *name)
                })
            })
            .collect()
    }

    fn matching(&self, name: &[String]) -> Option<(usize, &Vec<String>)> {
        let name = lower(name);
        let fits = |old: &[String]| name.len() > old.len() && lower(old) == name[..old.len()];
        self.0.iter().find(|(old, _)| fits(old)).map(|(old, new)| (old.len(), new))
    }
}

/// A query with its names replaced. `tables`: full names that may stand before a column.
pub fn rebind_query(sql: &str, renames: &Renames, tables: &BTreeSet<String>) -> Result<String, RebindError> {
    rebind(sql, renames, tables, &|sql| Ok(names_in(&parse_query(sql)?)))
}

/// As [`rebind_query`], for an expression such as a snippet's.
pub fn rebind_expression(sql: &str, renames: &Renames, tables: &BTreeSet<String>) -> Result<String, RebindError> {
    rebind(sql, renames, tables, &|sql| Ok(names_in(&parse_expression(sql)?)))
}

fn rebind(
    sql: &str,
    renames: &Renames,
    tables: &BTreeSet<String>,
    read: &dyn Fn(&str) -> Result<Found, SqlError>,
) -> Result<String, RebindError> {
    let found = read(sql)?;
    let old = found.qualified(tables);
    if let Some(literal) = found.literals.iter().find(|text| renames.name(text) != **text) {
        return Err(RebindError::Literal(literal.clone()));
    }
    let mut edits = Vec::new();
    for name in &old {
        let Some((length, new)) = renames.matching(&values(name)) else { continue };
        let (start, end) = (name[0].span.start, name[length - 1].span.end);
        edits.push((offset(sql, start), offset(sql, end), new.iter().map(|part| quoted(part)).collect::<Vec<_>>()));
    }
    // From the end, so that earlier places stay where they are; a name may be visited twice.
    edits.sort();
    edits.dedup();
    let mut text = sql.to_owned();
    for (start, end, new) in edits.iter().rev() {
        text.replace_range(start..end, &new.join("."));
    }
    let wanted: Vec<Vec<String>> = old.iter().map(|name| parts(&renames.name(&joined(name)))).collect();
    let renamed: BTreeSet<String> = tables.iter().map(|table| renames.name(table)).collect();
    let now: Vec<Vec<String>> = read(&text)?.qualified(&renamed).iter().map(|name| values(name)).collect();
    match wanted.iter().zip(&now).find(|(wanted, now)| wanted != now) {
        Some((_, now)) => Err(RebindError::Left(now.join("."))),
        None if wanted.len() != now.len() => Err(RebindError::Left(sql.chars().take(60).collect())),
        None => Ok(text),
    }
}

/// Names of a syntax tree, in the order in which it is walked.
#[derive(Default)]
struct Found {
    /// Of tables and functions.
    relations: Vec<Vec<Ident>>,
    /// Chains such as `catalog.schema.table.column`.
    chains: Vec<Vec<Ident>>,
    literals: Vec<String>,
}

impl Found {
    /// Names of three or more parts: those of relations, and chains that start with a table.
    fn qualified(&self, tables: &BTreeSet<String>) -> Vec<Vec<Ident>> {
        let relations = || self.relations.iter().filter(|name| name.len() > 2);
        let known: BTreeSet<Vec<String>> = tables
            .iter()
            .map(|table| lower(&parts(table)))
            .chain(relations().map(|name| lower(&values(name))))
            .collect();
        let of_table = |chain: &&Vec<Ident>| chain.len() > 3 && known.contains(&lower(&values(&chain[..3])));
        relations().chain(self.chains.iter().filter(of_table)).cloned().collect()
    }
}

fn names_in(tree: &impl Visit) -> Found {
    let mut found = Found::default();
    let _ = tree.visit(&mut found);
    found
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.relations.push(idents(relation));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::CompoundIdentifier(chain) => self.chains.push(chain.clone()),
            Expr::Function(function) => self.relations.push(idents(&function.name)),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        if let Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) = &value.value {
            self.literals.push(text.clone());
        }
        ControlFlow::Continue(())
    }
}

fn idents(name: &ObjectName) -> Vec<Ident> {
    name.0.iter().filter_map(|part| part.as_ident().cloned()).collect()
}

fn values(name: &[Ident]) -> Vec<String> {
    name.iter().map(|ident| ident.value.clone()).collect()
}

fn joined(name: &[Ident]) -> String {
    // A dot inside backticks would otherwise look like one between parts.
    let parts: Vec<String> = name.iter().map(|ident| quoted(&ident.value)).collect();
    parts.join(".")
}

fn lower(parts: &[String]) -> Vec<String> {
    parts.iter().map(|part| part.to_lowercase()).collect()
}

/// The parts of a dotted name, without backticks.
fn parts(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut inside = false;
    for c in name.trim().chars() {
        match c {
            '`' => inside = !inside,
            '.' if !inside => all.push(String::new()),
            c => {
                if let Some(last) = all.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    all
}

/// A part as it may stand in a query.
fn quoted(part: &str) -> String {
    let plain =
        part.chars().all(|c| c.is_alphanumeric() || c == '_') && !part.starts_with(|c: char| c.is_ascii_digit());
    if plain { part.to_owned() } else { format!("`{}`", part.replace('`', "``")) }
}

/// The byte of a place that the tokenizer counts in lines and characters.
fn offset(text: &str, place: Location) -> usize {
    let line = usize::try_from(place.line).unwrap_or(1).max(1) - 1;
    let column = usize::try_from(place.column).unwrap_or(1).max(1) - 1;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renames(pairs: &[(&str, &str)]) -> Renames {
        let pairs = pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
        Renames::new(&pairs).expect("sound")
    }

    #[test]
    fn names_are_replaced_and_nothing_else() {
        let prod = renames(&[("dev.sales", "prod.shop"), ("dev", "prod")]);
        let none = BTreeSet::new();
        let sql = "-- dev.sales.orders\nSELECT '매출 dev.sales', dev.sales.orders.amount, dev.sales AS x,\n  DEV.util.f(1)\n\
                   FROM `Dev`.sales.orders dev JOIN dev.other.`a b` USING (id) WHERE dev.sales > 1";
        let rebound = rebind_query(sql, &prod, &none).expect("rebinds");
        assert_eq!(
            rebound,
            "-- dev.sales.orders\nSELECT '매출 dev.sales', prod.shop.orders.amount, dev.sales AS x,\n  prod.util.f(1)\n\
             FROM prod.shop.orders dev JOIN prod.other.`a b` USING (id) WHERE dev.sales > 1"
        );
        assert_eq!(
            rebind_query(&rebound, &prod.inverse(), &none).map(|sql| sql.to_lowercase()).as_deref(),
            Ok(sql.to_lowercase().replace("`dev`", "dev").as_str())
        );
        let tables = BTreeSet::from(["dev.sales.orders".to_owned()]);
        assert_eq!(
            rebind_expression("SUM(dev.sales.orders.a)", &prod, &tables).as_deref(),
            Ok("SUM(prod.shop.orders.a)")
        );
        assert_eq!(rebind_expression("dev.sales.orders.a", &prod, &none).as_deref(), Ok("dev.sales.orders.a"));
    }

    #[test]
    fn odd_names_get_their_quotes_and_swaps_do_not_run_in_circles() {
        let odd = renames(&[("a.b", "my-cat.2024")]);
        assert_eq!(
            rebind_query("SELECT 1 FROM a.b.t", &odd, &BTreeSet::new()).as_deref(),
            Ok("SELECT 1 FROM `my-cat`.`2024`.t")
        );
        let swap = renames(&[("a", "b"), ("b", "a")]);
        assert_eq!(
            rebind_query("SELECT 1 FROM a.x.t, b.x.t", &swap, &BTreeSet::new()).as_deref(),
            Ok("SELECT 1 FROM b.x.t, a.x.t")
        );
    }

    #[test]
    fn what_cannot_be_rebound_is_told() {
        let prod = renames(&[("dev.sales", "prod.sales")]);
        let none = BTreeSet::new();
        assert!(matches!(rebind_query("SELEC", &prod, &none), Err(RebindError::Sql(_))));
        let hidden = "SELECT * FROM IDENTIFIER('dev.sales.orders')";
        assert!(rebind_query(hidden, &prod, &none).is_err());
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert!(matches!(Renames::new(&pairs(&[("a", "b.c")])), Err(RebindError::Unlike(..))));
        assert!(matches!(Renames::new(&pairs(&[("a", "c"), ("b", "C")])), Err(RebindError::Ambiguous(_))));
        assert_eq!(prod.mentioned("Use dev.sales.orders, never dev.salesforce."), ["dev.sales"]);
        assert!(prod.mentioned("developers. dev.salesforce.x").is_empty());
    }
}
