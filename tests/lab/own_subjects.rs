//! A subject of the lab's own: whoever is given the average head is predicted as the average, under a name of their own.

use encortex::catalogue::{FitScores, SubjectCard};
use encortex::encoder::{Artefact, BrainEncoder, OwnHead};
use encortex::features::{Compute, DeviceChoice, Precision};
use encortex::predict::{self, Output, PredictionRequest, STATE};
use encortex::stimulus::Source;
use jiff::Timestamp;
use ndarray::Array2;
use tokio_util::sync::CancellationToken;

use crate::workplace::{Tested, model, scanner, shared};

fn request(subjects: &[&str], output: Output) -> Option<PredictionRequest> {
    Some(PredictionRequest {
        source: Source::Video { path: shared("golden/stimuli/clip.mp4")?, transcript: None },
        task: "clip".to_owned(),
        subjects: subjects.iter().map(|&name| name.to_owned()).collect(),
        modalities: None,
        overlap_s: 0.0,
        save_features: false,
        output,
        rows: None,
    })
}

fn card(name: &str, weights_sha256: String) -> SubjectCard {
    SubjectCard {
        name: name.to_owned(),
        model: "untrained".to_owned(),
        weights_sha256,
        created: Timestamp::UNIX_EPOCH,
        method: "ridge".to_owned(),
        regions: None,
        runs: 1,
        minutes: 0.0,
        simulated: true,
        origin: None,
        scores: FitScores {
            held_out_r: 0.0,
            average_r: None,
            significant: None,
            ceiling: None,
            ceiling_share: None,
            outputs: 0,
        },
        head: String::new(),
    }
}

/// The average head, and the weights that it reads from.
fn average_head() -> Tested<(OwnHead, String)> {
    let artefact = Artefact::open(&model().folder)?;
    let encoder = BrainEncoder::load(&artefact, Compute::new(DeviceChoice::Cpu, Some(Precision::Float32))?)?;
    Ok((encoder.head("average")?, artefact.weights_sha256()?))
}

#[test]
fn a_head_of_ones_own_is_predicted_by_under_its_name_until_it_is_deleted() -> Tested {
    let Some(average) = request(&["average"], Output::Responses) else { return Ok(()) };
    let scanner = scanner();
    let predictor = &scanner.predictor;
    let run = |request: PredictionRequest| -> Tested<(Array2<f32>, String)> {
        predictor.check(&request)?;
        let (folder, key) = (tempfile::tempdir()?, predictor.key(&request)?);
        let prediction = predictor.run_blocking(request, folder.path().to_owned(), |_| (), CancellationToken::new())?;
        Ok((prediction.response(folder.path(), &prediction.subjects[0].name)?, key))
    };
    let (expected, _) = run(average)?;
    let own = || request(&["ann"], Output::Responses).ok_or("the clip is there");
    assert!(matches!(predictor.check(&own()?), Err(predict::Error::UnknownSubject { .. })));

    let (head, weights_sha256) = average_head()?;
    predictor.shelf().add(card("ann", weights_sha256.clone()), &head, &[])?;
    assert!(predictor.subjects()?.contains(&"ann".to_owned()));
    let (found, key) = run(own()?)?;
    let largest = (&found - &expected).iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
    assert!(largest < 1e-5 && expected.iter().any(|value| value.abs() > 1e-2), "they differ by {largest:e}");

    let (states, _) = run(request(&[], Output::State).ok_or("the clip is there")?)?;
    let by_hand = states.dot(&head.weight.t()) + &head.bias;
    let largest = (&by_hand - &expected).iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
    assert!(states.nrows() == expected.nrows() && largest < 1e-4, "the {STATE} gives what differs by {largest:e}");

    let some = PredictionRequest { rows: Some([3, 7, 8].into()), ..own()? };
    let (some, _) = run(some)?;
    for (row, (some, all)) in some.rows().into_iter().zip(found.rows()).enumerate() {
        let largest = some.iter().zip(all).map(|(some, all)| (some - all).abs()).fold(0.0, f32::max);
        let is_wanted = [3, 7, 8].contains(&row);
        assert!(
            if is_wanted { largest < 1e-5 } else { some.iter().all(|value| *value == 0.0) },
            "row {row}: {largest:e}"
        );
    }

    assert!(predictor.shelf().remove("ann")?);
    assert!(matches!(predictor.check(&own()?), Err(predict::Error::UnknownSubject { .. })));
    let doubled = OwnHead { weight: &head.weight * 2.0, ..head };
    predictor.shelf().add(card("ann", weights_sha256), &doubled, &[])?;
    assert_ne!(predictor.key(&own()?)?, key, "another head under the same name is another result");
    predictor.shelf().add(card("bea", "of another model".to_owned()), &doubled, &[])?;
    assert!(!predictor.subjects()?.contains(&"bea".to_owned()));
    predictor.shelf().remove("ann")?;
    predictor.shelf().remove("bea")?;
    Ok(())
}
