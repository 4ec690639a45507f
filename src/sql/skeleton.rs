//! A query's texts for comparison: in normal form, with literals masked, with names masked too.

use super::calls::is_resolved;
use super::normalise::{full_names, normalise_node, render};
use sqlparser::ast::{Expr, Ident, ObjectName, Query, Value, VisitMut, VisitorMut};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub(super) struct Texts {
    pub normal: String,
    pub masked: String,
    pub skeleton: String,
}

/// The texts of a resolved query.
pub(super) fn of(query: &Query) -> Texts {
    let mut query = query.clone();
    let _ = query.visit(&mut Plain);
    let normal = render(&query, &full_names);
    let _ = query.visit(&mut MaskLiterals);
    let masked = render(&query, &full_names);
    let _ = query.visit(&mut MaskNames::default());
    Texts { normal, masked, skeleton: query.to_string() }
}

/// Normal form of every whole expression, and names without quotes or case.
struct Plain;

impl VisitorMut for Plain {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        normalise_node(expr);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        let parts = relation.0.iter().filter_map(|part| part.as_ident());
        let lower: Vec<Ident> = parts.map(|ident| Ident::new(ident.value.to_lowercase())).collect();
        *relation = ObjectName::from(lower);
        ControlFlow::Continue(())
    }
}

struct MaskLiterals;

impl VisitorMut for MaskLiterals {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Value(value) => match value.value {
                Value::Number(..) => *expr = mask(":number"),
                Value::Null | Value::Boolean(_) | Value::Placeholder(_) => {}
                _ => *expr = mask(":text"),
            },
            Expr::TypedString(_) => *expr = mask(":date"),
            // Lists of any length are one family.
            Expr::InList { list, .. } => list.dedup(),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn mask(text: &str) -> Expr {
    Expr::Identifier(Ident::new(text))
}

/// Tables become `t1`, `t2` … and columns `t1.c1` … in order of appearance.
#[derive(Default)]
struct MaskNames {
    tables: BTreeMap<String, usize>,
    columns: BTreeMap<String, usize>,
}

impl VisitorMut for MaskNames {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let name = match expr {
            Expr::CompoundIdentifier(parts) if is_resolved(parts) => {
                format!("{}.{}", parts[1].value, parts[2].value)
            }
            Expr::Identifier(ident) if !ident.value.starts_with(':') => ident.value.clone(),
            _ => return ControlFlow::Continue(()),
        };
        let next = self.columns.len() + 1;
        let number = *self.columns.entry(name).or_insert(next);
        *expr = mask(&format!("c{number}"));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        let next = self.tables.len() + 1;
        let number = *self.tables.entry(relation.to_string()).or_insert(next);
        *relation = ObjectName::from(Ident::new(format!("t{number}")));
        ControlFlow::Continue(())
    }
}
