//! `doctor`: is everything that a run needs as it should be, and what to do where it is not?

use super::Outcome;
use crate::cli::args::DoctorArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{self, Connection, layout, load};
use crate::config::Loaded;
use crate::databricks::{Client, Settings};
use crate::model::Space;
use crate::ops::{Finding, Health, OpsError, Workspace, declared_names};
use crate::ops::{examine_access, examine_endpoint, examine_space, examine_state, examine_tables, examine_warehouse};
use crate::render::escape::visible_line;
use crate::store::StateStore;
use std::collections::BTreeSet;
use std::time::Duration;

pub async fn run(args: &DoctorArgs, output: Output) -> Outcome {
    let loaded = load(&args.project)?;
    let findings = examine(&loaded).await;
    if args.json {
        let json = serde_json::json!({ "healthy": exit(&findings) == Exit::Ok, "findings": findings });
        output.data(&serde_json::to_string_pretty(&json).map_err(|error| OpsError::other(error.to_string()))?);
    } else {
        show(&findings, output);
    }
    Ok(exit(&findings))
}

async fn examine(loaded: &Loaded) -> Vec<Finding> {
    let project = &loaded.project;
    let layout = layout(project);
    let mut findings = vec![Finding::ok(
        "declared files",
        format!("{}: {} questions", project.file.display(), loaded.suite.questions.len()),
    )];
    findings.extend(examine_state(&layout));
    let connection = match session::open(project, &layout).await {
        Ok(connection) => impatient(connection),
        Err(error) => {
            let remedy = "Set what is missing; `workspace` in the project file, or the environment, names it.";
            findings.push(Finding { denied: true, ..Finding::failed("authentication", error.to_string(), remedy) });
            return findings;
        }
    };
    let access = examine_access(&connection.client).await;
    let reachable = access.iter().all(|finding| finding.status != Health::Failed);
    findings.extend(access);
    if reachable {
        findings.extend(examine_workspace(loaded, &connection, &layout.state()).await);
    }
    findings
}

/// Somebody waits for what is found: trouble that lasts seconds is trouble.
fn impatient(connection: Connection) -> Connection {
    let settings = Settings { retry_timeout: Duration::from_secs(5), ..connection.client.settings().clone() };
    match Client::new(settings) {
        Ok(client) => Connection { client, ..connection },
        Err(_) => connection,
    }
}

/// What can be looked at once the workspace answers.
async fn examine_workspace(loaded: &Loaded, connection: &Connection, state: &std::path::Path) -> Vec<Finding> {
    let project = &loaded.project;
    let known = StateStore::new(state).load().ok().flatten().and_then(|state| state.space_id);
    let id = project.space_id.clone().or(known);
    let (found, live) = examine_space(&connection.client, id.as_deref()).await;
    let mut findings = vec![found];
    match &connection.warehouse_id {
        None => findings.push(Finding::failed(
            "warehouse",
            "none is named",
            "Set `workspace.warehouse_id`, or DATABRICKS_WAREHOUSE_ID.",
        )),
        Some(warehouse_id) => {
            let workspace = Workspace::new(connection.client.clone(), connection.host.clone(), warehouse_id.clone());
            let warehouse = examine_warehouse(&workspace).await;
            let runs = warehouse.status == Health::Ok;
            findings.push(warehouse);
            match runs {
                true => findings.extend(examine_tables(&workspace, &tables(loaded, live.as_ref())).await),
                false => findings.push(Finding::skipped("tables", "the warehouse does not answer")),
            }
        }
    }
    let endpoint = project.llm.as_ref().map(|llm| llm.endpoint.as_str());
    findings.push(examine_endpoint(&connection.client, endpoint).await);
    findings
}

/// Every table that the declared space, the live one or the gold SQL names.
fn tables(loaded: &Loaded, live: Option<&Space>) -> BTreeSet<String> {
    let empty = Space::empty();
    let declared = loaded.space.as_ref().map(|declared| &declared.space);
    let spaces = [declared.or(live).unwrap_or(&empty), live.unwrap_or(&empty)];
    spaces.into_iter().flat_map(|space| declared_names(space, &loaded.suite)).collect()
}

fn exit(findings: &[Finding]) -> Exit {
    match findings.iter().find(|finding| finding.status == Health::Failed) {
        None => Exit::Ok,
        Some(finding) if finding.denied => Exit::Denied,
        Some(finding) if matches!(finding.check, "host" | "endpoint") => Exit::Remote,
        Some(_) => Exit::Failed,
    }
}

fn show(findings: &[Finding], output: Output) {
    let mut text = String::new();
    for finding in findings {
        let word = match finding.status {
            Health::Ok => "ok",
            Health::Warning => "warning",
            Health::Failed => "FAILED",
            Health::Skipped => "skipped",
        };
        text.push_str(&format!("{word:<8} {:<15} {}\n", finding.check, visible_line(&finding.message)));
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("{:<8} {:<15} {}\n", "", "→", visible_line(remedy)));
        }
    }
    let count = |status| findings.iter().filter(|finding| finding.status == status).count();
    let (failed, warnings) = (count(Health::Failed), count(Health::Warning));
    text.push_str(&match (failed, warnings) {
        (0, 0) => "\nEverything is as it should be.\n".to_owned(),
        _ => format!("\n{failed} failed, {warnings} warnings.\n"),
    });
    output.data(&text);
}
