//! Constructs one by one.

use super::*;

#[tokio::test]
async fn opens_and_answers() {
    let (_folder, warehouse) = small().await;
    let cases: &[(&str, &[&str])] = &[
        ("SELECT 1", &["1"]),
        ("SELECT 7 / 2, 7 DIV 2, 7 % 2, -7 % 3, 2 * 3.5, 1.5 + 1", &["3.5 | 3 | 1 | -1 | 7.0 | 2.5"]),
        ("SELECT count(*), count(*) FROM items", &["3 | 3"]),
        ("SELECT name FROM items ORDER BY name", &["NULL", "apple", "pear"]),
        ("SELECT id FROM default.items WHERE sold >= '2024-02-01'", &["2"]),
        ("SELECT current_date, current_date(), date_add(current_date(), 1)", &["2025-08-27 | 2025-08-27 | 2025-08-28"]),
    ];
    check(&warehouse, cases).await;
}

async fn check(warehouse: &Warehouse, cases: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (sql, expected) in cases {
        match run(warehouse, sql).await {
            Ok(result) if shown(&result) == *expected => {}
            Ok(result) => wrong.push(format!("{sql}\n   got {:?}\n  want {expected:?}", shown(&result))),
            Err(message) => wrong.push(format!("{sql}\n   {message}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
