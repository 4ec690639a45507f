//! What words, conditions and periods mean: a made-up hay barn, asked about in two languages.

use super::*;
use crate::model::{CatalogColumn, CatalogTable, PatternKind};

const OVER: &str = "FROM lab.barn.loads WHERE stage <> 9 AND is_dry = true";

fn catalog() -> Catalog {
    let column = |(name, kind): (&str, &str)| CatalogColumn {
        name: name.into(),
        type_text: kind.into(),
        ..CatalogColumn::default()
    };
    let columns = [
        ("day", "DATE"),
        ("gross", "DOUBLE"),
        ("tare", "DOUBLE"),
        ("bales", "BIGINT"),
        ("wagon", "STRING"),
        ("land", "STRING"),
        ("crop", "STRING"),
        ("stage", "INT"),
        ("is_dry", "BOOLEAN"),
    ];
    Catalog::new([CatalogTable {
        full_name: "lab.barn.loads".into(),
        columns: columns.map(column).into(),
        ..CatalogTable::default()
    }])
}

fn last(days: usize) -> String {
    format!("AND day >= CURRENT_DATE - INTERVAL {days} DAYS AND day < CURRENT_DATE")
}

fn texts() -> Vec<(&'static str, String)> {
    let net = "SUM(gross - tare)";
    let yesterday = "AND day = CURRENT_DATE - INTERVAL 1 DAY";
    let by = |key: &str, select: &str, rest: &str, order: &str| {
        format!("SELECT {key}, {select} AS hay_weight {OVER} {rest} GROUP BY {key}{order}")
    };
    let one = |select: &str, rest: &str| format!("SELECT {select} {OVER} {rest}");
    vec![
        ("어제 건초 얼마였어?", one(&format!("{net} AS hay_weight"), yesterday)),
        ("hay yesterday by wagon", by("wagon", net, yesterday, "")),
        ("최근 7일 일별 건초 추이", by("day", net, &last(7), " ORDER BY day")),
        (
            "hay over the last 7 days from abroad",
            one(&format!("{net} AS hay_weight"), &format!("AND land <> 'XY' {}", last(7))),
        ),
        (
            "최근 30일 해외 건초",
            one(&format!("{net} AS hay_weight"), &format!("AND {} AND land <> 'XY'", &last(30)[4..])),
        ),
        ("bales from abroad yesterday", one("SUM(bales) AS bale_count", &format!("AND land <> 'XY' {yesterday}"))),
        ("top 5 wagons by hay, last 30 days", by("wagon", net, &last(30), " ORDER BY hay_weight DESC LIMIT 5")),
        ("top 3 lands by hay in the last 60 days", by("land", net, &last(60), " ORDER BY hay_weight DESC LIMIT 3")),
        ("최근 60일 작물별 일건초 상위 9개", by("crop", net, &last(60), " ORDER BY hay_weight DESC LIMIT 9")),
        (
            "top 6 wagons by bales, last 90 days",
            by("wagon", "SUM(bales)", &last(90), " ORDER BY hay_weight DESC LIMIT 6"),
        ),
        (
            "bales of legumes in the last 7 days",
            one("SUM(bales) AS bale_count", &format!("AND crop IN ('K1', 'K2') {}", last(7))),
        ),
        (
            "legumes: hay in the last 90 days",
            one(&format!("{net} AS hay_weight"), &format!("AND crop IN ('K2', 'K1') {}", last(90))),
        ),
        ("어제 legumes 건초", one(&format!("{net} AS hay_weight"), &format!("AND crop IN ('K1', 'K2') {yesterday}"))),
        ("hay per bale, last 30 days", one("SUM(gross - tare) / NULLIF(SUM(bales), 0) AS hay_per_bale", &last(30))),
        (
            "hay density in the last 60 days",
            one("SUM(gross - tare) / NULLIF(SUM(bales), 0) AS hay_per_bale", &last(60)),
        ),
        ("average tare of a wagon yesterday", one("AVG(tare) AS t", yesterday)),
    ]
}

fn questions() -> Vec<Question> {
    let question = |(at, (text, sql)): (usize, (&str, String))| Question {
        id: format!("q{at:02}"),
        question: text.into(),
        sql,
        ..Question::default()
    };
    texts().into_iter().enumerate().map(question).collect()
}

fn learnt() -> Vec<LearntPattern> {
    let patterns = learn(&questions(), &catalog(), &SpaceView::default(), Options::default());
    for p in &patterns {
        println!("{:?} {} {} [{}]", p.pattern.kind, p.pattern.support, p.pattern.statement, p.pattern.terms.join(", "));
    }
    patterns
}

#[test]
fn no_word_of_time_or_request_names_anything() {
    let scaffold = ["어제", "최근", "yesterday", "last", "day", "일별", "top", "추이", "상위", "over"];
    for p in learnt().iter().filter(|p| !matches!(p.pattern.kind, PatternKind::Date | PatternKind::Template)) {
        for word in p.pattern.terms.iter().flat_map(|term| term.split(' ')) {
            assert!(!scaffold.contains(&word), "{}: {:?}", p.pattern.statement, p.pattern.terms);
        }
    }
}

#[test]
fn the_plain_word_stays_with_what_it_mostly_means() {
    let patterns = learnt();
    let net = patterns.iter().find_map(|p| match &p.body {
        Body::Calculation(c) if c.fragment.sql.starts_with("SUM(lab.barn.loads.gross - ") => Some(c.clone()),
        _ => None,
    });
    let net = net.expect("the net weight");
    assert!(net.terms.contains(&"건초".to_owned()), "{:?}", net.terms);
}

#[test]
fn conditions_keep_their_sense() {
    let patterns = learnt();
    let meaning = |term: &str| -> Vec<String> {
        let said = patterns.iter().filter(|p| p.pattern.terms.iter().any(|have| have == term));
        said.filter(|p| matches!(p.pattern.kind, PatternKind::Vocabulary | PatternKind::Filter))
            .map(|p| p.pattern.fragment.clone())
            .collect()
    };
    assert!(meaning("abroad").iter().all(|sql| sql == "lab.barn.loads.land <> 'XY'"), "{:?}", meaning("abroad"));
    assert!(!meaning("legumes").is_empty());
    assert!(meaning("legumes").iter().all(|sql| sql.contains("IN (")), "{:?}", meaning("legumes"));
    assert!(!patterns.iter().any(|p| p.pattern.fragment.contains("= 'XY'")));
    let defaults: Vec<&str> = patterns
        .iter()
        .filter(|p| matches!(&p.body, Body::Filter(rule) if rule.default_of.is_some()))
        .map(|p| p.pattern.fragment.as_str())
        .collect();
    assert_eq!(defaults.len(), 2, "{defaults:?}");
}

#[test]
fn periods_keep_both_bounds() {
    let patterns = learnt();
    let rules: Vec<(&str, &str)> = patterns
        .iter()
        .filter_map(|p| match &p.body {
            Body::Date(DateRule::Window { phrase, template, .. }) => Some((phrase.as_str(), template.as_str())),
            _ => None,
        })
        .collect();
    let range = "{date} >= CURRENT_DATE - INTERVAL {n} DAYS AND {date} < CURRENT_DATE";
    assert!(rules.contains(&("last {n} days", range)), "{rules:?}");
    assert!(rules.contains(&("최근 {n}일", range)), "{rules:?}");
    assert!(rules.contains(&("yesterday", "{date} = CURRENT_DATE - INTERVAL 1 DAY")), "{rules:?}");
    assert!(rules.contains(&("어제", "{date} = CURRENT_DATE - INTERVAL 1 DAY")), "{rules:?}");
    assert!(patterns.iter().any(|p| matches!(p.body, Body::Date(DateRule::ExcludesToday))));
}

#[test]
fn an_example_of_a_form_is_nobodys_question() {
    let patterns = learnt();
    let template = patterns.iter().find_map(|p| match &p.body {
        Body::Template(template) if template.sql.contains(":top_n") => Some(template.clone()),
        _ => None,
    });
    let template = template.expect("a form of three families");
    assert!(template.sql.contains(":days") && template.sql.contains("stage <> 9"), "{}", template.sql);
    let catalog = catalog();
    let names = crate::sql::Names::new(&catalog);
    let features = crate::sql::Features::of(&template.sql, &names).expect("it can be read");
    assert!(features.unknown_columns.is_empty() && features.unknown_tables.is_empty());
    for question in questions() {
        let other = crate::sql::Features::of(&question.sql, &names).expect("it can be read");
        assert_ne!(other.masked, features.masked, "{}", question.question);
        assert!(!question.question.eq_ignore_ascii_case(&template.question));
    }
}
