//! Writes every format from known values and lets other people's software read the files: `tests/python`.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::brain::{Hemisphere, Mesh, Subcortex, Surfaces, VolumeMap, Voxel};
use encortex::export::archive::Archive;
use encortex::export::table::{Kind, Table, Value};
use encortex::export::volume_map::VoxelGrid;
use encortex::export::{
    self, Names, Origin, Provenance, ScalarMap, SliceRows, Statistic, Subcortical, Training, cifti, gifti, hdf5, nifti,
    npy, png, sidecar, volume_map,
};

const MESH: Mesh = Mesh::Fsaverage5;
const SECONDS: usize = 12;
const WITHIN_MM: f64 = 3.0;

/// `(layer group, width, sample)` of the known features.
const FEATURES: [usize; 3] = [2, 96, 24];

#[test]
fn other_software_reads_what_was_written() -> Result<(), Box<dyn Error>> {
    let python = python();
    let Some(surfaces) = surfaces(&python)? else {
        eprintln!("SKIPPED: {} has no nibabel, nilearn, h5py, pyarrow and pytest", python.display());
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    write_everything(folder.path(), &surfaces)?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python");
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(tests)
        .env("ENCORTEX_FILES", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()?;
    assert!(status.success(), "the Python tests of the files failed");
    Ok(())
}

/// The interpreter of the virtual environment, or the system's.
fn python() -> PathBuf {
    match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    }
}

/// The surfaces that come with nilearn; `None` if something the Python tests import is missing.
fn surfaces(python: &Path) -> Result<Option<Surfaces>, Box<dyn Error>> {
    let script =
        "import h5py, nibabel, nilearn, pathlib, pyarrow, pytest; print(pathlib.Path(nilearn.__file__).parent)";
    let Ok(output) = Command::new(python).args(["-c", script]).output() else { return Ok(None) };
    if !output.status.success() {
        return Ok(None);
    }
    let nilearn = String::from_utf8(output.stdout)?;
    let folder = Path::new(nilearn.trim()).join("datasets/data/fsaverage5");
    Ok(Some(Surfaces::load(|name| fs::read(folder.join(name)))?))
}

fn provenance() -> Provenance {
    Provenance {
        model: "tribe-v2".to_owned(),
        training: Training::Measured,
        weights_sha256: "5e".repeat(32),
        licence: "CC BY-NC 4.0".to_owned(),
        mesh: MESH,
        subject: "average".to_owned(),
        task: "clip".to_owned(),
        stimulus_blake3: "b3".repeat(32),
        tr_s: 1.0,
        start_s: 0.0,
        lag_s: 5.0,
    }
}

/// A wave that runs from the back of the brain to its front, and a grain that tells the vertices apart.
fn response(surfaces: &Surfaces) -> Vec<f32> {
    let mut values = Vec::with_capacity(SECONDS * MESH.vertices());
    for time in 0..SECONDS {
        for hemisphere in Hemisphere::BOTH {
            for (vertex, point) in surfaces.of(hemisphere).pial.coordinates.iter().enumerate() {
                let phase = point[1] / 25.0 - std::f32::consts::TAU * time as f32 / SECONDS as f32;
                values.push(phase.sin() + vertex as f32 * 1e-6);
            }
        }
    }
    values
}

fn write_everything(folder: &Path, surfaces: &Surfaces) -> Result<(), Box<dyn Error>> {
    let provenance = provenance();
    let names = Names::new(&provenance);
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let values = response(surfaces);
    let mut rows = SliceRows::new(&values, MESH.vertices());
    let kept: Vec<bool> = (0..SECONDS).map(|second| second != 3).collect();
    let mean = export::mean(&mut rows, &kept)?;
    let map = VolumeMap::from_surfaces(surfaces, MESH, WITHIN_MM);

    for hemisphere in Hemisphere::BOTH {
        gifti::write_series(create(&names.gifti(hemisphere))?, &mut rows, hemisphere, &provenance)?;
    }
    cifti::write_dtseries(create(&names.cifti())?, &mut rows, None, &provenance)?;
    nifti::write_series(create(&names.nifti())?, &mut rows, None, &provenance, &map)?;
    nifti::write_mean(create(&names.mean_nifti())?, &mean, None, &provenance, &map)?;
    npy::write_series(create(&names.npy())?, &mut rows, MESH)?;
    png::cortex(create(&names.png())?, &mean, png::MEAN, surfaces, &provenance)?;
    fs::write(folder.join(names.surface_sidecar()), sidecar::surface(&provenance))?;
    fs::write(folder.join(names.volume_sidecar()), sidecar::volume(&provenance, &map))?;
    fs::write(folder.join(names.mean_sidecar()), sidecar::volume(&provenance, &map))?;
    fs::write(folder.join(export::DATASET_DESCRIPTION), sidecar::dataset_description(&provenance))?;

    let [groups, width, samples] = FEATURES;
    let features: Vec<f32> = (0..groups * width * samples).map(|index| (index as f32).sqrt()).collect();
    hdf5::write(
        &folder.join(export::HDF5),
        &mut [
            hdf5::Response { subject: "average", rows: &mut rows, subcortical: None },
            hdf5::Response {
                subject: "sub-02",
                rows: &mut SliceRows::new(&values, MESH.vertices()),
                subcortical: None,
            },
        ],
        &kept,
        &mut [hdf5::FeatureSeries { modality: "audio", groups, width, rows: &mut SliceRows::new(&features, samples) }],
        &provenance,
    )?;

    let mut archive = Archive::new(create(export::ARCHIVE)?);
    archive.add(export::DATASET_DESCRIPTION, File::open(folder.join(export::DATASET_DESCRIPTION))?)?;
    for name in [names.cifti(), names.gifti(Hemisphere::Left), names.surface_sidecar()] {
        archive.add(&format!("{}/{name}", names.folder()), File::open(folder.join(&name))?)?;
    }
    archive.finish()?;

    write_maps(&folder.join("maps"), &mean, &map)?;
    write_whole_brain(&folder.join("whole_brain"), &values, &map)?;
    write_tables(folder)?;
    write_floats(create("truth.f32")?, &values)?;
    write_floats(create("features.f32")?, &features)?;
    let voxels = map.voxels().iter().flat_map(|(voxel, place)| [voxel.to_le_bytes(), place.to_le_bytes()]);
    fs::write(folder.join("voxels.u32"), voxels.flatten().collect::<Vec<u8>>())?;
    Ok(())
}

/// The same response with a subcortex of two boxes, whose values tell their second and their place.
fn write_whole_brain(folder: &Path, values: &[f32], map: &VolumeMap) -> Result<(), Box<dyn Error>> {
    fs::create_dir(folder)?;
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let thalamus = |left: bool, x: u16| {
        let label = if left { 10 } else { 49 };
        (0..40).map(move |place| Voxel { indices: [x + place / 20, 50 + place / 5 % 4, 40 + place % 5], label })
    };
    let amygdala = (0..3).map(|z| Voxel { indices: [41, 60, 30 + z], label: 54 });
    let subcortex = Subcortex::new(thalamus(true, 50).chain(thalamus(false, 38)).chain(amygdala).collect())?;
    let voxels = subcortex.voxels().len();
    let own: Vec<f32> = (0..SECONDS * voxels).map(|at| (at / voxels * 1000 + at % voxels) as f32).collect();

    let provenance = provenance();
    let (mut cortex, mut part) = (SliceRows::new(values, MESH.vertices()), SliceRows::new(&own, voxels));
    let subcortical = Some(Subcortical { rows: &mut part, subcortex: &subcortex });
    cifti::write_dtseries(create("response.dtseries.nii")?, &mut cortex, subcortical, &provenance)?;
    let subcortical = Some(Subcortical { rows: &mut part, subcortex: &subcortex });
    nifti::write_series(create("response.nii.gz")?, &mut cortex, subcortical, &provenance, map)?;
    let subcortical = Some(Subcortical { rows: &mut part, subcortex: &subcortex });
    let response = hdf5::Response { subject: "average", rows: &mut cortex, subcortical };
    hdf5::write(&folder.join("response.h5"), &mut [response], &[true; SECONDS], &mut [], &provenance)?;
    npy::write_matrix(create("subcortex.npy")?, &mut part)?;
    let labels = ScalarMap { name: "subcortex", statistic: Statistic::Value, values: &subcortex.labels() };
    volume_map::write(create("labels.nii.gz")?, &labels, &VoxelGrid::MNI152, &Origin::from(&provenance))?;
    Ok(())
}

/// The mean of the response as the effect of a contrast, and twice that as its t.
fn write_maps(folder: &Path, mean: &[f32], voxels: &VolumeMap) -> Result<(), Box<dyn Error>> {
    let provenance = provenance();
    let names = Names::new(&provenance);
    fs::create_dir(folder)?;
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let twice: Vec<f32> = mean.iter().map(|value| 2.0 * value).collect();
    let t = Statistic::T { degrees_of_freedom: Some(18.0) };
    let effect = ScalarMap { name: "faces: effect", statistic: Statistic::Effect, values: mean };
    let t = ScalarMap { name: "faces: t", statistic: t, values: &twice };
    for hemisphere in Hemisphere::BOTH {
        let name = names.contrast_gifti(hemisphere, "faces", t.statistic);
        gifti::write_map(create(&name)?, &t, hemisphere, &provenance)?;
    }
    nifti::write_map(create(&names.contrast_nifti("faces", t.statistic))?, &t, &provenance, voxels)?;
    cifti::write_dscalar(create(&names.contrasts_cifti())?, &[effect, t], &provenance)?;
    Ok(())
}

/// Three thousand cells in every format; the value of a place is its number, and one in seven is missing.
fn write_tables(folder: &Path) -> Result<(), Box<dyn Error>> {
    let columns = || {
        let parameters = [("asynchrony_s", Kind::Number), ("jitter", Kind::Truth)];
        let names = ["contrast", "region"].map(|name| (name, Kind::Text));
        let measures = ["mean", "t"].map(|name| (name, Kind::Number));
        let columns = [("cell", Kind::Whole)].into_iter().chain(parameters).chain(names).chain(measures);
        columns.map(|(name, kind)| (name.to_owned(), kind)).collect::<Vec<_>>()
    };
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let mut tables = [
        Table::csv(create("table.csv")?, columns())?,
        Table::parquet(create("table.parquet")?, columns())?,
        Table::hdf5(&folder.join("table.h5"), columns())?,
    ];
    let texts = ["faces", "faces, \"upright\""]
        .iter()
        .flat_map(|contrast| ["FFA", "é", "STS"].map(|region| (contrast, region)));
    let texts: Vec<_> = texts.collect();
    for cell in 0..3000_i64 {
        for (place, (contrast, region)) in (6 * cell..).zip(&texts) {
            let value = |number: i64| if number % 7 == 0 { f64::NAN } else { number as f64 / 3.0 };
            let row = [
                Value::Whole(cell),
                Value::Number((cell % 5) as f64 / 10.0),
                Value::Truth(cell % 2 == 0),
                Value::Text((*contrast).to_string()),
                Value::Text((*region).to_owned()),
                Value::Number(value(2 * place)),
                Value::Number(value(2 * place + 1)),
            ];
            tables.iter_mut().try_for_each(|table| table.append(row.to_vec()))?;
        }
    }
    for table in tables {
        table.finish(&[("model", "tribe-v2".to_owned())])?;
    }
    Ok(())
}

fn write_floats(mut to: impl Write, values: &[f32]) -> std::io::Result<()> {
    values.iter().try_for_each(|value| to.write_all(&value.to_le_bytes()))?;
    to.flush()
}
