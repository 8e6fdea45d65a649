//! Against the published pipeline: each step inside the extractor, then its features.

use std::path::{Path, PathBuf};
use std::process::Command;

use ndarray::{Array2, ShapeBuilder};
use tch::{IndexOp, Tensor};

use super::*;
use crate::features::{Cancelled, DeviceChoice, Precision, golden};

const MODEL: &str = "models--facebook--w2v-bert-2.0";

fn released_layers() -> LayerSelection {
    LayerSelection { fractions: vec![0.5, 0.75, 1.0], cached_layers: Some(20) }
}

fn extractor(golden: &Path, precision: Precision) -> AudioExtractor {
    let compute = Compute::new(DeviceChoice::Cpu, Some(precision)).unwrap();
    AudioExtractor::open(&golden::model(golden, MODEL), &released_layers(), compute).unwrap()
}

/// The samples of a sound and where they come from.
struct Recording {
    sound: Sound,
    waveform: Array2<f32>,
}

impl Recording {
    /// Of 16-bit interleaved samples.
    fn new(path: PathBuf, pcm: &[u8], channels: usize, sample_rate: u32) -> Self {
        let sample = |bytes: &[u8]| f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0;
        let samples: Vec<f32> = pcm.chunks_exact(2).map(sample).collect();
        let length = samples.len() / channels;
        let waveform = Array2::from_shape_vec((channels, length).f(), samples).unwrap();
        let duration = length as f64 / f64::from(sample_rate);
        let content = blake3::hash(pcm);
        let channels = channels as u16;
        Self { sound: Sound { path, content, start: 0.0, duration, offset: 0.0, sample_rate, channels }, waveform }
    }

    fn hamlet(golden: &Path) -> Self {
        let path = golden.join("stimuli/hamlet.wav");
        let wav = std::fs::read(&path).unwrap();
        Self::new(path, &wav[44..], 1, 22_050)
    }

    /// The sound of the film: its track ends before its frames do, and silence follows.
    fn clip(golden: &Path) -> Self {
        let path = golden.join("stimuli/clip.mp4");
        let program = std::env::var("ENCORTEX_FFMPEG").unwrap_or_else(|_| "ffmpeg".into());
        let mut ffmpeg = Command::new(program);
        ffmpeg.args(["-v", "error", "-i"]).arg(&path).args(["-f", "s16le", "-ar", "44100", "-ac", "2", "-"]);
        let mut pcm = ffmpeg.output().expect("ffmpeg runs").stdout;
        let film_s = 12;
        pcm.resize(film_s * 44_100 * 4, 0);
        Self::new(path, &pcm, 2, 44_100)
    }

    fn features(&self, extractor: &AudioExtractor) -> Features {
        extractor.sound(&self.sound, self.waveform.clone(), &mut |_| Ok(())).unwrap()
    }
}

/// `(group, width, sample)` of the golden window that the features fill, after checking that nothing follows.
fn golden_features(golden: &Path, name: &str, samples: i64) -> Tensor {
    let window = golden::expected(golden, name)["features.audio"].i(0);
    assert_eq!(window.i((.., .., samples..)).abs().max().double_value(&[]), 0.0);
    window.i((.., .., ..samples))
}

fn tensor(features: &Features) -> Tensor {
    let shape = features.shape().iter().map(|&size| size as i64).collect::<Vec<_>>();
    Tensor::from_slice(&features.iter().copied().collect::<Vec<_>>()).reshape(shape)
}

/// `limits` of the waveform, the input features and the hidden states.
fn check_steps(golden: &Path, name: &str, recording: &Recording, limits: [f64; 3]) {
    let _no_grad = tch::no_grad_guard();
    let extractor = extractor(golden, Precision::Float32);
    let steps = golden::expected(golden, &format!("{name}.steps.safetensors"));
    let waveform = standardise(&mono(&recording.waveform, recording.sound.sample_rate));
    golden::assert_close(
        &format!("{name}: waveform at 16 kHz"),
        &waveform,
        &steps["audio.0.wav_16k_normalised"],
        limits[0],
    );
    let heard = extractor.log_mel.forward(&waveform);
    golden::assert_close(&format!("{name}: input features"), &heard, &steps["audio.0.input_features"], limits[1]);
    let expected = &steps["audio.0.hidden_states.0_1_12_24"];
    extractor.model.hidden_states(&heard.unsqueeze(0), |index, state| {
        if let Some(place) = [0, 1, 12, 24].iter().position(|&kept| kept == index) {
            let name = format!("{name}: audio hidden state {index}");
            golden::assert_close(&name, &state.i(0), &expected.i(place as i64), limits[2]);
        }
    });
}

#[test]
fn every_step_over_speech_is_the_published_one() {
    let Some(golden) = golden::folder() else { return };
    check_steps(&golden, "hamlet", &Recording::hamlet(&golden), [1e-7, 1e-6, 1e-4]);
}

#[test]
fn every_step_over_a_film_is_the_published_one() {
    let Some(golden) = golden::folder() else { return };
    check_steps(&golden, "clip", &Recording::clip(&golden), [1e-5, 1e-4, 1e-3]);
}

#[test]
fn features_are_the_published_ones() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let recordings = [("hamlet", Recording::hamlet(&golden), 1e-4), ("clip", Recording::clip(&golden), 1e-3)];
    for (name, recording, limit) in recordings {
        let features = tensor(&recording.features(&extractor));
        let expected = golden_features(&golden, &format!("{name}.golden.safetensors"), features.size()[2]);
        golden::assert_close(&format!("{name}: features.audio"), &features, &expected, limit);
    }
}

#[test]
fn bfloat16_is_close_to_float32() {
    let Some(golden) = golden::folder() else { return };
    let recording = Recording::hamlet(&golden);
    let [low, full] = [Precision::Bfloat16, Precision::Float32]
        .map(|precision| tensor(&recording.features(&extractor(&golden, precision))));
    golden::assert_close("hamlet: features.audio in bfloat16", &low, &full, 3e-2);
}

#[test]
fn a_sound_too_short_to_sample_has_no_features() {
    let Some(golden) = golden::folder() else { return };
    let mut recording = Recording::hamlet(&golden);
    recording.sound.duration = 0.2;
    assert_eq!(recording.features(&extractor(&golden, Precision::Float32)).dim(), (2, 32, 0));
}

#[test]
fn silence_has_finite_features() {
    let Some(golden) = golden::folder() else { return };
    let silence = Recording::new("silence".into(), &[0; 2 * 8_000], 1, 8_000);
    assert!(silence.features(&extractor(&golden, Precision::Float32)).iter().all(|value| value.is_finite()));
}

#[test]
fn a_sound_cut_short_is_refused() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    for bytes in [0, 2, 2 * 279] {
        let mut recording = Recording::new("cut.wav".into(), &vec![0; bytes], 1, 8_000);
        recording.sound.duration = 1.0;
        let refusal = extractor.sound(&recording.sound, recording.waveform, &mut |_| Ok(())).unwrap_err();
        assert!(refusal.to_string().contains("more than 0.035 s of sound are needed"), "{refusal}");
    }
}

#[test]
fn a_cancelled_extractor_stops() {
    let Some(golden) = golden::folder() else { return };
    let recording = Recording::hamlet(&golden);
    let cancel = &mut |_| Err(Cancelled);
    let refusal = extractor(&golden, Precision::Float32).sound(&recording.sound, recording.waveform, cancel);
    assert!(matches!(refusal, Err(Error::Cancelled(_))));
}
