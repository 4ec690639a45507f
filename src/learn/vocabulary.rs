//! Vocabulary: what the words of the questions mean in SQL.

use super::Options;
use super::association::{Associations, LLR_MUTUAL, LLR_STRICT, LLR_WITH_EVIDENCE, Pair, TermInfo, same_concept};
use super::corpus::Corpus;
use super::evidence::Evidence;
use super::naming;
use super::pattern::{Body, Facet, LearntPattern, Vocabulary};
use crate::model::PatternKind;
use crate::sql::ColumnRef;
use std::collections::{BTreeMap, BTreeSet};

/// Without other evidence a term must mean its fragment nearly every time it is said.
const MIN_CONFIDENCE: f64 = 0.75;

pub(super) fn mine(corpus: &Corpus, found: &Associations, options: Options) -> Vec<LearntPattern> {
    let mut by_facet: BTreeMap<usize, Vec<&Pair>> = BTreeMap::new();
    let dominant = naming::dominant(found);
    for (at, (term, pairs)) in found.terms.iter().zip(&found.pairs).enumerate() {
        let known = dominant.get(&at).map(|place| vec![&pairs[*place]]);
        let meant = known.unwrap_or_else(|| meanings(term, pairs, found, options));
        for pair in meant.into_iter().filter(|pair| !is_bare_date(pair, found, corpus)) {
            by_facet.entry(pair.facet).or_default().push(pair);
        }
    }
    let kept: Vec<&Pair> = by_facet.into_values().flat_map(|pairs| distinct_names(pairs, found)).collect();
    let strong = ByColumn::of(kept.iter().copied().filter(|pair| pair.has_strong_evidence()), found);
    let explained = |pair: &&&Pair| {
        let mut others = strong.beside(pair, found);
        !pair.has_strong_evidence() && others.any(|other| other.term != pair.term && is_explained(pair, other, found))
    };
    let sure: Vec<&Pair> = kept.iter().filter(|pair| !explained(pair)).copied().collect();
    let names = naming::WholeNames::of(found, &dominant);
    let beside = ByColumn::of(sure.iter().copied(), found);
    let named = sure.iter().filter(|pair| !is_composed(pair, &beside, found));
    named.map(|pair| pattern(corpus, found, pair, names.text(pair.term, pair.facet))).collect()
}

/// Pairs by the columns of their fragments.
struct ByColumn<'p>(BTreeMap<&'p ColumnRef, Vec<&'p Pair>>);

impl<'p> ByColumn<'p> {
    fn of(pairs: impl Iterator<Item = &'p Pair>, found: &'p Associations) -> Self {
        let mut by_column: BTreeMap<&ColumnRef, Vec<&Pair>> = BTreeMap::new();
        for pair in pairs {
            found.facets[pair.facet].columns.iter().for_each(|column| by_column.entry(column).or_default().push(pair));
        }
        Self(by_column)
    }

    /// Those that have a column in common with this one.
    fn beside(&self, pair: &Pair, found: &'p Associations) -> impl Iterator<Item = &'p Pair> {
        found.facets[pair.facet].columns.iter().filter_map(|column| self.0.get(column)).flatten().copied()
    }
}

/// A date column is in most queries; a word that only comes with it does not name it.
fn is_bare_date(pair: &Pair, found: &Associations, corpus: &Corpus) -> bool {
    let Facet::Column(column) = &found.facets[pair.facet].facet else { return false };
    pair.evidence.is_empty() && corpus.column(column).is_some_and(|found| found.family().is_temporal())
}

/// What a term means: its best fragment, if that is sure enough.
fn meanings<'p>(term: &TermInfo, pairs: &'p [Pair], found: &Associations, options: Options) -> Vec<&'p Pair> {
    // A term that goes with everything says nothing.
    let everywhere = found.families >= 8 && term.families.len() * 10 > found.families * 8;
    // The best fragment may be a special case (a sum of the column) that does not always hold.
    let Some(best) = pairs.iter().find(|pair| is_sure(pair, term, found, options)) else { return Vec::new() };
    let named = best.evidence.iter().any(|e| matches!(e, Evidence::Literal | Evidence::Dictionary | Evidence::Alias));
    if everywhere && !named {
        return Vec::new();
    }
    if !best.has_strong_evidence() && is_ambiguous(best, pairs, found) {
        return Vec::new();
    }
    // A code that several tables have means the same in all of them.
    let facet = |pair: &Pair| &found.facets[pair.facet].facet;
    pairs.iter().filter(|pair| pair.facet == best.facet || same_concept(facet(pair), facet(best))).collect()
}

fn is_sure(pair: &Pair, term: &TermInfo, found: &Associations, options: Options) -> bool {
    let confidence = pair.joint as f64 / term.families.len().max(1) as f64;
    if pair.has_strong_evidence() {
        let often = pair.joint >= 2 && confidence >= 0.5;
        return often || pair.llr >= LLR_WITH_EVIDENCE;
    }
    if found.facets[pair.facet].usual {
        return false;
    }
    if is_only_word(pair, term, found, confidence, options) {
        return true;
    }
    let hinted = !pair.evidence.is_empty();
    let threshold = if hinted { LLR_WITH_EVIDENCE } else { LLR_STRICT };
    // Two coincidences among hundreds of words are no rarity; three are.
    let enough = pair.joint >= options.min_support.max(if hinted { 2 } else { 2 + term.words });
    enough && pair.llr >= threshold && confidence >= MIN_CONFIDENCE && (hinted || pair.significant)
}

/// A text value is in a query because the question says something: a word that comes with the
/// value and nearly only with it, and no other word that does, is that something.
fn is_only_word(pair: &Pair, term: &TermInfo, found: &Associations, confidence: f64, options: Options) -> bool {
    let info = &found.facets[pair.facet];
    let is_text = matches!(&info.facet, Facet::Value(value) if value.is_text);
    let coverage = pair.joint as f64 / info.families.len().max(1) as f64;
    let mutual = confidence.min(coverage) >= MIN_CONFIDENCE && pair.joint >= options.min_support.max(2);
    if !is_text || !mutual || pair.llr < LLR_MUTUAL {
        return false;
    }
    let all = found.by_facet[pair.facet].iter().map(|(term, at)| &found.pairs[*term][*at]);
    let others = all.filter(|other| other.term != pair.term);
    let rival = |other: &Pair| {
        let other_term = &found.terms[other.term];
        other.llr >= pair.llr - 1e-9
            && !other_term.key.contains(&term.key)
            && !term.key.contains(&other_term.key)
            && !shares_word(other_term, term)
    };
    others.filter(|other| rival(other)).count() == 0
}

/// True if another fragment over other columns fits as well: counting cannot tell them apart.
fn is_ambiguous(best: &Pair, pairs: &[Pair], found: &Associations) -> bool {
    let columns = |pair: &Pair| &found.facets[pair.facet].columns;
    let mine = columns(best);
    pairs
        .iter()
        .skip(1)
        .take_while(|pair| pair.score() >= best.score() - 1e-9)
        // A count of rows stands beside whatever the rows must be.
        .any(|pair| columns(pair).is_disjoint(mine) && !found.facets[pair.facet].counts_one_column)
}

/// Of the terms for one fragment, those that name it: not a longer phrase around a name, nor a
/// word that only stands beside one.
fn distinct_names<'p>(mut pairs: Vec<&'p Pair>, found: &Associations) -> Vec<&'p Pair> {
    let term = |pair: &Pair| &found.terms[pair.term];
    pairs.sort_by(|a, b| {
        b.score().total_cmp(&a.score()).then(term(a).words.cmp(&term(b).words)).then(term(a).key.cmp(&term(b).key))
    });
    let mut kept: Vec<&Pair> = Vec::new();
    for pair in pairs {
        let overlaps = |other: &&Pair| {
            let (a, b) = (&term(pair).key, &term(other).key);
            a.contains(b.as_str()) || b.contains(a.as_str()) || shares_word(term(pair), term(other))
        };
        let named =
            pair.evidence.iter().any(|e| matches!(e, Evidence::Alias | Evidence::Literal | Evidence::Dictionary));
        let explained = !named && kept.iter().any(|other| overlaps(other) || is_explained(pair, other, found));
        if !explained {
            kept.push(pair);
        }
    }
    kept
}

/// True if a phrase only puts together what its words mean: “largest x” for the maximum of x.
fn is_composed(pair: &Pair, sure: &ByColumn, found: &Associations) -> bool {
    let term = &found.terms[pair.term];
    let named = pair.evidence.iter().any(|e| matches!(e, Evidence::Alias | Evidence::Literal | Evidence::Dictionary));
    let part = |other: &Pair| {
        let inner = &found.terms[other.term];
        inner.words < term.words && term.key.contains(&inner.key)
    };
    term.words > 1 && !named && sure.beside(pair, found).any(part)
}

fn shares_word(a: &TermInfo, b: &TermInfo) -> bool {
    let words = |info: &TermInfo| info.text().split(' ').map(str::to_lowercase).collect::<BTreeSet<_>>();
    !words(a).is_disjoint(&words(b))
}

/// True if the fragment never comes with this term where the better term is absent.
fn is_explained(pair: &Pair, better: &Pair, found: &Associations) -> bool {
    let (term, other) = (&found.terms[pair.term].families, &found.terms[better.term].families);
    let facet = &found.facets[pair.facet].families;
    !term.difference(other).any(|family| facet.contains(family))
}

fn pattern(corpus: &Corpus, found: &Associations, pair: &Pair, text: String) -> LearntPattern {
    let (term, info) = (&found.terms[pair.term], &found.facets[pair.facet]);
    let shows: BTreeSet<usize> = term.families.intersection(&info.families).copied().collect();
    let seen = corpus.seen_in(&shows, &term.families);
    let sql = info.sql();
    let statement = format!(
        "“{text}” means `{sql}`: so in {} of {} question families that say it.",
        shows.len(),
        term.families.len()
    );
    let body = Body::Vocabulary(Vocabulary {
        term: text.clone(),
        facet: info.facet.clone(),
        fragment: info.fragment.clone(),
        llr: pair.llr,
        npmi: pair.npmi,
        evidence: pair.evidence.clone(),
    });
    LearntPattern::new(
        PatternKind::Vocabulary,
        &format!("{}\u{1f}{sql}", term.key),
        statement,
        sql.clone(),
        vec![text],
        info.facet.tables(info.fragment.as_ref()),
        seen,
        body,
    )
}
