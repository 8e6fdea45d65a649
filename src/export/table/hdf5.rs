//! A table as an HDF5 file: at its root a dataset of one axis for each column, of the column's name.
//!
//! Whole numbers are int64, numbers float64 and NaN where there is none, truths bool, texts UTF-8. The attribute `columns`
//! of the root has the names in their order; other attributes say where it all comes from. Nothing in the file depends
//! on when it was written.

use std::path::Path;
use std::str::FromStr;

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File, FileBuilder, H5Type};
use ndarray::s;

use super::super::hdf5::write_text;
use super::column::{Column, Values};
use super::{Error, Format};

/// Rows of a chunk.
const CHUNK: usize = 4096;
const DEFLATE_LEVEL: u8 = 4;

pub(super) struct Hdf5Table {
    file: File,
    datasets: Vec<Dataset>,
    rows: usize,
}

impl Hdf5Table {
    pub(super) fn create(path: &Path, columns: &[Column]) -> Result<Self, Error> {
        // The earliest file format is read by every HDF5 and notes no time of making in its groups.
        let file = FileBuilder::new().with_fapl(|access| access.libver_earliest()).create(path)?;
        let names = texts("columns", columns.iter().map(|column| &column.name))?;
        file.new_attr_builder().with_data(&names).create("columns")?;
        let datasets = columns.iter().map(|column| dataset(&file, column)).collect::<Result<_, _>>()?;
        Ok(Self { file, datasets, rows: 0 })
    }
}

impl Format for Hdf5Table {
    fn write(&mut self, columns: &[Column]) -> Result<(), Error> {
        let first = self.rows;
        for (column, to) in columns.iter().zip(&self.datasets) {
            match &column.values {
                Values::Whole(values) => append(to, first, values)?,
                Values::Number(values) => append(to, first, values)?,
                Values::Truth(values) => append(to, first, values)?,
                Values::Text(values) => append(to, first, &texts(&column.name, values.iter())?)?,
            }
        }
        self.rows += columns.first().map_or(0, Column::len);
        Ok(())
    }

    fn finish(self: Box<Self>, entries: &[(&'static str, String)]) -> Result<(), Error> {
        entries.iter().try_for_each(|(name, text)| write_text(&self.file, name, text))?;
        Ok(self.file.close()?)
    }
}

fn dataset(file: &File, column: &Column) -> Result<Dataset, Error> {
    let builder = file.new_dataset_builder().obj_track_times(false);
    let packed = || builder.clone().shuffle().deflate(DEFLATE_LEVEL);
    let (name, shape) = (column.name.as_str(), 0..);
    Ok(match column.values {
        Values::Whole(_) => packed().empty::<i64>().chunk(CHUNK).shape(shape).create(name)?,
        Values::Number(_) => packed().empty::<f64>().chunk(CHUNK).shape(shape).create(name)?,
        Values::Truth(_) => packed().empty::<bool>().chunk(CHUNK).shape(shape).create(name)?,
        Values::Text(_) => builder.empty::<VarLenUnicode>().chunk(CHUNK).shape(shape).create(name)?,
    })
}

fn append<T: H5Type>(to: &Dataset, first: usize, values: &[T]) -> Result<(), Error> {
    let rows = first..first + values.len();
    to.resize(rows.end)?;
    Ok(to.write_slice(values, s![rows])?)
}

fn texts<'a>(name: &str, texts: impl Iterator<Item = &'a String>) -> Result<Vec<VarLenUnicode>, Error> {
    let text = |text: &String| VarLenUnicode::from_str(text);
    texts.map(text).collect::<Result<_, _>>().map_err(|source| Error::Hdf5Text { name: name.to_owned(), source })
}
