//! Which projects a fleet consists of: those that were named, by themselves or with patterns, and on
//! request only those that something changed for.

use crate::cli::args::{ChangedArgs, ProjectArgs};
use crate::cli::session::{cannot_read, load};
use crate::config::{is_pattern, matching_files};
use crate::ops::OpsError;
use crate::render::escape::visible_line;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process;

/// The projects that were named on the command line.
#[derive(Clone, Debug, Default)]
pub struct Fleet(Vec<PathBuf>);

impl Fleet {
    pub fn of(files: Vec<PathBuf>) -> Self {
        Self(files)
    }

    /// True for a run over several projects: more than one file, or a pattern.
    pub fn is_many(&self) -> bool {
        self.0.len() > 1 || self.0.iter().any(|file| names_many(file))
    }

    /// The project files, each once, without those that nothing of what changed belongs to.
    pub(super) fn projects(&self, project: &ProjectArgs, filter: &ChangedArgs) -> Result<Vec<PathBuf>, OpsError> {
        let mut files: Vec<PathBuf> = Vec::new();
        for file in &self.0 {
            for found in expanded(file)? {
                if !files.contains(&found) {
                    files.push(found);
                }
            }
        }
        if let Some(revision) = &filter.changed_since {
            let changed = changed_since(revision)?;
            files.retain(|file| touches(&ProjectArgs { file: file.clone(), ..project.clone() }, &changed));
        }
        Ok(files)
    }
}

/// A name with the signs of a pattern, where no file has that name itself.
fn names_many(path: &Path) -> bool {
    is_pattern(&path.to_string_lossy()) && !path.exists()
}

fn expanded(path: &Path) -> Result<Vec<PathBuf>, OpsError> {
    if !names_many(path) {
        return Ok(vec![path.to_owned()]);
    }
    let pattern = path.to_string_lossy();
    let files = matching_files(Path::new(""), &pattern)
        .map_err(|error| OpsError::usage(format!("`{pattern}` is no pattern: {error}")))?;
    match files.is_empty() {
        true => Err(OpsError::usage(format!("no project matches `{pattern}`; a pattern names project files"))),
        false => Ok(files),
    }
}

/// Files that differ from a revision, those that git does not know among them; absolute.
fn changed_since(revision: &str) -> Result<BTreeSet<PathBuf>, OpsError> {
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?.trim_end());
    // A name is a revision here, never an option.
    let commit = git(&["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")])?;
    let top_text = top.to_string_lossy().into_owned();
    let differing = git(&["-C", &top_text, "diff", "--name-only", "-z", commit.trim_end(), "--"])?;
    let unknown = git(&["-C", &top_text, "ls-files", "--others", "--exclude-standard", "-z"])?;
    let names = differing.split('\0').chain(unknown.split('\0')).filter(|name| !name.is_empty());
    let absolute = top.canonicalize().map_err(|error| cannot_read(&top, &error))?;
    Ok(names.map(|name| absolute.join(name)).collect())
}

fn git(arguments: &[&str]) -> Result<String, OpsError> {
    let output = process::Command::new("git")
        .args(arguments)
        .output()
        .map_err(|error| OpsError::usage(format!("`--changed-since` needs git: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(OpsError::usage(format!("`--changed-since`: git says: {}", visible_line(&said))));
    }
    String::from_utf8(output.stdout).map_err(|_| OpsError::usage("git names a file that is not UTF-8"))
}

/// True if a changed file is one of the project's, or lies in its data or prompts. A project that
/// cannot be read is never left out: its run says what is wrong.
fn touches(project: &ProjectArgs, changed: &BTreeSet<PathBuf>) -> bool {
    let Ok(loaded) = load(project) else { return true };
    let known = &loaded.project;
    let overlay = known.environment.as_ref().map(|name| known.file.with_extension(format!("{name}.yaml")));
    let data = match &known.workspace {
        crate::config::Workspace::Embedded { data, world, .. } => {
            std::iter::once(data.clone()).chain(world.clone()).collect()
        }
        crate::config::Workspace::Databricks { .. } => Vec::new(),
    };
    let own = std::iter::once(known.file.clone())
        .chain(overlay)
        .chain(known.definition.clone())
        .chain(known.benchmarks.iter().cloned())
        .chain(data)
        .chain(known.prompts.clone());
    let own: Vec<PathBuf> = own.filter_map(|path| path.canonicalize().ok()).collect();
    // A benchmark file that was removed leaves no path of its own; it was in the project's folder.
    let removed =
        |path: &PathBuf| !path.exists() && known.folder.canonicalize().is_ok_and(|folder| path.starts_with(folder));
    changed.iter().any(|path| own.iter().any(|own| path.starts_with(own)) || removed(path))
}
