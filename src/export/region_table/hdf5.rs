//! The table as an HDF5 file.
//!
//! | dataset | shape | |
//! |---|---|---|
//! | `/measures/{measure}` | (cell, contrast, region) | float64, NaN where there is none |
//! | `/cell`, `/parameters/{parameter}` | (cell) | text |
//! | `/contrast`, `/region` | (contrast), (region) | text |
//!
//! Attributes of the root say where it all comes from. Nothing in the file depends on when it was written.

use std::path::Path;
use std::str::FromStr;

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File, FileBuilder, Group};
use ndarray::{Array3, s};

use super::super::hdf5::write_origin;
use super::super::{Error, Provenance};
use super::{TableAxes, TableCell};

/// Cells that are held before they are written, and cells of a chunk.
const BLOCK: usize = 256;
const DEFLATE_LEVEL: u8 = 4;

/// A table to which cells are appended. Unlike the text tables it needs a path, as HDF5's library does.
pub struct Hdf5Table {
    file: File,
    axes: TableAxes,
    ids: Dataset,
    parameters: Vec<Dataset>,
    measures: Vec<Dataset>,
    written: usize,
    held: Vec<HeldCell>,
}

struct HeldCell {
    id: String,
    parameters: Vec<String>,
    values: Array3<f64>,
}

impl Hdf5Table {
    /// Creates the file with no cells. Of the provenance the subject is not used.
    pub fn create(path: &Path, axes: TableAxes, provenance: &Provenance) -> Result<Self, Error> {
        let file = FileBuilder::new().with_fapl(|access| access.libver_earliest()).create(path)?;
        write_origin(&file, provenance)?;
        for (name, labels) in [("contrast", &axes.contrasts), ("region", &axes.regions)] {
            let labels = texts(name, labels.iter())?;
            file.new_dataset_builder().with_data(&labels).obj_track_times(false).create(name)?;
        }
        let ids = text_dataset(&file, "cell")?;
        let group = file.create_group("parameters")?;
        let parameters = axes.parameters.iter().map(|name| text_dataset(&group, name)).collect::<Result<_, _>>()?;
        let group = file.create_group("measures")?;
        let [contrasts, regions, _] = axes.shape();
        let measure = |name: &String| -> Result<Dataset, Error> {
            let builder = group.new_dataset_builder().obj_track_times(false).shuffle().deflate(DEFLATE_LEVEL);
            let builder = builder.empty::<f64>().chunk((BLOCK, contrasts.max(1), regions.max(1)));
            Ok(builder.shape((0.., contrasts, regions)).create(name.as_str())?)
        };
        let measures = axes.measures.iter().map(measure).collect::<Result<_, _>>()?;
        Ok(Self { file, ids, parameters, measures, axes, written: 0, held: Vec::new() })
    }

    pub fn append(&mut self, cell: &TableCell) -> Result<(), Error> {
        self.axes.check(cell)?;
        let TableCell { id, parameters, values } = *cell;
        self.held.push(HeldCell { id: id.to_owned(), parameters: parameters.to_vec(), values: values.to_owned() });
        if self.held.len() == BLOCK { self.write_held() } else { Ok(()) }
    }

    pub fn finish(mut self) -> Result<(), Error> {
        self.write_held()?;
        Ok(self.file.close()?)
    }

    fn write_held(&mut self) -> Result<(), Error> {
        let held = std::mem::take(&mut self.held);
        let cells = self.written..self.written + held.len();
        let write = |dataset: &Dataset, labels: Vec<VarLenUnicode>| -> Result<(), Error> {
            dataset.resize(cells.end)?;
            Ok(dataset.write_slice(&labels, s![cells.clone()])?)
        };
        write(&self.ids, texts("cell", held.iter().map(|cell| &cell.id))?)?;
        for (index, (dataset, name)) in self.parameters.iter().zip(&self.axes.parameters).enumerate() {
            write(dataset, texts(name, held.iter().map(|cell| &cell.parameters[index]))?)?;
        }
        let [contrasts, regions, _] = self.axes.shape();
        for (index, dataset) in self.measures.iter().enumerate() {
            let block = Array3::from_shape_fn((held.len(), contrasts, regions), |(cell, contrast, region)| {
                held[cell].values[[contrast, region, index]]
            });
            dataset.resize((cells.end, contrasts, regions))?;
            dataset.write_slice(&block, s![cells.clone(), .., ..])?;
        }
        self.written = cells.end;
        Ok(())
    }
}

fn text_dataset(group: &Group, name: &str) -> Result<Dataset, Error> {
    let builder = group.new_dataset_builder().obj_track_times(false).empty::<VarLenUnicode>();
    Ok(builder.chunk(BLOCK).shape(0..).create(name)?)
}

fn texts<'a>(name: &str, labels: impl Iterator<Item = &'a String>) -> Result<Vec<VarLenUnicode>, Error> {
    let text = |label: &String| VarLenUnicode::from_str(label);
    labels.map(text).collect::<Result<_, _>>().map_err(|source| Error::Hdf5Text { name: name.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::super::super::fixtures::provenance;
    use super::super::fixtures::{axes, values};
    use super::*;
    use crate::brain::Mesh;

    const CELLS: usize = BLOCK + 3;

    fn write(path: &Path) {
        let mut table = Hdf5Table::create(path, axes(), &provenance(Mesh::Fsaverage5)).unwrap();
        for cell in 0..CELLS {
            let (id, parameters) = (format!("c{cell}"), [format!("{}", cell % 5)]);
            table.append(&TableCell { id: &id, parameters: &parameters, values: values(cell).view() }).unwrap();
        }
        table.finish().unwrap();
    }

    #[test]
    fn more_cells_than_are_held_at_once_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regions.h5");
        write(&path);
        let file = File::open(&path).unwrap();
        let t: Array3<f64> = file.dataset("measures/t").unwrap().read().unwrap();
        assert_eq!(t.dim(), (CELLS, 2, 3));
        assert!(t[[5, 0, 0]].is_nan());
        assert_eq!(t[[CELLS - 1, 1, 2]], values(CELLS - 1)[[1, 2, 1]]);
        let texts = |name: &str| -> Array1<VarLenUnicode> { file.dataset(name).unwrap().read().unwrap() };
        assert_eq!((texts("cell")[257].as_str(), texts("parameters/asynchrony_s")[257].as_str()), ("c257", "2"));
        assert_eq!((texts("contrast")[1].as_str(), texts("region")[2].as_str()), ("faces, upright", "STS"));
        assert!(file.attr("trained").unwrap().read_scalar::<bool>().unwrap());
    }

    #[test]
    fn the_same_cells_make_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["first.h5", "second.h5"].map(|name| {
            let path = folder.path().join(name);
            write(&path);
            std::thread::sleep(std::time::Duration::from_millis(1_100));
            std::fs::read(path).unwrap()
        });
        assert!(first == second);
    }
}
