//! A table as comma-separated values, under a line of column names. What is missing is an empty field.

use std::io::Write;

use super::column::Column;
use super::{Error, Format};

pub(super) struct CsvTable<W: Write> {
    rows: csv::Writer<W>,
}

impl<W: Write> CsvTable<W> {
    pub(super) fn new(to: W, columns: &[Column]) -> Result<Self, Error> {
        let mut rows = csv::Writer::from_writer(to);
        rows.write_record(columns.iter().map(|column| &column.name))?;
        Ok(Self { rows })
    }
}

impl<W: Write> Format for CsvTable<W> {
    fn write(&mut self, columns: &[Column]) -> Result<(), Error> {
        let rows = columns.first().map_or(0, Column::len);
        for row in 0..rows {
            self.rows.write_record(columns.iter().map(|column| column.text(row)))?;
        }
        Ok(())
    }

    /// Comma-separated values have no place for what a file says of itself.
    fn finish(mut self: Box<Self>, _: &[(&'static str, String)]) -> Result<(), Error> {
        Ok(self.rows.flush()?)
    }
}
