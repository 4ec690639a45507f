//! Templates: families of queries that differ in literals only, with the literals as typed slots.
//!
//! Neither the text nor the defaults of a template are those of one benchmark: a default is a
//! value that no member of the family uses, where one is known.

use super::Options;
use super::association::{Associations, TermInfo};
use super::corpus::Corpus;
use super::pattern::{Body, Facet, LearntPattern, Slot, Template};
use crate::model::PatternKind;
use crate::sql::{ColumnRef, Features, Literal, LiteralKind, Marker, with_parameters};
use crate::text::{compact, normalise, split_identifier};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn mine(corpus: &Corpus, found: &Associations, options: Options) -> Vec<LearntPattern> {
    let mut groups: BTreeMap<&str, Vec<(usize, &Features)>> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for features in &family.features {
            groups.entry(features.masked.as_str()).or_default().push((at, features));
        }
    }
    let words = words_of_values(found);
    let repeated = groups.into_iter().filter_map(|(mask, members)| {
        let families: BTreeSet<usize> = members.iter().map(|(at, _)| *at).collect();
        (families.len() >= options.min_support.max(2)).then_some((mask, members, families))
    });
    repeated.filter_map(|(mask, members, families)| template(corpus, &words, mask, &members, &families)).collect()
}

/// The word for a value of a column, best first.
type Words = BTreeMap<(ColumnRef, String), String>;

fn words_of_values(found: &Associations) -> Words {
    let mut best: BTreeMap<(ColumnRef, String), (f64, &TermInfo)> = BTreeMap::new();
    for (term, pairs) in found.terms.iter().zip(&found.pairs) {
        let Some(pair) = pairs.first() else { continue };
        if let Facet::Value(value) = &found.facets[pair.facet].facet {
            let entry = best.entry((value.column.clone(), value.value.clone())).or_insert((0.0, term));
            // Of words that fit as well, the shorter one: a phrase may hold what the template says anyway.
            let ahead = pair.score() - entry.0;
            if ahead > 1e-9 || (ahead > -1e-9 && term.words < entry.1.words) {
                *entry = (pair.score(), term);
            }
        }
    }
    best.into_iter().map(|(key, (_, term))| (key, term.text().to_owned())).collect()
}

struct Member<'a> {
    text: String,
    literals: &'a [Literal],
}

fn template(
    corpus: &Corpus,
    words: &Words,
    mask: &str,
    members: &[(usize, &Features)],
    families: &BTreeSet<usize>,
) -> Option<LearntPattern> {
    let read: Vec<Member> = members.iter().filter_map(|(at, features)| member(corpus, *at, features)).collect();
    let length = read.first()?.literals.len();
    if length == 0 || read.iter().any(|member| member.literals.len() != length) {
        return None;
    }
    let varying: Vec<usize> = (0..length)
        .filter(|at| read.iter().map(|m| &m.literals[*at].value).collect::<BTreeSet<_>>().len() > 1)
        .collect();
    let columns: &BTreeSet<ColumnRef> = &members.first()?.1.spoken_columns;
    let places = places(&read, &varying);
    let firsts: Vec<usize> = places.keys().copied().collect();
    let slots = slots(corpus, words, &read, &firsts, columns);
    // Most repeated queries stop here, before theirs is parsed once more.
    let question = question(words, &read, &places, &slots)?;
    let markers = places.values().zip(&slots).flat_map(|(places, slot)| {
        places.iter().map(|place| (place.at, Marker { name: slot.name.clone(), factor: place.factor }))
    });
    let sql = with_parameters(&members.first()?.1.source, &markers.collect()).ok()?;
    let body = Template {
        guidance: guidance(&slots),
        terms: common_terms(corpus, families),
        masks: BTreeSet::from([mask.to_owned()]),
        question,
        sql: sql.clone(),
        slots,
    };
    let tables = &members.first()?.1.tables;
    let mut could = corpus.over(tables);
    could.retain(|at| corpus.families[*at].any(|features| features.tables == *tables));
    let seen = corpus.seen_in(families, &could);
    let statement = format!("{} question families differ in literals only: “{}”.", families.len(), body.question);
    let identity = format!("template\u{1f}{mask}");
    let terms = body.terms.clone();
    let tables = members.first()?.1.tables.clone();
    let body = Body::Template(body);
    Some(LearntPattern::new(PatternKind::Template, &identity, statement, sql, terms, tables, seen, body))
}

fn member<'a>(corpus: &Corpus, family: usize, features: &'a Features) -> Option<Member<'a>> {
    let family = &corpus.families[family];
    let text = family.texts.iter().min_by_key(|text| (text.chars().count(), (*text).clone()))?;
    Some(Member { text: normalise(text), literals: &features.literals })
}

/// A literal that a slot's value stands in, or a multiple of it.
struct Place {
    at: usize,
    factor: u64,
}

/// The literals that vary, by the first literal of their slot: those that are the same in every
/// member share one, and an interval may be a multiple of another (`14` days for twice `7`).
fn places(members: &[Member], varying: &[usize]) -> BTreeMap<usize, Vec<Place>> {
    let number = |at: usize| members[0].literals[at].value.parse::<u64>().unwrap_or(0);
    let mut order: Vec<usize> = varying.to_vec();
    order.sort_by_key(|at| (number(*at), *at));
    let mut found: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
    for at in order {
        let shared = found.keys().find_map(|first| Some((*first, multiple(members, *first, at)?)));
        let (first, factor) = shared.unwrap_or((at, 1));
        found.entry(first).or_default().push(Place { at, factor });
    }
    found
}

/// How many times the value at `first` the value at `at` is, if it is so in every member.
fn multiple(members: &[Member], first: usize, at: usize) -> Option<u64> {
    let pair = |member: &Member| -> Option<u64> {
        let (one, other) = (&member.literals[first], &member.literals[at]);
        if one.kind != other.kind {
            return None;
        }
        if one.value == other.value {
            return Some(1);
        }
        let same_unit = one.kind == LiteralKind::Interval && one.column == other.column;
        let (low, high) = (one.value.parse::<u64>().ok()?, other.value.parse::<u64>().ok()?);
        (same_unit && low > 0 && high % low == 0 && high / low <= MOST_TIMES).then_some(high / low)
    };
    let factor = pair(members.first()?)?;
    members.iter().all(|member| pair(member) == Some(factor)).then_some(factor)
}

/// No period is more often another than this.
const MOST_TIMES: u64 = 4;

fn slots(
    corpus: &Corpus,
    words: &Words,
    members: &[Member],
    varying: &[usize],
    columns: &BTreeSet<ColumnRef>,
) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for at in varying {
        let used: BTreeSet<&str> = members.iter().map(|member| member.literals[*at].value.as_str()).collect();
        let literal = &members[0].literals[*at];
        let column = literal.column.as_ref().filter(|_| literal.kind != LiteralKind::Interval);
        let column = column.and_then(|name| columns.iter().find(|c| c.column.eq_ignore_ascii_case(name)).cloned());
        let base = match literal.kind {
            LiteralKind::Limit => "top_n".to_owned(),
            LiteralKind::Interval => literal.column.clone().filter(|unit| !unit.is_empty()).unwrap_or("n".to_owned()),
            _ => literal.column.as_deref().map_or("value".to_owned(), |name| split_identifier(name).join("_")),
        };
        let name = free_name(&base, &slots);
        let default = default(corpus, literal, column.as_ref(), &used);
        let known = column.as_ref().and_then(|c| words.get(&(c.clone(), default.clone())));
        let spoken = match (known, default.is_empty()) {
            (Some(word), _) => word.clone(),
            (None, false) => default.clone(),
            (None, true) => format!("a given {}", base.replace('_', " ")),
        };
        let description = match (&column, literal.kind) {
            (Some(column), _) => format!("Value of {}.", column.column),
            (None, LiteralKind::Limit) => "Number of rows.".to_owned(),
            (None, LiteralKind::Interval) => format!("Number of {base}."),
            (None, _) => format!("Value of {base}."),
        };
        let type_hint = match literal.kind {
            LiteralKind::Text => "STRING",
            LiteralKind::Date => "DATE",
            LiteralKind::Number if literal.value.contains('.') => "DECIMAL",
            LiteralKind::Number | LiteralKind::Interval | LiteralKind::Limit => "INTEGER",
        };
        slots.push(Slot { name, type_hint: type_hint.to_owned(), description, default, spoken, column });
    }
    slots
}

fn free_name(base: &str, taken: &[Slot]) -> String {
    let is_free = |name: &str| taken.iter().all(|slot| slot.name != name);
    let numbered = std::iter::once(base.to_owned()).chain((2..).map(|n| format!("{base}_{n}")));
    numbered.into_iter().find(|name| is_free(name)).unwrap_or_default()
}

/// A value that no member uses, or nothing.
fn default(corpus: &Corpus, literal: &Literal, column: Option<&ColumnRef>, used: &BTreeSet<&str>) -> String {
    let profile = column.and_then(|column| corpus.column(column)).and_then(|found| found.profile.as_ref());
    let known = profile.map(|profile| profile.values.as_slice()).unwrap_or_default();
    if let Some(value) = known.iter().find(|value| !used.contains(value.as_str()) && !value.is_empty()) {
        return value.clone();
    }
    match literal.kind {
        LiteralKind::Interval | LiteralKind::Limit | LiteralKind::Number => {
            let fresh = ["10", "14", "30", "5", "7", "60", "90", "3", "2", "20", "50"];
            fresh.into_iter().find(|value| !used.contains(value)).unwrap_or("12").to_owned()
        }
        LiteralKind::Text | LiteralKind::Date => String::new(),
    }
}

/// The member's text in which most slots can be found, with `{slot}` in their place.
fn question(words: &Words, members: &[Member], places: &BTreeMap<usize, Vec<Place>>, slots: &[Slot]) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    for member in members {
        let mut text = member.text.clone();
        let mut hits = 0;
        for ((at, places), slot) in places.iter().zip(slots) {
            let value = &member.literals[*at].value;
            let word = slot.column.as_ref().and_then(|column| words.get(&(column.clone(), value.clone())));
            let found = word.into_iter().chain([value]).find_map(|spoken| replaced(&text, spoken, &slot.name));
            if let Some(first) = found {
                text = first;
                hits += 1;
            }
            // What stands in the SQL more than once may be said more than once.
            for _ in 1..places.len() {
                text = replaced(&text, value, &slot.name).unwrap_or(text);
            }
        }
        let better =
            best.as_ref().is_none_or(|(most, have)| hits > *most || (hits == *most && text.len() < have.len()));
        if better {
            best = Some((hits, text));
        }
    }
    // Without any slot in the text it would be a benchmark's own question.
    best.filter(|(hits, _)| *hits > 0).map(|(_, text)| text)
}

/// Replaces the first whole occurrence of a word, whatever its case.
fn replaced(text: &str, word: &str, slot: &str) -> Option<String> {
    let (lower, wanted) = (text.to_lowercase(), word.to_lowercase());
    if wanted.is_empty() || lower.len() != text.len() {
        return None;
    }
    let latin = |c: char| c.is_ascii_alphanumeric();
    let at = lower.match_indices(&wanted).map(|(at, _)| at).find(|at| {
        let before = lower[..*at].chars().next_back();
        let after = lower[at + wanted.len()..].chars().next();
        let glued = |c: Option<char>, edge: Option<char>| c.is_some_and(latin) && edge.is_some_and(latin);
        !glued(before, wanted.chars().next()) && !glued(after, wanted.chars().next_back())
    })?;
    Some(format!("{}{{{slot}}}{}", &text[..at], &text[at + wanted.len()..]))
}

fn guidance(slots: &[Slot]) -> String {
    let named: Vec<String> = slots.iter().map(|slot| format!("`:{}`", slot.name)).collect();
    format!("Use for questions of this form; set {} to what the question names.", named.join(", "))
}

/// Words that every family of the template says.
fn common_terms(corpus: &Corpus, families: &BTreeSet<usize>) -> Vec<String> {
    let words = |at: &usize| -> BTreeMap<String, String> {
        let words = corpus.families[*at].segments.iter().flatten().flatten().filter(|word| !word.is_number);
        words.map(|word| (compact(&word.key), word.text.clone())).collect()
    };
    let mut all = families.iter().map(words);
    let first = all.next().unwrap_or_default();
    let common = all.fold(first, |kept, next| kept.into_iter().filter(|(key, _)| next.contains_key(key)).collect());
    common.into_values().collect()
}
