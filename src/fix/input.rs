//! What fixes are made from, and the space as it stands, read once.

use super::gaps::{Gap, words_of};
use crate::learn::{LearntPattern, content_terms};
use crate::model::{
    Address, Candidate, Catalog, Category, Change, Generated, Join, Outcome, Question, Snippet, SnippetKind, Space,
    SpaceTable, SpaceView, joined_text, short_id,
};
use crate::sql::{ColumnRef, Features, Names, quote_name, read_expression};
use crate::text::compact;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A question of the learn set that was answered wrongly or not at all.
#[derive(Clone, Debug)]
pub struct Failure {
    pub question: Question,
    pub answer_sql: Option<String>,
    pub outcome: Outcome,
}

/// What may be proposed.
#[derive(Clone, Debug)]
pub struct Options {
    pub categories: BTreeSet<Category>,
    /// Question families behind a pattern.
    pub min_support: usize,
    /// What earlier plans wrote: it may be replaced and taken out again, other texts may not.
    pub generated: Generated,
}

impl Default for Options {
    fn default() -> Self {
        Self { categories: Category::FIXES.into_iter().collect(), min_support: 2, generated: Generated::default() }
    }
}

/// Everything `propose` looks at.
pub struct FixInput<'a> {
    pub patterns: &'a [LearntPattern],
    /// All questions of the learn set, right and wrong: what gold never does is known from them.
    pub learn_set: &'a [Question],
    pub failures: &'a [Failure],
    pub space: &'a Space,
    pub catalog: &'a Catalog,
    pub options: Options,
}

/// A failure with its gap.
pub(crate) struct Case {
    pub id: String,
    pub gap: Gap,
}

/// What a snippet of the space means.
pub(crate) struct Meaning {
    pub kind: SnippetKind,
    pub id: String,
    pub key: String,
    /// The key without the conditions of its aggregates, if it has some.
    pub plain: Option<String>,
}

impl Meaning {
    pub(crate) fn is(&self, key: &str) -> bool {
        self.key == key || self.plain.as_deref() == Some(key)
    }

    /// True if the query compares, computes or groups by it.
    pub(crate) fn is_in(&self, query: &Features) -> bool {
        if self.kind == SnippetKind::Filter {
            return query.predicates.iter().any(|predicate| predicate.fragment.key == self.key);
        }
        query.outputs.iter().any(|output| self.is(&output.core.key))
            || query.inner.iter().any(|inner| self.is(inner))
            || query.group_keys.iter().any(|group| group.key == self.key)
            || query.counted.as_ref().is_some_and(|counted| self.is(&counted.key))
    }
}

/// The input, read once: names, gaps, and the meaning of what the space holds.
pub(crate) struct Context<'a> {
    pub names: Names<'a>,
    pub view: SpaceView,
    pub space: &'a Space,
    pub cases: Vec<Case>,
    /// Features of the learn set's gold SQL.
    pub gold: Vec<(String, Features)>,
    /// Texts of the learn set's questions by id, in lower case without white space.
    pub texts: BTreeMap<String, String>,
    /// Stems of the words in the names of tables and columns.
    pub words: HashSet<String>,
    pub options: Options,
    snippets: Vec<Meaning>,
    joins: Vec<(String, BTreeSet<(ColumnRef, ColumnRef)>)>,
}

impl<'a> Context<'a> {
    pub(crate) fn of(input: &FixInput<'a>) -> Self {
        let names = Names::new(input.catalog);
        let view = SpaceView::of(input.space);
        // Once for all failures: a large catalog has thousands of names.
        let words = words_of(&names);
        let gold = input.learn_set.iter().filter_map(|q| Some((q.id.clone(), Features::of(&q.sql, &names).ok()?)));
        let gold: Vec<(String, Features)> = gold.collect();
        let cases = input
            .failures
            .iter()
            .filter(|failure| failure.outcome.counts() && !failure.outcome.is_correct())
            .filter_map(|failure| {
                let known =
                    gold.iter().find(|(id, gold)| *id == failure.question.id && gold.source == failure.question.sql);
                let known = known.map(|(_, gold)| gold.clone());
                let gold = known.or_else(|| Features::of(&failure.question.sql, &names).ok())?;
                let answer = failure.answer_sql.as_deref();
                let gap = Gap::of(&failure.question.question, gold, answer, failure.outcome, &names, &words);
                Some(Case { id: failure.question.id.clone(), gap })
            })
            .collect();
        let texts = input.learn_set.iter().map(|q| (q.id.clone(), compact(&q.question))).collect();
        let snippets = view.snippets.iter().filter_map(|snippet| read_snippet(snippet, &view, &names)).collect();
        let joins = view.joins.iter().map(|join| (join.id.clone(), join_columns(join, &names))).collect();
        Self {
            names,
            cases,
            gold,
            texts,
            words,
            options: input.options.clone(),
            snippets,
            joins,
            view,
            space: input.space,
        }
    }

    /// The space's entry for a table, by the catalog's full name.
    pub(crate) fn table(&self, full_name: &str) -> Option<&SpaceTable> {
        self.view.tables.iter().find(|table| {
            table.identifier.eq_ignore_ascii_case(full_name)
                || self.names.table(&table.identifier).is_some_and(|found| found.full_name == full_name)
        })
    }

    /// Table identifier and column name as the space spells them.
    pub(crate) fn spelled(&self, column: &ColumnRef) -> Option<(String, String)> {
        let table = self.table(&column.table)?;
        let name = table.column(&column.column).map_or(column.column.clone(), |found| found.name.clone());
        Some((table.identifier.clone(), name))
    }

    /// The id of a snippet with this meaning.
    pub(crate) fn snippet_with(&self, kind: SnippetKind, key: &str) -> Option<&str> {
        self.snippets.iter().find(|have| have.kind == kind && have.key == key).map(|have| have.id.as_str())
    }

    pub(crate) fn meanings(&self) -> &[Meaning] {
        &self.snippets
    }

    pub(crate) fn has_join(&self, pairs: &BTreeSet<(ColumnRef, ColumnRef)>) -> bool {
        self.joins.iter().any(|(_, have)| have == pairs)
    }

    pub(crate) fn join_keys(&self) -> impl Iterator<Item = (&str, &BTreeSet<(ColumnRef, ColumnRef)>)> {
        self.joins.iter().map(|(id, pairs)| (id.as_str(), pairs))
    }

    /// The text instruction, with its id.
    pub(crate) fn instruction(&self) -> Option<(&str, &str)> {
        self.view.text_instructions.first().map(|text| (text.id.as_str(), text.content.as_str()))
    }

    /// True if an earlier plan put this text where the change finds it.
    pub(crate) fn is_generated(&self, change: &Change, before: &Value) -> bool {
        let place = change.address.to_string();
        joined_text(before).is_some_and(|text| self.options.generated.holds(&place, &text))
    }

    /// Failing questions whose gap passes the test.
    pub(crate) fn targets(&self, closes: impl Fn(&Gap) -> bool) -> Vec<String> {
        let mut ids: Vec<String> =
            self.cases.iter().filter(|case| closes(&case.gap)).map(|case| case.id.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// True if the question says the term.
    pub(crate) fn says(gap: &Gap, term: &str) -> bool {
        content_terms(term)
            .iter()
            .map(|(key, _)| key)
            .max_by_key(|key| key.len())
            .is_some_and(|key| gap.terms.contains(key) || gap.terms.iter().any(|have| is_form(have, key)))
    }

    /// True if the gold SQL of no question in the learn set passes the test.
    pub(crate) fn gold_never(&self, does: impl Fn(&Features) -> bool) -> bool {
        !self.gold.iter().any(|(_, features)| does(features))
    }
}

/// True for a compound with the word, and for the word with an ending.
fn is_form(have: &str, word: &str) -> bool {
    let compound = || !word.is_ascii() && have.contains(word);
    let ending = || have.strip_prefix(word).filter(|_| word.chars().count() >= 5);
    compound() || ending().is_some_and(|ending| ["n", "en", "s"].contains(&ending))
}

/// A snippet's kind, id and key, if its SQL can be read.
fn read_snippet(snippet: &Snippet, view: &SpaceView, names: &Names) -> Option<Meaning> {
    let (fragment, _) = read_expression(&snippet.sql, &table_aliases(view), names).ok()?;
    let plain = fragment.unfiltered().map(|plain| plain.key);
    Some(Meaning { kind: snippet.kind, id: snippet.id.clone(), key: fragment.key, plain })
}

/// The names under which a space's tables are known in snippets: the last part of their names,
/// and the aliases of its joins.
pub(crate) fn table_aliases(view: &SpaceView) -> Vec<(String, String)> {
    let short = |name: &str| name.rsplit('.').next().unwrap_or(name).replace('`', "");
    let tables = view.tables.iter().map(|table| (short(&table.identifier), table.identifier.clone()));
    let sides = view.joins.iter().flat_map(|join| {
        [(join.left_alias.clone(), join.left_table.clone()), (join.right_alias.clone(), join.right_table.clone())]
    });
    tables.chain(sides).collect()
}

/// The column pairs of a join spec, the smaller column first.
pub(crate) fn join_columns(join: &Join, names: &Names) -> BTreeSet<(ColumnRef, ColumnRef)> {
    let (left, right) = (quote_name(&join.left_table), quote_name(&join.right_table));
    let sql = format!(
        "SELECT 1 FROM {left} AS `{}` JOIN {right} AS `{}` ON {}",
        join.left_alias, join.right_alias, join.condition
    );
    let Ok(features) = Features::of(&sql, names) else { return BTreeSet::new() };
    let pairs = features.joins.iter().flat_map(|join| {
        join.pairs.iter().map(|(a, b)| ordered(ColumnRef::new(&join.left, a), ColumnRef::new(&join.right, b)))
    });
    pairs.collect()
}

pub(crate) fn ordered(a: ColumnRef, b: ColumnRef) -> (ColumnRef, ColumnRef) {
    if a <= b { (a, b) } else { (b, a) }
}

/// A candidate before it is grounded.
pub(crate) struct Draft {
    pub category: Category,
    pub changes: Vec<Change>,
    pub patterns: Vec<String>,
    pub support: usize,
    pub targets: Vec<String>,
    pub reason: String,
}

impl Draft {
    pub(crate) fn from_pattern(
        category: Category,
        changes: Vec<Change>,
        learnt: &LearntPattern,
        targets: Vec<String>,
    ) -> Self {
        Self {
            category,
            changes,
            patterns: vec![learnt.pattern.id.clone()],
            support: learnt.pattern.support,
            targets,
            reason: learnt.pattern.statement.clone(),
        }
    }

    /// Adds what the failures show to the reason.
    pub(crate) fn finish(mut self) -> Candidate {
        let count = self.targets.len();
        if count > 0 {
            let questions = if count == 1 { "question lacks" } else { "questions lack" };
            self.reason = format!("{} {count} failing {questions} it.", self.reason.trim_end());
        }
        let parts: Vec<String> = self
            .changes
            .iter()
            .map(|change| {
                let after = change.after.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{} {after}", change.address)
            })
            .collect();
        let id = short_id(&parts.iter().map(String::as_str).collect::<Vec<_>>());
        Candidate {
            id: format!("{}-{}", self.category.as_str().replace('_', "-"), &id[..8]),
            category: self.category,
            changes: self.changes,
            patterns: self.patterns,
            support: self.support,
            targets: self.targets,
            reason: self.reason,
            provenance: "miner".to_owned(),
        }
    }
}

/// A change of an instruction's SQL as one of the whole instruction, which is what can be checked
/// and run; every other change as it is.
pub(super) fn whole<'c>(space: &Space, change: &'c Change) -> Cow<'c, Change> {
    let as_whole = || {
        let (field, element) = change.address.segments().split_last().filter(|(field, _)| *field == "sql")?;
        let address = Address::from_segments(element);
        let before = crate::diff::value_at(space, &address)?;
        let mut after = before.clone();
        after.as_object_mut()?.insert(field.clone(), change.after.clone()?);
        Some(Change::update(address, before, after))
    };
    as_whole().map_or(Cow::Borrowed(change), Cow::Owned)
}

/// Groups of names that are the same but for case and spacing.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    compact(a) == compact(b)
}

/// Families of the questions a set of patterns was seen in, at most.
pub(crate) fn joint_support(patterns: &[&LearntPattern]) -> usize {
    let questions: BTreeSet<&String> = patterns.iter().flat_map(|p| &p.pattern.questions).collect();
    let sum: usize = patterns.iter().map(|p| p.pattern.support).sum();
    let most = patterns.iter().map(|p| p.pattern.support).max().unwrap_or(0);
    sum.min(questions.len()).max(most)
}

/// Items grouped by a key, in order.
pub(crate) fn grouped<K: Ord, V>(items: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups: BTreeMap<K, Vec<V>> = BTreeMap::new();
    for (key, value) in items {
        groups.entry(key).or_default().push(value);
    }
    groups
}
