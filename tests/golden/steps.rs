//! Inside the extractors: each step from what the reference had before it, so that no error hides behind another.

use std::path::{Path, PathBuf};

use encortex::features::audio::conformer::{ConformerConfig, Wav2Vec2Bert};
use encortex::features::audio::heard;
use encortex::features::audio::mel::{LogMel, MelConfig};
use encortex::features::hub;
use encortex::features::text::config::LlamaConfig;
use encortex::features::text::llama::Llama;
use encortex::features::text::passes::TokenTree;
use encortex::features::text::tokens::Tokens;
use encortex::features::video::processor::{Processor, Size};
use encortex::features::video::vjepa2::{VJepa2, VJepa2Config};
use encortex::features::weights::Weights;
use encortex::stimulus::{Ffmpeg, Limits, Shelf, Source, Speech, Timeline, Tools};
use tch::{Device, IndexOp, Kind, Tensor};
use tokio_util::sync::CancellationToken;

use crate::golden::reference::{Reference, Table};

const BOUND: f64 = 1e-4;
/// What another AAC decoder than the reference's may add.
const DECODED_BOUND: f64 = 1e-3;
/// Words, states and clips of which the reference kept the steps.
const WORDS: [usize; 4] = [0, 5, 20, 34];
const SOUND_STATES: [usize; 4] = [0, 1, 12, 24];
const FILM_STATES: [usize; 2] = [0, 40];
const FRAME: Size = Size { height: 240, width: 320 };

/// Adds every kept step of the three extractors to the table.
pub(crate) fn compare(golden: &Path, table: &mut Table) {
    let _no_grad = tch::no_grad_guard();
    text(golden, table);
    audio(golden, "hamlet", BOUND, table);
    audio(golden, "clip", DECODED_BOUND, table);
    video(golden, table);
}

fn text(golden: &Path, table: &mut Table) {
    let folder = model(golden, "models--meta-llama--Llama-3.2-3B");
    let config: LlamaConfig = hub::read(&folder).unwrap();
    let tokens = Tokens::open(&folder, config.vocab_size).unwrap();
    let llama = Llama::new(&weights(&folder), &config);
    let steps = Reference::read(&golden.join("expected/hamlet.text_steps.safetensors"));
    let words = laid_out(golden, "hamlet").0.words;
    let mut reader = tokens.reader();
    for word in WORDS {
        let ids = reader.read(&words[word].context).unwrap().to_vec();
        assert_eq!(ids, steps.integers(&format!("word.{word}.input_ids")), "tokens of word {word}");
        let mut states = Vec::new();
        let visited = llama.hidden_states(&TokenTree::of_context(&ids), |_, state| {
            states.extend(floats(state));
            Ok(())
        });
        assert!(visited.is_ok());
        let expected = steps.floats(&format!("word.{word}.hidden_states"));
        table.compare("hamlet", &format!("text, all states of word {word}"), &states, &expected, BOUND);
    }
}

fn audio(golden: &Path, name: &'static str, waveform_bound: f64, table: &mut Table) {
    let folder = model(golden, "models--facebook--w2v-bert-2.0");
    let config: ConformerConfig = hub::read(&folder).unwrap();
    let log_mel = LogMel::new(hub::read::<MelConfig>(&folder).unwrap());
    let conformer = Wav2Vec2Bert::new(&weights(&folder), &config);
    let steps = Reference::read(&golden.join(format!("expected/{name}.steps.safetensors")));

    let (timeline, _folder) = laid_out(golden, name);
    let sound = &timeline.sounds[0];
    let waveform = heard(&sound.waveform().unwrap(), sound.sample_rate);
    let expected = steps.floats("audio.0.wav_16k_normalised");
    table.compare(name, "audio, waveform at 16 kHz", &floats(&waveform), &expected, waveform_bound);

    let bins = log_mel.forward(&Tensor::from_slice(&expected));
    let expected = steps.floats("audio.0.input_features");
    table.compare(name, "audio, mel bins", &floats(&bins), &expected, BOUND);

    let bins = Tensor::from_slice(&expected).view_as(&bins).unsqueeze(0);
    let expected = steps.floats("audio.0.hidden_states.0_1_12_24");
    let visited = conformer.hidden_states(&bins, |index, state| {
        if let Some(place) = SOUND_STATES.iter().position(|&kept| kept == index) {
            let state = floats(state);
            let expected = &expected[place * state.len()..][..state.len()];
            table.compare(name, &format!("audio, state {index}"), &state, expected, BOUND);
        }
        Ok(())
    });
    assert!(visited.is_ok());
}

fn video(golden: &Path, table: &mut Table) {
    let folder = model(golden, "models--facebook--vjepa2-vitg-fpc64-256");
    let config: VJepa2Config = hub::read(&folder).unwrap();
    let processor = Processor::new(hub::read(&folder).unwrap(), Device::Cpu);
    let vjepa2 = VJepa2::new(&weights(&folder), &config);
    let steps = Reference::read(&golden.join("expected/clip.steps.safetensors"));

    let expected = steps.floats("video.9.pixel_values");
    let (frames, side) = (config.frames_per_clip, config.crop_size);
    let values = (3 * side * side) as usize;
    for (name, place) in [("first", 0), ("last", frames as usize - 1)] {
        let frame = steps.bytes(&format!("video.9.frame_{name}"));
        let pixels = floats(&processor.standardise(&processor.cut().pixels(&frame, FRAME).unwrap()));
        let expected = &expected[place * values..][..values];
        table.compare("clip", &format!("video, pixels of the {name} frame"), &pixels, expected, BOUND);
    }

    let pixels = Tensor::from_slice(&expected).reshape([1, frames, 3, side, side]);
    let expected = steps.floats("video.9.hidden_states");
    let mut means = Vec::new();
    let visited = vjepa2.hidden_states(&pixels, |index, state| {
        means.extend(floats(&state.i(0).mean_dim(0, false, Kind::Float)));
        if let Some(place) = FILM_STATES.iter().position(|&kept| kept == index) {
            let state = floats(state);
            let expected = &expected[place * state.len()..][..state.len()];
            table.compare("clip", &format!("video, state {index}"), &state, expected, BOUND);
        }
        Ok(())
    });
    assert!(visited.is_ok());
    let expected = steps.floats("video.9.hidden_token_mean");
    table.compare("clip", "video, token means of all states", &means, &expected, BOUND);
}

fn model(golden: &Path, name: &str) -> PathBuf {
    golden.join("hf_home/hub").join(name).join("snapshots").join("0".repeat(40))
}

fn weights(folder: &Path) -> Weights {
    Weights::open(folder, Device::Cpu, Kind::Float).unwrap()
}

/// A golden stimulus in time, and the folder that holds its decoded sound.
fn laid_out(golden: &Path, name: &str) -> (Timeline, tempfile::TempDir) {
    let file = |extension: &str| golden.join(format!("stimuli/{name}.{extension}"));
    let transcript = Some(file("tsv"));
    let source = match name {
        "clip" => Source::Video { path: file("mp4"), transcript },
        _ => Source::Audio { path: file("wav"), transcript },
    };
    let tools = Tools {
        ffmpeg: Ffmpeg::locate(None).unwrap(),
        speech: Speech::locate(None, "en"),
        transcriber: None,
        limits: Limits { duration_s: 60.0 },
    };
    let folder = tempfile::tempdir().unwrap();
    let (timeline, _) = source.lay_out(&tools, &Shelf::new(folder.path()), &CancellationToken::new()).unwrap();
    (timeline, folder)
}

fn floats(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.to_kind(Kind::Float).contiguous().flatten(0, -1)).unwrap()
}
