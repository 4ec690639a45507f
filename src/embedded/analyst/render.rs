//! The logical query as Databricks SQL.

use super::cues::Aggregate;
use super::dates::Unit;
use super::frame::{Expr, Frame, Output, Pred};
use super::joins::{Graph, Step};
use super::schema::{ColumnId, Schema, TableId, quoted, quoted_path};
use super::values::quote;
use crate::model::TypeFamily;
use std::collections::BTreeSet;

/// Why a frame is no query.
#[derive(Debug, PartialEq, Eq)]
pub enum Unable {
    Nothing,
    /// No known way to join the tables.
    NoJoin(TableId, TableId),
}

pub struct Rendered {
    pub sql: String,
    pub steps: Vec<Step>,
    pub root: TableId,
}

pub struct Renderer<'a> {
    pub schema: &'a Schema,
    pub graph: &'a Graph,
}

/// What stands around an expression: the joins decide how rows are counted.
pub struct Scope<'a> {
    pub root: TableId,
    pub steps: &'a [Step],
    /// The time by which rows are grouped, as SQL.
    pub time: Option<String>,
    /// The same, where each period has several groups.
    pub period: Option<String>,
}

impl<'a> Scope<'a> {
    pub fn over(root: TableId, steps: &'a [Step]) -> Self {
        Self { root, steps, time: None, period: None }
    }

    /// True if joins repeat the rows of `table`.
    fn repeats(&self, table: TableId) -> bool {
        let path = self.path(table);
        self.steps.iter().any(|s| if path.contains(&s.table) { s.many_back } else { s.many })
    }

    fn path(&self, table: TableId) -> BTreeSet<TableId> {
        let mut inside = BTreeSet::new();
        let mut at = table;
        while at != self.root {
            inside.insert(at);
            match self.steps.iter().find(|s| s.table == at) {
                Some(step) => at = step.from,
                None => break,
            }
        }
        inside
    }

    /// True if joins repeat the rows shown by rows of tables that are not shown.
    fn repeats_shown(&self, shown: &BTreeSet<TableId>) -> bool {
        let Some(first) = shown.iter().next() else { return false };
        let path = self.path(*first);
        let all: BTreeSet<TableId> = self.steps.iter().map(|s| s.table).chain([self.root]).collect();
        self.steps.iter().any(|step| {
            let below: BTreeSet<TableId> =
                all.iter().copied().filter(|t| self.path(*t).contains(&step.table)).collect();
            let back = path.contains(&step.table);
            let far_is_hidden = all.iter().all(|t| below.contains(t) == back || !shown.contains(t));
            far_is_hidden && if back { step.many_back } else { step.many }
        })
    }
}

impl Renderer<'_> {
    pub fn render(&self, frame: &Frame) -> Result<Rendered, Unable> {
        if let Some((left, right, word)) = frame.common {
            return Ok(self.set_operation(left, right, word));
        }
        if frame.outputs.is_empty() && !frame.everything {
            return Err(Unable::Nothing);
        }
        let mut tables = frame.tables();
        let root = self.root(frame, &tables).ok_or(Unable::Nothing)?;
        tables.insert(root);
        let steps = self.graph.tree(root, &tables).ok_or_else(|| {
            let lost = tables.iter().find(|t| self.graph.distance(root, **t).is_none());
            Unable::NoJoin(root, lost.copied().unwrap_or(root))
        })?;
        let scope = self.in_time(frame, Scope::over(root, &steps));
        let sql = self.select(frame, &scope);
        Ok(Rendered { sql, root, steps })
    }

    /// The scope with the time by which its rows are grouped.
    fn in_time<'b>(&self, frame: &Frame, mut scope: Scope<'b>) -> Scope<'b> {
        let timed =
            |e: &Expr| matches!(e, Expr::Grain(..)) || e.column().is_some_and(|c| self.schema.family(c).is_temporal());
        scope.time = frame.groups.iter().find(|e| timed(e)).map(|e| self.expr(e, &scope));
        let plain = |o: &Output| !o.expr.is_aggregate() && !timed(&o.expr);
        let several =
            frame.groups.iter().any(|e| !timed(e)) || frame.group_rows.is_some() || frame.outputs.iter().any(plain);
        scope.period = scope.time.clone().filter(|_| several);
        scope
    }

    fn root(&self, frame: &Frame, tables: &BTreeSet<TableId>) -> Option<TableId> {
        let counted = frame.outputs.iter().find_map(|o| match &o.expr {
            Expr::Count(table) => Some(*table),
            _ => None,
        });
        let entity = frame.entity.filter(|e| {
            tables.contains(e) || frame.everything || frame.filters.iter().any(|f| matches!(f, Pred::Has { .. }))
        });
        entity.or(counted).or_else(|| tables.iter().next().copied()).or(frame.entity)
    }

    fn select(&self, frame: &Frame, scope: &Scope) -> String {
        let mut outputs: Vec<String> = Vec::new();
        if frame.everything && !frame.has_aggregate() {
            outputs.push(format!("{}.*", quoted(&self.schema.tables[frame.entity.unwrap_or(scope.root)].alias)));
        }
        outputs.extend(frame.outputs.iter().map(|o| self.output(o, scope)));
        let grouped = !frame.groups.is_empty() || frame.group_rows.is_some() || !frame.having.is_empty();
        let groups = if grouped || frame.has_aggregate() || frame.order.iter().any(|(e, _)| e.is_aggregate()) {
            self.groups(frame, scope)
        } else {
            Vec::new()
        };
        let distinct =
            groups.is_empty() && !frame.has_aggregate() && (frame.distinct || self.needs_distinct(frame, scope));
        let mut sql =
            format!("SELECT {}{}\n{}", if distinct { "DISTINCT " } else { "" }, outputs.join(", "), self.from(scope));
        self.push_clause(&mut sql, "WHERE", &frame.filters, scope, " AND ");
        if !groups.is_empty() {
            sql.push_str(&format!("\nGROUP BY {}", groups.join(", ")));
        }
        self.push_clause(&mut sql, "HAVING", &frame.having, scope, " AND ");
        if !frame.order.is_empty() {
            let keys: Vec<String> = frame
                .order
                .iter()
                .map(|(e, desc)| {
                    format!("{}{}", self.order_key(e, frame, scope, distinct), if *desc { " DESC" } else { "" })
                })
                .collect();
            sql.push_str(&format!("\nORDER BY {}", keys.join(", ")));
        }
        if let Some(limit) = frame.limit {
            sql.push_str(&format!("\nLIMIT {limit}"));
        }
        sql
    }

    pub fn push_clause(&self, sql: &mut String, word: &str, preds: &[Pred], scope: &Scope, glue: &str) {
        if preds.is_empty() {
            return;
        }
        let parts: Vec<String> = preds.iter().map(|p| self.pred(p, scope)).collect();
        sql.push_str(&format!("\n{word} {}", parts.join(glue)));
    }

    fn order_key(&self, expr: &Expr, frame: &Frame, scope: &Scope, distinct: bool) -> String {
        // With DISTINCT only what is selected can be ordered by.
        let output = frame
            .outputs
            .iter()
            .find(|o| o.expr == *expr && (expr.is_aggregate() || distinct || matches!(expr, Expr::Grain(..))));
        output.filter(|o| !o.alias.is_empty()).map_or_else(|| self.expr(expr, scope), |o| quoted(&o.alias))
    }

    fn output(&self, output: &Output, scope: &Scope) -> String {
        let sql = self.expr(&output.expr, scope);
        if output.alias.is_empty() || matches!(output.expr, Expr::Column(_)) {
            sql
        } else {
            format!("{sql} AS {}", quoted(&output.alias))
        }
    }

    fn groups(&self, frame: &Frame, scope: &Scope) -> Vec<String> {
        let mut keys: Vec<String> = frame.groups.iter().map(|e| self.expr(e, scope)).collect();
        if let Some(key) = frame.group_rows.and_then(|t| self.schema.key(t)) {
            keys.push(self.schema.sql(key));
        }
        let plain = frame.outputs.iter().filter(|o| !o.expr.is_aggregate()).map(|o| self.expr(&o.expr, scope));
        keys.extend(plain);
        let order = frame.order.iter().filter(|(e, _)| !e.is_aggregate()).map(|(e, _)| self.expr(e, scope));
        keys.extend(order);
        let mut seen = BTreeSet::new();
        keys.retain(|k| seen.insert(k.clone()));
        keys
    }

    /// Rows of the asked entity come once, however many rows a table joined only to filter has.
    fn needs_distinct(&self, frame: &Frame, scope: &Scope) -> bool {
        let mut shown = BTreeSet::new();
        frame.outputs.iter().for_each(|o| o.expr.tables(&mut shown));
        frame.order.iter().for_each(|(e, _)| e.tables(&mut shown));
        if frame.everything {
            shown.insert(frame.entity.unwrap_or(scope.root));
        }
        let ordered_unseen = frame.order.iter().any(|(e, _)| !frame.outputs.iter().any(|o| o.expr == *e));
        !ordered_unseen && scope.repeats_shown(&shown)
    }

    pub fn from(&self, scope: &Scope) -> String {
        let mut sql = format!("FROM {}", self.source(scope.root));
        for step in scope.steps {
            sql.push_str(&format!("\nJOIN {} ON {}", self.source(step.table), step.condition));
        }
        sql
    }

    pub fn source(&self, table: TableId) -> String {
        let info = &self.schema.tables[table];
        format!("{} AS {}", quoted_path(&info.full_name), quoted(&info.alias))
    }

    pub fn expr(&self, expr: &Expr, scope: &Scope) -> String {
        match expr {
            Expr::Column(c) => self.schema.sql(*c),
            Expr::Raw { sql, .. } => sql.clone(),
            Expr::Agg { function, of, distinct } => {
                let inner = match (of.column(), function) {
                    (Some(c), Aggregate::Sum | Aggregate::Avg) => self.number(c),
                    _ => self.expr(of, scope),
                };
                let distinct = *distinct && *function == Aggregate::Count;
                format!("{}({}{inner})", function.sql(), if distinct { "DISTINCT " } else { "" })
            }
            Expr::Count(table) => self.count(*table, scope),
            Expr::Grain(unit, of) => self.grain(*unit, of, scope),
            Expr::Ratio { part, whole } => {
                format!("{} * 1.0 / NULLIF({}, 0)", self.expr(part, scope), self.expr(whole, scope))
            }
            Expr::Minus(a, b) => format!("{} - {}", self.expr(a, scope), self.expr(b, scope)),
            Expr::During(of, when) => {
                let cond: Vec<String> = when.iter().map(|p| self.row_pred(p, scope)).collect();
                super::fragment::filtered(&self.expr(of, scope), &cond.join(" AND "))
            }
            Expr::Running(of) => match &scope.time {
                Some(key) => format!("SUM({}) OVER (ORDER BY {key})", self.expr(of, scope)),
                None => self.expr(of, scope),
            },
            Expr::Portion(of) => {
                let part = self.expr(of, scope);
                // Of several groups in each period, a share is of the period.
                let whole = scope.period.as_ref().map(|key| format!("PARTITION BY {key}")).unwrap_or_default();
                format!("100.0 * {part} / NULLIF(SUM({part}) OVER ({whole}), 0)")
            }
            Expr::Rounded(of, digits) => format!("ROUND({}, {digits})", self.expr(of, scope)),
            Expr::CountIf(when) if when.is_empty() => "COUNT(*)".to_owned(),
            Expr::CountIf(when) => {
                let cond: Vec<String> = when.iter().map(|p| self.row_pred(p, scope)).collect();
                format!("COUNT(CASE WHEN {} THEN 1 END)", cond.join(" AND "))
            }
            Expr::Share { when, percent } => {
                let cond: Vec<String> = when.iter().map(|p| self.row_pred(p, scope)).collect();
                let factor = if *percent { "100.0" } else { "1.0" };
                format!("COUNT(CASE WHEN {} THEN 1 END) * {factor} / NULLIF(COUNT(*), 0)", cond.join(" AND "))
            }
        }
    }

    /// A column as a number, also where it is kept as text.
    fn number(&self, column: ColumnId) -> String {
        let sql = self.schema.sql(column);
        if self.schema.family(column) == TypeFamily::Text { format!("TRY_CAST({sql} AS DOUBLE)") } else { sql }
    }

    fn count(&self, table: TableId, scope: &Scope) -> String {
        match self.schema.key(table) {
            Some(key) if scope.repeats(table) => format!("COUNT(DISTINCT {})", self.schema.sql(key)),
            _ => "COUNT(*)".to_owned(),
        }
    }

    fn grain(&self, unit: Unit, of: &Expr, scope: &Scope) -> String {
        let inner = self.expr(of, scope);
        let family = of.column().map(|c| self.schema.family(c));
        match (unit, family) {
            (Unit::Year, Some(TypeFamily::Integer | TypeFamily::Text)) => inner,
            (Unit::Day, Some(TypeFamily::Date)) => inner,
            _ => format!("DATE_TRUNC('{}', {inner})", unit.sql()),
        }
    }

    pub fn pred(&self, pred: &Pred, scope: &Scope) -> String {
        match pred {
            Pred::Compare { left: Expr::Column(c), op, right } if right.parse::<f64>().is_ok() && *op != "=" => {
                format!("{} {op} {right}", self.number(*c))
            }
            Pred::Compare { left, op, right } => format!("{} {op} {right}", self.expr(left, scope)),
            Pred::Columns { left, op, right } => format!("{} {op} {}", self.schema.sql(*left), self.schema.sql(*right)),
            Pred::Overall { left, op, function, of, within } => self.overall(left, op, *function, of, within, scope),
            Pred::In { column, values, negated } => self.in_list(*column, values, *negated),
            Pred::Text { column, value, negated } => {
                let op = if *negated { "<>" } else { "=" };
                format!("LOWER({}) {op} {}", self.schema.sql(*column), quote(&value.to_lowercase()))
            }
            Pred::Mentioned { places, role, negated } => self.mentioned(places, *role, *negated, scope),
            Pred::Like { column, pattern, negated } => {
                let not = if *negated { " NOT" } else { "" };
                format!("LOWER({}){not} LIKE {}", self.schema.sql(*column), quote(&pattern.to_lowercase()))
            }
            Pred::Null { column, negated } => {
                format!("{} IS {}NULL", self.schema.sql(*column), if *negated { "NOT " } else { "" })
            }
            Pred::Raw { sql, .. } => sql.clone(),
            Pred::Has { table, when, negated } => self.has(*table, when, *negated, scope),
            Pred::HasCount { table, op, right } => self.has_count(*table, op, right, scope),
            Pred::All(parts) => parts.iter().map(|p| self.pred(p, scope)).collect::<Vec<_>>().join(" AND "),
            Pred::Any(parts) => {
                format!("({})", parts.iter().map(|p| self.pred(p, scope)).collect::<Vec<_>>().join(" OR "))
            }
        }
    }

    fn in_list(&self, column: ColumnId, values: &[String], negated: bool) -> String {
        let sql = self.schema.sql(column);
        match values {
            [one] => format!("{sql} {} {one}", if negated { "<>" } else { "=" }),
            _ => format!("{sql} {}IN ({})", if negated { "NOT " } else { "" }, values.join(", ")),
        }
    }

    fn set_operation(&self, left: ColumnId, right: ColumnId, word: &str) -> Rendered {
        let one = |c: ColumnId| format!("SELECT {} FROM {}", self.schema.sql(c), self.source(c.table));
        Rendered { sql: format!("{}\n{word}\n{}", one(left), one(right)), steps: Vec::new(), root: left.table }
    }
}
