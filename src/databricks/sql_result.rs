//! Reading a statement's result: inline, in chunks, or through links.

use super::client::Client;
use super::error::{ClientError, ErrorKind};
use super::http::{Call, decode, exchange, segment};
use super::sql::STATEMENTS;
use crate::model::{Cell, Column, ResultSet};
use crate::wire::{ExternalLink, ResultData, ResultManifest, StatementResponse};
use tokio::time::Instant;

const WHAT: &str = "read a result";

pub(super) struct Reader<'a> {
    client: &'a Client,
    end: Instant,
}

impl<'a> Reader<'a> {
    pub fn new(client: &'a Client, end: Instant) -> Self {
        Self { client, end }
    }

    /// All rows of a statement that succeeded.
    pub async fn read(&self, answer: StatementResponse) -> Result<ResultSet, ClientError> {
        let manifest = answer.manifest.unwrap_or_default();
        let columns = columns(&manifest);
        let mut rows = Vec::new();
        let mut chunk = answer.result.unwrap_or_default();
        let mut read_chunks = 0;
        loop {
            let next = self.next_of(&answer.statement_id, &chunk);
            for row in self.rows_of(chunk).await? {
                rows.push(cells(&columns, row)?);
            }
            read_chunks += 1;
            match next {
                // A guard against a chain of links that never ends.
                Some(path) if read_chunks < 1_000_000 => {
                    chunk = self.client.http().json(Call::get(WHAT, path).deadline(self.end)).await?;
                }
                _ => break,
            }
        }
        let expected = manifest.total_row_count.and_then(|count| usize::try_from(count).ok());
        if expected.is_some_and(|expected| expected != rows.len()) {
            let message = format!("{} rows arrived, {} were announced", rows.len(), expected.unwrap_or_default());
            return Err(ClientError::new(ErrorKind::Lost, WHAT, message));
        }
        Ok(ResultSet { columns, rows, truncated: manifest.truncated })
    }

    /// The path of the chunk after this one.
    fn next_of(&self, statement_id: &str, chunk: &ResultData) -> Option<String> {
        let link = chunk.external_links.as_ref().and_then(|links| links.last());
        let path = chunk.next_chunk_internal_link.clone();
        let path = path.or_else(|| link.and_then(|link| link.next_chunk_internal_link.clone()));
        let index = chunk.next_chunk_index.or(link.and_then(|link| link.next_chunk_index));
        // Only a path of this host: the credentials go along.
        path.filter(|path| path.starts_with('/') && !path.starts_with("//"))
            .or_else(|| index.map(|index| format!("{STATEMENTS}/{}/result/chunks/{index}", segment(statement_id))))
    }

    async fn rows_of(&self, chunk: ResultData) -> Result<Vec<Vec<Option<String>>>, ClientError> {
        let mut rows = chunk.data_array.unwrap_or_default();
        for link in chunk.external_links.unwrap_or_default() {
            rows.extend(self.fetch(&link).await?);
        }
        Ok(rows)
    }

    /// Links point to another store: no credentials go there, only the headers that came along.
    async fn fetch(&self, link: &ExternalLink) -> Result<Vec<Vec<Option<String>>>, ClientError> {
        let mut failure = ClientError::new(ErrorKind::Lost, WHAT, "the link to the rows gave no answer");
        for _ in 0..3 {
            let left = self.end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let mut request = self.client.http().plain().get(&link.external_link).timeout(left);
            for (name, value) in &link.http_headers {
                request = request.header(name, value);
            }
            match exchange(WHAT, request).await {
                Ok(answer) if answer.status == 200 => return decode(WHAT, 200, &answer.body),
                Ok(answer) => {
                    failure = ClientError::from_answer(WHAT, answer.status, "the link to the rows was refused", None);
                    if answer.status < 500 {
                        break;
                    }
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

fn columns(manifest: &ResultManifest) -> Vec<Column> {
    let columns = manifest.schema.columns.iter();
    columns
        .map(|column| Column {
            name: column.name.clone(),
            type_name: column.type_name.clone(),
            type_text: column.type_text.clone(),
        })
        .collect()
}

fn cells(columns: &[Column], row: Vec<Option<String>>) -> Result<Vec<Cell>, ClientError> {
    if row.len() != columns.len() {
        let message = format!("a row has {} values, the result has {} columns", row.len(), columns.len());
        return Err(ClientError::new(ErrorKind::Decode, WHAT, message));
    }
    Ok(columns.iter().zip(row).map(|(column, cell)| Cell::from_wire(cell.as_deref(), &column.type_name)).collect())
}
