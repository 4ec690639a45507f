//! `drift`: the live space against what was applied; reads only.

use super::Outcome;
use crate::cli::args::DriftArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::record::Recorder;
use crate::cli::session::Session;
use crate::diff::diff;
use crate::model::{Change, State};
use crate::ops::{Choices, DriftKind, Earlier, Events, OpsError, beside_live, drift, reconcile};
use serde_json::{Value, json};

/// What a look at the live space shows.
pub struct Seen {
    /// None: there is no live space yet.
    pub space_id: Option<String>,
    /// What was edited since the last apply.
    pub edits: Vec<Edit>,
    /// From the declared space to the live one.
    declared: Vec<Change>,
    /// Something was applied once.
    known: bool,
    /// The live space is not what was applied, be it in what matters or not.
    moved: bool,
    /// Edits that matter and that nobody has said to keep.
    drifted: bool,
    /// The declared space is ahead of the live one.
    ahead: bool,
}

/// One edit of the live space.
pub struct Edit {
    change: Change,
    kind: DriftKind,
    /// A plan was told to leave it in the workspace.
    kept: bool,
}

pub async fn run(args: &DriftArgs, output: Output) -> Outcome {
    let seen = look(args, output).await?;
    if args.json {
        let text = serde_json::to_string_pretty(&seen.json());
        output.data(&text.map_err(|error| OpsError::other(error.to_string()))?);
    } else {
        seen.tell(output);
    }
    Ok(seen.exit(args))
}

/// Looks, and puts on record what was seen.
pub async fn look(args: &DriftArgs, output: Output) -> Result<Seen, OpsError> {
    let recorder = Recorder::new("drift", None, output)?;
    let session = Session::of(&args.project, output, Events::none()).await?;
    let looked = compare(&session).await;
    // Before there is a space there is nothing to tell.
    if !matches!(&looked, Ok(Seen { space_id: None, .. })) {
        recorder.begin(&session);
        if let Ok(seen) = &looked {
            recorder.drift(seen.verdict(), &seen.places());
        }
        recorder.close(looked.as_ref().map(|seen| seen.exit(args))).await;
    }
    looked
}

/// Compares the live space with what was applied, and with what is declared.
async fn compare(session: &Session) -> Result<Seen, OpsError> {
    let Some(live) = session.live().await? else { return Ok(Seen::nothing()) };
    let state = session.state()?;
    let last = state.as_ref().and_then(State::last);
    let moved = last.is_none_or(|last| {
        last.after_digest != live.space.digest() || last.after_sidecar_digest != live.space.sidecar_digest()
    });
    let stood = state.as_ref().and_then(|state| state.stands.as_ref());
    let kept = match (stood, session.definition()) {
        (Some(stood), Some(definition)) => {
            let earlier = Earlier::of(&session.ledger())?;
            reconcile(stood, definition, &live.space, &earlier, &Choices::default()).kept
        }
        _ => Vec::new(),
    };
    let is_kept = |change: &Change| kept.iter().any(|kept| kept.address.overlaps(&change.address));
    let edits = stood.map(|stood| drift(stood, &live.space)).unwrap_or_default().into_iter();
    let edits: Vec<Edit> = edits.map(|(change, kind)| Edit { kept: is_kept(&change), change, kind }).collect();
    let declared: Vec<Change> = match session.definition() {
        Some(declared) => diff(&beside_live(declared, &live.space), &live.space),
        None => Vec::new(),
    };
    // Without what stood there, the digests alone say that something moved.
    let drifted = match stood {
        Some(_) => edits.iter().any(|edit| edit.kind != DriftKind::Cosmetic && !edit.kept),
        None => moved && last.is_some(),
    };
    let ahead = declared.iter().any(|change| !is_kept(change) && DriftKind::of(change) != DriftKind::Cosmetic);
    Ok(Seen { space_id: Some(live.id.clone()), edits, declared, known: last.is_some(), moved, drifted, ahead })
}

impl Seen {
    fn nothing() -> Self {
        Self {
            space_id: None,
            edits: Vec::new(),
            declared: Vec::new(),
            known: false,
            moved: false,
            drifted: false,
            ahead: false,
        }
    }

    pub fn exit(&self, args: &DriftArgs) -> Exit {
        if args.detailed_exitcode && (self.drifted || self.ahead) { Exit::Changes } else { Exit::Ok }
    }

    /// In a word, for a table.
    pub fn verdict(&self) -> &'static str {
        match self {
            Self { space_id: None, .. } => "no live space",
            Self { drifted: true, .. } => "drifted",
            Self { known: false, .. } => "never applied",
            Self { ahead: true, .. } => "declared is ahead",
            _ => "as applied",
        }
    }

    /// How much of it matters, for the record.
    fn places(&self) -> String {
        let open = |edit: &&Edit| edit.kind != DriftKind::Cosmetic && !edit.kept;
        match (self.drifted, self.edits.iter().filter(open).count()) {
            (true, 1) => "edited in 1 place".to_owned(),
            (true, places) if places > 1 => format!("edited in {places} places"),
            (true, _) => "edited since".to_owned(),
            _ => String::new(),
        }
    }

    fn json(&self) -> Value {
        let row = |edit: &Edit| {
            json!({
                "address": edit.change.address, "kind": edit.kind.as_str(), "action": edit.change.action(),
                "kept": edit.kept, "before": edit.change.before, "after": edit.change.after,
            })
        };
        json!({
            "space_id": self.space_id, "drifted": self.drifted,
            "edits": self.edits.iter().map(row).collect::<Vec<_>>(), "declared_to_live": self.declared,
        })
    }

    fn tell(&self, output: Output) {
        if self.space_id.is_none() {
            output.data("There is no live space yet; the first apply creates it.");
            return;
        }
        output.data(match (self.drifted, self.moved) {
            (true, _) => "The live space has moved since the last apply.",
            (false, true) if !self.known => "Nothing was applied to the live space yet.",
            (false, _) => "The live space stands as it was applied.",
        });
        for kind in [DriftKind::Semantic, DriftKind::Content, DriftKind::Cosmetic] {
            let of_kind = self.edits.iter().filter(|edit| edit.kind == kind);
            let of_kind: Vec<Change> = of_kind.map(|edit| edit.change.clone()).collect();
            if !of_kind.is_empty() {
                output.data(&format!("{}:\n{}", kind.as_str(), super::listing::changes(&of_kind)));
            }
        }
        if !self.declared.is_empty() {
            output.data("From the declared space to the live one:");
            output.data(&super::listing::changes(&self.declared));
        }
    }
}
