//! The plans folder: `<short id>.json`, and `latest` with the name of the newest.

use super::atomic::{read_if_there, write_atomic};
use super::error::StoreError;
use crate::format::{LoadedPlan, plan_from_json, plan_id, plan_to_json};
use crate::model::{Digest, Plan};
use std::fs;
use std::path::{Path, PathBuf};

/// The plans of one project.
#[derive(Clone, Debug)]
pub struct PlanStore {
    folder: PathBuf,
}

/// Where a plan was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlan {
    pub id: Digest,
    pub path: PathBuf,
}

impl PlanStore {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Writes a plan and makes it the latest.
    pub fn save(&self, plan: &Plan) -> Result<SavedPlan, StoreError> {
        let id = plan_id(plan);
        let name = format!("{}.json", id.short());
        let path = self.folder.join(&name);
        write_atomic(&path, plan_to_json(plan).as_bytes())?;
        write_atomic(&self.folder.join("latest"), format!("{name}\n").as_bytes())?;
        Ok(SavedPlan { id, path })
    }

    /// Finds a plan by `latest`, by the beginning of its id, or by a path, and checks it.
    pub fn load(&self, wanted: &str) -> Result<(LoadedPlan, PathBuf), StoreError> {
        let path = self.find(wanted)?;
        Ok((Self::read(&path)?, path))
    }

    /// Reads and checks the plan at a path.
    pub fn read(path: &Path) -> Result<LoadedPlan, StoreError> {
        let bytes = fs::read(path).map_err(StoreError::io("read the plan", path))?;
        plan_from_json(&String::from_utf8_lossy(&bytes))
            .map_err(|source| StoreError::Format { path: path.to_owned(), source })
    }

    /// The names of all plans, sorted.
    pub fn list(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
        names.sort();
        names
    }

    fn find(&self, wanted: &str) -> Result<PathBuf, StoreError> {
        if wanted == "latest" {
            let name = read_if_there(&self.folder.join("latest"))?;
            let name = name.and_then(|bytes| String::from_utf8(bytes).ok()).map(|text| text.trim().to_owned());
            return name.map(|name| self.folder.join(name)).ok_or_else(|| self.unknown(wanted));
        }
        if wanted.contains(['/', '\\']) || wanted.ends_with(".json") {
            let path = PathBuf::from(wanted);
            let inside = self.folder.join(wanted);
            return Ok(if !path.exists() && inside.exists() { inside } else { path });
        }
        // A whole id finds its file, whose name has the first eight characters only.
        let wanted_id = wanted.trim_start_matches("sha256:");
        let matches = |name: &String| {
            !wanted_id.is_empty() && (name.starts_with(wanted_id) || wanted_id.starts_with(name.as_str()))
        };
        let mut known: Vec<String> = self.list().into_iter().filter(matches).collect();
        match known.len() {
            0 => Err(self.unknown(wanted)),
            1 => Ok(self.folder.join(format!("{}.json", known.remove(0)))),
            _ => Err(StoreError::AmbiguousPlan { wanted: wanted.to_owned(), known }),
        }
    }

    fn unknown(&self, wanted: &str) -> StoreError {
        StoreError::NoPlan { folder: self.folder.clone(), wanted: wanted.to_owned(), known: self.list() }
    }
}
