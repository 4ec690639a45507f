//! Where the files of the tables lie: a folder, or a Unity Catalog volume. Both can make a file
//! only if it is not there, which is all that a Delta log needs.

use super::error::HistoryError;
use crate::databricks::{Client, ClientError};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

#[derive(Clone)]
pub enum Place {
    Folder(PathBuf),
    Volume { client: Client, path: String },
}

impl Place {
    /// The place below this one.
    pub fn join(&self, name: &str) -> Self {
        match self {
            Self::Folder(path) => Self::Folder(path.join(name)),
            Self::Volume { client, path } => {
                Self::Volume { client: client.clone(), path: format!("{}/{name}", path.trim_end_matches('/')) }
            }
        }
    }

    pub fn shown(&self) -> String {
        match self {
            Self::Folder(path) => path.display().to_string(),
            Self::Volume { path, .. } => path.clone(),
        }
    }

    /// Names of what lies here; none if the place itself does not exist.
    pub async fn list(&self) -> Result<Vec<String>, HistoryError> {
        match self {
            Self::Folder(path) => {
                let entries = match fs::read_dir(path) {
                    Ok(entries) => entries,
                    Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
                    Err(error) => return Err(self.io("list")(error)),
                };
                let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
                entries.map(name).collect::<io::Result<Vec<_>>>().map_err(self.io("list"))
            }
            Self::Volume { client, path } => match client.list_directory(path).await {
                Ok(entries) => Ok(entries.into_iter().map(|entry| entry.name).collect()),
                Err(error) if error.is_not_found() => Ok(Vec::new()),
                Err(error) => Err(self.volume("list")(error)),
            },
        }
    }

    /// The content; none if there is no such file.
    pub async fn read(&self) -> Result<Option<Vec<u8>>, HistoryError> {
        match self {
            Self::Folder(path) => match fs::read(path) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(self.io("read")(error)),
            },
            Self::Volume { client, path } => match client.read_file(path).await {
                Ok(bytes) => Ok(Some(bytes.to_vec())),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(self.volume("read")(error)),
            },
        }
    }

    /// Makes the file with this content, whole or not at all; false if it is there already.
    pub async fn create(&self, bytes: &[u8]) -> Result<bool, HistoryError> {
        match self {
            Self::Folder(path) => create_file(path, bytes).map_err(self.io("write")),
            Self::Volume { client, path } => {
                match client.write_file(path, bytes.to_vec().into(), false).await {
                    Ok(()) => return Ok(true),
                    Err(error) if !error.is_conflict() && !error.outcome_unknown() => {
                        return Err(self.volume("write")(error));
                    }
                    // There, or perhaps there: what stands there decides whose it is.
                    Err(_) => {}
                }
                match self.read().await? {
                    Some(found) => Ok(found == bytes),
                    None => Err(HistoryError::Io {
                        action: "write",
                        path: path.clone(),
                        source: io::Error::other("it is not known whether it was written"),
                    }),
                }
            }
        }
    }

    fn io(&self, action: &'static str) -> impl FnOnce(io::Error) -> HistoryError {
        let path = self.shown();
        move |source| HistoryError::Io { action, path, source }
    }

    fn volume(&self, action: &'static str) -> impl FnOnce(ClientError) -> HistoryError {
        let path = self.shown();
        move |source| HistoryError::Volume { action, path, source }
    }
}

/// Through a temporary file beside it that is linked to its name only when it is on the disk: a
/// kill leaves no half file under that name, and of two writers one finds it taken.
fn create_file(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut temporary = NamedTempFile::with_prefix_in("_writing-", folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    match temporary.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error.error),
    }
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::Folder(folder.path().join("deep")).join("file");
        assert_eq!(place.read().await.expect("read"), None);
        assert!(place.create(b"one").await.expect("made"));
        assert!(!place.create(b"two").await.expect("there"));
        assert_eq!(place.read().await.expect("read").as_deref(), Some(&b"one"[..]));
        let names = Place::Folder(folder.path().join("deep")).list().await.expect("listed");
        assert_eq!(names, ["file"], "nothing is left behind");
    }
}
