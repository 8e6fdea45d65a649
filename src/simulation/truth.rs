//! What was planted, kept beside the cohort: populations, their maps, and responses without noise.

use std::fmt::Write as _;

use ndarray::Array1;

use super::Error;
use super::channel::Channel;
use super::dataset::Dataset;
use super::film::Film;
use super::forward::{ForwardModel, MESH, Population, Subject, subcortex};
use super::plan::Split;
use crate::brain::{AFFINE, GRID};
use crate::export::volume_map::{self, VoxelGrid};
use crate::export::{Origin, ScalarMap, Statistic};

/// The space of a volume, by the NIfTI standard.
const MNI152: i16 = 4;

const README: &str = "What was planted in the simulated cohort
========================================

populations.tsv             a row a population: its time to peak (s) and how much it answers to each channel
localizers.tsv              which contrasts have an effect by the tuning, and which has none
subcortex.nii.gz            the structures of the subcortex, by FreeSurfer's numbers: as a model that predicts it has them
FILM_channels.npy           (sample, channel) at 10 Hz: what is on, in the order of populations.tsv
SUBJECT_maps.npy            (population, output): how much of each population there is in each output
SUBJECT_signal_share.npy    (output): share of the variance over the training films that is signal
SUBJECT_task-FILM_populations.npy  (time, population): BOLD of the populations without noise; its product with the maps is
                            the response without noise
";

/// Writes what does not depend on a subject.
pub(super) fn write(dataset: &Dataset, films: &[Film]) -> Result<(), Error> {
    dataset.text("truth/README", README)?;
    let mut table = "population\tpeak_s".to_owned();
    Channel::ALL.iter().for_each(|channel| table.extend(["\t", channel.name()]));
    table.push('\n');
    for population in Population::builtin() {
        let _a_string_takes_everything = write!(table, "{}\t{}", population.name, population.peak_s);
        table.extend(population.tuning().iter().map(|amount| format!("\t{amount}")));
        table.push('\n');
    }
    dataset.text("truth/populations.tsv", &table)?;
    let planted = "contrast\tplanted\ncomplex - simple\tno\nall others of localizers/\tyes\n";
    dataset.text("truth/localizers.tsv", planted)?;
    write_subcortex(dataset)?;
    films.iter().try_for_each(|film| {
        let values = film.courses.values().mapv(|amount| amount as f32);
        dataset.array(&format!("truth/{}_channels.npy", film.name.name), &values)
    })
}

/// The label volume of the subcortex.
fn write_subcortex(dataset: &Dataset) -> Result<(), Error> {
    let labels = subcortex().labels();
    let map = ScalarMap { name: "structures", statistic: Statistic::Value, values: &labels };
    let grid = VoxelGrid { shape: GRID, affine: AFFINE.map(|row| row.map(f64::from)), space: MNI152 };
    let origin = Origin {
        mesh: MESH,
        label: "schematic, not an atlas",
        warns: true,
        of: "structures".to_owned(),
        by: "encortex simulate".to_owned(),
        entries: vec![("Simulated", "true".to_owned())],
    };
    let mut volume = Vec::new();
    volume_map::write(&mut volume, &map, &grid, &origin).map_err(Error::Volume)?;
    dataset.bytes("truth/subcortex.nii.gz", &volume)
}

/// Writes what is a subject's own, for the films that the subject saw.
pub(super) fn write_subject(
    dataset: &Dataset,
    model: &ForwardModel,
    subject: &Subject,
    seen: &[&Film],
    reference: &[&Film],
) -> Result<(), Error> {
    dataset.array(&format!("truth/{}_maps.npy", subject.name), &subject.maps)?;
    let courses: Vec<_> = reference.iter().map(|film| &film.courses).collect();
    let shares: Array1<f32> = model.signal_shares(subject, &courses);
    dataset.array(&format!("truth/{}_signal_share.npy", subject.name), &shares)?;
    seen.iter().try_for_each(|film| {
        let populations = model.populations(subject, &film.courses).mapv(|value| value as f32);
        dataset.array(&format!("truth/{}_task-{}_populations.npy", subject.name, film.name.name), &populations)
    })
}

/// The films of some splits.
pub(super) fn of_splits<'a>(films: &'a [Film], splits: &[Split]) -> Vec<&'a Film> {
    films.iter().filter(|film| splits.contains(&film.name.split)).collect()
}
