//! Against the published pipeline's features, and what else sound may bring.

use std::path::Path;

use tch::{IndexOp, Tensor};

use super::*;
use crate::features::golden::{self, LaidOut};
use crate::features::{DeviceChoice, Precision};

const MODEL: &str = "models--facebook--w2v-bert-2.0";

fn extractor(golden: &Path, precision: Precision) -> AudioExtractor {
    let compute = Compute::new(DeviceChoice::Cpu, Some(precision)).unwrap();
    AudioExtractor::open(&golden::model(golden, MODEL), &golden::released_layers(), compute).unwrap()
}

/// A sound and its samples.
struct Recording {
    sound: Sound,
    waveform: Array2<f32>,
}

impl Recording {
    fn of(laid_out: &LaidOut) -> Self {
        let sound = laid_out.timeline.sounds[0].clone();
        let waveform = sound.waveform().unwrap();
        Self { sound, waveform }
    }

    fn silence(samples: usize, sample_rate: u32, duration: f64) -> Self {
        let (path, content) = ("silence".into(), blake3::hash(b"silence"));
        let sound = Sound { path, content, start: 0.0, duration, offset: 0.0, sample_rate, channels: 1 };
        Self { sound, waveform: Array2::zeros((1, samples)) }
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

#[test]
fn features_are_the_published_ones() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    let recordings = [
        ("hamlet", Recording::of(&LaidOut::hamlet(&golden)), 1e-4),
        ("clip", Recording::of(&LaidOut::clip(&golden)), 1e-3),
    ];
    for (name, recording, limit) in recordings {
        let features = golden::tensor(&recording.features(&extractor));
        let expected = golden_features(&golden, &format!("{name}.golden.safetensors"), features.size()[2]);
        golden::assert_close(&format!("{name}: features.audio"), &features, &expected, limit);
    }
}

#[test]
fn bfloat16_is_close_to_float32() {
    let Some(golden) = golden::folder() else { return };
    let recording = Recording::of(&LaidOut::hamlet(&golden));
    let [low, full] = [Precision::Bfloat16, Precision::Float32]
        .map(|precision| golden::tensor(&recording.features(&extractor(&golden, precision))));
    golden::assert_close("hamlet: features.audio in bfloat16", &low, &full, 5e-2);
}

#[test]
fn a_sound_too_short_to_sample_has_no_features() {
    let Some(golden) = golden::folder() else { return };
    let mut recording = Recording::of(&LaidOut::hamlet(&golden));
    recording.sound.duration = 0.2;
    assert_eq!(recording.features(&extractor(&golden, Precision::Float32)).dim(), (2, 32, 0));
}

#[test]
fn silence_has_finite_features() {
    let Some(golden) = golden::folder() else { return };
    let silence = Recording::silence(8_000, 8_000, 1.0);
    assert!(silence.features(&extractor(&golden, Precision::Float32)).iter().all(|value| value.is_finite()));
}

#[test]
fn a_sound_cut_short_is_refused() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden, Precision::Float32);
    for samples in [0, 1, 279] {
        let recording = Recording::silence(samples, 8_000, 1.0);
        let refusal = extractor.sound(&recording.sound, recording.waveform, &mut |_| Ok(())).unwrap_err();
        assert!(refusal.to_string().contains("more than 0.035 s of sound are needed"), "{refusal}");
    }
}

#[test]
fn a_cancelled_extractor_stops() {
    let Some(golden) = golden::folder() else { return };
    let recording = Recording::of(&LaidOut::hamlet(&golden));
    let cancel = &mut |_| Err(Cancelled);
    let refusal = extractor(&golden, Precision::Float32).sound(&recording.sound, recording.waveform, cancel);
    assert!(matches!(refusal, Err(Error::Cancelled(_))));
}
