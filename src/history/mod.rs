//! Floor 4: the history: every run with its rounds, questions, changes, guards and costs, in six
//! tables that outlive the run folders and that Spark, DuckDB and pandas read.
//!
//! They are Delta tables in a folder, an object store or a Unity Catalog volume ([`delta`]), or tables of a
//! `catalog.schema` behind the SQL warehouse ([`warehouse`]). The columns are declared once
//! ([`tables`]). A history that cannot be written never stops a run.

mod compare;
mod delta;
mod error;
mod place;
mod record;
#[cfg(test)]
mod reference;
mod tables;
mod warehouse;

pub use compare::{Comparison, Moved, compare};
pub use error::HistoryError;
pub use place::Place;
pub use record::RunRecord;
pub use tables::{
    ChangeRow, Column, CostRow, GuardRow, Kind, Moment, QuestionRow, Record, RoundRow, Row, RunRow, TABLES, Table,
};
pub use warehouse::Warehouse;

pub use delta::Compacted;
use delta::DeltaTable;

/// Where the history is kept.
#[derive(Clone)]
pub enum History {
    Files(Place),
    Warehouse(Warehouse),
}

impl History {
    /// For people.
    pub fn shown(&self) -> String {
        match self {
            Self::Files(place) => place.shown(),
            Self::Warehouse(warehouse) => warehouse.schema.clone(),
        }
    }

    /// Adds a run.
    pub async fn add(&self, record: &RunRecord) -> Result<(), HistoryError> {
        for (table, rows) in record.rows() {
            match self {
                Self::Files(place) => DeltaTable::new(place.join(table.name), table).append(&rows).await?,
                Self::Warehouse(warehouse) => warehouse.append(&table, &rows).await?,
            }
        }
        Ok(())
    }

    /// As [`History::add`] where there is no time to wait: only a folder of this machine can take
    /// it; false if this is another place.
    pub fn add_now(&self, record: &RunRecord) -> Result<bool, HistoryError> {
        match self {
            // Nothing in it waits for anything but the disk.
            Self::Files(Place::Folder(_)) => futures::executor::block_on(self.add(record)).map(|()| true),
            _ => Ok(false),
        }
    }

    /// All rows of one table, as they are kept.
    pub async fn rows(&self, table: Table) -> Result<Vec<Row>, HistoryError> {
        match self {
            Self::Files(place) => DeltaTable::new(place.join(table.name), table).read().await,
            Self::Warehouse(warehouse) => warehouse.read(&table).await,
        }
    }

    /// Merges the small files of every table; none of tables that the warehouse keeps.
    pub async fn compact(&self) -> Result<Vec<(Table, Compacted)>, HistoryError> {
        let Self::Files(place) = self else { return Ok(Vec::new()) };
        let mut compacted = Vec::new();
        for table in TABLES {
            compacted.push((*table, DeltaTable::new(place.join(table.name), *table).compact(2).await?));
        }
        Ok(compacted)
    }

    async fn all<R: Record>(&self) -> Result<Vec<R>, HistoryError> {
        Ok(self.rows(R::TABLE).await?.iter().map(R::of).collect())
    }

    /// All runs, newest first.
    pub async fn runs(&self) -> Result<Vec<RunRow>, HistoryError> {
        let mut runs: Vec<RunRow> = self.all().await?;
        let began = |run: &RunRow| run.started_at.as_ref().and_then(|at| at.0.parse::<jiff::Timestamp>().ok());
        runs.sort_by(|one, two| began(two).cmp(&began(one)).then_with(|| two.run_id.cmp(&one.run_id)));
        Ok(runs)
    }

    /// The run that `wanted` names: its id, its folder, the plan it made, or the beginning of one
    /// of these; `latest` is the newest.
    pub async fn find(&self, wanted: &str) -> Result<RunRow, HistoryError> {
        let runs = self.runs().await?;
        let named = |run: &&RunRow| {
            // Of the runs about one plan the one that made it is meant.
            let by_plan = run.command != "apply" && run.plan_id.starts_with(wanted);
            run.run_id.starts_with(wanted) || run.folder.starts_with(wanted) || by_plan
        };
        let found: Vec<&RunRow> = match wanted {
            "latest" => runs.iter().take(1).collect(),
            _ => runs.iter().filter(named).collect(),
        };
        let exact = found.iter().find(|run| run.run_id == wanted || run.folder == wanted);
        let list = |runs: &[&RunRow]| runs.iter().take(5).map(|run| run.folder.as_str()).collect::<Vec<_>>().join(", ");
        match (exact, found.as_slice()) {
            (Some(run), _) | (None, [run]) => Ok((*run).clone()),
            (None, []) => {
                let newest = list(&runs.iter().collect::<Vec<_>>());
                let known =
                    if newest.is_empty() { "; it is empty".into() } else { format!("; the newest are {newest}") };
                Err(HistoryError::NoSuchRun { wanted: wanted.to_owned(), known })
            }
            (None, several) => Err(HistoryError::Ambiguous { wanted: wanted.to_owned(), found: list(several) }),
        }
    }

    /// Everything that is kept of one run.
    pub async fn whole(&self, run: RunRow) -> Result<RunRecord, HistoryError> {
        let id = run.run_id.clone();
        let mut record = RunRecord::begin(run);
        record.rounds = self.all::<RoundRow>().await?.into_iter().filter(|row| row.run_id == id).collect();
        record.questions = self.all::<QuestionRow>().await?.into_iter().filter(|row| row.run_id == id).collect();
        record.changes = self.all::<ChangeRow>().await?.into_iter().filter(|row| row.run_id == id).collect();
        record.guards = self.all::<GuardRow>().await?.into_iter().filter(|row| row.run_id == id).collect();
        record.costs = self.all::<CostRow>().await?.into_iter().find(|row| row.run_id == id).unwrap_or_default();
        Ok(record)
    }
}

#[cfg(test)]
mod tests;
