//! The table of a sweep: a row for each cell, contrast, subject and region, from the reports of its cells.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use serde::Deserialize;

use super::{Error, REPORT, RegionRow};
use crate::experiment::grid::{Axis, AxisValue, Cell};
use crate::export::SOFTWARE;
use crate::export::table::{Kind, Table, TableFormat, Value};
use crate::predict::ModelIdentity;

/// A number that is read off a row of a report.
type Measure = fn(&RegionRow) -> Option<f64>;

/// Columns that every row has, after the cell, what its grid varies, and what the row is of.
const MEASURES: [(&str, Measure); 8] = [
    ("mean", |row| Some(row.mean)),
    ("t", |row| row.t),
    ("degrees_of_freedom", |row| row.degrees_of_freedom),
    ("p", |row| row.p),
    ("q", |row| row.q),
    ("cohens_d", |row| row.cohens_d),
    ("lateralization", |row| row.lateralization),
    ("patches_larger", |row| row.patches_larger),
];

/// Writes cell after cell, so that memory does not grow with their number.
pub struct SweepTable {
    rows: Table,
    /// Of the first cell that has a report.
    model: Option<ModelIdentity>,
}

/// What is read of `experiment.json`.
#[derive(Deserialize)]
struct Report {
    model: ModelIdentity,
    contrasts: Vec<Contrast>,
}

#[derive(Deserialize)]
struct Contrast {
    name: String,
    subject: String,
    regions: Vec<RegionRow>,
}

impl SweepTable {
    /// Creates the file. `grid` is what varies between cells.
    pub fn create(path: &Path, format: TableFormat, grid: &BTreeMap<String, Axis>) -> Result<Self, Error> {
        let parameters = grid.iter().map(|(name, axis)| (name.as_str(), kind_of(axis)));
        let names = ["contrast", "subject", "region"].map(|name| (name, Kind::Text));
        let measures = MEASURES.map(|(name, _)| (name, Kind::Number));
        let columns = [("cell", Kind::Whole)].into_iter().chain(parameters).chain(names).chain(measures);
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind)).collect();
        let file = || File::create(path).map(BufWriter::new).map_err(Error::file(path));
        let rows = match format {
            TableFormat::Csv => Table::csv(file()?, columns)?,
            TableFormat::Parquet => Table::parquet(file()?, columns)?,
            TableFormat::Hdf5 => Table::hdf5(path, columns)?,
        };
        Ok(Self { rows, model: None })
    }

    /// Adds the rows of a cell whose results lie in `folder`; nothing for one that has none.
    pub fn add(&mut self, cell: &Cell, folder: &Path) -> Result<(), Error> {
        let path = folder.join(REPORT);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::file(&path)(error)),
        };
        let report: Report = serde_json::from_slice(&bytes).map_err(|error| Error::file(&path)(error.into()))?;
        let parameters: Vec<Value> = cell.overrides.iter().map(|(_, value)| value_of(value)).collect();
        for Contrast { name, subject, regions } in &report.contrasts {
            for region in regions {
                let names = [name, subject, &region.region].map(|name| Value::Text(name.clone()));
                let measures = MEASURES.map(|(_, measure)| Value::Number(measure(region).unwrap_or(f64::NAN)));
                let row = [Value::Whole(cell.number as i64)].into_iter().chain(parameters.iter().cloned());
                self.rows.append(row.chain(names).chain(measures).collect())?;
            }
        }
        self.model.get_or_insert(report.model);
        Ok(())
    }

    /// Ends the file, which says which model its rows are of where its format has a place for that.
    pub fn finish(self) -> Result<(), Error> {
        let mut entries = vec![("software_version", SOFTWARE.to_owned())];
        if let Some(model) = self.model {
            entries.extend([
                ("description", model.training().label().to_owned()),
                ("model", model.name),
                ("weights_sha256", model.weights_sha256),
                ("licence", model.licence),
                ("space", model.space),
            ]);
        }
        Ok(self.rows.finish(&entries)?)
    }
}

/// What all values of an axis are; texts, where they are of several kinds.
fn kind_of(axis: &Axis) -> Kind {
    let kind = |value: &AxisValue| match value {
        AxisValue::Truth(_) => Kind::Truth,
        AxisValue::Whole(_) => Kind::Whole,
        AxisValue::Number(_) => Kind::Number,
        AxisValue::Text(_) | AxisValue::Names(_) => Kind::Text,
    };
    let both = |one, other| match (one, other) {
        (one, other) if one == other => one,
        (Kind::Whole | Kind::Number, Kind::Whole | Kind::Number) => Kind::Number,
        _ => Kind::Text,
    };
    axis.samples().iter().map(kind).reduce(both).unwrap_or(Kind::Text)
}

/// As a table holds it: a list of names as JSON.
fn value_of(value: &AxisValue) -> Value {
    match value {
        AxisValue::Truth(truth) => Value::Truth(*truth),
        AxisValue::Whole(number) => Value::Whole(*number),
        AxisValue::Number(number) => Value::Number(*number),
        AxisValue::Text(text) => Value::Text(text.clone()),
        AxisValue::Names(_) => Value::Text(value.to_json().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn axis(values: serde_json::Value) -> Axis {
        serde_json::from_value(values).unwrap()
    }

    #[test]
    fn a_row_is_a_region_of_a_contrast_of_a_cell() {
        let folder = tempfile::tempdir().unwrap();
        let region = json!({
            "region": "FFA", "vertices": [3, 0], "mean": 0.5, "t": null, "p": 0.01, "peak_hemisphere": "left",
            "peak_vertex": 1, "peak_mni_mm": [0.0, 0.0, 0.0], "peak_effect": 1.0,
        });
        let model = json!({
            "name": "untrained", "trained": false, "weights_sha256": "00", "space": "fsaverage3", "licence": "none",
        });
        let contrast = json!({"name": "faces, upright", "subject": "average", "regions": [region]});
        let report = json!({"model": model, "contrasts": [contrast]});
        std::fs::write(folder.path().join(REPORT), report.to_string()).unwrap();
        let cell = |number| Cell { number, overrides: vec![("seed".to_owned(), AxisValue::Whole(number as i64))] };
        let path = folder.path().join("table.csv");
        let grid = BTreeMap::from([("seed".to_owned(), axis(json!([0, 1])))]);
        let mut table = SweepTable::create(&path, TableFormat::Csv, &grid).unwrap();
        table.add(&cell(0), folder.path()).unwrap();
        table.add(&cell(1), &folder.path().join("not done yet")).unwrap();
        table.finish().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let header =
            "cell,seed,contrast,subject,region,mean,t,degrees_of_freedom,p,q,cohens_d,lateralization,patches_larger";
        assert_eq!(text, format!("{header}\n0,0,\"faces, upright\",average,FFA,0.5,,,0.01,,,,\n"));
    }

    #[test]
    fn a_parameter_is_a_number_where_all_its_values_are() {
        let kinds = [
            (json!([1, 2]), Kind::Whole),
            (json!([1, 2.5]), Kind::Number),
            (json!({"from": 0, "to": 1, "steps": 3}), Kind::Number),
            (json!([true, false]), Kind::Truth),
            (json!([1, "fast"]), Kind::Text),
            (json!([["average"], ["sub-01"]]), Kind::Text),
        ];
        for (values, kind) in kinds {
            assert_eq!(kind_of(&axis(values.clone())), kind, "{values}");
        }
        assert_eq!(value_of(&AxisValue::Names(vec!["a".to_owned()])), Value::Text("[\"a\"]".to_owned()));
    }
}
