//! A folder of named maps of one origin: a pair of GIFTI files each, pictures, and one CIFTI-2 file of all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::Error;
use crate::brain::{Hemisphere, Surfaces};
use crate::export::{self, Names, Origin, ScalarMap, Statistic, cifti, gifti, png};

/// Writes maps as they come.
pub(super) struct MapFolder<'a> {
    folder: &'a Path,
    names: Names,
    origin: Origin,
    surfaces: &'a Surfaces,
    maps: Vec<(String, Statistic, Vec<f32>)>,
    files: Vec<String>,
}

impl<'a> MapFolder<'a> {
    pub(super) fn new(folder: &'a Path, names: Names, origin: Origin, surfaces: &'a Surfaces) -> Self {
        Self { folder, names, origin, surfaces, maps: Vec::new(), files: Vec::new() }
    }

    /// Adds a map, a value a vertex.
    pub(super) fn add(&mut self, name: &str, statistic: Statistic, values: Vec<f32>) -> Result<(), Error> {
        for hemisphere in Hemisphere::BOTH {
            let file = self.names.map_gifti(hemisphere, name, statistic);
            let (map, origin) = (ScalarMap { name, statistic, values: &values }, self.origin.clone());
            self.write(file, |to| gifti::write_map(to, &map, hemisphere, origin))?;
        }
        self.maps.push((name.to_owned(), statistic, values));
        Ok(())
    }

    /// Draws a map.
    pub(super) fn draw(
        &mut self,
        name: &str,
        statistic: Statistic,
        values: &[f32],
        caption: png::Caption,
    ) -> Result<(), Error> {
        let (surfaces, origin) = (self.surfaces, self.origin.clone());
        self.write(self.names.map_png(name, statistic), |to| png::cortex(to, values, caption, surfaces, origin))
    }

    /// Writes the file that holds every map, and returns the names of all files, in order.
    pub(super) fn finish(mut self) -> Result<Vec<String>, Error> {
        let maps = std::mem::take(&mut self.maps);
        let scalars: Vec<ScalarMap> =
            maps.iter().map(|(name, statistic, values)| ScalarMap { name, statistic: *statistic, values }).collect();
        let origin = self.origin.clone();
        self.write(self.names.contrasts_cifti(), |to| cifti::write_dscalar(to, &scalars, origin))?;
        self.files.sort();
        Ok(self.files)
    }

    fn write(
        &mut self,
        name: String,
        content: impl FnOnce(&mut BufWriter<File>) -> Result<(), export::Error>,
    ) -> Result<(), Error> {
        write(self.folder, &name, content)?;
        self.files.push(name);
        Ok(())
    }
}

/// Writes one file of a folder.
pub(super) fn write(
    folder: &Path,
    name: &str,
    content: impl FnOnce(&mut BufWriter<File>) -> Result<(), export::Error>,
) -> Result<(), Error> {
    let path = folder.join(name);
    let mut to = BufWriter::new(File::create(&path).map_err(Error::file(&path))?);
    content(&mut to)?;
    to.flush().map_err(Error::file(&path))
}

/// Writes a report whole, after everything that it speaks of.
pub(super) fn write_report(folder: &Path, name: &str, report: &impl Serialize) -> Result<(), Error> {
    let path = folder.join(name);
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(report)?)?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(Error::file(&path))
}
