//! Sound as samples: decoded once to interleaved float32, of which any stretch is read back to the sample.
//!
//! A sound file keeps its rate and channels. The track of a film becomes 16-bit stereo at 44.1 kHz, the
//! form in which the reference takes a track out of a film.

use std::{
    fs::File,
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use ndarray::Array2;
use tokio_util::sync::CancellationToken;

use super::{Content, Error, Ffmpeg, Sound, container::Container, error::name_of, probe::AudioStream};

/// Rate (Hz) and channels of a film's track.
const TRACK: AudioStream = AudioStream { sample_rate: 44_100, channels: 2 };
const SAMPLE_BYTES: usize = size_of::<f32>();

/// A sound decoded to a file of interleaved little-endian float32 samples.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    pub(super) path: PathBuf,
    /// BLAKE3 of the rate, the channels and the samples.
    pub(super) content: Content,
    pub(super) sample_rate: u32,
    pub(super) channels: u16,
    /// Samples of one channel.
    pub(super) samples: u64,
}

impl Recording {
    /// Length (s).
    pub(super) fn duration(&self) -> f64 {
        self.samples as f64 / f64::from(self.sample_rate)
    }

    /// The whole recording as one stretch from second 0.
    pub(super) fn sound(&self) -> Sound {
        Sound {
            path: self.path.clone(),
            content: self.content,
            start: 0.0,
            duration: self.duration(),
            offset: 0.0,
            sample_rate: self.sample_rate,
            channels: self.channels,
        }
    }
}

/// Where a sound is recorded to, how long it may be, and who may stop it.
#[derive(Clone)]
pub(super) struct Tape<'a> {
    pub(super) path: PathBuf,
    /// s.
    pub(super) limit_s: f64,
    pub(super) cancel: &'a CancellationToken,
}

/// Decodes a sound file that states `stated_s` seconds, at its own rate and with all of its channels.
pub(super) fn decode_file(
    ffmpeg: &Ffmpeg,
    path: &Path,
    stream: AudioStream,
    stated_s: Option<f64>,
    to: Tape,
) -> Result<Recording, Error> {
    let mut recorder = Recorder::new(name_of(path), stream, to)?;
    recorder.decode(ffmpeg, path, "anull", stated_s.unwrap_or(0.0))?;
    recorder.finish()
}

/// Decodes the track of a film: as long as the film, with silence where the track is shorter.
pub(super) fn decode_track(ffmpeg: &Ffmpeg, path: &Path, film_s: f64, to: Tape) -> Result<Recording, Error> {
    let AudioStream { sample_rate, .. } = TRACK;
    let samples = (film_s * f64::from(sample_rate)).round() as u64;
    let filter =
        format!("aresample={sample_rate},aformat=sample_fmts=s16:channel_layouts=stereo,atrim=end_sample={samples}");
    let mut recorder = Recorder::new(name_of(path), TRACK, Tape { limit_s: film_s + 1.0, ..to })?;
    recorder.decode(ffmpeg, path, &filter, film_s)?;
    recorder.fill(samples)?;
    recorder.finish()
}

/// Writes samples as they come, refusing those that are no numbers, hashing and counting them.
pub(super) struct Recorder<'a> {
    name: String,
    stream: AudioStream,
    tape: Tape<'a>,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    values: u64,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(name: String, stream: AudioStream, tape: Tape<'a>) -> Result<Self, Error> {
        let file = BufWriter::new(File::create(&tape.path).map_err(Error::write(&tape.path))?);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&stream.sample_rate.to_le_bytes()).update(&stream.channels.to_le_bytes());
        Ok(Self { name, stream, tape, file, hasher, values: 0 })
    }

    fn decode(&mut self, ffmpeg: &Ffmpeg, path: &Path, filter: &str, stated_s: f64) -> Result<(), Error> {
        let channels = self.stream.channels.to_string();
        let output = ["-map", "0:a:0", "-af", filter, "-ac", &channels, "-c:a", "pcm_f32le", "-f", "f32le"];
        let output = output.map(String::from);
        let mut decoder = ffmpeg.decode(path, Container::of(path)?, &[], &output, 64 * 1024)?;
        while let Some(block) = decoder.next_block()? {
            self.write(&block)?;
        }
        let (ended, name, held_s) = (decoder.ended()?, self.name.clone(), self.seconds(0));
        match ended.success {
            false => Err(Error::undecodable(path, &ended.diagnostics)),
            true if ended.lost(held_s, stated_s) => Err(Error::Truncated { name, stated_s, held_s }),
            true => Ok(()),
        }
    }

    /// Adds silence up to `samples` of each channel.
    fn fill(&mut self, samples: u64) -> Result<(), Error> {
        let second = vec![0; self.stream.sample_rate as usize * usize::from(self.stream.channels) * SAMPLE_BYTES];
        let mut missing = (samples * u64::from(self.stream.channels)).saturating_sub(self.values) as usize;
        while missing > 0 {
            let bytes = second.len().min(missing * SAMPLE_BYTES);
            self.write(&second[..bytes])?;
            missing -= bytes / SAMPLE_BYTES;
        }
        Ok(())
    }

    /// Adds interleaved little-endian float32 samples.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.tape.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let broken = floats(bytes).position(|value| !value.is_finite());
        if let Some(position) = broken {
            return Err(Error::NotFinite { name: self.name.clone(), second: self.seconds(position as u64) });
        }
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(Error::write(&self.tape.path))?;
        self.values += (bytes.len() / SAMPLE_BYTES) as u64;
        let seconds = self.seconds(0);
        if seconds > self.tape.limit_s {
            return Err(Error::TooLong { name: self.name.clone(), seconds, limit: self.tape.limit_s });
        }
        Ok(())
    }

    /// Where `more` values after those written lie (s).
    fn seconds(&self, more: u64) -> f64 {
        let samples = (self.values + more) / u64::from(self.stream.channels);
        samples as f64 / f64::from(self.stream.sample_rate)
    }

    pub(super) fn finish(mut self) -> Result<Recording, Error> {
        self.file.flush().map_err(Error::write(&self.tape.path))?;
        let AudioStream { sample_rate, channels } = self.stream;
        let samples = self.values / u64::from(channels);
        if samples == 0 {
            return Err(Error::NoSample { name: self.name });
        }
        Ok(Recording { path: self.tape.path, content: self.hasher.finalize(), sample_rate, channels, samples })
    }
}

impl Sound {
    /// The samples of this stretch, (channel, sample), at the native rate, full scale at ±1.
    pub fn waveform(&self) -> Result<Array2<f32>, Error> {
        let channels = usize::from(self.channels);
        let index = |seconds: f64| (seconds * f64::from(self.sample_rate)).round() as u64;
        let block = (channels * SAMPLE_BYTES) as u64;
        let mut file = File::open(&self.path).map_err(Error::read(&self.path))?;
        file.seek(SeekFrom::Start(index(self.offset) * block)).map_err(Error::read(&self.path))?;
        let mut bytes = Vec::new();
        file.take(index(self.duration) * block).read_to_end(&mut bytes).map_err(Error::read(&self.path))?;
        let samples = bytes.len() / (channels * SAMPLE_BYTES);
        let mut waveform = Array2::zeros((channels, samples));
        for (position, value) in floats(&bytes).take(channels * samples).enumerate() {
            waveform[[position % channels, position / channels]] = value;
        }
        Ok(waveform)
    }
}

/// Little-endian float32 samples.
pub(super) fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use safetensors::SafeTensors;

    use super::*;
    use crate::stimulus::clips;

    fn decode(path: &Path) -> Result<Recording, Error> {
        let ffmpeg = clips::tools().ffmpeg;
        let stream = ffmpeg.probe(path)?.audio.ok_or_else(|| Error::NoAudio { name: name_of(path) })?;
        let cancel = &CancellationToken::new();
        decode_file(&ffmpeg, path, stream, None, Tape { path: path.with_extension("f32"), limit_s: 600.0, cancel })
    }

    /// A WAV file of float32 samples.
    fn wave(path: &Path, channels: u16, sample_rate: u32, samples: &[f32]) {
        let bytes = (samples.len() * SAMPLE_BYTES) as u32;
        let block = channels * SAMPLE_BYTES as u16;
        let mut file = b"RIFF".to_vec();
        file.extend((36 + bytes).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x03\0");
        file.extend(channels.to_le_bytes());
        file.extend(sample_rate.to_le_bytes());
        file.extend((sample_rate * u32::from(block)).to_le_bytes());
        file.extend(block.to_le_bytes());
        file.extend(b"\x20\0data");
        file.extend(bytes.to_le_bytes());
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        std::fs::write(path, file).unwrap();
    }

    #[test]
    fn samples_come_back_as_they_were_from_any_second() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        let samples: Vec<f32> = (0..2 * 8000 * 3).map(|i| (i as f32).sin()).collect();
        wave(&path, 2, 8000, &samples);
        let sound = decode(&path).unwrap().sound();
        assert_eq!((sound.sample_rate, sound.channels, sound.duration), (8000, 2, 3.0));
        let stretch = Sound { offset: 1.25, duration: 0.5, ..sound };
        let waveform = stretch.waveform().unwrap();
        assert_eq!(waveform.dim(), (2, 4000));
        assert_eq!(waveform[[1, 3]], samples[2 * (10_000 + 3) + 1]);
        assert_eq!(waveform[[0, 3999]], samples[2 * (10_000 + 3999)]);
    }

    #[test]
    fn sixteen_bits_are_divided_by_their_full_scale() {
        let Some(golden) = clips::golden() else { return };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hamlet.wav");
        std::fs::copy(golden.join("stimuli/hamlet.wav"), &path).unwrap();
        let recording = decode(&path).unwrap();
        assert_eq!(recording.duration(), 11.234331065759637);
        let bytes = std::fs::read(&path).unwrap();
        let waveform = recording.sound().waveform().unwrap();
        let stored = bytes[bytes.len() - 2 * waveform.ncols()..].as_chunks().0;
        assert!(waveform.iter().zip(stored).all(|(one, two)| *one == f32::from(i16::from_le_bytes(*two)) / 32768.0));
    }

    /// The resampling of the reference, 44.1 to 16 kHz: a windowed sinc, one kernel a phase.
    fn at_16_khz(signal: &[f32]) -> Vec<f64> {
        let (old, new, zeros) = (441, 160, 24.0);
        let rolled = 0.945 * new as f64;
        let width = (zeros * old as f64 / rolled).ceil() as isize;
        let kernels: Vec<Vec<f64>> = (0..new)
            .map(|phase| {
                let at = |j: isize| {
                    let t = rolled * (j as f64 / old as f64 - phase as f64 / new as f64);
                    let t = t.clamp(-zeros, zeros) * PI;
                    (if t == 0.0 { 1.0 } else { t.sin() / t }) * (t / zeros / 2.0).cos().powi(2)
                };
                let kernel: Vec<f64> = (-width..width + old).map(at).collect();
                let sum: f64 = kernel.iter().sum();
                kernel.iter().map(|weight| weight / sum).collect()
            })
            .collect();
        let last = signal.len() as isize - 1;
        (0..signal.len() * new / old as usize)
            .map(|index| {
                let begin = (index / new) as isize * old - width;
                let sample = |j: usize| f64::from(signal[(begin + j as isize).clamp(0, last) as usize]);
                kernels[index % new].iter().enumerate().map(|(j, weight)| weight * sample(j)).sum()
            })
            .collect()
    }

    #[test]
    fn the_track_of_a_film_equals_the_reference() {
        let Some(golden) = clips::golden() else { return };
        let folder = tempfile::tempdir().unwrap();
        let clip = golden.join("stimuli/clip.mp4");
        let cancel = &CancellationToken::new();
        let to = Tape { path: folder.path().join("track.f32"), limit_s: 12.0, cancel };
        let track = decode_track(&clips::tools().ffmpeg, &clip, 12.0, to).unwrap();
        assert_eq!((track.duration(), track.sample_rate, track.channels), (12.0, 44_100, 2));
        let waveform = track.sound().waveform().unwrap();
        let resampled = at_16_khz(waveform.row(0).as_slice().unwrap());
        assert!(waveform.row(0) == waveform.row(1));

        let count = resampled.len() as f64;
        let mean = resampled.iter().sum::<f64>() / count;
        let deviation = (resampled.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        let bytes = std::fs::read(golden.join("expected/clip.steps.safetensors")).unwrap();
        let expected = SafeTensors::deserialize(&bytes).unwrap();
        let expected: Vec<f64> =
            floats(expected.tensor("audio.0.wav_16k_normalised").unwrap().data()).map(f64::from).collect();
        assert_eq!(resampled.len(), expected.len());
        let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>();
        let error = squares(&mut resampled.iter().zip(&expected).map(|(x, y)| (x - mean) / (1e-8 + deviation) - y));
        let relative = (error / squares(&mut expected.iter().copied())).sqrt();
        eprintln!("the track of clip.mp4 at 16 kHz: relative error {relative:.1e}");
        assert!(relative < 1e-3);
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        wave(&path, 1, 8000, &[0.0, 0.5, f32::NAN, 0.0]);
        assert!(matches!(decode(&path), Err(Error::NotFinite { .. })));
        wave(&path, 1, 8000, &[]);
        assert!(matches!(decode(&path), Err(Error::NoSample { .. })));
        wave(&path, 1, 4000, &[0.0; 4000]);
        assert!(matches!(decode(&path), Err(Error::SampleRate { rate: 4000, .. })));
        wave(&path, 1, 384_000, &[0.0; 4000]);
        assert!(matches!(decode(&path), Err(Error::SampleRate { rate: 384_000, .. })));
        wave(&path, 9, 8000, &[0.0; 90]);
        assert!(matches!(decode(&path), Err(Error::Channels { channels: 9, .. })));
    }

    #[test]
    fn one_to_eight_channels_of_any_codec_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for (name, codec, channels) in [
            ("a.flac", "flac", 8),
            ("a.mp3", "libmp3lame", 2),
            ("a.ogg", "libvorbis", 3),
            ("a.m4a", "aac", 6),
            ("b.wav", "pcm_s24le", 5),
            ("a.aiff", "pcm_s16be", 1),
        ] {
            let channel_count = channels.to_string();
            let source = "sine=frequency=440:sample_rate=48000:duration=1";
            let arguments = ["-f", "lavfi", "-i", source, "-ac", &channel_count, "-c:a", codec];
            let recording = decode(&clips::make(folder.path(), name, &arguments)).unwrap();
            assert_eq!((recording.sample_rate, recording.channels), (48_000, channels), "{name}");
            assert!((recording.duration() - 1.0).abs() < 0.1, "{name} lasts {} s", recording.duration());
        }
    }

    #[test]
    fn a_sound_over_the_limit_is_refused_while_it_is_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        wave(&path, 1, 8000, &vec![0.25; 80_000]);
        let stream = AudioStream { sample_rate: 8000, channels: 1 };
        let cancel = &CancellationToken::new();
        let to = || Tape { path: folder.path().join("sound.f32"), limit_s: 5.0, cancel };
        let decode = || decode_file(&clips::tools().ffmpeg, &path, stream, None, to());
        assert!(matches!(decode(), Err(Error::TooLong { limit: 5.0, .. })));
        cancel.cancel();
        assert!(matches!(decode(), Err(Error::Cancelled)));
    }
}
