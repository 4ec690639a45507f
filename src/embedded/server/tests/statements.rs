//! SQL over the wire.

use super::*;
use crate::databricks::{SqlOptions, SqlParameter, SqlRunError};

async fn run(client: &Client, sql: &str, options: SqlOptions) -> Result<ResultSet, SqlRunError> {
    client.run_sql(WAREHOUSE_ID, sql, &options).await
}

#[tokio::test]
async fn results_come_inline_in_chunks_and_through_links() {
    let server = serve(world("chunk_rows: 4"), None).await;
    let client = client(&server);
    let inline = run(&client, "ROWS 10", SqlOptions::default()).await.unwrap();
    assert_eq!(inline.rows.len(), 10);
    assert_eq!(inline.rows[1], [Cell::Number("1".into()), Cell::Null]);
    assert_eq!(inline.columns[0].type_text, "BIGINT");
    let links = SqlOptions { external_links: true, ..SqlOptions::default() };
    assert_eq!(run(&client, "ROWS 10", links).await.unwrap(), inline);
    let cut = SqlOptions { row_limit: Some(3), ..SqlOptions::default() };
    let cut = run(&client, "ROWS 10", cut).await.unwrap();
    assert!(cut.truncated && cut.rows.len() == 3);
    assert!(run(&client, "ROWS 0", SqlOptions::default()).await.unwrap().is_empty());
    let parameter = SqlParameter { name: "a".into(), value: Some("x".into()), sql_type: "STRING".into() };
    let with = SqlOptions { parameters: vec![parameter], ..SqlOptions::default() };
    assert_eq!(run(&client, "ROWS 1", with).await.unwrap().rows[0][1], Cell::Text("x".into()));
}

#[tokio::test]
async fn results_too_large_for_an_answer_come_through_links_by_themselves() {
    let server = serve(World::default(), None).await;
    let large = run(&client(&server), "WIDE ROWS 700", SqlOptions::default()).await.unwrap();
    assert_eq!(large.rows.len(), 700);
}

#[tokio::test]
async fn sql_errors_are_told_from_failures_of_the_service() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let error = run(&client, "FAIL", SqlOptions::default()).await.unwrap_err();
    assert!(
        matches!(&error, SqlRunError::Sql { code, message, sql_state }
        if code == "BAD_REQUEST" && message.starts_with("[UNRESOLVED_COLUMN]") && sql_state.as_deref() == Some("42703")),
        "{error}"
    );
    let error = client.run_sql("nope", "ROWS 1", &SqlOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("nope is not a valid endpoint id."), "{error}");
}

#[tokio::test]
async fn slow_statements_are_polled_and_given_up() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let soon = SqlOptions { timeout: Duration::from_secs(4), ..SqlOptions::default() };
    assert_eq!(run(&client, "SLEEP 150 ROWS 2", soon).await.unwrap().rows.len(), 2);
    let short = SqlOptions { timeout: Duration::from_millis(200), ..SqlOptions::default() };
    let began = std::time::Instant::now();
    let error = run(&client, "SLEEP 60000 ROWS 2", short).await.unwrap_err();
    assert!(matches!(error, SqlRunError::Timeout { .. }) && error.is_transient(), "{error}");
    assert!(began.elapsed() < Duration::from_secs(3));
}
