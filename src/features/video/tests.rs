//! Against the published pipeline: the frames that clips show, then the features.

use std::cell::Cell;
use std::path::Path;

use tch::{IndexOp, Tensor};

use super::*;
use crate::features::golden::{self, LaidOut};
use crate::features::{DeviceChoice, Precision};
use crate::stimulus::FilmSource;

const MODEL: &str = "models--facebook--vjepa2-vitg-fpc64-256";
const FRAME: Size = Size { height: 240, width: 320 };

fn extractor(golden: &Path, precision: Precision) -> VideoExtractor {
    let compute = Compute::new(DeviceChoice::Cpu, Some(precision)).unwrap();
    VideoExtractor::open(&golden::model(golden, MODEL), &golden::released_layers(), compute, 4.0).unwrap()
}

fn film(source: FilmSource, duration: f64) -> Film {
    let (width, height) = (FRAME.width as u32, FRAME.height as u32);
    let content = blake3::hash(b"film");
    Film { path: "film".into(), content, start: 0.0, duration, offset: 0.0, source, width, height, retouch: None }
}

/// A frame of one colour.
fn plain(value: u8) -> Result<Vec<u8>, stimulus::Error> {
    Ok(vec![value; 3 * (FRAME.height * FRAME.width) as usize])
}

fn features_of_clip(golden: &Path, extractor: &VideoExtractor) -> Features {
    let LaidOut { timeline, tools, .. } = &LaidOut::clip(golden);
    let film = &timeline.films[0];
    extractor.film(film, film.frames(&tools.ffmpeg).unwrap(), &mut |_| Ok(())).unwrap()
}

fn bytes(frame: &Tensor) -> Vec<u8> {
    Vec::try_from(frame.flatten(0, -1)).unwrap()
}

#[test]
fn clips_show_the_published_frames() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let steps = golden::expected(&golden, "clip.steps.safetensors");
    let LaidOut { timeline, tools, .. } = LaidOut::clip(&golden);
    let frames: Vec<Vec<u8>> = timeline.films[0].frames(&tools.ffmpeg).unwrap().map(Result::unwrap).collect();
    let numbers = extractor.frame_numbers(&timeline.films[0]);
    for (name, number) in [("first", numbers[9][0]), ("last", numbers[9][63])] {
        let expected = &steps[&format!("video.9.frame_{name}")];
        let frame = Tensor::from_slice(&frames[number]).view_as(expected);
        golden::assert_close(&format!("clip 9: {name} frame decoded"), &frame, expected, 1e-3);
    }
    let mean_colour =
        |&number: &usize| Tensor::from_slice(&frames[number]).reshape([-1, 3]).mean_dim(0, false, Kind::Float);
    for clip in [0, 9, 23] {
        let decoded: Vec<&usize> = numbers[clip].iter().filter(|&&number| number < frames.len()).collect();
        let colours: Vec<Tensor> = decoded.into_iter().map(mean_colour).collect();
        let expected = steps[&format!("video.{clip}.frame_mean_rgb")].narrow(0, 0, colours.len() as i64);
        golden::assert_close(&format!("clip {clip}: mean colours"), &Tensor::stack(&colours, 0), &expected, 1e-4);
    }
}

#[test]
fn features_are_the_published_ones() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let features = golden::tensor(&features_of_clip(&golden, &extractor));
    let window = golden::expected(&golden, "clip.golden.safetensors")["features.video"].i(0);
    assert_eq!(window.i((.., .., 24..)).abs().max().double_value(&[]), 0.0);
    golden::assert_close("clip: features.video", &features, &window.i((.., .., ..24)), 1e-4);
}

#[test]
fn bfloat16_is_close_to_float32() {
    let Some(golden) = golden::folder() else { return };
    let [low, full] = [Precision::Bfloat16, Precision::Float32]
        .map(|precision| golden::tensor(&features_of_clip(&golden, &extractor(&golden, precision))));
    golden::assert_close("clip: features.video in bfloat16", &low, &full, 5e-2);
}

#[test]
fn a_still_picture_is_processed_and_encoded_once() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let features =
        |film: &Film, frames: usize| extractor.film(film, (0..frames).map(|_| plain(90)), &mut |_| Ok(())).unwrap();
    let still = features(&film(FilmSource::Still, 3.0), 1);
    assert_eq!(still.dim(), (2, 24, 6));
    assert!(still.indexed_iter().all(|((group, channel, _), value)| *value == still[(group, channel, 0)]));
    assert_eq!(
        still,
        features(&film(FilmSource::Video { fps: 10.0 }, 3.0), 30),
        "a film of one picture is that picture"
    );
}

#[test]
fn only_frames_that_clips_show_are_processed_and_past_the_end_the_one_shown_last_stands() {
    let processed = Cell::new(0);
    let process = |rgb: &[u8]| {
        processed.set(processed.get() + 1);
        Ok(Frame::new(Tensor::from_slice(rgb)))
    };
    let decoded = (1..=5u8).map(|number| Ok(vec![number]));
    let mut reel = Reel::new(decoded, process, 1, [2, 3, 9].into());
    let seen = |clip: Clip| bytes(&clip.pixels());
    assert_eq!(seen(reel.clip(&[2, 3]).unwrap()), [2, 3]);
    assert_eq!(seen(reel.clip(&[2, 9]).unwrap()), [2, 2]);
    assert_eq!(seen(reel.clip(&[3, 3, 9]).unwrap()), [3, 3, 3]);
    assert_eq!(seen(reel.clip(&[9]).unwrap()), [3]);
    assert_eq!(processed.get(), 3, "frames 1, 2 and 3");
}

#[test]
fn films_without_frames_or_with_others_are_refused() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let refusal = |frames: Vec<Result<Vec<u8>, stimulus::Error>>| {
        extractor
            .film(&film(FilmSource::Video { fps: 25.0 }, 12.0), frames.into_iter(), &mut |_| Ok(()))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refusal(vec![]), "the film has no frame");
    assert_eq!(refusal(vec![Ok(vec![0; 7])]), "a frame has 7 bytes, not the 3 · 320 · 240 of its film");
    let undecodable = stimulus::Error::NoVideo { name: "film".into() };
    let reason = undecodable.to_string();
    assert_eq!(refusal(vec![plain(1), Err(undecodable)]), reason);
}

#[test]
fn progress_rises_to_one_and_a_cancelled_extractor_stops_inside_a_clip() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let ticked = |stop_at: usize| {
        let mut fractions = Vec::new();
        let stopped = extractor.film(
            &film(FilmSource::Video { fps: 25.0 }, 12.0),
            std::iter::repeat_with(|| plain(1)),
            &mut |fraction| {
                fractions.push(fraction);
                if fractions.len() == stop_at { Err(Cancelled) } else { Ok(()) }
            },
        );
        (stopped, fractions)
    };
    let (finished, fractions) = ticked(usize::MAX);
    assert!(finished.is_ok() && fractions.is_sorted());
    assert_eq!((fractions.first(), fractions.last()), (Some(&0.0), Some(&1.0)));
    let (cancelled, fractions) = ticked(30);
    assert!(matches!(cancelled, Err(Error::Cancelled(_))));
    assert_eq!(fractions.len(), 30);
}
