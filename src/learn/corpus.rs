//! The corpus: question families with the features of their gold SQL.

use super::pattern::Seen;
use super::spelling;
use super::terms::{Segments, segments};
use crate::model::{Catalog, CatalogColumn, Question, SpaceView};
use crate::sql::{ColumnRef, Features, Names};
use std::collections::{BTreeMap, BTreeSet};

/// Paraphrases of one question: one observation.
pub(super) struct Family {
    /// Question ids, sorted.
    pub ids: Vec<String>,
    /// Question texts, in the order of the ids.
    pub texts: Vec<String>,
    /// One text's words each.
    pub segments: Vec<Segments>,
    pub features: Vec<Features>,
}

pub(super) struct Corpus<'a> {
    pub families: Vec<Family>,
    pub names: Names<'a>,
    pub space: &'a SpaceView,
    /// Comments of all columns of a name, in lower case.
    comments: BTreeMap<String, Vec<String>>,
    /// Families by the tables that their queries read.
    by_table: BTreeMap<String, BTreeSet<usize>>,
}

impl<'a> Corpus<'a> {
    pub(super) fn of(questions: &[Question], catalog: &'a Catalog, space: &'a SpaceView) -> Self {
        let names = Names::new(catalog);
        let mut sorted: Vec<&Question> = questions.iter().filter(|question| question.skip.is_none()).collect();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        let mut families: Vec<Family> = Vec::new();
        let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
        for question in sorted {
            let Ok(features) = Features::of(&question.sql, &names) else { continue };
            let declared = format!("family\u{1f}{}", question.family);
            let equal = format!("sql\u{1f}{}", features.normal);
            let known = by_key.get(&declared).filter(|_| !question.family.is_empty()).or_else(|| by_key.get(&equal));
            let at = known.copied().unwrap_or(families.len());
            if at == families.len() {
                families.push(Family { ids: vec![], texts: vec![], segments: vec![], features: vec![] });
            }
            by_key.entry(equal).or_insert(at);
            if !question.family.is_empty() {
                by_key.entry(declared).or_insert(at);
            }
            let family = &mut families[at];
            family.ids.push(question.id.clone());
            family.segments.push(segments(&question.question));
            family.texts.push(question.question.clone());
            if !family.features.iter().any(|have| have.normal == features.normal) {
                family.features.push(features);
            }
        }
        spelling::settle(&mut families);
        let mut by_table: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (at, family) in families.iter().enumerate() {
            for table in family.features.iter().flat_map(|features| &features.tables) {
                by_table.entry(table.clone()).or_default().insert(at);
            }
        }
        let mut corpus = Self { families, names, space, comments: BTreeMap::new(), by_table };
        corpus.comments = corpus.collect_comments(catalog);
        corpus
    }

    /// The families with a query over all of these tables.
    pub(super) fn over<'t>(&self, tables: impl IntoIterator<Item = &'t String> + Clone) -> BTreeSet<usize> {
        let rarest = tables.clone().into_iter().map(|table| self.over_one(table)).min_by_key(|found| found.len());
        let Some(rarest) = rarest else { return (0..self.families.len()).collect() };
        let one_query = |at: &usize| {
            self.families[*at].any(|query| tables.clone().into_iter().all(|table| query.tables.contains(table)))
        };
        rarest.iter().copied().filter(one_query).collect()
    }

    /// The families with a query over this table.
    pub(super) fn over_one(&self, table: &str) -> &BTreeSet<usize> {
        static NONE: BTreeSet<usize> = BTreeSet::new();
        self.by_table.get(table).unwrap_or(&NONE)
    }

    fn collect_comments(&self, catalog: &Catalog) -> BTreeMap<String, Vec<String>> {
        let mut comments: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for table in catalog.tables() {
            for column in &table.columns {
                let comment = self.comment(&ColumnRef::new(&table.full_name, &column.name));
                if !comment.trim().is_empty() {
                    comments.entry(column.name.to_lowercase()).or_default().push(comment);
                }
            }
        }
        comments
    }

    pub(super) fn comments_by_name(&self, column: &str) -> &[String] {
        self.comments.get(&column.to_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn column(&self, column: &ColumnRef) -> Option<&'a CatalogColumn> {
        self.names.catalog().table(&column.table)?.column(&column.column)
    }

    /// What catalog and space say about a column.
    pub(super) fn comment(&self, column: &ColumnRef) -> String {
        let in_catalog = self.column(column).map(|found| found.comment.as_str()).unwrap_or_default();
        let in_space = self.space.table(&column.table).and_then(|table| table.column(&column.column));
        let described = in_space.map(|found| found.description.as_str()).unwrap_or_default();
        format!("{in_catalog}\n{described}")
    }

    /// Support, examples and counter-examples of a pattern that holds in the families `shows`, among
    /// those that `could` show it.
    pub(super) fn seen_in(&self, shows: &BTreeSet<usize>, could: &BTreeSet<usize>) -> Seen {
        let ids = |families: &mut dyn Iterator<Item = &usize>| {
            let mut ids: Vec<String> = families.flat_map(|at| self.families[*at].ids.iter().cloned()).collect();
            ids.sort();
            ids
        };
        let all = could.union(shows).count();
        Seen {
            support: shows.len(),
            questions: ids(&mut shows.iter()),
            counter_examples: ids(&mut could.difference(shows)),
            confidence: if all > 0 { shows.len() as f64 / all as f64 } else { 0.0 },
        }
    }
}

impl Family {
    pub(super) fn any(&self, test: impl Fn(&Features) -> bool) -> bool {
        self.features.iter().any(test)
    }
}
