//! What an experiment finds in regions, as a table: for each cell of a sweep, contrast and region the measures of a
//! summary. Cells are appended as they are done, so that memory does not grow with their number.

mod csv;
mod hdf5;

pub use csv::CsvTable;
pub use hdf5::Hdf5Table;

use ndarray::ArrayView3;

use super::Error;

/// What stands along the axes of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableAxes {
    /// What varies between cells, such as `asynchrony_s`.
    pub parameters: Vec<String>,
    pub contrasts: Vec<String>,
    pub regions: Vec<String>,
    /// Such as `mean` and `t`.
    pub measures: Vec<String>,
}

/// One cell of a sweep; an experiment without a grid has one.
#[derive(Clone, Copy, Debug)]
pub struct TableCell<'a> {
    pub id: &'a str,
    /// In the order of the axes' parameters.
    pub parameters: &'a [String],
    /// `(contrast, region, measure)`, NaN where there is none.
    pub values: ArrayView3<'a, f64>,
}

impl TableAxes {
    fn shape(&self) -> [usize; 3] {
        [self.contrasts.len(), self.regions.len(), self.measures.len()]
    }

    fn check(&self, cell: &TableCell) -> Result<(), Error> {
        let (found, expected) = (cell.parameters.len(), self.parameters.len());
        if found != expected {
            return Err(Error::TableParameters { cell: cell.id.to_owned(), found, expected });
        }
        if cell.values.shape() != self.shape() {
            let (found, expected) = (cell.values.shape().to_vec(), self.shape().to_vec());
            return Err(Error::TableShape { cell: cell.id.to_owned(), found, expected });
        }
        Ok(())
    }
}

#[cfg(test)]
mod fixtures {
    use ndarray::Array3;

    use super::*;

    pub(super) fn axes() -> TableAxes {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        TableAxes {
            parameters: names(&["asynchrony_s"]),
            contrasts: names(&["faces", "faces, upright"]),
            regions: names(&["FFA", "PPA", "STS"]),
            measures: names(&["mean", "t"]),
        }
    }

    /// Values that tell every place of every cell apart; the first is missing.
    pub(super) fn values(cell: usize) -> Array3<f64> {
        let mut values = Array3::from_shape_fn((2, 3, 2), |(contrast, region, measure)| {
            cell as f64 + 0.1 * contrast as f64 + 0.01 * region as f64 + 0.001 * measure as f64
        });
        values[[0, 0, 1]] = f64::NAN;
        values
    }
}
