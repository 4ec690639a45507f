//! `shadows`: what proving has left behind.

use super::Outcome;
use crate::cli::args::ShadowsArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{Session, layout, load};
use crate::ops::{self, Events, Loans, OpsError, Swept};
use crate::render::escape::visible_line;
use crate::store::Ledger;

pub fn list(args: &ShadowsArgs, output: Output) -> Outcome {
    let loaded = load(&args.project)?;
    let layout = layout(&loaded.project);
    let shadows = Ledger::new(layout.ledger()).shadows()?;
    let loans = Loans::of(&layout).open()?;
    if args.json {
        let mut rows: Vec<_> = shadows
            .iter()
            .map(|shadow| {
                serde_json::json!({
                    "title": shadow.title, "space_id": shadow.id, "host": shadow.host, "owner": shadow.owner,
                    "created": shadow.created.to_string(),
                })
            })
            .collect();
        rows.extend(loans.iter().map(|loan| {
            serde_json::json!({
                "title": loan.title, "space_id": loan.space_id, "host": loan.host, "owner": loan.owner,
                "created": loan.created.to_string(), "lent": true,
            })
        }));
        output.data(&serde_json::to_string_pretty(&rows).map_err(|error| OpsError::other(error.to_string()))?);
    } else if shadows.is_empty() && loans.is_empty() {
        output.data("There are no shadow spaces.");
    }
    for shadow in shadows.iter().filter(|_| !args.json) {
        output.data(&format!(
            "{}  {}  {}",
            shadow.id.as_deref().unwrap_or("(not made)"),
            shadow.created,
            visible_line(&shadow.title)
        ));
    }
    for loan in loans.iter().filter(|_| !args.json) {
        output.data(&format!("{}  {}  {}  (lent)", loan.space_id, loan.created, visible_line(&loan.title)));
    }
    Ok(Exit::Ok)
}

pub async fn gc(args: &ShadowsArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let Swept { removed, given_back } = ops::sweep(&session.workspace, &session.ledger(), &session.loans()).await?;
    if args.json {
        output.data(&serde_json::json!({ "removed": removed, "given_back": given_back }).to_string());
        return Ok(Exit::Ok);
    }
    output.data(&format!("Removed {} shadow spaces.", removed.len()));
    for title in given_back {
        output.data(&format!("The space \"{}\", lent for proving, holds again what it held.", visible_line(&title)));
    }
    Ok(Exit::Ok)
}
