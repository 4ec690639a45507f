//! `shadows`: what proving has left behind.

use super::Outcome;
use crate::cli::args::ShadowsArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{Session, layout, load};
use crate::ops::{self, Events, OpsError};
use crate::store::Ledger;

pub fn list(args: &ShadowsArgs, output: Output) -> Outcome {
    let loaded = load(&args.project)?;
    let shadows = Ledger::new(layout(&loaded.project).ledger()).shadows()?;
    if args.json {
        let rows: Vec<_> = shadows
            .iter()
            .map(|shadow| {
                serde_json::json!({
                    "title": shadow.title, "space_id": shadow.id, "host": shadow.host, "owner": shadow.owner,
                    "created": shadow.created.to_string(),
                })
            })
            .collect();
        output.data(&serde_json::to_string_pretty(&rows).map_err(|error| OpsError::other(error.to_string()))?);
    } else if shadows.is_empty() {
        output.data("There are no shadow spaces.");
    }
    for shadow in shadows.iter().filter(|_| !args.json) {
        output.data(&format!("{}  {}  {}", shadow.id.as_deref().unwrap_or("(not made)"), shadow.created, shadow.title));
    }
    Ok(Exit::Ok)
}

pub async fn gc(args: &ShadowsArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let removed = ops::sweep(&session.workspace, &session.ledger()).await?;
    if args.json {
        output.data(&serde_json::json!({ "removed": removed }).to_string());
    } else {
        output.data(&format!("Removed {} shadow spaces.", removed.len()));
    }
    Ok(Exit::Ok)
}
