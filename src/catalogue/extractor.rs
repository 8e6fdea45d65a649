//! The folder of an extractor: whether it holds what its kind of model is opened from, and how large that is.

use std::path::Path;

use super::Error;
use super::card::Size;
use super::weights_header;
use crate::features::{Modality, weights};

/// What is needed beside the weights.
fn settings_files(modality: Modality) -> [&'static str; 2] {
    match modality {
        Modality::Text => ["config.json", "tokenizer.json"],
        Modality::Audio => ["config.json", "preprocessor_config.json"],
        Modality::Video => ["config.json", "video_preprocessor_config.json"],
    }
}

/// The size of the extractor in a folder; an error names the first file that it lacks.
pub(super) fn measure(modality: Modality, folder: &Path) -> Result<Size, Error> {
    for file in settings_files(modality) {
        let path = folder.join(file);
        if !path.is_file() {
            return Err(Error::MissingFile { path: path.display().to_string() });
        }
    }
    let mut size = Size { parameters: 0, bytes: 0 };
    for path in weights::safetensors_files(folder)? {
        size.parameters += weights_header::parameters(&path)?;
        size.bytes += std::fs::metadata(&path).map_err(Error::read(&path))?.len();
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_file_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("config.json"), "{}").expect("written");
        let error = measure(Modality::Text, folder.path()).expect_err("it holds config.json only");
        assert!(error.to_string().contains("tokenizer.json"), "{error}");
        std::fs::write(folder.path().join("tokenizer.json"), "{}").expect("written");
        let error = measure(Modality::Text, folder.path()).expect_err("it has no weights");
        assert!(error.to_string().contains("model.safetensors"), "{error}");
    }
}
