//! Names: which table and column of the catalog a name in SQL means, and how to write it.

use crate::model::{Catalog, CatalogTable};
use std::collections::BTreeMap;
use std::fmt;

/// A column with the full name of its table, both as the catalog spells them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    pub table: String,
    pub column: String,
}

impl ColumnRef {
    pub fn new(table: &str, column: &str) -> Self {
        Self { table: table.to_owned(), column: column.to_owned() }
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quote_name(&self.table), quote(&self.column))
    }
}

/// An index of a catalog's tables by full name, `schema.table` and `table`.
pub struct Names<'a> {
    catalog: &'a Catalog,
    /// None where a short name fits several tables.
    by_suffix: BTreeMap<String, Option<&'a CatalogTable>>,
}

impl<'a> Names<'a> {
    pub fn new(catalog: &'a Catalog) -> Self {
        let mut by_suffix = BTreeMap::new();
        for table in catalog.tables() {
            let full = table.full_name.to_lowercase();
            let starts = full.match_indices('.').map(|(at, _)| at + 1);
            for start in starts {
                let entry = by_suffix.entry(full[start..].to_owned());
                entry.and_modify(|found| *found = None).or_insert(Some(table));
            }
        }
        Self { catalog, by_suffix }
    }

    pub fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// Finds a table by one, two or three parts of its name; a short name must fit one only.
    pub fn table(&self, name: &str) -> Option<&'a CatalogTable> {
        let name = name.replace('`', "").to_lowercase();
        self.catalog.table(&name).or_else(|| self.by_suffix.get(&name).copied().flatten())
    }
}

/// Words that Databricks SQL reads as something else where a column or alias may stand.
const RESERVED: [&str; 44] = [
    "all",
    "and",
    "anti",
    "any",
    "as",
    "between",
    "by",
    "case",
    "cross",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "from",
    "full",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "lateral",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "on",
    "or",
    "order",
    "right",
    "select",
    "semi",
    "then",
    "true",
    "union",
    "using",
    "when",
    "where",
];

/// True if the name can be written without backticks.
pub fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str())
}

/// One identifier, in backticks where it needs them.
pub fn quote(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

/// A name of several parts, each quoted where it needs it.
pub fn quote_name(name: &str) -> String {
    name.split('.').map(quote).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> CatalogTable {
        CatalogTable { full_name: name.into(), ..CatalogTable::default() }
    }

    #[test]
    fn a_short_name_must_fit_one_table() {
        let catalog = Catalog::new([table("main.a.orders"), table("main.b.orders"), table("main.b.items")]);
        let names = Names::new(&catalog);
        assert_eq!(names.table("ITEMS").map(|t| t.full_name.as_str()), Some("main.b.items"));
        assert_eq!(names.table("a.`Orders`").map(|t| t.full_name.as_str()), Some("main.a.orders"));
        assert!(names.table("orders").is_none());
        assert!(names.table("order").is_none());
    }

    #[test]
    fn only_odd_names_are_quoted() {
        assert_eq!(quote_name("my-cat.s.order"), "`my-cat`.s.`order`");
        assert_eq!(ColumnRef::new("main.s.t", "Song Name").to_string(), "main.s.t.`Song Name`");
    }
}
