//! How well the analyst does on real databases: it answers, the warehouse runs, the comparator
//! rules. A table is printed, and no answer may fail to run. Skipped where the data is absent.

use super::tests::{data, load, text};
use super::{Context, Reply, answer};
use crate::compare::{GoldFacts, Policy, Side, compare};
use crate::embedded::warehouse::{StatementOptions, Warehouse};
use crate::model::{Cell, Column, Decision, ResultSet};
use serde_json::Value;
use std::collections::BTreeMap;

pub const DATABASES: [&str; 9] = [
    "kpi_ko",
    "defog/academic",
    "defog/broker",
    "defog/car_dealership",
    "defog/restaurants",
    "spider/concert_singer",
    "spider/dog_kennels",
    "spider/pets_1",
    "spider/world_1",
];

/// True for the half whose failures may be looked at.
pub fn half_a(id: &str) -> bool {
    id.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) % 2 == 0
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Bool(*flag),
        Value::Number(number) => Cell::Number(number.to_string()),
        Value::String(text) => Cell::Text(text.clone()),
        other => Cell::Text(other.to_string()),
    }
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn gold(question: &Value) -> ResultSet {
    let types = list(question, "/gold/types_spark");
    let columns = list(question, "/gold/columns").iter().enumerate().map(|(at, name)| {
        let kind = types.get(at).and_then(Value::as_str).unwrap_or_default().to_uppercase();
        Column { name: name.as_str().unwrap_or_default().to_owned(), type_name: String::new(), type_text: kind }
    });
    let number = |at: usize, c: Cell| match c {
        Cell::Text(t)
            if types
                .get(at)
                .and_then(Value::as_str)
                .is_some_and(|k| ["decimal", "double", "bigint", "int", "float"].iter().any(|n| k.starts_with(n))) =>
        {
            Cell::Number(t)
        }
        other => other,
    };
    let row = |row: &Value| {
        row.as_array().map_or(&[][..], Vec::as_slice).iter().enumerate().map(|(i, v)| number(i, cell(v))).collect()
    };
    ResultSet {
        columns: columns.collect(),
        rows: list(question, "/gold/rows").iter().map(row).collect(),
        truncated: false,
    }
}

/// Reads answers made elsewhere, by folder and id, where `ANALYST_ANSWERS` says.
fn given() -> Option<BTreeMap<String, String>> {
    let read: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(std::env::var("ANALYST_ANSWERS").ok()?).ok()?).ok()?;
    Some(read.iter().map(|a| (format!("{}/{}", text(a, "folder"), text(a, "id")), text(a, "sql"))).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_spaces_on_the_warehouse() {
    let Some(root) = data() else {
        eprintln!("skipped: ../shared/data is absent");
        return;
    };
    let as_of = jiff::civil::Date::new(2025, 8, 27).ok();
    let (given, mut report) = (given(), Vec::new());
    let (mut broken, mut spent, mut asked) = (Vec::new(), std::time::Duration::ZERO, 0_u32);
    for folder in DATABASES {
        let Some((catalog, space, questions)) = load(&root.join(folder)) else { continue };
        let warehouse = Warehouse::open(&root.join(folder), as_of).await.expect("opens");
        let mut tally = [[0_usize; 3]; 2];
        for question in questions.iter().filter(|q| q.get("usable") == Some(&Value::Bool(true))) {
            let id = text(question, "id");
            let half = usize::from(!half_a(&id));
            let start = std::time::Instant::now();
            let sql = match &given {
                Some(answers) => answers.get(&format!("{folder}/{id}")).filter(|s| !s.is_empty()).cloned(),
                None => match answer(&Context { space: &space, catalog: &catalog, as_of }, &text(question, "question"))
                {
                    Reply::Sql { sql, .. } => Some(sql),
                    Reply::Ask { .. } => None,
                },
            };
            spent += start.elapsed();
            asked += 1;
            let side = match &sql {
                None => Side::NoSql,
                Some(sql) => match warehouse.execute(sql, &StatementOptions::default()).await {
                    Ok(rows) => Side::Rows(rows),
                    Err(failure) => {
                        broken.push(format!("{folder} {id}: {failure:?}\n  {sql}"));
                        Side::SqlError(format!("{failure:?}"))
                    }
                },
            };
            let found = compare(&Side::Rows(gold(question)), &side, &policy(question));
            tally[half][0] += 1;
            tally[half][1] += usize::from(found.verdict == Decision::Match);
            tally[half][2] += usize::from(found.verdict == Decision::Undecided);
            report.push(serde_json::json!({"folder": folder, "id": id, "half": if half == 0 { "A" } else { "B" },
                "verdict": format!("{:?}", found.verdict), "reason": found.reason, "sql": sql}));
        }
        let part = |t: [usize; 3]| format!("{:>3} of {:>3} ({:>2} open)", t[1], t[0], t[2]);
        eprintln!("{folder:<24} A {}   B {}", part(tally[0]), part(tally[1]));
    }
    eprintln!("{asked} answers, {:.1} ms each", spent.as_secs_f64() * 1000.0 / f64::from(asked.max(1)));
    if let Ok(out) = std::env::var("ANALYST_REPORT") {
        std::fs::write(out, serde_json::to_string(&report).unwrap_or_default()).expect("writable");
    }
    assert!(broken.is_empty(), "answers that do not run:\n{}", broken.join("\n"));
}

fn policy(question: &Value) -> Policy {
    let facts = GoldFacts { limit: question.pointer("/gold/limit").and_then(Value::as_u64), ..GoldFacts::default() };
    Policy { limit: facts.limit, ..Policy::default() }
}
