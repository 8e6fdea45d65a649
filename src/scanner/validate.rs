//! The ten contrasts of TRIBE v2's paper against measured maps: the table by which a server with the real weights is known
//! to be right.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::compare::{labels, numbers};
use super::scans::{Scans, Session};
use super::{Desk, Error, Estimates, MapFile, Order, Progress, Scanner, Space, weights};
use crate::analysis::{self, Correlation, MapPair};
use crate::brain::{MeasuredMap, Mesh, Surfaces};
use crate::experiment::localizer::{Localizer, PublishedAgreement, StimulusKind};
use crate::experiment::{Estimate, Library, Spec};
use crate::predict::Output;

/// Dice's share, which a comparison asks for and nothing here reads.
const TOP: f64 = 0.1;

/// Stimuli to show, and maps that people had of the same.
#[derive(Clone, Copy, Debug)]
pub struct Benchmark<'a> {
    /// A sub-folder a localizer, in it one a condition. Localizers of texts bring their own.
    pub stimuli: &'a Path,
    /// `LOCALIZER.nii.gz` and the like, in any format that [`MapFile::open`] reads.
    pub maps: &'a Path,
    /// An installed atlas whose parcels are compared; vertices when left out. The paper has the 360 of HCP-MMP.
    pub atlas: Option<&'a str>,
    /// Of the maps that are volumes.
    pub space: Space,
    /// Whose response; the model's default when left out.
    pub subject: Option<&'a str>,
}

/// The table.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ValidationReport {
    pub model: String,
    /// False for random weights: no agreement is to be expected.
    pub trained: bool,
    /// True where it was trained on simulated responses.
    pub simulated: bool,
    /// What was compared: `vertices`, or `parcels of NAME`.
    pub over: String,
    pub rows: Vec<ValidationRow>,
}

/// One contrast.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ValidationRow {
    pub localizer: String,
    pub contrast: String,
    /// What the measured map was compared with: `effect` of the responses 5 s after onset, or `z` of the GLM.
    pub statistic: String,
    /// Pearson's correlation, and the vertices or parcels behind it.
    pub r: Option<f64>,
    pub n: Option<usize>,
    /// If these were independent, which neighbours are not; the paper's is the same.
    pub p: Option<f64>,
    pub published_r: f64,
    pub published_p: f64,
    /// Where it was published.
    pub source: String,
    /// Why there is no correlation.
    pub missing: Option<String>,
}

impl Scanner {
    /// Runs every localizer whose agreement the paper reports, with its protocol, and compares it with the map that is there
    /// for it. What lacks stimuli or a map, or cannot use them, is a row that says so.
    pub fn validate(
        &self,
        benchmark: Benchmark,
        workdir: &Path,
        listen: &mut dyn FnMut(&str, Progress),
        cancel: &CancellationToken,
    ) -> Result<ValidationReport, Error> {
        let surfaces = self.anatomy.surfaces()?;
        let library = Library::embedded()?;
        let mut rows = Vec::new();
        for localizer in library.localizers() {
            let Some(published) = &localizer.published else { continue };
            let mut listen = |progress| listen(&localizer.name, progress);
            let found = self.agreement(localizer, published, &benchmark, &surfaces, workdir, &mut listen, cancel);
            rows.push(ValidationRow::new(localizer, published, found)?);
        }
        Ok(ValidationReport {
            model: self.predictor.card().name.clone(),
            trained: self.predictor.settings().trained,
            simulated: self.predictor.settings().simulated,
            over: benchmark.atlas.map_or_else(|| "vertices".to_owned(), |atlas| format!("parcels of {atlas}")),
            rows,
        })
    }

    /// One contrast against its map.
    #[expect(clippy::too_many_arguments, reason = "what a scan needs, beside what it is compared with")]
    fn agreement(
        &self,
        localizer: &Localizer,
        published: &PublishedAgreement,
        benchmark: &Benchmark,
        surfaces: &Surfaces,
        workdir: &Path,
        listen: &mut dyn FnMut(Progress),
        cancel: &CancellationToken,
    ) -> Result<Correlation, Error> {
        let file = MapFile::open(&map_of(&localizer.name, benchmark.maps)?)?;
        let mesh = Mesh::with_vertices(self.predictor.settings().vertices())?;
        let measured = MeasuredMap::select(file.maps(benchmark.space, surfaces, mesh)?, None)?;
        let atlas = benchmark.atlas.map(|atlas| self.atlases.load(atlas, mesh)).transpose()?;
        let predicted = self.contrast_map(localizer, published, benchmark, workdir, listen, cancel)?;
        let maps = MapPair { predicted: &predicted, measured: &numbers(&measured), mask: None };
        let found = analysis::compare(maps, atlas.as_ref().map(labels).as_deref(), TOP, None)?;
        Ok(found.parcels.map_or(found.vertices, |parcels| parcels.agreement).pearson)
    }

    /// The predicted map of the contrast that was published.
    fn contrast_map(
        &self,
        localizer: &Localizer,
        published: &PublishedAgreement,
        benchmark: &Benchmark,
        workdir: &Path,
        listen: &mut dyn FnMut(Progress),
        cancel: &CancellationToken,
    ) -> Result<Vec<f64>, Error> {
        let own = tempfile::tempdir_in(workdir).map_err(Error::file(workdir))?;
        let no_uploads = |id: &str| {
            Err(Error::UnknownStimulus { stimulus: id.to_owned(), remedy: "files alone are looked up".to_owned() })
        };
        let desk = Desk { folder: Some(benchmark.stimuli), upload: &no_uploads, workdir: own.path() };
        let intake = self.take_in(spec(localizer, benchmark)?, desk)?;
        if !intake.findings.are_harmless() {
            let faults: Vec<String> = intake.findings.faults.iter().map(ToString::to_string).collect();
            return Err(Error::Unfit { localizer: localizer.name.clone(), faults });
        }
        let spec = &intake.spec;
        let find = |stimulus: &_| desk.find(stimulus);
        let order = Order { spec, events: &intake.events, warnings: &[], find: &find };
        let stimuli = self.stimuli(order, own.path(), cancel)?;
        let runs = spec.design().runs(&stimuli.material(), &self.windows(spec), spec.seed)?;
        let session = Session { spec, runs, stimuli: &stimuli, output: Output::Responses };
        let scans = Scans::predict(&self.predictor, session, own.path(), listen, cancel)?;
        let subject = &scans.prediction().subjects[0].name;
        let contrast = spec.contrasts.iter().find(|contrast| contrast.name == published.contrast);
        let unknown = || Error::Unfit { localizer: localizer.name.clone(), faults: vec![published.contrast.clone()] };
        let maps = Estimates::of(&scans, spec, subject)?.contrast(&weights(contrast.ok_or_else(unknown)?)?)?;
        let map = if statistic(localizer) == "z" { maps.z().unwrap_or(maps.effect) } else { maps.effect };
        Ok(map.to_vec())
    }
}

/// As the paper compares: effects of pictures 5 s after their onset, z of the GLM for language.
fn statistic(localizer: &Localizer) -> &'static str {
    match localizer.estimate {
        Estimate::Glm(_) => "z",
        Estimate::Peak(_) | Estimate::Timecourse(_) => "effect",
    }
}

/// The localizer as the library has it, with the stimuli of its folder.
fn spec(localizer: &Localizer, benchmark: &Benchmark) -> Result<Spec, Error> {
    let brings_own = localizer.stimulus == StimulusKind::Text;
    if !brings_own && !benchmark.stimuli.join(&localizer.name).is_dir() {
        return Err(Error::NoStimuli { folder: benchmark.stimuli.join(&localizer.name) });
    }
    Ok(Spec {
        localizer: Some(localizer.name.clone()),
        stimuli_folder: (!brings_own).then(|| localizer.name.clone()),
        subjects: benchmark.subject.map(str::to_owned).into_iter().collect(),
        ..Spec::default()
    })
}

/// The file in the folder whose name begins with the localizer's and a dot; of a pair, the left one.
fn map_of(localizer: &str, folder: &Path) -> Result<PathBuf, Error> {
    let entries = std::fs::read_dir(folder).map_err(Error::file(folder))?;
    let is_of = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(localizer).is_some_and(|rest| rest.starts_with('.'))
    };
    let found = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_of).min();
    found.ok_or_else(|| Error::NoMap { localizer: localizer.to_owned(), folder: folder.to_owned() })
}

impl ValidationRow {
    /// Only a cancelled run ends the table.
    fn new(
        localizer: &Localizer,
        published: &PublishedAgreement,
        found: Result<Correlation, Error>,
    ) -> Result<Self, Error> {
        let (found, missing) = match found {
            Ok(found) => (Some(found), None),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => (None, Some(error.sentence())),
        };
        Ok(Self {
            localizer: localizer.name.clone(),
            contrast: published.contrast.clone(),
            statistic: statistic(localizer).to_owned(),
            r: found.map(|found| found.r),
            n: found.map(|found| found.n),
            p: found.map(Correlation::p),
            published_r: published.r,
            published_p: published.p,
            source: published.source.clone(),
            missing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_of_a_localizer_has_its_name_and_of_a_pair_the_left_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["faces.R.func.gii", "faces.L.func.gii", "faces_old.nii.gz", "places.nii.gz"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        let name = |localizer| map_of(localizer, folder.path()).map(|path| path.file_name().unwrap().to_owned());
        assert_eq!(name("faces").unwrap(), "faces.L.func.gii");
        assert_eq!(name("places").unwrap(), "places.nii.gz");
        assert!(matches!(name("bodies"), Err(Error::NoMap { .. })));
    }

    #[test]
    fn the_papers_ten_contrasts_are_those_with_a_published_agreement() {
        let library = Library::embedded().unwrap();
        let published: Vec<f64> =
            library.localizers().iter().filter_map(|localizer| Some(localizer.published.as_ref()?.r)).collect();
        let mut sorted = published.clone();
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, [0.12, 0.21, 0.45, 0.5, 0.6, 0.6, 0.64, 0.74, 0.79, 0.79]);
        let of = |name: &str| statistic(library.localizer(name).unwrap());
        assert_eq!((of("faces"), of("complex_simple")), ("effect", "z"));
    }
}
