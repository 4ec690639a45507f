//! Writing a file so that a kill at any moment leaves the old content or the new one.

use super::error::StoreError;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Replaces `path`: a temporary file in the same folder, synced, renamed, and the folder synced.
/// Only the owner may read it (mode 0600).
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = written(path, bytes)?;
    temporary.as_file().sync_all().map_err(StoreError::io("sync", path))?;
    crash_point(path)?;
    temporary.persist(path).map_err(|error| StoreError::io("replace", path)(error.error))?;
    crash_point(path)?;
    sync_folder(&folder_of(path))
}

/// As [`write_atomic`] for what a run tells of itself: whole or not there after a kill, but nothing
/// that is worth waiting for the disk, a dozen times at the end of every plan.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    written(path, bytes)?.persist(path).map_err(|error| StoreError::io("replace", path)(error.error))?;
    Ok(())
}

/// The content under a name of its own, in the folder of `path`.
fn written(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, StoreError> {
    let folder = folder_of(path);
    fs::create_dir_all(&folder).map_err(StoreError::io("create the folder", &folder))?;
    let mut temporary = NamedTempFile::with_prefix_in(".writing-", &folder)
        .map_err(StoreError::io("create a temporary file in", &folder))?;
    crash_point(path)?;
    temporary.write_all(bytes).map_err(StoreError::io("write", path))?;
    Ok(temporary)
}

/// Where tests let everything break off: before and after each step that lasts.
#[cfg(not(test))]
pub(super) fn crash_point(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
pub(crate) use crash::crash_point;

#[cfg(test)]
pub(crate) mod crash {
    //! A disk that stops: the n-th step and all after it fail, on this thread.

    use super::StoreError;
    use std::cell::Cell;
    use std::path::Path;

    thread_local! {
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
        static PASSED: Cell<usize> = const { Cell::new(0) };
    }

    /// From the `steps`-th step on nothing lasts; none: all does. Gives the steps taken before.
    pub(crate) fn arm(steps: Option<usize>) -> usize {
        LEFT.set(steps);
        PASSED.replace(0)
    }

    pub(crate) fn crash_point(path: &Path) -> Result<(), StoreError> {
        PASSED.set(PASSED.get() + 1);
        match LEFT.get() {
            Some(0) => Err(StoreError::io("write", path)(std::io::Error::from(std::io::ErrorKind::StorageFull))),
            Some(left) => {
                LEFT.set(Some(left - 1));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Makes a rename or a new file in `folder` survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        let opened = File::open(folder).map_err(StoreError::io("open the folder", folder))?;
        opened.sync_all().map_err(StoreError::io("sync the folder", folder))?;
    }
    Ok(())
}

pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The content of a file that may not be there.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_whole_file_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("deep").join("file.json");
        for content in ["one", "a longer second", "x"] {
            write_atomic(&path, content.as_bytes()).expect("written");
            assert_eq!(read_if_there(&path).expect("read"), Some(content.as_bytes().to_vec()));
            let content = format!("{content} again");
            write_whole(&path, content.as_bytes()).expect("written");
            assert_eq!(read_if_there(&path).expect("read"), Some(content.as_bytes().to_vec()));
        }
        let names = fs::read_dir(folder_of(&path)).expect("folder").count();
        assert_eq!(names, 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("file.json");
        write_atomic(&path, b"x").expect("written");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
}
