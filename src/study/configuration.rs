//! What is to be trained, on what and how: the file of `encortex train`.
//!
//! ```toml
//! study = "study.toml"              # or a BIDS folder
//! half = false                      # write the weights in half precision
//! description = "…"                 # on the model's card
//! licence = "…"
//!
//! [model]
//! text = "built-in:lexical"         # or a repository of the hub
//! audio = "built-in:spectro-temporal"
//! video = "built-in:motion-energy"
//! hidden = 192
//! depth = 2
//! heads = 4
//! low_rank = 24
//! window_trs = 100
//! mesh = "fsaverage5"               # whose vertices come first among the outputs
//! outputs = 20484                   # as many as the mesh has, where it is not said
//!
//! [training]                        # see encoder::training::Recipe
//! [splits]                          # for runs that name no split
//! ```

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Error, SplitRule};
use crate::bold::Outputs;
use crate::brain::Mesh;
use crate::encoder::training::Recipe;
use crate::encoder::{AVERAGE, Architecture, ModalitySettings, Settings, Subject};

/// A training, as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// A `study.toml` or a BIDS folder; relative to the file.
    pub study: PathBuf,
    #[serde(default)]
    pub model: ModelSizes,
    #[serde(default)]
    pub training: Recipe,
    #[serde(default)]
    pub splits: SplitRule,
    /// Whether the weights are written in half precision.
    #[serde(default)]
    pub half: bool,
    pub description: Option<String>,
    pub licence: Option<String>,
}

/// The features and sizes of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSizes {
    pub text: String,
    pub audio: String,
    pub video: String,
    pub hidden: i64,
    pub depth: i64,
    pub heads: i64,
    pub feed_forward_multiplier: i64,
    pub low_rank: i64,
    /// Rows that a window predicts, one a second.
    pub window_trs: i64,
    /// The mesh whose vertices the first outputs are.
    pub mesh: Option<String>,
    /// As many as the mesh has vertices, where it is not said.
    pub outputs: Option<usize>,
}

impl Default for ModelSizes {
    fn default() -> Self {
        Self {
            text: "built-in:lexical".into(),
            audio: "built-in:spectro-temporal".into(),
            video: "built-in:motion-energy".into(),
            hidden: 192,
            depth: 2,
            heads: 4,
            feed_forward_multiplier: 4,
            low_rank: 24,
            window_trs: 100,
            mesh: None,
            outputs: None,
        }
    }
}

impl Configuration {
    /// Reads the file; the study's path in the result is absolute.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
        let written: Self =
            toml::from_str(&text).map_err(|source| Error::Toml { path: path.to_owned(), source: Box::new(source) })?;
        let study = path.parent().unwrap_or(Path::new("")).join(&written.study);
        let study = std::path::absolute(&study).map_err(Error::read(&study))?;
        Ok(Self { study, ..written })
    }

    /// What the model predicts.
    pub(super) fn outputs(&self) -> Result<Outputs, Error> {
        let mesh = self.model.mesh()?;
        let count = match (self.model.outputs, mesh) {
            (Some(outputs), _) => outputs,
            (None, Some(mesh)) => mesh.vertices(),
            (None, None) => Mesh::Fsaverage5.vertices(),
        };
        let fault = |fault: String| Error::Configuration { fault };
        if let Some(mesh) = mesh.filter(|mesh| mesh.vertices() > count) {
            return Err(fault(format!("has {count} outputs, and {mesh} has {} vertices", mesh.vertices())));
        }
        let mesh = mesh.or(Mesh::with_vertices(count).ok());
        Ok(Outputs { count, mesh: mesh.filter(|mesh| mesh.vertices() == count) })
    }

    /// The settings of the model, for these features and people, whose responses may be `simulated`. The average subject is
    /// the first row.
    pub(super) fn settings(
        &self,
        modalities: &[ModalitySettings],
        subjects: &[String],
        simulated: bool,
    ) -> Result<Settings, Error> {
        let (model, outputs) = (&self.model, self.outputs()?);
        let names = [AVERAGE.to_owned()].into_iter().chain(subjects.iter().cloned());
        let subjects: Vec<Subject> = names.zip(0..).map(|(name, row)| Subject { name, row }).collect();
        Ok(Settings {
            feature_hz: 2.0,
            window_trs: model.window_trs,
            tr_s: 1.0,
            lag_s: 5.0,
            mesh: model.mesh()?.or(outputs.mesh).map(|mesh| mesh.to_string()),
            modalities: modalities.to_vec(),
            architecture: Architecture {
                hidden: model.hidden,
                depth: model.depth,
                heads: model.heads,
                feed_forward_multiplier: model.feed_forward_multiplier,
                max_samples: 2 * model.window_trs,
                time_position_embedding: true,
                low_rank: Some(model.low_rank),
                subject_rows: subjects.len() as i64,
                subject_bias: true,
                outputs: outputs.count as i64,
                output_timesteps: model.window_trs,
            },
            subjects,
            trained: true,
            simulated,
        })
    }
}

impl ModelSizes {
    fn mesh(&self) -> Result<Option<Mesh>, Error> {
        let Some(name) = &self.mesh else { return Ok(None) };
        let found = Mesh::ALL.into_iter().find(|mesh| mesh.to_string() == *name);
        let known = || Mesh::ALL.map(|mesh| mesh.to_string()).join(", ");
        found
            .map(Some)
            .ok_or_else(|| Error::Configuration { fault: format!("names the mesh {name:?}: there are {}", known()) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Configuration, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.toml");
        std::fs::write(&path, text).unwrap();
        Configuration::open(&path)
    }

    fn outputs(model: &str) -> Result<Outputs, Error> {
        read(&format!("study = 'study.toml'\n[model]\n{model}"))?.outputs()
    }

    #[test]
    fn outputs_are_those_of_the_mesh_or_as_many_as_are_said() {
        let of = |count, mesh| Outputs { count, mesh };
        assert_eq!(outputs("").unwrap(), of(20_484, Some(Mesh::Fsaverage5)));
        assert_eq!(outputs("mesh = 'fsaverage3'").unwrap(), of(1_284, Some(Mesh::Fsaverage3)));
        assert_eq!(outputs("outputs = 5124").unwrap(), of(5_124, Some(Mesh::Fsaverage4)));
        assert_eq!(outputs("mesh = 'fsaverage5'\noutputs = 29286").unwrap(), of(29_286, None));
        assert_eq!(outputs("outputs = 32").unwrap(), of(32, None));
        assert!(outputs("mesh = 'fsaverage5'\noutputs = 100").unwrap_err().to_string().contains("has 100 outputs"));
        assert!(outputs("mesh = 'fsLR'").unwrap_err().to_string().contains("fsaverage3, fsaverage4"));
    }

    #[test]
    fn a_misspelt_key_is_refused_and_the_study_lies_beside_the_file() {
        let configuration = read("study = 'data/study.toml'\n[training]\nepochs = 3").unwrap();
        assert!(configuration.study.is_absolute() && configuration.study.ends_with("data/study.toml"));
        assert_eq!(configuration.training, Recipe { epochs: 3, ..Recipe::default() });
        assert!(matches!(read("study = 'a'\n[training]\nepoch = 3"), Err(Error::Toml { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_a_configuration_or_an_error(text in "\\PC{0,60}") {
            let _ = read(&text);
        }
    }
}
