//! Learning on a small hand-made domain in several languages, and on data beside the project.

use super::*;
use crate::model::{CatalogColumn, CatalogTable, ColumnProfile, PatternKind};

fn column(name: &str, kind: &str, comment: &str) -> CatalogColumn {
    CatalogColumn { name: name.into(), type_text: kind.into(), comment: comment.into(), ..CatalogColumn::default() }
}

pub(super) fn catalog() -> Catalog {
    let unique = Some(ColumnProfile { rows: 9, distinct: 9, ..ColumnProfile::default() });
    Catalog::new([
        CatalogTable {
            full_name: "lab.farm.harvests".into(),
            columns: vec![
                column("field_ref", "BIGINT", ""),
                column("kg", "DOUBLE", ""),
                column("grade", "STRING", "grade: A1 = Prime, B2 = Standard"),
                column("state", "STRING", ""),
                column("picked_on", "DATE", ""),
                column("loaded_on", "DATE", ""),
            ],
            ..CatalogTable::default()
        },
        CatalogTable {
            full_name: "lab.farm.fields".into(),
            columns: vec![
                CatalogColumn { profile: unique, ..column("field_id", "BIGINT", "") },
                column("region", "STRING", ""),
                column("hectares", "DOUBLE", ""),
            ],
            ..CatalogTable::default()
        },
    ])
}

pub(super) fn question(id: usize, text: &str, sql: &str) -> Question {
    Question { id: format!("q{id:02}"), question: text.into(), sql: sql.into(), ..Question::default() }
}

fn corpus() -> Vec<Question> {
    let base = "FROM lab.farm.harvests h JOIN lab.farm.fields f ON h.field_ref = f.field_id WHERE h.state = 'ok'";
    let texts = [
        ("Total yield by region", "SELECT f.region, SUM(h.kg) AS yield", "GROUP BY 1"),
        (
            "Yield of prime fruit in the last 7 days",
            "SELECT SUM(h.kg) AS yield",
            "AND h.grade = 'A1' AND h.picked_on >= CURRENT_DATE - INTERVAL 7 DAYS",
        ),
        (
            "How much prime fruit per region?",
            "SELECT f.region, COUNT(h.field_ref) AS n",
            "AND h.grade = 'A1' GROUP BY f.region",
        ),
        ("지역별 수확량을 알려줘", "SELECT f.region, SUM(h.kg) AS yield", "AND h.kg > 0 GROUP BY 1"),
        ("최근 30일간 수확량", "SELECT SUM(h.kg) AS yield", "AND h.picked_on >= CURRENT_DATE - INTERVAL 30 DAYS"),
        ("Ertrag der letzten Wochen je Tag", "SELECT h.picked_on, SUM(h.kg) AS ertrag", "GROUP BY 1 ORDER BY 1"),
        (
            "Yield per hectare in the last 30 days",
            "SELECT ROUND(SUM(h.kg) / NULLIF(SUM(f.hectares), 0), 2) AS density",
            "AND h.picked_on >= CURRENT_DATE - INTERVAL 30 DAYS",
        ),
        ("Average hectares", "SELECT AVG(f.hectares) AS a", ""),
    ];
    let mut all: Vec<Question> = texts
        .iter()
        .enumerate()
        .map(|(at, (text, select, rest))| question(at, text, &format!("{select} {base} {rest}")))
        .collect();
    all.push(question(90, "broken", "SELEC nothing"));
    all.push(question(91, "", "SELECT 1"));
    all
}

fn learnt() -> Vec<LearntPattern> {
    learn(&corpus(), &catalog(), &SpaceView::default(), Options::default())
}

#[test]
fn the_farm_is_learnt() {
    let patterns = learnt();
    for p in &patterns {
        println!(
            "{:?} {} {} [{}] {:.2}",
            p.pattern.kind,
            p.pattern.id,
            p.pattern.statement,
            p.pattern.terms.join(", "),
            p.pattern.confidence
        );
    }
    let join = patterns.iter().find_map(|p| match &p.body {
        Body::Join(join) => Some(join.clone()),
        _ => None,
    });
    let join = join.expect("a join");
    assert_eq!((join.left.as_str(), join.right.as_str()), ("lab.farm.harvests", "lab.farm.fields"));
    assert_eq!(join.relationship, crate::model::Relationship::ManyToOne);
    let default = patterns.iter().any(|p| {
        matches!(&p.body, Body::Filter(rule) if rule.default_of.as_deref() == Some("lab.farm.harvests"))
            && p.pattern.fragment == "lab.farm.harvests.state = 'ok'"
    });
    assert!(default, "the default filter");
    let prime = patterns.iter().any(|p| {
        p.pattern.kind == PatternKind::Vocabulary
            && p.pattern.fragment == "lab.farm.harvests.grade = 'A1'"
            && p.pattern.terms == ["prime"]
    });
    assert!(prime, "the value's word");
    let yields = patterns.iter().find_map(|p| match &p.body {
        Body::Calculation(c) if c.fragment.sql == "SUM(lab.farm.harvests.kg)" => Some(c.clone()),
        _ => None,
    });
    let yields = yields.expect("a measure");
    assert_eq!(yields.aliases[0], "yield");
    assert!(
        patterns
            .iter()
            .any(|p| matches!(&p.body, Body::Date(DateRule::Column { column, .. }) if column.column == "picked_on"))
    );
}

#[test]
fn learning_twice_gives_the_same() {
    let texts =
        |patterns: Vec<LearntPattern>| format!("{:?}", patterns.into_iter().map(|p| p.pattern).collect::<Vec<_>>());
    assert_eq!(texts(learnt()), texts(learnt()));
    let mut turned = corpus();
    turned.reverse();
    assert_eq!(texts(learn(&turned, &catalog(), &SpaceView::default(), Options::default())), texts(learnt()));
}

#[test]
fn nothing_is_learnt_from_nothing() {
    let none = learn(&[], &Catalog::default(), &SpaceView::default(), Options::default());
    assert!(none.is_empty());
    let broken = [question(1, "", ""), question(2, "x", "DROP TABLE y")];
    assert!(learn(&broken, &catalog(), &SpaceView::default(), Options::default()).is_empty());
}

/// Lines without a date of their own, and their heads.
fn deliveries() -> (Catalog, Vec<Question>) {
    let table = |name: &str, columns: Vec<CatalogColumn>| CatalogTable {
        full_name: name.into(),
        columns,
        ..CatalogTable::default()
    };
    let catalog = Catalog::new([
        table(
            "c.s.crates",
            vec![column("trip", "BIGINT", ""), column("kilos", "DOUBLE", ""), column("fruit", "STRING", "")],
        ),
        table("c.s.trips", vec![column("no", "BIGINT", ""), column("left_on", "DATE", ""), column("state", "INT", "")]),
    ]);
    let sql = |select: &str, rest: &str| {
        format!("SELECT {select} FROM c.s.crates k JOIN c.s.trips t ON t.no = k.trip WHERE t.state <> 9 {rest}")
    };
    let questions = vec![
        question(
            1,
            "Fracht der letzten 7 Tage",
            &sql("SUM(k.kilos) AS cargo", "AND t.left_on >= CURRENT_DATE - INTERVAL 7 DAYS"),
        ),
        question(2, "Fracht je Frucht", &sql("k.fruit, SUM(k.kilos) AS cargo", "GROUP BY k.fruit")),
        question(
            3,
            "tonnage by fruit of the last 30 days",
            &sql("k.fruit, SUM(k.kilos) AS cargo", "AND t.left_on >= CURRENT_DATE - INTERVAL 30 DAYS GROUP BY k.fruit"),
        ),
        question(4, "how many trips", "SELECT COUNT(*) AS n FROM c.s.trips t WHERE t.state <> 9"),
    ];
    (catalog, questions)
}

#[test]
fn what_a_sum_counts_may_stand_in_another_table() {
    let (catalog, questions) = deliveries();
    let patterns = learn(&questions, &catalog, &SpaceView::default(), Options::default());
    let scoped = patterns.iter().find_map(|learnt| match &learnt.body {
        Body::Calculation(calculation) if calculation.fragment.sql.contains("kilos") => Some(calculation),
        _ => None,
    });
    let calculation = scoped.expect("the sum is learnt");
    let scope: Vec<&str> = calculation.scope.iter().map(|condition| condition.sql.as_str()).collect();
    assert_eq!(scope, ["c.s.trips.state <> 9"]);
    let whole = calculation.fragment.filtered(&calculation.scope.iter().collect::<Vec<_>>());
    assert_eq!(whole.sql, "SUM(c.s.crates.kilos) FILTER (WHERE c.s.trips.state <> 9)");
    assert_eq!(whole.unfiltered().map(|plain| plain.key), Some(calculation.fragment.key.clone()));
    assert!(calculation.fragment.unfiltered().is_none());
}

#[test]
fn a_word_that_nothing_else_accounts_for_is_guessed() {
    let (catalog, questions) = deliveries();
    let known = learn(&questions, &catalog, &SpaceView::default(), Options::default());
    let guessed: Vec<(String, String)> = guesses(&questions, &catalog, &SpaceView::default(), &known)
        .into_iter()
        .filter(|guess| matches!(guess.body, Body::Vocabulary(_)))
        .flat_map(|guess| guess.pattern.terms.into_iter().map(move |term| (term, guess.pattern.fragment.clone())))
        .collect();
    println!("{guessed:?}");
    let means = |term: &str, sql: &str| guessed.iter().any(|(have, fragment)| have == term && fragment.contains(sql));
    assert!(means("tonnage", "SUM(c.s.crates.kilos)"), "{guessed:?}");
    assert!(!guessed.iter().any(|(term, _)| term == "trips"), "the name of a table means the table: {guessed:?}");
    // Words of another language for a column that has a name already.
    assert!(!guessed.iter().any(|(term, sql)| term == "Frucht" && sql.contains("kilos")), "{guessed:?}");
}

#[test]
fn a_form_keeps_the_words_that_all_of_its_questions_say() {
    let by_month = |id, land: &str, code: &str| {
        let sql = format!(
            "SELECT DATE_TRUNC('month', h.picked_on) AS m, SUM(h.kg) / COUNT(*) AS v FROM lab.farm.harvests h \
             JOIN lab.farm.fields f ON h.field_ref = f.field_id WHERE f.region = '{code}' GROUP BY 1"
        );
        question(id, &format!("Durchschnittsernte {land} pro Monat"), &sql)
    };
    // Each land is said once: nothing tells its name from what stands beside it, but its length.
    let questions = [by_month(1, "Norden", "N1"), by_month(2, "Westen", "W1"), by_month(3, "Osten", "O1")];
    let patterns = learn(&questions, &catalog(), &SpaceView::default(), Options::default());
    let form = patterns.iter().find_map(|p| match &p.body {
        Body::Template(template) => Some(template.question.as_str()),
        _ => None,
    });
    assert_eq!(form, Some("Durchschnittsernte {region} pro Monat"));
}
