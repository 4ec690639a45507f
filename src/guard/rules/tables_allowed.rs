//! `tables-allowed`: no table comes in by the back door.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation, added_texts};
use crate::model::SpaceView;
use crate::sql::parse_query;
use sqlparser::ast::visit_relations;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

pub(super) struct TablesAllowed;

impl Guard for TablesAllowed {
    fn rule(&self) -> &'static str {
        "tables-allowed"
    }

    fn code(&self) -> &'static str {
        "GE0714"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Off
    }

    fn explain(&self) -> &'static str {
        "Every table that a change brings in, as a table of the space or in an example's SQL, stands in the space already \
         or in `tables`; there, `main.sales.*` allows a whole schema."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "tables", default: ParamDefault::Names, help: "full names, or schemas with .*" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let known: BTreeSet<String> =
            SpaceView::of(input.base).tables.iter().map(|table| table.identifier.to_lowercase()).collect();
        let allowed: Vec<String> = params.names("tables").into_iter().map(str::to_lowercase).collect();
        let fine = |table: &str| {
            let by_rule = |rule: &String| match rule.strip_suffix('*') {
                Some(prefix) => table.starts_with(prefix),
                None => table == rule,
            };
            let short = |full: &String| full == table || full.ends_with(&format!(".{table}"));
            known.iter().any(short) || allowed.iter().any(by_rule)
        };
        let mut violations = Vec::new();
        for planned in input.changes {
            if let ["data_sources", "tables" | "metric_views", table, ..] =
                planned.change.address.segments().iter().map(String::as_str).collect::<Vec<_>>().as_slice()
                && planned.change.after.is_some()
                && !fine(&table.to_lowercase())
            {
                violations.push(Violation::new(&planned.id, format!("{} brings in the table {table}", planned.id)));
            }
        }
        for (id, path, sql) in added_texts(input).iter().filter(|(_, path, _)| path.ends_with("/sql")) {
            for table in tables_of(sql).into_iter().filter(|table| !fine(table)) {
                violations.push(Violation::new(id, format!("{id} at {path} reads the table {table}")));
            }
        }
        Finding::none_allowed(violations, "no foreign table")
    }
}

/// Tables that a query reads, in lower case; none for what is no query. Names that WITH defines
/// are no tables.
fn tables_of(sql: &str) -> BTreeSet<String> {
    let Ok(query) = parse_query(sql) else { return BTreeSet::new() };
    let with = query.with.iter().flat_map(|with| &with.cte_tables);
    let defined: BTreeSet<String> = with.map(|table| table.alias.name.value.to_lowercase()).collect();
    let mut found = BTreeSet::new();
    let _: ControlFlow<()> = visit_relations(&query, |name| {
        found.insert(name.to_string().replace('`', "").to_lowercase());
        ControlFlow::Continue(())
    });
    &found - &defined
}
