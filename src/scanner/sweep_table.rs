//! The table of a sweep: a row for each cell, contrast, subject and region, from the reports of its cells.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use super::{Error, REPORT};
use crate::experiment::grid::Cell;

/// Columns that every row has, after the cell and what its grid varies.
const MEASURES: [&str; 7] = ["mean", "t", "degrees_of_freedom", "p", "cohens_d", "lateralization", "patches_larger"];

/// Writes comma-separated rows, cell after cell, so that memory does not grow with their number.
pub struct SweepTable<W: Write> {
    rows: csv::Writer<W>,
}

impl<W: Write> SweepTable<W> {
    /// `parameters` are the fields that the grid varies.
    pub fn new(to: W, parameters: &[String]) -> Result<Self, Error> {
        let mut rows = csv::Writer::from_writer(to);
        let header = ["cell".to_owned()].into_iter().chain(parameters.iter().cloned());
        let header = header.chain(["contrast", "subject", "region"].into_iter().chain(MEASURES).map(str::to_owned));
        rows.write_record(header).map_err(Error::Table)?;
        Ok(Self { rows })
    }

    /// Adds the rows of a cell whose results lie in `folder`; nothing for one that has none.
    pub fn add(&mut self, cell: &Cell, folder: &Path) -> Result<(), Error> {
        let path = folder.join(REPORT);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::file(&path)(error)),
        };
        let report: Value = serde_json::from_slice(&bytes).map_err(|error| Error::file(&path)(error.into()))?;
        let values: Vec<String> = cell.overrides.iter().map(|(_, value)| plain(&value.to_json())).collect();
        for contrast in report["contrasts"].as_array().into_iter().flatten() {
            for region in contrast["regions"].as_array().into_iter().flatten() {
                let names = [&contrast["name"], &contrast["subject"], &region["region"]].map(plain);
                let measures = MEASURES.map(|measure| plain(&region[measure]));
                let row = [cell.number.to_string()].into_iter().chain(values.iter().cloned());
                self.rows.write_record(row.chain(names).chain(measures)).map_err(Error::Table)?;
            }
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<(), Error> {
        self.rows.flush().map_err(|error| Error::Table(error.into()))
    }
}

/// Text as it is, nothing for null, and JSON for the rest.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::experiment::grid::AxisValue;

    #[test]
    fn a_row_is_a_region_of_a_contrast_of_a_cell() {
        let folder = tempfile::tempdir().unwrap();
        let region = json!({"region": "FFA", "mean": 0.5, "t": null, "p": 0.01});
        let report = json!({"contrasts": [{"name": "faces, upright", "subject": "average", "regions": [region]}]});
        std::fs::write(folder.path().join(REPORT), report.to_string()).unwrap();
        let cell = |number| Cell { number, overrides: vec![("seed".to_owned(), AxisValue::Number(number as f64))] };
        let mut bytes = Vec::new();
        let mut table = SweepTable::new(&mut bytes, &["seed".to_owned()]).unwrap();
        table.add(&cell(0), folder.path()).unwrap();
        table.add(&cell(1), &folder.path().join("not done yet")).unwrap();
        table.finish().unwrap();
        let lines: Vec<&str> = std::str::from_utf8(&bytes).unwrap().lines().collect();
        assert!(lines[0].starts_with("cell,seed,contrast,subject,region,mean,t,"), "{}", lines[0]);
        assert!(lines[1].ends_with("\"faces, upright\",average,FFA,0.5,,,0.01,,,"), "{}", lines[1]);
        assert_eq!(lines.len(), 2);
    }
}
