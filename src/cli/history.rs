//! Where the history of a project is kept.

use super::args::ProjectArgs;
use super::output::Output;
use super::session::{Session, load};
use crate::config::Location;
use crate::history::{History, HistoryError, Place, Warehouse};
use crate::ops::{Events, OpsError};
use crate::store::Blobs;

/// The history of a session's project.
pub fn of(session: &Session) -> Result<History, OpsError> {
    let workspace = &session.workspace;
    match &session.project().history {
        Location::Path(path) => Ok(History::Files(Place::Folder(path.clone()))),
        Location::Volume(path) => Ok(History::Files(Place::shared(Blobs::in_volume(workspace.client.clone(), path)))),
        Location::Schema(schema) => Ok(History::Warehouse(Warehouse {
            client: workspace.client.clone(),
            warehouse_id: workspace.warehouse_id.clone(),
            schema: schema.clone(),
        })),
        Location::Url(url) => Ok(History::Files(Place::shared(Blobs::at_url(url, std::env::vars())?))),
    }
}

/// The history of a project, and the session that it needs if it is not a folder of this machine.
pub async fn open(args: &ProjectArgs, output: Output) -> Result<(History, Option<Session>), OpsError> {
    if let Location::Path(path) = load(args)?.project.history {
        return Ok((History::Files(Place::Folder(path)), None));
    }
    let session = Session::of(args, output, Events::none()).await?;
    let history = of(&session)?;
    Ok((history, Some(session)))
}

pub fn failed(error: HistoryError) -> OpsError {
    match error {
        HistoryError::NoSuchRun { .. } | HistoryError::Ambiguous { .. } => OpsError::usage(error.to_string()),
        _ => OpsError::other(error.to_string()),
    }
}
