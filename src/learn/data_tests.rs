//! Learning on the databases beside the project; skipped, saying so, where they are absent.

use super::*;
use crate::model::{CatalogColumn, CatalogTable, ForeignKey};
use serde_json::Value;
use std::path::PathBuf;

pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from("../shared/data/text2sql").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn json(path: PathBuf) -> Value {
    std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Tables as the data declares them; one-part names are put into `main.data`.
pub(crate) fn catalog(folder: &std::path::Path) -> Catalog {
    let schema = json(folder.join("schema.json"));
    let full = |name: &str| if name.contains('.') { name.to_owned() } else { format!("main.data.{name}") };
    let tables = schema["tables"].as_array().into_iter().flatten().map(|table| {
        let name = text(table, "name");
        let columns = table["columns"].as_array().into_iter().flatten();
        let joins = schema["joins"].as_array().into_iter().flatten().filter_map(|join| {
            let split = |side: &str| join[side].as_str()?.rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned()));
            let ((left, a), (right, b)) = (split("left")?, split("right")?);
            let declared = !text(join, "source").contains("gold");
            (left == name && declared).then(|| ForeignKey {
                columns: vec![a],
                parent_table: full(&right),
                parent_columns: vec![b],
            })
        });
        CatalogTable {
            full_name: full(&name),
            comment: text(table, "comment"),
            primary_key: columns.clone().filter(|c| c["primary_key"] == true).map(|c| text(c, "name")).collect(),
            columns: columns
                .map(|column| CatalogColumn {
                    name: text(column, "name"),
                    type_text: text(column, "type"),
                    comment: text(column, "comment"),
                    ..CatalogColumn::default()
                })
                .collect(),
            foreign_keys: joins.collect(),
        }
    });
    Catalog::new(tables)
}

pub(crate) fn questions(folder: &std::path::Path) -> Vec<Question> {
    ["questions.json", "extra_questions.json"]
        .into_iter()
        .flat_map(|file| json(folder.join(file)).as_array().cloned().unwrap_or_default())
        .map(|item| Question {
            id: text(&item, "id"),
            question: text(&item, "question"),
            sql: text(&item["gold"], "sql_databricks"),
            ..Question::default()
        })
        .collect()
}

/// Terms with their fragments: which piece of SQL they mean was written down from the
/// database's documents before the learner was tuned.
const KPI_TERMS: [(&str, &str); 24] = [
    ("DAU", "daily.active_user"),
    ("WAU", "weekly.active_user"),
    ("MAU", "monthly.active_user"),
    ("DARPU", "SUM(daily.cash_revenue),SUM(daily.active_user)"),
    ("DARPPU", "SUM(daily.cash_revenue),SUM(daily.cash_paying_user)"),
    ("DPUR", "SUM(daily.cash_paying_user),SUM(daily.active_user)"),
    ("WARPU", "SUM(weekly.cash_revenue),SUM(weekly.active_user)"),
    ("WPUR", "SUM(weekly.cash_paying_user),SUM(weekly.active_user)"),
    ("MARPU", "SUM(monthly.cash_revenue),SUM(monthly.active_user)"),
    ("MARPPU", "SUM(monthly.cash_revenue),SUM(monthly.cash_paying_user)"),
    ("MPUR", "SUM(monthly.cash_paying_user),SUM(monthly.active_user)"),
    ("매출", "cash_revenue"),
    ("리텐션율", "retained_user"),
    ("코호트 규모", "cohort_size"),
    ("접속 시간", "online_ts_mins"),
    ("inZOI", "game_code = 'inzoi'"),
    ("PUBG", "game_code = 'bro'"),
    ("PUBG Mobile", "game_code = 'pubgm'"),
    ("신규", "user_type = 'New'"),
    ("기존", "user_type = 'Exist'"),
    ("복귀", "user_type = 'Return'"),
    ("지역", "krafton_region"),
    ("플랫폼", "device"),
    ("상품", "product_name"),
];

fn short(sql: &str) -> String {
    let sql = sql.replace("sandbox.agent_poc.poc_krafton_kpi_kad_ingame_summary_", "");
    sql.replace("sandbox.agent_poc.", "").replace(", ", ",")
}

#[test]
fn terms_of_a_korean_database_find_their_fragments() {
    let Some(folder) = folder("kpi_ko") else { return };
    let (catalog, questions) = (catalog(&folder), questions(&folder));
    let found = associate(&questions, &catalog, &SpaceView::default());
    let (mut first, mut third) = (0, 0);
    for (term, wanted) in KPI_TERMS {
        let top: Vec<String> =
            found.top(term, 3).iter().map(|r| format!("{} ({:.1} {:?})", short(&r.sql), r.score, r.evidence)).collect();
        let at = top.iter().position(|sql| sql.contains(wanted));
        first += usize::from(at == Some(0));
        third += usize::from(at.is_some());
        println!("{} {term}: {}", at.map_or("-".to_owned(), |at| (at + 1).to_string()), top.join("  |  "));
    }
    println!("top 1: {first}/{}, top 3: {third}/{}", KPI_TERMS.len(), KPI_TERMS.len());
    assert!(third * 100 >= KPI_TERMS.len() * 85 && first * 100 >= KPI_TERMS.len() * 65);
}

#[test]
fn patterns_of_the_databases() {
    for name in ["kpi_ko", "defog/broker", "defog/restaurants", "spider/pets_1", "spider/world_1"] {
        let Some(folder) = folder(name) else { return };
        let (catalog, questions) = (catalog(&folder), questions(&folder));
        let patterns = learn(&questions, &catalog, &SpaceView::default(), Options::default());
        println!("== {name}: {} questions", questions.len());
        for p in &patterns {
            println!(
                "{} ×{} {:.2} {} [{}]",
                p.pattern.id,
                p.pattern.support,
                p.pattern.confidence,
                short(&p.pattern.statement),
                p.pattern.terms.join(", ")
            );
        }
        assert!(!patterns.is_empty());
    }
}
