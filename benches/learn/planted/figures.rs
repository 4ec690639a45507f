//! Precision and recall of what is learnt, by kind.

use super::domain::{Domain, Fact, Named};
use super::words::Dice;
use genie_enhance::learn::{Body, DateRule, Facet, LearntPattern, Options, learn};
use genie_enhance::model::{PatternKind, SpaceView};
use genie_enhance::sql::{DateWindow, Features, Names, read_expression};
use std::collections::{BTreeMap, BTreeSet};

const KINDS: [PatternKind; 5] =
    [PatternKind::Vocabulary, PatternKind::Calculation, PatternKind::Filter, PatternKind::Join, PatternKind::Date];

/// From this support on a pattern counts.
const SUPPORT: usize = 3;

/// What is hidden or claimed: a word (or none) and what it means, in one spelling.
type Claim = (PatternKind, String, String);

#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub claimed: usize,
    pub right: usize,
    pub hidden: usize,
    pub found: usize,
}

impl Tally {
    pub fn precision(self) -> f64 {
        self.right as f64 / self.claimed.max(1) as f64
    }

    pub fn recall(self) -> f64 {
        self.found as f64 / self.hidden.max(1) as f64
    }
}

/// Tallies by kind, and in words what was claimed wrongly or missed.
#[derive(Debug, Default)]
pub struct Figures {
    pub by_kind: BTreeMap<PatternKind, Tally>,
    pub wrong: Vec<String>,
    pub lost: Vec<String>,
}

impl Figures {
    pub fn add(&mut self, other: Self) {
        for (kind, tally) in other.by_kind {
            let sum = self.by_kind.entry(kind).or_default();
            sum.claimed += tally.claimed;
            sum.right += tally.right;
            sum.hidden += tally.hidden;
            sum.found += tally.found;
        }
        self.wrong.extend(other.wrong);
        self.lost.extend(other.lost);
    }

    /// One line for each kind.
    pub fn table(&self) -> String {
        let mut text = format!("{:<12} {:>9} {:>9} {:>8} {:>8}\n", "kind", "precision", "recall", "claimed", "hidden");
        for (kind, tally) in &self.by_kind {
            let (precision, recall) = (tally.precision(), tally.recall());
            let kind = format!("{kind:?}");
            text += &format!("{kind:<12} {precision:>9.3} {recall:>9.3} {:>8} {:>8}\n", tally.claimed, tally.hidden);
        }
        text
    }
}

/// The same questions with the gold SQL of others.
pub fn shuffled(mut domain: Domain, seed: u64) -> Domain {
    let mut texts: Vec<String> = domain.questions.iter().map(|question| question.question.clone()).collect();
    Dice::new(seed).shuffle(&mut texts);
    domain.questions.iter_mut().zip(texts).for_each(|(question, text)| question.question = text);
    domain
}

/// What the learner makes of a domain.
pub fn tally(domain: &Domain, name: &str) -> Figures {
    let names = Names::new(&domain.catalog);
    let learnt = learn(&domain.questions, &domain.catalog, &SpaceView::default(), Options::default());
    let hidden = hidden(domain, &names);
    let mut figures = Figures { by_kind: KINDS.map(|kind| (kind, Tally::default())).into(), ..Figures::default() };
    let mut found: BTreeSet<Claim> = BTreeSet::new();
    for pattern in learnt.iter().filter(|learnt| learnt.pattern.support >= SUPPORT) {
        let Some(claims) = claims(pattern, &names) else { continue };
        let tally = figures.by_kind.entry(pattern.pattern.kind).or_default();
        tally.claimed += 1;
        let right = |have: &Claim| claims.iter().any(|claim| is_right(claim, have, &pattern.body));
        match hidden.keys().any(right) {
            true => tally.right += 1,
            false => figures.wrong.push(format!("{name}: {} ×{}", pattern.pattern.statement, pattern.pattern.support)),
        }
        found.extend(claims);
    }
    for (claim, _) in hidden.iter().filter(|(_, uses)| **uses >= SUPPORT) {
        let tally = figures.by_kind.entry(claim.0).or_default();
        tally.hidden += 1;
        if found.contains(claim) {
            tally.found += 1;
        } else {
            figures.lost.push(format!("{name}: {claim:?}"));
        }
    }
    figures
}

/// “Average x” names the average of what “x” names.
fn is_right(claim: &Claim, hidden: &Claim, body: &Body) -> bool {
    let calculated = match body {
        Body::Calculation(_) => true,
        Body::Vocabulary(word) => matches!(word.facet, Facet::Calculation(_)),
        _ => false,
    };
    let named = claim.2 == hidden.2 || calculated && claim.2.contains(&hidden.2);
    claim.0 == hidden.0 && claim.1 == hidden.1 && named
}

fn same(word: &str) -> String {
    word.to_lowercase().replace(' ', "")
}

/// Everything that was hidden, with its uses.
fn hidden(domain: &Domain, names: &Names) -> BTreeMap<Claim, usize> {
    let mut all: BTreeMap<Claim, usize> = BTreeMap::new();
    let column = |fact: &Fact, named: &Named| {
        ((PatternKind::Vocabulary, fact.column(&named.sql), same(&named.word)), named.uses)
    };
    for fact in &domain.facts {
        all.extend(fact.numbers.iter().chain(&fact.texts).map(|named| column(fact, named)));
        all.extend(fact.codes.iter().map(|code| {
            ((PatternKind::Vocabulary, fact.column(&code.sql.replace(' ', "")), same(&code.word)), code.uses)
        }));
        for formula in &fact.formulas {
            let sql = formula.sql.replace("f.", &format!("{}.", fact.name));
            let key = key(&sql, names);
            all.insert((PatternKind::Calculation, key, same(&formula.word)), formula.uses);
        }
        all.insert((PatternKind::Filter, key(&fact.column(&fact.default), names), String::new()), fact.uses);
        all.insert((PatternKind::Date, fact.column(&fact.date), String::new()), fact.dated);
        let date = fact.column(&fact.date);
        all.entry((PatternKind::Date, window(&domain.window, &date, names), String::new())).or_insert(domain.windows);
    }
    for (fact, place, uses) in &domain.joins {
        let mut sides = [domain.facts[*fact].reference(), domain.places[*place].key()];
        sides.sort();
        all.insert((PatternKind::Join, sides.join("="), String::new()), *uses);
    }
    for place in &domain.places {
        let label = format!("{}.{}", place.name, place.label.sql);
        all.insert((PatternKind::Vocabulary, label, same(&place.label.word)), place.label.uses);
    }
    all
}

fn key(sql: &str, names: &Names) -> String {
    read_expression(sql, &[], names).expect("what is planted can be read").0.key
}

/// The bounds of a condition on a date, in one spelling for all tables.
fn window(template: &str, date: &str, names: &Names) -> String {
    let (table, column) = date.rsplit_once('.').unwrap_or_default();
    let condition = template.replace("{date}", column).replace("{n}", "9");
    let features = Features::of(&format!("SELECT 1 FROM {table} WHERE {condition}"), names).unwrap_or_default();
    let mut low = true;
    let mut operator = |window: &DateWindow| match window.operator.as_str() {
        // The lower bound comes first.
        "BETWEEN" => if std::mem::take(&mut low) { ">=" } else { "<=" }.to_owned(),
        other => other.to_owned(),
    };
    let bound = |window: &DateWindow| window.bound(&window.n.map(|n| n.to_string()).unwrap_or_default());
    let bounds: BTreeSet<String> = features.windows().map(|w| format!("{} {}", operator(w), bound(w))).collect();
    bounds.into_iter().collect::<Vec<_>>().join(" AND ")
}

/// What a pattern says, in every way in which it could be meant; nothing if it is of a kind that
/// is not planted.
fn claims(learnt: &LearntPattern, names: &Names) -> Option<Vec<Claim>> {
    let plain = |text: &str| text.replace('`', "");
    Some(match &learnt.body {
        Body::Vocabulary(word) => {
            let term = same(&word.term);
            let vocabulary = |sql: String| (PatternKind::Vocabulary, sql, term.clone());
            match &word.facet {
                Facet::Column(column) => vec![vocabulary(plain(&column.to_string()))],
                Facet::Value(value) => vec![vocabulary(plain(&value.to_string()).replace(' ', ""))],
                // An aggregate of one column is a claim about the column as well.
                Facet::Calculation(key) => {
                    let columns = word.fragment.iter().flat_map(|fragment| &fragment.columns);
                    let columns: Vec<String> = columns.map(|column| plain(&column.to_string())).collect();
                    let one = columns.first().filter(|_| columns.len() == 1).cloned();
                    let formula = (PatternKind::Calculation, key.clone(), term.clone());
                    one.map(vocabulary).into_iter().chain([formula]).collect()
                }
                Facet::Expression(key) | Facet::Predicate(key) => vec![vocabulary(key.clone())],
            }
        }
        Body::Calculation(calculation) if !calculation.terms.is_empty() => {
            let columns = calculation.fragment.columns.iter();
            let columns: Vec<String> = columns.map(|column| plain(&column.to_string())).collect();
            let one = columns.first().filter(|_| columns.len() == 1);
            let of = |term: &String| {
                let term = same(term);
                let formula = (PatternKind::Calculation, calculation.fragment.key.clone(), term.clone());
                one.map(|column| (PatternKind::Vocabulary, column.clone(), term)).into_iter().chain([formula])
            };
            calculation.terms.iter().take(1).flat_map(of).collect()
        }
        Body::Filter(rule) if rule.default_of.is_some() => {
            vec![(PatternKind::Filter, rule.fragment.key.clone(), String::new())]
        }
        Body::Join(rule) => {
            let side = |table: &str, column: &str| plain(&format!("{table}.{column}"));
            let pair = |(a, b): &(String, String)| [side(&rule.left, a), side(&rule.right, b)];
            let mut sides: Vec<String> = rule.pairs.iter().flat_map(pair).collect();
            sides.sort();
            vec![(PatternKind::Join, sides.join("="), String::new())]
        }
        Body::Date(DateRule::Column { column, .. }) => {
            vec![(PatternKind::Date, plain(&column.to_string()), String::new())]
        }
        Body::Date(DateRule::Window { phrase, template, columns }) if phrase.contains("{n}") => {
            let column = plain(&columns.first()?.to_string());
            vec![(PatternKind::Date, window(template, &column, names), String::new())]
        }
        // Filters with a word say what the vocabulary says; the rest is not planted.
        _ => return None,
    })
}
