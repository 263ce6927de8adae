//! Columns out of a Parquet file, whoever wrote it.

use std::fs::File;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::column::{Field, Kind, Lists, Table, Values};

/// Rows that are read at a time.
const BATCH: usize = 1 << 16;

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// There is no such file, or it cannot be opened.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is no Parquet file, or not whole.
    #[error("{0}")]
    Parquet(String),
}

/// A Parquet file that is there to be read.
pub struct TableReader {
    file: SerializedFileReader<File>,
}

impl TableReader {
    /// Opens a file.
    ///
    /// # Errors
    /// Where it cannot be opened, or is no Parquet file.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let file = File::open(path)?;
        guarded(|| SerializedFileReader::new(file)).map(|file| TableReader { file })
    }

    /// The names of its columns.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let fields = self.file.metadata().file_metadata().schema().get_fields();
        fields.iter().map(|field| field.name().to_owned()).collect()
    }

    /// What is said of the table as a whole, key by key.
    #[must_use]
    pub fn metadata(&self) -> Vec<(String, String)> {
        let pairs = self.file.metadata().file_metadata().key_value_metadata();
        let pairs = pairs.into_iter().flatten();
        pairs.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect()
    }

    /// All of its columns that hold numbers, words or lists of numbers.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn all(&self) -> Result<Table, TableError> {
        let names = self.names();
        self.read(&names.iter().map(String::as_str).collect::<Vec<_>>(), |_| ControlFlow::Continue(()))
    }

    /// Reads those of the named columns that are there and hold numbers, words or lists of numbers, batch by batch,
    /// until `enough` of a batch says so.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn read(&self, names: &[&str], mut enough: impl FnMut(&Table) -> ControlFlow<()>) -> Result<Table, TableError> {
        guarded(|| {
            let descriptors = self.file.metadata().file_metadata().schema_descr().columns();
            let chosen: Vec<(usize, i16, Field)> = descriptors
                .iter()
                .enumerate()
                .filter(|(_, column)| names.contains(&column.path().parts()[0].as_str()))
                .filter_map(|(index, column)| Some((index, column.max_def_level(), field(column)?)))
                .collect();
            let mut all = Table::new(chosen.iter().map(|(.., field)| field.clone()).collect());
            for group in 0..self.file.num_row_groups() {
                let group = self.file.get_row_group(group)?;
                let mut readers = chosen.iter().map(|(index, ..)| group.get_column_reader(*index)).collect::<Result<
                    Vec<_>,
                    ParquetError,
                >>(
                )?;
                loop {
                    let read = |((_, there, field), reader): (&(usize, i16, Field), &mut ColumnReader)| {
                        Ok((field.clone(), values(field, *there, reader)?))
                    };
                    let columns =
                        chosen.iter().zip(&mut readers).map(read).collect::<Result<Vec<_>, ParquetError>>()?;
                    let batch = Table { columns };
                    if batch.rows() == 0 {
                        break;
                    }
                    if batch.columns.iter().any(|(_, values)| values.len() != batch.rows()) {
                        return Err(ParquetError::General("its columns have not as many rows each".into()));
                    }
                    let done = enough(&batch).is_break();
                    all.append(batch.columns.into_iter().map(|(_, values)| values).collect());
                    if done {
                        return Ok(all);
                    }
                }
            }
            Ok(all)
        })
    }
}

/// A file that lies may make a reader of Parquet panic, which is no more than a file that cannot be read.
fn guarded<T>(read: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, TableError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| TableError::Parquet(error.to_string())),
        Err(_) => Err(TableError::Parquet("it is no Parquet file that can be read".to_owned())),
    }
}

/// What a column holds, where it is of a kind that is known here.
fn field(column: &ColumnDescriptor) -> Option<Field> {
    use parquet::basic::Type::{BOOLEAN, BYTE_ARRAY, DOUBLE, FLOAT, INT32, INT64};
    let optional = column.max_def_level() > 0;
    let is_word =
        column.logical_type_ref() == Some(&LogicalType::String) || column.converted_type() == ConvertedType::UTF8;
    let kind = match (column.physical_type(), column.max_rep_level()) {
        (INT32 | INT64, 0) if !optional => Kind::Integer,
        (INT32 | INT64 | FLOAT | DOUBLE, 0) => {
            if optional {
                Kind::OptionalNumber
            } else {
                Kind::Number
            }
        }
        (BYTE_ARRAY, 0) if is_word => {
            if optional {
                Kind::OptionalWord
            } else {
                Kind::Word
            }
        }
        (DOUBLE, 1) => Kind::List,
        (BOOLEAN, _) | _ => return None,
    };
    Some(Field::new(column.path().parts()[0].clone(), kind))
}

/// The next values of a column that are there, and of each value or gap its levels: all there is, or less; the first of a
/// row, or a later one of its list.
struct Levels<T> {
    values: Vec<T>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    /// The level at which a value is there.
    there: i16,
}

fn next<D: DataType>(reader: &mut ColumnReaderImpl<D>, there: i16) -> Result<Levels<D::T>, ParquetError> {
    let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
    reader.read_records(BATCH, Some(&mut definition), Some(&mut repetition), &mut values)?;
    if there == 0 {
        definition = vec![0; values.len()];
    }
    Ok(Levels { values, definition, repetition, there })
}

impl<T> Levels<T> {
    /// The value of each row, where it has one.
    fn rows(self) -> impl Iterator<Item = Option<T>> {
        let mut values = self.values.into_iter();
        self.definition.into_iter().map(move |level| if level == self.there { values.next() } else { None })
    }
}

impl Levels<f64> {
    fn lists(self) -> Lists {
        let mut values = self.values.into_iter();
        let mut lists = Lists::default();
        let mut list = Vec::new();
        for (at, (definition, repetition)) in self.definition.iter().zip(&self.repetition).enumerate() {
            if *repetition == 0 && at > 0 {
                lists.push(&list);
                list.clear();
            }
            if *definition == self.there {
                list.extend(values.next());
            }
        }
        if !self.definition.is_empty() {
            lists.push(&list);
        }
        lists
    }
}

fn whole<T: Into<i64>>(levels: Levels<T>) -> Values {
    Values::integers(levels.rows().flatten().map(Into::into))
}

/// The next rows of a column.
fn values(Field { kind, .. }: &Field, there: i16, reader: &mut ColumnReader) -> Result<Values, ParquetError> {
    let other = || ParquetError::General("a column changes what it holds".into());
    Ok(match reader {
        ColumnReader::Int32ColumnReader(reader) if *kind == Kind::Integer => whole(next(reader, there)?),
        ColumnReader::Int64ColumnReader(reader) if *kind == Kind::Integer => whole(next(reader, there)?),
        ColumnReader::Int32ColumnReader(reader) => {
            Values::optional_numbers(next(reader, there)?.rows().map(|value| value.map(f64::from)))
        }
        ColumnReader::Int64ColumnReader(reader) => {
            Values::optional_numbers(next(reader, there)?.rows().map(|value| value.map(|value| value as f64)))
        }
        ColumnReader::FloatColumnReader(reader) => {
            Values::optional_numbers(next(reader, there)?.rows().map(|value| value.map(f64::from)))
        }
        ColumnReader::DoubleColumnReader(reader) if *kind == Kind::List => Values::Lists(next(reader, there)?.lists()),
        ColumnReader::DoubleColumnReader(reader) => Values::optional_numbers(next(reader, there)?.rows()),
        ColumnReader::ByteArrayColumnReader(reader) => {
            let rows: Vec<Option<ByteArray>> = next(reader, there)?.rows().collect();
            let words = rows.iter().map(|word| word.as_ref().map(ByteArray::as_utf8).transpose());
            Values::optional_words(words.collect::<Result<Vec<_>, ParquetError>>()?)
        }
        _ => return Err(other()),
    })
}

#[cfg(test)]
mod tests {
    use parquet::record::{ListAccessor, RowAccessor};

    use super::super::write::{ROW_GROUP, TableWriter};
    use super::*;

    /// What is written is read, nulls, empty lists and row groups included.
    #[test]
    fn a_table_comes_back_as_it_was() {
        let rows = ROW_GROUP + 5;
        let number = |row: usize| if row % 3 == 0 { f64::NAN } else { row as f64 / 7.0 };
        let name = |row: usize| ["hot", "", "cold é"][row % 3];
        let lists: Vec<Vec<f64>> = (0..rows).map(|row| (0..row % 4).map(|at| (row + at) as f64).collect()).collect();
        let columns = [
            (Field::new("integer", Kind::Integer), Values::integers((0..rows).map(|row| -(row as i64)))),
            (Field::new("a_time", Kind::Number), Values::numbers((0..rows).map(|row| row as f64 / 3.0))),
            (Field::new("some", Kind::OptionalNumber), Values::numbers((0..rows).map(number))),
            (Field::new("word", Kind::Word), Values::words((0..rows).map(name))),
            (
                Field::new("some.word", Kind::OptionalWord),
                Values::optional_words((0..rows).map(|row| Some(name(row)).filter(|_| row % 5 > 0))),
            ),
            (Field::new("list", Kind::List), Values::lists(lists.iter().map(Vec::as_slice))),
        ];
        let (fields, values): (Vec<Field>, Vec<Values>) = columns.into_iter().unzip();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        let metadata = [("superjump.seed".to_owned(), "7".to_owned())];
        let mut writer = TableWriter::new(File::create(&path).unwrap(), fields.clone(), &metadata).unwrap();
        // In two pieces, of which the first fills a row group.
        let cut = |range: std::ops::Range<usize>| -> Vec<Values> {
            let of = |values: &Values| match values {
                Values::Integers(rows) => Values::integers(rows[range.clone()].iter().copied()),
                Values::Numbers(rows) => Values::numbers(rows[range.clone()].iter().copied()),
                Values::Words(words) => Values::optional_words(words.iter().skip(range.start).take(range.len())),
                Values::Lists(lists) => Values::lists(lists.iter().skip(range.start).take(range.len())),
            };
            values.iter().map(of).collect()
        };
        writer.write(cut(0..ROW_GROUP)).unwrap();
        writer.write(cut(ROW_GROUP..rows)).unwrap();
        writer.finish().unwrap();

        let reader = TableReader::open(&path).unwrap();
        assert_eq!(reader.names(), ["integer", "a_time", "some", "word", "some.word", "list"]);
        assert_eq!(reader.metadata(), metadata);
        let table = reader.all().unwrap();
        assert_eq!(table.columns.iter().map(|(field, _)| field.clone()).collect::<Vec<_>>(), fields);
        for ((field, read), written) in table.columns.iter().zip(&values) {
            assert_eq!(format!("{read:?}"), format!("{written:?}"), "{}", field.name);
        }
        // Read by the rows of the format's own reader, it is the same.
        let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        let row = file.get_row_iter(None).unwrap().nth(ROW_GROUP + 2).unwrap().unwrap();
        let (number, list) = (f64::from(ROW_GROUP as u32 + 2), &lists[ROW_GROUP + 2]);
        assert_eq!((row.get_long(0).unwrap(), row.get_double(1).unwrap()), (-(number as i64), number / 3.0));
        assert_eq!(row.get_string(3).unwrap(), name(ROW_GROUP + 2));
        let elements = row.get_list(5).unwrap();
        assert_eq!((0..elements.len()).map(|at| elements.get_double(at).unwrap()).collect::<Vec<_>>(), *list);
        // A part of it: what is asked for, as far as is wanted.
        let table = reader.read(&["list", "missing"], |_| ControlFlow::Break(())).unwrap();
        assert_eq!((table.columns.len(), table.rows()), (1, BATCH));
        assert_eq!(table.lists("list").unwrap().iter().nth(7).unwrap(), [7.0, 8.0, 9.0]);
    }

    #[test]
    fn what_is_no_table_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        assert!(matches!(TableReader::open(&path), Err(TableError::Io(_))));
        for bytes in [&b""[..], b"PAR1", b"PAR1 no table PAR1"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(matches!(TableReader::open(&path), Err(TableError::Parquet(_))));
        }
    }
}
