//! A table that is too long to be held: rows are appended, and written in blocks, so that memory does not grow with their
//! number. CSV, Parquet and HDF5 hold the same columns in the same order, and of numbers the same values.

mod column;
mod csv;
mod hdf5;
mod parquet;

use std::io::Write;
use std::path::Path;

pub use column::{Kind, Value};

use self::column::Column;
use self::csv::CsvTable;
use self::hdf5::Hdf5Table;
use self::parquet::ParquetTable;
use super::Error;

/// Rows that are held before they are written: those of a row group of Parquet.
const BLOCK: usize = 16_384;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    Csv,
    Parquet,
    Hdf5,
}

impl TableFormat {
    pub const ALL: [Self; 3] = [Self::Csv, Self::Parquet, Self::Hdf5];

    /// What the name of a file ends in, after the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Hdf5 => "h5",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Hdf5 => "application/x-hdf5",
        }
    }
}

/// What rows are appended to.
pub struct Table {
    held: Vec<Column>,
    file: Box<dyn Format>,
}

/// What writes blocks of rows in one format.
trait Format {
    /// `columns` are the same each time, and of the same length.
    fn write(&mut self, columns: &[Column]) -> Result<(), Error>;

    /// Ends the file, and lets it say of itself what it can.
    fn finish(self: Box<Self>, entries: &[(&'static str, String)]) -> Result<(), Error>;
}

impl Table {
    /// Comma-separated values.
    pub fn csv(to: impl Write + 'static, columns: Vec<(String, Kind)>) -> Result<Self, Error> {
        let held = held(columns);
        Ok(Self { file: Box::new(CsvTable::new(to, &held)?), held })
    }

    /// Apache Parquet.
    pub fn parquet(to: impl Write + Send + 'static, columns: Vec<(String, Kind)>) -> Result<Self, Error> {
        let held = held(columns);
        Ok(Self { file: Box::new(ParquetTable::new(to, &held)?), held })
    }

    /// HDF5, whose library makes the file of a path.
    pub fn hdf5(path: &Path, columns: Vec<(String, Kind)>) -> Result<Self, Error> {
        let held = held(columns);
        Ok(Self { file: Box::new(Hdf5Table::create(path, &held)?), held })
    }

    /// Adds a row, a value for each column.
    pub fn append(&mut self, row: Vec<Value>) -> Result<(), Error> {
        if row.len() != self.held.len() {
            return Err(Error::TableRow { found: row.len(), expected: self.held.len() });
        }
        self.held.iter_mut().zip(row).try_for_each(|(column, value)| column.push(value))?;
        if self.held.first().is_some_and(|column| column.len() == BLOCK) { self.write_held() } else { Ok(()) }
    }

    /// Ends the table. Parquet and HDF5 say of themselves what `entries` say, as pairs of name and text.
    pub fn finish(mut self, entries: &[(&'static str, String)]) -> Result<(), Error> {
        self.write_held()?;
        self.file.finish(entries)
    }

    fn write_held(&mut self) -> Result<(), Error> {
        if self.held.first().is_some_and(|column| column.len() > 0) {
            self.file.write(&self.held)?;
            self.held.iter_mut().for_each(Column::clear);
        }
        Ok(())
    }
}

fn held(columns: Vec<(String, Kind)>) -> Vec<Column> {
    columns.into_iter().map(|(name, kind)| Column::new(name, kind)).collect()
}

#[cfg(test)]
mod tests;
