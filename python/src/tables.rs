//! Tables of results, handed to Python as they are in memory: columns to numpy, and all of it over the Arrow C stream.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, LargeStringArray, ListArray, RecordBatch, RecordBatchIterator,
};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use numpy::PyArray1;
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use superjump::results::MemoryTable;
use superjump::table::{self, Kind, TableError, TableReader, Values};

use crate::errors::FolderException;

/// A table of results: columns of as many rows each.
///
/// Anything that reads the Arrow C stream takes it as it is: `pyarrow.table(t)`, `polars.DataFrame(t)`.
#[pyclass(frozen, module = "superjump._superjump")]
pub struct Table {
    rows: RecordBatch,
    kinds: Vec<Kind>,
}

fn failed(error: ArrowError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

/// A column without a copy of its numbers; where some may be missing, NaN stands for them and is masked.
fn column(kind: Kind, values: Values) -> ArrayRef {
    match values {
        Values::Integers(rows) => Arc::new(Int64Array::new(ScalarBuffer::from(rows), None)),
        Values::Numbers(rows) => {
            let there = (kind == Kind::OptionalNumber && rows.iter().any(|value| value.is_nan()))
                .then(|| NullBuffer::from_iter(rows.iter().map(|value| !value.is_nan())));
            Arc::new(Float64Array::new(ScalarBuffer::from(rows), there))
        }
        Values::Words(words) => Arc::new(LargeStringArray::from_iter(words.iter())),
        Values::Lists(lists) => {
            let values = Float64Builder::with_capacity(lists.flat().len());
            let mut builder = ListBuilder::new(values).with_field(Field::new("element", DataType::Float64, false));
            for list in lists.iter() {
                builder.values().append_slice(list);
                builder.append(true);
            }
            Arc::new(builder.finish())
        }
    }
}

impl Table {
    pub fn new(table: table::Table, metadata: Vec<(String, String)>) -> PyResult<Self> {
        let (mut fields, mut columns, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
        for (field, values) in table.columns {
            let array = column(field.kind, values);
            let nullable = matches!(field.kind, Kind::OptionalNumber | Kind::OptionalWord);
            fields.push(Field::new(field.name, array.data_type().clone(), nullable));
            kinds.push(field.kind);
            columns.push(array);
        }
        let metadata: HashMap<String, String> = metadata.into_iter().collect();
        let schema = Schema::new_with_metadata(fields, metadata);
        Ok(Table { rows: RecordBatch::try_new(Arc::new(schema), columns).map_err(failed)?, kinds })
    }

    pub fn in_memory(table: MemoryTable) -> PyResult<Self> {
        Self::new(table.table, table.metadata)
    }

    /// A table of a folder; `None` where there is no such file.
    pub fn read(folder: &Path, name: &str) -> PyResult<Option<Self>> {
        let path = folder.join(format!("{name}.parquet"));
        let refuse = |error: TableError| FolderException::new_err(format!("cannot read {}: {error}", path.display()));
        let reader = match TableReader::open(&path) {
            Err(TableError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(refuse)?,
        };
        Self::new(reader.all().map_err(refuse)?, reader.metadata()).map(Some)
    }

    fn place(&self, name: &str) -> PyResult<usize> {
        self.rows.schema().index_of(name).map_err(|_| {
            PyKeyError::new_err(format!("there is no column \"{name}\", only {}", self.columns().join(", ")))
        })
    }
}

#[pymethods]
impl Table {
    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.rows.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// What is said of the table as a whole: units, seed, version, scenario.
    #[getter]
    fn metadata(&self) -> HashMap<String, String> {
        self.rows.schema().metadata().iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn __len__(&self) -> usize {
        self.rows.num_rows()
    }

    /// A column as a numpy array: int64, float64 (NaN where a value is missing), or objects (words, None where one is
    /// missing; lists of numbers).
    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let place = self.place(name)?;
        let array = self.rows.column(place).as_any();
        if let Some(rows) = array.downcast_ref::<Int64Array>() {
            return Ok(PyArray1::from_slice(py, rows.values()).into_any());
        }
        if let Some(rows) = array.downcast_ref::<Float64Array>() {
            return Ok(PyArray1::from_slice(py, rows.values()).into_any());
        }
        let objects: Vec<Py<PyAny>> = match array.downcast_ref::<LargeStringArray>() {
            Some(rows) => words(py, rows)?,
            None => {
                let lists = array.downcast_ref::<ListArray>().expect("lists are all that is left");
                lists.iter().map(|list| numbers(py, list)).collect()
            }
        };
        Ok(PyArray1::from_vec(py, objects).into_any())
    }

    /// The numbers of the rows whose columns of words have these words, None for a missing one.
    fn rows<'py>(
        &self,
        py: Python<'py>,
        words: HashMap<String, Option<String>>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let mut chosen: Vec<i64> = (0..self.rows.num_rows() as i64).collect();
        for (name, word) in words {
            let column = self.rows.column(self.place(&name)?).as_any();
            let column = column.downcast_ref::<LargeStringArray>();
            let column = column.ok_or_else(|| PyKeyError::new_err(format!("column \"{name}\" holds no words")))?;
            let at = |row: usize| column.is_valid(row).then(|| column.value(row));
            chosen.retain(|row| at(*row as usize) == word.as_deref());
        }
        Ok(PyArray1::from_vec(py, chosen))
    }

    /// The Arrow C stream, which hands all columns over without a copy.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // Other types are not offered, which the protocol allows.
        drop(requested_schema);
        let batches = RecordBatchIterator::new([Ok(self.rows.clone())], self.rows.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// The units of the columns and quantities that have one.
    #[getter]
    fn units<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let units = PyDict::new(py);
        let mut sorted: Vec<_> = self.metadata().into_iter().collect();
        sorted.sort();
        for (key, value) in sorted {
            if let Some(of) = key.strip_prefix("superjump.unit.") {
                units.set_item(of, value)?;
            }
        }
        Ok(units)
    }

    /// Which columns hold words.
    #[getter]
    fn words(&self) -> Vec<String> {
        let of_words = |kind: &Kind| matches!(kind, Kind::Word | Kind::OptionalWord);
        self.columns().into_iter().zip(&self.kinds).filter(|(_, kind)| of_words(kind)).map(|(name, _)| name).collect()
    }

    fn __repr__(&self) -> String {
        format!("<Table of {} rows: {}>", self.rows.num_rows(), self.columns().join(", "))
    }
}

/// Few words stand in many rows: each is made once.
fn words(py: Python<'_>, rows: &LargeStringArray) -> PyResult<Vec<Py<PyAny>>> {
    let mut known: HashMap<&str, Py<PyAny>> = HashMap::new();
    let mut objects = Vec::with_capacity(rows.len());
    for word in rows {
        let Some(word) = word else {
            objects.push(py.None());
            continue;
        };
        if !known.contains_key(word) {
            known.insert(word, word.into_pyobject(py)?.into_any().unbind());
        }
        objects.push(known[word].clone_ref(py));
    }
    Ok(objects)
}

fn numbers(py: Python<'_>, list: Option<ArrayRef>) -> Py<PyAny> {
    let values = list.as_deref().and_then(|list| list.as_any().downcast_ref::<Float64Array>());
    PyArray1::from_slice(py, values.map_or(&[][..], |values| values.values())).into_any().unbind()
}
