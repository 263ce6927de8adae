//! Columns out of a Parquet file, whoever wrote it.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use super::column::{Field, Kind, Lists, Table, Values};

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
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Ok(self.read(&names, u64::MAX, |_| false)?.0)
    }

    /// The first rows, `most` of them at most, of those of the named columns that are there and hold numbers, words or
    /// lists of numbers, until `enough` of the last rows says so.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn read(
        &self,
        names: &[&str],
        most: u64,
        mut enough: impl FnMut(&Table) -> bool,
    ) -> Result<(Table, Extent), TableError> {
        let mut all: Option<Table> = None;
        let extent = self.each(names, most, |rows| {
            let done = enough(&rows);
            match &mut all {
                Some(all) => all.append(rows.columns.into_iter().map(|(_, values)| values).collect()),
                None => all = Some(rows),
            }
            done
        })?;
        let chosen = || self.chosen(names).into_iter().map(|leaf| leaf.field).collect();
        Ok((all.unwrap_or_else(|| Table::new(chosen())), extent))
    }

    /// Hands such rows on, some at a time: however many there are, and whatever the file makes of a few bytes, only so much
    /// of it is in memory.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn each(&self, names: &[&str], most: u64, mut enough: impl FnMut(Table) -> bool) -> Result<Extent, TableError> {
        guarded(|| {
            let chosen = self.chosen(names);
            let batch = batch(self.file.metadata(), &chosen)?;
            let mut extent = Extent { read: 0, of: self.file.metadata().file_metadata().num_rows().unsigned_abs() };
            for group in 0..self.file.num_row_groups() {
                let group = self.file.get_row_group(group)?;
                let readers = chosen.iter().map(|leaf| group.get_column_reader(leaf.index));
                let mut readers = readers.collect::<Result<Vec<_>, ParquetError>>()?;
                loop {
                    let rows = batch.min(usize::try_from(most - extent.read).unwrap_or(usize::MAX));
                    let read = |(leaf, reader): (&Leaf, &mut ColumnReader)| {
                        Ok((leaf.field.clone(), values(leaf, rows, reader)?))
                    };
                    let columns = chosen.iter().zip(&mut readers).map(read).collect::<Result<_, ParquetError>>()?;
                    let table = Table { columns };
                    if table.rows() == 0 {
                        break;
                    }
                    if table.columns.iter().any(|(_, values)| values.len() != table.rows()) {
                        return Err(ParquetError::General("its columns have not as many rows each".into()));
                    }
                    extent.read += table.rows() as u64;
                    if enough(table) || extent.read >= most {
                        return Ok(extent);
                    }
                }
            }
            Ok(extent)
        })
    }

    fn chosen(&self, names: &[&str]) -> Vec<Leaf> {
        let leaves = self.file.metadata().file_metadata().schema_descr().columns();
        let named = leaves.iter().enumerate().filter(|(_, leaf)| names.contains(&leaf.path().parts()[0].as_str()));
        let known = |(index, leaf): (usize, &ColumnDescPtr)| {
            Some(Leaf { index, there: leaf.max_def_level(), field: field(leaf)? })
        };
        named.filter_map(known).collect()
    }
}

/// How much of a table was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Rows that were read.
    pub read: u64,
    /// Rows that it has.
    pub of: u64,
}

impl Extent {
    /// What was left out, in words.
    #[must_use]
    pub fn left_out(&self, name: &str) -> Option<String> {
        let Extent { read, of } = self;
        (read < of).then(|| format!("{name} has {of} rows, of which the first {read} are read"))
    }
}

/// A column of a file.
struct Leaf {
    index: usize,
    /// The level of definition at which a value is there.
    there: i16,
    field: Field,
}

/// Rows that are read together, and the bytes that a column of them may come to: words of a dictionary are as long, at
/// most, as all of the column is.
const BATCH: u64 = 8192;
const BATCH_BYTES: u64 = 1 << 28;
/// Values of a column of lists in one group of rows, beyond which it is not read.
const MOST_LISTED: u64 = 1 << 27;

/// So many rows at a time, by what the file says of its columns.
fn batch(metadata: &ParquetMetaData, chosen: &[Leaf]) -> Result<usize, ParquetError> {
    let mut rows = BATCH;
    for group in metadata.row_groups() {
        for column in chosen.iter().filter_map(|leaf| group.columns().get(leaf.index)) {
            let values = column.num_values().unsigned_abs();
            if values > MOST_LISTED {
                return Err(ParquetError::General(format!("{} holds {values} values", column.column_path())));
            }
            let widest = match column.column_type() {
                Physical::BYTE_ARRAY => column.uncompressed_size().unsigned_abs(),
                _ => 8 * values.div_ceil(group.num_rows().unsigned_abs().max(1)),
            };
            rows = rows.min(BATCH_BYTES / widest.max(1));
        }
    }
    Ok(rows.max(1) as usize)
}

/// Hands the named columns of a table in a folder on, as [`TableReader::each`]; `None` where there is no such file.
///
/// # Errors
/// In words, if the file is not a table.
pub fn each(
    folder: &Path,
    name: &str,
    columns: &[&str],
    most: u64,
    enough: impl FnMut(Table) -> bool,
) -> Result<Option<Extent>, String> {
    found(name, TableReader::open(&folder.join(name)).and_then(|reader| reader.each(columns, most, enough)))
}

/// The same as [`TableReader::read`].
///
/// # Errors
/// In words, if the file is not a table.
#[cfg(feature = "figures")]
pub fn read(
    folder: &Path,
    name: &str,
    columns: &[&str],
    most: u64,
    enough: impl FnMut(&Table) -> bool,
) -> Result<Option<(Table, Extent)>, String> {
    found(name, TableReader::open(&folder.join(name)).and_then(|reader| reader.read(columns, most, enough)))
}

fn found<T>(name: &str, read: Result<T, TableError>) -> Result<Option<T>, String> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(TableError::Io(_)) => Ok(None),
        Err(error) => Err(format!("{name} cannot be read ({error})")),
    }
}

/// The names of the columns of a table that exist.
#[cfg(feature = "figures")]
pub fn columns(folder: &Path, name: &str) -> Vec<String> {
    TableReader::open(&folder.join(name)).map_or_else(|_| Vec::new(), |reader| reader.names())
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
    use Physical::{BYTE_ARRAY, DOUBLE, FLOAT, INT32, INT64};
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
        _ => return None,
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

fn next<D: DataType>(reader: &mut ColumnReaderImpl<D>, rows: usize, there: i16) -> Result<Levels<D::T>, ParquetError> {
    let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
    reader.read_records(rows, Some(&mut definition), Some(&mut repetition), &mut values)?;
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
fn values(leaf: &Leaf, rows: usize, reader: &mut ColumnReader) -> Result<Values, ParquetError> {
    let Leaf { there, field: Field { kind, .. }, .. } = leaf;
    let there = *there;
    let other = || ParquetError::General("a column changes what it holds".into());
    Ok(match reader {
        ColumnReader::Int32ColumnReader(reader) if *kind == Kind::Integer => whole(next(reader, rows, there)?),
        ColumnReader::Int64ColumnReader(reader) if *kind == Kind::Integer => whole(next(reader, rows, there)?),
        ColumnReader::Int32ColumnReader(reader) => {
            Values::optional_numbers(next(reader, rows, there)?.rows().map(|value| value.map(f64::from)))
        }
        ColumnReader::Int64ColumnReader(reader) => {
            Values::optional_numbers(next(reader, rows, there)?.rows().map(|value| value.map(|value| value as f64)))
        }
        ColumnReader::FloatColumnReader(reader) => {
            Values::optional_numbers(next(reader, rows, there)?.rows().map(|value| value.map(f64::from)))
        }
        ColumnReader::DoubleColumnReader(reader) if *kind == Kind::List => {
            Values::Lists(next(reader, rows, there)?.lists())
        }
        ColumnReader::DoubleColumnReader(reader) => Values::optional_numbers(next(reader, rows, there)?.rows()),
        ColumnReader::ByteArrayColumnReader(reader) => {
            let rows: Vec<Option<ByteArray>> = next(reader, rows, there)?.rows().collect();
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
        let number = |row: usize| if row.is_multiple_of(3) { f64::NAN } else { row as f64 / 7.0 };
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
        let (table, extent) = reader.read(&["list", "missing"], 100_000, |_| false).unwrap();
        assert_eq!((table.columns.len(), table.rows(), extent.read, extent.of), (1, 100_000, 100_000, rows as u64));
        assert!(extent.left_out("t").unwrap().contains("131077 rows, of which the first 100000"));
        assert_eq!(reader.read(&["list"], u64::MAX, |_| true).unwrap().0.rows() as u64, BATCH);
        assert_eq!(table.lists("list").unwrap().iter().nth(7).unwrap(), [7.0, 8.0, 9.0]);
    }

    /// A megabyte for each row, of a file that has it once.
    #[test]
    fn however_long_words_are_only_so_many_are_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(1 << 20);
        let rows = 100_000;
        let words = Values::words((0..rows).map(|row| if row < 300 { long.as_str() } else { "y" }));
        let file = File::create(folder.path().join("t.parquet")).unwrap();
        let mut writer = TableWriter::new(file, vec![Field::new("word", Kind::Word)], &[]).unwrap();
        writer.write(vec![words]).unwrap();
        writer.finish().unwrap();
        let mut largest = 0;
        let extent = each(folder.path(), "t.parquet", &["word", "absent"], 50_000, |rows| {
            largest = largest.max(rows.rows());
            assert!(rows.words("word").is_some() && rows.numbers("absent").is_none());
            false
        });
        assert_eq!(extent.unwrap().unwrap(), Extent { read: 50_000, of: rows });
        assert!(largest as u64 * (1 << 20) <= BATCH_BYTES + (1 << 20), "{largest} rows at a time");
        assert!(each(folder.path(), "none.parquet", &[], 1, |_| false).unwrap().is_none());
    }

    #[test]
    fn whatever_is_no_table_is_words_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let mut writer =
            TableWriter::new(File::create(&path).unwrap(), vec![Field::new("time", Kind::Number)], &[]).unwrap();
        writer.write(vec![Values::numbers((0..100).map(f64::from))]).unwrap();
        writer.finish().unwrap();
        let whole = std::fs::read(&path).unwrap();
        let mut refused = 0;
        for step in 0..400 {
            let mut bytes = whole.clone();
            let place = step * bytes.len() / 400;
            bytes[place] ^= 1 << (step % 8);
            std::fs::write(&path, &bytes).unwrap();
            refused += usize::from(each(folder.path(), "t.parquet", &["time"], 1000, |_| false).is_err());
        }
        assert!(refused > 50, "{refused} of 400 were refused");
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
