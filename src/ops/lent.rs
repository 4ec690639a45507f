//! Spaces that their owners lend for proving. What a space held is written down before the first
//! trial is written to it, and stays on record until it stands there again: a run that was killed
//! is put right by the next one. Each loan is a file of its own beside the ledger, which may
//! forget; this may not.

use super::workspace::{OpsError, Workspace};
use crate::model::Space;
use crate::store::{Layout, StoreError, write_atomic};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The loans of one project.
#[derive(Clone, Debug)]
pub struct Loans {
    folder: PathBuf,
}

/// A space that is lent to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loan {
    pub space_id: String,
    /// The title that it bears meanwhile: while it does, what it holds is a trial's.
    pub title: String,
    pub host: String,
    pub owner: String,
    pub created: Timestamp,
    /// What it held, and what goes back.
    pub before: Space,
}

impl Loans {
    pub fn of(layout: &Layout) -> Self {
        Self::in_folder(layout.root().join("lent"))
    }

    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Puts a loan on record; on return it is on the disk.
    pub fn begin(&self, loan: &Loan) -> Result<(), OpsError> {
        let text = serde_json::to_string_pretty(loan).map_err(|error| {
            OpsError::other(format!("what the space {} holds cannot be put on record: {error}", loan.space_id))
        })?;
        Ok(write_atomic(&self.file(&loan.space_id)?, text.as_bytes())?)
    }

    /// Strikes a loan: the space holds what it held.
    pub fn end(&self, space_id: &str) -> Result<(), OpsError> {
        let path = self.file(space_id)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", &path, error)),
            _ => Ok(()),
        }
    }

    /// All loans on record, by space.
    pub fn open(&self) -> Result<Vec<Loan>, OpsError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(|error| failed("read", &self.folder, error))?,
        };
        let mut loans = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| failed("read", &self.folder, error))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                loans.push(read(&path)?);
            }
        }
        loans.sort_by(|a: &Loan, b: &Loan| a.space_id.cmp(&b.space_id));
        Ok(loans)
    }

    fn file(&self, space_id: &str) -> Result<PathBuf, OpsError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if space_id.is_empty() || !space_id.chars().all(is_plain) {
            return Err(OpsError::usage(format!("`{space_id}` is not the id of a space (`proof.space`)")));
        }
        Ok(self.folder.join(format!("{space_id}.json")))
    }
}

/// What a loan held is nowhere else, so a file that does not read is not passed over.
fn read(path: &Path) -> Result<Loan, OpsError> {
    let text = std::fs::read_to_string(path).map_err(|error| failed("read", path, error))?;
    serde_json::from_str(&text).map_err(|error| {
        OpsError::other(format!(
            "{} says what a space held that was lent for proving, and cannot be read: {error}. Put the space right by \
             hand if need be, and move the file away",
            path.display()
        ))
    })
}

fn failed(action: &'static str, path: &Path, error: std::io::Error) -> OpsError {
    StoreError::Io { action, path: path.to_owned(), source: error }.into()
}

/// Writes back what a lent space held. Without the title of the loan it was not written to, or
/// somebody has put it right since: then it is left alone.
pub(super) async fn give_back(workspace: &Workspace, loan: &Loan) -> Result<(), OpsError> {
    let found = match workspace.client.get_space(&loan.space_id).await {
        Err(error) if error.is_not_found() => return Ok(()),
        found => found?,
    };
    if found.space.sidecar.title.starts_with(&loan.title) {
        workspace.client.update_space(&loan.space_id, &loan.before, found.etag.as_deref()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loan(space_id: &str) -> Loan {
        Loan {
            space_id: space_id.to_owned(),
            title: "Dev [lent]".to_owned(),
            host: "h".to_owned(),
            owner: "ann on box:1".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            before: Space::empty(),
        }
    }

    #[test]
    fn loans_are_on_record_until_they_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let loans = Loans::in_folder(folder.path().join("lent"));
        assert_eq!(loans.open().expect("read"), []);
        loans.end("01f0").expect("nothing to strike");
        for id in ["01f1", "01f0"] {
            loans.begin(&loan(id)).expect("on record");
        }
        assert_eq!(loans.open().expect("read"), [loan("01f0"), loan("01f1")]);
        loans.end("01f0").expect("struck");
        assert_eq!(loans.open().expect("read"), [loan("01f1")]);
        assert!(loans.begin(&loan("../x")).is_err());
    }

    #[test]
    fn a_loan_that_does_not_read_is_not_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let loans = Loans::in_folder(folder.path());
        std::fs::write(folder.path().join("01f0.json"), "{\"space_id\":").expect("written");
        let error = loans.open().expect_err("half a file").to_string();
        assert!(error.contains("01f0.json"), "{error}");
    }
}
