//! Stimuli that are changed before they are presented: never answered with the features of unchanged ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::features::Modality;
use encortex::predict::{FeatureState, Output, Prediction, PredictionRequest};
use encortex::scanner::Scanner;
use encortex::stimulus::{Event, Manipulation, Source};
use tokio_util::sync::CancellationToken;

use crate::workplace::{Tested, scanner};

/// A file that ffmpeg makes of a source of its own.
fn made(folder: &Path, name: &str, source: &str, options: &[&str]) -> Tested<PathBuf> {
    let path = folder.join(name);
    let inputs = ["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source];
    assert!(Command::new("ffmpeg").args(inputs).args(options).arg(&path).status()?.success());
    Ok(path)
}

/// A picture of two seconds, then a sound, both changed: the prediction, and its response.
fn predicted(scanner: &Scanner, stimuli: [&Path; 2], by: Manipulation) -> Tested<(Prediction, Vec<f32>)> {
    let event = |stimulus: &Path, onset, duration| Event {
        onset,
        duration,
        stimulus: stimulus.to_owned(),
        transcript: None,
        manipulation: by,
    };
    let events = vec![event(stimuli[0], 0.0, Some(2.0)), event(stimuli[1], 4.0, None)];
    let request = PredictionRequest {
        source: Source::Sequence { events, length_s: 12.0 },
        task: "changed".to_owned(),
        subjects: Vec::new(),
        modalities: None,
        overlap_s: 0.0,
        save_features: false,
        output: Output::Responses,
        rows: None,
    };
    let folder = tempfile::tempdir()?;
    let prediction =
        scanner.predictor.run_blocking(request, folder.path().to_owned(), |_| (), CancellationToken::new())?;
    let response = prediction.response(folder.path(), &prediction.subjects[0].name)?;
    Ok((prediction, response.into_iter().collect()))
}

#[test]
fn features_of_a_changed_stimulus_are_its_own() -> Tested {
    let folder = tempfile::tempdir()?;
    let picture = made(folder.path(), "a.png", "testsrc=s=96x64", &["-frames:v", "1"])?;
    let sound = made(folder.path(), "a.wav", "sine=frequency=300:duration=3", &[])?;
    let scanner = scanner();
    let run = |by| predicted(&scanner, [&picture, &sound], by);
    let states = |prediction: &Prediction| [Modality::Video, Modality::Audio].map(|m| prediction.features[&m].state);

    use FeatureState::{Cached, Computed};
    let plain = Manipulation::default();
    let (first, response) = run(plain)?;
    assert_eq!(states(&first), [Computed, Computed]);
    let mut responses = vec![response];
    for (by, expected) in [
        (Manipulation { contrast: 0.5, ..plain }, [Computed, Cached]),
        (Manipulation { blur: 0.05, ..plain }, [Computed, Cached]),
        (Manipulation { noise: 0.5, ..plain }, [Computed, Cached]),
        (Manipulation { noise: 0.5, seed: 1, ..plain }, [Computed, Cached]),
        (Manipulation { snr_db: Some(0.0), ..plain }, [Cached, Computed]),
        (Manipulation { snr_db: Some(0.0), seed: 1, ..plain }, [Cached, Computed]),
        (Manipulation { speech_rate: 1.5, ..plain }, [Cached, Computed]),
    ] {
        let (changed, response) = run(by)?;
        assert_eq!(states(&changed), expected, "{by:?}");
        assert_ne!(changed.stimulus.hash, first.stimulus.hash, "{by:?}");
        assert!(responses.iter().all(|other| *other != response), "{by:?} changes nothing");
        let (again, same) = run(by)?;
        assert_eq!((states(&again), same == response), ([Cached, Cached], true), "{by:?}");
        responses.push(response);
    }
    let (again, response) = run(Manipulation { seed: 9, ..plain })?;
    assert_eq!((again.stimulus.hash, response == responses[0]), (first.stimulus.hash, true));
    Ok(())
}
