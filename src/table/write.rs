//! Columns into a Parquet file.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::column::writer::{
    ColumnCloseResult, ColumnWriter, get_column_writer, get_typed_column_writer_mut as typed,
};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, ColumnPath, PrimitiveTypeBuilder, Type, TypePtr};
use rayon::prelude::*;

use super::column::{Field, Kind, Values};

/// Rows of a row group, which the writer holds: as many as DuckDB reads at a time, give or take.
pub const ROW_GROUP: usize = 1 << 17;
/// Bytes from which on a row group has fewer rows: long lists.
const ROW_GROUP_BYTES: usize = 1 << 27;

/// A Parquet file on its way.
pub struct TableWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    fields: Vec<Field>,
    /// The rows of the next row group.
    pending: Vec<Values>,
    /// Row groups that are full, and are encoded together.
    full: Vec<Vec<Values>>,
}

impl<W: Write + Send> TableWriter<W> {
    /// A file of no rows yet; the metadata are what pyarrow shows of the schema, and DuckDB of the footer.
    ///
    /// # Errors
    /// Those of writing.
    pub fn new(sink: W, fields: Vec<Field>, metadata: &[(String, String)]) -> Result<Self> {
        let footer = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(footer));
        // No two times are alike, and a dictionary of them is made in vain.
        for field in fields.iter().filter(|field| field.name.ends_with("_time")) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name.as_str()), false);
        }
        let columns = fields.iter().map(parquet_type).collect::<Result<_>>()?;
        let schema = Arc::new(Type::group_type_builder("schema").with_fields(columns).build()?);
        let file = SerializedFileWriter::new(sink, schema, Arc::new(properties.build()))?;
        let pending = empty(&fields);
        Ok(TableWriter { file, fields, pending, full: Vec::new() })
    }

    /// Appends rows, in the order of the fields.
    ///
    /// # Errors
    /// Those of writing.
    pub fn write(&mut self, columns: Vec<Values>) -> Result<()> {
        for (pending, later) in self.pending.iter_mut().zip(columns) {
            pending.append(later);
        }
        let rows = self.pending.first().map_or(0, Values::len);
        if rows >= ROW_GROUP || size(&self.pending) >= ROW_GROUP_BYTES {
            self.fill();
            if self.full.len() >= abreast()
                || self.full.iter().map(|group| size(group)).sum::<usize>() >= ROW_GROUP_BYTES
            {
                self.write_full()?;
            }
        }
        Ok(())
    }

    /// Writes what is left, and the footer.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(mut self) -> Result<W> {
        self.fill();
        self.write_full()?;
        self.file.into_inner()
    }

    /// The row group that was pending is full, where it has rows.
    fn fill(&mut self) {
        if self.pending.first().is_some_and(|rows| !rows.is_empty()) {
            let next = empty(&self.fields);
            self.full.push(std::mem::replace(&mut self.pending, next));
        }
    }

    /// Encodes all columns of all full groups side by side, and writes them one after the other.
    fn write_full(&mut self) -> Result<()> {
        let (schema, properties) = (self.file.schema_descr(), self.file.properties());
        // A field of the file is a column, and a list is one of its elements.
        let fields = || self.fields.iter().zip(schema.columns());
        let columns = self.full.drain(..).flat_map(|group| fields().zip(group));
        let columns: Vec<_> = columns.map(|((field, of), values)| (of, field.kind, values)).collect();
        let encoded = |(of, kind, values): (&ColumnDescPtr, Kind, Values)| encoded((of, properties), kind, values);
        // On the threads of whoever writes from such, and on no others.
        let chunks: Vec<Result<Chunk>> = match rayon::current_thread_index() {
            Some(_) => columns.into_par_iter().map(encoded).collect(),
            None => columns.into_iter().map(encoded).collect(),
        };
        let mut chunks = chunks.into_iter().peekable();
        while chunks.peek().is_some() {
            let mut group = self.file.next_row_group()?;
            for chunk in chunks.by_ref().take(self.fields.len()) {
                let (bytes, close) = chunk?;
                group.append_column(&bytes, close)?;
            }
            group.close()?;
        }
        Ok(())
    }
}

fn empty(fields: &[Field]) -> Vec<Values> {
    fields.iter().map(|field| Values::empty(field.kind)).collect()
}

fn size(group: &[Values]) -> usize {
    group.iter().map(Values::size).sum()
}

/// How many row groups are encoded together: their columns are few, and one of them takes longer than others.
fn abreast() -> usize {
    rayon::current_thread_index().map_or(1, |_| rayon::current_num_threads().div_ceil(4))
}

/// A column of a row group: its bytes, and what the group says of them.
type Chunk = (Bytes, ColumnCloseResult);

fn encoded((of, properties): (&ColumnDescPtr, &WriterPropertiesPtr), kind: Kind, values: Values) -> Result<Chunk> {
    let mut sink = TrackedWrite::new(Vec::new());
    let pages = Box::new(SerializedPageWriter::new(&mut sink));
    let mut column = get_column_writer(of.clone(), properties.clone(), pages);
    write_column(&mut column, kind, values)?;
    let close = column.close()?;
    Ok((sink.into_inner()?.into(), close))
}

fn parquet_type(field: &Field) -> Result<TypePtr> {
    fn leaf(name: &str, physical: Physical, repetition: Repetition) -> PrimitiveTypeBuilder<'_> {
        Type::primitive_type_builder(name, physical).with_repetition(repetition)
    }
    let name = field.name.as_str();
    let word = |repetition| {
        leaf(name, Physical::BYTE_ARRAY, repetition)
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8)
    };
    let column = match field.kind {
        Kind::Integer => leaf(name, Physical::INT64, Repetition::REQUIRED).build(),
        Kind::Number => leaf(name, Physical::DOUBLE, Repetition::REQUIRED).build(),
        Kind::OptionalNumber => leaf(name, Physical::DOUBLE, Repetition::OPTIONAL).build(),
        Kind::Word => word(Repetition::REQUIRED).build(),
        Kind::OptionalWord => word(Repetition::OPTIONAL).build(),
        Kind::List => {
            let element = Arc::new(leaf("element", Physical::DOUBLE, Repetition::REQUIRED).build()?);
            let list =
                Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(vec![element]);
            Type::group_type_builder(name)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::List))
                .with_converted_type(ConvertedType::LIST)
                .with_fields(vec![Arc::new(list.build()?)])
                .build()
        }
    };
    column.map(Arc::new)
}

/// Values without nulls, and where optional, for each row whether there is one.
fn write_column(column: &mut ColumnWriter<'_>, kind: Kind, values: Values) -> Result<()> {
    match values {
        Values::Integers(rows) => typed::<Int64Type>(column).write_batch(&rows, None, None)?,
        Values::Numbers(mut rows) if kind == Kind::OptionalNumber => {
            let there: Vec<i16> = rows.iter().map(|value| i16::from(!value.is_nan())).collect();
            rows.retain(|value| !value.is_nan());
            typed::<DoubleType>(column).write_batch(&rows, Some(&there), None)?
        }
        Values::Numbers(rows) => typed::<DoubleType>(column).write_batch(&rows, None, None)?,
        Values::Words(words) => {
            let there: Vec<i16> = words.iter().map(|word| i16::from(word.is_some())).collect();
            let bytes = Bytes::copy_from_slice(words.text().as_bytes());
            let mut start = 0;
            let each = words.iter().flatten().map(|word| {
                let end = start + word.len();
                ByteArray::from(bytes.slice(std::mem::replace(&mut start, end)..end))
            });
            let each: Vec<ByteArray> = each.collect();
            let there = (kind == Kind::OptionalWord).then_some(&there[..]);
            typed::<ByteArrayType>(column).write_batch(&each, there, None)?
        }
        Values::Lists(lists) => {
            // An empty list is a level without a value; the first value of a list begins a row.
            let levels = lists.iter().map(|list| list.len().max(1));
            let begins: Vec<i16> = levels.flat_map(|levels| (0..levels).map(|at| i16::from(at > 0))).collect();
            let there = lists.iter().flat_map(|list| (0..list.len().max(1)).map(|_| i16::from(!list.is_empty())));
            let there: Vec<i16> = there.collect();
            typed::<DoubleType>(column).write_batch(lists.flat(), Some(&there), Some(&begins))?
        }
    };
    Ok(())
}
