//! What leaks and what does not.

use super::*;
use crate::model::Question;
use serde_json::{Value, json};

fn question(id: &str, text: &str, sql: &str) -> Question {
    Question { id: id.to_owned(), question: text.to_owned(), sql: sql.to_owned(), ..Question::default() }
}

fn suite() -> Suite {
    Suite {
        questions: vec![
            question(
                "seoul",
                "How much revenue did the Seoul stores make in 2024?",
                "SELECT SUM(o.amount) AS revenue FROM main.sales.orders o JOIN main.sales.stores s ON o.store_id = s.id \
                 WHERE s.city = 'Seoul' AND o.order_date >= DATE '2024-01-01' ORDER BY revenue LIMIT 10",
            ),
            question("busan", "Which stores are in Busan?", "SELECT name FROM main.sales.stores WHERE city = 'Busan'"),
            question(
                "daegu",
                "Names of all stores in Daegu",
                "SELECT name FROM main.sales.stores WHERE city = 'Daegu'",
            ),
            question(
                "open",
                "How many open orders are there?",
                "SELECT COUNT(*) FROM main.sales.orders WHERE status = 'open'",
            ),
        ],
    }
}

fn example(question: &str, sql: &str) -> Change {
    let after = json!({"id": "e1", "question": [question], "sql": [sql]});
    Change::add(Address::instruction("example_question_sqls", "e1"), after)
}

fn snippet(list: &str, id: &str, sql: &str) -> Change {
    Change::add(Address::snippet(list, id), json!({"id": id, "sql": [sql], "display_name": id}))
}

fn told(change: &Change) -> Option<String> {
    check_change(change, &suite()).map(|leak| leak.question_id)
}

#[test]
fn an_answer_leaks_in_every_disguise() {
    for sql in [
        "SELECT SUM(o.amount) AS revenue FROM main.sales.orders o JOIN main.sales.stores s ON o.store_id = s.id \
         WHERE s.city = 'Seoul' AND o.order_date >= DATE '2024-01-01' ORDER BY revenue LIMIT 10",
        "select sum(`orders`.`amount`) total from orders inner join sales.stores on stores.id = orders.store_id \
         where (orders.order_date >= '2024-01-01') and stores.city = 'Seoul'",
        "WITH x AS (SELECT SUM(amount) r FROM orders JOIN stores ON store_id = id WHERE '2024-01-01' <= order_date \
         AND city = \"Seoul\") SELECT * FROM x",
        "SELECT 1 -- SELECT SUM(amount) FROM orders JOIN stores ON store_id = id WHERE city = 'Seoul' AND order_date >= '2024-01-01'",
    ] {
        assert_eq!(told(&example("Something else entirely", sql)).as_deref(), Some("seoul"), "{sql}");
    }
}

#[test]
fn an_answer_leaks_on_every_surface() {
    let sql = "SELECT COUNT(*) FROM orders WHERE status = 'open'";
    let surfaces: [(Address, Value); 6] = [
        (
            Address::table_field("main.sales.orders", "description"),
            json!(["Orders.\n", &format!("Count them: {sql}.")]),
        ),
        (Address::column_field("main.sales.orders", "status", "description"), json!([format!("```sql\n{sql}\n```")])),
        (Address::synonym("main.sales.orders", "status", "x"), json!(sql)),
        (Address::text_line("t", "Rules", "x"), json!(format!("- For open orders use `{sql}`"))),
        (Address::snippet("measures", "m"), json!({"id": "m", "sql": [format!("({sql})")], "comment": ["c"]})),
        (
            Address::instruction("join_specs", "j"),
            json!({"id": "j", "sql": ["a = b"], "comment": [format!("/* {sql} */")]}),
        ),
    ];
    for (address, after) in surfaces {
        assert_eq!(told(&Change::add(address.clone(), after)).as_deref(), Some("open"), "{address}");
    }
    assert_eq!(told(&Change::remove(Address::sidecar("description"), json!(sql))), None);
}

#[test]
fn copied_questions_leak() {
    let other = "SELECT name FROM main.sales.stores WHERE city = 'Ulsan'";
    assert_eq!(told(&example("which stores are in busan?", other)).as_deref(), Some("busan"));
    let near = "How much revenue did Seoul stores make in 2024";
    let literals = "SELECT SUM(amount) FROM main.sales.daily WHERE city = 'Seoul' AND d >= '2024-01-01'";
    assert_eq!(told(&example(near, literals)).as_deref(), Some("seoul"));
    assert_eq!(told(&example(near, "SELECT SUM(amount) FROM main.sales.daily WHERE city = :city")), None);
}

#[test]
fn general_knowledge_does_not_leak() {
    for change in [
        example("Stores of one city", "SELECT name FROM main.sales.stores WHERE city = :city"),
        example("Stores in Ulsan", "SELECT name FROM main.sales.stores WHERE city = 'Ulsan'"),
        snippet("measures", "revenue", "SUM(orders.amount)"),
        snippet("filters", "open", "orders.status = 'open'"),
        Change::add(Address::text_line("t", "Rules", "x"), json!("- Select revenue with SUM(amount).")),
    ] {
        assert_eq!(told(&change), None, "{change:?}");
    }
}

#[test]
fn a_template_of_one_question_is_that_question() {
    let template = "SELECT COUNT(*) FROM main.sales.orders WHERE status = :status";
    assert_eq!(told(&example("Orders by status", template)).as_deref(), Some("open"));
}

#[test]
fn fragments_that_add_up_to_an_answer_leak_together() {
    let golds = Golds::of(&suite());
    let measure = snippet("measures", "n", "COUNT(*)");
    let filter = snippet("filters", "open", "orders.status = 'open'");
    assert_eq!(golds.check_set([&measure]), []);
    assert_eq!(golds.check_set([&filter]), []);
    let together: Vec<String> = golds.check_set([&measure, &filter]).into_iter().map(|leak| leak.question_id).collect();
    assert_eq!(together, ["open"]);
    let mut shared = suite();
    let sql = "SELECT city, COUNT(*) FROM orders WHERE status = 'open' GROUP BY city";
    shared.questions.push(question("open2", "Open orders by city", sql));
    // Two families use both fragments: a pattern, not an answer.
    assert_eq!(Golds::of(&shared).check_set([&measure, &filter]), []);
}

#[test]
fn what_nobody_wrote_may_not_spread_an_answer_over_prose_either() {
    let golds = Golds::of(&suite());
    let line = Change::add(Address::text_line("t", "Rules", "1"), json!("- Open orders: `COUNT( * )`."));
    let filter = snippet("filters", "open", "orders.status = 'open'");
    let told = |changes: &[&Change]| -> Vec<String> {
        let leaks = golds.check_proposed(changes.iter().copied());
        leaks.into_iter().map(|leak| format!("{} {}", leak.question_id, leak.address)).collect()
    };
    assert_eq!(told(&[&line]), [] as [&str; 0]);
    assert_eq!(told(&[&line, &filter]), ["open filters/open/sql"]);
    assert_eq!(golds.check_set([&line, &filter]), [], "a person may write it");
    let prose = Change::add(
        Address::table_field("main.sales.orders", "description"),
        json!(["Orders; those that are open: COUNT(*) where o.status = 'open'."]),
    );
    assert_eq!(told(&[&prose]), ["open tables/main.sales.orders/description"]);
}

#[test]
fn lines_that_add_up_to_an_answer_leak_together() {
    let line = |n: &str, text: &str| Change::add(Address::text_line("t", "Rules", n), json!(text));
    let changes = [line("1", "- SELECT COUNT(*) FROM orders"), line("2", "- WHERE status = 'open'")];
    assert_eq!(changes.iter().find_map(told), None);
    assert_eq!(Golds::of(&suite()).check_set(&changes).len(), 1);
}

#[test]
fn an_audit_names_what_is_already_there() {
    let space = Space::parse(
        &json!({"version": 2, "data_sources": {"tables": [{"identifier": "main.sales.orders",
            "column_configs": [{"column_name": "status", "description": ["SELECT COUNT(*) FROM orders WHERE status = 'open'"]}]}]},
            "instructions": {"example_question_sqls": [{"id": "e1", "question": ["b"], "sql": ["SELECT name FROM stores\n", "WHERE city = 'Busan'"]}]},
            "benchmarks": {"questions": [{"id": "b1", "question": ["q"], "answer": [{"format": "SQL",
                "content": ["SELECT COUNT(*) FROM orders WHERE status = 'open'"]}]}]}})
        .to_string(),
    )
    .expect("space");
    let leaks = audit(&space, &suite());
    let told: Vec<(String, &str)> =
        leaks.iter().map(|leak| (leak.address.to_string(), leak.question_id.as_str())).collect();
    assert_eq!(
        told,
        [
            ("tables/main.sales.orders/columns/status/description".to_owned(), "open"),
            ("examples/e1/sql".to_owned(), "busan")
        ]
    );
}

/// Real gold SQL, pasted into prose, is found; the questions' own words are not taken for SQL.
#[test]
fn real_answers_are_found_in_prose() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/text2sql");
    let mut missed = Vec::new();
    for place in ["kpi_ko", "spider/pets_1", "defog/broker"] {
        // The data are not part of the package; without them there is nothing to test.
        let Ok(text) = std::fs::read_to_string(format!("{root}/{place}/questions.json")) else { continue };
        let list: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        let field =
            |item: &Value, pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let questions: Vec<Question> = list
            .iter()
            .map(|item| question(&field(item, "/id"), &field(item, "/question"), &field(item, "/gold/sql_databricks")))
            .collect();
        let golds = Golds::of(&Suite { questions: questions.clone() });
        for question in &questions {
            let place = Address::table_field("a.b.c", "description");
            let prose = format!("Notes.\nUse this query:\n```sql\n{}\n```\nThat is all.", question.sql.to_lowercase());
            if golds.check_change(&Change::add(place.clone(), json!([prose]))).is_none() {
                missed.push(question.id.clone());
            }
            assert_eq!(golds.check_change(&Change::add(place, json!([question.question]))), None, "{}", question.id);
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}
