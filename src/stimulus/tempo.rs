//! Sound that plays faster or slower in its own pitch: uniform time compression, as psycholinguistics has it.
//!
//! Waveforms that fit are overlapped and added (WSOLA), by ffmpeg's `atempo`. What comes out is as long as it is to be, to
//! the sample.

use super::{
    Error, Ffmpeg, Sound,
    child::last_line,
    probe::AudioStream,
    waveform::{Recorder, Tape},
};

/// Above this tempo `atempo` would skip samples, so the work is done in two steps.
const FASTEST_STEP: f64 = 2.0;

/// The recording that a sound is of, so that it plays `tempo` times as fast, on another tape.
pub(super) fn stretch(ffmpeg: &Ffmpeg, sound: &Sound, name: &str, tempo: f64, to: Tape) -> Result<Sound, Error> {
    let stream = AudioStream { sample_rate: sound.sample_rate, channels: sound.channels };
    let samples = (sound.duration / tempo * f64::from(sound.sample_rate)).round().max(1.0) as u64;
    let step = if tempo > FASTEST_STEP { tempo.sqrt() } else { tempo };
    let steps = if tempo > FASTEST_STEP { format!("atempo={step},atempo={step}") } else { format!("atempo={step}") };
    let mut decoder =
        ffmpeg.filter(&sound.path, stream, &format!("{steps},apad,atrim=end_sample={samples}"), 64 * 1024)?;
    let mut recorder = Recorder::new(name.into(), stream, to)?;
    while let Some(block) = decoder.next_block()? {
        recorder.write(&block)?;
    }
    match decoder.ended()? {
        ended if ended.success => Ok(recorder.finish()?.sound()),
        ended => Err(Error::Failed { program: "ffmpeg".into(), reason: last_line(&ended.diagnostics) }),
    }
}
