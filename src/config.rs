//! How the program is set up: a TOML file, then the environment, then flags; the later one wins.
//!
//! One struct, [`Options`], is read from all three. Every field is optional until [`Config`] is made of it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Deserialize;

use encortex::features::{DeviceChoice, Precision};

/// What a user can set.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// A TOML file with these same settings.
    #[arg(long, global = true, env = "ENCORTEX_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,

    /// A model's name, or the folder of a checkpoint (config.yaml + best.ckpt, or model.json + model.safetensors).
    #[arg(long, global = true, env = "ENCORTEX_MODEL", value_name = "NAME|FOLDER")]
    model: Option<String>,

    /// Where uploads, results, features and made models are kept.
    #[arg(long, global = true, env = "ENCORTEX_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,

    /// A folder of further models: NAME/model.toml in it.
    #[arg(long, global = true, env = "ENCORTEX_MODELS_DIR", value_name = "FOLDER")]
    models_dir: Option<PathBuf>,

    /// The Hugging Face folder that holds `hub/` with the extractors.
    #[arg(long, global = true, env = "HF_HOME", value_name = "FOLDER")]
    hf_home: Option<PathBuf>,

    /// The fsaverage5 surfaces: pial, white, infl and sulc of both hemispheres, as nilearn ships them.
    #[arg(long, global = true, env = "ENCORTEX_SURFACES", value_name = "FOLDER")]
    surfaces: Option<PathBuf>,

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

    /// A program that is given a WAV file's path and prints WhisperX JSON; without it, sound has no words unless
    /// a transcript comes with it.
    #[arg(long, global = true, env = "ENCORTEX_TRANSCRIBER", value_name = "FILE")]
    transcriber: Option<PathBuf>,

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
}

/// The settings in force.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) model: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) models_dir: Option<PathBuf>,
    pub(crate) hf_home: Option<PathBuf>,
    pub(crate) surfaces: Option<PathBuf>,
    pub(crate) device: DeviceChoice,
    pub(crate) precision: Precision,
    pub(crate) ffmpeg: Option<PathBuf>,
    pub(crate) espeak: Option<PathBuf>,
    pub(crate) transcriber: Option<PathBuf>,
    pub(crate) max_duration_s: f64,
    pub(crate) listen: SocketAddr,
    pub(crate) max_upload_bytes: u64,
    pub(crate) queue_capacity: usize,
}

impl Options {
    /// Flags and environment over the file over the defaults.
    pub(crate) fn resolve(self) -> anyhow::Result<Config> {
        let file = self.config.as_deref().map(read).transpose()?.unwrap_or_default();
        Ok(Config {
            model: self.model.or(file.model).unwrap_or_else(|| "untrained".to_owned()),
            data_dir: self.data_dir.or(file.data_dir).unwrap_or_else(default_data_dir),
            models_dir: self.models_dir.or(file.models_dir),
            hf_home: self.hf_home.or(file.hf_home),
            surfaces: self.surfaces.or(file.surfaces),
            device: self.device.or(file.device).unwrap_or(DeviceChoice::Auto),
            precision: self.precision.or(file.precision).unwrap_or(Precision::Float32),
            ffmpeg: self.ffmpeg.or(file.ffmpeg),
            espeak: self.espeak.or(file.espeak),
            transcriber: self.transcriber.or(file.transcriber),
            max_duration_s: self.max_duration_s.or(file.max_duration_s).unwrap_or(4.0 * 3600.0),
            listen: self.listen.or(file.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000))),
            max_upload_bytes: self.max_upload_bytes.or(file.max_upload_bytes).unwrap_or(8 << 30),
            queue_capacity: self.queue_capacity.or(file.queue_capacity).unwrap_or(64),
        })
    }
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
