//! Permissions on a space (reference 1.5).

use super::client::Client;
use super::error::ClientError;
use super::http::{Call, Resend, segment};
use crate::wire::{ObjectPermissions, PermissionsRequest};
use reqwest::Method;

impl Client {
    /// Who may do what with a space; needs CAN MANAGE.
    pub async fn space_permissions(&self, space_id: &str) -> Result<ObjectPermissions, ClientError> {
        let call = Call::get(format!("read the permissions of space {space_id}"), path(space_id));
        self.http().json(call).await
    }

    /// Replaces all direct grants. The same request twice has the effect of one.
    pub async fn set_space_permissions(
        &self,
        space_id: &str,
        grants: &PermissionsRequest,
    ) -> Result<ObjectPermissions, ClientError> {
        let what = format!("set the permissions of space {space_id}");
        self.http().json(Call::new(what, Method::PUT, path(space_id), Resend::Freely).json(grants)).await
    }
}

fn path(space_id: &str) -> String {
    format!("/api/2.0/permissions/genie/{}", segment(space_id))
}
