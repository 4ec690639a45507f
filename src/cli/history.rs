//! Where the history of a project is kept.

use super::args::ProjectArgs;
use super::output::Output;
use super::session::{Session, load};
use crate::config::Location;
use crate::history::{History, HistoryError, Place, Warehouse};
use crate::ops::{Events, OpsError};

/// The history of a session's project.
pub fn of(session: &Session) -> Result<History, HistoryError> {
    let workspace = &session.workspace;
    match &session.project().history {
        Location::Path(path) => Ok(History::Files(Place::Folder(path.clone()))),
        Location::Volume(path) => {
            Ok(History::Files(Place::Volume { client: workspace.client.clone(), path: path.clone() }))
        }
        Location::Schema(schema) => Ok(History::Warehouse(Warehouse {
            client: workspace.client.clone(),
            warehouse_id: workspace.warehouse_id.clone(),
            schema: schema.clone(),
        })),
        Location::Url(url) => Err(HistoryError::NoSuchPlace(url.clone())),
    }
}

/// The history of a project, and the session that it needs if it is not a folder of this machine.
pub async fn open(args: &ProjectArgs, output: Output) -> Result<(History, Option<Session>), OpsError> {
    if let Location::Path(path) = load(args)?.project.history {
        return Ok((History::Files(Place::Folder(path)), None));
    }
    let session = Session::of(args, output, Events::none()).await?;
    let history = of(&session).map_err(failed)?;
    Ok((history, Some(session)))
}

pub fn failed(error: HistoryError) -> OpsError {
    match error {
        HistoryError::NoSuchRun { .. } | HistoryError::Ambiguous { .. } | HistoryError::NoSuchPlace(_) => {
            OpsError::usage(error.to_string())
        }
        _ => OpsError::other(error.to_string()),
    }
}
