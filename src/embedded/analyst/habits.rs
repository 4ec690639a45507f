//! Habits that a line of the instruction asks for: dates that the figures of a table are always
//! grouped by, and figures that are shown beside others.

use super::frame::{Expr, Output};
use super::instructions::{Effect, columns_in};
use super::lines::lower;
use super::parse::{Parser, alias_of};
use super::schema::{ColumnId, Schema};
use super::snippets::raw;
use std::collections::BTreeSet;

pub fn read(schema: &Schema, line: &str) -> Option<Effect> {
    grouped(schema, line).or_else(|| beside(schema, line))
}

/// `Always group DAU by event_date`; `Figures of sales are grouped by `day` every time`.
fn grouped(schema: &Schema, line: &str) -> Option<Effect> {
    let text = lower(line);
    let groups = text.contains("group") && text.contains(" by ") && !text.contains("group by all");
    let always = ["always", "every time", "in any case"].iter().any(|word| text.contains(word));
    let korean = line.contains("항상") && (line.contains("그룹") || line.contains("집계"));
    let columns = columns_in(schema, line);
    let table = columns.first()?.table;
    let one_table = columns.iter().all(|column| column.table == table);
    ((groups && always || korean) && one_table).then_some(Effect::Per(columns))
}

/// `Beside `SUM(a) / SUM(b)` also show `SUM(a)` as total`.
fn beside(schema: &Schema, line: &str) -> Option<Effect> {
    const SHOW: [&str; 7] =
        ["also show", "also include", "also return", "also list", "함께 표시", "함께 보여", "같이 표시"];
    let text = lower(line);
    let at = SHOW.iter().find_map(|words| text.find(words))?;
    let figures = |part: &str| -> Vec<(super::fragment::Fragment, String)> {
        let pieces: Vec<&str> = part.split('`').collect();
        let coded = pieces.iter().enumerate().skip(1).step_by(2);
        let read = coded.filter_map(|(place, sql)| {
            let fragment = super::instructions::usable(schema, sql, None).filter(|f| f.aggregate)?;
            let behind = pieces.get(place + 1).map(|rest| rest.trim_start()).unwrap_or_default();
            let name = behind.strip_prefix("as ").and_then(|rest| rest.split_whitespace().next());
            let name = name.unwrap_or("value").trim_matches([',', '.']).to_owned();
            Some((fragment, name))
        });
        read.collect()
    };
    // Korean says what is shown before it says so.
    let korean = !text[at..].is_ascii();
    let mut shown = if korean { figures(line) } else { figures(line.get(at..)?) };
    let of = if korean { (!shown.is_empty()).then(|| shown.remove(0)) } else { figures(line.get(..at)?).pop() }?;
    (!shown.is_empty()).then_some(Effect::Beside { of: of.0, shown })
}

impl Parser<'_> {
    /// Groups the figures of a table by the dates that they always stand beside.
    pub fn habitual_dates(&mut self) {
        if self.stretches.len() > 1 {
            // Stretches of time are compared as wholes.
            return;
        }
        for columns in self.world.rules.per() {
            let Some(table) = columns.first().map(|column| column.table) else { continue };
            let figure = |expr: &Expr| {
                let mut tables = BTreeSet::new();
                expr.tables(&mut tables);
                let number = matches!(expr, Expr::Column(c) if self.additive(*c));
                tables.contains(&table) && (expr.is_aggregate() || number)
            };
            if self.frame.outputs.iter().any(|output| figure(&output.expr)) {
                self.group_by_dates(columns);
            }
        }
    }

    fn group_by_dates(&mut self, columns: &[ColumnId]) {
        let own = |expr: &Expr| {
            matches!(expr, Expr::Grain(..)) && expr.column().map(|c| c.table) == columns.first().map(|c| c.table)
        };
        if self.frame.groups.iter().any(own) {
            if columns.len() == 1 {
                // The question says by which time.
                return;
            }
            // Rows that are periods are grouped by their ends, not by a part of one of them.
            self.frame.groups.retain(|group| !own(group));
            self.frame.outputs.retain(|output| !own(&output.expr));
        }
        columns.iter().for_each(|column| self.group(Expr::Column(*column)));
    }

    /// Shows what is always shown beside a figure.
    pub fn companions(&mut self) {
        for (of, shown) in self.world.rules.beside() {
            if !self.frame.outputs.iter().any(|output| self.is_figure(&output.expr, &of.sql)) {
                continue;
            }
            for (fragment, name) in shown {
                if !self.frame.outputs.iter().any(|output| self.is_figure(&output.expr, &fragment.sql)) {
                    self.frame.outputs.push(Output { expr: raw(fragment), alias: alias_of(name) });
                }
            }
        }
    }

    fn is_figure(&self, expr: &Expr, figure: &str) -> bool {
        match expr {
            Expr::Raw { sql, .. } => sql == figure,
            Expr::Rounded(of, _) => self.is_figure(of, figure),
            Expr::Agg { function, of, distinct: false } => {
                of.column().is_some_and(|column| format!("{}({})", function.sql(), self.schema().sql(column)) == figure)
            }
            _ => false,
        }
    }
}
