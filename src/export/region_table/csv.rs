//! The table as comma-separated values: a row for each cell, contrast and region, a column for each measure.

use std::io::Write;

use super::super::Error;
use super::{TableAxes, TableCell};

/// A table to which cells are appended. What is missing is an empty field.
pub struct CsvTable<W: Write> {
    rows: csv::Writer<W>,
    axes: TableAxes,
}

impl<W: Write> CsvTable<W> {
    /// Writes the line of column names.
    pub fn new(to: W, axes: TableAxes) -> Result<Self, Error> {
        let mut rows = csv::Writer::from_writer(to);
        let names = |names: &'static [&'static str]| names.iter().copied();
        let columns = names(&["cell"])
            .chain(axes.parameters.iter().map(String::as_str))
            .chain(names(&["contrast", "region"]))
            .chain(axes.measures.iter().map(String::as_str));
        rows.write_record(columns)?;
        Ok(Self { rows, axes })
    }

    pub fn append(&mut self, cell: &TableCell) -> Result<(), Error> {
        self.axes.check(cell)?;
        for (contrast, values) in self.axes.contrasts.iter().zip(cell.values.outer_iter()) {
            for (region, values) in self.axes.regions.iter().zip(values.rows()) {
                self.rows.write_field(cell.id)?;
                for field in cell.parameters.iter().chain([contrast, region]) {
                    self.rows.write_field(field)?;
                }
                for value in values {
                    self.rows.write_field(if value.is_nan() { String::new() } else { value.to_string() })?;
                }
                self.rows.write_record(None::<&[u8]>)?;
            }
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<(), Error> {
        Ok(self.rows.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{axes, values};
    use super::*;

    #[test]
    fn each_cell_contrast_and_region_is_a_row() {
        let mut file = Vec::new();
        let mut table = CsvTable::new(&mut file, axes()).unwrap();
        for cell in 0..2 {
            let parameters = [format!("{}", 4 + cell)];
            let values = values(cell);
            table
                .append(&TableCell { id: &format!("c{cell}"), parameters: &parameters, values: values.view() })
                .unwrap();
        }
        table.finish().unwrap();
        let text = String::from_utf8(file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + 2 * 2 * 3);
        assert_eq!(lines[..2], ["cell,asynchrony_s,contrast,region,mean,t", "c0,4,faces,FFA,0,"]);
        assert_eq!(lines[12], "c1,5,\"faces, upright\",STS,1.12,1.121");
    }

    #[test]
    fn a_cell_that_does_not_fit_is_refused_by_name() {
        let mut table = CsvTable::new(Vec::new(), axes()).unwrap();
        let values = values(0);
        let refusal = table.append(&TableCell { id: "c7", parameters: &[], values: values.view() }).unwrap_err();
        assert_eq!(refusal.to_string(), "cell c7 has 0 parameters and the table 1");
        let parameters = ["8".to_owned()];
        let part = values.slice(ndarray::s![..1, .., ..]);
        let refusal = table.append(&TableCell { id: "c7", parameters: &parameters, values: part });
        assert!(matches!(refusal, Err(Error::TableShape { .. })));
    }
}
