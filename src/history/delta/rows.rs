//! Rows as Parquet and back. Files of other writers may have more columns, fewer, or the same in
//! another order; a column is known by its name.

use crate::history::tables::{Column, Kind, Row, Table};
use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use serde_json::Value;
use std::sync::Arc;

/// One Parquet file of these rows.
pub fn to_parquet(table: &Table, rows: &[Row]) -> Result<Vec<u8>, String> {
    let fields = table.columns.iter().map(|column| Field::new(column.name, arrow_type(column.kind), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = table.columns.iter().map(|column| array(column, rows)).collect::<Result<Vec<_>, _>>()?;
    let batch = RecordBatch::try_new(schema, columns).map_err(|error| error.to_string())?;
    written(&batch)
}

/// A batch as a Parquet file.
pub fn written(batch: &RecordBatch) -> Result<Vec<u8>, String> {
    written_all(std::slice::from_ref(batch))
}

/// Batches of one schema as a Parquet file.
pub fn written_all(batches: &[RecordBatch]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let schema = batches.first().map(RecordBatch::schema).ok_or("there is nothing to write")?;
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, None).map_err(|error| error.to_string())?;
    for batch in batches {
        writer.write(batch).map_err(|error| error.to_string())?;
    }
    writer.close().map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn arrow_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Whole => DataType::Int64,
        Kind::Real => DataType::Float64,
        Kind::Truth => DataType::Boolean,
        Kind::Moment => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

fn array(column: &Column, rows: &[Row]) -> Result<ArrayRef, String> {
    let cells = rows.iter().map(|row| row.get(column.name));
    Ok(match column.kind {
        Kind::Text => {
            let mut built = StringBuilder::new();
            cells.for_each(|cell| built.append_option(cell.and_then(Value::as_str)));
            Arc::new(built.finish())
        }
        Kind::Whole => {
            let mut built = Int64Builder::new();
            cells.for_each(|cell| built.append_option(cell.and_then(Value::as_i64)));
            Arc::new(built.finish())
        }
        Kind::Real => {
            let mut built = Float64Builder::new();
            cells.for_each(|cell| built.append_option(cell.and_then(Value::as_f64)));
            Arc::new(built.finish())
        }
        Kind::Truth => {
            let mut built = BooleanBuilder::new();
            cells.for_each(|cell| built.append_option(cell.and_then(Value::as_bool)));
            Arc::new(built.finish())
        }
        Kind::Moment => {
            let mut built = TimestampMicrosecondBuilder::new().with_timezone("UTC");
            for cell in cells {
                let moment = |text: &str| text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_microsecond);
                let micros = cell.and_then(Value::as_str).map(moment).transpose();
                built.append_option(micros.map_err(|error| format!("`{}`: {error}", column.name))?);
            }
            Arc::new(built.finish())
        }
    })
}

/// The rows of one Parquet file.
pub fn from_parquet(bytes: Vec<u8>) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for batch in batches(bytes)? {
        let from = rows.len();
        rows.resize_with(from + batch.num_rows(), Row::new);
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            for (at, row) in rows[from..].iter_mut().enumerate() {
                if let Some(value) = cell(column, at) {
                    row.insert(field.name().clone(), value);
                }
            }
        }
    }
    Ok(rows)
}

/// The batches of a file, with the types that Parquet itself has: what the writer's Arrow types
/// were does not matter.
pub fn batches(bytes: Vec<u8>) -> Result<Vec<RecordBatch>, String> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes::Bytes::from(bytes), options);
    let reader = builder.and_then(ParquetRecordBatchReaderBuilder::build).map_err(|error| error.to_string())?;
    reader.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())
}

/// One cell; none if it is NULL or of a type that no column of ours has.
fn cell(column: &ArrayRef, at: usize) -> Option<Value> {
    if column.is_null(at) {
        return None;
    }
    let moment = |micros: i64| Some(Value::from(jiff::Timestamp::from_microsecond(micros).ok()?.to_string()));
    match column.data_type() {
        DataType::Utf8 => Some(Value::from(column.as_string::<i32>().value(at))),
        DataType::Int64 => Some(Value::from(column.as_primitive::<Int64Type>().value(at))),
        DataType::Int32 => Some(Value::from(column.as_primitive::<Int32Type>().value(at))),
        DataType::Float64 => Some(Value::from(column.as_primitive::<Float64Type>().value(at))),
        DataType::Boolean => Some(Value::from(column.as_boolean().value(at))),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            moment(column.as_primitive::<TimestampMicrosecondType>().value(at))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            moment(column.as_primitive::<TimestampNanosecondType>().value(at) / 1000)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            moment(column.as_primitive::<TimestampMillisecondType>().value(at).saturating_mul(1000))
        }
        _ => None,
    }
}
