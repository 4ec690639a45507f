//! Conditions that look into other tables: EXISTS, counts of rows, comparisons with a whole.

use super::cues::Aggregate;
use super::frame::{Expr, Pred, Role};
use super::joins::Step;
use super::render::{Renderer, Scope};
use super::schema::{ColumnId, TableId};
use super::values::quote;
use std::collections::BTreeSet;

impl Renderer<'_> {
    /// In the tables that the query reads directly; elsewhere by the rows that belong to its row.
    pub fn mentioned(
        &self,
        places: &[(ColumnId, Vec<String>)],
        role: Option<Role>,
        negated: bool,
        scope: &Scope,
    ) -> String {
        let facing = self.graph.facing(self.schema, role);
        let graph = facing.as_ref().unwrap_or(self.graph);
        let mut parts = Vec::new();
        let mut tables: Vec<TableId> = places.iter().map(|(c, _)| c.table).collect();
        tables.dedup();
        for table in tables {
            let holds: Vec<String> =
                places.iter().filter(|(c, _)| c.table == table).map(|(c, forms)| self.holds(*c, forms)).collect();
            if table == scope.root || scope.steps.iter().any(|s| s.table == table) {
                parts.extend(holds);
            } else if let Some(steps) = graph.tree(scope.root, &[table].into()).filter(|s| !s.is_empty()) {
                let (first, rest) = (&steps[0], &steps[1..]);
                let inner = Scope::over(first.table, rest);
                let from = self.from(&inner).replace('\n', " ");
                parts.push(format!("EXISTS (SELECT 1 {from} WHERE {} AND ({}))", first.condition, holds.join(" OR ")));
            }
        }
        let any = match parts.as_slice() {
            [] => "FALSE".to_owned(),
            [one] => one.clone(),
            _ => format!("({})", parts.join(" OR ")),
        };
        if negated { format!("NOT {any}") } else { any }
    }

    pub fn holds(&self, column: ColumnId, forms: &[String]) -> String {
        let quoted: Vec<String> = forms.iter().map(|f| quote(f)).collect();
        if let [pattern] = forms
            && pattern.starts_with('%')
        {
            return format!("LOWER({}) LIKE {}", self.schema.sql(column), quote(pattern));
        }
        match quoted.as_slice() {
            [one] => format!("LOWER({}) = {one}", self.schema.sql(column)),
            _ => format!("LOWER({}) IN ({})", self.schema.sql(column), quoted.join(", ")),
        }
    }

    /// A condition inside an aggregate, where no other table can be asked.
    pub fn row_pred(&self, pred: &Pred, scope: &Scope) -> String {
        let read = |table: TableId| table == scope.root || scope.steps.iter().any(|s| s.table == table);
        match pred {
            Pred::Mentioned { places, role, negated } => {
                let own: Vec<(ColumnId, Vec<String>)> = places.iter().filter(|(c, _)| read(c.table)).cloned().collect();
                self.mentioned(&own, *role, *negated, scope)
            }
            other => self.pred(other, scope),
        }
    }

    pub fn overall(
        &self,
        left: &Expr,
        op: &str,
        function: Aggregate,
        of: &Expr,
        within: &[Pred],
        scope: &Scope,
    ) -> String {
        let mut tables = BTreeSet::new();
        of.tables(&mut tables);
        within.iter().for_each(|p| p.tables(&mut tables));
        let root = of.column().map_or(scope.root, |c| c.table);
        let steps = self.graph.tree(root, &tables).unwrap_or_default();
        let inner = Scope::over(root, &steps);
        let mut sql = format!("SELECT {}({}) {}", function.sql(), self.expr(of, &inner), self.from(&inner));
        self.push_clause(&mut sql, "WHERE", within, &inner, " AND ");
        format!("{} {op} ({})", self.expr(left, scope), sql.replace('\n', " "))
    }

    pub fn has(&self, table: TableId, when: &[Pred], negated: bool, scope: &Scope) -> String {
        let mut tables: BTreeSet<TableId> = [table].into();
        when.iter().for_each(|p| p.tables(&mut tables));
        tables.remove(&scope.root);
        let Some(steps) = self.graph.tree(scope.root, &tables).filter(|s| !s.is_empty()) else {
            let own: Vec<String> = when.iter().map(|p| self.pred(p, scope)).collect();
            let all = if own.is_empty() { "TRUE".to_owned() } else { own.join(" AND ") };
            return if negated { format!("NOT ({all})") } else { all };
        };
        let (first, rest) = (&steps[0], &steps[1..]);
        // A join within must not refer to the row outside: such a condition belongs to WHERE.
        let (outer, within): (Vec<Step>, Vec<Step>) = rest.iter().cloned().partition(|step| step.from == scope.root);
        let inner = Scope::over(first.table, &within);
        let mut from = self.from(&inner).replace('\n', " ");
        outer.iter().for_each(|step| from.push_str(&format!(" CROSS JOIN {}", self.source(step.table))));
        let mut sql = format!("SELECT 1 {from} WHERE {}", first.condition);
        outer.iter().for_each(|step| sql.push_str(&format!(" AND {}", step.condition)));
        for pred in when {
            sql.push_str(&format!(" AND {}", self.pred(pred, &inner)));
        }
        format!("{}EXISTS ({sql})", if negated { "NOT " } else { "" })
    }

    pub fn has_count(&self, table: TableId, op: &str, right: &str, scope: &Scope) -> String {
        let Some(steps) = self.graph.tree(scope.root, &[table].into()).filter(|s| !s.is_empty()) else {
            return "TRUE".to_owned();
        };
        let (first, rest) = (&steps[0], &steps[1..]);
        let inner = Scope::over(first.table, rest);
        format!("(SELECT COUNT(*) {} WHERE {}) {op} {right}", self.from(&inner).replace('\n', " "), first.condition)
    }
}
