//! Files in Unity Catalog volumes (reference 8.1).

use super::client::Client;
use super::error::ClientError;
use super::http::{Body, Call, Resend, segment};
use crate::wire::{DirectoryEntry, DirectoryList};
use bytes::Bytes;
use reqwest::Method;

const MAX_PAGES: usize = 10_000;

impl Client {
    /// A file's bytes; `path` is `/Volumes/catalog/schema/volume/…`.
    pub async fn read_file(&self, path: &str) -> Result<Bytes, ClientError> {
        let answer = self.http().send(Call::get(format!("read {path}"), files(path))).await?;
        Ok(answer.body)
    }

    /// Writes a file. Without `overwrite` the call fails ([`ClientError::is_conflict`]) if the
    /// file exists: the one atomic primitive that the service has. After a lost answer the
    /// caller reads to decide.
    pub async fn write_file(&self, path: &str, bytes: Bytes, overwrite: bool) -> Result<(), ClientError> {
        let resend = if overwrite { Resend::Freely } else { Resend::IfNotDone };
        let mut call = Call::new(format!("write {path}"), Method::PUT, files(path), resend)
            .query("overwrite", overwrite.to_string());
        call.body = Body::Bytes(bytes);
        self.http().send(call).await.map(|_| ())
    }

    /// Deletes a file; one that is not there is fine.
    pub async fn delete_file(&self, path: &str) -> Result<(), ClientError> {
        let call = Call::new(format!("delete {path}"), Method::DELETE, files(path), Resend::Freely);
        match self.http().send(call).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Creates a folder with its parents.
    pub async fn create_directory(&self, path: &str) -> Result<(), ClientError> {
        let path = format!("/api/2.0/fs/directories{}", encoded(path));
        let call = Call::new("create a folder", Method::PUT, path, Resend::Freely);
        self.http().send(call).await.map(|_| ())
    }

    /// What a folder holds.
    pub async fn list_directory(&self, path: &str) -> Result<Vec<DirectoryEntry>, ClientError> {
        let mut entries = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let url = format!("/api/2.0/fs/directories{}", encoded(path));
            let mut call = Call::get(format!("list {path}"), url);
            if let Some(token) = &token {
                call = call.query("page_token", token);
            }
            let page: DirectoryList = self.http().json(call).await?;
            entries.extend(page.contents);
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(entries)
    }
}

fn files(path: &str) -> String {
    format!("/api/2.0/fs/files{}", encoded(path))
}

/// Each segment encoded, slashes kept.
fn encoded(path: &str) -> String {
    let path = path.trim_matches('/');
    path.split('/').map(|part| format!("/{}", segment(part))).collect()
}
