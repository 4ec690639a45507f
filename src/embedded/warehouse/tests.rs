//! The warehouse against recorded Spark results, and by hand.

mod by_hand;
mod spark;

use super::{StatementOptions, Warehouse};
use crate::model::ResultSet;
use std::path::{Path, PathBuf};

/// The folder of recorded data. Absent, a test is skipped, but never in CI.
fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/text2sql");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is absent", folder.display());
    None
}

/// A folder with two small tables, and the warehouse over it.
async fn small() -> (tempfile::TempDir, Warehouse) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writes");
    write(
        "items.csv",
        "id,Name,Price,Sold,At,Flag\n1,apple,1.50,2024-01-31,2024-01-31 10:20:30,true\n2,pear,2.25,2024-02-29,2024-02-29 00:00:00,false\n3,\\N,\\N,\\N,\\N,\\N\n",
    );
    write(
        "kpi.csv",
        "region,user_type,revenue,users\n한국,New,100,10\n한국,Exist,300,20\n일본,New,50,5\n일본,Exist,0,0\n",
    );
    write(
        "schema.json",
        r#"{"as_of_date": "2025-08-27", "csv_null": "\\N", "joins": [{"left": "items.id", "right": "kpi.users"}], "tables": [
            {"name": "Items", "csv": "items.csv", "comment": "Things", "columns": [
                {"name": "id", "type": "INT", "nullable": false, "primary_key": true, "comment": "key"},
                {"name": "Name", "type": "STRING"}, {"name": "Price", "type": "DECIMAL(10,2)"},
                {"name": "Sold", "type": "DATE"}, {"name": "At", "type": "TIMESTAMP"}, {"name": "Flag", "type": "BOOLEAN"}]},
            {"name": "sandbox.poc.kpi", "csv": "kpi.csv", "columns": [
                {"name": "region", "type": "STRING"}, {"name": "user_type", "type": "STRING"},
                {"name": "revenue", "type": "BIGINT"}, {"name": "users", "type": "INT"}]}]}"#,
    );
    let warehouse = Warehouse::open(folder.path(), None).await.expect("opens");
    (folder, warehouse)
}

/// All cells, rows by ` | `.
fn shown(result: &ResultSet) -> Vec<String> {
    let row = |row: &Vec<crate::model::Cell>| row.iter().map(|cell| cell.display()).collect::<Vec<_>>().join(" | ");
    result.rows.iter().map(row).collect()
}

async fn run(warehouse: &Warehouse, sql: &str) -> Result<ResultSet, String> {
    warehouse.execute(sql, &StatementOptions::default()).await.map_err(|failure| failure.message)
}
