//! The state file with its backups.

use super::atomic::{read_if_there, write_atomic};
use super::error::StoreError;
use super::layout::beside;
use crate::format::{FormatError, state_from_json, state_to_json};
use crate::model::State;
use std::fs;
use std::path::{Path, PathBuf};

/// How many versions of the state are kept, the current one included.
const BACKUPS: usize = 10;

/// The state of one project, on disk.
#[derive(Clone, Debug)]
pub struct StateStore {
    path: PathBuf,
}

/// One kept version.
#[derive(Clone, Debug, PartialEq)]
pub struct Backup {
    pub serial: u64,
    pub path: PathBuf,
    /// None: the backup itself cannot be read.
    pub state: Option<State>,
}

impl StateStore {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state; none before the first apply. A damaged or vanished state is an error that
    /// names the best backup: to go on as if nothing had ever been applied would do harm.
    pub fn load(&self) -> Result<Option<State>, StoreError> {
        let Some(bytes) = read_if_there(&self.path)? else {
            return match self.backup_files()?.is_empty() {
                true => Ok(None),
                false => Err(StoreError::StateLost { path: self.path.clone(), good: self.best_backup()? }),
            };
        };
        match parse(&bytes) {
            Ok(state) => self.not_older(state).map(Some),
            // Written by a newer release: sound, only not for this program.
            Err(source @ FormatError::Newer { .. }) => Err(StoreError::Format { path: self.path.clone(), source }),
            Err(error) => Err(StoreError::StateCorrupt {
                path: self.path.clone(),
                why: error.to_string(),
                good: self.best_backup()?,
            }),
        }
    }

    /// An old copy put back by hand, or by git, would let what was applied since be forgotten.
    fn not_older(&self, state: State) -> Result<State, StoreError> {
        let newest = self.kept()?.find_map(|backup| backup.state);
        match newest.filter(|newest| newest.lineage == state.lineage && newest.serial > state.serial) {
            Some(newest) => {
                Err(StoreError::StateOld { path: self.path.clone(), found: state.serial, newest: newest.serial })
            }
            None => Ok(state),
        }
    }

    /// Writes the state with the next serial and gives it back as written. `state` must come from
    /// the version on disk: another lineage or serial there is refused.
    pub fn save(&self, mut state: State) -> Result<State, StoreError> {
        if let Some(current) = self.load()? {
            if current.lineage != state.lineage {
                return Err(StoreError::Lineage {
                    path: self.path.clone(),
                    ours: state.lineage,
                    found: current.lineage,
                });
            }
            if current.serial != state.serial {
                return Err(StoreError::Serial { path: self.path.clone(), ours: state.serial, found: current.serial });
            }
        }
        state.serial += 1;
        self.write(&state)?;
        Ok(state)
    }

    /// Puts a backup back as the current state, under its own serial. Newer ones are set aside:
    /// this is where the history goes on.
    pub fn restore(&self, serial: u64) -> Result<State, StoreError> {
        let found = self.kept()?.find(|backup| backup.serial == serial);
        let state = found.and_then(|backup| backup.state);
        let state = state.ok_or_else(|| StoreError::NoBackup { folder: self.backup_folder(), serial })?;
        self.set_aside()?;
        self.set_newer_aside(serial)?;
        self.write(&state)?;
        Ok(state)
    }

    /// Takes over what a shared place holds, whatever stands here.
    pub(super) fn replace(&self, state: &State) -> Result<(), StoreError> {
        self.set_aside()?;
        self.set_newer_aside(state.serial)?;
        self.write(state)
    }

    /// Makes a state that is not there, whatever its serial: after a repair.
    pub fn install(&self, state: &State) -> Result<(), StoreError> {
        self.set_aside()?;
        self.write(state)
    }

    /// Keeps a damaged state for inspection.
    fn set_aside(&self) -> Result<(), StoreError> {
        match read_if_there(&self.path)? {
            Some(bytes) if parse(&bytes).is_err() => write_atomic(&self.path.with_extension("json.corrupt"), &bytes),
            _ => Ok(()),
        }
    }

    fn set_newer_aside(&self, serial: u64) -> Result<(), StoreError> {
        for (_, newer) in self.backup_files()?.into_iter().filter(|(kept, _)| *kept > serial) {
            let aside = newer.with_extension("json.set-aside");
            fs::rename(&newer, &aside).map_err(StoreError::io("set aside", &newer))?;
        }
        Ok(())
    }

    /// All kept versions, newest first.
    pub fn backups(&self) -> Result<Vec<Backup>, StoreError> {
        Ok(self.kept()?.collect())
    }

    /// The same, each read only when its turn comes: every command looks at the newest, hardly
    /// one at the others.
    fn kept(&self) -> Result<impl Iterator<Item = Backup>, StoreError> {
        Ok(self.backup_files()?.into_iter().map(|(serial, path)| {
            let state = fs::read(&path).ok().and_then(|bytes| parse(&bytes).ok());
            Backup { serial, path, state }
        }))
    }

    /// The serials and files of all kept versions, newest first.
    fn backup_files(&self) -> Result<Vec<(u64, PathBuf)>, StoreError> {
        let folder = self.backup_folder();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io("list", &folder)(error)),
        };
        let paths = entries.flatten().map(|entry| entry.path());
        let mut files: Vec<(u64, PathBuf)> = paths.filter_map(|path| Some((serial_of(&path)?, path))).collect();
        files.sort_by_key(|(serial, _)| std::cmp::Reverse(*serial));
        Ok(files)
    }

    fn write(&self, state: &State) -> Result<(), StoreError> {
        let text = state_to_json(state);
        write_atomic(&self.path, text.as_bytes())?;
        // After the state, so that a kill between the two never leaves a backup ahead of it.
        write_atomic(&self.backup_folder().join(format!("{}.json", state.serial)), text.as_bytes())?;
        for (_, old) in self.backup_files()?.into_iter().skip(BACKUPS) {
            fs::remove_file(&old).map_err(StoreError::io("remove the old backup", &old))?;
        }
        Ok(())
    }

    fn best_backup(&self) -> Result<Option<(PathBuf, u64)>, StoreError> {
        let good = self.kept()?.find(|backup| backup.state.is_some());
        Ok(good.map(|backup| (backup.path, backup.serial)))
    }

    fn backup_folder(&self) -> PathBuf {
        beside(&self.path).join("backups")
    }
}

fn serial_of(backup: &Path) -> Option<u64> {
    backup.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()
}

fn parse(bytes: &[u8]) -> Result<State, FormatError> {
    state_from_json(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, StateStore) {
        let folder = tempfile::tempdir().expect("folder");
        let store = StateStore::new(folder.path().join("state.json"));
        (folder, store)
    }

    fn saved(store: &StateStore, times: usize) -> State {
        let mut state = State::new("lineage".into(), "host".into());
        for _ in 0..times {
            state = store.save(state).expect("saved");
        }
        state
    }

    #[test]
    fn serials_go_up_and_ten_versions_are_kept() {
        let (_folder, store) = store();
        assert_eq!(store.load().expect("none yet"), None);
        let state = saved(&store, 13);
        assert_eq!(state.serial, 13);
        assert_eq!(store.load().expect("there"), Some(state));
        let serials: Vec<u64> = store.backups().expect("there").iter().map(|backup| backup.serial).collect();
        assert_eq!(serials, (4..=13).rev().collect::<Vec<_>>());
    }

    #[test]
    fn a_state_cut_at_any_byte_names_the_backup_that_brings_it_back() {
        let (_folder, store) = store();
        let good = saved(&store, 3);
        let bytes = fs::read(store.path()).expect("read");
        // The last byte is the line end, without which the state is whole still.
        for cut in 0..bytes.len() - 1 {
            fs::write(store.path(), &bytes[..cut]).expect("cut");
            let error = store.load().expect_err("cut");
            assert!(error.to_string().contains("state restore 3"), "cut at {cut}: {error}");
            assert!(store.save(good.clone()).is_err(), "cut at {cut}");
            assert_eq!(store.restore(3).expect("restored"), good, "cut at {cut}");
            assert_eq!(store.load().expect("good again"), Some(good.clone()), "cut at {cut}");
        }
    }

    #[test]
    fn an_old_copy_put_back_is_noticed_and_a_restored_one_is_not() {
        let (_folder, store) = store();
        saved(&store, 2);
        let old = fs::read(store.path()).expect("read");
        let state = store.load().expect("read").expect("there");
        store.save(state).expect("saved");
        fs::write(store.path(), &old).expect("put back");
        let error = store.load().expect_err("old");
        assert!(matches!(error, StoreError::StateOld { found: 2, newest: 3, .. }), "{error}");
        assert!(error.to_string().contains("state restore 3"), "{error}");
        assert_eq!(store.restore(2).expect("on purpose").serial, 2);
        assert_eq!(store.load().expect("read").expect("there").serial, 2);
    }

    #[test]
    fn a_vanished_state_is_not_a_new_project() {
        let (_folder, store) = store();
        saved(&store, 2);
        fs::remove_file(store.path()).expect("removed");
        assert!(matches!(store.load(), Err(StoreError::StateLost { good: Some((_, 2)), .. })));
    }

    #[test]
    fn other_lineages_serials_and_versions_are_refused_untouched() {
        let (_folder, store) = store();
        let state = saved(&store, 2);
        let other = State { lineage: "other".into(), ..state.clone() };
        assert!(matches!(store.save(other), Err(StoreError::Lineage { .. })));
        let old = State { serial: 1, ..state.clone() };
        assert!(matches!(store.save(old), Err(StoreError::Serial { ours: 1, found: 2, .. })));
        let text = fs::read_to_string(store.path()).expect("read");
        let newer = text.replace("\"format_version\": 1", "\"format_version\": 9");
        fs::write(store.path(), &newer).expect("written");
        assert!(matches!(store.save(state), Err(StoreError::Format { .. })));
        assert_eq!(fs::read_to_string(store.path()).expect("read"), newer);
    }
}
