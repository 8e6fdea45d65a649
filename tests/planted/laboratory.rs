//! Everything that the tests share: pictures, the planted model, and a scanner around it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use encortex::catalogue::{Catalogue, CatalogueDirs, ResolvedModel, SubjectShelf};
use encortex::encoder::AVERAGE;
use encortex::experiment::Spec;
use encortex::features::DeviceChoice;
use encortex::predict::{Anatomy, Output, PipelineConfig, Prediction, PredictionRequest, Predictor};
use encortex::scanner::{self, AtlasFolder, Desk, Order, Progress, Report, Scanner};
use encortex::stimulus::{Event, Ffmpeg, Limits, Source, Speech, Tools};
use ndarray::{Array1, Array2, Axis, s, stack};
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::cortex::{self, MESH, Planted};
use super::maps::{self, Maps};
use super::model;
use super::pictures::{self, Colour};
use super::readout::Readout;

/// Pictures of each colour there are. As all of them are known, so is where colours differ in truth.
pub(crate) const THERE_ARE: usize = 160;
/// Pictures of each colour that an experiment shows, drawn from them.
pub(crate) const SHOWN: usize = 16;
/// From one picture to the next where all are shown, and how long each of them is (s).
const ASYNCHRONY_S: f64 = 2.0;
const PICTURE_S: f64 = 1.0;
/// Samples of a feature in a second.
const FEATURE_HZ: f64 = 2.0;

/// The model's lag as TRIBE v2 has it (s).
pub(crate) const LAG_S: f64 = 5.0;

pub(crate) struct Laboratory {
    folder: TempDir,
    pub(crate) scanner: Scanner,
    /// The same model, which states that it has no lag.
    pub(crate) without_lag: Scanner,
    pub(crate) patches: Vec<Planted>,
    /// By colour.
    pictures: Vec<Vec<PathBuf>>,
}

/// The laboratory, set up once; says so where a program or the surfaces are absent.
pub(crate) fn laboratory() -> Option<&'static Laboratory> {
    static LABORATORY: OnceLock<Option<Laboratory>> = OnceLock::new();
    LABORATORY.get_or_init(Laboratory::set_up).as_ref()
}

impl Laboratory {
    fn set_up() -> Option<Self> {
        let surfaces = Path::new(env!("CARGO_MANIFEST_DIR")).join("share/fsaverage5");
        let Ok(ffmpeg) = Ffmpeg::locate(None) else {
            eprintln!("SKIPPED: ffmpeg is not on the PATH, which pictures are decoded with");
            return None;
        };
        if !surfaces.is_dir() {
            eprintln!("SKIPPED: {} is absent, whose surfaces maps are made on; run scripts/setup", surfaces.display());
            return None;
        }
        let anatomy = Anatomy { surfaces, volume_table: None };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tools = Tools {
            ffmpeg,
            speech: Speech::locate(None, "en-us"),
            transcriber: None,
            limits: Limits { duration_s: 4.0 * 3600.0 },
        };
        let catalogue = Catalogue::new(CatalogueDirs {
            hf_home: Some(folder.path().join("hf")),
            data_dir: folder.path().join("data"),
            ..CatalogueDirs::default()
        })
        .expect("a catalogue");
        let untrained = catalogue.resolve("untrained").expect("the untrained model");
        let start = |model: ResolvedModel| {
            let cache = folder.path().join("cache");
            let config = PipelineConfig {
                device: DeviceChoice::Cpu,
                precision: None,
                own_subjects: SubjectShelf::new(cache.join("subjects")),
                cache,
                tools: tools.clone(),
            };
            Predictor::open(model, config).expect("a model thread")
        };

        let pictures = draw_all(&folder.path().join("all"));
        let readout = studied(&start(untrained.clone()), &pictures, folder.path());
        let patches = cortex::patches(&anatomy.surfaces().expect("surfaces"));
        let vertices = cortex::weights(&patches);
        let atlases = AtlasFolder::new(folder.path().join("atlases"));
        install(&atlases, &patches, folder.path());
        let planted = |name: &str, lag_s: f64| {
            let model = folder.path().join(name);
            model::write(&model, &untrained, &MESH.to_string(), lag_s, &readout.channels(), &vertices);
            let model = catalogue.resolve(&model.display().to_string()).expect("the planted model");
            Scanner::new(start(model), tools.clone(), anatomy.clone(), atlases.clone())
        };
        let (scanner, without_lag) = (planted("planted", LAG_S), planted("without-lag", 0.0));
        show(&pictures, &folder.path().join("pictures"));
        Some(Self { scanner, without_lag, patches, pictures, folder })
    }

    /// Runs an experiment on the pictures shown, as a user's JSON has it.
    pub(crate) fn run(&self, scanner: &Scanner, spec: &serde_json::Value) -> Run {
        self.scan(scanner, spec, &mut |_| (), &CancellationToken::new()).expect("an experiment")
    }

    /// The same, listened to and cancelled.
    pub(crate) fn scan(
        &self,
        scanner: &Scanner,
        spec: &serde_json::Value,
        listen: &mut dyn FnMut(Progress),
        cancel: &CancellationToken,
    ) -> Result<Run, scanner::Error> {
        let out = tempfile::tempdir_in(self.folder.path()).expect("a temporary folder");
        let no_uploads = |_: &str| panic!("nothing is uploaded");
        let desk = Desk { folder: Some(self.folder.path()), upload: &no_uploads, workdir: out.path() };
        let spec = Spec::from_json(spec.to_string().as_bytes()).expect("a spec");
        let intake = scanner.take_in(spec, desk).expect("a spec that can be looked up");
        assert_eq!(intake.findings.faults, []);
        let find = |stimulus: &_| desk.find(stimulus);
        let order = Order { spec: &intake.spec, events: &intake.events, warnings: &[], find: &find };
        let report = scanner.scan(order, out.path(), listen, cancel)?;
        Ok(Run { report, out })
    }

    /// The vertices that answer to a colour, as places in a row of the response.
    pub(crate) fn places_of(&self, colour: Colour) -> &[usize] {
        self.patches.iter().find(|patch| patch.colour == colour).map_or(&[], |patch| &patch.places)
    }

    /// The files of a folder of pictures, as specs name them.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join(folder)).expect("a folder");
        let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut files: Vec<String> =
            entries.map(|entry| format!("{folder}/{}", name(entry.expect("an entry")))).collect();
        files.sort();
        files
    }

    /// The response 5 s after the onset of every picture there is, for each colour `(picture, vertex)`.
    pub(crate) fn peaks(&self) -> Vec<Array2<f32>> {
        let (response, onsets) = self.response_to(&self.pictures.concat(), ASYNCHRONY_S);
        let rows: Vec<usize> = onsets.into_iter().map(|onset| onset as usize).collect();
        let of_colour = |rows: &[usize]| response.select(Axis(0), rows);
        rows.chunks(THERE_ARE).map(of_colour).collect()
    }

    /// The response `(time, vertex)` to the first pictures of a colour, and when each of them comes on (s).
    pub(crate) fn response_to_some(&self, colour: Colour, count: usize, asynchrony_s: f64) -> (Array2<f32>, Vec<f64>) {
        self.response_to(&self.pictures[colour as usize][..count], asynchrony_s)
    }

    fn response_to(&self, pictures: &[PathBuf], asynchrony_s: f64) -> (Array2<f32>, Vec<f64>) {
        let folder = tempfile::tempdir_in(self.folder.path()).expect("a temporary folder");
        let (prediction, onsets) = predict(&self.scanner.predictor, pictures, asynchrony_s, folder.path(), false);
        (prediction.response(folder.path(), AVERAGE).expect("a response"), onsets)
    }
}

/// What came of an experiment.
pub(crate) struct Run {
    pub(crate) report: Report,
    out: TempDir,
}

impl Run {
    pub(crate) fn maps(&self, contrast: &str) -> Maps {
        Maps::read(self.out.path(), contrast)
    }

    /// One map of a contrast, a value a vertex.
    pub(crate) fn map(&self, contrast: &str, statistic: &str) -> Vec<f64> {
        maps::read(self.out.path(), contrast, statistic)
    }

    /// The text of the file whose name ends so.
    pub(crate) fn table(&self, ending: &str) -> String {
        let name = self.report.files.iter().find(|name| name.ends_with(ending)).expect("a table");
        std::fs::read_to_string(self.out.path().join(name)).expect("a text")
    }
}

/// Predicts pictures of a second each, at even distances from second 0, and tells their onsets (s).
fn predict(
    predictor: &Predictor,
    pictures: &[PathBuf],
    asynchrony_s: f64,
    folder: &Path,
    save_features: bool,
) -> (Prediction, Vec<f64>) {
    let onsets: Vec<f64> = (0..pictures.len()).map(|number| number as f64 * asynchrony_s).collect();
    let event = |(onset, picture): (&f64, &PathBuf)| Event {
        onset: *onset,
        duration: Some(PICTURE_S),
        stimulus: picture.clone(),
        transcript: None,
        manipulation: Default::default(),
    };
    let request = PredictionRequest {
        source: Source::Sequence {
            events: onsets.iter().zip(pictures).map(event).collect(),
            length_s: pictures.len() as f64 * asynchrony_s,
        },
        task: "study".to_owned(),
        subjects: Vec::new(),
        modalities: None,
        overlap_s: 0.0,
        save_features,
        output: Output::Responses,
        rows: None,
    };
    let predicted = predictor.run_blocking(request, folder.to_owned(), |_| (), CancellationToken::new());
    (predicted.expect("a prediction"), onsets)
}

/// All pictures there are, by colour.
fn draw_all(folder: &Path) -> Vec<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).expect("a folder");
    let of = |colour| (0..THERE_ARE as u64).map(|number| pictures::write(folder, colour, number)).collect();
    Colour::ALL.map(of).into()
}

/// Finds the directions, from the features that the real extractor has for all pictures.
fn studied(untrained: &Predictor, pictures: &[Vec<PathBuf>], folder: &Path) -> Readout {
    let study = tempfile::tempdir_in(folder).expect("a temporary folder");
    let (prediction, onsets) = predict(untrained, &pictures.concat(), ASYNCHRONY_S, study.path(), true);
    let bytes = std::fs::read(study.path().join("features-video.f32")).expect("features");
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect();
    let series = Array2::from_shape_vec((values.len() / prediction.samples, prediction.samples), values);
    let series = series.expect("(feature, sample)").mapv(f64::from);
    let samples = (PICTURE_S * FEATURE_HZ) as usize;
    let of_picture = |onset: &f64| {
        let first = (onset * FEATURE_HZ) as usize;
        series.slice(s![.., first..first + samples]).mean_axis(Axis(1)).expect("samples")
    };
    let of_colour = |onsets: &[f64]| {
        let features: Vec<Array1<f64>> = onsets.iter().map(of_picture).collect();
        stack(Axis(0), &features.iter().map(|of| of.view()).collect::<Vec<_>>()).expect("features of one width")
    };
    Readout::of(&onsets.chunks(THERE_ARE).map(of_colour).collect::<Vec<_>>(), cortex::NUISANCES)
}

/// The pictures of the experiments, a folder a colour.
fn show(pictures: &[Vec<PathBuf>], folder: &Path) {
    for (colour, all) in Colour::ALL.into_iter().zip(pictures) {
        let own = folder.join(colour.name());
        std::fs::create_dir_all(&own).expect("a folder");
        for picture in all.sample(&mut ChaCha8Rng::seed_from_u64(colour as u64), SHOWN) {
            std::fs::copy(picture, own.join(picture.file_name().expect("a name"))).expect("a copy");
        }
    }
}

/// The patches as an atlas, so that experiments can name them.
fn install(atlases: &AtlasFolder, patches: &[Planted], folder: &Path) {
    let mut numbers = vec![0u16; MESH.vertices()];
    for (patch, number) in patches.iter().zip(1..) {
        patch.places.iter().for_each(|place| numbers[*place] = number);
    }
    let mut names = vec!["unlabelled"];
    names.extend(patches.iter().map(|patch| patch.colour.name()));
    let files = ["patches.u16", "patches.json"].map(|name| folder.join(name));
    let bytes: Vec<u8> = numbers.into_iter().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&files[0], bytes).expect("numbers");
    std::fs::write(&files[1], serde_json::json!({ "labels": names }).to_string()).expect("names");
    let atlas = atlases.add("patches", &files, "made by a test", MESH).expect("an atlas");
    for patch in patches {
        let found: Vec<usize> = atlas.find(patch.colour.name()).expect("a parcel").places().collect();
        let mut own = patch.places.clone();
        own.sort_unstable();
        assert_eq!(found, own);
    }
}
