//! A model on disk: its settings and where its weights lie.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Error;
use super::checkpoint;
use super::config_yaml::Config;
use super::settings::Settings;
use crate::features::compute::Compute;
use crate::features::weights::{self, MappedFile, View, Weights};

/// The two forms of a model: settings and weights as PyTorch Lightning published them, or as converted here.
const PUBLISHED: (&str, &str) = ("config.yaml", "best.ckpt");
const CONVERTED: (&str, &str) = ("model.json", "model.safetensors");

/// Holds one row for every subject; its shape says how many there are.
const SUBJECT_HEAD: &str = "predictor.weights";
/// In the checkpoint, but not learned.
const FREQUENCIES: &str = "encoder.rotary_pos_emb.inv_freq";
/// How much of a file is in memory while it is hashed (bytes).
const HASHED_AT_ONCE: usize = 1 << 20;

/// A model's folder, opened: settings read, weights mapped.
#[derive(Debug)]
pub struct Artefact {
    settings: Settings,
    tensors: BTreeMap<String, View>,
    weights_path: PathBuf,
}

impl Artefact {
    /// Opens a folder that holds `config.yaml` and `best.ckpt`, or `model.json` and `model.safetensors`.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let holds = |(settings, weights)| folder.join(settings).is_file() && folder.join(weights).is_file();
        if holds(CONVERTED) {
            Self::open_converted(folder)
        } else if holds(PUBLISHED) {
            Self::open_published(folder)
        } else {
            Err(Error::NoArtefact { folder: folder.display().to_string() })
        }
    }

    fn open_converted(folder: &Path) -> Result<Self, Error> {
        let settings_path = folder.join(CONVERTED.0);
        let settings: Settings = serde_json::from_str(&read_text(&settings_path)?)
            .map_err(|source| Error::ModelJson { path: settings_path.display().to_string(), source })?;
        let tensors = weights::open_safetensors(folder)?;
        Ok(Self { settings: settings.check()?, tensors, weights_path: folder.join(CONVERTED.1) })
    }

    fn open_published(folder: &Path) -> Result<Self, Error> {
        let config = Config::read(&folder.join(PUBLISHED.0))?;
        let weights_path = folder.join(PUBLISHED.1);
        let checkpoint = checkpoint::read(MappedFile::open(&weights_path)?.bytes())
            .map_err(|source| Error::Checkpoint { path: weights_path.display().to_string(), source })?;
        let rows = checkpoint.tensors.get(SUBJECT_HEAD).and_then(|head| head.shape().first().copied());
        let rows = rows.ok_or_else(|| Error::Settings { reason: format!("its checkpoint has no {SUBJECT_HEAD}") })?;
        let settings = config.settings(&checkpoint.build, rows)?;
        Ok(Self { settings, tensors: checkpoint.tensors, weights_path })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many numbers were learned.
    pub fn parameters(&self) -> u64 {
        let learned = self.tensors.iter().filter(|(name, _)| *name != FREQUENCIES);
        learned.map(|(_, view)| (view.bytes().len() / view.kind().elt_size_in_bytes()) as u64).sum()
    }

    /// The file that holds the weights.
    pub fn weights_path(&self) -> &Path {
        &self.weights_path
    }

    /// SHA-256 of the weights' file, in hexadecimal. It reads the whole file.
    pub fn weights_sha256(&self) -> Result<String, Error> {
        let failed = |source| Error::Read { path: self.weights_path.display().to_string(), source };
        let mut file = File::open(&self.weights_path).map_err(failed)?;
        let mut digest = Sha256::new();
        let mut chunk = vec![0; HASHED_AT_ONCE];
        loop {
            match file.read(&mut chunk).map_err(failed)? {
                0 => return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
                length => digest.update(&chunk[..length]),
            }
        }
    }

    /// The named tensors, to build a model from.
    pub fn weights(&self, compute: Compute) -> Weights {
        Weights::from_views(self.weights_path.display().to_string(), self.tensors.clone(), compute.device, compute.kind)
    }

    /// Writes the model as `model.json` and `model.safetensors`, straight from the mapped file.
    pub fn convert(&self, to: &Path) -> Result<(), Error> {
        let (settings_path, weights_path) = (to.join(CONVERTED.0), to.join(CONVERTED.1));
        let write = |path: &Path| {
            let path = path.display().to_string();
            move |source| Error::Write { path, source }
        };
        std::fs::create_dir_all(to).map_err(write(to))?;
        weights::write_safetensors(&self.tensors, &weights_path)?;
        let settings =
            serde_json::to_string_pretty(&self.settings).map_err(|error| write(&settings_path)(error.into()))?;
        std::fs::write(&settings_path, settings).map_err(write(&settings_path))
    }
}

fn read_text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::super::settings::{AVERAGE, Architecture, ModalitySettings, Subject};
    use super::super::{BrainEncoder, Settings};
    use super::*;
    use crate::features::{LayerSelection, Modality};

    const CPU: Compute = Compute { device: Device::Cpu, kind: Kind::Float };

    fn settings() -> Settings {
        let modality = |modality| ModalitySettings {
            modality,
            groups: 2,
            width: 8,
            extractor: "some/extractor".into(),
            layers: LayerSelection { fractions: vec![0.5, 0.75, 1.0], cached_layers: Some(20) },
            clip_duration_s: None,
        };
        Settings {
            feature_hz: 2.0,
            window_trs: 10,
            tr_s: 1.0,
            lag_s: 5.0,
            mesh: None,
            modalities: vec![modality(Modality::Video), modality(Modality::Text)],
            architecture: Architecture {
                hidden: 64,
                depth: 1,
                heads: 2,
                feed_forward_multiplier: 4,
                max_samples: 32,
                time_position_embedding: true,
                low_rank: Some(16),
                subject_rows: 1,
                subject_bias: true,
                outputs: 12,
                output_timesteps: 10,
            },
            subjects: vec![Subject { name: AVERAGE.into(), row: 0 }],
            trained: false,
            simulated: false,
        }
    }

    /// A folder with an untrained model.
    fn untrained() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let weights = Weights::seeded(0, Device::Cpu, Kind::Float);
        BrainEncoder::new(&weights, settings()).unwrap();
        weights::save_safetensors(&weights, &folder.path().join(CONVERTED.1)).unwrap();
        std::fs::write(folder.path().join(CONVERTED.0), serde_json::to_vec(&settings()).unwrap()).unwrap();
        folder
    }

    #[test]
    fn an_untrained_model_opens_and_loads() {
        let folder = untrained();
        let artefact = Artefact::open(folder.path()).unwrap();
        assert_eq!(artefact.settings(), &settings());
        assert_eq!(
            artefact.parameters(),
            2 * 32 * 17 + 32 * 64 + 12 * 64 * 64 + 5 * 64 + 2 * 64 + 3 + 64 * 16 + 17 * 12
        );
        assert_eq!(BrainEncoder::load(&artefact, CPU).unwrap().subjects(), [AVERAGE]);
    }

    #[test]
    fn the_folded_head_does_what_both_heads_do() {
        let folder = untrained();
        let artefact = Artefact::open(folder.path()).unwrap();
        let encoder = BrainEncoder::load(&artefact, CPU).unwrap();
        let head = encoder.head(AVERAGE).unwrap().weight;
        assert_eq!(head.dim(), (12, 64));
        let weights = artefact.weights(CPU);
        let shared = (&weights / "low_rank_head").tensor("weight", &[16, 64], weights::Init::Zeros);
        let own = (&weights / "predictor").tensor("weights", &[1, 16, 12], weights::Init::Zeros).select(0, 0);
        let state = Tensor::arange(64, (Kind::Float, Device::Cpu)).sin();
        let one_after_the_other = shared.mv(&state).unsqueeze(0).mm(&own).squeeze_dim(0);
        let expected = Vec::<f32>::try_from(one_after_the_other).unwrap();
        let state = ndarray::Array1::from(Vec::<f32>::try_from(state).unwrap());
        let found = head.dot(&state);
        assert!(expected.iter().any(|value| value.abs() > 0.1));
        assert!(found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-4));
    }

    #[test]
    fn loading_copies_no_tensor() {
        let untrained = untrained();
        let published = Path::new("../shared/golden/tribe_tiny_subjects");
        if !published.exists() {
            eprintln!("SKIPPED: ../shared is absent");
        }
        for folder in [untrained.path(), published].into_iter().filter(|folder| folder.exists()) {
            let artefact = Artefact::open(folder).unwrap();
            let weights = artefact.weights(CPU);
            for (name, view) in &artefact.tensors {
                let tensor = weights.tensor(name, view.shape(), weights::Init::Zeros);
                assert_eq!(tensor.data_ptr().cast_const().cast(), view.bytes().as_ptr(), "{name} was copied");
            }
        }
    }

    #[test]
    fn the_digest_is_that_of_the_file() {
        let folder = untrained();
        let path = folder.path().join(CONVERTED.1);
        let digest = Artefact::open(folder.path()).unwrap().weights_sha256().unwrap();
        let expected = Sha256::digest(std::fs::read(path).unwrap());
        assert_eq!(digest, expected.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(Artefact::open(empty.path()), Err(Error::NoArtefact { .. })));

        let folder = untrained();
        let rewrite = |settings: &Settings| {
            std::fs::write(folder.path().join(CONVERTED.0), serde_json::to_vec(settings).unwrap()).unwrap()
        };
        let mut other = settings();
        other.architecture.low_rank = Some(17);
        other.architecture.depth = 2;
        rewrite(&other);
        let refusal = BrainEncoder::load(&Artefact::open(folder.path()).unwrap(), CPU).unwrap_err().to_string();
        for fault in [
            "misshapen: low_rank_head.weight",
            "misshapen: predictor.weights",
            "missing: encoder.layers.2.1.to_q.weight",
        ] {
            assert!(refusal.contains(fault), "{fault} is not named: {refusal}");
        }
        std::fs::write(folder.path().join(CONVERTED.0), "{}").unwrap();
        assert!(matches!(Artefact::open(folder.path()), Err(Error::ModelJson { .. })));
    }
}
