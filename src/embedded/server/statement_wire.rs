//! A result set into the statement API's shapes.

use crate::model::{Cell, Column, ResultSet};
use crate::wire::{ChunkInfo, ColumnDescription, ResultManifest, ResultSchema};

/// Columns, counts and chunks of a result.
pub(super) fn manifest(result: &ResultSet, chunk_rows: usize) -> ResultManifest {
    let columns: Vec<ColumnDescription> =
        result.columns.iter().enumerate().map(|(i, column)| describe(column, i)).collect();
    let chunks: Vec<ChunkInfo> = result
        .rows
        .chunks(chunk_rows.max(1))
        .enumerate()
        .map(|(index, rows)| ChunkInfo {
            chunk_index: int(index),
            row_offset: int(index * chunk_rows.max(1)),
            row_count: int(rows.len()),
            byte_count: int(byte_count(rows)),
        })
        .collect();
    ResultManifest {
        format: Some("JSON_ARRAY".to_owned()),
        schema: ResultSchema { column_count: int(columns.len()), columns },
        total_chunk_count: int(chunks.len()),
        total_row_count: int(result.rows.len()),
        total_byte_count: int(byte_count(&result.rows)),
        chunks,
        truncated: result.truncated,
    }
}

/// Rows as the wire writes them.
pub(super) fn data(rows: &[Vec<Cell>]) -> Vec<Vec<Option<String>>> {
    rows.iter().map(|row| row.iter().map(Cell::as_wire).collect()).collect()
}

/// Size of the rows as JSON, in bytes, near enough for limits.
pub(super) fn byte_count(rows: &[Vec<Cell>]) -> usize {
    let cell = |cell: &Cell| match cell {
        Cell::Null | Cell::Bool(_) => 7,
        Cell::Number(text) | Cell::Text(text) => text.len() + 3,
    };
    rows.iter().map(|row| row.iter().map(cell).sum::<usize>() + 3).sum()
}

pub(super) fn int(number: usize) -> Option<i64> {
    i64::try_from(number).ok()
}

fn describe(column: &Column, position: usize) -> ColumnDescription {
    let numbers: Vec<i64> = column
        .type_text
        .split_once('(')
        .filter(|_| column.type_name == "DECIMAL")
        .map(|(_, rest)| rest.trim_end_matches(')').split(',').filter_map(|n| n.trim().parse().ok()).collect())
        .unwrap_or_default();
    ColumnDescription {
        name: column.name.clone(),
        type_text: column.type_text.clone(),
        type_name: column.type_name.clone(),
        type_precision: numbers.first().copied(),
        type_scale: numbers.get(1).copied(),
        position: int(position),
    }
}
