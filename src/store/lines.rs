//! JSON-lines files that several processes append to. A line counts once its line end is there;
//! a torn last line (a kill in the middle of a write) is passed over, and taken away by the next
//! write.

use super::atomic::{crash_point, folder_of, sync_folder};
use super::error::StoreError;
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// One append-only file.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    path: PathBuf,
    /// Each append is on the disk before it returns.
    durable: bool,
}

/// A whole line, parsed where it can be.
pub(super) struct Line {
    /// From 1.
    pub number: usize,
    pub value: Result<Value, String>,
}

impl Lines {
    pub(super) fn new(path: PathBuf, durable: bool) -> Self {
        Self { path, durable }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends values, one line each, in one write under the file's lock.
    pub(super) fn append(&self, values: &[Value]) -> Result<(), StoreError> {
        let file = self.open_to_append()?;
        file.lock().map_err(StoreError::io("lock", &self.path))?;
        // Closing the file gives the lock back.
        self.write(&file, values)
    }

    /// Appends under a lock that the caller holds.
    fn write(&self, mut file: &File, values: &[Value]) -> Result<(), StoreError> {
        if self.is_torn(file)? {
            self.cut_torn(file)?;
        }
        let mut bytes = Vec::new();
        for value in values {
            bytes.extend_from_slice(value.to_string().as_bytes());
            bytes.push(b'\n');
        }
        // In two parts only in tests, which break off in the middle of a line.
        let middle = if cfg!(test) { bytes.len() / 2 } else { 0 };
        for part in [&bytes[..middle], &bytes[middle..]] {
            crash_point(&self.path)?;
            file.write_all(part).map_err(StoreError::io("append to", &self.path))?;
        }
        crash_point(&self.path)?;
        if self.durable {
            file.sync_all().map_err(StoreError::io("sync", &self.path))?;
        }
        Ok(())
    }

    /// Reads on from the byte `offset` and appends what `decide` makes of the new lines, as one
    /// step that no other writer can come between. Gives what `decide` gives, and the offset
    /// after what was read.
    pub(super) fn exchange<T>(
        &self,
        offset: u64,
        decide: impl FnOnce(Vec<Line>) -> (T, Vec<Value>),
    ) -> Result<(T, u64), StoreError> {
        let file = self.open_to_append()?;
        file.lock().map_err(StoreError::io("lock", &self.path))?;
        let (lines, offset) = self.read_from(offset)?;
        let (result, values) = decide(lines);
        if !values.is_empty() {
            self.write(&file, &values)?;
        }
        Ok((result, offset))
    }

    /// All whole lines from the byte `offset` on, and the offset after the last of them.
    pub(super) fn read_from(&self, offset: u64) -> Result<(Vec<Line>, u64), StoreError> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
            Err(error) => return Err(StoreError::io("open", &self.path)(error)),
        };
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset)).map_err(StoreError::io("read", &self.path))?;
        file.read_to_end(&mut bytes).map_err(StoreError::io("read", &self.path))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let lines = bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate();
        let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty()).map(|(at, line)| Line {
            number: at + 1,
            value: serde_json::from_slice(line).map_err(|error| error.to_string()),
        });
        Ok((lines.collect(), offset + whole as u64))
    }

    fn open_to_append(&self) -> Result<File, StoreError> {
        let folder = folder_of(&self.path);
        fs::create_dir_all(&folder).map_err(StoreError::io("create the folder", &folder))?;
        let is_new = !self.path.exists();
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path).map_err(StoreError::io("open", &self.path))?;
        if is_new && self.durable {
            sync_folder(&folder)?;
        }
        Ok(file)
    }

    fn is_torn(&self, mut file: &File) -> Result<bool, StoreError> {
        let length = file.metadata().map_err(StoreError::io("read", &self.path))?.len();
        if length == 0 {
            return Ok(false);
        }
        let mut last = [0u8];
        file.seek(SeekFrom::Start(length - 1)).map_err(StoreError::io("read", &self.path))?;
        file.read_exact(&mut last).map_err(StoreError::io("read", &self.path))?;
        Ok(last != *b"\n")
    }

    /// Takes a torn last line away: nobody was told that it stands, and left in the middle of the
    /// file it would be a damaged line.
    fn cut_torn(&self, file: &File) -> Result<(), StoreError> {
        let bytes = fs::read(&self.path).map_err(StoreError::io("read", &self.path))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        file.set_len(whole as u64).map_err(StoreError::io("shorten", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(lines: &Lines) -> Vec<Value> {
        lines.read_from(0).expect("read").0.into_iter().filter_map(|line| line.value.ok()).collect()
    }

    #[test]
    fn a_file_cut_at_any_byte_keeps_its_whole_lines_and_takes_more() {
        let folder = tempfile::tempdir().expect("folder");
        let lines = Lines::new(folder.path().join("x.jsonl"), false);
        lines.append(&[json!({"n": 1}), json!({"n": "둘\n"})]).expect("appended");
        let bytes = fs::read(lines.path()).expect("read");
        for cut in 0..=bytes.len() {
            fs::write(lines.path(), &bytes[..cut]).expect("written");
            let whole = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(values(&lines).len(), whole, "cut at {cut}");
            lines.append(&[json!("after")]).expect("appended");
            assert_eq!(values(&lines).last(), Some(&json!("after")), "cut at {cut}");
            assert!(values(&lines).len() > whole, "cut at {cut}");
        }
    }

    #[test]
    fn writers_at_once_lose_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("x.jsonl");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let lines = Lines::new(path.clone(), false);
                scope.spawn(move || {
                    for n in 0..50 {
                        lines.append(&[json!([writer, n, "x".repeat(200)])]).expect("appended");
                    }
                });
            }
        });
        assert_eq!(values(&Lines::new(path, false)).len(), 200);
    }
}
