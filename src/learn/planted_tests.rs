//! Planted patterns: random domains with hidden synonyms, codes, formulas, joins, default filters
//! and date rules. The generator writes SQL as text and shares no code with the miners.

use super::*;
use crate::model::{CatalogColumn, CatalogTable, PatternKind};
use std::collections::BTreeSet;

/// A small generator of random numbers, so that a failure can be had again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides.max(1)
    }

    fn word(&mut self, language: usize) -> String {
        const SYLLABLES: [&[&str]; 4] = [
            &["ba", "ro", "ti", "ken", "lu", "mor", "shi", "vel", "dan", "pou"],
            &["sch", "ein", "bur", "gar", "tel", "wag", "dorf", "kun", "ster", "zug"],
            // None that is a particle as well: no list of suffixes can tell those words.
            &["마", "바", "사", "리", "모", "소", "주", "치", "카", "파"],
            &["zo", "que", "lla", "bri", "mar", "nés", "tor", "cia", "pel", "dú"],
        ];
        let set = SYLLABLES[language];
        (0..3).map(|_| set[self.roll(set.len())]).collect()
    }
}

struct Domain {
    catalog: Catalog,
    questions: Vec<Question>,
    /// (kind, fragment, term) that were hidden.
    planted: BTreeSet<(PatternKind, String, String)>,
}

struct Table {
    name: String,
    numbers: Vec<(String, String)>,
    texts: Vec<(String, String)>,
    codes: Vec<(String, String)>,
    ratio: String,
}

fn unique(dice: &mut Dice, language: usize, seen: &mut BTreeSet<String>) -> String {
    loop {
        let word = dice.word(language);
        if !seen.iter().any(|have| have.contains(&word) || word.contains(have.as_str())) {
            seen.insert(word.clone());
            return word;
        }
    }
}

fn table(dice: &mut Dice, at: usize, language: usize, seen: &mut BTreeSet<String>) -> Table {
    let mut pairs = |prefix: &str, count: usize, dice: &mut Dice| -> Vec<(String, String)> {
        (0..count).map(|n| (format!("{prefix}{at}{n}x"), unique(dice, language, seen))).collect()
    };
    let numbers = pairs("m", 3, dice);
    let texts = pairs("d", 2, dice);
    let codes = pairs("k", 3, dice);
    let ratio = unique(dice, language, seen);
    Table { name: format!("c.s.fact{at}"), numbers, texts, codes, ratio }
}

fn domain(seed: u64, count: usize, shuffled: bool) -> Domain {
    let mut dice = Dice(seed * 7919 + 17);
    let language = seed as usize % 4;
    let mut seen = BTreeSet::new();
    let tables: Vec<Table> = (0..3).map(|at| table(&mut dice, at, language, &mut seen)).collect();
    let place = unique(&mut dice, language, &mut seen);
    let mut planted = BTreeSet::new();
    for t in &tables {
        let name = &t.name;
        for (column, word) in &t.numbers {
            planted.insert((PatternKind::Vocabulary, format!("{name}.{column}"), word.clone()));
        }
        for (column, word) in &t.texts {
            planted.insert((PatternKind::Vocabulary, format!("{name}.{column}"), word.clone()));
        }
        for (code, word) in &t.codes {
            planted.insert((PatternKind::Vocabulary, format!("{name}.kind = '{code}'"), word.clone()));
        }
        let ratio = format!("SUM({name}.{}) / NULLIF(SUM({name}.{}), 0)", t.numbers[0].0, t.numbers[1].0);
        planted.insert((PatternKind::Calculation, ratio, t.ratio.clone()));
        planted.insert((PatternKind::Filter, format!("{name}.live = 1"), String::new()));
        planted.insert((PatternKind::Join, format!("{name}.place_no = c.s.places.no"), String::new()));
        planted.insert((PatternKind::Date, format!("{name}.made_on"), String::new()));
    }
    planted.insert((PatternKind::Vocabulary, "c.s.places.zone".into(), place.clone()));
    let mut questions: Vec<Question> = (0..count).map(|n| question(&mut dice, n, &tables, &place)).collect();
    if shuffled {
        let texts: Vec<String> = questions.iter().map(|q| q.question.clone()).collect();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        (1..order.len()).rev().for_each(|at| order.swap(at, dice.roll(at + 1)));
        questions.iter_mut().zip(order).for_each(|(q, from)| q.question = texts[from].clone());
    }
    Domain { catalog: catalog(&tables), questions, planted }
}

fn catalog(tables: &[Table]) -> Catalog {
    let column = |name: &str, kind: &str| CatalogColumn {
        name: name.into(),
        type_text: kind.into(),
        ..CatalogColumn::default()
    };
    let facts = tables.iter().map(|t| {
        let mut columns = vec![column("place_no", "BIGINT"), column("kind", "STRING"), column("live", "INT")];
        columns.extend([column("made_on", "DATE"), column("loaded_on", "DATE")]);
        columns.extend(t.numbers.iter().map(|(name, _)| column(name, "DOUBLE")));
        columns.extend(t.texts.iter().map(|(name, _)| column(name, "STRING")));
        CatalogTable { full_name: t.name.clone(), columns, ..CatalogTable::default() }
    });
    let places = CatalogTable {
        full_name: "c.s.places".into(),
        columns: vec![column("no", "BIGINT"), column("zone", "STRING")],
        ..CatalogTable::default()
    };
    Catalog::new(facts.chain([places]))
}

/// One question: a measure or the ratio, perhaps a grouping, a code, a window.
fn question(dice: &mut Dice, n: usize, tables: &[Table], place: &str) -> Question {
    let t = &tables[dice.roll(tables.len())];
    let mut words = vec![["show", "what is", "zeige", "dame"][dice.roll(4)].to_owned()];
    let (mut select, mut group, mut join, mut filters) = (Vec::new(), Vec::new(), "", vec!["f.live = 1".to_owned()]);
    match dice.roll(4) {
        3 => {
            words.push(t.ratio.clone());
            let round = if dice.roll(2) == 0 { "ROUND(" } else { "CAST(" };
            let end = if round == "ROUND(" { ", 2)" } else { " AS DECIMAL(38, 2))" };
            select
                .push(format!("{round}SUM(f.{}) / NULLIF(SUM(f.{}), 0){end} AS v{n}", t.numbers[0].0, t.numbers[1].0));
        }
        at => {
            words.push(t.numbers[at].1.clone());
            let aggregate = ["SUM", "AVG", "MAX"][dice.roll(3)];
            words.push(
                ["total", "average", "largest"]
                    [["SUM", "AVG", "MAX"].iter().position(|a| *a == aggregate).unwrap_or(0)]
                .into(),
            );
            select.push(format!("{aggregate}(f.{}) AS v{n}", t.numbers[at].0));
        }
    }
    match dice.roll(4) {
        0 => {
            words.push(format!("by {place}"));
            select.insert(0, "p.zone".into());
            group.push("p.zone");
            join = " JOIN c.s.places p ON f.place_no = p.no";
        }
        1 | 2 => {
            let (column, word) = &t.texts[dice.roll(2)];
            words.push(format!("by {word}"));
            select.insert(0, format!("f.{column}"));
            group.push(column);
        }
        _ => {}
    }
    if dice.roll(2) == 0 {
        let (code, word) = &t.codes[dice.roll(3)];
        words.push(format!("for {word}"));
        filters.push(format!("f.kind = '{code}'"));
    }
    if dice.roll(3) == 0 {
        let days = [7, 14, 30, 60][dice.roll(4)];
        words.push(format!("last {days} days"));
        filters.push(format!("f.made_on >= CURRENT_DATE - INTERVAL {days} DAYS"));
    }
    // Another order of words in every other question.
    if dice.roll(2) == 0 {
        words[1..].reverse();
    }
    let tail = if group.is_empty() { String::new() } else { format!(" GROUP BY {}", group.join(", ")) };
    let sql = format!("SELECT {} FROM {} f{join} WHERE {}{tail}", select.join(", "), t.name, filters.join(" AND "));
    Question { id: format!("q{n:04}"), question: words.join(" "), sql, ..Question::default() }
}

/// (kind, fragment, term) triples that the learner is sure of.
fn claims(domain: &Domain) -> Vec<(PatternKind, String, String, usize)> {
    let learnt = learn(&domain.questions, &domain.catalog, &SpaceView::default(), Options::default());
    let mut claims = Vec::new();
    for p in learnt {
        let fragment = p.pattern.fragment.clone();
        match &p.body {
            // An aggregate of one column is a claim about the column.
            Body::Vocabulary(word) => {
                let column = match &word.facet {
                    Facet::Calculation(_) => inner(&fragment),
                    _ => fragment,
                };
                claims.push((PatternKind::Vocabulary, column, word.term.clone(), p.pattern.support));
            }
            Body::Calculation(c) if fragment.contains('/') => {
                claims.push((
                    PatternKind::Calculation,
                    fragment,
                    c.terms.first().cloned().unwrap_or_default(),
                    p.pattern.support,
                ));
            }
            Body::Filter(rule) if rule.default_of.is_some() => {
                claims.push((PatternKind::Filter, fragment, String::new(), p.pattern.support))
            }
            Body::Join(_) => claims.push((PatternKind::Join, fragment, String::new(), p.pattern.support)),
            Body::Date(DateRule::Column { .. }) => {
                claims.push((PatternKind::Date, fragment, String::new(), p.pattern.support))
            }
            _ => {}
        }
    }
    claims
}

fn inner(sql: &str) -> String {
    let open = sql.find('(').map_or(0, |at| at + 1);
    if sql.contains('/') { sql.to_owned() } else { sql[open..].trim_end_matches(')').to_owned() }
}

#[test]
fn planted_patterns_are_found() {
    let kinds =
        [PatternKind::Vocabulary, PatternKind::Calculation, PatternKind::Filter, PatternKind::Join, PatternKind::Date];
    let mut table = String::new();
    let domains: Vec<Domain> = (0..5).map(|seed| domain(seed, 120, false)).collect();
    let claimed_by: Vec<_> = domains.iter().map(claims).collect();
    for kind in kinds {
        let (mut right, mut claimed, mut found, mut planted) = (0, 0, 0, 0);
        for (seed, (domain, claims)) in domains.iter().zip(&claimed_by).enumerate() {
            let mine: Vec<_> = claims.iter().filter(|(k, ..)| *k == kind).collect();
            // A word for the ratio is a claim of vocabulary as well.
            let is_right = |(_, fragment, term, _): &&&(PatternKind, String, String, usize)| {
                domain.planted.iter().any(|(_, f, t)| f == fragment && t.eq_ignore_ascii_case(term))
            };
            right += mine.iter().filter(is_right).count();
            claimed += mine.len();
            for wrong in mine.iter().filter(|c| !is_right(c)) {
                println!("seed {seed}: wrong {wrong:?}");
            }
            let hidden: Vec<_> =
                domain.planted.iter().filter(|(k, f, t)| *k == kind && uses(domain, f, t) >= 3).collect();
            planted += hidden.len();
            let is_found = |(k, f, t): &&&(PatternKind, String, String)| {
                mine.iter().any(|(mk, mf, mt, _)| mk == k && mf == f && mt.eq_ignore_ascii_case(t))
            };
            found += hidden.iter().filter(is_found).count();
            for lost in hidden.iter().filter(|h| !is_found(h)) {
                println!("seed {seed}: lost {lost:?}");
            }
        }
        let (precision, recall) = (right as f64 / claimed.max(1) as f64, found as f64 / planted.max(1) as f64);
        table.push_str(&format!(
            "{kind:?}: precision {precision:.3} ({right}/{claimed}), recall {recall:.3} ({found}/{planted})\n"
        ));
        assert!(precision >= 0.9 && recall >= 0.8, "{table}");
    }
    println!("{table}");
}

/// In how many questions a planted pattern shows.
fn uses(domain: &Domain, fragment: &str, term: &str) -> usize {
    let table = fragment.split('.').nth(2).unwrap_or_default().split(' ').next().unwrap_or_default();
    let says = |q: &&Question| q.question.contains(term) && q.sql.contains(table);
    domain.questions.iter().filter(says).count()
}

#[test]
fn shuffled_pairs_teach_no_words() {
    let mut words = 0;
    for seed in 0..4 {
        let domain = domain(seed, 120, true);
        let claims = claims(&domain);
        let wrong: Vec<_> = claims.iter().filter(|(kind, ..)| *kind == PatternKind::Vocabulary).collect();
        println!("seed {seed}: {wrong:?}");
        words += wrong.len();
    }
    println!("{words} words from 4 shuffled domains");
    assert!(words <= 3, "{words}");
}

#[test]
fn time_grows_with_the_number_of_questions() {
    // The figure for a release build is in `benches/learn.rs`; here only that it is no square.
    let time = |count: usize| {
        let domain = domain(1, count, false);
        let start = std::time::Instant::now();
        let patterns = learn(&domain.questions, &domain.catalog, &SpaceView::default(), Options::default());
        assert!(!patterns.is_empty());
        start.elapsed().as_secs_f64()
    };
    let (small, large) = (time(250), time(1_000));
    println!("250 questions: {small:.2} s, 1,000 questions: {large:.2} s, without optimisation");
    assert!(large < small * 10.0, "{small} {large}");
}
