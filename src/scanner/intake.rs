//! A spec on its way in: what it names is looked up, what it leaves out is filled in, and all that is wrong is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Error, Scanner, zip_folder};
use crate::brain::{Mesh, Region};
use crate::experiment::design::ScheduledEvent;
use crate::experiment::grid::Grid;
use crate::experiment::localizer::Library;
use crate::experiment::{EventsTable, Findings, Given, Known, Listing, RegionName, Spec, Stimulus};

/// Where the files that a spec names are.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The folder that file names are looked up in; `None` where a spec may name uploads only.
    pub folder: Option<&'a Path>,
    /// The file of an upload.
    pub upload: &'a (dyn Fn(&str) -> Result<PathBuf, Error> + Sync),
    /// Where a zip is unpacked, and what must outlive the scan.
    pub workdir: &'a Path,
}

/// A spec with everything in it, and what was found of it.
#[derive(Debug)]
pub struct Intake {
    pub spec: Spec,
    pub events: Vec<ScheduledEvent>,
    /// Faults, which forbid to run it, and warnings.
    pub findings: Findings,
}

impl Desk<'_> {
    /// The file of a stimulus.
    pub fn find(&self, stimulus: &Stimulus) -> Result<PathBuf, Error> {
        match stimulus {
            Stimulus::Upload(id) => (self.upload)(id),
            Stimulus::File(name) => {
                let unpacked = self.unpacked().join(name);
                let given = self.folder.map(|folder| folder.join(name));
                let found = [Some(unpacked), given].into_iter().flatten().find(|path| path.is_file());
                found.ok_or_else(|| Error::UnknownStimulus {
                    stimulus: name.clone(),
                    remedy: match self.folder {
                        Some(folder) => format!("files are looked up in {}", folder.display()),
                        None => "upload it, and name its id".to_owned(),
                    },
                })
            }
            Stimulus::Text(_) | Stimulus::Silence(_) => Err(Error::UnknownStimulus {
                stimulus: "a text".to_owned(),
                remedy: "only files and uploads are looked up".to_owned(),
            }),
        }
    }

    fn unpacked(&self) -> PathBuf {
        self.workdir.join("unpacked")
    }

    /// What lies in the folder or the zip that a spec names, each file by its path in it.
    fn listing(&self, spec: &Spec) -> Result<Option<Listing>, Error> {
        let (root, prefix) = match (&spec.stimuli_folder, &spec.stimuli_upload) {
            (Some(folder), _) => {
                let outside = || Error::UnknownStimulus {
                    stimulus: folder.clone(),
                    remedy: "upload a zip, and name it by stimuli_upload".to_owned(),
                };
                (self.folder.ok_or_else(outside)?.join(folder), format!("{folder}/"))
            }
            (None, Some(id)) => {
                if !self.unpacked().exists() {
                    zip_folder::unpack(&(self.upload)(id)?, &self.unpacked())?;
                }
                (self.unpacked(), String::new())
            }
            (None, None) => return Ok(None),
        };
        let files = zip_folder::files_below(&root)?;
        Ok(Some(Listing::new(files.into_iter().map(|path| {
            let stimulus = Stimulus::File(format!("{prefix}{path}"));
            (path, stimulus)
        }))))
    }
}

impl Scanner {
    /// Completes a spec from the library, its folder or zip and its events table, and checks it whole.
    pub fn take_in(&self, spec: Spec, desk: Desk) -> Result<Intake, Error> {
        let library = Library::embedded()?;
        let listing = desk.listing(&spec)?;
        let table = match &spec.events {
            Some(file) => {
                let path = desk.find(file)?;
                let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
                Some(EventsTable::parse(&bytes)?)
            }
            None => None,
        };
        let given = Given { library: &library, listing: listing.as_ref(), events: table.as_ref() };
        let (spec, mut findings) = spec.completed(&given);
        let known = Known {
            models: Some(vec![self.predictor.card().name.clone()]),
            subjects: Some(self.predictor.subjects()?),
            spheres: Some(Region::builtin().iter().map(|region| region.name.clone()).collect()),
            atlases: Some(self.atlases_of(&spec)?),
        };
        findings.join(spec.check(&known));
        let names: Vec<&str> = spec.conditions.iter().map(|condition| condition.name.as_str()).collect();
        let events = table.map(|table| table.schedule(&names)).unwrap_or_default();
        Ok(Intake { spec, events, findings })
    }

    /// The grid of a spec: of one cell, the spec itself, where it varies nothing.
    pub fn grid(&self, spec: &Spec, desk: Desk) -> Result<Grid, Error> {
        Ok(Grid::new(&self.outlined(spec.clone(), desk)?)?)
    }

    /// With all of its fields written out, which is what a grid varies.
    fn outlined(&self, spec: Spec, desk: Desk) -> Result<Spec, Error> {
        if spec.grid.is_empty() {
            return Ok(spec);
        }
        let library = Library::embedded()?;
        let listing = desk.listing(&spec)?;
        let (spec, _) = spec.outlined(&Given { library: &library, listing: listing.as_ref(), events: None });
        Ok(spec)
    }

    /// The installed atlases, with the parcels of those that a spec names.
    fn atlases_of(&self, spec: &Spec) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let mesh = Mesh::with_vertices(self.predictor.card().vertices as usize)?;
        let named: Vec<String> = spec
            .regions
            .iter()
            .filter_map(|region| match region.parse() {
                Ok(RegionName::Atlas(atlas) | RegionName::Parcel { atlas, .. }) => Some(atlas),
                Ok(RegionName::Sphere(_)) | Err(_) => None,
            })
            .chain(spec.statistics.fdr.iter().filter_map(|fdr| fdr.atlas.clone()))
            .collect();
        let parcels = |name: String| {
            if !named.contains(&name) {
                return Ok((name, Vec::new()));
            }
            let atlas = self.atlases.load(&name, mesh)?;
            Ok((name, atlas.parcels().iter().map(|parcel| parcel.patch.name.clone()).collect()))
        };
        self.atlases.names()?.into_iter().map(parcels).collect()
    }
}
