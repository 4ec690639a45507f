//! Where the files of the tables lie: a folder, or the object store or Unity Catalog volume that
//! shared state can lie in. All can make a file only if it is not there, which is all that a Delta
//! log needs.

use super::error::HistoryError;
use crate::store::{Blobs, StoreError};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

#[derive(Clone)]
pub enum Place {
    Folder(PathBuf),
    /// A file or folder in a store away from this machine; the name is empty for all of it.
    Shared {
        blobs: Blobs,
        name: String,
    },
}

impl Place {
    pub fn shared(blobs: Blobs) -> Self {
        Self::Shared { blobs, name: String::new() }
    }

    /// The place below this one.
    pub fn join(&self, below: &str) -> Self {
        match self {
            Self::Folder(path) => Self::Folder(path.join(below)),
            Self::Shared { blobs, name } => {
                let name = if name.is_empty() { below.to_owned() } else { format!("{name}/{below}") };
                Self::Shared { blobs: blobs.clone(), name }
            }
        }
    }

    pub fn shown(&self) -> String {
        match self {
            Self::Folder(path) => path.display().to_string(),
            Self::Shared { blobs, name } => blobs.place(name).trim_end_matches('/').to_owned(),
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
            Self::Shared { blobs, name } => blobs.list(name).await.map_err(self.failed("list")),
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
            Self::Shared { blobs, name } => {
                let found = blobs.read(name).await.map_err(self.failed("read"))?;
                Ok(found.map(|bytes| bytes.to_vec()))
            }
        }
    }

    /// Makes the file with this content, whole or not at all; false if it is there already.
    pub async fn create(&self, bytes: &[u8]) -> Result<bool, HistoryError> {
        match self {
            Self::Folder(path) => create_file(path, bytes).map_err(self.io("write")),
            Self::Shared { blobs, name } => {
                blobs.create(name, bytes.to_vec().into()).await.map_err(self.failed("write"))
            }
        }
    }

    /// Removes the file, if it is there.
    pub async fn delete(&self) -> Result<(), HistoryError> {
        match self {
            Self::Folder(path) => match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(self.io("remove")(error)),
                _ => Ok(()),
            },
            Self::Shared { blobs, name } => blobs.delete(name).await.map_err(self.failed("remove")),
        }
    }

    fn io(&self, action: &'static str) -> impl FnOnce(io::Error) -> HistoryError + use<> {
        let path = self.shown();
        move |source| HistoryError::Io { action, path, source }
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(StoreError) -> HistoryError + use<> {
        let path = self.shown();
        move |source| HistoryError::Shared { action, path, source }
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
