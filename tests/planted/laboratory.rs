//! Everything that the tests share: pictures, the planted model, and a scanner around it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use encortex::catalogue::{Catalogue, CatalogueDirs, ResolvedModel};
use encortex::experiment::Spec;
use encortex::features::DeviceChoice;
use encortex::predict::{Anatomy, PipelineConfig, Prediction, PredictionRequest, Predictor};
use encortex::scanner::{AtlasFolder, Desk, Order, Report, Scanner};
use encortex::stimulus::{Event, Ffmpeg, Limits, Source, Speech, Tools};
use ndarray::{Array2, Array3, Axis, s};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::cortex::{self, MESH, Planted};
use super::maps::Maps;
use super::model;
use super::pictures::{self, Colour};
use super::readout::Readout;

/// Pictures of each colour that the directions are found from.
const STUDIED: u64 = 160;
/// Pictures of each colour that experiments show; none of those studied.
pub(crate) const SHOWN: u64 = 16;
/// From one studied picture to the next, and how long it is shown (s).
const STUDY_ASYNCHRONY_S: f64 = 2.0;
const STUDY_S: f64 = 1.0;
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
            let config = PipelineConfig { device: DeviceChoice::Cpu, precision: None, cache, tools: tools.clone() };
            Predictor::start(model, config).expect("a model thread")
        };

        let readout = studied(&start(untrained.clone()), folder.path());
        let patches = cortex::patches(&anatomy.surfaces().expect("surfaces"));
        let vertices = cortex::weights(&patches);
        let atlases = AtlasFolder::new(folder.path().join("atlases"));
        install(&atlases, &patches, folder.path());
        let planted = |name: &str, lag_s: f64| {
            let model = folder.path().join(name);
            model::write(&model, &untrained, &MESH.to_string(), lag_s, &readout.channels(), &vertices);
            let model = catalogue.resolve(&model.display().to_string()).expect("the planted model");
            Scanner {
                predictor: start(model),
                tools: tools.clone(),
                anatomy: anatomy.clone(),
                atlases: atlases.clone(),
            }
        };
        let (scanner, without_lag) = (planted("planted", LAG_S), planted("without-lag", 0.0));
        show(&folder.path().join("pictures"));
        Some(Self { scanner, without_lag, patches, folder })
    }

    /// Runs an experiment on the pictures shown, as a user's JSON has it.
    pub(crate) fn run(&self, scanner: &Scanner, spec: &serde_json::Value) -> Run {
        let out = tempfile::tempdir_in(self.folder.path()).expect("a temporary folder");
        let no_uploads = |_: &str| panic!("nothing is uploaded");
        let desk = Desk { folder: Some(self.folder.path()), upload: &no_uploads, workdir: out.path() };
        let spec = Spec::from_json(spec.to_string().as_bytes()).expect("a spec");
        let intake = scanner.take_in(spec, desk).expect("a spec that can be looked up");
        assert_eq!(intake.findings.faults, []);
        let find = |stimulus: &_| desk.find(stimulus);
        let order = Order { spec: &intake.spec, events: &intake.events, warnings: &[], find: &find };
        let report = scanner.scan(order, out.path(), &mut |_| (), &CancellationToken::new()).expect("an experiment");
        Run { report, out }
    }

    /// Writes a file where specs look theirs up.
    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).expect("a file");
    }

    /// The response `(time, vertex)` to pictures of one colour that are shown nowhere else, one second each, with the
    /// onset of each (s).
    pub(crate) fn response_to(&self, colour: Colour, count: u64, asynchrony_s: f64) -> (Array2<f32>, Vec<f64>) {
        let folder = tempfile::tempdir_in(self.folder.path()).expect("a temporary folder");
        let pictures: Vec<PathBuf> =
            (0..count).map(|number| pictures::write(folder.path(), colour, 20_000 + number)).collect();
        let (prediction, onsets) = predict(&self.scanner.predictor, &pictures, asynchrony_s, folder.path(), false);
        (prediction.response(folder.path(), "average").expect("a response"), onsets)
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
        duration: Some(STUDY_S),
        stimulus: picture.clone(),
        transcript: None,
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
    };
    let predicted = predictor.run_blocking(request, folder.to_owned(), |_| (), CancellationToken::new());
    (predicted.expect("a prediction"), onsets)
}

/// Finds the directions, from the features that the real extractor has for pictures of all colours.
fn studied(untrained: &Predictor, folder: &Path) -> Readout {
    let study = tempfile::tempdir_in(folder).expect("a temporary folder");
    let pictures: Vec<PathBuf> = Colour::ALL
        .into_iter()
        .flat_map(|colour| (0..STUDIED).map(move |number| (colour, number)))
        .map(|(colour, number)| pictures::write(study.path(), colour, number))
        .collect();
    let (prediction, _) = predict(untrained, &pictures, STUDY_ASYNCHRONY_S, study.path(), true);
    let bytes = std::fs::read(study.path().join("features-video.f32")).expect("features");
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect();
    let series = Array2::from_shape_vec((values.len() / prediction.samples, prediction.samples), values);
    let series = series.expect("(feature, sample)").mapv(f64::from);
    let shown = (STUDY_S * FEATURE_HZ) as usize;
    let apart = (STUDY_ASYNCHRONY_S * FEATURE_HZ) as usize;
    let of_picture = Array3::from_shape_fn((pictures.len(), series.nrows(), shown), |(picture, feature, sample)| {
        series[[feature, picture * apart + sample]]
    });
    let features = of_picture.mean_axis(Axis(2)).expect("samples");
    let of_colour = |colour: usize| {
        let first = colour * STUDIED as usize;
        features.slice(s![first..first + STUDIED as usize, ..]).to_owned()
    };
    Readout::of(&(0..Colour::ALL.len()).map(of_colour).collect::<Vec<_>>(), cortex::NUISANCES)
}

/// The pictures of the experiments, a folder a colour.
fn show(folder: &Path) {
    for colour in Colour::ALL {
        let own = folder.join(colour.name());
        std::fs::create_dir_all(&own).expect("a folder");
        (0..SHOWN).for_each(|number| drop(pictures::write(&own, colour, 10_000 + number)));
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
