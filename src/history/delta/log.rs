//! The log of a table: what it says stands there now.

use super::action::{Action, Add, Metadata, Protocol, Remove};
use super::checkpoint;
use super::text;
use crate::history::error::HistoryError;
use crate::history::place::Place;
use serde_json::Value;
use std::collections::BTreeMap;

const LOG: &str = "_delta_log";

/// The state of a table as of one version.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// None: there is no table yet.
    pub version: Option<u64>,
    pub protocol: Option<Protocol>,
    pub metadata: Option<Metadata>,
    /// The data files, by decoded path.
    pub files: BTreeMap<String, Add>,
    /// What was removed, by decoded path.
    removed: BTreeMap<String, Remove>,
    /// How far other writers have come, by their names.
    transactions: BTreeMap<String, Value>,
}

/// The file of the checkpoint at a version.
pub fn checkpoint_file(table: &Place, version: u64) -> Place {
    table.join(LOG).join(&format!("{version:020}.checkpoint.parquet"))
}

/// The file of one commit.
pub fn file(table: &Place, version: u64) -> Place {
    table.join(LOG).join(&format!("{version:020}.json"))
}

impl Snapshot {
    /// Replays the log: the newest checkpoint and every commit since.
    pub async fn read(table: &Place, name: &str) -> Result<Self, HistoryError> {
        let names = table.join(LOG).list().await?;
        let mut snapshot = Self::default();
        let checkpoints = names.iter().filter_map(|name| numbered(name, ".checkpoint.parquet"));
        if let Some(version) = checkpoints.max() {
            let bytes = checkpoint_file(table, version).read().await?.unwrap_or_default();
            for action in checkpoint::actions(bytes).map_err(HistoryError::table(name))? {
                snapshot.take(action);
            }
            snapshot.version = Some(version);
        }
        let mut commits: Vec<u64> = names.iter().filter_map(|name| numbered(name, ".json")).collect();
        commits.sort_unstable();
        for version in commits {
            if snapshot.version.is_none_or(|reached| version > reached) {
                snapshot.commit(table, name, version).await?;
            }
        }
        snapshot.check_readable(name)?;
        Ok(snapshot)
    }

    /// Takes in the commits that were made since.
    pub async fn read_on(&mut self, table: &Place, name: &str) -> Result<(), HistoryError> {
        while let Some(bytes) = file(table, self.next()).read().await? {
            let version = self.next();
            self.replay(name, version, &bytes)?;
        }
        self.check_readable(name)
    }

    async fn commit(&mut self, table: &Place, name: &str, version: u64) -> Result<(), HistoryError> {
        if version != self.next() {
            let why = format!("its log has no version {}, but a version {version}", self.next());
            return Err(HistoryError::Table { table: name.to_owned(), why });
        }
        // Listed a moment ago; only a clean-up of old commits could have removed it.
        let bytes = file(table, version).read().await?.unwrap_or_default();
        self.replay(name, version, &bytes)
    }

    /// Takes in one commit.
    pub fn replay(&mut self, name: &str, version: u64, bytes: &[u8]) -> Result<(), HistoryError> {
        for line in String::from_utf8_lossy(bytes).lines().filter(|line| !line.trim().is_empty()) {
            let unreadable = |error| format!("version {version} of its log cannot be read: {error}");
            let value: Value = serde_json::from_str(line).map_err(unreadable).map_err(HistoryError::table(name))?;
            self.take(Action::of(&value));
        }
        self.version = Some(version);
        Ok(())
    }

    fn take(&mut self, action: Action) {
        match action {
            Action::Protocol(protocol) => self.protocol = Some(protocol),
            Action::MetaData(metadata) => self.metadata = Some(metadata),
            Action::Add(add) => {
                let path = decoded(&add.path);
                self.removed.remove(&path);
                self.files.insert(path, add);
            }
            Action::Remove(remove) => {
                let path = decoded(&remove.path);
                self.files.remove(&path);
                self.removed.insert(path, remove);
            }
            Action::Transaction(body) => {
                self.transactions.insert(text(&body, "appId").to_owned(), body);
            }
            Action::CommitInfo(_) | Action::Other => {}
        }
    }

    /// All that still counts; removals only where they were made after this moment.
    pub fn actions(&self, removed_after: i64) -> Vec<Action> {
        let protocol = self.protocol.iter().cloned().map(Action::Protocol);
        let metadata = self.metadata.iter().cloned().map(Action::MetaData);
        let transactions = self.transactions.values().cloned().map(Action::Transaction);
        let files = self.files.values().cloned().map(Action::Add);
        let removed = self.removed.values().filter(|remove| remove.at() > removed_after).cloned().map(Action::Remove);
        protocol.chain(metadata).chain(transactions).chain(files).chain(removed).collect()
    }

    /// Paths of what was removed before this moment, where the table leaves that to the default.
    pub fn removed_before(&self, moment: i64) -> impl Iterator<Item = &str> {
        let own =
            |metadata: &Metadata| metadata.0.pointer("/configuration/delta.deletedFileRetentionDuration").is_some();
        let by_default = !self.metadata.as_ref().is_some_and(own);
        let old = self.removed.iter().filter(move |(_, remove)| by_default && remove.at() < moment);
        old.map(|(path, _)| path.as_str())
    }

    /// The version that the next commit makes.
    pub fn next(&self) -> u64 {
        self.version.map_or(0, |version| version + 1)
    }

    fn check_readable(&self, name: &str) -> Result<(), HistoryError> {
        let refuse = |what: String| Err(HistoryError::Unsupported { table: name.to_owned(), what });
        if let Some(protocol) = self.protocol.as_ref().filter(|protocol| protocol.reader > 1) {
            // A named feature that changes nothing about how rows are read is fine.
            let unknown = |feature: &&String| !["timestampNtz", "vacuumProtocolCheck"].contains(&feature.as_str());
            match protocol.features.iter().find(unknown) {
                Some(feature) => return refuse(format!("the reader feature {feature}")),
                None if protocol.reader == 3 => {}
                None => return refuse(format!("reader version {}", protocol.reader)),
            }
        }
        match &self.metadata {
            Some(metadata) if metadata.is_partitioned() => refuse("partitions".to_owned()),
            Some(metadata) if metadata.maps_columns() => refuse("column mapping".to_owned()),
            _ => Ok(()),
        }
    }

    /// True for a table that takes rows of a plain writer.
    pub fn check_writable(&self, name: &str) -> Result<(), HistoryError> {
        match &self.protocol {
            Some(protocol) if protocol.writer > 2 => Err(HistoryError::Unsupported {
                table: name.to_owned(),
                what: format!("writer version {}", protocol.writer),
            }),
            _ => Ok(()),
        }
    }
}

/// The number of a log file with this ending.
fn numbered(name: &str, ending: &str) -> Option<u64> {
    let number = name.strip_suffix(ending)?;
    (number.len() == 20 && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| number.parse().ok())?
}

/// A path of an action, which is percent-encoded.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, code.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (other, _) => {
                bytes.push(*other);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
