//! Where the history of a project is kept.

use super::session::{self, Connection, Session, layout};
use crate::config::{Location, Project};
use crate::databricks::Client;
use crate::history::{History, HistoryError, Place, Warehouse};
use crate::ops::OpsError;
use crate::store::Blobs;

/// The history of a session's project.
pub fn of(session: &Session) -> Result<History, OpsError> {
    let workspace = &session.workspace;
    at(&session.project().history, || Ok((workspace.client.clone(), workspace.warehouse_id.clone())))
}

/// The history of a project, and the connection that it needs if it is not a folder of this machine.
pub async fn open(project: &Project) -> Result<(History, Option<Connection>), OpsError> {
    if let Location::Path(path) = &project.history {
        return Ok((History::Files(Place::Folder(path.clone())), None));
    }
    let connection = session::open(project, &layout(project)).await?;
    let history = at(&project.history, || Ok((connection.client.clone(), connection.warehouse()?)))?;
    Ok((history, Some(connection)))
}

/// `reached` gives the client and the warehouse, where one of them is needed.
fn at(location: &Location, reached: impl Fn() -> Result<(Client, String), OpsError>) -> Result<History, OpsError> {
    Ok(match location {
        Location::Path(path) => History::Files(Place::Folder(path.clone())),
        Location::Volume(path) => History::Files(Place::shared(Blobs::in_volume(reached()?.0, path))),
        Location::Url(url) => History::Files(Place::shared(Blobs::at_url(url, std::env::vars())?)),
        Location::Schema(schema) => {
            let (client, warehouse_id) = reached()?;
            History::Warehouse(Warehouse { client, warehouse_id, schema: schema.clone() })
        }
    })
}

pub fn failed(error: HistoryError) -> OpsError {
    match error {
        HistoryError::NoSuchRun { .. } | HistoryError::Ambiguous { .. } => OpsError::usage(error.to_string()),
        _ => OpsError::other(error.to_string()),
    }
}
