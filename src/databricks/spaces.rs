//! Genie spaces (reference 1).

use super::client::Client;
use super::error::{ClientError, ErrorKind};
use super::http::{Call, Resend, segment};
use crate::model::{Sidecar, Space};
use crate::wire;
use reqwest::Method;

const SPACES: &str = "/api/2.0/genie/spaces";
/// More pages than any workspace has; a guard against a token that never ends.
const MAX_PAGES: usize = 10_000;

/// A space as it stands in the workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveSpace {
    pub id: String,
    /// None where the workspace is too old to have etags.
    pub etag: Option<String>,
    pub space: Space,
}

/// A space as listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpaceSummary {
    pub id: String,
    pub title: String,
    pub description: String,
    pub warehouse_id: String,
    pub parent_path: String,
}

impl Client {
    /// All spaces the caller may see, in the workspace's order.
    pub async fn list_spaces(&self) -> Result<Vec<SpaceSummary>, ClientError> {
        let mut spaces = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut call = Call::get("list spaces", SPACES).query("page_size", "100");
            if let Some(token) = &token {
                call = call.query("page_token", token);
            }
            let page: wire::SpaceList = self.http().json(call).await?;
            spaces.extend(page.spaces.into_iter().map(summary));
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(spaces)
    }

    /// A space with its document and etag; needs CAN EDIT.
    pub async fn get_space(&self, id: &str) -> Result<LiveSpace, ClientError> {
        let what = format!("read space {id}");
        let path = format!("{SPACES}/{}", segment(id));
        let call = Call::get(&what, path).query("include_serialized_space", "true");
        let space: wire::Space = self.http().json(call).await?;
        live(&what, space)
    }

    /// Creates a space; not sent again once it may have been carried out.
    pub async fn create_space(&self, space: &Space) -> Result<LiveSpace, ClientError> {
        let what = format!("create space \"{}\"", space.sidecar.title);
        let call = Call::new(&what, Method::POST, SPACES, Resend::IfNotDone).json(&write(space, None));
        let answer: wire::Space = self.http().json(call).await?;
        written(&what, answer, space)
    }

    /// Replaces a space's document and the fields beside it in one request. With an etag the
    /// write is refused ([`ClientError::is_conflict`]) if the document has changed since it was
    /// read. Empty sidecar fields are left as they stand, but for the description, which may
    /// be emptied.
    pub async fn update_space(&self, id: &str, space: &Space, etag: Option<&str>) -> Result<LiveSpace, ClientError> {
        let what = format!("change space {id}");
        let path = format!("{SPACES}/{}", segment(id));
        let call = Call::new(&what, Method::PATCH, path, Resend::IfNotDone).json(&write(space, etag));
        let answer: wire::Space = self.http().json(call).await?;
        written(&what, answer, space)
    }

    /// As [`Client::update_space`], but of the fields beside the document only those are sent that
    /// differ from `stood`: the etag does not guard them, so what somebody else writes into the
    /// others in the same moment must not be overwritten.
    pub async fn change_space(
        &self,
        id: &str,
        space: &Space,
        stood: &Sidecar,
        etag: Option<&str>,
    ) -> Result<LiveSpace, ClientError> {
        let what = format!("change space {id}");
        let path = format!("{SPACES}/{}", segment(id));
        let all = write(space, etag);
        let body = wire::SpaceWrite {
            title: all.title.filter(|title| *title != stood.title),
            description: all.description.filter(|description| *description != stood.description),
            warehouse_id: all.warehouse_id.filter(|warehouse| *warehouse != stood.warehouse_id),
            parent_path: all.parent_path.filter(|folder| *folder != stood.parent_path),
            ..all
        };
        let call = Call::new(&what, Method::PATCH, path, Resend::IfNotDone).json(&body);
        let answer: wire::Space = self.http().json(call).await?;
        written(&what, answer, space)
    }

    /// Moves a space to the trash. It takes effect late; a space that is not there is fine.
    pub async fn trash_space(&self, id: &str) -> Result<(), ClientError> {
        let path = format!("{SPACES}/{}", segment(id));
        let call = Call::new(format!("trash space {id}"), Method::DELETE, path, Resend::Freely);
        match self.http().send(call).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn summary(space: wire::Space) -> SpaceSummary {
    SpaceSummary {
        id: space.space_id,
        title: space.title,
        description: space.description.unwrap_or_default(),
        warehouse_id: space.warehouse_id.unwrap_or_default(),
        parent_path: space.parent_path.unwrap_or_default(),
    }
}

fn write(space: &Space, etag: Option<&str>) -> wire::SpaceWrite {
    let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    wire::SpaceWrite {
        description: Some(space.sidecar.description.clone()),
        etag: etag.map(str::to_owned),
        parent_path: filled(&space.sidecar.parent_path),
        serialized_space: Some(space.to_wire()),
        title: filled(&space.sidecar.title),
        warehouse_id: filled(&space.sidecar.warehouse_id),
    }
}

fn sidecar(space: &wire::Space) -> Sidecar {
    Sidecar {
        title: space.title.clone(),
        description: space.description.clone().unwrap_or_default(),
        warehouse_id: space.warehouse_id.clone().unwrap_or_default(),
        parent_path: space.parent_path.clone().unwrap_or_default(),
    }
}

fn live(what: &str, space: wire::Space) -> Result<LiveSpace, ClientError> {
    let text = space.serialized_space.as_deref().unwrap_or_default();
    if text.is_empty() {
        // The workspace leaves the document out instead of refusing.
        let message = "the workspace gave the space without its content: the caller lacks CAN EDIT on it";
        return Err(ClientError { status: Some(200), ..ClientError::new(ErrorKind::Permission, what, message) });
    }
    let document = Space::parse(text).map_err(|error| ClientError::new(ErrorKind::Decode, what, error.to_string()))?;
    let document = document.with_sidecar(sidecar(&space));
    Ok(LiveSpace { id: space.space_id, etag: space.etag.filter(|etag| !etag.is_empty()), space: document })
}

/// A write's answer need not repeat the document; then what was sent stands for it until the
/// caller reads back.
fn written(what: &str, answer: wire::Space, sent: &Space) -> Result<LiveSpace, ClientError> {
    if answer.space_id.is_empty() {
        return Err(ClientError::new(ErrorKind::Decode, what, "the answer names no space"));
    }
    if answer.serialized_space.as_deref().unwrap_or_default().is_empty() {
        let space = sent.clone().with_sidecar(sidecar(&answer));
        return Ok(LiveSpace { id: answer.space_id, etag: answer.etag.filter(|etag| !etag.is_empty()), space });
    }
    live(what, answer)
}
