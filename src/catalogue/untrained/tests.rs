use super::*;
use crate::catalogue::manifest::Origin;
use crate::encoder::{Artefact, BrainEncoder};
use crate::features::Extractor;
use crate::features::audio::AudioExtractor;
use crate::features::text::TextExtractor;
use crate::features::video::VideoExtractor;

fn built_in() -> (Manifest, Recipe) {
    let manifests = Manifest::embedded().expect("they are part of the program");
    let seeded = manifests.into_iter().find_map(|manifest| match manifest.origin.clone() {
        Origin::Seed(recipe) => Some((manifest, recipe)),
        Origin::Hub(_) | Origin::Bundled => None,
    });
    seeded.expect("one built-in model is made from a seed")
}

fn bytes_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(bytes_below(&path));
        } else {
            let content = std::fs::read(&path).expect("a file");
            files.push((path, content));
        }
    }
    files.sort();
    files
}

#[test]
fn it_is_the_same_on_every_machine() {
    let (manifest, recipe) = built_in();
    let made = [(); 2].map(|()| {
        let data_dir = tempfile::tempdir().expect("a temporary folder");
        let folder = make(&manifest, &recipe, data_dir.path()).expect("made");
        let files = bytes_below(&folder);
        files
            .into_iter()
            .map(|(path, bytes)| (path.strip_prefix(&folder).expect("below it").to_owned(), bytes))
            .collect::<Vec<_>>()
    });
    assert!(made[0].iter().any(|(path, _)| path.ends_with("text/tokenizer.json")));
    assert_eq!(made[0], made[1]);
}

#[test]
fn its_encoder_opens_and_says_untrained() {
    let (manifest, recipe) = built_in();
    let data_dir = tempfile::tempdir().expect("a temporary folder");
    let folder = make(&manifest, &recipe, data_dir.path()).expect("made");
    let artefact = Artefact::open(&folder).expect("opens");
    let encoder = BrainEncoder::load(&artefact, Compute::new(DeviceChoice::Cpu, None).expect("a CPU"))
        .expect("every tensor fits");
    assert!(!encoder.settings().trained);
    assert_eq!(encoder.subjects(), manifest.subjects);
    assert_eq!(encoder.settings().architecture.outputs as u64, manifest.vertices);
}

#[test]
fn its_extractors_open_and_give_what_the_encoder_takes() {
    let (manifest, recipe) = built_in();
    let data_dir = tempfile::tempdir().expect("a temporary folder");
    let folder = make(&manifest, &recipe, data_dir.path()).expect("made");
    let compute = Compute::new(DeviceChoice::Cpu, None).expect("a CPU");
    for taken in &Artefact::open(&folder).expect("opens").settings().modalities {
        let part = folder.join(&taken.extractor);
        let extractor: Box<dyn Extractor> = match taken.modality {
            Modality::Text => Box::new(TextExtractor::open(&part, &taken.layers, compute).expect("text opens")),
            Modality::Audio => Box::new(AudioExtractor::open(&part, &taken.layers, compute).expect("audio opens")),
            Modality::Video => {
                let clip_s = taken.clip_duration_s.expect("video has clips");
                Box::new(VideoExtractor::open(&part, &taken.layers, compute, clip_s).expect("video opens"))
            }
        };
        assert_eq!(
            (extractor.groups() as i64, extractor.width() as i64),
            (taken.groups, taken.width),
            "{:?}",
            taken.modality
        );
    }
}

#[test]
fn a_second_call_finds_what_the_first_made() {
    let (manifest, recipe) = built_in();
    let data_dir = tempfile::tempdir().expect("a temporary folder");
    let first = make(&manifest, &recipe, data_dir.path()).expect("made");
    let written = std::fs::metadata(first.join("model.json")).and_then(|file| file.modified()).expect("a time");
    let second = make(&manifest, &recipe, data_dir.path()).expect("found");
    assert_eq!(second, first);
    assert_eq!(std::fs::metadata(second.join("model.json")).and_then(|file| file.modified()).expect("a time"), written);
    assert_eq!(std::fs::read_dir(data_dir.path().join("models")).expect("a folder").count(), 1, "no draft is left");
}

#[test]
fn another_recipe_is_another_model() {
    let (manifest, recipe) = built_in();
    let other = Manifest { origin: Origin::Seed(Recipe { seed: recipe.seed + 1, ..recipe }), ..manifest.clone() };
    let data_dir = tempfile::tempdir().expect("a folder");
    let folder = |manifest: &Manifest| match &manifest.origin {
        Origin::Seed(recipe) => make(manifest, recipe, data_dir.path()).expect("made"),
        Origin::Hub(_) | Origin::Bundled => unreachable!("both are made from a seed"),
    };
    assert_ne!(folder(&manifest), folder(&other));
}
