//! What the analyst may use: the space's tables with the catalog's columns, minus what is excluded.

use super::words::identifier_words;
use crate::model::{Catalog, CatalogColumn, CatalogTable, SpaceTable, SpaceView, TypeFamily};
use std::collections::{BTreeMap, BTreeSet};

/// A table by its place in [`Schema::tables`].
pub type TableId = usize;

/// A column by table and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId {
    pub table: TableId,
    pub column: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Schema {
    pub tables: Vec<TableInfo>,
}

#[derive(Clone, Debug)]
pub struct TableInfo {
    pub full_name: String,
    /// The name in the query; unique among the tables.
    pub alias: String,
    /// The words of its short name, without a prefix that all tables share.
    pub words: Vec<String>,
    pub description: String,
    pub columns: Vec<ColumnInfo>,
    pub primary_key: Vec<usize>,
    pub foreign_keys: Vec<(Vec<usize>, String, Vec<String>)>,
}

#[derive(Clone, Debug)]
pub struct ColumnInfo {
    pub name: String,
    pub words: Vec<String>,
    /// `words` without the words that (almost) all columns of the table begin with.
    pub core: Vec<String>,
    pub family: TypeFamily,
    pub description: String,
    pub synonyms: Vec<String>,
    /// Values with the words that name them, from a dictionary or a description.
    pub values: Vec<(String, String)>,
    pub has_dictionary: bool,
    /// Smallest and largest value, where a dictionary was built.
    pub unique: bool,
}

impl Schema {
    pub fn of(space: &SpaceView, catalog: &Catalog) -> Self {
        let mut tables: Vec<TableInfo> =
            space.tables.iter().filter_map(|t| catalog.table(&t.identifier).map(|c| table_info(t, c))).collect();
        drop_shared_prefix(&mut tables);
        name_aliases(&mut tables);
        Self { tables }
    }

    pub fn column(&self, id: ColumnId) -> &ColumnInfo {
        &self.tables[id.table].columns[id.column]
    }

    pub fn columns(&self) -> impl Iterator<Item = (ColumnId, &ColumnInfo)> {
        self.tables.iter().enumerate().flat_map(|(table, info)| {
            info.columns.iter().enumerate().map(move |(column, c)| (ColumnId { table, column }, c))
        })
    }

    /// The column as written in the query.
    pub fn sql(&self, id: ColumnId) -> String {
        format!("{}.{}", quoted(&self.tables[id.table].alias), quoted(&self.column(id).name))
    }

    pub fn find_table(&self, name: &str) -> Option<TableId> {
        let bare = name.replace('`', "").to_lowercase();
        let exact = self.tables.iter().position(|t| t.full_name.to_lowercase() == bare);
        exact.or_else(|| self.tables.iter().position(|t| t.short_name() == bare || t.alias.to_lowercase() == bare))
    }

    pub fn find_column(&self, table: TableId, name: &str) -> Option<ColumnId> {
        let bare = name.trim_matches('`');
        let columns = &self.tables.get(table)?.columns;
        columns.iter().position(|c| c.name.eq_ignore_ascii_case(bare)).map(|column| ColumnId { table, column })
    }

    pub fn family(&self, id: ColumnId) -> TypeFamily {
        self.column(id).family
    }

    /// True for a reference that has the name of the table it refers to: `orders.customer`.
    pub fn stands_for_parent(&self, id: ColumnId) -> bool {
        let words = &self.column(id).core;
        self.tables[id.table].foreign_keys.iter().any(|(own, parent, _)| {
            let parent = self.find_table(parent).filter(|p| *p != id.table);
            let ends = |p: TableId| {
                let named = &self.tables[p].words;
                super::words::match_names(words, named) > 0.75
                    || words.len() == 1 && named.len() > 1 && named.last() == words.first()
            };
            own == &[id.column] && parent.is_some_and(ends)
        })
    }

    /// The columns that name a row of the table for people.
    pub fn labels(&self, table: TableId) -> Vec<ColumnId> {
        label_columns(&self.tables[table]).into_iter().map(|column| ColumnId { table, column }).collect()
    }

    /// The one column that identifies a row, if there is one.
    pub fn key(&self, table: TableId) -> Option<ColumnId> {
        match self.tables[table].primary_key.as_slice() {
            [column] => Some(ColumnId { table, column: *column }),
            _ => None,
        }
    }

    /// True if no two rows share the values of these columns, as far as is declared.
    pub fn is_unique(&self, table: TableId, columns: &[usize]) -> bool {
        let info = &self.tables[table];
        let have: BTreeSet<usize> = columns.iter().copied().collect();
        let key: BTreeSet<usize> = info.primary_key.iter().copied().collect();
        (!key.is_empty() && key.is_subset(&have)) || columns.iter().any(|c| info.columns[*c].unique)
    }
}

impl TableInfo {
    pub fn short_name(&self) -> String {
        self.full_name.rsplit('.').next().unwrap_or(&self.full_name).trim_matches('`').to_lowercase()
    }
}

/// An identifier as SQL; quoted only where it must be.
pub fn quoted(name: &str) -> String {
    const RESERVED: [&str; 22] = [
        "date",
        "order",
        "group",
        "select",
        "from",
        "where",
        "table",
        "timestamp",
        "end",
        "start",
        "case",
        "location",
        "domain",
        "user",
        "year",
        "month",
        "language",
        "count",
        "rank",
        "values",
        "match",
        "position",
    ];
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && !RESERVED.contains(&name.to_lowercase().as_str());
    if plain { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

/// A full name as SQL, part by part.
pub fn quoted_path(path: &str) -> String {
    path.split('.').map(|part| quoted(part.trim_matches('`'))).collect::<Vec<_>>().join(".")
}

fn table_info(declared: &SpaceTable, table: &CatalogTable) -> TableInfo {
    let shown: Vec<&CatalogColumn> =
        table.columns.iter().filter(|c| !declared.column(&c.name).is_some_and(|d| d.exclude)).collect();
    let mut columns: Vec<ColumnInfo> = shown.iter().map(|c| column_info(declared, c)).collect();
    strip_column_prefix(&mut columns);
    let place = |name: &String| columns.iter().position(|c| c.name.eq_ignore_ascii_case(name));
    let primary_key: Vec<usize> = table.primary_key.iter().filter_map(place).collect();
    let foreign_keys = table
        .foreign_keys
        .iter()
        .filter_map(|key| {
            let own: Vec<usize> = key.columns.iter().filter_map(place).collect();
            (own.len() == key.columns.len()).then(|| (own, key.parent_table.clone(), key.parent_columns.clone()))
        })
        .collect();
    let description = if declared.description.is_empty() { &table.comment } else { &declared.description };
    let mut info = TableInfo {
        full_name: table.full_name.clone(),
        alias: table.short_name().to_owned(),
        words: identifier_words(table.short_name()),
        description: description.clone(),
        primary_key: if primary_key.len() == table.primary_key.len() { primary_key } else { Vec::new() },
        foreign_keys,
        columns,
    };
    if info.primary_key.is_empty() {
        info.primary_key = likely_key(&info).into_iter().collect();
    }
    info
}

fn column_info(declared: &SpaceTable, column: &CatalogColumn) -> ColumnInfo {
    let config = declared.column(&column.name);
    let own = config.map_or("", |c| c.description.as_str());
    let description = if own.is_empty() { column.comment.clone() } else { own.to_owned() };
    let profile = column.profile.as_ref().filter(|_| config.is_none_or(|c| c.entity_matching));
    let mut values = super::values::described(&description);
    if own != column.comment {
        values.extend(super::values::described(&column.comment));
    }
    values.extend(profile.iter().flat_map(|p| p.values.iter().map(|v| (v.clone(), v.clone()))));
    ColumnInfo {
        name: column.name.clone(),
        words: identifier_words(&column.name),
        core: Vec::new(),
        family: column.family(),
        description,
        synonyms: config.map(|c| c.synonyms.clone()).unwrap_or_default(),
        values,
        has_dictionary: profile.is_some_and(|p| !p.values.is_empty()),
        unique: profile.is_some_and(|p| p.is_unique()),
    }
}

/// Cuts the words that nearly all columns begin with: `sbTx` of `sbTxAmount`.
fn strip_column_prefix(columns: &mut [ColumnInfo]) {
    let mut cut = 0;
    while cut < 3 && columns.len() >= 3 {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in columns.iter().filter_map(|c| c.words.get(cut)) {
            *counts.entry(word).or_default() += 1;
        }
        let shared = counts.values().max().copied().unwrap_or(0);
        if shared * 10 < columns.len() * 8 || columns.iter().filter(|c| c.words.len() == cut + 1).count() > 1 {
            break;
        }
        cut += 1;
    }
    for column in columns {
        let from = cut.min(column.words.len().saturating_sub(1));
        column.core = column.words[from..].to_vec();
    }
}

/// `sb` of `sbCustomer`, `poc_` of all tables.
fn drop_shared_prefix(tables: &mut [TableInfo]) {
    if tables.len() < 3 {
        return;
    }
    for _ in 0..2 {
        let first = tables[0].words.first().cloned();
        let shared = first.is_some_and(|f| tables.iter().all(|t| t.words.len() > 1 && t.words[0] == f));
        if !shared {
            return;
        }
        tables.iter_mut().for_each(|t| drop(t.words.remove(0)));
    }
}

fn name_aliases(tables: &mut [TableInfo]) {
    let mut used: BTreeSet<String> = BTreeSet::new();
    for table in tables {
        let base = table.alias.clone();
        let mut n = 2;
        while !used.insert(table.alias.to_lowercase()) {
            table.alias = format!("{base}_{n}");
            n += 1;
        }
    }
}

/// A column that by its name identifies the rows: `id`, or the table's name with `id` or `code`,
/// where nothing is declared.
fn likely_key(table: &TableInfo) -> Option<usize> {
    let is_id = |words: &[String]| words.last().is_some_and(|w| w == "id" || w == "code" || w == "key");
    let exact = table.columns.iter().position(|c| c.words.len() == 1 && c.words[0] == "id");
    let named = || {
        table.columns.iter().position(|c| {
            let joined = c.words.concat();
            let own = c.words.len() > 1
                && is_id(&c.words)
                && super::words::match_names(&table.words, &c.words[..c.words.len() - 1]) > 0.7;
            let mut with_id = table.words.clone();
            with_id.push("id".to_owned());
            own || super::words::compound(&joined, &with_id)
        })
    };
    let unique = || table.columns.iter().position(|c| c.unique && is_id(&c.words));
    exact.or_else(named).or_else(unique)
}

const LABEL_WORDS: [&str; 13] = [
    "name",
    "title",
    "label",
    "이름",
    "명칭",
    "제목",
    "bezeichnung",
    "titel",
    "nachname",
    "caption",
    "symbol",
    "description",
    "nm",
];

fn label_columns(table: &TableInfo) -> Vec<usize> {
    let text = |at: &usize| table.columns[*at].family == TypeFamily::Text;
    let places: Vec<usize> = (0..table.columns.len()).filter(text).collect();
    let core = |at: usize| &table.columns[at].core;
    let find = |want: &dyn Fn(&[String]) -> bool| places.iter().copied().find(|at| want(core(*at)));
    let joined = |words: &[String]| words.concat();
    let first = find(&|w| ["firstname", "fname", "forename", "vorname"].contains(&joined(w).as_str()));
    let last = find(&|w| ["lastname", "lname", "surname", "nachname"].contains(&joined(w).as_str()));
    let alone = LABEL_WORDS.iter().find_map(|label| find(&|w| w.len() == 1 && w[0] == *label));
    if let Some(label) = alone {
        return vec![label];
    }
    if let (Some(first), Some(last)) = (first, last) {
        return vec![first, last];
    }
    let ends = LABEL_WORDS.iter().find_map(|label| {
        find(&|w| w.last().is_some_and(|end| end == label || label.chars().count() > 3 && end.ends_with(label)))
    });
    let same = || find(&|w| super::words::match_names(w, &table.words) > 0.85);
    let unique = || {
        let code = |w: &str| matches!(w, "id" | "code" | "key" | "no" | "uuid" | "nr" | "코드") || w.ends_with("id");
        places.iter().copied().find(|at| table.columns[*at].unique && !core(*at).last().is_some_and(|w| code(w)))
    };
    let fallback = || table.primary_key.first().copied().or_else(|| places.first().copied());
    ends.or_else(same)
        .or_else(unique)
        .or_else(fallback)
        .or(if table.columns.is_empty() { None } else { Some(0) })
        .into_iter()
        .collect()
}
