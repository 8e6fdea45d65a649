//! The senses combined in one call, held against predictions of each set of modalities alone.

use std::collections::BTreeMap;

use encortex::experiment::multisensory::Subset;
use encortex::features::Modality;
use encortex::predict::{FeatureState, Output, PredictionRequest};
use encortex::scanner::Scanner;
use encortex::stimulus::Source;
use tokio_util::sync::CancellationToken;

use crate::workplace::{Tested, files_that, map_of, scanner, shared};

fn request() -> Option<PredictionRequest> {
    let (path, transcript) = (shared("golden/stimuli/clip.mp4")?, shared("golden/stimuli/clip.tsv")?);
    Some(PredictionRequest {
        source: Source::Video { path, transcript: Some(transcript) },
        task: "clip".to_owned(),
        subjects: Vec::new(),
        modalities: None,
        overlap_s: 0.0,
        save_features: false,
        output: Output::Responses,
        rows: None,
    })
}

/// The mean over the seconds with an event, predicted by itself.
fn mean_alone(scanner: &Scanner, request: PredictionRequest) -> Tested<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let prediction =
        scanner.predictor.run_blocking(request, folder.path().to_owned(), |_| (), CancellationToken::new())?;
    let response = prediction.response(folder.path(), &prediction.subjects[0].name)?;
    let kept: Vec<usize> = (0..prediction.seconds).filter(|second| prediction.kept[*second]).collect();
    let mean = |vertex: usize| {
        kept.iter().map(|second| f64::from(response[[*second, vertex]])).sum::<f64>() / kept.len() as f64
    };
    Ok((0..prediction.vertices).map(mean).collect())
}

#[test]
fn one_call_gives_what_the_sets_of_modalities_give_apart() -> Tested {
    let Some(request) = request() else { return Ok(()) };
    let scanner = scanner();
    let folder = tempfile::tempdir()?;
    let mut steps = 0;
    let report = scanner.multisensory(&request, folder.path(), &mut |_| steps += 1, &CancellationToken::new())?;
    assert_eq!((steps, report.seconds, report.subjects.len()), (9, 12, 1));
    assert!(report.proxy.contains("masking proxy") && report.proxy.contains("not that figure"));

    let mut means = BTreeMap::new();
    for subset in Subset::ALL {
        let alone = PredictionRequest { modalities: Some(subset.modalities().to_vec()), ..request.clone() };
        assert_eq!(scanner.predictor.check(&alone).is_err(), subset == Subset::Null, "a user cannot ask for nothing");
        let alone = if subset == Subset::Null { request.null() } else { alone };
        means.insert(subset, mean_alone(&scanner, alone)?);
        let together = map_of(folder.path(), subset.name())?;
        let largest = means[&subset].iter().zip(&together).map(|(a, b)| (a - f64::from(*b)).abs()).fold(0.0, f64::max);
        assert!(largest < 1e-6, "{}: {largest:e}", subset.name());
    }
    let of = |subset: Subset, vertex: usize| means[&subset][vertex];
    let (excess, rule) = (map_of(folder.path(), "super-additivity")?, map_of(folder.path(), "max rule")?);
    let mut largest = 0.0_f64;
    for (vertex, (excess, rule)) in excess.iter().zip(&rule).enumerate() {
        let [audio, video, both, null] =
            [Subset::A, Subset::V, Subset::AV, Subset::Null].map(|subset| of(subset, vertex));
        largest = largest.max((f64::from(*excess) - (both - audio - video + null)).abs());
        largest = largest.max((f64::from(*rule) - (both - audio.max(video))).abs());
    }
    eprintln!("AV - A - V + null, and the max rule: largest difference {largest:.1e}");
    assert!(largest < 2e-6);
    assert!(excess.iter().any(|value| value.abs() > 1e-3), "the untrained model is not additive");

    let dominance = map_of(folder.path(), "dominance")?;
    let counted = |code: f32| dominance.iter().filter(|value| **value == code).count();
    let expected: BTreeMap<&str, usize> = Modality::ALL
        .into_iter()
        .zip([1.0, 2.0, 3.0])
        .map(|(modality, code)| (modality.name(), counted(code)))
        .collect();
    assert_eq!(report.subjects[0].dominant, expected);
    for colour in ["text (red)", "audio (green)", "video (blue)"] {
        let channel = map_of(folder.path(), colour)?;
        assert!(channel.iter().all(|value| (0.0..=1.0).contains(value)) && channel.contains(&1.0), "{colour}");
    }
    assert_eq!(files_that(folder.path(), |name| name.ends_with(".png"))?.len(), 5);
    Ok(())
}

#[test]
fn a_film_without_words_says_so() -> Tested {
    let Some(mut request) = request() else { return Ok(()) };
    let Source::Video { transcript, .. } = &mut request.source else { return Err("it is a film".into()) };
    *transcript = None;
    let folder = tempfile::tempdir()?;
    let report = scanner().multisensory(&request, folder.path(), &mut |_| (), &CancellationToken::new())?;
    assert_eq!(report.features[&Modality::Text].state, FeatureState::Absent);
    assert!(report.notes.iter().any(|note| note.contains("has no text")), "{:?}", report.notes);
    assert_eq!(map_of(folder.path(), "T")?, map_of(folder.path(), "null")?);
    assert!(map_of(folder.path(), "text (red)")?.iter().all(|value| *value == 0.0));
    Ok(())
}
