//! Habits of answers, on a domain of waiting rooms.

use super::*;
use crate::model::{CatalogColumn, CatalogTable};

fn catalog() -> Catalog {
    let column = |name: &str, kind: &str| CatalogColumn {
        name: name.into(),
        type_text: kind.into(),
        ..CatalogColumn::default()
    };
    let columns = [
        ("opened_on", "DATE"),
        ("closed_on", "DATE"),
        ("ward", "STRING"),
        ("guests", "BIGINT"),
        ("minutes", "BIGINT"),
        ("beds", "BIGINT"),
    ];
    Catalog::new([CatalogTable {
        full_name: "lab.clinic.visits".into(),
        columns: columns.iter().map(|(name, kind)| column(name, kind)).collect(),
        ..CatalogTable::default()
    }])
}

fn learnt(pairs: &[(&str, &str)]) -> Vec<OutputRule> {
    let question = |(at, (text, sql)): (usize, &(&str, &str))| Question {
        id: format!("q{at}"),
        question: (*text).into(),
        sql: (*sql).into(),
        ..Question::default()
    };
    let questions: Vec<Question> = pairs.iter().enumerate().map(question).collect();
    let found = learn(&questions, &catalog(), &SpaceView::default(), Options::default());
    let rules = found.into_iter().filter_map(|learnt| match learnt.body {
        Body::Output(rule @ (OutputRule::Per { .. } | OutputRule::Beside { .. })) => Some(rule),
        _ => None,
    });
    rules.collect()
}

const WAIT: (&str, &str) = (
    "평균 대기 시간은?",
    "SELECT opened_on, closed_on, SUM(minutes) / NULLIF(SUM(guests), 0) AS wait, SUM(guests) AS guests \
     FROM lab.clinic.visits GROUP BY opened_on, closed_on",
);
const WAIT_BY_WARD: (&str, &str) = (
    "How long is the wait in each ward?",
    "SELECT opened_on, closed_on, ward, SUM(minutes) / NULLIF(SUM(guests), 0) AS wait, SUM(guests) AS guests \
     FROM lab.clinic.visits GROUP BY opened_on, closed_on, ward",
);

#[test]
fn dates_and_companions_that_nobody_asks_for() {
    let rules = learnt(&[WAIT, WAIT_BY_WARD]);
    let dates = rules.iter().find_map(|rule| match rule {
        OutputRule::Per { columns } => Some(columns.iter().map(|c| c.column.clone()).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(dates, Some(vec!["closed_on".to_owned(), "opened_on".to_owned()]));
    let beside: Vec<(&str, &str)> = rules
        .iter()
        .filter_map(|rule| match rule {
            OutputRule::Beside { of, shown } => Some((of.key.as_str(), shown[0].1.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
    assert!(beside[0].0.contains("TRY_DIVIDE") && beside[0].1 == "guests", "{beside:?}");
}

#[test]
fn what_is_asked_for_or_does_not_hold_is_no_habit() {
    // The companion is asked for by name.
    let named = [("Wait and guests per ward", WAIT_BY_WARD.1), ("Show wait and guests over time", WAIT.1)];
    assert!(!learnt(&named).iter().any(|rule| matches!(rule, OutputRule::Beside { .. })));
    // One query adds up over all dates, and shows the wait alone.
    let total = ("Average wait in all?", "SELECT SUM(minutes) / NULLIF(SUM(guests), 0) AS wait FROM lab.clinic.visits");
    assert!(learnt(&[WAIT, WAIT_BY_WARD, total]).is_empty());
    // Once is no habit.
    assert!(learnt(&[WAIT]).is_empty());
}
