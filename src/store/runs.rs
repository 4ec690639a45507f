//! The folder of one run: its events, line by line, and its scorecards.

use super::atomic::write_whole;
use super::error::StoreError;
use crate::format::{EventLine, event_to_json, scorecard_to_json};
use crate::model::Scorecard;
use jiff::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// One run's folder, `runs/<time>/`.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    events: File,
}

impl RunFolder {
    /// Makes the folder; a second run in the same second gets a name of its own.
    pub fn create(runs: &Path, now: Timestamp) -> Result<Self, StoreError> {
        fs::create_dir_all(runs).map_err(StoreError::io("create the folder", runs))?;
        let name = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let names = std::iter::once(name.clone()).chain((2..1000).map(|n| format!("{name}-{n}")));
        let mut path = runs.to_owned();
        for name in names {
            path = runs.join(name);
            match fs::create_dir(&path) {
                Ok(()) => break,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::io("create the folder", &path)(error)),
            }
        }
        let file = path.join("events.jsonl");
        let events = OpenOptions::new().create(true).append(true).open(&file);
        Ok(Self { events: events.map_err(StoreError::io("open", &file))?, path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds one event; the line is in the file when this returns.
    pub fn event(&mut self, line: &EventLine) -> Result<(), StoreError> {
        let written = self.events.write_all(event_to_json(line).as_bytes());
        written.map_err(StoreError::io("write events into", &self.path))
    }

    /// Writes a scorecard under a name such as `before` or `round-1`.
    pub fn scorecard(&self, name: &str, card: &Scorecard) -> Result<PathBuf, StoreError> {
        let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        let path = self.path.join(format!("scorecard-{safe}.json"));
        write_whole(&path, scorecard_to_json(card).as_bytes())?;
        Ok(path)
    }
}

/// The run folders, oldest first.
pub fn list_runs(runs: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{LineBody, event_from_json};
    use crate::model::Event;

    #[test]
    fn runs_of_one_second_do_not_share_a_folder() {
        let folder = tempfile::tempdir().expect("folder");
        let now = Timestamp::from_second(1_800_000_000).expect("a time");
        let mut one = RunFolder::create(folder.path(), now).expect("made");
        let two = RunFolder::create(folder.path(), now).expect("made");
        assert_eq!(list_runs(folder.path()), [one.path().to_owned(), two.path().to_owned()]);
        let body = LineBody::Event(Event::Note { message: "안녕".into() });
        let line = EventLine { seq: 0, ts: now.to_string(), body };
        one.event(&line).expect("written");
        let text = fs::read_to_string(one.path().join("events.jsonl")).expect("read");
        assert_eq!(event_from_json(&text), Ok(line));
    }
}
