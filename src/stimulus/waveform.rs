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

use super::{
    Content, Error, Ffmpeg, Sound, child::last_line, container::Container, error::name_of, probe::AudioStream,
};

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

/// Decodes a sound file into `to`, at its own rate and with all of its channels.
pub(super) fn decode_file(
    ffmpeg: &Ffmpeg,
    path: &Path,
    stream: AudioStream,
    limit_s: f64,
    to: &Path,
) -> Result<Recording, Error> {
    let mut recorder = Recorder::new(name_of(path), stream, limit_s, to)?;
    recorder.decode(ffmpeg, path, "anull")?;
    recorder.finish()
}

/// Decodes the track of a film into `to`, as long as the film.
pub(super) fn decode_track(ffmpeg: &Ffmpeg, path: &Path, film_s: f64, to: &Path) -> Result<Recording, Error> {
    let AudioStream { sample_rate, .. } = TRACK;
    let samples = (film_s * f64::from(sample_rate)).round() as u64;
    let filter = format!(
        "aresample={sample_rate},aformat=sample_fmts=s16:channel_layouts=stereo,apad=whole_len={samples},atrim=end_sample={samples}"
    );
    let mut recorder = Recorder::new(name_of(path), TRACK, film_s + 1.0, to)?;
    recorder.decode(ffmpeg, path, &filter)?;
    recorder.finish()
}

/// Writes samples as they come, refusing those that are no numbers, hashing and counting them.
pub(super) struct Recorder {
    name: String,
    stream: AudioStream,
    limit_s: f64,
    path: PathBuf,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    values: u64,
}

impl Recorder {
    pub(super) fn new(name: String, stream: AudioStream, limit_s: f64, to: &Path) -> Result<Recorder, Error> {
        let file = BufWriter::new(File::create(to).map_err(Error::write(to))?);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&stream.sample_rate.to_le_bytes()).update(&stream.channels.to_le_bytes());
        Ok(Recorder { name, stream, limit_s, path: to.to_path_buf(), file, hasher, values: 0 })
    }

    fn decode(&mut self, ffmpeg: &Ffmpeg, path: &Path, filter: &str) -> Result<(), Error> {
        let channels = self.stream.channels.to_string();
        let output = ["-map", "0:a:0", "-af", filter, "-ac", &channels, "-c:a", "pcm_f32le", "-f", "f32le"];
        let output = output.map(String::from);
        let mut decoder = ffmpeg.decode(path, Container::of(path)?, &[], &output, 64 * 1024)?;
        while let Some(block) = decoder.next_block()? {
            self.write(&block)?;
        }
        let ended = decoder.ended()?;
        if !ended.success {
            return Err(Error::Undecodable { name: self.name.clone(), reason: last_line(&ended.diagnostics) });
        }
        Ok(())
    }

    /// Adds interleaved little-endian float32 samples.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let broken = floats(bytes).position(|value| !value.is_finite());
        if let Some(position) = broken {
            return Err(Error::NotFinite { name: self.name.clone(), second: self.seconds(position as u64) });
        }
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(Error::write(&self.path))?;
        self.values += (bytes.len() / SAMPLE_BYTES) as u64;
        let seconds = self.seconds(0);
        if seconds > self.limit_s {
            return Err(Error::TooLong { name: self.name.clone(), seconds, limit: self.limit_s });
        }
        Ok(())
    }

    /// Where `more` values after those written lie (s).
    fn seconds(&self, more: u64) -> f64 {
        let samples = (self.values + more) / u64::from(self.stream.channels);
        samples as f64 / f64::from(self.stream.sample_rate)
    }

    pub(super) fn finish(mut self) -> Result<Recording, Error> {
        self.file.flush().map_err(Error::write(&self.path))?;
        let AudioStream { sample_rate, channels } = self.stream;
        let samples = self.values / u64::from(channels);
        if samples == 0 {
            return Err(Error::NoSample { name: self.name });
        }
        Ok(Recording { path: self.path, content: self.hasher.finalize(), sample_rate, channels, samples })
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

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}
