//! Is the ground fit to work on? Each thing that a run needs, looked at on its own, with what to
//! do where it is not as it should be. Reads only.

use super::catalog::quote_path;
use super::lent::Loans;
use super::workspace::Workspace;
use crate::databricks::{Client, ClientError, ErrorKind, SqlOptions, SqlRunError};
use crate::model::Space;
use crate::store::{Journal, Layout, Ledger, StateStore, list_locks};
use futures::StreamExt;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Ok,
    /// A run will work, but look at it.
    Warning,
    Failed,
    /// Not looked at, because something before it failed or is not declared.
    Skipped,
}

/// What one look found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What was looked at: `host`, `authentication`, `clock`, `space` …
    pub check: &'static str,
    pub status: Health,
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// True if somebody must give a permission or sign in.
    #[serde(skip)]
    pub denied: bool,
}

impl Finding {
    fn new(check: &'static str, status: Health, message: impl Into<String>) -> Self {
        Self { check, status, message: message.into(), remedy: None, denied: false }
    }

    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Health::Ok, message)
    }

    pub fn skipped(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Health::Skipped, message)
    }

    pub fn warning(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(check, Health::Warning, message) }
    }

    pub fn failed(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(check, Health::Failed, message) }
    }

    /// A failed call; `remedy` stands where the error itself says none.
    fn of(check: &'static str, error: &ClientError, remedy: &str) -> Self {
        let denied = matches!(error.kind, ErrorKind::Auth | ErrorKind::Permission);
        let own = error.help().unwrap_or(remedy);
        let remedy = if denied { remedy } else { own };
        Self { denied, ..Self::failed(check, error.bare(), remedy) }
    }
}

/// Host, credentials and clock. The first failure ends it: nothing behind it can work.
pub async fn examine_access(client: &Client) -> Vec<Finding> {
    let host = client.host().to_owned();
    let auth = client.settings().credentials.auth_type();
    let (user, skew) = match client.current_user().await {
        Ok(user) => (user, client.clock_skew().await),
        Err(error) => {
            let check = match error.kind {
                ErrorKind::Auth | ErrorKind::Permission => "authentication",
                _ => "host",
            };
            let remedy = match auth {
                "pat" => "Make a new personal access token in this workspace, and set it as DATABRICKS_TOKEN.",
                "oauth-m2m" => "Check client id and secret, and that the service principal is in this workspace.",
                "databricks-cli" => "Sign in: databricks auth login --host HOST.",
                _ => "Check the federation policy of the service principal, and its client id.",
            };
            return vec![Finding::of(check, &error, &remedy.replace("HOST", &host))];
        }
    };
    vec![Finding::ok("host", host), Finding::ok("authentication", format!("{user} ({auth})")), clock(skew)]
}

/// Tokens and signed links are refused when the clocks are far apart.
fn clock(skew: Result<Option<i64>, ClientError>) -> Finding {
    match skew {
        Ok(Some(seconds)) if seconds.abs() > 300 => Finding::failed(
            "clock",
            format!("this machine's clock is {seconds} s off the workspace's"),
            "Set the clock (NTP); tokens and signed links are refused when clocks are minutes apart.",
        ),
        Ok(Some(seconds)) if seconds.abs() > 30 => Finding::warning(
            "clock",
            format!("this machine's clock is {seconds} s off the workspace's"),
            "Set the clock (NTP).",
        ),
        Ok(Some(_)) => Finding::ok("clock", "agrees with the workspace's"),
        Ok(None) => Finding::skipped("clock", "the workspace sent no time"),
        Err(error) => Finding::skipped("clock", error.bare()),
    }
}

/// The live space: is it there, may it be read and changed?
pub async fn examine_space(client: &Client, id: Option<&str>) -> (Finding, Option<Space>) {
    let Some(id) = id else {
        return (Finding::ok("space", "none yet; the first apply creates it"), None);
    };
    match client.get_space(id).await {
        Ok(live) => (
            Finding::ok("space", format!("\"{}\" ({id}) can be read and changed", live.space.sidecar.title)),
            Some(live.space),
        ),
        Err(error) if error.is_not_found() => {
            let remedy = "Check `space.id` and the workspace; if it was trashed, restore it there.";
            (Finding::failed("space", error.bare(), remedy), None)
        }
        Err(error) => {
            let remedy = "Ask an owner of the space for CAN EDIT on it (Share, in the space). With less, the workspace \
                          gives the space out without its content, or not at all.";
            (Finding::of("space", &error, remedy), None)
        }
    }
}

/// Can the warehouse run a statement?
pub async fn examine_warehouse(workspace: &Workspace) -> Finding {
    let options = SqlOptions { timeout: Duration::from_secs(120), ..SqlOptions::default() };
    let began = std::time::Instant::now();
    match workspace.run_sql("SELECT 1", &options).await {
        Ok(_) => {
            let seconds = began.elapsed().as_secs_f64();
            Finding::ok("warehouse", format!("{} answered in {seconds:.1} s", workspace.warehouse_id))
        }
        Err(SqlRunError::Transport(error)) => {
            let remedy = "Check `workspace.warehouse_id`, and ask for CAN USE on the warehouse (it must be pro or \
                          serverless for Genie).";
            Finding::of("warehouse", &error, remedy)
        }
        Err(error) => {
            Finding::failed("warehouse", error.to_string(), "Look at the warehouse in the workspace; start it.")
        }
    }
}

/// Tables at the same time.
const AT_ONCE: usize = 5;

/// Is every table there, and may it be read?
pub async fn examine_tables(workspace: &Workspace, names: &BTreeSet<String>) -> Vec<Finding> {
    if names.is_empty() {
        return vec![Finding::skipped("tables", "none is named yet")];
    }
    let looks = futures::stream::iter(names.clone()).map(|name| table(workspace, name));
    let found: Vec<Option<Finding>> = looks.buffered(AT_ONCE).collect().await;
    let troubles: Vec<Finding> = found.into_iter().flatten().collect();
    if troubles.is_empty() {
        return vec![Finding::ok("tables", format!("{} can be read", names.len()))];
    }
    troubles
}

/// What is wrong with one table. Its metadata may be open to those who may not select from it.
async fn table(workspace: &Workspace, name: String) -> Option<Finding> {
    if let Err(error) = workspace.client.table(&name).await {
        let remedy =
            format!("Correct the name where it is declared, or ask for USE CATALOG, USE SCHEMA and SELECT on {name}.");
        return Some(Finding::of("tables", &error, &remedy));
    }
    let options = SqlOptions { timeout: Duration::from_secs(120), ..SqlOptions::default() };
    let error = workspace.run_sql(&format!("SELECT * FROM {} LIMIT 0", quote_path(&name)), &options).await.err()?;
    let remedy = format!("Ask for SELECT on {name}.");
    Some(Finding::failed("tables", format!("cannot select from {name}: {error}"), remedy))
}

/// The language model's endpoint: is it there, and may it be asked?
pub async fn examine_endpoint(client: &Client, name: Option<&str>) -> Finding {
    let Some(name) = name else {
        return Finding::skipped("endpoint", "no `llm` is declared; fixes come from the miners alone");
    };
    let body =
        serde_json::json!({"messages": [{"role": "user", "content": "Answer with the word ok."}], "max_tokens": 16});
    match client.invoke_endpoint(name, &body).await {
        Ok(_) => Finding::ok("endpoint", format!("{name} answers")),
        Err(error) if error.is_not_found() => {
            let known = client.chat_endpoints().await.unwrap_or_default();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Finding::failed("endpoint", error.bare(), format!("Name one that is there in `llm.endpoint`: {known}."))
        }
        Err(error) => Finding::of("endpoint", &error, "Ask for CAN QUERY on the endpoint."),
    }
}

/// The project's own files: state, journal, lock, left-over shadows.
pub fn examine_state(layout: &Layout) -> Vec<Finding> {
    let mut found = Vec::new();
    let path = layout.state();
    match StateStore::new(&path).load() {
        Ok(Some(state)) => {
            found.push(Finding::ok("state", format!("{}, serial {}", path.display(), state.serial)));
        }
        Ok(None) => found.push(Finding::ok("state", "none yet; the first apply writes it")),
        Err(error) => found.push(Finding::failed(
            "state",
            error.to_string(),
            "Put a backup back (`state list`, `state restore`), or make a new state (`state repair`).",
        )),
    }
    match Journal::new(layout.journal()).pending() {
        Ok(None) => {}
        Ok(Some(_)) => found.push(Finding::warning(
            "journal",
            "an apply was interrupted",
            "Run `apply` again: it reads the space, decides what became of the write, and goes on.",
        )),
        Err(error) => found.push(Finding::failed("journal", error.to_string(), "Look at the file; move it away.")),
    }
    match list_locks(&layout.lock()) {
        Ok(locks) => found.extend(locks.iter().map(|lock| {
            let remedy = format!("Wait for it; if it hangs: lock break {}.", lock.id);
            Finding::warning("lock", format!("held by {lock}"), remedy)
        })),
        Err(error) => found.push(Finding::failed("lock", error.to_string(), "Look at the lock's folder.")),
    }
    match Ledger::new(layout.ledger()).shadows() {
        Ok(shadows) if shadows.is_empty() => {}
        Ok(shadows) => {
            let message = format!("{} shadow spaces are left from earlier runs", shadows.len());
            found.push(Finding::warning("shadows", message, "Remove them: shadows gc."));
        }
        Err(error) => found.push(Finding::failed("shadows", error.to_string(), "Look at the ledger file.")),
    }
    match Loans::of(layout).open() {
        Ok(loans) if loans.is_empty() => {}
        Ok(loans) => {
            let message = format!("{} spaces lent for proving have not got back what they held", loans.len());
            found.push(Finding::warning("shadows", message, "Give it back: shadows gc."));
        }
        Err(error) => found.push(Finding::failed("shadows", error.to_string(), "Look at the file that it names.")),
    }
    found
}
