//! Resolution: every column of a query by the table it comes from.
//!
//! A resolved column is written in the tree as an identifier of three parts: an empty one, the
//! table's full name, the column. What an inner query computes is carried outwards where it is
//! computed row by row; an aggregate of an inner query stays opaque (three parts with an empty
//! table), since it has no meaning outside its query.

use super::calls::{conjuncts, is_computed_over_rows, is_constant, is_resolved};
use super::names::Names;
use super::resolve_scope::{OutColumn, Scope, Source, bracketed};
use sqlparser::ast::{
    Expr, GroupByExpr, Ident, JoinConstraint, JoinOperator, LimitClause, ObjectName, OrderByKind, Query, Select,
    SelectItem, SetExpr, TableFactor, TableWithJoins, VisitMut, VisitorMut,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
    Semi,
    Anti,
}

/// One condition of a join: a conjunct of `ON`, or one column of `USING`.
#[derive(Clone, Debug)]
pub(super) struct JoinPart {
    pub kind: JoinKind,
    pub condition: Expr,
}

/// One `SELECT` with everything in it resolved.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    /// The outermost select of the query.
    pub top: bool,
    pub distinct: bool,
    /// Expression and output name.
    pub outputs: Vec<(Expr, String)>,
    pub wildcard: bool,
    pub filters: Vec<Expr>,
    pub having: Vec<Expr>,
    pub joins: Vec<JoinPart>,
    pub group: Vec<Expr>,
    /// Sort keys, true for descending.
    pub order: Vec<(Expr, bool)>,
    pub limit: Option<u64>,
}

/// What a query is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolved {
    pub blocks: Vec<Block>,
    pub tables: BTreeSet<String>,
    pub unknown_tables: BTreeSet<String>,
    pub unknown_columns: BTreeSet<String>,
}

pub(super) struct Resolver<'a> {
    names: &'a Names<'a>,
    ctes: Vec<BTreeMap<String, Vec<OutColumn>>>,
    found: Resolved,
}

pub(super) fn resolve(query: &mut Query, names: &Names) -> Resolved {
    let mut resolver = Resolver { names, ctes: Vec::new(), found: Resolved::default() };
    resolver.query(query, None, true);
    resolver.found
}

/// Resolves a lone expression, such as a snippet's SQL, over the tables it names and, for bare
/// columns, over `tables`.
pub(super) fn resolve_expr(expr: &mut Expr, tables: &[(String, String)], names: &Names) -> Resolved {
    let mut resolver = Resolver { names, ctes: Vec::new(), found: Resolved::default() };
    let sources = tables
        .iter()
        .filter_map(|(alias, table)| names.table(table).map(|found| (alias.to_lowercase(), Source::Table(found))));
    let scope = Scope { sources: sources.collect(), parent: None };
    resolver.expr(expr, &scope);
    resolver.found
}

impl<'a> Resolver<'a> {
    fn query(&mut self, query: &mut Query, outer: Option<&Scope<'a, '_>>, top: bool) -> Vec<OutColumn> {
        self.ctes.push(BTreeMap::new());
        if let Some(with) = &mut query.with {
            for cte in &mut with.cte_tables {
                let name = cte.alias.name.value.to_lowercase();
                if with.recursive {
                    self.remember_cte(name.clone(), Vec::new());
                }
                let mut columns = self.query(&mut cte.query, outer, false);
                rename(&mut columns, cte.alias.columns.iter().map(|column| &column.name));
                self.remember_cte(name, columns);
            }
        }
        let first = self.found.blocks.len();
        let columns = self.set_expr(&mut query.body, outer, top, query.order_by.as_mut().map(|order| &mut order.kind));
        let limit = query.limit_clause.as_ref().and_then(limit_of);
        if let Some(block) = self.found.blocks.get_mut(first..).and_then(|new| new.last_mut()) {
            block.limit = limit;
        }
        self.ctes.pop();
        columns
    }

    fn remember_cte(&mut self, name: String, columns: Vec<OutColumn>) {
        if let Some(frame) = self.ctes.last_mut() {
            frame.insert(name, columns);
        }
    }

    fn set_expr(
        &mut self,
        body: &mut SetExpr,
        outer: Option<&Scope<'a, '_>>,
        top: bool,
        order: Option<&mut OrderByKind>,
    ) -> Vec<OutColumn> {
        match body {
            SetExpr::Select(select) => self.select(select, outer, top, order),
            SetExpr::Query(query) => self.query(query, outer, top),
            SetExpr::SetOperation { left, right, .. } => {
                let columns = self.set_expr(left, outer, top, None);
                self.set_expr(right, outer, top, None);
                // A column of a union is no longer one expression.
                columns.into_iter().map(|column| OutColumn { expr: None, ..column }).collect()
            }
            _ => Vec::new(),
        }
    }

    fn select(
        &mut self,
        select: &mut Select,
        outer: Option<&Scope<'a, '_>>,
        top: bool,
        order: Option<&mut OrderByKind>,
    ) -> Vec<OutColumn> {
        let mut block = Block { top, distinct: select.distinct.is_some(), ..Block::default() };
        let mut scope = Scope { sources: Vec::new(), parent: outer };
        for from in &mut select.from {
            self.from(from, &mut scope, outer, &mut block);
        }
        let mut columns = Vec::new();
        let mut aliases = BTreeMap::new();
        for item in &mut select.projection {
            self.select_item(item, &scope, &mut block, &mut columns, &mut aliases);
        }
        if let Some(selection) = &mut select.selection {
            self.expr(selection, &scope);
            conjuncts(selection, &mut block.filters);
        }
        if let Some(having) = &mut select.having {
            self.expr_or_alias(having, &scope, &aliases);
            conjuncts(having, &mut block.having);
        }
        if let Some(qualify) = &mut select.qualify {
            self.expr_or_alias(qualify, &scope, &aliases);
        }
        self.group_by(&mut select.group_by, &scope, &aliases, &mut block);
        self.order_by(order, &scope, &aliases, &mut block);
        self.found.blocks.push(block);
        columns
    }

    fn select_item(
        &mut self,
        item: &mut SelectItem,
        scope: &Scope<'a, '_>,
        block: &mut Block,
        columns: &mut Vec<OutColumn>,
        aliases: &mut BTreeMap<String, Expr>,
    ) {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                block.wildcard = true;
                let prefix = match item {
                    SelectItem::QualifiedWildcard(kind, _) => kind.to_string().trim_end_matches(".*").to_lowercase(),
                    _ => String::new(),
                };
                columns.extend(scope.wildcard(&prefix));
                return;
            }
            SelectItem::ExprWithAliases { .. } => return,
        };
        let written = written_name(expr);
        self.expr_or_alias(expr, scope, aliases);
        if let Some(alias) = &alias {
            aliases.insert(alias.to_lowercase(), expr.clone());
        }
        let name = alias.or(written).unwrap_or_default();
        block.outputs.push((expr.clone(), name.clone()));
        let inline = (!is_computed_over_rows(expr)).then(|| expr.clone());
        columns.push(OutColumn { name: name.to_lowercase(), expr: inline });
    }

    fn from(
        &mut self,
        from: &mut TableWithJoins,
        scope: &mut Scope<'a, '_>,
        outer: Option<&Scope<'a, '_>>,
        block: &mut Block,
    ) {
        self.factor(&mut from.relation, scope, outer, block);
        for join in &mut from.joins {
            let before = scope.sources.len();
            self.factor(&mut join.relation, scope, outer, block);
            let (kind, constraint) = join_parts(&mut join.join_operator);
            match constraint {
                Some(JoinConstraint::On(on)) => {
                    self.expr(on, scope);
                    let mut parts = Vec::new();
                    conjuncts(on, &mut parts);
                    block.joins.extend(parts.into_iter().map(|condition| JoinPart { kind, condition }));
                }
                Some(JoinConstraint::Using(columns)) => {
                    let conditions = columns.iter().filter_map(|column| scope.using(&column.to_string(), before));
                    block.joins.extend(conditions.map(|condition| JoinPart { kind, condition }));
                }
                _ => {}
            }
        }
    }

    fn factor(
        &mut self,
        factor: &mut TableFactor,
        scope: &mut Scope<'a, '_>,
        outer: Option<&Scope<'a, '_>>,
        block: &mut Block,
    ) {
        match factor {
            TableFactor::Table { name, alias, .. } => {
                let source = self.table(name);
                let short = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone());
                let known_as = alias.as_ref().map(|alias| alias.name.value.clone()).or(short).unwrap_or_default();
                scope.sources.push((known_as.to_lowercase(), source));
            }
            TableFactor::Derived { subquery, alias, lateral, .. } => {
                let mut columns = match lateral {
                    true => self.query(subquery, Some(scope), false),
                    false => self.query(subquery, outer, false),
                };
                let name = alias.as_ref().map(|alias| alias.name.value.to_lowercase()).unwrap_or_default();
                if let Some(alias) = alias {
                    rename(&mut columns, alias.columns.iter().map(|column| &column.name));
                }
                scope.sources.push((name, Source::Derived(columns)));
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.from(table_with_joins, scope, outer, block),
            _ => scope.sources.push((String::new(), Source::Unknown)),
        }
    }

    fn table(&mut self, name: &ObjectName) -> Source<'a> {
        let parts: Vec<String> = name.0.iter().filter_map(|p| p.as_ident()).map(|i| i.value.clone()).collect();
        let joined = parts.join(".");
        if let [single] = parts.as_slice() {
            let lower = single.to_lowercase();
            if let Some(columns) = self.ctes.iter().rev().find_map(|frame| frame.get(&lower)) {
                return Source::Derived(columns.clone());
            }
        }
        match self.names.table(&joined) {
            Some(table) => {
                self.found.tables.insert(table.full_name.clone());
                Source::Table(table)
            }
            None => {
                self.found.unknown_tables.insert(joined);
                Source::Unknown
            }
        }
    }

    fn group_by(
        &mut self,
        group_by: &mut GroupByExpr,
        scope: &Scope<'a, '_>,
        aliases: &BTreeMap<String, Expr>,
        block: &mut Block,
    ) {
        match group_by {
            GroupByExpr::All(_) => {
                let keys = block.outputs.iter().filter(|(expr, _)| !is_computed_over_rows(expr) && !is_constant(expr));
                block.group = keys.map(|(expr, _)| expr.clone()).collect();
            }
            GroupByExpr::Expressions(exprs, _) => {
                for expr in exprs {
                    block.group.push(self.key(expr, scope, aliases, &block.outputs));
                }
            }
        }
    }

    fn order_by(
        &mut self,
        order: Option<&mut OrderByKind>,
        scope: &Scope<'a, '_>,
        aliases: &BTreeMap<String, Expr>,
        block: &mut Block,
    ) {
        if let Some(OrderByKind::Expressions(keys)) = order {
            for key in keys {
                let expr = self.key(&mut key.expr, scope, aliases, &block.outputs);
                block.order.push((expr, key.options.asc == Some(false)));
            }
        }
    }

    /// A key of `GROUP BY` or `ORDER BY`: a position, an output alias or an expression.
    fn key(
        &mut self,
        expr: &mut Expr,
        scope: &Scope<'a, '_>,
        aliases: &BTreeMap<String, Expr>,
        outputs: &[(Expr, String)],
    ) -> Expr {
        let position = expr.to_string().parse::<usize>().ok().and_then(|at| at.checked_sub(1));
        if let Some((output, _)) = position.and_then(|at| outputs.get(at)) {
            return output.clone();
        }
        self.expr_or_alias(expr, scope, aliases);
        expr.clone()
    }

    fn expr(&mut self, expr: &mut Expr, scope: &Scope<'a, '_>) {
        self.expr_or_alias(expr, scope, &BTreeMap::new());
    }

    fn expr_or_alias(&mut self, expr: &mut Expr, scope: &Scope<'a, '_>, aliases: &BTreeMap<String, Expr>) {
        let mut visitor = ExprVisitor { resolver: self, scope, aliases, depth: 0 };
        let _ = expr.visit(&mut visitor);
    }
}

struct ExprVisitor<'r, 'a, 's, 'p> {
    resolver: &'r mut Resolver<'a>,
    scope: &'s Scope<'a, 'p>,
    aliases: &'s BTreeMap<String, Expr>,
    /// Inside a subquery, which was resolved on its own.
    depth: usize,
}

impl VisitorMut for ExprVisitor<'_, '_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if self.depth == 0 {
            self.resolver.query(query, Some(self.scope), false);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    // After its children, so that what an alias or an inner column is replaced by is not visited.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        let path: Vec<String> = match expr {
            Expr::Identifier(ident) => vec![ident.value.clone()],
            Expr::CompoundIdentifier(parts) if !is_resolved(parts) => parts.iter().map(|p| p.value.clone()).collect(),
            _ => return ControlFlow::Continue(()),
        };
        if let Some(found) = self.scope.column(&path, self.resolver.names) {
            *expr = found;
        } else if let Some(aliased) = path.first().and_then(|name| self.aliases.get(&name.to_lowercase())) {
            *expr = bracketed(aliased.clone());
        } else if !self.scope.is_open() {
            self.resolver.found.unknown_columns.insert(path.join("."));
        }
        ControlFlow::Continue(())
    }
}

fn rename<'i>(columns: &mut [OutColumn], names: impl Iterator<Item = &'i Ident>) {
    for (column, name) in columns.iter_mut().zip(names) {
        column.name = name.value.to_lowercase();
    }
}

fn written_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(ident.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|ident| ident.value.clone()),
        _ => None,
    }
}

fn join_parts(operator: &mut JoinOperator) -> (JoinKind, Option<&mut JoinConstraint>) {
    use JoinOperator as J;
    match operator {
        J::Join(on) | J::Inner(on) | J::StraightJoin(on) => (JoinKind::Inner, Some(on)),
        J::Left(on) | J::LeftOuter(on) => (JoinKind::Left, Some(on)),
        J::Right(on) | J::RightOuter(on) => (JoinKind::Right, Some(on)),
        J::FullOuter(on) => (JoinKind::Full, Some(on)),
        J::CrossJoin(on) => (JoinKind::Cross, Some(on)),
        J::Semi(on) | J::LeftSemi(on) | J::RightSemi(on) => (JoinKind::Semi, Some(on)),
        J::Anti(on) | J::LeftAnti(on) | J::RightAnti(on) => (JoinKind::Anti, Some(on)),
        _ => (JoinKind::Cross, None),
    }
}

fn limit_of(clause: &LimitClause) -> Option<u64> {
    let limit = match clause {
        LimitClause::LimitOffset { limit, .. } => limit.as_ref()?,
        LimitClause::OffsetCommaLimit { limit, .. } => limit,
    };
    limit.to_string().parse().ok()
}
