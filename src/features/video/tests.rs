//! Against the published pipeline: each step inside the extractor, then its features.

use std::cell::Cell;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use tch::{IndexOp, Tensor};

use super::*;
use crate::features::{Cancelled, DeviceChoice, Precision, golden};
use crate::stimulus::FilmSource;

const MODEL: &str = "models--facebook--vjepa2-vitg-fpc64-256";
const FRAME: Size = Size { height: 240, width: 320 };

fn released_layers() -> LayerSelection {
    LayerSelection { fractions: vec![0.5, 0.75, 1.0], cached_layers: Some(20) }
}

fn extractor(golden: &Path, precision: Precision) -> VideoExtractor {
    let compute = Compute::new(DeviceChoice::Cpu, Some(precision)).unwrap();
    VideoExtractor::open(&golden::model(golden, MODEL), &released_layers(), compute, 4.0).unwrap()
}

fn film(source: FilmSource, duration: f64) -> Film {
    let (width, height) = (FRAME.width as u32, FRAME.height as u32);
    let content = blake3::hash(b"film");
    Film { path: "film".into(), content, start: 0.0, duration, offset: 0.0, source, width, height }
}

fn clip() -> Film {
    film(FilmSource::Video { fps: 25.0 }, 12.0)
}

/// The frames of the golden film, decoded as the reference decodes them.
fn decode(golden: &Path) -> impl Iterator<Item = Result<Vec<u8>, Error>> + use<> {
    let program = std::env::var("ENCORTEX_FFMPEG").unwrap_or_else(|_| "ffmpeg".into());
    let mut ffmpeg = Command::new(program);
    ffmpeg.args(["-v", "error", "-i"]).arg(golden.join("stimuli/clip.mp4"));
    ffmpeg.args(["-f", "rawvideo", "-sws_flags", "bicubic", "-pix_fmt", "rgb24", "-"]).stdout(Stdio::piped());
    let mut child = ffmpeg.spawn().expect("ffmpeg runs");
    let mut output = child.stdout.take().expect("its output is piped");
    std::iter::from_fn(move || {
        let mut frame = vec![0; 3 * (FRAME.height * FRAME.width) as usize];
        output.read_exact(&mut frame).is_ok().then_some(Ok(frame))
    })
}

/// A frame of one colour.
fn plain(value: u8) -> Result<Vec<u8>, Error> {
    Ok(vec![value; 3 * (FRAME.height * FRAME.width) as usize])
}

fn tensor(features: &Features) -> Tensor {
    let shape = features.shape().iter().map(|&size| size as i64).collect::<Vec<_>>();
    Tensor::from_slice(&features.iter().copied().collect::<Vec<_>>()).reshape(shape)
}

fn bytes(frame: &Tensor) -> Vec<u8> {
    Vec::try_from(frame.flatten(0, -1)).unwrap()
}

#[test]
fn frames_are_processed_as_published() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let steps = golden::expected(&golden, "clip.steps.safetensors");
    for (place, name) in [(0, "first"), (-1, "last")] {
        let frame = bytes(&steps[&format!("video.9.frame_{name}")]);
        let pixels = extractor.processor.standardise(&extractor.processor.crop(&frame, FRAME).unwrap());
        let expected = steps["video.9.pixel_values"].i(place);
        golden::assert_close(&format!("clip 9: {name} frame's pixel values"), &pixels, &expected, 1e-6);
    }
}

#[test]
fn hidden_states_are_the_published_ones() {
    let Some(golden) = golden::folder() else { return };
    let _no_grad = tch::no_grad_guard();
    let extractor = extractor(&golden, Precision::Float32);
    let steps = golden::expected(&golden, "clip.steps.safetensors");
    let states = &steps["video.9.hidden_states"];
    let mut means = Vec::new();
    extractor.model.hidden_states(&steps["video.9.pixel_values"].unsqueeze(0), |index, state| {
        means.push(state.i(0).mean_dim(0, false, Kind::Float));
        if let Some(place) = [0, 40].iter().position(|&kept| kept == index) {
            let name = format!("clip 9: video hidden state {index}");
            golden::assert_close(&name, &state.i(0), &states.i(place as i64), 1e-4);
        }
    });
    let means = Tensor::stack(&means, 0);
    golden::assert_close("clip 9: token means of all states", &means, &steps["video.9.hidden_token_mean"], 1e-4);
}

#[test]
fn clips_show_the_published_frames() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let steps = golden::expected(&golden, "clip.steps.safetensors");
    let frames: Vec<Vec<u8>> = decode(&golden).map(Result::unwrap).collect();
    let numbers = extractor.frame_numbers(&clip());
    for (name, number) in [("first", numbers[9][0]), ("last", numbers[9][63])] {
        let expected = &steps[&format!("video.9.frame_{name}")];
        let frame = Tensor::from_slice(&frames[number]).view_as(expected);
        golden::assert_close(&format!("clip 9: {name} frame decoded"), &frame, expected, 1e-3);
    }
    let mean_colour = |&number: &usize| {
        Tensor::from_slice(&frames[number]).reshape([-1, 3]).mean_dim(0, false, Kind::Float)
    };
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
    let features = tensor(&extractor.film(&clip(), decode(&golden), &mut |_| Ok(())).unwrap());
    let window = golden::expected(&golden, "clip.golden.safetensors")["features.video"].i(0);
    assert_eq!(window.i((.., .., 24..)).abs().max().double_value(&[]), 0.0);
    golden::assert_close("clip: features.video", &features, &window.i((.., .., ..24)), 1e-4);
}

#[test]
fn bfloat16_is_close_to_float32() {
    let Some(golden) = golden::folder() else { return };
    let [low, full] = [Precision::Bfloat16, Precision::Float32].map(|precision| {
        let features = extractor(&golden, precision).film(&clip(), decode(&golden).take(60), &mut |_| Ok(()));
        tensor(&features.unwrap())
    });
    golden::assert_close("clip: features.video in bfloat16", &low, &full, 3e-2);
}

#[test]
fn a_still_picture_is_processed_and_encoded_once() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let features = |film: &Film, frames: usize| {
        extractor.film(film, (0..frames).map(|_| plain(90)), &mut |_| Ok(())).unwrap()
    };
    let still = features(&film(FilmSource::Still, 3.0), 1);
    assert_eq!(still.dim(), (2, 24, 6));
    assert!(still.indexed_iter().all(|((group, channel, _), value)| *value == still[(group, channel, 0)]));
    assert_eq!(still, features(&film(FilmSource::Video { fps: 10.0 }, 3.0), 30), "a film of one picture is that picture");
}

#[test]
fn only_frames_that_clips_show_are_processed_and_past_the_end_the_one_shown_last_stands() {
    let processed = Cell::new(0);
    let process = |rgb: &[u8]| {
        processed.set(processed.get() + 1);
        Ok(Frame::new(Tensor::from_slice(rgb)))
    };
    let decoded = (1..=5u8).map(|number| Ok::<_, Error>(vec![number]));
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
    let refusal = |frames: Vec<Result<Vec<u8>, Error>>| {
        extractor.film(&clip(), frames.into_iter(), &mut |_| Ok(())).unwrap_err().to_string()
    };
    assert_eq!(refusal(vec![]), "the film has no frame");
    assert_eq!(refusal(vec![Ok(vec![0; 7])]), "a frame has 7 bytes, not the 3 · 320 · 240 of its film");
    assert_eq!(refusal(vec![plain(1), Err(Error::NoFrames)]), "the film has no frame");
}

#[test]
fn a_cancelled_extractor_stops_between_clips() {
    let Some(golden) = golden::folder() else { return };
    let ticks = Cell::new(0);
    let cancel = &mut |_| {
        ticks.set(ticks.get() + 1);
        if ticks.get() == 3 { Err(Cancelled) } else { Ok(()) }
    };
    let cancelled = extractor(&golden, Precision::Float32).film(&clip(), std::iter::repeat_with(|| plain(1)), cancel);
    assert!(matches!(cancelled, Err(Error::Cancelled(_))));
    assert_eq!(ticks.get(), 3);
}
