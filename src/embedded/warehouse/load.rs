//! A folder of tables → tables in memory and their catalog.

use super::cast::cast;
use super::csv::{Field as CsvField, infer, leaves_commas, records, with_point};
use super::schema::{FolderSchema, TableSchema};
use super::types::{TIMESTAMP, is_text, parse_type, type_text};
use super::value::{Value, build_array};
use crate::model::{Catalog, CatalogColumn, CatalogTable, ForeignKey};
use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::datasource::MemTable;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a folder cannot be opened as a warehouse.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    #[error("cannot read `{path}`: {source}. Check the folder named as the embedded workspace")]
    Read { path: String, source: std::io::Error },
    #[error("`{path}` is not a valid schema: {message}")]
    Schema { path: String, message: String },
    #[error("`{path}`, row {row}, column `{column}`: {message}")]
    Cell { path: String, row: usize, column: String, message: String },
    #[error("`{path}`: {message}")]
    Table { path: String, message: String },
    #[error("the embedded warehouse cannot start: {0}")]
    Engine(String),
}

/// A table and what is known of it.
pub(crate) struct LoadedTable {
    /// Catalog, schema and name as written.
    pub name: [String; 3],
    pub table: Arc<MemTable>,
    pub described: CatalogTable,
}

/// A folder's tables.
pub(crate) struct LoadedFolder {
    pub tables: Vec<LoadedTable>,
    pub schema: FolderSchema,
}

/// Reads `schema.json` and the tables it names, or every CSV and Parquet file if there is none.
pub(crate) fn load_folder(folder: &Path) -> Result<LoadedFolder, WarehouseError> {
    let path = folder.join("schema.json");
    let schema = if path.exists() {
        FolderSchema::parse(&read(&path)?)
            .map_err(|message| WarehouseError::Schema { path: path.display().to_string(), message })?
    } else {
        FolderSchema { tables: table_files(folder)?, ..FolderSchema::default() }
    };
    let null = schema.csv_null.clone();
    let tables = schema.tables.iter().map(|table| load_table(folder, table, null.as_deref()));
    let tables = tables.collect::<Result<Vec<_>, _>>()?;
    Ok(LoadedFolder { tables, schema })
}

fn read(path: &Path) -> Result<String, WarehouseError> {
    std::fs::read_to_string(path).map_err(|source| WarehouseError::Read { path: path.display().to_string(), source })
}

fn table_files(folder: &Path) -> Result<Vec<TableSchema>, WarehouseError> {
    let failed = |source| WarehouseError::Read { path: folder.display().to_string(), source };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        files.push(entry.map_err(failed)?.path());
    }
    files.sort();
    let table = |path: &PathBuf| {
        let extension = path.extension()?.to_str()?;
        let known = extension.eq_ignore_ascii_case("csv") || extension.eq_ignore_ascii_case("parquet");
        let name = path.file_stem()?.to_str()?.to_owned();
        let csv = path.file_name()?.to_str()?.to_owned();
        known.then(|| TableSchema { name, csv: Some(csv), ..TableSchema::default() })
    };
    Ok(files.iter().filter_map(table).collect())
}

/// `sales.orders` → `main`, `sales`, `orders`.
pub(crate) fn three_parts(name: &str) -> [String; 3] {
    let mut parts: Vec<String> = name.replace('`', "").split('.').map(str::to_owned).collect();
    for default in ["default", "main"].into_iter().skip(parts.len().saturating_sub(1)) {
        parts.insert(0, default.to_owned());
    }
    let table = parts.split_off(2).join(".");
    let mut parts = parts.into_iter();
    [parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), table]
}

fn load_table(folder: &Path, table: &TableSchema, null: Option<&str>) -> Result<LoadedTable, WarehouseError> {
    let name = three_parts(&table.name);
    let short = table.name.rsplit('.').next().unwrap_or(&table.name);
    let path = folder.join(table.csv.clone().unwrap_or_else(|| format!("{short}.csv")));
    let is_parquet = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
    let (batches, types) = if is_parquet { load_parquet(&path)? } else { load_csv(&path, table, null)? };
    let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    let table_error = |error: datafusion::common::DataFusionError| WarehouseError::Table {
        path: path.display().to_string(),
        message: error.to_string(),
    };
    let memory = MemTable::try_new(schema, vec![batches]).map_err(table_error)?;
    Ok(LoadedTable { described: describe(&name, table, &types), name, table: Arc::new(memory) })
}

fn describe(name: &[String; 3], table: &TableSchema, types: &[(String, DataType)]) -> CatalogTable {
    let declared = |column: &str| table.columns.iter().find(|other| other.name.eq_ignore_ascii_case(column));
    let columns = types.iter().map(|(column, data_type)| CatalogColumn {
        name: column.clone(),
        type_text: declared(column).map_or_else(|| type_text(data_type), |column| column.type_text.to_uppercase()),
        nullable: declared(column).is_none_or(|column| column.nullable),
        comment: declared(column).map(|column| column.comment.clone()).unwrap_or_default(),
        profile: None,
    });
    let keys = table.foreign_keys.iter().map(|key| ForeignKey {
        columns: key.columns.clone(),
        parent_table: three_parts(&key.parent_table).join("."),
        parent_columns: key.parent_columns.clone(),
    });
    CatalogTable {
        full_name: name.join("."),
        comment: table.comment.clone(),
        columns: columns.collect(),
        primary_key: table.columns.iter().filter(|c| c.primary_key).map(|c| c.name.clone()).collect(),
        foreign_keys: keys.collect(),
    }
}

type Loaded = (Vec<RecordBatch>, Vec<(String, DataType)>);

fn load_csv(path: &Path, table: &TableSchema, null: Option<&str>) -> Result<Loaded, WarehouseError> {
    let place = path.display().to_string();
    let text = read(path)?;
    let mut rows = records(&text).into_iter();
    let header: Vec<String> = rows.next().unwrap_or_default().into_iter().map(|field| field.text).collect();
    let mut rows: Vec<Vec<CsvField>> = rows.collect();
    if let Some((at, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != header.len()) {
        let message = format!("row {} has {} fields, the header has {}", at + 2, row.len(), header.len());
        return Err(WarehouseError::Table { path: place, message });
    }
    if let Some(lost) = table.columns.iter().find(|c| !header.iter().any(|name| name.eq_ignore_ascii_case(&c.name))) {
        let message = format!("the schema names a column `{}` that the header lacks", lost.name);
        return Err(WarehouseError::Table { path: place, message });
    }
    let is_null = |field: &CsvField| match null {
        Some(null) => field.text == null,
        None => !field.quoted && matches!(field.text.as_str(), "" | "\\N"),
    };
    if leaves_commas(&text) {
        let declared = |at: &usize| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&header[*at]));
        (0..header.len()).filter(|at| !declared(at)).for_each(|at| read_commas(&mut rows, at, &is_null));
    }
    let (mut fields, mut arrays, mut types) = (Vec::new(), Vec::<ArrayRef>::new(), Vec::new());
    for (at, name) in header.iter().enumerate() {
        let data_type = match table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)) {
            Some(column) => parse_type(&column.type_text).ok_or_else(|| WarehouseError::Table {
                path: place.clone(),
                message: format!("the column `{name}` has the unknown type `{}`", column.type_text),
            })?,
            None => infer(rows.iter().map(|row| &row[at]).filter(|field| !is_null(field)).map(|f| f.text.as_str())),
        };
        let mut values = Vec::with_capacity(rows.len());
        for (row, record) in rows.iter().enumerate() {
            values.push(read_cell(&record[at], is_null(&record[at]), &data_type).map_err(|message| {
                WarehouseError::Cell { path: place.clone(), row: row + 2, column: name.clone(), message }
            })?);
        }
        let array = build_array(&values, &data_type);
        arrays.push(array.map_err(|e| WarehouseError::Table { path: place.clone(), message: e.to_string() })?);
        fields.push(Field::new(name.to_lowercase(), data_type.clone(), true));
        types.push((name.clone(), data_type));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| WarehouseError::Table { path: place, message: error.to_string() })?;
    Ok((vec![batch], types))
}

/// Writes a column's decimal commas as points, if all of it are numbers of which some have one.
fn read_commas(rows: &mut [Vec<CsvField>], at: usize, is_null: &dyn Fn(&CsvField) -> bool) {
    let filled = || rows.iter().map(|row| &row[at]).filter(|field| !is_null(field));
    let all = filled().all(|field| with_point(&field.text).is_some());
    if all && filled().any(|field| field.text.contains(',')) {
        for field in rows.iter_mut().map(|row| &mut row[at]).filter(|field| !is_null(field)) {
            field.text = with_point(&field.text).unwrap_or_default();
        }
    }
}

fn read_cell(field: &CsvField, is_null: bool, data_type: &DataType) -> Result<Value, String> {
    // Nothing but text can be empty.
    if is_null || (field.text.is_empty() && !is_text(data_type)) {
        return Ok(Value::Null);
    }
    cast(Value::Text(field.text.clone()), data_type).map_err(|failure| failure.message)
}

fn load_parquet(path: &Path) -> Result<Loaded, WarehouseError> {
    let place = path.display().to_string();
    let failed = |message: String| WarehouseError::Table { path: place.clone(), message };
    let file = std::fs::File::open(path).map_err(|source| WarehouseError::Read { path: place.clone(), source })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed(error.to_string()))?;
    let source = Arc::clone(builder.schema());
    let fields: Vec<Field> =
        source.fields().iter().map(|f| Field::new(f.name().to_lowercase(), plain_type(f.data_type()), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut batches = Vec::new();
    for batch in builder.build().map_err(|error| failed(error.to_string()))? {
        let batch = batch.map_err(|error| failed(error.to_string()))?;
        let columns = batch.columns().iter().zip(schema.fields());
        let columns = columns.map(|(column, field)| datafusion::arrow::compute::cast(column, field.data_type()));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| failed(error.to_string()))?;
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|error| failed(error.to_string()))?;
        batches.push(batch);
    }
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(Arc::clone(&schema)));
    }
    let types = source.fields().iter().zip(schema.fields());
    Ok((batches, types.map(|(old, new)| (old.name().clone(), new.data_type().clone())).collect()))
}

/// The type of this warehouse for a type of a file.
fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Dictionary(..) => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Timestamp(..) => TIMESTAMP,
        DataType::Date64 => DataType::Date32,
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Time32(TimeUnit::Second | TimeUnit::Millisecond) | DataType::Time64(_) => DataType::Utf8,
        other => other.clone(),
    }
}

/// The catalog of loaded tables.
pub(crate) fn catalog_of(tables: &[LoadedTable]) -> Catalog {
    Catalog::new(tables.iter().map(|table| table.described.clone()))
}
