//! What calculations are called, what is counted, and how much is looked at for it.

use super::tests::{catalog, question};
use super::*;
use crate::model::{CatalogColumn, CatalogTable};

fn terms_of(questions: &[Question], alias: &str) -> Vec<String> {
    let catalog = catalog();
    let learnt = learn(questions, &catalog, &SpaceView::default(), Options::default());
    let found = learnt.into_iter().find_map(|learnt| match learnt.body {
        Body::Calculation(found) if found.aliases.iter().any(|have| have == alias) => Some(found.terms),
        _ => None,
    });
    found.unwrap_or_default()
}

fn yields(texts: &[&str]) -> Vec<Question> {
    let yields = texts.iter().enumerate().map(|(at, text)| {
        let sql = format!("SELECT SUM(kg) / 7 AS y1 FROM lab.farm.harvests WHERE grade = 'G{at}'");
        question(at, text, &sql)
    });
    let others = (texts.len()..texts.len() + 6).map(|at| {
        let sql = format!("SELECT region, MAX(hectares) FROM lab.farm.fields WHERE hectares > {at} GROUP BY region");
        question(at, "Largest fields of regions", &sql)
    });
    yields.chain(others).collect()
}

#[test]
fn a_word_that_is_only_said_within_a_phrase_is_no_name() {
    let found = terms_of(&yields(&["bed load in spring", "Show bed load of grapes", "bed load in autumn"]), "y1");
    assert!(found.contains(&"load".to_owned()) && !found.contains(&"bed".to_owned()), "{found:?}");
    let found = terms_of(&yields(&["crop value in spring", "Show crop value of grapes", "crop value by far"]), "y1");
    assert!(!found.contains(&"value".to_owned()) && !found.contains(&"crop".to_owned()), "{found:?}");
    assert!(found.contains(&"crop value".to_owned()), "{found:?}");
}

#[test]
fn rows_are_counted_by_the_key_of_their_table() {
    let sql = ["region = 'N'", "region = 'S'", "hectares > 3"];
    let all = sql.iter().enumerate().map(|(at, condition)| {
        let sql = format!("SELECT COUNT(*) AS n FROM lab.farm.fields WHERE {condition}");
        question(at, ["parcels up north", "southern parcels", "large parcels"][at], &sql)
    });
    let sums = (3..9).map(|at| {
        let sql = format!("SELECT SUM(kg) AS kilos FROM lab.farm.harvests WHERE grade = 'G{at}'");
        question(at, "Kilos of a grade", &sql)
    });
    let questions: Vec<Question> = all.chain(sums).collect();
    assert_eq!(terms_of(&questions, "n"), ["parcels"]);
    let catalog = catalog();
    let names = crate::sql::Names::new(&catalog);
    let counted = |sql: &str| {
        let features = crate::sql::Features::of(sql, &names).expect("parses");
        features.counted.map(|counted| counted.sql)
    };
    let fields = Some("COUNT(lab.farm.fields.field_id)".to_owned());
    assert_eq!(counted("SELECT COUNT(1) FROM lab.farm.fields"), fields);
    assert_eq!(counted("SELECT COUNT(*) FROM lab.farm.harvests"), None, "no key is known");
    let joined = "lab.farm.harvests h JOIN lab.farm.fields f ON h.field_ref = f.field_id";
    assert_eq!(counted(&format!("SELECT COUNT(*) FROM {joined}")), None, "harvests are counted");
    assert_eq!(counted("SELECT region FROM lab.farm.fields"), None);
    assert_eq!(counted("SELECT COUNT(*) FROM (SELECT region FROM lab.farm.fields) x"), None);
}

#[test]
fn a_condition_that_rows_are_counted_under_does_not_name_the_count() {
    let late = (0..3).map(|at| {
        let sql = format!("SELECT COUNT(*) AS n{at} FROM lab.farm.fields WHERE region = 'N' AND hectares > {at}");
        question(at, "How many northern ones are there?", &sql)
    });
    let sums = (3..9).map(|at| {
        let sql = format!("SELECT SUM(hectares) AS area FROM lab.farm.fields WHERE hectares < {at}");
        question(at, "Area of small ones", &sql)
    });
    let questions: Vec<Question> = late.chain(sums).collect();
    assert!(!terms_of(&questions, "n0").contains(&"northern".to_owned()));
    let catalog = catalog();
    let learnt = learn(&questions, &catalog, &SpaceView::default(), Options::default());
    let means = |learnt: &LearntPattern| matches!(&learnt.body, Body::Vocabulary(word) if word.term == "northern" && word.facet.sql(None).contains("'N'"));
    assert!(learnt.iter().any(means), "{:?}", learnt.iter().map(|l| &l.pattern.statement).collect::<Vec<_>>());
}

/// As many pairs of words and fragments for each question, however many questions and tables
/// share a code.
#[test]
fn what_is_counted_grows_with_the_questions() {
    let tables = 40;
    let one = |n: usize| {
        let column = |name: &str, kind: &str| CatalogColumn {
            name: name.into(),
            type_text: kind.into(),
            ..CatalogColumn::default()
        };
        let columns = vec![column("kind", "STRING"), column("size", "DOUBLE")];
        CatalogTable { full_name: format!("m.s.t{n}"), columns, ..CatalogTable::default() }
    };
    let catalog = Catalog::new((0..tables).map(one));
    let pairs = |count: usize| {
        let one = |n: usize| {
            let (table, code) = (n % tables, n % 13);
            let sql = format!("SELECT SUM(size) + {n} FROM m.s.t{table} WHERE kind = 'k{code}'");
            question(n, &format!("amount{n} for word{code}"), &sql)
        };
        let questions: Vec<Question> = (0..count).map(one).collect();
        associate(&questions, &catalog, &SpaceView::default()).pairs.iter().map(Vec::len).sum::<usize>()
    };
    let (few, many) = (pairs(100), pairs(400));
    assert!(many <= few * 5, "{few} pairs for 100 questions, {many} for 400");
}
