//! What the space declares by name: measures, filters, expressions, instruction terms.

use super::cues::Cue;

use super::frame::{Expr, Output, Pred};

use super::parse::{Parser, Zone, alias_of};
use super::scan::Kind;
use super::schema::ColumnId;
use super::snippets::raw;
use crate::model::SnippetKind;

impl Parser<'_> {
    pub fn snippet(&mut self, at: usize, place: usize) -> usize {
        let Some((snippet, fragment)) = self.world.snippets.get(place).and_then(|s| Some((s, s.fragment.as_ref()?)))
        else {
            return at + 1;
        };
        match snippet.kind {
            SnippetKind::Filter => {
                let sql = if self.negated { format!("NOT ({})", fragment.sql) } else { fragment.sql.clone() };
                self.negated = false;
                self.add_filter(Pred::Raw { sql, tables: fragment.tables.clone() });
            }
            SnippetKind::Measure => self.measure(at, raw(fragment), &snippet.name),
            SnippetKind::Expression => self.dimension(at, raw(fragment), &snippet.name),
        }
        at + 1
    }

    pub fn rule(&mut self, at: usize, place: usize) -> usize {
        let Some(fragment) = self.world.rules.definition(place) else { return at + 1 };
        let expr = raw(fragment);
        let name = self.nodes[at].element.words.join("_");
        if fragment.aggregate {
            self.measure(at, expr, &name);
        } else if super::instructions::is_predicate(&fragment.sql) {
            let sql = if self.negated { format!("NOT ({})", fragment.sql) } else { fragment.sql.clone() };
            self.negated = false;
            self.add_filter(Pred::Raw { sql, tables: fragment.tables.clone() });
        } else {
            self.dimension(at, expr, &name);
        }
        at + 1
    }

    pub fn measure(&mut self, at: usize, expr: Expr, alias: &str) {
        let ranked = self.zone == Zone::Condition && self.compares_next(at);
        if !ranked && !self.frame.outputs.iter().any(|o| o.expr == expr) {
            self.frame.outputs.push(Output { expr: expr.clone(), alias: alias_of(alias) });
        }
        self.subject = Some(expr);
    }

    pub fn dimension(&mut self, at: usize, expr: Expr, alias: &str) {
        let grouping = self.nodes[at].element.each;
        if self.zone == Zone::Output || grouping {
            self.frame.outputs.push(Output { expr: expr.clone(), alias: alias_of(alias) });
        }
        if grouping {
            self.frame.groups.push(expr.clone());
        }
        self.subject = Some(expr);
    }

    pub fn compares_next(&self, at: usize) -> bool {
        let later = self.nodes.iter().skip(at + 1).take(5);
        let mut close = later.take_while(|n| !matches!(n.element.kind, Kind::Stop | Kind::Comma));
        close.any(|n| matches!(n.cue(), Some(Cue::Compare(..) | Cue::Between | Cue::Trailing(_) | Cue::Super(..))))
    }

    pub fn output(&mut self, expr: Expr) {
        if self.frame.outputs[self.returned.unwrap_or(0).min(self.frame.outputs.len())..].iter().any(|o| o.expr == expr)
        {
            return;
        }
        let alias = self.alias(&expr);
        self.frame.outputs.push(Output { expr, alias });
    }

    /// A readable name for a column of the result.
    pub fn alias(&self, expr: &Expr) -> String {
        let name = |c: ColumnId| self.schema().column(c).name.to_lowercase();
        match expr {
            Expr::Column(c) => name(*c),
            Expr::Agg { function, of, .. } => {
                let inner = of.column().map_or_else(|| "value".to_owned(), name);
                alias_of(&format!("{}_{inner}", function.sql().to_lowercase()))
            }
            Expr::Count(table) => alias_of(&format!("{}_count", self.schema().tables[*table].words.join("_"))),
            Expr::Grain(unit, _) => unit.sql().to_lowercase(),
            Expr::Share { percent, .. } => if *percent { "percentage" } else { "ratio" }.to_owned(),
            Expr::CountIf(_) => "count".to_owned(),
            Expr::Ratio { .. } => "ratio".to_owned(),
            Expr::Minus(..) => "difference".to_owned(),
            Expr::During(inner, _) => self.alias(inner),
            Expr::Portion(_) => "percentage".to_owned(),
            Expr::Running(inner) => format!("running_{}", self.alias(inner)),
            Expr::Rounded(inner, _) => self.alias(inner),
            Expr::Raw { .. } => "value".to_owned(),
        }
    }
}
