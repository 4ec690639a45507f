//! Where shared state lies: an object store, or a Unity Catalog volume. Asked of both is only what
//! both can do: a new name is made by one writer, everything else is read, listed or deleted.

use super::error::StoreError;
use crate::databricks::{Client, ClientError};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use std::sync::Arc;

/// A folder of small files, away from this machine.
#[derive(Clone, Debug)]
pub enum Blobs {
    Objects { store: Arc<dyn ObjectStore>, folder: Path },
    Volume { client: Client, folder: String },
}

impl Blobs {
    /// A cloud URL: `s3://…`, `gs://…`, `az://…`. Which of them this program can reach was decided
    /// when it was built (feature `state-cloud`); credentials come from the environment.
    pub fn at_url(url: &str, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, StoreError> {
        let wrong = |why: String| StoreError::Shared { place: url.to_owned(), why };
        let parsed = url.parse().map_err(|error| wrong(format!("it is no URL: {error}")))?;
        let options = environment.into_iter().map(|(name, value)| (name.to_lowercase(), value));
        let (store, folder) =
            object_store::parse_url_opts(&parsed, options).map_err(|error| wrong(in_words(&error)))?;
        Ok(Self::Objects { store: Arc::from(store), folder })
    }

    pub fn in_volume(client: Client, folder: &str) -> Self {
        Self::Volume { client, folder: folder.trim_end_matches('/').to_owned() }
    }

    /// The name of a file, for messages.
    pub fn place(&self, name: &str) -> String {
        match self {
            Self::Objects { folder, .. } => format!("{folder}/{name}"),
            Self::Volume { folder, .. } => format!("{folder}/{name}"),
        }
    }

    /// The bytes of a file; none if it is not there.
    pub async fn read(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        match self {
            Self::Objects { store, folder } => match store.get(&join(folder, name)).await {
                Ok(found) => found.bytes().await.map(Some).map_err(|error| self.failed(name, &error)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(self.failed(name, &error)),
            },
            Self::Volume { client, folder } => match client.read_file(&format!("{folder}/{name}")).await {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(self.refused(name, &error)),
            },
        }
    }

    /// Makes a file; false if it is there already. After a lost answer what stands there decides.
    pub async fn create(&self, name: &str, bytes: Bytes) -> Result<bool, StoreError> {
        let made = match self {
            Self::Objects { store, folder } => {
                let options = PutOptions::from(PutMode::Create);
                match store.put_opts(&join(folder, name), PutPayload::from_bytes(bytes.clone()), options).await {
                    Ok(_) => return Ok(true),
                    Err(object_store::Error::AlreadyExists { .. }) => None,
                    Err(error) => Some(self.failed(name, &error)),
                }
            }
            Self::Volume { client, folder } => {
                let path = format!("{folder}/{name}");
                if let Some((parent, _)) = path.rsplit_once('/') {
                    client.create_directory(parent).await.map_err(|error| self.refused(name, &error))?;
                }
                match client.write_file(&path, bytes.clone(), false).await {
                    Ok(()) => return Ok(true),
                    Err(error) if error.is_conflict() => None,
                    Err(error) => Some(self.refused(name, &error)),
                }
            }
        };
        match self.read(name).await? {
            Some(found) => Ok(found == bytes),
            None => match made {
                Some(error) => Err(error),
                None => Ok(false),
            },
        }
    }

    /// Deletes a file; one that is not there is fine.
    pub async fn delete(&self, name: &str) -> Result<(), StoreError> {
        match self {
            Self::Objects { store, folder } => match store.delete(&join(folder, name)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.failed(name, &error)),
            },
            Self::Volume { client, folder } => {
                let path = format!("{folder}/{name}");
                client.delete_file(&path).await.map_err(|error| self.refused(name, &error))
            }
        }
    }

    /// Names in a subfolder, sorted.
    pub async fn list(&self, subfolder: &str) -> Result<Vec<String>, StoreError> {
        let mut names: Vec<String> = match self {
            Self::Objects { store, folder } => {
                let found: Vec<_> = store
                    .list(Some(&join(folder, subfolder)))
                    .try_collect()
                    .await
                    .map_err(|error| self.failed(subfolder, &error))?;
                found.iter().filter_map(|object| object.location.filename().map(str::to_owned)).collect()
            }
            Self::Volume { client, folder } => match client.list_directory(&format!("{folder}/{subfolder}")).await {
                Ok(entries) => entries.into_iter().filter(|entry| !entry.is_directory).map(|e| e.name).collect(),
                Err(error) if error.is_not_found() => Vec::new(),
                Err(error) => return Err(self.refused(subfolder, &error)),
            },
        };
        names.sort();
        Ok(names)
    }

    fn failed(&self, name: &str, error: &object_store::Error) -> StoreError {
        StoreError::Shared { place: self.place(name), why: in_words(error) }
    }

    fn refused(&self, name: &str, error: &ClientError) -> StoreError {
        StoreError::Shared { place: self.place(name), why: error.to_string() }
    }
}

fn join(folder: &Path, name: &str) -> Path {
    name.split('/').fold(folder.clone(), |path, part| path.join(part))
}

fn in_words(error: &object_store::Error) -> String {
    let is_missing = matches!(error, object_store::Error::NotSupported { .. } | object_store::Error::Generic { .. });
    if is_missing && !cfg!(feature = "state-cloud") {
        return format!(
            "{error}; S3, Google Cloud Storage and Azure need a program that was built with `--features state-cloud`"
        );
    }
    error.to_string()
}
