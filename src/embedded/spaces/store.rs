//! The workspace's folder: small JSON files, each written atomically, all changes under one lock.
//!
//! Every read goes to the folder and every change reads first under the lock, so that two
//! processes over the same folder, one after the other or at once, meet the same workspace.
//! Files are not flushed to the disk one by one: a crash of the program loses nothing, and a
//! crash of the machine is not what a local stand-in has to survive.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The folder of one workspace.
pub struct Store {
    folder: PathBuf,
    /// Set when nobody named a folder; it goes with the store.
    _temporary: Option<tempfile::TempDir>,
    /// File locks do not hold back threads of the same process on every system.
    gate: Mutex<()>,
}

/// One line of the request log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct LogEntry {
    pub seq: u64,
    pub method: String,
    pub path: String,
    pub status: u16,
    /// True if the request was carried out, even if its answer was lost.
    pub executed: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub question: Option<String>,
    /// Digest of the space content that was asked over or written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content: Option<String>,
}

impl Store {
    /// Opens or creates a folder; none means a temporary one.
    pub fn open(folder: Option<&Path>) -> io::Result<Self> {
        let (folder, temporary) = match folder {
            Some(folder) => (folder.to_owned(), None),
            None => {
                let temporary = tempfile::tempdir()?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, _temporary: temporary, gate: Mutex::new(()) })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads one file; none if it is not there.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                let message = format!("{}: {error}", self.folder.join(name).display());
                io::Error::new(io::ErrorKind::InvalidData, message)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Names (without `.json`) of the files in a subfolder, in ascending order.
    pub fn names(&self, subfolder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.folder.join(subfolder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            names.extend(name.to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// Runs a change while no other thread or process changes anything.
    pub fn locked<T, E: From<io::Error>>(&self, change: impl FnOnce(&Locked<'_>) -> Result<T, E>) -> Result<T, E> {
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(self.folder.join("lock"))?;
        file.lock()?;
        // Closing the file gives the lock back, on every way out.
        change(&Locked { store: self })
    }

    /// All lines of the request log.
    pub fn log(&self) -> io::Result<Vec<LogEntry>> {
        let text = match fs::read_to_string(self.folder.join("requests.jsonl")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other?,
        };
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }
}

/// The store while it is locked: the only way to change it.
pub struct Locked<'a> {
    store: &'a Store,
}

impl Locked<'_> {
    /// Reading is allowed, and sees what the lock protects.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        self.store.read(name)
    }

    pub fn names(&self, subfolder: &str) -> io::Result<Vec<String>> {
        self.store.names(subfolder)
    }

    pub fn write(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.write_bytes(name, &serde_json::to_vec(value)?)
    }

    pub fn write_bytes(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.store.folder.join(name);
        let parent = path.parent().unwrap_or(&self.store.folder);
        let temporary = path.with_extension("tmp");
        let write = || fs::write(&temporary, bytes);
        match write() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(parent)?;
                write()?;
            }
            other => other?,
        }
        fs::rename(&temporary, &path)
    }

    pub fn exists(&self, name: &str) -> bool {
        self.store.folder.join(name).exists()
    }

    pub fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.store.folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// The next number of a counter, from 0.
    pub fn next(&self, counter: &str) -> io::Result<u64> {
        let name = format!("counters/{counter}.json");
        let number: u64 = self.read(&name)?.unwrap_or_default();
        self.write(&name, &(number + 1))?;
        Ok(number)
    }

    /// Appends a line to the request log, with its number.
    pub fn append_log(&self, mut entry: LogEntry) -> io::Result<()> {
        entry.seq = self.next("requests")?;
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        let mut file: File =
            OpenOptions::new().create(true).append(true).open(self.store.folder.join("requests.jsonl"))?;
        file.write_all(&line)
    }
}

/// True if an id from outside may become a file name.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A value's digest as a file name.
pub(crate) fn content_name(digest: &str) -> String {
    format!("contents/{digest}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_kept_counted_and_listed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Some(folder.path())).unwrap();
        let numbers: io::Result<Vec<u64>> = store.locked(|locked| {
            locked.write("things/b.json", &1)?;
            locked.write("things/a.json", &2)?;
            (0..3).map(|_| locked.next("n")).collect()
        });
        assert_eq!(numbers.unwrap(), [0, 1, 2]);
        let again = Store::open(Some(folder.path())).unwrap();
        assert_eq!(again.names("things").unwrap(), ["a", "b"]);
        assert_eq!(again.read::<u64>("things/a.json").unwrap(), Some(2));
        assert_eq!(again.read::<u64>("things/c.json").unwrap(), None);
        assert!(!is_id("../x") && is_id("01f0-a"));
    }
}
