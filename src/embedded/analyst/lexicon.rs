//! Everything a question can name, with where the name comes from and how far to trust it.

use super::instructions::Rule;
use super::scan::is_small;
use super::schema::{ColumnId, Schema, TableId};
use super::spans::Span;
use super::words::{alike, fold, match_names, match_part};
use crate::model::{Snippet, TypeFamily};
use crate::text::{compact, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Table(TableId),
    Column(ColumnId),
    Value(ColumnId, String),
    /// A measure, filter or expression, by its place in the space.
    Snippet(usize),
    /// A rule of the text instruction, by its place.
    Rule(usize),
}

#[derive(Clone, Debug)]
pub struct Candidate {
    pub target: Target,
    pub score: f64,
    pub source: &'static str,
}

struct Name {
    words: Vec<String>,
    initials: BTreeSet<char>,
    target: Target,
    weight: f64,
    source: &'static str,
}

#[derive(Default)]
pub struct Lexicon {
    names: Vec<Name>,
    values: BTreeMap<String, Vec<(ColumnId, String)>>,
    /// Phrases for times that the instruction explains.
    pub spans: Vec<Span>,
    /// Words of descriptions, with all they describe.
    described: BTreeMap<String, BTreeSet<Target>>,
}

/// Words for common attributes in German and Korean, where the names of a schema are English.
const COMMON: [(&str, &str); 30] = [
    ("이름", "name"),
    ("나이", "age"),
    ("국가", "country"),
    ("나라", "country"),
    ("도시", "city"),
    ("지역", "region"),
    ("가격", "price"),
    ("금액", "amount"),
    ("날짜", "date"),
    ("연도", "year"),
    ("평점", "rating"),
    ("번호", "number"),
    ("주소", "address"),
    ("이메일", "email"),
    ("제목", "title"),
    ("성별", "gender"),
    ("유형", "type"),
    ("상태", "status"),
    ("alter", "age"),
    ("land", "country"),
    ("stadt", "city"),
    ("preis", "price"),
    ("betrag", "amount"),
    ("datum", "date"),
    ("jahr", "year"),
    ("bewertung", "rating"),
    ("nummer", "number"),
    ("adresse", "address"),
    ("titel", "title"),
    ("geschlecht", "gender"),
];

impl Lexicon {
    pub fn of(schema: &Schema, snippets: &[Snippet], rules: &[Rule]) -> Self {
        let mut lexicon = Self::default();
        for table in 0..schema.tables.len() {
            lexicon.add_table(schema, table);
        }
        for (place, snippet) in snippets.iter().enumerate() {
            let target = Target::Snippet(place);
            lexicon.phrase(&snippet.display_name, &target, 1.12, "snippet name");
            lexicon.phrase(&snippet.alias, &target, 1.1, "snippet alias");
            for synonym in snippet.synonyms.iter().chain(&also_called(&snippet.comment)) {
                lexicon.phrase(synonym, &target, 1.1, "snippet synonym");
            }
        }
        for (place, rule) in rules.iter().enumerate() {
            if let super::instructions::Effect::Span { phrases, .. } = &rule.effect {
                lexicon.spans.extend(phrases.iter().map(|p| Span::new(p, place)));
            }
            for term in rule.terms() {
                lexicon.phrase(term, &Target::Rule(place), 1.15, "instruction");
            }
        }
        lexicon
    }

    fn add_table(&mut self, schema: &Schema, table: TableId) {
        let info = &schema.tables[table];
        let target = Target::Table(table);
        self.name(info.words.clone(), &target, 1.0, "table name");
        if info.description.split_whitespace().count() <= 4 {
            self.phrase(&info.description, &target, 0.9, "table description");
        }
        for other in also_called(&info.description) {
            self.phrase(&other, &target, 1.02, "table description");
        }
        self.describe(&info.description, &target);
        for column in 0..info.columns.len() {
            self.add_column(schema, ColumnId { table, column });
        }
    }

    fn add_column(&mut self, schema: &Schema, id: ColumnId) {
        let column = schema.column(id);
        let table_words = &schema.tables[id.table].words;
        let target = Target::Column(id);
        self.name(column.words.clone(), &target, 1.0, "column name");
        self.name(column.core.clone(), &target, 1.0, "column name");
        let own: Vec<String> =
            column.core.iter().filter(|w| !table_words.iter().any(|t| alike(t, w) > 0.75)).cloned().collect();
        if column.core.len() == 1 && column.family == TypeFamily::Text && column.core[0] != "name" {
            self.name(vec![column.core[0].clone(), "name".to_owned()], &target, 0.97, "column name");
        }
        if own.len() < column.core.len() {
            self.name(own.clone(), &target, 0.95, "column name");
        }
        let owned: Vec<String> =
            table_words.iter().chain(if own.is_empty() { &column.core } else { &own }).cloned().collect();
        self.name(owned, &target, 1.02, "table and column name");
        if column.description.split_whitespace().count() <= 4 {
            self.phrase(&column.description, &target, 0.98, "column description");
        }
        // `Platform (main): STEAM / EPIC`: what stands before the list names the column.
        let head = column.description.split([':', '(', '.', ',']).next().unwrap_or_default();
        if head.len() < column.description.len() && head.split_whitespace().count() <= 3 {
            self.phrase(head, &target, 0.97, "column description");
        }
        for synonym in column.synonyms.iter().chain(&also_called(&column.description)) {
            self.phrase(synonym, &target, 1.08, "synonym");
        }
        self.describe(&column.description, &target);
        for (value, name) in &column.values {
            for form in value_forms(name) {
                let places = self.values.entry(form).or_default();
                let pair = (id, value.clone());
                if !places.contains(&pair) {
                    places.push(pair);
                }
            }
        }
        if column.family == TypeFamily::Text && column.has_dictionary {
            self.values.remove("");
        }
    }

    fn name(&mut self, words: Vec<String>, target: &Target, weight: f64, source: &'static str) {
        if words.is_empty()
            || self.names.iter().rev().take(12).any(|n| n.target == *target && n.words == words && n.weight >= weight)
        {
            return;
        }
        let initials = words.iter().filter_map(|w| w.chars().next()).collect();
        self.names.push(Name { words, initials, target: target.clone(), weight, source });
    }

    fn phrase(&mut self, text: &str, target: &Target, weight: f64, source: &'static str) {
        let words: Vec<String> = if text.contains('_') { super::words::identifier_words(text) } else { words_of(text) };
        if words.len() <= 8 {
            self.name(words, target, weight, source);
        }
    }

    fn describe(&mut self, text: &str, target: &Target) {
        for word in words_of(text) {
            if word.chars().count() >= 2 && !super::scan::is_small(&word) {
                self.described.entry(word).or_default().insert(target.clone());
            }
        }
    }

    /// All that these words of a question may name, best first. `raw` is the text as written.
    pub fn candidates(&self, words: &[String], raw: &str) -> Vec<Candidate> {
        let mut found: BTreeMap<Target, Candidate> = BTreeMap::new();
        let mut keep = |target: &Target, score: f64, source: &'static str| {
            let known = found.get(target).map_or(0.0, |c: &Candidate| c.score);
            if score > known {
                found.insert(target.clone(), Candidate { target: target.clone(), score, source });
            }
        };
        let initial = words.first().and_then(|w| w.chars().next());
        for name in &self.names {
            if initial.is_some_and(|c| name.initials.contains(&c)) {
                let whole = match_names(words, &name.words) * name.weight;
                let part = if whole > 0.0 || name.source == "table and column name" {
                    0.0
                } else {
                    match_part(words, &name.words) * name.weight * part_trust(&name.target)
                };
                keep(&name.target, whole.max(part), name.source);
            } else if words.len() == 1 && name.words.len() == 1 && name.source != "table and column name" {
                keep(
                    &name.target,
                    match_part(words, &name.words) * name.weight * part_trust(&name.target),
                    name.source,
                );
            }
        }
        for (column, value, score) in self.values_of(words, raw) {
            keep(&Target::Value(column, value), score, "value");
        }
        if words.len() == 1 {
            self.by_description(&words[0], &mut keep);
        }
        if let [word] = words
            && let Some((_, english)) = COMMON.iter().find(|(other, _)| other == word)
        {
            let translated = [(*english).to_owned()];
            for name in self.names.iter().filter(|n| !matches!(n.target, Target::Snippet(_) | Target::Rule(_))) {
                let score = match_names(&translated, &name.words).max(match_part(&translated, &name.words))
                    * name.weight
                    * 0.92;
                if score > found.get(&name.target).map_or(0.0, |c| c.score) {
                    found.insert(
                        name.target.clone(),
                        Candidate { target: name.target.clone(), score, source: "common word" },
                    );
                }
            }
        }
        let mut list: Vec<Candidate> = found.into_values().filter(|c| c.score > 0.12).collect();
        list.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.target.cmp(&b.target)));
        list.truncate(40);
        list
    }

    fn by_description(&self, word: &str, keep: &mut impl FnMut(&Target, f64, &'static str)) {
        if super::scan::is_small(word) {
            return;
        }
        let Some(targets) = self.described.get(word) else { return };
        // A word that describes everything says nothing.
        let score = 0.5 / (targets.len() as f64).sqrt();
        for target in targets {
            keep(target, score, "description");
        }
    }

    /// How many of these words the descriptions of the target have, rare words more.
    pub fn described_by(&self, target: &Target, words: &[String]) -> f64 {
        let shared = words.iter().filter_map(|w| self.described.get(w)).filter(|targets| targets.contains(target));
        shared.map(|targets| 1.0 / targets.len() as f64).sum()
    }

    fn values_of(&self, words: &[String], raw: &str) -> Vec<(ColumnId, String, f64)> {
        let joined = words.concat();
        let exact = compact(raw);
        let long = exact.chars().count() >= 2 && raw.chars().any(char::is_alphabetic);
        if !long {
            return Vec::new();
        }
        // `is`, `do`, `me` are words before they are codes.
        let small = words.len() == 1
            && (is_small(&raw.to_lowercase()) || super::cues::cue_at(&[raw.to_lowercase().as_str()]).is_some());
        let short = raw.chars().count() <= 3 && raw.is_ascii();
        let mut found: Vec<(ColumnId, String, f64)> = Vec::new();
        let mut take = |key: &str, score: f64| {
            for (column, value) in self.values.get(key).into_iter().flatten() {
                if (small || short) && (value != raw || small && raw.chars().all(char::is_lowercase)) {
                    continue;
                }
                found.push((*column, value.clone(), score + if raw.contains(value.as_str()) { 0.05 } else { 0.0 }));
            }
        };
        take(&exact, 0.97);
        if joined != exact {
            take(&joined, 0.93);
        }
        if words.len() == 1 && joined.len() > 4 {
            for (ending, instead) in [
                ("n", ""),
                ("an", ""),
                ("ian", ""),
                ("ean", "e"),
                ("ese", ""),
                ("ian", "y"),
                ("ch", "ce"),
                ("ful", ""),
                ("ed", ""),
                ("ed", "e"),
                ("ing", ""),
                ("ly", ""),
            ] {
                if let Some(base) = joined.strip_suffix(ending) {
                    take(&format!("{base}{instead}"), 0.8);
                }
            }
        }
        found
    }
}

/// A part of a snippet's name is too little to stand for it.
fn part_trust(target: &Target) -> f64 {
    match target {
        Target::Snippet(_) | Target::Rule(_) => 0.4,
        _ => 1.0,
    }
}

pub fn words_of(text: &str) -> Vec<String> {
    tokens(text)
        .iter()
        .flat_map(|token| {
            if token.text.contains('_') { super::words::identifier_words(&token.text) } else { vec![fold(&token.text)] }
        })
        .collect()
}

fn value_forms(name: &str) -> Vec<String> {
    let joined = words_of(name).concat();
    let exact = compact(name);
    if joined == exact { vec![exact] } else { vec![exact, joined] }
}

/// Other names that a description gives: `also called X, Y`, `synonyms: a, b`.
fn also_called(description: &str) -> Vec<String> {
    const LEADS: [&str; 12] = [
        "also called",
        "also known as",
        "a.k.a.",
        "aka ",
        "synonyms:",
        "synonym:",
        "aliases:",
        "commonly called",
        "referred to as",
        "auch genannt",
        "동의어:",
        "일명",
    ];
    let lower = description.to_lowercase();
    let Some(from) = LEADS.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len())) else {
        return Vec::new();
    };
    let rest = lower[from..].split(['.', '\n', ')', ';']).next().unwrap_or_default();
    let parts = rest.split(',').flat_map(|part| part.split(" or ")).flat_map(|part| part.split(" and "));
    parts
        .map(|p| p.trim().trim_matches(['"', '\'', '`']).to_owned())
        .filter(|p| !p.is_empty() && p.split(' ').count() <= 5)
        .collect()
}
