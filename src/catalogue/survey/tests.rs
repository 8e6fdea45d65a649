use std::path::PathBuf;

use crate::catalogue::{Card, Catalogue, CatalogueDirs, Error};
use crate::features::ExtractorSource;

/// The published pipeline's own files on tiny models; `None` where they are not beside the project.
fn golden() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/golden");
    if !folder.is_dir() {
        eprintln!("SKIPPED: ../shared is absent");
        return None;
    }
    Some(folder)
}

fn catalogue(dirs: CatalogueDirs) -> Catalogue {
    Catalogue::new(dirs).expect("the built-in manifests are read")
}

fn with_home(hf_home: PathBuf) -> Catalogue {
    catalogue(CatalogueDirs { hf_home: Some(hf_home), ..CatalogueDirs::default() })
}

fn roles(card: &Card) -> Vec<&str> {
    card.parts.iter().map(|part| part.role.as_str()).collect()
}

#[test]
fn a_checkpoint_folder_finds_its_extractors_in_the_cache() {
    let Some(golden) = golden() else { return };
    let model =
        with_home(golden.join("hf_home")).resolve(&golden.join("tribe_tiny").display().to_string()).expect("resolves");
    assert_eq!((model.name.as_str(), &model.folder), ("tribe_tiny", &golden.join("tribe_tiny")));
    let hub = golden.join("hf_home/hub");
    let snapshot = |name: &str| hub.join(name).join("snapshots").join("0".repeat(40));
    let found = [&model.text, &model.audio, &model.video].map(ExtractorSource::folder);
    let expected = [
        "models--meta-llama--Llama-3.2-3B",
        "models--facebook--w2v-bert-2.0",
        "models--facebook--vjepa2-vitg-fpc64-256",
    ];
    assert_eq!(found, expected.map(snapshot).each_ref().map(|folder| Some(folder.as_path())));
    assert_eq!((model.card.mesh.as_deref(), model.card.vertices), (Some("fsaverage3"), 1284));
    assert_eq!(model.card.subjects, ["average"]);
    assert_eq!(roles(&model.card), ["encoder", "text", "audio", "video"]);
    assert!(
        model.card.missing.is_empty() && model.card.size().is_some_and(|size| size.parameters > 1_000_000),
        "{:?}",
        model.card
    );
}

#[test]
fn a_checkpoint_with_subjects_names_them() {
    let Some(golden) = golden() else { return };
    let card = with_home(golden.join("hf_home"))
        .show(&golden.join("tribe_tiny_subjects").display().to_string())
        .expect("shown");
    assert_eq!((card.subjects.len(), card.subjects.last().map(String::as_str)), (4, Some("average")));
}

#[test]
fn a_plain_folder_stands_for_a_repository() {
    let Some(golden) = golden() else { return };
    let hub = golden.join("hf_home/hub");
    let plain = hub.join("models--meta-llama--Llama-3.2-3B/snapshots").join("0".repeat(40));
    let empty = tempfile::tempdir().expect("a temporary folder");
    let llama = "meta-llama/Llama-3.2-3B".to_owned().try_into().expect("a repository");
    let dirs = CatalogueDirs {
        hf_home: Some(empty.path().to_owned()),
        folders: [(llama, plain)].into(),
        ..CatalogueDirs::default()
    };
    let card = catalogue(dirs).show(&golden.join("tribe_tiny").display().to_string()).expect("shown");
    let here: Vec<bool> = card.parts.iter().map(|part| part.size.is_some()).collect();
    assert_eq!(here, [true, true, false, false]);
}

#[test]
fn what_is_missing_comes_with_its_remedy() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let catalogue = with_home(empty.path().to_owned());
    let card = catalogue.show("tribe-v2").expect("a manifest shows without its files");
    assert_eq!((card.trained, card.vertices, card.subjects.len()), (true, 20484, 1));
    assert_eq!(card.missing.len(), 4, "{:?}", card.missing);
    assert!(
        card.missing.iter().all(|missing| missing.contains("`encortex model pull tribe-v2`")),
        "{:?}",
        card.missing
    );
    assert!(
        card.missing[1].contains("https://huggingface.co/meta-llama/Llama-3.2-3B")
            && card.missing[1].contains("HF_TOKEN")
    );
    let looked_at = empty.path().join("hub/models--facebook--tribev2/refs/main").display().to_string();
    let error = catalogue.resolve("tribe-v2").expect_err("nothing is here");
    assert!(matches!(&error, Error::Absent { .. }) && error.to_string().contains(&looked_at), "{error}");
}

#[test]
fn an_unknown_model_is_answered_with_those_there_are() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let error = with_home(empty.path().to_owned()).resolve("tribe-v3").expect_err("no such model");
    assert!(error.to_string().contains("\"tribe-v3\"") && error.to_string().contains("tribe-v2, untrained"), "{error}");
}

#[test]
fn a_folder_without_an_encoder_says_what_belongs_there() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let error =
        with_home(empty.path().to_owned()).show(&empty.path().display().to_string()).expect_err("nothing is in it");
    assert!(error.to_string().contains("best.ckpt") && error.to_string().contains("model.json"), "{error}");
}

#[test]
fn the_untrained_model_is_whole_at_its_first_use() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dirs = CatalogueDirs {
        hf_home: Some(folder.path().join("hf")),
        data_dir: folder.path().join("data"),
        ..CatalogueDirs::default()
    };
    let model = catalogue(dirs).resolve("untrained").expect("made");
    assert!(!model.card.trained && model.card.description.starts_with("untrained"));
    assert_eq!((model.card.mesh.as_deref(), model.card.vertices), (Some("fsaverage5"), 20484));
    assert_eq!(model.text, ExtractorSource::Folder(model.folder.join("text")));
    assert!(model.card.missing.is_empty() && model.card.size().is_some(), "{:?}", model.card);
}

#[test]
fn a_further_manifest_joins_the_list_or_replaces_a_built_in_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = include_str!("../../../models/tribe-v2/model.toml");
    for (name, text) in [
        ("mine", text.replace("name = \"tribe-v2\"", "name = \"mine\"")),
        ("tribe-v2", text.replace("CC BY-NC 4.0", "other")),
    ] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
        std::fs::write(folder.path().join(name).join("model.toml"), text).expect("written");
    }
    let dirs = CatalogueDirs {
        manifests: Some(folder.path().to_owned()),
        hf_home: Some(folder.path().join("hf")),
        data_dir: folder.path().join("data"),
        ..CatalogueDirs::default()
    };
    let cards = catalogue(dirs).list();
    assert_eq!(
        cards.iter().map(|card| card.name.as_str()).collect::<Vec<_>>(),
        ["mine", "simulated", "tribe-v2", "untrained"]
    );
    assert_eq!((cards[0].licence.as_str(), cards[2].licence.as_str()), ("CC BY-NC 4.0", "other"));
}
