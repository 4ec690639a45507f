//! Learning on the databases beside the project; skipped, saying so, where they are absent.

use super::term_lists::{self, Term};
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

fn short(sql: &str) -> String {
    let sql = sql.replace("sandbox.agent_poc.poc_krafton_kpi_kad_ingame_summary_", "").replace("main.data.", "");
    sql.replace("sandbox.agent_poc.", "").replace(", ", ",")
}

/// How many terms have their fragment first, and among the first three.
fn ranks(name: &str, terms: &[Term]) -> Option<(usize, usize)> {
    let folder = folder(name)?;
    let (catalog, questions) = (catalog(&folder), questions(&folder));
    let found = associate(&questions, &catalog, &SpaceView::default());
    let (mut first, mut third) = (0, 0);
    for (term, wanted) in terms {
        let top: Vec<String> =
            found.top(term, 3).iter().map(|r| format!("{} ({:.1} {:?})", short(&r.sql), r.score, r.evidence)).collect();
        let at = top.iter().position(|sql| sql.contains(wanted));
        first += usize::from(at == Some(0));
        third += usize::from(at.is_some());
        println!("{} {term}: {}", at.map_or("-".to_owned(), |at| (at + 1).to_string()), top.join("  |  "));
    }
    println!("{name}: top 1: {first}/{}, top 3: {third}/{}", terms.len(), terms.len());
    Some((first, third))
}

#[test]
fn terms_of_a_korean_database_find_their_fragments() {
    let Some((first, third)) = ranks("kpi_ko", &term_lists::KPI) else { return };
    let count = term_lists::KPI.len();
    assert!(third * 100 >= count * 85 && first * 100 >= count * 65);
}

/// The same code on databases that it was not made on: most terms, and no more is claimed.
#[test]
fn terms_of_other_databases_are_found_too() {
    for (name, terms) in [("defog/broker", &term_lists::BROKER[..]), ("spider/dog_kennels", &term_lists::DOG_KENNELS)] {
        let Some((first, third)) = ranks(name, terms) else { return };
        assert!(third * 2 > terms.len() && first * 2 > terms.len(), "{name}: {first}, {third} of {}", terms.len());
    }
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
