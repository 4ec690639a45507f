//! The analyst over real databases (written to a file, to be run and compared outside), and each
//! category of space content at work alone.

use super::{Context, Reply, answer};
use crate::model::{Catalog, CatalogColumn, CatalogTable, SpaceTable, SpaceView};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub fn data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/text2sql");
    root.is_dir().then_some(root)
}

pub fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn column(value: &Value) -> CatalogColumn {
    CatalogColumn {
        name: text(value, "name"),
        type_text: text(value, "type"),
        nullable: value.get("nullable").and_then(Value::as_bool).unwrap_or(true),
        comment: text(value, "comment"),
        profile: None,
    }
}

fn full(_database: &str, name: &str) -> String {
    if name.matches('.').count() == 2 { name.to_owned() } else { format!("main.default.{name}") }
}

/// A database as a bare space: its tables and the catalog's keys, nothing written by hand.
pub fn load(folder: &Path) -> Option<(Catalog, SpaceView, Vec<Value>)> {
    let read = |name: &str| serde_json::from_str::<Value>(&std::fs::read_to_string(folder.join(name)).ok()?).ok();
    let schema = read("schema.json")?;
    let database = folder.file_name()?.to_str()?.to_owned();
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut tables = Vec::new();
    for table in list(&schema, "tables") {
        let columns = list(&table, "columns");
        let keys = columns.iter().filter(|c| c.get("primary_key").and_then(Value::as_bool) == Some(true));
        tables.push(CatalogTable {
            full_name: full(&database, &text(&table, "name")),
            comment: text(&table, "comment"),
            primary_key: keys.map(|c| text(c, "name")).collect(),
            columns: columns.iter().map(column).collect(),
            foreign_keys: Vec::new(),
        });
    }
    for join in list(&schema, "joins").iter().filter(|j| text(j, "source") == "foreign key") {
        let (left, right) = (text(join, "left"), text(join, "right"));
        let (Some((child, own)), Some((parent, key))) = (left.rsplit_once('.'), right.rsplit_once('.')) else {
            continue;
        };
        let parent =
            tables.iter().map(|t| t.full_name.clone()).find(|t| t.eq_ignore_ascii_case(&full(&database, parent)));
        let child = tables.iter_mut().find(|t| t.full_name.eq_ignore_ascii_case(&full(&database, child)));
        if let (Some(parent), Some(child)) = (parent, child) {
            let key = crate::model::ForeignKey {
                columns: vec![own.to_owned()],
                parent_table: parent,
                parent_columns: vec![key.to_owned()],
            };
            child.foreign_keys.push(key);
        }
    }
    let space = SpaceView {
        tables: tables
            .iter()
            .map(|t| SpaceTable { identifier: t.full_name.clone(), ..SpaceTable::default() })
            .collect(),
        ..SpaceView::default()
    };
    Some((Catalog::new(tables), space, read("questions.json")?.as_array()?.clone()))
}

/// Switches on the value dictionaries of these columns.
fn with_values(
    catalog: &Catalog,
    space: &mut SpaceView,
    values: &std::collections::BTreeMap<String, Vec<String>>,
) -> Catalog {
    let mut tables: Vec<CatalogTable> = catalog.tables().cloned().collect();
    for table in &mut tables {
        for column in &mut table.columns {
            let Some(found) = values.get(&format!("{}.{}", table.full_name, column.name).to_lowercase()) else {
                continue;
            };
            let distinct = found.len() as u64;
            column.profile = Some(crate::model::ColumnProfile {
                rows: distinct + 1,
                distinct,
                values: found.clone(),
                ..Default::default()
            });
            if let Some(declared) = space.tables.iter_mut().find(|t| t.identifier == table.full_name) {
                declared.columns.push(crate::model::SpaceColumn {
                    name: column.name.clone(),
                    entity_matching: true,
                    ..Default::default()
                });
            }
        }
    }
    Catalog::new(tables)
}

/// Writes what the analyst answers to the questions of all databases, where `ANALYST_OUT` says.
#[test]
fn answers_to_real_questions() {
    let (Some(root), Ok(out)) = (data(), std::env::var("ANALYST_OUT")) else { return };
    let dictionary: std::collections::BTreeMap<String, Vec<String>> = std::env::var("ANALYST_VALUES")
        .ok()
        .and_then(|path| serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok())
        .unwrap_or_default();
    let as_of = jiff::civil::Date::new(2025, 8, 27).ok();
    let mut answers = Vec::new();
    for folder in [
        "kpi_ko",
        "defog/academic",
        "defog/broker",
        "defog/car_dealership",
        "defog/restaurants",
        "spider/concert_singer",
        "spider/dog_kennels",
        "spider/pets_1",
        "spider/world_1",
    ] {
        let Some((catalog, mut space, questions)) = load(&root.join(folder)) else { continue };
        let catalog = with_values(&catalog, &mut space, &dictionary);
        for question in questions.iter().filter(|q| q.get("usable") == Some(&Value::Bool(true))) {
            let reply = answer(&Context { space: &space, catalog: &catalog, as_of }, &text(question, "question"));
            let (sql, thoughts) = match reply {
                Reply::Sql { sql, thoughts, .. } => (Some(sql), thoughts),
                Reply::Ask { text, thoughts } => (None, [vec![super::thought("ASK", text)], thoughts].concat()),
            };
            let thoughts: Vec<String> = thoughts.into_iter().map(|t| format!("{}: {}", t.kind, t.text)).collect();
            answers.push(
                serde_json::json!({"folder": folder, "id": text(question, "id"), "sql": sql, "thoughts": thoughts}),
            );
        }
    }
    std::fs::write(out, serde_json::to_string(&answers).unwrap_or_default()).expect("writable");
}

// Each category of space content alone.

pub fn table(name: &str, key: &[&str], columns: &[(&str, &str)]) -> CatalogTable {
    CatalogTable {
        full_name: format!("main.shop.{name}"),
        columns: columns
            .iter()
            .map(|(name, kind)| CatalogColumn {
                name: (*name).to_owned(),
                type_text: (*kind).to_owned(),
                ..CatalogColumn::default()
            })
            .collect(),
        primary_key: key.iter().map(|k| (*k).to_owned()).collect(),
        ..CatalogTable::default()
    }
}

fn shop() -> (Catalog, SpaceView) {
    let orders = [
        ("order_no", "BIGINT"),
        ("cust_ref", "BIGINT"),
        ("placed", "DATE"),
        ("shipped_on", "DATE"),
        ("amt_net", "DECIMAL(10,2)"),
        ("amt_tax", "DECIMAL(10,2)"),
        ("state", "STRING"),
    ];
    let clients = [("id", "BIGINT"), ("name", "STRING"), ("segment", "STRING")];
    let tables = [table("orders", &["order_no"], &orders), table("clients", &["id"], &clients)];
    let space = SpaceView {
        tables: tables
            .iter()
            .map(|t| SpaceTable { identifier: t.full_name.clone(), ..SpaceTable::default() })
            .collect(),
        ..SpaceView::default()
    };
    (Catalog::new(tables), space)
}

pub fn sql(space: &SpaceView, catalog: &Catalog, question: &str) -> Option<String> {
    let as_of = jiff::civil::Date::new(2025, 8, 27).ok();
    match answer(&Context { space, catalog, as_of }, question) {
        Reply::Sql { sql, .. } => {
            assert!(crate::sql::parse_query(&sql).is_ok(), "does not parse: {sql}");
            Some(sql.replace('\n', " "))
        }
        Reply::Ask { .. } => None,
    }
}

pub fn has(space: &SpaceView, catalog: &Catalog, question: &str, part: &str) -> bool {
    let found = sql(space, catalog, question);
    let holds = found.as_ref().is_some_and(|s| s.contains(part));
    if !holds {
        eprintln!("{question}: {found:?} lacks {part}");
    }
    holds
}

fn snippet(kind: crate::model::SnippetKind, name: &str, sql: &str) -> crate::model::Snippet {
    crate::model::Snippet {
        kind,
        id: "1".into(),
        alias: String::new(),
        sql: sql.into(),
        display_name: name.into(),
        synonyms: Vec::new(),
        comment: String::new(),
        instruction: String::new(),
    }
}

pub fn instructed(space: &SpaceView, text: &str) -> SpaceView {
    let mut told = space.clone();
    told.text_instructions.push(crate::model::TextInstruction { id: "1".into(), content: text.into() });
    told
}

#[test]
fn synonyms_and_descriptions_change_the_answer() {
    let (catalog, mut space) = shop();
    let question = "What is the total turnover per state?";
    assert!(!has(&space, &catalog, question, "amt_net"));
    let column = |name: &str, description: &str, synonym: &str| crate::model::SpaceColumn {
        name: name.into(),
        description: description.into(),
        synonyms: if synonym.is_empty() { Vec::new() } else { vec![synonym.to_owned()] },
        ..Default::default()
    };
    space.tables[0].columns = vec![column("amt_net", "", "turnover")];
    assert!(has(&space, &catalog, question, "SUM(orders.amt_net)"));
    space.tables[0].columns = vec![column("amt_tax", "", "turnover")];
    assert!(has(&space, &catalog, question, "SUM(orders.amt_tax)"), "a wrong synonym misleads");
    space.tables[0].columns = vec![column("amt_net", "Net turnover of the order in euro", "")];
    assert!(has(&space, &catalog, question, "SUM(orders.amt_net)"), "descriptions are read");
    space.tables[0].columns = vec![column("state", "Possible values: open, closed", "")];
    assert!(has(&space, &catalog, "How many open orders are there?", "orders.state = 'open'"));
    space.tables[0].columns = vec![crate::model::SpaceColumn { exclude: true, ..column("state", "", "") }];
    assert!(!has(&space, &catalog, "How many orders per state?", "state"));
}

#[test]
fn join_specs_make_joins() {
    let (catalog, mut space) = shop();
    let question = "How many orders per segment?";
    assert_eq!(sql(&space, &catalog, question), None);
    space.joins.push(crate::model::Join {
        left_table: "main.shop.orders".into(),
        left_alias: "orders".into(),
        right_table: "main.shop.clients".into(),
        right_alias: "clients".into(),
        condition: "`orders`.`cust_ref` = `clients`.`id`".into(),
        relationship: crate::model::Relationship::ManyToOne,
        ..Default::default()
    });
    assert!(has(&space, &catalog, question, "orders.cust_ref = clients.id"));
    space.joins[0].condition = "`orders`.`cust` = nothing".into();
    assert_eq!(sql(&space, &catalog, question), None);
}

#[test]
fn snippets_name_measures_filters_and_expressions() {
    use crate::model::SnippetKind::{Expression, Filter, Measure};
    let (catalog, mut space) = shop();
    space.snippets.push(snippet(Measure, "gross revenue", "SUM(orders.amt_net + orders.amt_tax)"));
    space.snippets.push(snippet(Filter, "late orders", "orders.shipped_on > orders.placed + INTERVAL 7 DAYS"));
    space.snippets.push(snippet(Expression, "order year", "YEAR(orders.placed)"));
    assert!(has(&space, &catalog, "gross revenue by state", "SUM(orders.amt_net + orders.amt_tax)"));
    assert!(has(&space, &catalog, "gross revenue by state", "GROUP BY orders.state"));
    assert!(has(&space, &catalog, "How many late orders are there?", "orders.shipped_on > orders.placed"));
    assert!(has(&space, &catalog, "gross revenue per order year", "GROUP BY YEAR(orders.placed)"));
    let mut always = snippet(Filter, "valid", "orders.state <> 'void'");
    always.instruction = "Always apply this filter.".into();
    space.snippets.push(always);
    assert!(has(&space, &catalog, "How many orders are there?", "orders.state <> 'void'"));
}

#[test]
fn example_queries_are_followed_with_their_slots() {
    let (catalog, mut space) = shop();
    space.examples.push(crate::model::Example {
        question: "Show the monthly dispatch quota for open orders".into(),
        sql: "SELECT DATE_TRUNC('MONTH', placed) AS m, COUNT(shipped_on) / COUNT(*) AS quota FROM main.shop.orders WHERE state = :state GROUP BY 1".into(),
        parameters: vec![crate::model::Parameter { name: "state".into(), type_hint: "STRING".into(), default: Some("open".into()), ..Default::default() }],
        ..Default::default()
    });
    assert!(has(&space, &catalog, "Show the monthly dispatch quota for 'closed' orders", "state = 'closed'"));
    assert!(has(&space, &catalog, "show me the monthly dispatch quota for open orders", "state = 'open'"));
    assert!(has(&space, &catalog, "How many orders are there?", "COUNT(*)"));
    space.examples[0].sql = "SELEKT nonsense".into();
    assert!(!has(&space, &catalog, "Show the monthly dispatch quota for open orders", "nonsense"));
}

#[test]
fn instructions_are_read_line_by_line() {
    let (catalog, space) = shop();
    for line in [
        "- Turnover means `SUM(orders.amt_net)`",
        "When asked about turnover, use SUM(amt_net).",
        "Turnover = SUM(orders.amt_net)",
        "**Turnover**: `SUM(orders.amt_net)`",
        "Calculate turnover as SUM(orders.amt_net)",
        "Turnover is calculated as SUM(orders.amt_net)",
        "For turnover, use the sum `SUM(orders.amt_net)`",
        "Use `SUM(orders.amt_net)` for turnover",
    ] {
        assert!(has(&instructed(&space, line), &catalog, "turnover by state", "SUM(orders.amt_net)"), "{line}");
    }
    for line in [
        "Always filter orders with `orders.state <> 'void'`.",
        "Always exclude orders where state = 'void'",
        "By default, exclude rows with `orders.state = 'void'`",
        "Always filter on orders.state <> 'void'",
    ] {
        assert!(has(&instructed(&space, line), &catalog, "How many orders are there?", "'void'"), "{line}");
    }
    let dated = instructed(&space, "Use `shipped_on` as the date of orders.");
    assert!(has(&dated, &catalog, "How many orders last month?", "orders.shipped_on >="));
    assert!(has(&space, &catalog, "How many orders last month?", "orders.placed >="));
    let rounded = instructed(&space, "Round averages to 2 decimal places.");
    assert!(has(&rounded, &catalog, "What is the average amt net?", "ROUND(AVG(orders.amt_net), 2)"));
    let valued = instructed(&space, "Big orders means orders.amt_net > 1000");
    assert!(has(&valued, &catalog, "How many big orders are there?", "orders.amt_net > 1000"));
    assert!(has(
        &instructed(&space, "매출은 `SUM(orders.amt_net)`를 의미합니다"),
        &catalog,
        "지난달 매출을 알려줘",
        "SUM(orders.amt_net)"
    ));
}

#[test]
fn nothing_makes_it_panic() {
    let (catalog, space) = shop();
    let long = "orders with amt net over 5 and ".repeat(40_000);
    for question in [
        "",
        "   ",
        "🙂🙂",
        "???",
        "'",
        "\"",
        "top",
        "between and",
        "more than",
        "by by by each per",
        "최근 일간 별",
        "not",
        &long,
        "what is the meaning of life",
    ] {
        let one = sql(&space, &catalog, question);
        assert_eq!(one, sql(&space, &catalog, question), "same question, same answer");
    }
    assert_eq!(sql(&space, &catalog, "Who won the world cup?"), None);
}

/// Answers questions from a file, for trying things by hand.
#[test]
fn questions_by_hand() {
    let (Some(root), Ok(file)) = (data(), std::env::var("ANALYST_ASK")) else { return };
    let asked: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file).expect("readable")).expect("JSON");
    for one in asked {
        let Some((catalog, mut space, _)) = load(&root.join(text(&one, "folder"))) else { continue };
        if let Some(told) = one.get("space").filter(|s| s.is_object()) {
            let told = SpaceView::of(&crate::model::Space::parse(&told.to_string()).expect("a space"));
            space.snippets = told.snippets;
            space.text_instructions = told.text_instructions;
            space.joins = told.joins;
        }
        let as_of = jiff::civil::Date::new(2025, 8, 27).ok();
        eprintln!(
            "Q {}\n   {:?}",
            text(&one, "q"),
            sql_of(answer(&Context { space: &space, catalog: &catalog, as_of }, &text(&one, "q")))
        );
    }
}

fn sql_of(reply: Reply) -> String {
    match reply {
        Reply::Sql { sql, thoughts, .. } => format!(
            "{} -- {}",
            sql.replace('\n', " "),
            thoughts.iter().map(|t| t.text.clone()).collect::<Vec<_>>().join(" | ")
        ),
        Reply::Ask { text, .. } => text,
    }
}
