//! The embedded workspace's server with no latency: requests a second, and a long soak under
//! faults whose memory must not grow.

#![allow(clippy::print_stdout, reason = "the soak tells how it stands")]

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt};
use genie_enhance::databricks::{AskOptions, Client, Credentials, Settings};
use genie_enhance::embedded::server::{
    Analyst, Reply, RunningServer, ServerOptions, SqlEngine, SqlFailure, StatementOptions, WAREHOUSE_ID, start,
};
use genie_enhance::embedded::world::{Fault, World};
use genie_enhance::model::{Catalog, Cell, Column, ColumnProfile, ResultSet, Sidecar, Space};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

fn main() {
    if std::env::args().any(|argument| argument == "soak") {
        return soak();
    }
    divan::main();
}

/// Answers everything with one row, so that only the server is measured.
struct OneRow(Catalog);

impl SqlEngine for OneRow {
    fn catalog(&self) -> &Catalog {
        &self.0
    }

    fn execute<'a>(&'a self, _: &'a str, _: StatementOptions) -> BoxFuture<'a, Result<ResultSet, SqlFailure>> {
        let column = Column { name: "n".into(), type_name: "LONG".into(), type_text: "BIGINT".into() };
        let rows = vec![vec![Cell::Number("1".into())]];
        async move { Ok(ResultSet { columns: vec![column], rows, truncated: false }) }.boxed()
    }

    fn profile<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<ColumnProfile, SqlFailure>> {
        async { Ok(ColumnProfile::default()) }.boxed()
    }
}

impl Analyst for OneRow {
    fn answer(&self, _: &Space, _: &Catalog, _: &str, _: Option<jiff::civil::Date>) -> Reply {
        Reply::Sql { sql: "SELECT 1".into(), description: "one".into(), thoughts: Vec::new() }
    }
}

async fn serve(faults: Vec<Fault>) -> (RunningServer, Client, String) {
    let server = start(ServerOptions {
        engine: Arc::new(OneRow(Catalog::default())),
        analyst: Arc::new(OneRow(Catalog::default())),
        state_folder: None,
        world: World { seed: 3, ..World::default() },
        port: None,
        as_of: None,
    })
    .await
    .expect("the server starts");
    let token = Credentials::Token(SecretString::from(server.token.clone()));
    let client = Client::new(Settings::new(&server.url, token)).expect("a client");
    let sidecar = Sidecar { title: "bench".into(), warehouse_id: WAREHOUSE_ID.into(), ..Sidecar::default() };
    let space = client.create_space(&Space::empty().with_sidecar(sidecar)).await.expect("a space");
    server.set_faults(faults);
    (server, client, space.id)
}

/// 100 reads of a space, ten at a time.
#[divan::bench(sample_count = 20)]
fn hundred_reads(bencher: divan::Bencher) {
    let runtime = Runtime::new().expect("a runtime");
    let (_server, client, space) = runtime.block_on(serve(Vec::new()));
    bencher.counter(divan::counter::ItemsCount::new(100_usize)).bench(|| {
        let reads = stream::iter(0..100).map(|_| client.get_space(&space));
        runtime.block_on(reads.buffer_unordered(10).for_each(|read| async move { assert!(read.is_ok()) }));
    });
}

/// 20 questions, ten at a time: each is asked, answered, polled and kept.
#[divan::bench(sample_count = 10)]
fn twenty_questions(bencher: divan::Bencher) {
    let runtime = Runtime::new().expect("a runtime");
    let (_server, client, space) = runtime.block_on(serve(Vec::new()));
    let options = AskOptions::default();
    bencher.counter(divan::counter::ItemsCount::new(20_usize)).bench(|| {
        let asked = stream::iter(0..20).map(|_| client.ask(&space, "how many?", &options));
        runtime.block_on(asked.buffer_unordered(10).for_each(|asked| async move { assert!(asked.is_ok()) }));
    });
}

/// `cargo bench --bench server -- soak`: 20,000 questions under 5 % faults; tells memory as it goes.
fn soak() {
    let runtime = Runtime::new().expect("a runtime");
    let fault = |text: &str| serde_yaml::from_str::<Fault>(text).expect("a fault");
    let faults = vec![
        fault("{route: '* /**', share: 0.03, effect: reset}"),
        fault("{route: '* /**', share: 0.02, when: after, effect: reset}"),
    ];
    let (server, client, space) = runtime.block_on(serve(faults));
    let options = AskOptions { timeout: Duration::from_secs(60), ..AskOptions::default() };
    let began = Instant::now();
    for block in 0..10 {
        let (client, space, options) = (&client, &space, &options);
        let asked = stream::iter(0..2_000).map(|n| async move {
            let question = format!("question {block} {n}");
            for _ in 0..10 {
                match client.ask(space, &question, options).await {
                    Ok(_) => return true,
                    Err(failure) if failure.retryable => {}
                    Err(_) => return false,
                }
            }
            false
        });
        let lost = runtime.block_on(asked.buffer_unordered(10).filter(|well| std::future::ready(!well)).count());
        println!(
            "{} questions, {} requests, {:?}, {} MB, {lost} lost",
            (block + 1) * 2_000,
            server.requests(),
            began.elapsed(),
            resident_mb()
        );
    }
}

/// Memory of this process; 0 where the system does not tell.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}
