//! `drift`: the live space against what was applied; reads only.

use super::Outcome;
use crate::cli::args::DriftArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::Session;
use crate::diff::diff;
use crate::model::{Change, State};
use crate::ops::{Choices, DriftKind, Earlier, Events, OpsError, beside_live, drift, reconcile};
use serde_json::json;

pub async fn run(args: &DriftArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let Some(live) = session.live().await? else {
        match args.json {
            true => output.data(&json!({"space_id": null, "drifted": false, "edits": []}).to_string()),
            false => output.data("There is no live space yet; the first apply creates it."),
        }
        return Ok(Exit::Ok);
    };
    let state = session.state()?;
    let known = state.as_ref().and_then(State::last);
    let moved = known.is_none_or(|last| {
        last.after_digest != live.space.digest() || last.after_sidecar_digest != live.space.sidecar_digest()
    });
    let stood = state.as_ref().and_then(|state| state.stands.as_ref());
    let edits = stood.map(|stood| drift(stood, &live.space)).unwrap_or_default();
    let declared: Vec<Change> = match session.definition() {
        Some(declared) => diff(&beside_live(declared, &live.space), &live.space),
        None => Vec::new(),
    };
    let kept = match (stood, session.definition()) {
        (Some(stood), Some(definition)) => {
            let earlier = Earlier::of(&session.ledger())?;
            reconcile(stood, definition, &live.space, &earlier, &Choices::default()).kept
        }
        _ => Vec::new(),
    };
    let is_kept = |change: &Change| kept.iter().any(|kept| kept.address.overlaps(&change.address));
    // Without what stood there, the digests alone say that something moved.
    let matters = match stood {
        Some(_) => edits.iter().any(|(change, kind)| *kind != DriftKind::Cosmetic && !is_kept(change)),
        None => moved && known.is_some(),
    };
    let ahead = declared.iter().any(|change| !is_kept(change) && DriftKind::of(change) != DriftKind::Cosmetic);
    if args.json {
        let row = |(change, kind): &(Change, DriftKind)| {
            json!({
                "address": change.address, "kind": kind.as_str(), "action": change.action(), "kept": is_kept(change),
                "before": change.before, "after": change.after,
            })
        };
        let value = json!({
            "space_id": live.id, "drifted": matters, "edits": edits.iter().map(row).collect::<Vec<_>>(),
            "declared_to_live": declared,
        });
        output.data(&serde_json::to_string_pretty(&value).map_err(|error| OpsError::other(error.to_string()))?);
    } else {
        output.data(match (matters, moved) {
            (true, _) => "The live space has moved since the last apply.",
            (false, true) if known.is_none() => "Nothing was applied to the live space yet.",
            (false, _) => "The live space stands as it was applied.",
        });
        for kind in [DriftKind::Semantic, DriftKind::Content, DriftKind::Cosmetic] {
            let of_kind: Vec<Change> =
                edits.iter().filter(|(_, found)| *found == kind).map(|(change, _)| change.clone()).collect();
            if !of_kind.is_empty() {
                output.data(&format!("{}:\n{}", kind.as_str(), super::listing::changes(&of_kind)));
            }
        }
        if !declared.is_empty() {
            output.data("From the declared space to the live one:");
            output.data(&super::listing::changes(&declared));
        }
    }
    Ok(if args.detailed_exitcode && (matters || ahead) { Exit::Changes } else { Exit::Ok })
}
