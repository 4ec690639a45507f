//! A small shop by hand: its catalog, questions in three languages, and a space that a person wrote.

use super::*;
use crate::model::{CatalogColumn, CatalogTable};

pub(super) fn column(name: &str, kind: &str) -> CatalogColumn {
    CatalogColumn { name: name.into(), type_text: kind.into(), ..CatalogColumn::default() }
}

pub(super) fn table(name: &str, columns: &[(&str, &str)]) -> CatalogTable {
    let columns = columns.iter().map(|(name, kind)| column(name, kind)).collect();
    CatalogTable { full_name: name.into(), columns, ..CatalogTable::default() }
}

pub(super) fn catalog() -> Catalog {
    let orders = [
        ("id", "BIGINT"),
        ("buyer", "BIGINT"),
        ("net", "DOUBLE"),
        ("net_old", "DOUBLE"),
        ("channel", "STRING"),
        ("state", "STRING"),
        ("sold_on", "DATE"),
        ("load_on", "DATE"),
    ];
    let mut buyers = table("m.s.buyers", &[("buyer_id", "BIGINT"), ("land", "STRING")]);
    buyers.primary_key = vec!["buyer_id".into()];
    Catalog::new([table("m.s.orders", &orders), table("m.s.orders_archive", &orders), buyers])
}

pub(super) fn questions() -> Vec<Question> {
    let sql = |select: &str, rest: &str| format!("SELECT {select} FROM m.s.orders o WHERE o.state = 'paid' {rest}");
    let joined = |rest: &str| {
        format!(
            "SELECT b.land, SUM(o.net) AS turnover FROM m.s.orders o JOIN m.s.buyers b ON o.buyer = b.buyer_id \
             WHERE o.state = 'paid' {rest} GROUP BY b.land"
        )
    };
    let all = [
        ("Turnover by Land", joined("")),
        ("Umsatz je Land im Netz", joined("AND o.channel = 'w1'")),
        (
            "How much turnover did we make in the last 7 days?",
            sql("SUM(o.net) AS turnover", "AND o.sold_on >= CURRENT_DATE - INTERVAL 7 DAYS"),
        ),
        (
            "Turnover of the last 30 days",
            sql("SUM(o.net) AS turnover", "AND o.sold_on >= CURRENT_DATE - INTERVAL 30 DAYS"),
        ),
        ("Orders from Netz", sql("COUNT(o.id) AS orders", "AND o.channel = 'w1'")),
        ("Netz average basket", sql("ROUND(SUM(o.net) / NULLIF(COUNT(o.id), 0), 2) AS basket", "AND o.channel = 'w1'")),
        ("평균 basket", sql("ROUND(SUM(o.net) / NULLIF(COUNT(o.id), 0), 2) AS basket", "")),
    ];
    let question = |(at, (text, sql)): (usize, (&str, String))| Question {
        id: format!("q{at}"),
        question: text.into(),
        sql,
        ..Question::default()
    };
    all.into_iter().enumerate().map(question).collect()
}

pub(super) fn human() -> Space {
    Space::from_document(json!({"version": 2, "data_sources": {"tables": [
        {"identifier": "m.s.buyers"},
        {"identifier": "m.s.orders", "column_configs": [
            {"column_name": "channel", "description": ["Where it was sold."]},
            {"column_name": "net_old", "synonyms": ["turnover"]},
        ]},
        {"identifier": "m.s.orders_archive"},
    ]}, "instructions": {
        "text_instructions": [{"id": "0".repeat(32), "content": ["Be brief.\n"]}],
        "sql_snippets": {"measures": [{"id": "1".repeat(32), "alias": "turnover", "sql": ["SUM(orders.net_old)"],
            "display_name": "turnover"}]},
    }}))
    .expect("a space")
}

pub(super) fn failures(questions: &[Question]) -> Vec<Failure> {
    let wrong = |question: &Question| Failure {
        question: question.clone(),
        answer_sql: Some(
            "SELECT SUM(net_old) AS turnover FROM m.s.orders WHERE load_on >= CURRENT_DATE - INTERVAL 7 DAYS".into(),
        ),
        outcome: Outcome::Incorrect,
    };
    questions.iter().map(wrong).collect()
}
