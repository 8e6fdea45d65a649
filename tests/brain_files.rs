//! Reads the atlases and the maps that other people's software writes, and compares what was read with what that
//! software reads itself: `tests/python/test_atlases.py`, `test_measured_maps.py` and `test_runs.py`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::bold::{BoldFile, Outputs};
use encortex::brain::{Atlas, MeasuredMap, Mesh, Surfaces, VolumeSpace, Volumes};
use ndarray_npy::write_npy;
use serde_json::json;

type Tested = Result<(), Box<dyn Error>>;

const MESH: Mesh = Mesh::Fsaverage5;

#[test]
fn atlases_are_read_as_nibabel_reads_them() -> Tested {
    written_by_python("test_atlases.py", "ENCORTEX_ATLASES", |folder, _| {
        let read = |name: &str| fs::read(folder.join(name));
        let atlases = [
            ("annot", Atlas::from_annot("annot", &read("left.annot")?, &read("right.annot")?, MESH)?),
            ("gifti", Atlas::from_label_gifti("gifti", &read("left.label.gii")?, &read("right.label.gii")?, MESH)?),
            ("cifti", Atlas::from_dlabel("cifti", &read("areas.dlabel.nii")?, MESH)?),
        ];
        for (name, atlas) in atlases {
            let names: Vec<&str> = atlas.parcels().iter().map(|parcel| parcel.patch.name.as_str()).collect();
            let colours: Vec<_> = atlas.parcels().iter().map(|parcel| parcel.colour).collect();
            let text = json!({ "names": names, "colours": colours, "labels": atlas.labels() }).to_string();
            fs::write(folder.join(format!("{name}.json")), text)?;
        }
        Ok(())
    })
}

#[test]
fn maps_are_read_and_sampled_as_nibabel_and_nilearn_do_it() -> Tested {
    written_by_python("test_measured_maps.py", "ENCORTEX_MAPS", |folder, surfaces| {
        let read = |name: &str| fs::read(folder.join(name));
        let write = |name: &str, maps: Vec<MeasuredMap>| {
            let values = maps.iter().flat_map(MeasuredMap::values).map(|value| value.unwrap_or(f32::NAN));
            fs::write(folder.join(format!("{name}.f32")), values.flat_map(f32::to_le_bytes).collect::<Vec<u8>>())
        };
        write("gifti", MeasuredMap::from_gifti(&read("left.func.gii")?, &read("right.func.gii")?, MESH)?)?;
        write("cifti", MeasuredMap::from_cifti(&read("maps.dscalar.nii")?, MESH)?)?;
        for name in ["oblique.nii.gz", "scaled.nii"] {
            write(name, Volumes::from_nifti(&read(name)?)?.on_surface(VolumeSpace::Mni152, surfaces, MESH)?)?;
        }
        Ok(())
    })
}

#[test]
fn runs_are_read_and_made_ready_as_scipy_does_it() -> Tested {
    let outputs = Outputs { count: MESH.vertices(), mesh: Some(MESH) };
    written_by_python("test_runs.py", "ENCORTEX_RUNS", |folder, _| {
        for (name, dataset, tr_s) in [
            ("hemi-L_bold.func.gii", None, None),
            ("bold.dtseries.nii", None, None),
            ("volumes_bold.nii.gz", None, None),
            ("turned_bold.npy", None, Some(1.49)),
            ("bold.h5", Some("sub-01/bold"), Some(1.49)),
        ] {
            let file = BoldFile::named(&folder.join(name), dataset)?;
            let mut run = file.read(outputs, tr_s, &folder.join("surfaces"))?;
            write_npy(folder.join(format!("{name}.raw.npy")), run.values())?;
            let masked = run.standardise()?;
            let (_, rows) = run.resampled(5.0, 1.0, 100);
            write_npy(folder.join(format!("{name}.ready.npy")), &rows)?;
            let said = json!({ "tr_s": run.tr_s(), "constant": masked.constant, "not_finite": masked.not_finite });
            fs::write(folder.join(format!("{name}.json")), said.to_string())?;
        }
        Ok(())
    })
}

/// Lets a file of Python tests write into a new folder, reads what is there, and runs its tests on both.
fn written_by_python(file: &str, variable: &str, read: impl Fn(&Path, &Surfaces) -> Tested) -> Tested {
    let python = match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    };
    let Some(surfaces) = surfaces(&python)? else {
        eprintln!("SKIPPED: {} has no nibabel, nilearn and pytest", python.display());
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(file);
    let written = Command::new(&python).arg(&tests).arg(folder.path()).status()?;
    assert!(written.success(), "{file} could not write its files");
    read(folder.path(), &surfaces)?;
    let status = Command::new(&python)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(tests)
        .env(variable, folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()?;
    assert!(status.success(), "the Python tests of {file} failed");
    Ok(())
}

/// The surfaces that come with nilearn; `None` if something the Python tests import is missing.
fn surfaces(python: &Path) -> Result<Option<Surfaces>, Box<dyn Error>> {
    let script = "import nibabel, nilearn, pathlib, pytest; print(pathlib.Path(nilearn.__file__).parent)";
    let Ok(output) = Command::new(python).args(["-c", script]).output() else { return Ok(None) };
    if !output.status.success() {
        return Ok(None);
    }
    let folder = Path::new(String::from_utf8(output.stdout)?.trim()).join("datasets/data/fsaverage5");
    Ok(Some(Surfaces::load(|name| fs::read(folder.join(name)))?))
}
