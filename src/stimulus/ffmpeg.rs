//! The decoder, ffmpeg: found once, run as a child process for one file of ours at a time.
//!
//! It gets no standard input, no network, one demuxer and one file.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{Error, child::Child, container::Container, probe::AudioStream};

/// How long ffmpeg may take to give its next block.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where ffmpeg is.
#[derive(Clone, Debug)]
pub struct Ffmpeg {
    program: PathBuf,
}

impl Ffmpeg {
    /// Finds ffmpeg: the path given, or `ENCORTEX_FFMPEG`, or `ffmpeg` on the `PATH`, the first that is set.
    /// Fails with [`Error::ProgramMissing`] where that one does not run.
    pub fn locate(explicit: Option<&Path>) -> Result<Ffmpeg, Error> {
        let program = locate("ffmpeg", "ENCORTEX_FFMPEG", explicit);
        let mut command = Command::new(&program);
        command.arg("-version");
        let started = Child::start(command, Vec::new(), 4096, PATIENCE).and_then(|child| child.output(1 << 20));
        match started {
            Ok((_, ended)) if ended.success => Ok(Ffmpeg { program }),
            _ => Err(Error::ProgramMissing { program: "ffmpeg", variable: "ENCORTEX_FFMPEG" }),
        }
    }

    /// The program, to be run with options that are not about one of our files.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// What ffmpeg says about a file (its banner), whether or not it can decode it.
    pub(super) fn describe(&self, path: &Path, container: Container) -> Result<String, Error> {
        let command = self.command(path, container, "info", &[]);
        let (_, ended) = Child::start(command, Vec::new(), 4096, PATIENCE)?.output(1 << 20)?;
        Ok(ended.diagnostics)
    }

    /// Decodes a file to standard output, in blocks of `block` bytes: `input` are options of how to read,
    /// `output` of what to give.
    pub(super) fn decode(
        &self,
        path: &Path,
        container: Container,
        input: &[String],
        output: &[String],
        block: usize,
    ) -> Result<Child, Error> {
        let mut command = self.command(path, container, "error", input);
        command.args(output).arg("-");
        Child::start(command, Vec::new(), block, PATIENCE)
    }

    /// Passes a file of interleaved float32 samples through an audio filter, in blocks of `block` bytes of such samples.
    pub(super) fn filter(&self, path: &Path, stream: AudioStream, filter: &str, block: usize) -> Result<Child, Error> {
        let (rate, channels) = (stream.sample_rate.to_string(), stream.channels.to_string());
        let input = ["-ar", &rate, "-ac", &channels].map(String::from);
        let mut command = self.read(path, "f32le", "error", &input);
        command.args(["-af", filter, "-c:a", "pcm_f32le", "-f", "f32le", "-"]);
        Child::start(command, Vec::new(), block, PATIENCE)
    }

    fn command(&self, path: &Path, container: Container, log: &str, input: &[String]) -> Command {
        self.read(path, container.demuxer(), log, input)
    }

    fn read(&self, path: &Path, demuxer: &str, log: &str, input: &[String]) -> Command {
        let mut file = OsString::from("file:");
        file.push(path);
        let mut command = Command::new(&self.program);
        command.args(["-hide_banner", "-nostdin", "-loglevel", log]);
        command.args(["-protocol_whitelist", "file,pipe"]).args(input);
        command.args(["-f", demuxer, "-i"]).arg(file);
        command
    }
}

/// The path of a program: the one given, the one a variable names, or its plain name.
pub(super) fn locate(program: &str, variable: &str, explicit: Option<&Path>) -> PathBuf {
    let from_environment = || std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    explicit.map(Path::to_path_buf).or_else(from_environment).unwrap_or_else(|| PathBuf::from(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_ffmpeg_is_named_with_the_way_out() {
        let error = Ffmpeg::locate(Some(Path::new("no-such-folder/ffmpeg"))).unwrap_err();
        assert!(error.to_string().contains("ENCORTEX_FFMPEG"), "{error}");
    }
}
