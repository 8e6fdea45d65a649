//! How the program is set up: a TOML file, then the environment, then flags; the later one wins.
//!
//! One struct, [`Options`], is read from all three. Every field is optional until [`Config`] is made of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde::Deserialize;

use encortex::api::{ServerConfig, WorkplaceConfig};
use encortex::catalogue::{AtlasShelf, BadName, Catalogue, CatalogueDirs, Repository, SubjectShelf};
use encortex::features::{DeviceChoice, Precision};
use encortex::predict::{Anatomy, PipelineConfig, Predictor};
use encortex::scanner::{AtlasFolder, Scanner};
use encortex::stimulus::{Ffmpeg, Limits, Speech, Tools, Transcriber};

/// How long a transcriber may take.
const TRANSCRIBER_LIMIT: Duration = Duration::from_secs(4 * 3600);

/// What a user can set.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// A TOML file with these same settings.
    #[arg(long, global = true, env = "ENCORTEX_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,

    /// A model's name, or the folder of a checkpoint (config.yaml + best.ckpt, or model.json + model.safetensors).
    #[arg(long, global = true, env = "ENCORTEX_MODEL", value_name = "NAME|FOLDER")]
    model: Option<String>,

    /// Where uploads, results, features and made models are kept. Machines that share a queue share this folder, each
    /// under the same path, or a results URL.
    #[arg(long, global = true, env = "ENCORTEX_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,

    /// A folder of further models: NAME/model.toml in it.
    #[arg(long, global = true, env = "ENCORTEX_MODELS_DIR", value_name = "FOLDER")]
    models_dir: Option<PathBuf>,

    /// The Hugging Face folder that holds `hub/` with the extractors, instead of what HF_HOME or HF_HUB_CACHE say.
    #[arg(long, global = true, value_name = "FOLDER")]
    hf_home: Option<PathBuf>,

    /// An extractor that lies in a plain folder, outside the Hugging Face cache; repeat for several.
    #[arg(long = "extractor", global = true, value_name = "REPOSITORY=FOLDER", value_parser = extractor)]
    #[serde(skip)]
    extractors: Vec<(Repository, PathBuf)>,

    /// The same in a configuration file: repository = "folder".
    #[arg(skip)]
    #[serde(rename = "extractors")]
    extractor_folders: BTreeMap<String, PathBuf>,

    /// The fsaverage5 surfaces: pial, white, infl and sulc of both hemispheres, as nilearn ships them.
    #[arg(long, global = true, env = "ENCORTEX_SURFACES", value_name = "FOLDER")]
    surfaces: Option<PathBuf>,

    /// A voxel to vertex table to make volumes with, instead of the nearest vertex: a little-endian u16 a voxel of the
    /// 2 mm MNI152 grid.
    #[arg(long, global = true, env = "ENCORTEX_VOLUME_TABLE", value_name = "FILE")]
    volume_table: Option<PathBuf>,

    /// Where forwards run: auto, cpu or cuda:N.
    #[arg(long, global = true, env = "ENCORTEX_DEVICE")]
    device: Option<DeviceChoice>,

    /// float32, as the reference, or bfloat16, faster and less exact.
    #[arg(long, global = true, env = "ENCORTEX_PRECISION")]
    precision: Option<Precision>,

    /// The ffmpeg to decode media with, instead of the one in PATH.
    #[arg(long, global = true, env = "ENCORTEX_FFMPEG", value_name = "FILE")]
    ffmpeg: Option<PathBuf>,

    /// The espeak-ng to speak text with, instead of the one in PATH.
    #[arg(long, global = true, env = "ENCORTEX_ESPEAK", value_name = "FILE")]
    espeak: Option<PathBuf>,

    /// The voice to speak text with.
    #[arg(long, global = true, env = "ENCORTEX_VOICE")]
    voice: Option<String>,

    /// A command that is given a media file's path as its last argument and prints WhisperX JSON. Without it, sound
    /// has no words unless a transcript comes with it.
    #[arg(long, global = true, env = "ENCORTEX_TRANSCRIBER", value_name = "COMMAND")]
    transcriber: Option<String>,

    /// The longest stimulus that is taken (s).
    #[arg(long, global = true, env = "ENCORTEX_MAX_DURATION")]
    max_duration_s: Option<f64>,

    /// Where the server listens; port 0 takes a free one.
    #[arg(long, global = true, env = "ENCORTEX_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,

    /// The largest upload that is taken (bytes).
    #[arg(long, global = true, env = "ENCORTEX_MAX_UPLOAD")]
    max_upload_bytes: Option<u64>,

    /// How many predictions may wait before the server refuses more.
    #[arg(long, global = true, env = "ENCORTEX_QUEUE")]
    queue_capacity: Option<usize>,

    /// The database of the queue, postgres://USER@HOST/NAME, where several machines share it; a file in the data folder
    /// when left out.
    #[arg(long, global = true, env = "ENCORTEX_DATABASE_URL", value_name = "URL")]
    database_url: Option<String>,

    /// Where uploads and results are shared with other machines: s3://BUCKET/PREFIX, which AWS_ACCESS_KEY_ID,
    /// AWS_ENDPOINT_URL and their like tell how to reach, or file:///FOLDER. The data folder keeps copies of what is used.
    #[arg(long, global = true, env = "ENCORTEX_RESULTS_URL", value_name = "URL")]
    results_url: Option<String>,

    /// How long the jobs of a worker that vanished are kept from others (s).
    #[arg(long, global = true, env = "ENCORTEX_LEASE", value_name = "SECONDS")]
    lease_s: Option<NonZeroU32>,

    /// How long what runs may go on when the process is told to stop (s). What is not done then is stopped within the same
    /// time again, and given back to the queue.
    #[arg(long, global = true, env = "ENCORTEX_GRACE", value_name = "SECONDS")]
    grace_s: Option<u32>,
}

/// The settings in force.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) model: String,
    pub(crate) listen: SocketAddr,
    pub(crate) grace: Duration,
    data_dir: PathBuf,
    models_dir: Option<PathBuf>,
    hf_home: Option<PathBuf>,
    extractors: BTreeMap<Repository, PathBuf>,
    anatomy: Anatomy,
    device: DeviceChoice,
    precision: Option<Precision>,
    ffmpeg: Option<PathBuf>,
    espeak: Option<PathBuf>,
    voice: String,
    transcriber: Option<String>,
    limits: Limits,
    max_upload_bytes: u64,
    queue_capacity: usize,
    database_url: Option<String>,
    results_url: Option<String>,
    lease: Duration,
}

impl Options {
    /// Flags and environment over the file over the defaults.
    pub(crate) fn resolve(self) -> anyhow::Result<Config> {
        let file = self.config.as_deref().map(read).transpose()?.unwrap_or_default();
        let mut extractors = BTreeMap::new();
        for (repository, folder) in file.extractor_folders {
            extractors.insert(repository.try_into()?, folder);
        }
        extractors.extend(self.extractors);
        Ok(Config {
            extractors,
            model: self.model.or(file.model).unwrap_or_else(|| "untrained".to_owned()),
            listen: self.listen.or(file.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000))),
            data_dir: self.data_dir.or(file.data_dir).unwrap_or_else(default_data_dir),
            models_dir: self.models_dir.or(file.models_dir),
            hf_home: self.hf_home.or(file.hf_home),
            anatomy: Anatomy {
                surfaces: self.surfaces.or(file.surfaces).unwrap_or_else(default_surfaces),
                volume_table: self.volume_table.or(file.volume_table),
            },
            device: self.device.or(file.device).unwrap_or_default(),
            precision: self.precision.or(file.precision),
            ffmpeg: self.ffmpeg.or(file.ffmpeg),
            espeak: self.espeak.or(file.espeak),
            voice: self.voice.or(file.voice).unwrap_or_else(|| "en-us".to_owned()),
            transcriber: self.transcriber.or(file.transcriber),
            limits: Limits { duration_s: self.max_duration_s.or(file.max_duration_s).unwrap_or(4.0 * 3600.0) },
            max_upload_bytes: self.max_upload_bytes.or(file.max_upload_bytes).unwrap_or(8 << 30),
            queue_capacity: self.queue_capacity.or(file.queue_capacity).unwrap_or(64),
            database_url: self.database_url.or(file.database_url),
            results_url: self.results_url.or(file.results_url),
            lease: seconds(self.lease_s.or(file.lease_s).map_or(30, NonZeroU32::get)),
            grace: seconds(self.grace_s.or(file.grace_s).unwrap_or(10)),
        })
    }
}

impl Config {
    pub(crate) fn catalogue(&self) -> anyhow::Result<Catalogue> {
        Ok(Catalogue::new(CatalogueDirs {
            manifests: self.models_dir.clone(),
            hf_home: self.hf_home.clone(),
            data_dir: self.data_dir.clone(),
            folders: self.extractors.clone(),
        })?)
    }

    /// The model that the settings name, not loaded yet.
    pub(crate) fn predictor(&self, catalogue: &Catalogue) -> anyhow::Result<Predictor> {
        let model = catalogue.resolve(&self.model)?;
        Ok(Predictor::open(model, self.pipeline()?)?)
    }

    /// A scanner around that model.
    pub(crate) fn scanner(&self) -> anyhow::Result<Scanner> {
        self.scanner_of(self.predictor(&self.catalogue()?)?)
    }

    pub(crate) fn scanner_of(&self, predictor: Predictor) -> anyhow::Result<Scanner> {
        Ok(Scanner::new(predictor, self.tools()?, self.anatomy.clone(), self.atlases()))
    }

    pub(crate) fn atlases(&self) -> AtlasFolder {
        AtlasFolder::new(self.data_dir.join("atlases"))
    }

    /// Where atlases are fetched to before they are installed.
    pub(crate) fn atlas_shelf(&self, table: Option<&Path>) -> anyhow::Result<AtlasShelf> {
        Ok(AtlasShelf::new(table, self.data_dir.join("pulled-atlases"))?)
    }

    /// The heads of the lab's own subjects.
    pub(crate) fn subjects(&self) -> SubjectShelf {
        SubjectShelf::new(self.data_dir.join("subjects"))
    }

    pub(crate) fn tools(&self) -> anyhow::Result<Tools> {
        Ok(Tools {
            ffmpeg: Ffmpeg::locate(self.ffmpeg.as_deref())?,
            speech: Speech::locate(self.espeak.as_deref(), &self.voice),
            transcriber: self.transcriber.as_deref().and_then(transcriber),
            limits: self.limits,
        })
    }

    pub(crate) fn pipeline(&self) -> anyhow::Result<PipelineConfig> {
        let (cache, tools) = (self.data_dir.join("cache"), self.tools()?);
        let own_subjects = self.subjects();
        Ok(PipelineConfig { device: self.device, precision: self.precision, cache, tools, own_subjects })
    }

    pub(crate) fn anatomy(&self) -> &Anatomy {
        &self.anatomy
    }

    pub(crate) fn server(&self) -> ServerConfig {
        ServerConfig { anatomy: self.anatomy.clone(), max_upload_bytes: self.max_upload_bytes, grace: self.grace }
    }

    pub(crate) fn workplace(&self) -> WorkplaceConfig {
        WorkplaceConfig {
            data_dir: self.data_dir.clone(),
            database_url: self.database_url.clone(),
            results_url: self.results_url.clone(),
            queue_capacity: self.queue_capacity,
            lease: self.lease,
        }
    }
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}

/// A repository's name and the folder it lies in, with `=` between them.
fn extractor(text: &str) -> Result<(Repository, PathBuf), String> {
    let (repository, folder) = text.split_once('=').ok_or("write REPOSITORY=FOLDER")?;
    let repository = repository.to_owned().try_into().map_err(|error: BadName| error.to_string())?;
    Ok((repository, folder.into()))
}

/// Program and arguments, separated by spaces.
fn transcriber(command: &str) -> Option<Transcriber> {
    let mut words = command.split_whitespace().map(str::to_owned);
    Some(Transcriber { program: words.next()?, arguments: words.collect(), limit: TRANSCRIBER_LIMIT })
}

fn read(path: &Path) -> anyhow::Result<Options> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not a configuration", path.display()))
}

/// `$XDG_DATA_HOME/encortex`, or `~/.local/share/encortex`.
fn default_data_dir() -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default().join(".local/share");
    std::env::var_os("XDG_DATA_HOME").map_or_else(home, PathBuf::from).join("encortex")
}

/// `share/fsaverage5` in a folder above the program.
fn default_surfaces() -> PathBuf {
    let beside = Path::new("share/fsaverage5");
    let program = std::env::current_exe().unwrap_or_default();
    let above = program.ancestors().map(|folder| folder.join(beside)).find(|surfaces| surfaces.is_dir());
    above.unwrap_or_else(|| beside.to_owned())
}
