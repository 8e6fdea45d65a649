//! A data folder, an anatomy and the untrained model, for every test.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use encortex::brain::{MeasuredMap, Mesh};
use encortex::catalogue::{Catalogue, CatalogueDirs, ResolvedModel, SubjectShelf};
use encortex::features::DeviceChoice;
use encortex::predict::{Anatomy, PipelineConfig, Predictor};
use encortex::scanner::{AtlasFolder, Scanner};
use encortex::stimulus::{Ffmpeg, Limits, Speech, Tools};
use tempfile::TempDir;

pub(crate) type Tested<T = ()> = Result<T, Box<dyn Error>>;

pub(crate) const MESH: Mesh = Mesh::Fsaverage5;

/// A file of `../shared`; says so where it is absent.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if !path.exists() {
        eprintln!("SKIPPED: {} is absent, which this test reads", path.display());
        return None;
    }
    Some(path)
}

/// The surfaces that `scripts/setup` copies.
pub(crate) fn anatomy() -> Anatomy {
    let surfaces = Path::new(env!("CARGO_MANIFEST_DIR")).join("share/fsaverage5");
    Anatomy { surfaces, volume_table: None }
}

/// A folder for what is made once: models, features, atlases.
fn data() -> &'static Path {
    static DATA: OnceLock<TempDir> = OnceLock::new();
    DATA.get_or_init(|| tempfile::tempdir().expect("a temporary folder")).path()
}

pub(crate) fn atlases() -> AtlasFolder {
    AtlasFolder::new(data().join("atlases"))
}

pub(crate) fn model() -> ResolvedModel {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _making = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let dirs = CatalogueDirs {
        manifests: None,
        hf_home: Some(data().join("hf")),
        data_dir: data().to_owned(),
        folders: BTreeMap::new(),
    };
    Catalogue::new(dirs).and_then(|catalogue| catalogue.resolve("untrained")).expect("the untrained model is made")
}

/// The scanner that all tests share, one after the other.
pub(crate) fn scanner() -> MutexGuard<'static, Scanner> {
    static SCANNER: OnceLock<Mutex<Scanner>> = OnceLock::new();
    let start = || {
        let tools = Tools {
            ffmpeg: Ffmpeg::locate(None).expect("ffmpeg is in PATH: put .venv/bin first"),
            speech: Speech::locate(None, "en-us"),
            transcriber: None,
            limits: Limits { duration_s: 3600.0 },
        };
        let config = PipelineConfig {
            device: DeviceChoice::Cpu,
            precision: None,
            cache: data().join("cache"),
            tools: tools.clone(),
            own_subjects: SubjectShelf::new(data().join("subjects")),
        };
        let predictor = Predictor::open(model(), config).expect("the model starts");
        Mutex::new(Scanner::new(predictor, tools, anatomy(), atlases()))
    };
    SCANNER.get_or_init(start).lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder in whose `stimuli` lies what `scripts/stimuli` makes, two a condition; says so where Python lacks what it takes.
pub(crate) fn stimuli() -> Tested<Option<TempDir>> {
    let python = match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    };
    let folder = tempfile::tempdir()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/stimuli");
    let made = Command::new(&python).arg(script).arg(folder.path().join("stimuli")).args(["--count", "2"]).output();
    match made {
        Ok(output) if output.status.success() => Ok(Some(folder)),
        Ok(output) => {
            eprintln!("SKIPPED: no stimuli: {}", String::from_utf8_lossy(&output.stderr).trim());
            Ok(None)
        }
        Err(error) => {
            eprintln!("SKIPPED: no stimuli: {}: {error}", python.display());
            Ok(None)
        }
    }
}

/// A map of a `.dscalar.nii` file, by name.
pub(crate) fn map_of(folder: &Path, name: &str) -> Tested<Vec<f32>> {
    let file = files_that(folder, |file| file.ends_with(".dscalar.nii"))?;
    let maps = MeasuredMap::from_cifti(&std::fs::read(&file[0])?, MESH)?;
    let map = MeasuredMap::select(maps, Some(name))?;
    Ok(map.values().iter().map(|value| value.unwrap_or(f32::NAN)).collect())
}

/// Files of a folder whose names fit, in order.
pub(crate) fn files_that(folder: &Path, fits: impl Fn(&str) -> bool) -> Tested<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.file_name().is_some_and(|name| fits(&name.to_string_lossy())));
    files.sort();
    assert!(!files.is_empty(), "no such file in {}", folder.display());
    Ok(files)
}
