//! `SHOW`, `DESCRIBE` and `USE`, which the engine does not know.

use super::failure::SqlFailure;
use super::faults::read_only;
use super::load::three_parts;
use crate::model::{Catalog, Cell, Column, ResultSet};
use std::collections::BTreeSet;

/// Where unqualified names live.
pub(crate) struct Place<'a> {
    pub catalog: &'a str,
    pub schema: &'a str,
}

/// Answers a command. Nothing if the text does not begin like one, so it is a query or a fault.
pub(crate) fn answer(sql: &str, catalog: &Catalog, place: &Place) -> Option<Result<ResultSet, SqlFailure>> {
    let words: Vec<&str> = sql.trim().trim_end_matches(';').split_whitespace().collect();
    let upper: Vec<String> = words.iter().map(|word| word.to_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    let rest = |from: usize| words.get(from).map(|word| word.trim_matches('`').replace('`', ""));
    Some(match upper.as_slice() {
        ["SHOW", "TABLES"] => Ok(show_tables(catalog, place.catalog, place.schema)),
        ["SHOW", "TABLES", "IN" | "FROM", _] => {
            let name = rest(3).unwrap_or_default();
            let (catalog_name, schema) = name.rsplit_once('.').unwrap_or((place.catalog, &name));
            Ok(show_tables(catalog, catalog_name, schema))
        }
        ["SHOW", "SCHEMAS" | "DATABASES"] => Ok(show_schemas(catalog, place.catalog)),
        ["SHOW", "SCHEMAS" | "DATABASES", "IN" | "FROM", _] => Ok(show_schemas(catalog, &rest(3).unwrap_or_default())),
        ["SHOW", "CATALOGS"] => Ok(one_column("catalog", parts(catalog, |name| name[0].clone()))),
        ["SHOW", "COLUMNS", "IN" | "FROM", _] => describe(catalog, place, &rest(3).unwrap_or_default(), true),
        ["DESCRIBE" | "DESC", "TABLE" | "EXTENDED", "EXTENDED", _] => {
            describe(catalog, place, &rest(3).unwrap_or_default(), false)
        }
        ["DESCRIBE" | "DESC", "TABLE" | "EXTENDED", _] => describe(catalog, place, &rest(2).unwrap_or_default(), false),
        ["DESCRIBE" | "DESC", _] => describe(catalog, place, &rest(1).unwrap_or_default(), false),
        ["USE", ..] => Ok(ResultSet::default()),
        ["SHOW", ..] | ["DESCRIBE" | "DESC", ..] => {
            Err(SqlFailure::unsupported(format!("`{}`", words.iter().take(3).copied().collect::<Vec<_>>().join(" "))))
        }
        [first, ..] if CHANGING.contains(first) => {
            Err(read_only(&format!("`{}`", words.iter().take(2).copied().collect::<Vec<_>>().join(" "))))
        }
        _ => return None,
    })
}

fn parts(catalog: &Catalog, part: impl Fn([String; 3]) -> String) -> Vec<String> {
    let names: BTreeSet<String> = catalog.tables().map(|table| part(three_parts(&table.full_name))).collect();
    names.into_iter().collect()
}

fn text_column(name: &str) -> Column {
    Column { name: name.to_owned(), type_name: "STRING".to_owned(), type_text: "STRING".to_owned() }
}

fn one_column(name: &str, values: Vec<String>) -> ResultSet {
    let rows = values.into_iter().map(|value| vec![Cell::Text(value)]).collect();
    ResultSet { columns: vec![text_column(name)], rows, truncated: false }
}

fn show_schemas(catalog: &Catalog, name: &str) -> ResultSet {
    let all =
        parts(catalog, |parts| if parts[0].eq_ignore_ascii_case(name) { parts[1].clone() } else { String::new() });
    one_column("databaseName", all.into_iter().filter(|schema| !schema.is_empty()).collect())
}

fn show_tables(catalog: &Catalog, catalog_name: &str, schema: &str) -> ResultSet {
    let names = catalog.tables().map(|table| three_parts(&table.full_name));
    let here = names.filter(|name| name[0].eq_ignore_ascii_case(catalog_name) && name[1].eq_ignore_ascii_case(schema));
    let rows = here.map(|name| vec![Cell::Text(name[1].clone()), Cell::Text(name[2].clone()), Cell::Bool(false)]);
    let flag = Column { name: "isTemporary".into(), type_name: "BOOLEAN".into(), type_text: "BOOLEAN".into() };
    ResultSet {
        columns: vec![text_column("database"), text_column("tableName"), flag],
        rows: rows.collect(),
        truncated: false,
    }
}

fn describe(catalog: &Catalog, place: &Place, name: &str, names_only: bool) -> Result<ResultSet, SqlFailure> {
    let full = match name.matches('.').count() {
        0 => format!("{}.{}.{name}", place.catalog, place.schema),
        1 => format!("{}.{name}", place.catalog),
        _ => name.to_owned(),
    };
    let table = catalog.table(&full).ok_or_else(|| SqlFailure::table_not_found(name))?;
    if names_only {
        return Ok(one_column("col_name", table.columns.iter().map(|column| column.name.clone()).collect()));
    }
    let row = |column: &crate::model::CatalogColumn| {
        let comment = if column.comment.is_empty() { Cell::Null } else { Cell::Text(column.comment.clone()) };
        vec![Cell::Text(column.name.clone()), Cell::Text(column.type_text.to_lowercase()), comment]
    };
    Ok(ResultSet {
        columns: vec![text_column("col_name"), text_column("data_type"), text_column("comment")],
        rows: table.columns.iter().map(row).collect(),
        truncated: false,
    })
}

/// First words of statements that change something.
const CHANGING: [&str; 25] = [
    "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER", "TRUNCATE", "GRANT", "REVOKE", "COPY",
    "OPTIMIZE", "VACUUM", "REFRESH", "SET", "RESET", "CACHE", "UNCACHE", "ANALYZE", "COMMENT", "CALL", "DECLARE",
    "BEGIN", "EXECUTE", "UNDROP",
];
