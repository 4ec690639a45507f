//! `workspace serve`: the embedded workspace as a process of its own.

use super::Outcome;
use crate::cli::args::{ProjectArgs, ServeArgs};
use crate::cli::exit::Exit;
use crate::cli::local::{self, LocalOptions};
use crate::cli::output::Output;
use crate::cli::session::{layout, load};
use crate::config;
use crate::ops::OpsError;

pub async fn run(args: &ServeArgs, output: Output) -> Outcome {
    let loaded = load(&ProjectArgs::of(&args.file))?;
    let config::Workspace::Embedded { data, as_of, world } = &loaded.project.workspace else {
        return Err(OpsError::usage("the project has no `workspace.embedded` to serve"));
    };
    let server = local::start(LocalOptions {
        data: data.clone(),
        as_of: as_of.as_deref().and_then(|text| text.parse().ok()),
        world: args.world.clone().or_else(|| world.clone()),
        state: layout(&loaded.project).root().join("workspace"),
        port: Some(args.port),
    })
    .await?;
    output.data(&match args.json {
        true => serde_json::json!({ "host": server.url, "token": server.token }).to_string(),
        false => format!("DATABRICKS_HOST={}\nDATABRICKS_TOKEN={}", server.url, server.token),
    });
    output.message(&format!(
        "warehouse: {}; as a service principal: DATABRICKS_CLIENT_ID={}, with the token as its secret\n\
         serving until interrupted (Ctrl-C)",
        server.warehouse_id, server.client_id
    ));
    // The caller stops this command on an interrupt.
    std::future::pending::<()>().await;
    Ok(Exit::Ok)
}
