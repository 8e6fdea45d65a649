//! White noise under a sound, at a stated signal-to-noise ratio.
//!
//! The ratio is that of mean squares over the whole recording, its pauses included: 10 log10(signal / noise) dB. The noise
//! is Gaussian and the same in every channel; the sum is neither scaled nor clipped.

use std::{
    fs::File,
    io::{BufReader, Read},
};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::{
    Error, Sound,
    probe::AudioStream,
    waveform::{Recorder, Tape, floats},
};

/// Samples of one channel that are in memory at once.
const AT_ONCE: usize = 1 << 16;

/// The recording that a sound is of, under noise, on another tape; `None` where it is silent, so that no noise is
/// weaker than it. The seed and the recording make the noise: it is the same at every ratio.
pub(super) fn mask(sound: &Sound, name: &str, snr_db: f64, seed: u64, to: Tape) -> Result<Option<Sound>, Error> {
    let (mut power, mut values) = (0.0, 0);
    each_block(sound, |samples| {
        power += samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
        values += samples.len();
        Ok(())
    })?;
    if power == 0.0 {
        return Ok(None);
    }
    let deviation = (power / values as f64 / 10_f64.powf(snr_db / 10.0)).sqrt();
    let key = blake3::keyed_hash(sound.content.as_bytes(), &seed.to_le_bytes());
    let mut generator = ChaCha8Rng::from_seed(*key.as_bytes());
    let stream = AudioStream { sample_rate: sound.sample_rate, channels: sound.channels };
    let mut recorder = Recorder::new(name.into(), stream, to)?;
    each_block(sound, |samples| {
        for moment in samples.chunks_mut(usize::from(sound.channels)) {
            let normal: f64 = StandardNormal.sample(&mut generator);
            moment.iter_mut().for_each(|sample| *sample += (deviation * normal) as f32);
        }
        recorder.write(&samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>())
    })?;
    Ok(Some(recorder.finish()?.sound()))
}

/// Goes through the interleaved samples of a sound's file, block by block.
fn each_block(sound: &Sound, mut each: impl FnMut(&mut [f32]) -> Result<(), Error>) -> Result<(), Error> {
    let mut file = BufReader::new(File::open(&sound.path).map_err(Error::read(&sound.path))?);
    let block = (AT_ONCE * usize::from(sound.channels) * size_of::<f32>()) as u64;
    loop {
        let mut bytes = Vec::new();
        (&mut file).take(block).read_to_end(&mut bytes).map_err(Error::read(&sound.path))?;
        if bytes.is_empty() {
            return Ok(());
        }
        each(&mut floats(&bytes).collect::<Vec<f32>>())?;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::stimulus::{Event, Manipulation, Note, Shelf, Source, Timeline, clips};

    /// One sound on a timeline, and its samples.
    fn heard(path: &Path, snr_db: Option<f64>, seed: u64) -> (Sound, ndarray::Array2<f32>, Vec<Note>) {
        let folder = tempfile::tempdir().unwrap();
        let manipulation = Manipulation { snr_db, seed, ..Manipulation::default() };
        let (onset, duration, stimulus, transcript) = (0.0, None, path.to_owned(), None);
        let events = vec![Event { onset, duration, stimulus, transcript, manipulation }];
        let source = Source::Sequence { events, length_s: 4.0 };
        let (timeline, notes): (Timeline, _) =
            source.lay_out(&clips::tools(), &Shelf::new(folder.path()), &CancellationToken::new()).unwrap();
        let samples = timeline.sounds[0].waveform().unwrap();
        (timeline.sounds[0].clone(), samples, notes)
    }

    fn mean_square(samples: impl Iterator<Item = f64> + Clone) -> f64 {
        samples.clone().map(|sample| sample * sample).sum::<f64>() / samples.count() as f64
    }

    #[test]
    fn the_measured_ratio_is_the_stated_one_and_the_noise_is_that_of_the_seed() {
        let folder = tempfile::tempdir().unwrap();
        let source = "aevalsrc=0.3*sin(2*PI*440*t)*lt(mod(t\\,1)\\,0.6)|0.1*sin(2*PI*300*t):d=3:s=16000";
        let path = clips::make(folder.path(), "tone.wav", &["-f", "lavfi", "-i", source, "-c:a", "pcm_f32le"]);
        let (plain, signal, notes) = heard(&path, None, 0);
        assert!(notes.iter().all(|note| !note.as_str().contains("noise")));
        for snr_db in [-10.0, 0.0, 20.0] {
            let (masked, sum, _) = heard(&path, Some(snr_db), 1);
            assert_eq!((masked.duration, sum.dim()), (plain.duration, signal.dim()));
            assert_ne!(masked.content, plain.content, "features of the plain sound are not its features");
            let noise = &sum - &signal;
            let power = |samples: &ndarray::Array2<f32>| mean_square(samples.iter().map(|sample| f64::from(*sample)));
            let measured = 10.0 * (power(&signal) / power(&noise)).log10();
            assert!((measured - snr_db).abs() < 0.5, "{measured} dB, {snr_db} dB are stated");
            assert!(noise.row(0).iter().zip(noise.row(1)).all(|(left, right)| (left - right).abs() < 1e-5));
            assert_eq!(heard(&path, Some(snr_db), 1).0.content, masked.content);
            assert_ne!(heard(&path, Some(snr_db), 2).0.content, masked.content);
        }
    }

    #[test]
    fn silence_is_left_alone_and_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = clips::make(folder.path(), "silence.wav", &["-f", "lavfi", "-i", "anullsrc=r=16000", "-t", "1"]);
        let (_, samples, notes) = heard(&path, Some(0.0), 0);
        assert!(samples.iter().all(|sample| *sample == 0.0));
        assert!(notes.iter().any(|note| note.as_str().contains("silence.wav is silent")), "{notes:?}");
    }
}
