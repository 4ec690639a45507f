//! The client against the server, over HTTP, with a fake engine and a fake analyst.

mod auth;
mod contract;
mod conversations;
mod faults;
mod operations;
mod others;
mod soak;
mod spaces;
mod statements;

use super::*;
use crate::databricks::{AskOptions, Client, Credentials, Settings};
use crate::embedded::world::World;
use crate::model::*;
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Understands `ROWS n`, `SLEEP ms`, and fails on everything with `FAIL` in it.
pub(super) struct FakeEngine(Catalog);

impl FakeEngine {
    pub fn new() -> Self {
        let column = |name: &str, type_text: &str| CatalogColumn {
            name: name.into(),
            type_text: type_text.into(),
            nullable: true,
            comment: format!("the {name}"),
            profile: None,
        };
        let orders = CatalogTable {
            full_name: "main.sales.orders".into(),
            comment: "One row per order".into(),
            columns: vec![column("id", "BIGINT"), column("customer_id", "BIGINT"), column("amount", "DECIMAL(10,2)")],
            primary_key: vec!["id".into()],
            foreign_keys: vec![ForeignKey {
                columns: vec!["customer_id".into()],
                parent_table: "main.sales.customers".into(),
                parent_columns: vec!["id".into()],
            }],
        };
        let customers = CatalogTable {
            full_name: "main.sales.customers".into(),
            columns: vec![column("id", "BIGINT"), column("region", "STRING")],
            ..CatalogTable::default()
        };
        Self(Catalog::new([orders, customers]))
    }
}

impl SqlEngine for FakeEngine {
    fn catalog(&self) -> &Catalog {
        &self.0
    }

    fn execute<'a>(&'a self, sql: &'a str, options: StatementOptions) -> BoxFuture<'a, Result<ResultSet, SqlFailure>> {
        async move {
            let number = |word: &str| -> Option<u64> {
                sql.split_whitespace().skip_while(|w| *w != word).nth(1).and_then(|n| n.parse().ok())
            };
            if let Some(ms) = number("SLEEP") {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            if sql.contains("FAIL") {
                return Err(SqlFailure {
                    error_code: "BAD_REQUEST".into(),
                    sql_state: "42703".into(),
                    message: "[UNRESOLVED_COLUMN] no such column".into(),
                });
            }
            let rows = number("ROWS").unwrap_or(1);
            let limit = options.row_limit.unwrap_or(u64::MAX);
            let width = if sql.contains("WIDE") { 20_000 } else { 1 };
            let column = |name: &str, type_name: &str, type_text: &str| Column {
                name: name.into(),
                type_name: type_name.into(),
                type_text: type_text.into(),
            };
            let parameter = options.parameters.first().and_then(|p| p.value.clone());
            Ok(ResultSet {
                columns: vec![column("n", "LONG", "BIGINT"), column("t", "STRING", "STRING")],
                rows: (0..rows.min(limit))
                    .map(|n| {
                        let text = parameter.clone().unwrap_or_else(|| "é".repeat(width));
                        vec![Cell::Number(n.to_string()), if n == 1 { Cell::Null } else { Cell::Text(text) }]
                    })
                    .collect(),
                truncated: rows > limit,
            })
        }
        .boxed()
    }

    fn profile<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<ColumnProfile, SqlFailure>> {
        async {
            Ok(ColumnProfile { rows: 2, distinct: 2, values: vec!["EU".into(), "US".into()], ..Default::default() })
        }
        .boxed()
    }
}

/// Answers with what it was given, so that tests see what reached it.
pub(super) struct FakeAnalyst;

impl Analyst for FakeAnalyst {
    fn answer(&self, space: &Space, catalog: &Catalog, question: &str, _: Option<jiff::civil::Date>) -> Reply {
        let view = SpaceView::of(space);
        let thoughts = vec![Thought { kind: "STEPS", text: "counted".into() }];
        if question.contains("vague") {
            return Reply::Ask { text: "Which one?".into(), thoughts };
        }
        let word = if question.contains("wrong") { "FAIL" } else { "ROWS 3" };
        let profiles = catalog.tables().flat_map(|t| &t.columns).filter(|c| c.profile.is_some()).count();
        let tables = catalog.tables().count();
        let sql = format!("SELECT {} /* {tables} tables, {profiles} profiles */ {word}", view.snippets.len());
        Reply::Sql { sql, description: format!("answers {question}"), thoughts }
    }
}

pub(super) const ID: &str = "0123456789abcdef0123456789abcdef";

/// A space over both tables with one measure and one dictionary.
pub(super) fn space(title: &str) -> Space {
    let document = serde_json::json!({"version": 2,
        "data_sources": {"tables": [
            {"identifier": "main.sales.customers", "column_configs": [
                {"column_name": "region", "enable_format_assistance": true, "enable_entity_matching": true}]},
            {"identifier": "main.sales.orders", "description": ["주문\n", "orders"]}]},
        "instructions": {"sql_snippets": {"measures": [
            {"id": ID, "alias": "revenue", "sql": ["SUM(orders.amount)"], "display_name": "revenue"}]}}});
    let sidecar = Sidecar {
        title: title.into(),
        description: "d".into(),
        warehouse_id: WAREHOUSE_ID.into(),
        parent_path: String::new(),
    };
    Space::from_document(document).unwrap().with_sidecar(sidecar)
}

pub(super) async fn serve(world: World, folder: Option<&Path>) -> RunningServer {
    let options = ServerOptions {
        engine: Arc::new(FakeEngine::new()),
        analyst: Arc::new(FakeAnalyst),
        state_folder: folder.map(Path::to_owned),
        world,
        port: None,
        as_of: None,
    };
    start(options).await.unwrap()
}

pub(super) fn client(server: &RunningServer) -> Client {
    with_token(server, &server.token)
}

pub(super) fn with_token(server: &RunningServer, token: &str) -> Client {
    let mut settings = Settings::new(&server.url, Credentials::Token(SecretString::from(token.to_owned())));
    settings.retry_timeout = Duration::from_secs(5);
    Client::new(settings).unwrap()
}

pub(super) fn world(yaml: &str) -> World {
    serde_yaml::from_str(yaml).unwrap()
}

pub(super) fn patience() -> AskOptions {
    AskOptions { timeout: Duration::from_secs(10), ..AskOptions::default() }
}

/// Number of executed requests with this method.
pub(super) fn executed(server: &RunningServer, method: &str) -> usize {
    server.log().unwrap().iter().filter(|entry| entry.method == method && entry.executed).count()
}
