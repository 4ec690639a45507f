//! Guesses: what a word may mean where counting alone is not sure.
//!
//! Each question is read as a puzzle: the words that nothing accounts for and the parts of its
//! gold SQL that nothing accounts for belong together. Pairs are linked one to one, the surest
//! first (competitive linking), so that a word which already means something is not blamed for
//! what is left. A guess is no pattern: it is worth a trial, and only a trial can confirm it.

use super::association::{Associations, FacetInfo};
use super::calculations;
use super::corpus::Corpus;
use super::evidence::{self, Evidence, Sayings};
use super::pattern::{Body, Facet, LearntPattern, Vocabulary};
use super::terms::{Segments, is_kind_word};
use super::time_words::without_grain;
use crate::model::{Catalog, PatternKind, Question, SpaceView};
use crate::sql::ColumnRef;
use crate::text::{split_identifier, stem};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Share of the families saying a term whose gold has what it is guessed to mean.
const MIN_CONFIDENCE: f64 = 0.6;
/// Words of a phrase.
const MAX_WORDS: usize = 3;

/// Words about the SQL that is wanted. As a guess they are worth no trial, nor is a kind of number.
const SQL_WORDS: &str = "table column row join query sql select where group grouped clause null record distinct filter \
    function database schema result output subquery cte interval";

fn is_about_sql(phrase: &Phrase) -> bool {
    let mut words = phrase.text.split(' ').map(str::to_lowercase);
    words.clone().all(|word| is_kind_word(&word))
        || words.any(|word| word.contains('_') || SQL_WORDS.split_whitespace().any(|sql| stem(&word) == sql))
}

/// Words of the names of columns and tables.
fn name_words<'c>(columns: impl IntoIterator<Item = &'c ColumnRef>) -> BTreeSet<String> {
    let names = columns.into_iter().flat_map(|column| {
        let table = column.table.rsplit('.').next().unwrap_or_default();
        [split_identifier(&column.column), split_identifier(table)]
    });
    names.flatten().map(|word| stem(&word)).collect()
}

/// A phrase of one question.
#[derive(Clone)]
struct Phrase {
    key: String,
    text: String,
    run: usize,
    start: usize,
    words: usize,
    /// Keys of its words, where there are several.
    parts: Vec<String>,
}

impl Phrase {
    fn overlaps(&self, other: &Self) -> bool {
        self.run == other.run && self.start < other.start + other.words && other.start < self.start + self.words
    }
}

/// One question with what is to be linked.
struct Puzzle {
    family: usize,
    phrases: Vec<Phrase>,
    facets: BTreeSet<usize>,
    /// Words of the names of what the gold SQL reads: they say that, and nothing else.
    names: BTreeSet<String>,
}

struct Link {
    score: f64,
    puzzle: usize,
    phrase: usize,
    facet: usize,
}

/// Words with what they may mean, beside what `known` is sure of. Best supported first.
pub fn guesses(
    questions: &[Question],
    catalog: &Catalog,
    space: &SpaceView,
    known: &[LearntPattern],
) -> Vec<LearntPattern> {
    let corpus = Corpus::of(questions, catalog, space);
    let found = Associations::of(&corpus);
    let puzzles = puzzles(&corpus, &found, known);
    let sure = known_names(&found, known);
    let mut said: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for puzzle in &puzzles {
        for phrase in &puzzle.phrases {
            said.entry(&phrase.key).or_default().insert(puzzle.family);
        }
    }
    let linked = link(&puzzles, candidates(&puzzles, &said, &corpus, &found, &sure));
    let mut guesses = Vec::new();
    let mut names: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for ((facet, key), text) in linked {
        let info = &found.facets[facet];
        let Some(families) = said.get(key.as_str()) else { continue };
        if sure[facet].contains(&key) {
            continue;
        }
        names.entry(facet).or_default().push(text.clone());
        guesses.push(guess(&corpus, info, &key, text, families));
    }
    let named = named_calculations(known);
    for (facet, terms) in names {
        let info = &found.facets[facet];
        let calculation = info.fragment.as_ref().filter(|_| matches!(info.facet, Facet::Calculation(_)));
        if let Some(fragment) = calculation.filter(|fragment| !named.contains(fragment.key.as_str())) {
            guesses.push(calculations::pattern(&corpus, info, fragment, terms, true));
        }
    }
    guesses.sort_by(|a, b| (b.pattern.support, &a.pattern.id).cmp(&(a.pattern.support, &b.pattern.id)));
    guesses
}

/// Keys of the calculations that have a name.
fn named_calculations(known: &[LearntPattern]) -> BTreeSet<&str> {
    let named = known.iter().filter_map(|learnt| match &learnt.body {
        Body::Calculation(calculation) if !calculation.terms.is_empty() => Some(calculation.fragment.key.as_str()),
        _ => None,
    });
    named.collect()
}

/// For each facet the keys of what surely names it.
fn known_names(found: &Associations, known: &[LearntPattern]) -> Vec<BTreeSet<String>> {
    let mut by_facet: BTreeMap<&Facet, BTreeSet<String>> = BTreeMap::new();
    let mut by_fragment: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for learnt in known {
        let names = match &learnt.body {
            Body::Vocabulary(word) => by_facet.entry(&word.facet).or_default(),
            Body::Calculation(calculation) => by_fragment.entry(&calculation.fragment.key).or_default(),
            _ => continue,
        };
        let terms = learnt.pattern.terms.iter().flat_map(|term| super::content_terms(term));
        names.extend(terms.map(|(key, _)| key));
    }
    let names = |info: &FacetInfo| {
        let fragment = info.fragment.as_ref().and_then(|fragment| by_fragment.get(fragment.key.as_str()));
        by_facet.get(&info.facet).into_iter().chain(fragment).flatten().cloned().collect()
    };
    found.facets.iter().map(names).collect()
}

fn puzzles(corpus: &Corpus, found: &Associations, known: &[LearntPattern]) -> Vec<Puzzle> {
    let words: BTreeSet<&str> = corpus
        .families
        .iter()
        .flat_map(|family| family.segments.iter().flatten().flatten())
        .map(|word| word.key.as_str())
        .collect();
    let defaults: BTreeSet<&str> = known
        .iter()
        .filter_map(|learnt| match &learnt.body {
            Body::Filter(rule) if rule.default_of.is_some() => Some(rule.fragment.key.as_str()),
            _ => None,
        })
        .collect();
    let mut puzzles = Vec::new();
    for (at, family) in corpus.families.iter().enumerate() {
        let own = found.facets_in(family, at);
        let facets: BTreeSet<usize> =
            own.into_iter().filter(|facet| is_spoken(corpus, at, &found.facets[*facet], &defaults)).collect();
        let names = name_words(family.features.iter().flat_map(|features| &features.columns));
        for segments in &family.segments {
            let mut phrases = phrases(segments, &words);
            phrases.retain(|phrase| !is_about_sql(phrase));
            puzzles.push(Puzzle { family: at, phrases, facets: facets.clone(), names: names.clone() });
        }
    }
    puzzles
}

/// True for what a question has to say to get it: no default, no date, no part of something else.
fn is_spoken(corpus: &Corpus, family: usize, info: &FacetInfo, defaults: &BTreeSet<&str>) -> bool {
    let queries = &corpus.families[family].features;
    match &info.facet {
        Facet::Value(value) => {
            let is_default = |predicate: &crate::sql::Predicate| {
                defaults.contains(predicate.fragment.key.as_str())
                    && predicate.column.as_ref() == Some(&value.column)
                    && predicate.values.contains(&value.value)
            };
            let used = |features: &crate::sql::Features| features.values.contains(value);
            queries.iter().any(|q| used(q) && !q.predicates.iter().any(is_default))
        }
        Facet::Predicate(key) => !defaults.contains(key.as_str()),
        Facet::Calculation(key) => queries.iter().any(|q| q.outputs.iter().any(|output| output.core.key == *key)),
        Facet::Expression(_) => true,
        Facet::Column(column) => {
            let temporal = corpus.column(column).is_some_and(|found| found.family().is_temporal());
            let shown = |features: &crate::sql::Features| {
                let grouped = features.group_keys.iter().any(|key| key.columns.contains(column));
                grouped
                    || features
                        .outputs
                        .iter()
                        .any(|output| !output.is_aggregate && output.core.columns.contains(column))
            };
            !temporal && queries.iter().any(shown)
        }
    }
}

fn phrases(segments: &Segments, known: &BTreeSet<&str>) -> Vec<Phrase> {
    let mut found = Vec::new();
    for (run, words) in segments.iter().enumerate() {
        let plain: Vec<(String, String)> = words
            .iter()
            .map(|word| match without_grain(&word.key, known) {
                Some(rest) => (rest.to_owned(), rest.to_owned()),
                None => (word.key.clone(), word.text.clone()),
            })
            .collect();
        for start in 0..words.len() {
            for length in 1..=MAX_WORDS.min(words.len() - start) {
                let range = start..start + length;
                if words[range.clone()].iter().any(|word| word.is_number) {
                    continue;
                }
                let key: String = plain[range.clone()].iter().map(|(key, _)| key.as_str()).collect();
                let single: Vec<String> = plain[range.clone()].iter().map(|(key, _)| key.clone()).collect();
                let parts = if length > 1 { single } else { Vec::new() };
                let text = plain[range].iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ");
                if key.chars().count() >= 2 {
                    found.push(Phrase { key, text, run, start, words: length, parts });
                }
            }
        }
    }
    found
}

fn candidates(
    puzzles: &[Puzzle],
    said: &BTreeMap<&str, BTreeSet<usize>>,
    corpus: &Corpus,
    found: &Associations,
    sure: &[BTreeSet<String>],
) -> Vec<Link> {
    let sayings: Vec<Sayings> = found.facets.iter().map(|info| Sayings::of(info, corpus)).collect();
    let own: Vec<BTreeSet<String>> = found.facets.iter().map(|info| name_words(&info.columns)).collect();
    // The name of a table says which table is meant, and nothing more.
    let tables: BTreeSet<String> =
        corpus.names.catalog().tables().map(|table| evidence::key(table.short_name())).collect();
    let mut together: HashMap<(&str, usize), usize> = HashMap::new();
    let mut links = Vec::new();
    for (at, puzzle) in puzzles.iter().enumerate() {
        for (place, phrase) in puzzle.phrases.iter().enumerate() {
            let families = said.get(phrase.key.as_str()).filter(|_| !tables.contains(&phrase.key));
            let Some(families) = families else { continue };
            // Words that are also said apart are two words, not one name.
            let apart = |part: &String| said.get(part.as_str()).is_some_and(|alone| alone.len() > families.len());
            let split = phrase.parts.iter().any(apart);
            for facet in &puzzle.facets {
                let info = &found.facets[*facet];
                let joint = together.entry((&phrase.key, *facet));
                let joint = *joint.or_insert_with(|| families.intersection(&info.families).count());
                let is_sure = sure[*facet].contains(&phrase.key);
                let evidence = sayings[*facet].for_term(&phrase.key);
                let elsewhere = puzzle.names.contains(&phrase.key) && !own[*facet].contains(&phrase.key);
                if !is_sure && elsewhere && !evidence.iter().any(|evidence| evidence.is_strong()) {
                    continue;
                }
                if !is_sure && (split || (joint as f64) < MIN_CONFIDENCE * families.len() as f64) {
                    continue;
                }
                let dice = 2.0 * joint as f64 / (families.len() + info.families.len()) as f64;
                if !is_sure && evidence.is_empty() && !is_plausible(info, joint, dice) {
                    continue;
                }
                let hint = evidence.iter().map(|e| if e.is_strong() { 0.6 } else { 0.4 }).fold(0.0, f64::max);
                let score = dice + hint + if is_sure { 10.0 } else { 0.0 } + preference(info, phrase);
                links.push(Link { score, puzzle: at, phrase: place, facet: *facet });
            }
        }
    }
    links
}

/// What a word without any other evidence may mean. One query's own condition or formula is too
/// much for one word; a formula that the query gives a name is a notion.
fn is_plausible(info: &FacetInfo, joint: usize, dice: f64) -> bool {
    let named = || info.aliases.keys().any(|alias| alias_says(alias));
    match &info.facet {
        Facet::Value(_) => dice >= 0.3,
        Facet::Calculation(_) => dice >= 0.3 && (joint >= 2 || named()),
        // Said and used once and nowhere else, they may well belong together.
        Facet::Column(_) => dice >= if joint >= 2 { 0.5 } else { 0.8 },
        Facet::Expression(_) | Facet::Predicate(_) => dice >= 0.5 && joint >= 2,
    }
}

/// An alias that says more than what kind of number it is.
fn alias_says(alias: &str) -> bool {
    const KINDS: &str = "amount avg average cnt count max min num number pct percent percentage ratio rate res result         sum tot total val value col metric measure diff difference";
    let kinds: BTreeSet<&str> = KINDS.split_whitespace().collect();
    let words = crate::text::split_identifier(alias);
    words.iter().any(|word| word.chars().count() > 1 && !kinds.contains(word.as_str()))
}

/// Between equals: the more telling fragment, and a phrase that is always said as one.
fn preference(info: &FacetInfo, phrase: &Phrase) -> f64 {
    let facet = match info.facet {
        Facet::Calculation(_) => 4.0,
        Facet::Value(_) | Facet::Predicate(_) => 3.0,
        Facet::Expression(_) => 2.0,
        Facet::Column(_) => 1.0,
    };
    let words = [0.0, 2.0, 3.0, 1.0][phrase.words.min(MAX_WORDS)];
    facet * 1e-3 + words * 1e-4
}

/// Links one to one within each question, the best first. Gives the texts by facet and key.
fn link(puzzles: &[Puzzle], mut links: Vec<Link>) -> BTreeMap<(usize, String), String> {
    links.sort_by(|a, b| {
        let place = |link: &Link| (link.puzzle, link.facet, link.phrase);
        b.score.total_cmp(&a.score).then_with(|| place(a).cmp(&place(b)))
    });
    let mut used: Vec<(Vec<usize>, BTreeSet<usize>)> = puzzles.iter().map(|_| (Vec::new(), BTreeSet::new())).collect();
    let mut linked: BTreeMap<(usize, String), String> = BTreeMap::new();
    for Link { puzzle, phrase, facet, .. } in links {
        let (phrases, facets) = &mut used[puzzle];
        let this = &puzzles[puzzle].phrases[phrase];
        let taken = phrases.iter().any(|other| puzzles[puzzle].phrases[*other].overlaps(this));
        if taken || facets.contains(&facet) {
            continue;
        }
        phrases.push(phrase);
        facets.insert(facet);
        linked.entry((facet, this.key.clone())).or_insert_with(|| this.text.clone());
    }
    linked
}

fn guess(corpus: &Corpus, info: &FacetInfo, key: &str, text: String, families: &BTreeSet<usize>) -> LearntPattern {
    let shows: BTreeSet<usize> = families.intersection(&info.families).copied().collect();
    let seen = corpus.seen_in(&shows, families);
    let sql = info.sql();
    let statement = format!(
        "“{text}” may mean `{sql}`: so in {} of {} question families that say it, and no other word of theirs does.",
        shows.len(),
        families.len()
    );
    let body = Body::Vocabulary(Vocabulary {
        term: text.clone(),
        facet: info.facet.clone(),
        fragment: info.fragment.clone(),
        llr: 0.0,
        npmi: 0.0,
        evidence: BTreeSet::<Evidence>::new(),
    });
    LearntPattern::new(
        PatternKind::Vocabulary,
        &format!("guess\u{1f}{key}\u{1f}{sql}"),
        statement,
        sql.clone(),
        vec![text],
        info.facet.tables(info.fragment.as_ref()),
        seen,
        body,
    )
}
