//! `drift`: the live space against what was applied; reads only.

use super::Outcome;
use crate::cli::args::DriftArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::Session;
use crate::diff::diff;
use crate::model::{Change, State};
use crate::ops::{Events, OpsError, beside_live};

pub async fn run(args: &DriftArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let Some(live) = session.live().await? else {
        output.data("There is no live space yet; the first apply creates it.");
        return Ok(Exit::Ok);
    };
    let state = session.state()?;
    let known = state.as_ref().and_then(State::last);
    let moved = known.is_none_or(|last| {
        last.after_digest != live.space.digest() || last.after_sidecar_digest != live.space.sidecar_digest()
    });
    let changes: Vec<Change> = match session.definition() {
        Some(declared) => diff(&beside_live(declared, &live.space), &live.space),
        None => Vec::new(),
    };
    if args.json {
        let json = serde_json::json!({
            "space_id": live.id, "drifted": moved, "declared_to_live": changes,
        });
        output.data(&serde_json::to_string_pretty(&json).map_err(|error| OpsError::other(error.to_string()))?);
    } else {
        output.data(match moved {
            true => "The live space has moved since the last apply.",
            false => "The live space stands as it was applied.",
        });
        if !changes.is_empty() {
            output.data("From the declared space to the live one:");
            output.data(&super::listing::changes(&changes));
        }
    }
    Ok(if args.detailed_exitcode && (moved || !changes.is_empty()) { Exit::Changes } else { Exit::Ok })
}
