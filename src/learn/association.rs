//! Association of question terms with fragments: counts over families, log-likelihood ratio,
//! extra evidence, false-discovery control.

use super::corpus::{Corpus, Family};
use super::date_rules;
use super::evidence::{Evidence, Sayings};
use super::filters::{DEFAULT_SHARE, DEFAULT_USES};
use super::pattern::Facet;
use super::phrases::{collect_terms, keep_whole, without_windows};
use super::terms::Segments;
use crate::sql::{ColumnRef, ColumnValue, Features, Fragment, counts_rows};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What is known of one facet.
pub(super) struct FacetInfo {
    pub facet: Facet,
    pub fragment: Option<Fragment>,
    /// Output names given to it, with the number of families.
    pub aliases: BTreeMap<String, usize>,
    pub families: Arc<BTreeSet<usize>>,
    /// Families that compute it within something else: a ratio, a share.
    pub inner: BTreeSet<usize>,
    pub columns: BTreeSet<ColumnRef>,
    /// A condition that holds in most queries over its table, whatever they ask, or its column.
    pub usual: bool,
    /// A value that queries have in lists only: one idea with the others of the list, unless it is
    /// said by its name.
    pub listed: bool,
    /// The facet that is counted for it: of a value that columns of one name have in common, one
    /// of them; else itself.
    concept: usize,
    pub counts_one_column: bool,
    /// What the rank of its pairs lacks: of two fragments that fit alike the shorter one is meant.
    handicap: f64,
}

impl FacetInfo {
    fn new(facet: Facet, fragment: Option<Fragment>) -> Self {
        let columns = match (&facet, &fragment) {
            (Facet::Column(column), _) => BTreeSet::from([column.clone()]),
            (Facet::Value(value), _) => BTreeSet::from([value.column.clone()]),
            (_, fragment) => fragment.iter().flat_map(|fragment| fragment.columns.iter().cloned()).collect(),
        };
        let sql = facet.sql(fragment.as_ref());
        let counts_one_column =
            fragment.is_some() && columns.len() == 1 && columns.iter().all(|column| sql == format!("COUNT({column})"));
        let kind = match facet {
            // Where a column comes with one condition only, the condition is meant.
            Facet::Value(_) | Facet::Predicate(_) => -0.06,
            // Rows are counted under any condition.
            _ if counts_one_column => 0.06,
            _ => 0.0,
        };
        Self {
            facet,
            fragment,
            aliases: BTreeMap::new(),
            families: Arc::default(),
            inner: BTreeSet::new(),
            columns,
            usual: false,
            listed: false,
            concept: 0,
            counts_one_column,
            handicap: (sql.len() as f64).min(500.0) * 1e-4 + kind,
        }
    }

    pub fn sql(&self) -> String {
        self.facet.sql(self.fragment.as_ref())
    }
}

/// What is known of one term.
pub(super) struct TermInfo {
    pub key: String,
    /// Ways it is written, with how often.
    pub texts: BTreeMap<String, usize>,
    pub words: usize,
    pub families: BTreeSet<usize>,
}

impl TermInfo {
    /// The most used way of writing it.
    pub fn text(&self) -> &str {
        // A capital at the beginning of a sentence is none of the word's.
        let lower = |text: &String| *text == text.to_lowercase();
        let best = self.texts.iter().max_by_key(|(text, uses)| (lower(text), **uses, std::cmp::Reverse(text.len())));
        best.map_or(&self.key, |(text, _)| text)
    }
}

/// A term and a facet that occur together.
pub(super) struct Pair {
    pub term: usize,
    pub facet: usize,
    pub joint: usize,
    pub llr: f64,
    pub npmi: f64,
    pub evidence: BTreeSet<Evidence>,
    /// Stands after false-discovery control.
    pub significant: bool,
}

impl Pair {
    pub fn score(&self) -> f64 {
        self.llr + self.evidence.iter().map(|evidence| evidence.weight()).fold(0.0, f64::max)
    }

    pub fn has_strong_evidence(&self) -> bool {
        self.evidence.iter().any(|evidence| evidence.is_strong())
    }

    /// False where no threshold lets the term mean the facet.
    fn may_mean(&self) -> bool {
        !self.evidence.is_empty() || self.joint >= 2 && self.llr >= LLR_MUTUAL
    }
}

/// One fragment for a term.
#[derive(Clone, Debug)]
pub struct Ranked {
    pub facet: Facet,
    pub sql: String,
    pub score: f64,
    pub llr: f64,
    pub support: usize,
    pub evidence: BTreeSet<Evidence>,
}

/// All terms and fragments of a corpus with their associations.
pub struct Associations {
    pub(super) terms: Vec<TermInfo>,
    pub(super) facets: Vec<FacetInfo>,
    /// For each term its pairs, best first.
    pub(super) pairs: Vec<Vec<Pair>>,
    pub(super) families: usize,
    /// For each facet its pairs, by term and place among the term's pairs.
    pub(super) by_facet: Vec<Vec<(usize, usize)>>,
    concepts: Concepts,
}

/// What is counted: a facet, once for all columns that share it, so that a family has few however
/// many tables there are.
#[derive(Default)]
struct Concepts {
    by_family: Vec<Vec<usize>>,
    /// The facets of each concept, by the one that is counted.
    members: Vec<Vec<usize>>,
}

impl Concepts {
    fn of(facets: &[FacetInfo], families: usize) -> Self {
        let mut concepts = Self { by_family: vec![Vec::new(); families], members: vec![Vec::new(); facets.len()] };
        for (at, info) in facets.iter().enumerate() {
            concepts.members[info.concept].push(at);
            if info.concept == at {
                info.families.iter().for_each(|family| concepts.by_family[*family].push(at));
            }
        }
        concepts
    }
}

/// p < .001 and p < .05 of the chi-square distribution with one degree of freedom. The first is
/// stricter than for one test alone: words that only stand beside each other are many.
pub(super) const LLR_STRICT: f64 = 10.83;
/// p < .01, for a word and a value that come together and hardly apart.
pub(super) const LLR_MUTUAL: f64 = 6.63;
pub(super) const LLR_WITH_EVIDENCE: f64 = 3.84;
/// Share of false discoveries that is put up with.
const FALSE_DISCOVERY: f64 = 0.1;

impl Associations {
    pub(super) fn of(corpus: &Corpus) -> Self {
        let facets = facets(corpus);
        let sayings: Vec<Sayings> = facets.iter().map(|info| Sayings::of(info, corpus)).collect();
        let concepts = Concepts::of(&facets, corpus.families.len());
        let units = date_rules::unit_words(corpus);
        let all: Vec<Segments> = corpus.families.iter().map(|family| without_windows(family, &units)).collect();
        let first = Self::count(&all, &facets, &sayings, &concepts);
        // Once more with the phrases that mean something kept whole: in "red wine", "red" is no
        // separate observation of the word.
        let phrases = first.phrases();
        let masked: Vec<Segments> = all.iter().map(|segments| keep_whole(segments, &phrases)).collect();
        let mut second = Self::count(&masked, &facets, &sayings, &concepts);
        second.control_false_discoveries(&facets);
        second.by_facet = vec![Vec::new(); facets.len()];
        for (term, pairs) in second.pairs.iter().enumerate() {
            for (at, pair) in pairs.iter().enumerate() {
                second.by_facet[pair.facet].push((term, at));
            }
        }
        (second.facets, second.concepts) = (facets, concepts);
        second
    }

    /// The fragments that go best with a term, best first.
    pub fn top(&self, term: &str, count: usize) -> Vec<Ranked> {
        let words = super::content_terms(term);
        let key: String =
            words.iter().max_by_key(|(key, _)| key.chars().count()).map(|(k, _)| k.clone()).unwrap_or_default();
        let Some(at) = self.terms.iter().position(|info| info.key == key) else { return Vec::new() };
        let ranked = self.pairs[at].iter().take(count).map(|pair| {
            let info = &self.facets[pair.facet];
            Ranked {
                facet: info.facet.clone(),
                sql: info.sql(),
                score: pair.score(),
                llr: pair.llr,
                support: pair.joint,
                evidence: pair.evidence.clone(),
            }
        });
        ranked.collect()
    }

    /// The facets of a family's queries: of values that columns of one name share, their own.
    pub(super) fn facets_in(&self, family: &Family, at: usize) -> BTreeSet<usize> {
        let is_value = |facet: &usize| matches!(self.facets[*facet].facet, Facet::Value(_));
        let place = |facet: Facet| self.facets.binary_search_by(|info| info.facet.cmp(&facet)).ok();
        let values = family.features.iter().flat_map(|features| &features.values);
        let values = values.filter_map(|value| place(Facet::Value(value.clone())));
        let others = self.concepts.by_family[at].iter().copied().filter(|facet| !is_value(facet));
        let shown = |facet: &usize| !self.facets[*facet].listed && self.facets[*facet].families.contains(&at);
        others.chain(values).filter(shown).collect()
    }

    fn count(texts: &[Segments], facets: &[FacetInfo], sayings: &[Sayings], concepts: &Concepts) -> Self {
        let terms = collect_terms(texts);
        let families = concepts.by_family.len();
        let pairs = terms
            .iter()
            .enumerate()
            .map(|(at, term)| {
                let mut joint: HashMap<usize, usize> = HashMap::new();
                for facet in term.families.iter().flat_map(|family| &concepts.by_family[*family]) {
                    *joint.entry(*facet).or_default() += 1;
                }
                let mut pairs: Vec<Pair> = Vec::new();
                for (concept, joint) in joint {
                    let one = |facet: usize| pair(at, facet, joint, term, &facets[facet], &sayings[facet], families);
                    let Some(counted) = one(concept) else { continue };
                    let others = concepts.members[concept].iter().filter(|member| **member != concept);
                    if counted.may_mean() {
                        pairs.extend(others.filter_map(|facet| one(*facet)));
                    }
                    pairs.push(counted);
                }
                // What stands in lists only is no observation, unless it is said by its name.
                pairs.retain(|pair| !facets[pair.facet].listed || pair.has_strong_evidence());
                pairs.sort_by(|a, b| rank(b, facets).total_cmp(&rank(a, facets)).then_with(|| a.facet.cmp(&b.facet)));
                pairs
            })
            .collect();
        Self { terms, facets: Vec::new(), pairs, families, by_facet: Vec::new(), concepts: Concepts::default() }
    }

    /// Keys of phrases of several words that are associated with something, and more so than
    /// chance or with evidence.
    fn phrases(&self) -> BTreeSet<String> {
        let meaningful = self.terms.iter().zip(&self.pairs).filter(|(term, pairs)| {
            term.words > 1
                && pairs.first().is_some_and(|pair| {
                    pair.evidence
                        .iter()
                        .any(|e| matches!(e, Evidence::Alias | Evidence::Literal | Evidence::Dictionary))
                })
        });
        meaningful.map(|(term, _)| term.key.clone()).collect()
    }

    /// Benjamini–Hochberg over all distinct pairs seen at least twice. Terms that occur in the
    /// same families are one test, and so are fragments.
    fn control_false_discoveries(&mut self, facets: &[FacetInfo]) {
        let mut kinds: HashMap<&BTreeSet<usize>, usize> = HashMap::new();
        let mut tests: HashMap<(usize, usize), f64> = HashMap::new();
        for (term, pairs) in self.terms.iter().zip(&self.pairs) {
            let next = kinds.len();
            let kind = *kinds.entry(&term.families).or_insert(next);
            for pair in pairs.iter().filter(|pair| pair.joint >= 2) {
                tests.insert((kind, facets[pair.facet].concept), pair.llr);
            }
        }
        let mut p: Vec<f64> = tests.into_values().map(p_value).collect();
        p.sort_by(f64::total_cmp);
        let count = p.len() as f64;
        let passes = |(rank, p): &(usize, &f64)| **p <= FALSE_DISCOVERY * (*rank as f64 + 1.0) / count;
        let threshold = p.iter().enumerate().filter(passes).map(|(_, p)| *p).next_back().unwrap_or(0.0);
        for pair in self.pairs.iter_mut().flatten() {
            pair.significant = pair.joint >= 2 && p_value(pair.llr) <= threshold;
        }
    }
}

/// Rank of a pair within its term.
fn rank(pair: &Pair, facets: &[FacetInfo]) -> f64 {
    pair.score() - facets[pair.facet].handicap
}

fn pair(
    term_at: usize,
    facet: usize,
    joint: usize,
    term: &TermInfo,
    info: &FacetInfo,
    sayings: &Sayings,
    families: usize,
) -> Option<Pair> {
    let (a, b) = (term.families.len(), info.families.len());
    let llr = signed_llr(joint, a, b, families);
    let evidence = sayings.for_term(&term.key);
    if llr <= 0.0 && evidence.is_empty() {
        return None;
    }
    Some(Pair { term: term_at, facet, joint, llr, npmi: npmi(joint, a, b, families), evidence, significant: false })
}

/// Dunning's log-likelihood ratio over the 2×2 table, negative for fewer than expected.
pub(super) fn signed_llr(joint: usize, a: usize, b: usize, n: usize) -> f64 {
    let cells = [
        (joint, a, b),
        (a.saturating_sub(joint), a, n.saturating_sub(b)),
        (b.saturating_sub(joint), n.saturating_sub(a), b),
        ((n + joint).saturating_sub(a + b), n.saturating_sub(a), n.saturating_sub(b)),
    ];
    let n = n.max(1) as f64;
    let sum: f64 = cells
        .into_iter()
        .filter(|(k, ..)| *k > 0)
        .map(|(k, row, column)| {
            let expected = (row as f64 * column as f64 / n).max(f64::MIN_POSITIVE);
            k as f64 * (k as f64 / expected).ln()
        })
        .sum();
    let sign = if joint as f64 * n >= a as f64 * b as f64 { 1.0 } else { -1.0 };
    2.0 * sum.max(0.0) * sign
}

fn npmi(joint: usize, a: usize, b: usize, n: usize) -> f64 {
    let (joint, a, b, n) = (joint as f64, a as f64, b as f64, n as f64);
    if joint == 0.0 || joint >= n {
        return 0.0;
    }
    (joint * n / (a * b)).ln() / -(joint / n).ln()
}

/// Upper tail of the chi-square distribution with one degree of freedom, by the complementary
/// error function (Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7; below that, its
/// leading asymptotic term).
fn p_value(llr: f64) -> f64 {
    let x = (llr.max(0.0) / 2.0).sqrt();
    if x > 3.0 {
        return (-x * x).exp() / (x * std::f64::consts::PI.sqrt());
    }
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let poly =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    poly * (-x * x).exp()
}

/// All facets of the corpus, in order.
fn facets(corpus: &Corpus) -> Vec<FacetInfo> {
    let mut found: BTreeMap<Facet, FacetInfo> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for (facet, fragment, alias) in facets_of(family) {
            let info = found.entry(facet.clone()).or_insert_with(|| FacetInfo::new(facet, fragment));
            Arc::make_mut(&mut info.families).insert(at);
            if let Some(alias) = alias.filter(|alias| !alias.is_empty()) {
                *info.aliases.entry(alias).or_default() += 1;
            }
        }
    }
    add_listed(corpus, &mut found);
    for (at, family) in corpus.families.iter().enumerate() {
        for key in family.features.iter().flat_map(|features| &features.inner) {
            if let Some(info) = found.get_mut(&Facet::Calculation(key.clone())) {
                info.inner.insert(at);
            }
        }
    }
    let mut facets: Vec<FacetInfo> = found.into_values().collect();
    facets.iter_mut().for_each(|info| info.usual = is_usual(info, corpus));
    let usual = facets.iter().filter(|info| info.usual).flat_map(|info| info.columns.iter().cloned());
    let usual: BTreeSet<ColumnRef> = usual.collect();
    let of_usual = |facet: &Facet| matches!(facet, Facet::Column(column) if usual.contains(column));
    facets.iter_mut().filter(|info| of_usual(&info.facet)).for_each(|info| info.usual = true);
    share_values(&mut facets);
    facets
}

/// Values that come in lists only.
fn add_listed(corpus: &Corpus, found: &mut BTreeMap<Facet, FacetInfo>) {
    let mut listed: BTreeMap<Facet, FacetInfo> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for value in family.features.iter().flat_map(|features| &features.values).filter(|value| value.is_text) {
            let facet = Facet::Value(value.clone());
            if !found.contains_key(&facet) {
                let info = listed.entry(facet.clone()).or_insert_with(|| FacetInfo::new(facet, None));
                info.listed = true;
                Arc::make_mut(&mut info.families).insert(at);
            }
        }
    }
    found.extend(listed);
}

/// A word that comes with what is there anyway does not name it.
fn is_usual(info: &FacetInfo, corpus: &Corpus) -> bool {
    let tables: BTreeSet<&str> = info.columns.iter().map(|column| column.table.as_str()).collect();
    let condition = matches!(info.facet, Facet::Value(_) | Facet::Predicate(_)) && tables.len() == 1;
    let over: usize = tables.into_iter().map(|table| corpus.over_one(table).len()).sum();
    condition && info.families.len() >= DEFAULT_USES && info.families.len() as f64 >= DEFAULT_SHARE * over as f64
}

/// A value of columns of one name is one observation, whichever table it was filtered in.
fn share_values(facets: &mut [FacetInfo]) {
    let mut shared: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (at, info) in facets.iter_mut().enumerate() {
        info.concept = at;
        if let Facet::Value(value) = &info.facet {
            shared.entry(value_concept(value)).or_default().push(at);
        }
    }
    for members in shared.into_values().filter(|members| members.len() > 1) {
        let families = members.iter().flat_map(|at| facets[*at].families.iter().copied());
        let families: Arc<BTreeSet<usize>> = Arc::new(families.collect());
        let is_text = |at: &&usize| matches!(&facets[**at].facet, Facet::Value(value) if value.is_text);
        let concept = members.iter().find(is_text).or(members.first()).copied().unwrap_or_default();
        for at in members {
            facets[at].families = Arc::clone(&families);
            facets[at].concept = concept;
        }
    }
}

fn value_concept(value: &ColumnValue) -> (String, String) {
    (value.column.column.to_lowercase(), value.value.clone())
}

/// True for one value of columns of one name.
pub(super) fn same_concept(one: &Facet, two: &Facet) -> bool {
    match (one, two) {
        (Facet::Value(one), Facet::Value(two)) => value_concept(one) == value_concept(two),
        _ => one == two,
    }
}

type Seen = (Facet, Option<Fragment>, Option<String>);

fn facets_of(family: &Family) -> Vec<Seen> {
    family.features.iter().flat_map(facets_of_query).collect()
}

pub(super) fn facets_of_query(features: &Features) -> Vec<Seen> {
    let mut found: Vec<Seen> = Vec::new();
    let column = |column: &ColumnRef| (Facet::Column(column.clone()), None, None);
    found.extend(features.spoken_columns.iter().map(column));
    // A list of values is one idea; its members are no observations of their own.
    let lists = features.predicates.iter().filter(|predicate| predicate.operator == "IN" && predicate.values.len() > 1);
    let listed: BTreeSet<(&ColumnRef, &String)> = lists
        .filter_map(|list| Some((list.column.as_ref()?, list)))
        .flat_map(|(c, l)| l.values.iter().map(move |v| (c, v)))
        .collect();
    let alone = features.values.iter().filter(|value| !listed.contains(&(&value.column, &value.value)));
    found.extend(alone.map(|value| (Facet::Value(value.clone()), None, None)));
    for output in features.outputs.iter().filter(|output| output.core.closed && !output.has_window) {
        let alias = Some(output.name.clone());
        let fragment = Some(output.core.clone());
        let plain =
            output.core.columns.len() == 1 && output.core.columns.iter().any(|c| c.to_string() == output.core.sql);
        match (output.is_aggregate, plain, output.core.columns.iter().next()) {
            (true, _, None) if counts_rows(&output.core) => {
                let counted = features.counted.clone().filter(|_| output.top);
                found.extend(counted.map(|counted| (Facet::Calculation(counted.key.clone()), Some(counted), alias)));
            }
            (_, _, None) => {}
            (true, ..) => found.push((Facet::Calculation(output.core.key.clone()), fragment, alias)),
            (false, true, Some(column)) => {
                let alias = alias.filter(|alias| !alias.eq_ignore_ascii_case(&column.column));
                found.push((Facet::Column(column.clone()), None, alias));
            }
            (false, false, _) => found.push((Facet::Expression(output.core.key.clone()), fragment, alias)),
        }
    }
    for predicate in &features.predicates {
        let one = predicate.operator == "IN" && predicate.values.len() <= 1;
        let of_column = |value: &ColumnValue| {
            Some(&value.column) == predicate.column.as_ref() && predicate.values.contains(&value.value)
        };
        let told = predicate.values.is_empty() || features.values.iter().any(of_column);
        let simple = told && (one || ["=", "IS NOT NULL"].contains(&predicate.operator.as_str()));
        let spoken = predicate.fragment.closed && !predicate.fragment.columns.is_empty();
        if spoken && !simple && predicate.windows.is_empty() {
            let fragment = Some(predicate.fragment.clone());
            found.push((Facet::Predicate(predicate.fragment.key.clone()), fragment, None));
        }
    }
    found
}
