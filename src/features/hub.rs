//! A model's folder in the form of the Hugging Face hub: its configuration files and its revision.

use std::path::Path;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use super::Error;

/// Most that any size in a configuration may be.
const LARGEST_SIZE: i64 = 1 << 16;

/// What a file of a model folder says.
pub trait Configuration: DeserializeOwned {
    /// The file's name.
    const FILE: &'static str;

    /// # Errors
    /// Why nothing can be built so, in words.
    fn check(&self) -> Result<(), String>;
}

/// Reads and checks a configuration file of a model folder.
///
/// # Errors
/// [`Error::Read`], or [`Error::Configuration`] when it is not of this form or nothing can be built so.
pub fn read<C: Configuration>(folder: &Path) -> Result<C, Error> {
    let path = folder.join(C::FILE);
    let bytes = std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    parse(&bytes).map_err(|reason| Error::Configuration { path, reason })
}

fn parse<C: Configuration>(bytes: &[u8]) -> Result<C, String> {
    let configuration: C = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    configuration.check()?;
    Ok(configuration)
}

/// # Errors
/// Names the first size that is not positive or beyond all reason.
pub fn check_sizes(sizes: &[(&str, i64)]) -> Result<(), String> {
    match sizes.iter().find(|(_, size)| !(1..=LARGEST_SIZE).contains(size)) {
        Some((name, size)) => Err(format!("{name} is {size}, not between 1 and {LARGEST_SIZE}")),
        None => Ok(()),
    }
}

/// Which weights a folder holds: the commit, where the folder is a snapshot in the hub's cache; elsewhere a hash of
/// its files' names, lengths and times.
///
/// # Errors
/// [`Error::Read`] when the folder cannot be listed.
pub fn revision(folder: &Path) -> Result<String, Error> {
    let is_snapshot = folder.parent().and_then(Path::file_name).is_some_and(|name| name == "snapshots");
    match folder.file_name() {
        Some(commit) if is_snapshot => Ok(commit.to_string_lossy().into_owned()),
        _ => hash_of_listing(folder).map_err(|source| Error::Read { path: folder.to_owned(), source }),
    }
}

fn hash_of_listing(folder: &Path) -> std::io::Result<String> {
    let describe = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let file = std::fs::metadata(entry.path())?;
        let age = file.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok((entry.file_name(), file.len(), age))
    };
    let mut listing = std::fs::read_dir(folder)?.map(describe).collect::<std::io::Result<Vec<_>>>()?;
    listing.sort();
    Ok(blake3::hash(format!("{listing:?}").as_bytes()).to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::features::audio::conformer::ConformerConfig;
    use crate::features::audio::mel::MelConfig;
    use crate::features::video::processor::ProcessorConfig;
    use crate::features::video::vjepa2::VJepa2Config;

    fn vjepa2() -> serde_json::Value {
        json!({
            "hidden_size": 1408, "num_hidden_layers": 40, "num_attention_heads": 22, "mlp_ratio": 4.363636363636363,
            "layer_norm_eps": 1e-6, "hidden_act": "gelu", "qkv_bias": true, "in_chans": 3, "crop_size": 256,
            "patch_size": 16, "frames_per_clip": 64, "tubelet_size": 2,
        })
    }

    fn refusal<C: Configuration>(configuration: &serde_json::Value) -> String {
        parse::<C>(configuration.to_string().as_bytes()).err().expect("it is refused")
    }

    #[test]
    fn the_released_video_model_has_8192_tokens() {
        let configuration: VJepa2Config = parse(vjepa2().to_string().as_bytes()).unwrap();
        assert_eq!(configuration.tokens(), 8_192);
    }

    #[test]
    fn refusals_name_the_value() {
        let with = |key: &str, value: serde_json::Value| {
            let mut configuration = vjepa2();
            configuration[key] = value;
            refusal::<VJepa2Config>(&configuration)
        };
        assert_eq!(with("patch_size", json!(0)), "patch_size is 0, not between 1 and 65536");
        assert_eq!(with("patch_size", json!(1)), "tokens of a clip is 2097152, not between 1 and 65536");
        assert_eq!(with("num_attention_heads", json!(21)), "21 heads do not divide a width of 1408 evenly");
        assert!(with("hidden_act", json!("relu")).starts_with("unknown variant `relu`, expected `gelu`"));
    }

    #[test]
    fn a_snapshot_is_named_by_its_commit_and_a_plain_folder_by_its_files() {
        let cache = tempfile::tempdir().unwrap();
        let snapshot = cache.path().join("snapshots/abc");
        std::fs::create_dir_all(&snapshot).unwrap();
        assert_eq!(revision(&snapshot).unwrap(), "abc");
        let before = revision(cache.path()).unwrap();
        assert_eq!(revision(cache.path()).unwrap(), before);
        std::fs::write(cache.path().join("model.safetensors"), "weights").unwrap();
        assert_ne!(revision(cache.path()).unwrap(), before);
    }

    /// Configurations in which any value is any number, a text or missing.
    fn mangled() -> impl Strategy<Value = Vec<u8>> {
        let value = prop_oneof![
            any::<i64>().prop_map(|number| json!(number)),
            (0i64..100).prop_map(|number| json!(number)),
            any::<f64>().prop_map(|number| json!(number)),
            "[a-z_]{0,12}".prop_map(|text| json!(text)),
        ];
        let keys: Vec<String> = vjepa2().as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
        let changes = proptest::collection::vec((proptest::sample::select(keys), value), 0..4);
        changes.prop_map(|changes| {
            let mut configuration = vjepa2();
            for (key, value) in changes {
                configuration[key] = value;
            }
            configuration.to_string().into_bytes()
        })
    }

    proptest! {
        #[test]
        fn what_is_accepted_has_a_grid_and_even_heads(bytes in mangled()) {
            if let Ok(configuration) = parse::<VJepa2Config>(&bytes) {
                prop_assert!((1..=LARGEST_SIZE).contains(&configuration.tokens()));
                prop_assert_eq!(configuration.hidden_size % (2 * configuration.num_attention_heads), 0);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse::<VJepa2Config>(&bytes).is_err());
            prop_assert!(parse::<ConformerConfig>(&bytes).is_err());
            prop_assert!(parse::<MelConfig>(&bytes).is_err());
            prop_assert!(parse::<ProcessorConfig>(&bytes).is_err());
        }
    }
}
