//! The features of stimuli, kept on disk by the row of the response while an evaluation lasts.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis};
use ndarray_npy::{read_npy, write_npy};

use super::Error;
use crate::features::Modality;
use crate::predict::Prediction;

/// A folder with a NumPy array `(row, channel)` for each modality of each stimulus.
pub(super) struct KeptFeatures {
    folder: PathBuf,
}

impl KeptFeatures {
    /// In a folder that is there.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Keeps what a prediction in `from` saved, `rows` rows of it, each the mean of the samples that fall in it.
    pub(super) fn keep(
        &self,
        content: &[u8; 32],
        prediction: &Prediction,
        from: &Path,
        rows: usize,
    ) -> Result<(), Error> {
        let samples = prediction.samples / prediction.seconds.max(1);
        for modality in Modality::ALL {
            let Some(saved) = prediction.features(from, modality)? else { continue };
            let mut by_row = Array2::zeros((rows, saved.nrows()));
            for (mut row, samples) in by_row.outer_iter_mut().zip(saved.axis_chunks_iter(Axis(1), samples.max(1))) {
                row.assign(&samples.mean_axis(Axis(1)).expect("a row has samples. This is a bug."));
            }
            let path = self.path(content, modality);
            write_npy(&path, &by_row).map_err(|error| Error::write(&path)(std::io::Error::other(error)))?;
        }
        Ok(())
    }

    /// The features of a stimulus, `(row, channel)`; `None` where it has none of this modality.
    pub(super) fn read(&self, content: &[u8; 32], modality: Modality) -> Result<Option<Array2<f32>>, Error> {
        let path = self.path(content, modality);
        if !path.exists() {
            return Ok(None);
        }
        read_npy(&path).map(Some).map_err(|error| Error::read(&path)(std::io::Error::other(error)))
    }

    fn path(&self, content: &[u8; 32], modality: Modality) -> PathBuf {
        let content = blake3::Hash::from_bytes(*content).to_hex();
        self.folder.join(format!("{content}-{}.npy", modality.name()))
    }
}
