//! Clauses of queries: grouping, ordering, set operations, generators, tables.

use super::super::failure::SqlFailure;
use super::super::labels::name_items;
use super::Rewriter;
use super::build::*;
use super::calls::function_name;
use sqlparser::ast::*;

impl Rewriter<'_> {
    pub(super) fn before_query(&mut self, query: &mut Query) -> Result<(), SqlFailure> {
        if !query.pipe_operators.is_empty() {
            return Err(SqlFailure::unsupported("The pipe syntax `|>`"));
        }
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let names = match cte.alias.columns.as_slice() {
                    [] => self.query_columns(&cte.query),
                    columns => Some(columns.iter().map(|column| column.name.value.to_lowercase()).collect()),
                };
                if let Some(names) = names {
                    self.ctes.insert(cte.alias.name.value.to_lowercase(), names);
                }
            }
        }
        order_by_all(query);
        Ok(())
    }

    pub(super) fn after_query(&mut self, query: &mut Query) -> Result<(), SqlFailure> {
        minus_is_except(&mut query.body);
        if let Some(OrderBy { kind: OrderByKind::Expressions(items), .. }) = &mut query.order_by {
            items.iter_mut().for_each(|item| plain_number(&mut item.expr));
        }
        match &mut query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, limit_by: _ }) => {
                // LIMIT ALL is no limit.
                if matches!(limit, Some(Expr::Identifier(name)) if name.value.eq_ignore_ascii_case("all")) {
                    *limit = None;
                }
                limit.iter_mut().for_each(plain_number);
                offset.iter_mut().for_each(|offset| plain_number(&mut offset.value));
            }
            Some(LimitClause::OffsetCommaLimit { limit, offset }) => {
                plain_number(limit);
                plain_number(offset);
            }
            None => {}
        }
        Ok(())
    }

    pub(super) fn before_select(&mut self, select: &mut Select) -> Result<(), SqlFailure> {
        if matches!(select.flavor, SelectFlavor::FromFirst | SelectFlavor::FromFirstNoSelect) {
            if select.projection.is_empty() {
                select.projection.push(SelectItem::Wildcard(WildcardAdditionalOptions::default()));
            }
            select.flavor = SelectFlavor::Standard;
        }
        for view in std::mem::take(&mut select.lateral_views) {
            self.lateral_view(select, view)?;
        }
        self.generator_item(select)?;
        name_items(select);
        // Order inside partitions does not show in a result.
        select.sort_by.clear();
        select.cluster_by.clear();
        select.distribute_by.clear();
        select.optimizer_hints.clear();
        Ok(())
    }

    pub(super) fn after_select(&mut self, select: &mut Select) -> Result<(), SqlFailure> {
        if let GroupByExpr::Expressions(items, modifiers) = &mut select.group_by {
            items.iter_mut().for_each(plain_number);
            for modifier in std::mem::take(modifiers) {
                let sets = std::mem::take(items).into_iter().map(|item| vec![item]).collect();
                *items = vec![match modifier {
                    GroupByWithModifier::Rollup => Expr::Rollup(sets),
                    GroupByWithModifier::Cube => Expr::Cube(sets),
                    GroupByWithModifier::GroupingSets(sets) => sets,
                    GroupByWithModifier::Totals => {
                        return Err(SqlFailure::syntax("unexpected `TOTALS`"));
                    }
                }];
            }
        }
        Ok(())
    }

    /// `posexplode`, `inline` and `stack` in a SELECT list have no counterpart.
    fn generator_item(&mut self, select: &mut Select) -> Result<(), SqlFailure> {
        for item in &mut select.projection {
            if let SelectItem::ExprWithAliases { expr, aliases } = item {
                match (aliases.as_slice(), expr) {
                    ([alias], expr) => {
                        *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: alias.clone() };
                    }
                    (_, expr) => {
                        return Err(SqlFailure::unsupported(format!("`{expr}` with several column names")));
                    }
                }
            }
        }
        Ok(())
    }

    /// `FROM t LATERAL VIEW explode(a) v AS x` → `FROM (SELECT t.*, unnest(a) AS x FROM t) AS t`.
    fn lateral_view(&mut self, select: &mut Select, view: LateralView) -> Result<(), SqlFailure> {
        let Expr::Function(function) = &view.lateral_view else {
            return Err(SqlFailure::syntax("LATERAL VIEW wants a generator function"));
        };
        let generator = function_name(function);
        let position = matches!(generator.as_str(), "posexplode" | "posexplode_outer");
        if !position && !matches!(generator.as_str(), "explode" | "explode_outer") {
            return Err(SqlFailure::unsupported(format!("LATERAL VIEW {generator}")));
        }
        let mut values = arguments(function).unwrap_or_default();
        let array = values.pop().ok_or_else(|| SqlFailure::wrong_argument_count(&generator, "1", 0))?;
        let outer = view.outer || generator.ends_with("_outer");
        let array = if outer {
            let empty = binary(call("size", vec![array.clone()]), BinaryOperator::Gt, number(0));
            case(vec![(empty, array)], Some(call("array", vec![null()])))
        } else {
            array
        };
        let default = if position { ["pos", "col"].as_slice() } else { &["col"] };
        let mut names: Vec<String> = view.lateral_col_alias.iter().map(|name| name.value.clone()).collect();
        if names.is_empty() {
            names = default.iter().map(|name| (*name).to_owned()).collect();
        }
        let mut items = vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())];
        let alias = |expr: Expr, name: &str| SelectItem::ExprWithAlias { expr, alias: Ident::new(name) };
        if position && names.len() == 2 {
            let last = binary(call("size", vec![array.clone()]), BinaryOperator::Minus, number(1));
            let positions = call("sequence", vec![number(0), last]);
            items.push(alias(call("explode", vec![positions]), &names[0]));
            items.push(alias(call("explode", vec![array]), &names[1]));
        } else {
            items.push(alias(call("explode", vec![array]), &names[0]));
        }
        self.wrap_from(select, items, &view.lateral_view_name);
        Ok(())
    }

    /// Puts the FROM clause into a derived table with more columns. With one table its name stays
    /// good; with several, qualified names lose their qualifiers.
    fn wrap_from(&mut self, select: &mut Select, items: Vec<SelectItem>, view: &ObjectName) {
        let single = match select.from.as_slice() {
            [one] if one.joins.is_empty() => table_alias(&one.relation),
            _ => None,
        };
        self.made += 1;
        let name = single.clone().unwrap_or_else(|| format!("lateral_{}", self.made));
        let mut inner = empty_select();
        inner.projection = items;
        inner.from = std::mem::take(&mut select.from);
        select.from = vec![TableWithJoins { relation: derived(inner, &name), joins: Vec::new() }];
        let view = view.0.last().and_then(|part| part.as_ident()).map(|name| name.value.clone());
        let mut dropped: Vec<String> = view.into_iter().collect();
        if single.is_none()
            && let Some(TableFactor::Derived { subquery, .. }) = select.from.first().map(|from| &from.relation)
            && let SetExpr::Select(inner) = subquery.body.as_ref()
        {
            let factors = inner
                .from
                .iter()
                .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
            dropped.extend(factors.filter_map(table_alias));
        }
        drop_qualifiers(select, &dropped);
    }

    pub(super) fn before_table(&mut self, factor: &mut TableFactor) -> Result<(), SqlFailure> {
        match factor {
            TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. } => {
                Err(SqlFailure::unsupported("TABLESAMPLE"))
            }
            TableFactor::Table { version: Some(_), .. } => Err(SqlFailure::unsupported("Time travel (AS OF)")),
            TableFactor::Table { name, alias, args: Some(args), .. } => {
                let new = table_function(name, alias, &args.args)?;
                *factor = new;
                Ok(())
            }
            TableFactor::Function { name, alias, args, .. } => {
                let new = table_function(name, alias, args)?;
                *factor = new;
                Ok(())
            }
            TableFactor::Derived { subquery, alias, .. } => {
                name_values(subquery, alias);
                self.name_derived(alias);
                Ok(())
            }
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } => self.pivot(factor),
            _ => Ok(()),
        }
    }

    pub(super) fn after_table(&mut self, _: &mut TableFactor) -> Result<(), SqlFailure> {
        Ok(())
    }

    /// Derived tables need no name in Spark; the engine keeps their columns apart by one.
    fn name_derived(&mut self, alias: &mut Option<TableAlias>) {
        if alias.is_none() {
            self.made += 1;
            *alias = Some(plain_alias(&format!("derived_{}", self.made)));
        }
    }
}

/// The name other clauses know a table by.
pub(super) fn table_alias(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(alias.name.value.clone())
        }
        TableFactor::Table { name, .. } => {
            name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.clone())
        }
        _ => None,
    }
}

pub(super) fn plain_alias(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: Ident::new(name), columns: Vec::new(), at: None }
}

pub(super) fn derived(select: Select, name: &str) -> TableFactor {
    TableFactor::Derived {
        lateral: false,
        subquery: Box::new(query_of(SetExpr::Select(Box::new(select)))),
        alias: Some(plain_alias(name)),
        sample: None,
    }
}

pub(super) fn query_of(body: SetExpr) -> Query {
    Query {
        with: None,
        body: Box::new(body),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

pub(super) fn empty_select() -> Select {
    Select {
        select_token: helpers::attached_token::AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: Vec::new(),
        exclude: None,
        into: None,
        from: Vec::new(),
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}

/// `FROM explode(…) AS t(x)` → a derived table. `range` stays, the engine knows it.
fn table_function(
    name: &ObjectName,
    alias: &Option<TableAlias>,
    args: &[FunctionArg],
) -> Result<TableFactor, SqlFailure> {
    let function = name.to_string().to_lowercase();
    let values: Option<Vec<Expr>> = args
        .iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
            _ => None,
        })
        .collect();
    let mut values = values.unwrap_or_default();
    let (generator, default) = match (function.as_str(), values.len()) {
        ("explode" | "explode_outer", 1) => (call("explode", values), "col"),
        ("range", 1..=3) => {
            if values.len() == 1 {
                values.insert(0, number(0));
            }
            // The end is not part of a range.
            values[1] = binary(nested(values[1].clone()), BinaryOperator::Minus, number(1));
            let long = values.into_iter().map(|value| call("bigint", vec![value])).collect();
            (call("explode", vec![call("sequence", long)]), "id")
        }
        _ => {
            return Err(SqlFailure::new(
                "UNRESOLVABLE_TABLE_VALUED_FUNCTION",
                "42883",
                format!("Could not resolve `{function}` to a table-valued function."),
            ));
        }
    };
    let column = alias.as_ref().and_then(|alias| alias.columns.first()).map(|column| column.name.value.clone());
    let mut select = empty_select();
    let column = Ident::new(column.unwrap_or_else(|| default.to_owned()));
    select.projection.push(SelectItem::ExprWithAlias { expr: generator, alias: column });
    let name = alias.as_ref().map_or(function.as_str(), |alias| alias.name.value.as_str()).to_owned();
    Ok(derived(select, &name))
}

/// Columns of VALUES without names are `col1`, `col2` …
fn name_values(subquery: &Query, alias: &mut Option<TableAlias>) {
    let SetExpr::Values(values) = subquery.body.as_ref() else { return };
    let width = values.rows.first().map_or(0, |row| row.content.len());
    let alias = alias.get_or_insert_with(|| plain_alias("values_table"));
    if alias.columns.is_empty() {
        let name = |at: usize| TableAliasColumnDef { name: Ident::new(format!("col{at}")), data_type: None };
        alias.columns = (1..=width).map(name).collect();
    }
}

fn minus_is_except(body: &mut SetExpr) {
    if let SetExpr::SetOperation { op, left, right, .. } = body {
        if *op == SetOperator::Minus {
            *op = SetOperator::Except;
        }
        minus_is_except(left);
        minus_is_except(right);
    }
}

/// `ORDER BY ALL` → by every item's place.
fn order_by_all(query: &mut Query) {
    let Some(OrderBy { kind, .. }) = &mut query.order_by else { return };
    let OrderByKind::All(options) = kind else { return };
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    let item = |at: usize| OrderByExpr { expr: number(at + 1), options: *options, with_fill: None };
    *kind = OrderByKind::Expressions((0..select.projection.len()).map(item).collect());
}

/// `v.x` → `x` for each of the names.
fn drop_qualifiers(select: &mut Select, names: &[String]) {
    struct Dropper<'a>(&'a [String]);
    impl VisitorMut for Dropper<'_> {
        type Break = ();

        fn post_visit_expr(&mut self, expr: &mut Expr) -> std::ops::ControlFlow<()> {
            if let Expr::CompoundIdentifier(parts) = expr
                && parts.len() == 2
                && self.0.iter().any(|name| name.eq_ignore_ascii_case(&parts[0].value))
            {
                *expr = Expr::Identifier(parts[1].clone());
            }
            std::ops::ControlFlow::Continue(())
        }
    }
    let from = std::mem::take(&mut select.from);
    let _ = select.visit(&mut Dropper(names));
    select.from = from;
}
