//! The files of an experiment, and the report that says what is in them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::Error;
use super::map_folder::write_report;
use super::maps::Maps;
use super::permuted::Permuted;
use super::region_rows::RegionRow;
use super::report::{ContrastReport, Report, UNIT, UNIT_OF_SCANS};
use super::scans::Scans;
use super::timecourse::CourseRow;
use crate::brain::{Hemisphere, Mesh, Surfaces, VolumeMap};
use crate::experiment::design::Preview;
use crate::experiment::{Contrast, Estimate, Returned, Spec, Statistics, Variance};
use crate::export::{Names, Provenance, ScalarMap, Statistic, cifti, gifti, nifti, png};
use crate::predict::{Anatomy, files};

/// A report of this name lies beside the files.
pub const REPORT: &str = "experiment.json";
/// The rate of false discoveries where an experiment asks for none.
const USUAL_Q: f64 = 0.05;

/// Writes results as they come.
pub(super) struct Results<'a> {
    folder: &'a Path,
    spec: &'a Spec,
    scans: &'a Scans,
    mesh: Mesh,
    /// What maps are drawn on; `None` where none are wanted.
    canvas: Option<Canvas>,
    contrasts: Vec<ContrastReport>,
    /// What was not done as it was asked for.
    notes: Vec<String>,
    /// Every map of a subject, for its CIFTI file.
    maps: Vec<Named>,
    files: Vec<String>,
}

/// The cortex, and which of its vertices each voxel shows.
struct Canvas {
    surfaces: Surfaces,
    voxels: VolumeMap,
}

/// A map with its name.
struct Named {
    contrast: String,
    statistic: Statistic,
    values: Vec<f32>,
}

/// A row of the table of regions.
#[derive(Serialize)]
struct TableRow<'a> {
    contrast: &'a str,
    region: &'a str,
    vertices_left: usize,
    vertices_right: usize,
    mean: f64,
    t: Option<f64>,
    df: Option<f64>,
    p: Option<f64>,
    q: Option<f64>,
    cohens_d: Option<f64>,
    lateralization: Option<f64>,
    peak_hemisphere: Option<&'a str>,
    peak_vertex: Option<u32>,
    peak_x_mm: Option<f32>,
    peak_y_mm: Option<f32>,
    peak_z_mm: Option<f32>,
    peak_effect: Option<f64>,
    patches_larger: Option<f64>,
}

impl<'a> Results<'a> {
    /// `mesh` is the one that responses lie on.
    pub(super) fn new(
        folder: &'a Path,
        spec: &'a Spec,
        scans: &'a Scans,
        mesh: Mesh,
        anatomy: &Anatomy,
    ) -> Result<Self, Error> {
        let canvas = || Ok::<_, Error>(Canvas { surfaces: anatomy.surfaces()?, voxels: anatomy.volume_map(mesh)? });
        let canvas = spec.returns().contains(&Returned::Maps).then(canvas).transpose()?;
        let (contrasts, notes, maps, files) = Default::default();
        Ok(Self { folder, spec, scans, mesh, canvas, contrasts, notes, maps, files })
    }

    /// Adds a contrast of a subject.
    pub(super) fn add(
        &mut self,
        subject: &str,
        contrast: &Contrast,
        weights: &[(String, f64)],
        maps: &Maps,
        regions: Vec<RegionRow>,
    ) -> Result<(), Error> {
        let q = if self.spec.reads_means() { None } else { maps.q()? };
        let rate = self.spec.statistics.fdr.as_ref().map_or(USUAL_Q, |fdr| fdr.q);
        if let Some(canvas) = self.canvas.take() {
            let provenance = self.provenance(subject);
            for (statistic, values) in maps.statistics(q.as_deref()) {
                self.write_map(&canvas, &contrast.name, statistic, &values, &provenance)?;
                self.maps.push(Named { contrast: contrast.name.clone(), statistic, values });
            }
            self.canvas = Some(canvas);
        }
        if maps.t.is_none() && self.spec.statistics.need_variance() {
            self.notes.push(format!(
                "The contrast {} of {subject} is not tested: a condition has one stimulus, or its trials cannot be told apart.",
                contrast.name
            ));
        }
        let parcels: Vec<f64> = regions.iter().filter_map(|region| region.q).collect();
        self.contrasts.push(ContrastReport {
            name: contrast.name.clone(),
            subject: subject.to_owned(),
            weights: weights.iter().cloned().collect(),
            n: weights.iter().map(|(condition, _)| (condition.clone(), self.stimuli(condition))).collect(),
            tested: maps.t.is_some(),
            significant_vertices: q.map(|q| q.iter().filter(|q| **q < rate).count()),
            significant_parcels: (!parcels.is_empty()).then(|| parcels.iter().filter(|q| **q < rate).count()),
            permutations: maps.permuted.as_ref().map(Permuted::report),
            regions,
        });
        Ok(())
    }

    /// Ends a subject: writes what holds all of its contrasts.
    pub(super) fn end_subject(&mut self, subject: &str, courses: &[CourseRow]) -> Result<(), Error> {
        let provenance = self.provenance(subject);
        let names = Names::new(&provenance);
        let maps = std::mem::take(&mut self.maps);
        if !maps.is_empty() {
            let titles: Vec<String> =
                maps.iter().map(|map| format!("{} ({})", map.contrast, map.statistic.label())).collect();
            let scalars: Vec<ScalarMap> = maps
                .iter()
                .zip(&titles)
                .map(|(map, name)| ScalarMap { name, statistic: map.statistic, values: &map.values })
                .collect();
            self.write(names.contrasts_cifti(), |to| Ok(cifti::write_dscalar(to, &scalars, &provenance)?))?;
        }
        let own: Vec<ContrastReport> =
            self.contrasts.iter().filter(|contrast| contrast.subject == subject).cloned().collect();
        if own.iter().any(|contrast| !contrast.regions.is_empty()) {
            let rows: Vec<TableRow> = own.iter().flat_map(table_rows).collect();
            self.write(names.regions_table(), |to| write_table(to, &rows))?;
        }
        if !courses.is_empty() {
            self.write(names.courses_table(), |to| write_table(to, courses))?;
        }
        Ok(())
    }

    /// Writes the report last: a folder that holds one is whole.
    pub(super) fn finish(mut self, design: Preview, warnings: &[String]) -> Result<Report, Error> {
        let prediction = self.scans.prediction();
        let asked = notes_on(&self.spec.statistics);
        self.files.sort();
        let report = Report {
            is_prediction: true,
            name: self.spec.name.clone(),
            localizer: self.spec.localizer.clone(),
            model: prediction.model.clone(),
            subjects: prediction.subjects.iter().map(|subject| subject.name.clone()).collect(),
            design,
            media: self.spec.changed_media(),
            estimate: match self.spec.estimate() {
                Estimate::Peak(_) => "peak",
                Estimate::Glm(_) => "glm",
                Estimate::Timecourse(_) => "timecourse",
            }
            .to_owned(),
            unit: match self.spec.estimate() {
                Estimate::Glm(glm) if glm.variance == Variance::Scans => UNIT_OF_SCANS,
                _ => UNIT,
            }
            .to_owned(),
            contrasts: self.contrasts,
            notes: warnings.iter().cloned().chain(self.scans.notes()).chain(asked).chain(self.notes).collect(),
            files: self.files,
        };
        write_report(self.folder, REPORT, &report)?;
        Ok(report)
    }

    fn provenance(&self, subject: &str) -> Provenance {
        files::provenance_on(self.mesh, self.scans.prediction(), subject)
    }

    /// Different stimuli that a condition was shown by.
    fn stimuli(&self, condition: &str) -> usize {
        let runs = 0..self.scans.runs.len();
        let shown = runs.flat_map(|run| self.scans.trials(run)).filter(|placed| placed.condition == condition);
        shown.map(|placed| placed.stimulus).collect::<BTreeSet<_>>().len()
    }

    /// A map on the surface and in the volume, with a picture of what it is looked at by.
    fn write_map(
        &mut self,
        canvas: &Canvas,
        contrast: &str,
        statistic: Statistic,
        values: &[f32],
        provenance: &Provenance,
    ) -> Result<(), Error> {
        let names = Names::new(provenance);
        let title = format!("{contrast} ({})", statistic.label());
        let map = ScalarMap { name: &title, statistic, values };
        for hemisphere in Hemisphere::BOTH {
            let name = names.contrast_gifti(hemisphere, contrast, statistic);
            self.write(name, |to| Ok(gifti::write_map(to, &map, hemisphere, provenance)?))?;
        }
        if matches!(statistic, Statistic::Effect | Statistic::T { .. }) {
            let what = format!("contrast {contrast}, {}", statistic.label());
            let unit = match statistic {
                Statistic::T { .. } => "t",
                _ => "effect (units of predicted BOLD)",
            };
            let name = names.contrast_nifti(contrast, statistic);
            self.write(name, |to| Ok(nifti::write_map(to, &map, provenance, &canvas.voxels)?))?;
            let caption = png::Caption { what: &what, unit };
            let name = names.contrast_png(contrast, statistic);
            self.write(name, |to| Ok(png::cortex(to, values, caption, &canvas.surfaces, provenance)?))?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        name: String,
        content: impl FnOnce(&mut BufWriter<File>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.folder.join(&name);
        let mut to = BufWriter::new(File::create(&path).map_err(Error::file(&path))?);
        content(&mut to)?;
        to.flush().map_err(Error::file(&path))?;
        self.files.push(name);
        Ok(())
    }
}

/// What n is in the statistics that are asked for.
fn notes_on(statistics: &Statistics) -> Vec<String> {
    let permutations = statistics.permutations.as_ref().map(|_| {
        "Permutations exchange stimuli, neither scans nor people; n is how many each condition has, repetitions of one \
         counted once. The map pperm is of the vertex alone, pfwe corrected for all vertices."
            .to_owned()
    });
    let parcels = statistics.tested_atlas().map(|atlas| {
        format!(
            "The q of a parcel is among the parcels of {atlas}. Its p is that of its mean, over stimuli: n is how many each \
             condition has."
        )
    });
    permutations.into_iter().chain(parcels).collect()
}

fn table_rows(contrast: &ContrastReport) -> impl Iterator<Item = TableRow<'_>> {
    contrast.regions.iter().map(|row| {
        let [peak_x_mm, peak_y_mm, peak_z_mm] = [0, 1, 2].map(|axis| Some(row.peak_mni_mm?[axis]));
        let [vertices_left, vertices_right] = row.vertices;
        TableRow {
            contrast: &contrast.name,
            region: &row.region,
            vertices_left,
            vertices_right,
            mean: row.mean,
            t: row.t,
            df: row.degrees_of_freedom,
            p: row.p,
            q: row.q,
            cohens_d: row.cohens_d,
            lateralization: row.lateralization,
            peak_hemisphere: row.peak_hemisphere.as_deref(),
            peak_vertex: row.peak_vertex,
            peak_x_mm,
            peak_y_mm,
            peak_z_mm,
            peak_effect: row.peak_effect,
            patches_larger: row.patches_larger,
        }
    })
}

/// Tab-separated, with a header, as BIDS has its tables.
fn write_table(to: impl Write, rows: &[impl Serialize]) -> Result<(), Error> {
    let mut table = csv::WriterBuilder::new().delimiter(b'\t').from_writer(to);
    rows.iter().try_for_each(|row| table.serialize(row)).map_err(|error| Error::Table(error.into()))?;
    table.flush().map_err(Error::Table)
}
