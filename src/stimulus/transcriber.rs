//! The operator's transcriber: a command that is given a media file and prints WhisperX's JSON.

use std::{path::Path, process::Command, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    Error, Note,
    child::Child,
    child::last_line,
    error::name_of,
    transcript::{self, Sentence},
};

/// Bytes that a transcriber may print.
const OUTPUT_BYTES: usize = 64 << 20;

/// A program, its arguments, and how long it may take. The path of the media file is added as the last argument.
#[derive(Clone, Debug)]
pub struct Transcriber {
    pub program: String,
    pub arguments: Vec<String>,
    pub limit: Duration,
}

impl Transcriber {
    pub(super) fn transcribe(
        &self,
        media: &Path,
        cancel: &CancellationToken,
    ) -> Result<(Vec<Sentence>, Vec<Note>), Error> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(media);
        let mut child = Child::start(command, Vec::new(), 64 * 1024, self.limit)?;
        child.wait(cancel)?;
        let (output, ended) = child.output(OUTPUT_BYTES)?;
        let program = name_of(Path::new(&self.program));
        if !ended.success {
            return Err(Error::Failed { program, reason: last_line(&ended.diagnostics) });
        }
        let name = format!("the transcript of {program}");
        let text = String::from_utf8(output).map_err(|_| Error::NotUtf8 { name: name.clone() })?;
        match transcript::parse(&text, &name) {
            Err(Error::NoWord { .. }) => Ok((Vec::new(), vec![Note::new(format!("{program} heard no word"))])),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By a shell that runs `script` with the media path as `$0`.
    fn transcribe(script: &str, media: &str) -> Result<(Vec<Sentence>, Vec<Note>), Error> {
        let arguments = vec!["-c".into(), script.into()];
        let transcriber = Transcriber { program: "sh".into(), arguments, limit: Duration::from_secs(10) };
        transcriber.transcribe(Path::new(media), &CancellationToken::new())
    }

    #[test]
    fn what_it_prints_is_the_transcript() {
        let script = r#"echo "{\"segments\":[{\"text\":\"$0\",\"words\":[{\"word\":\"$0\",\"start\":1,\"end\":2}]}]}""#;
        let (sentences, _) = transcribe(script, "clip.wav").unwrap();
        assert_eq!(sentences[0].words[0].text, "clip.wav");
    }

    #[test]
    fn silence_is_noted_and_failure_is_an_error() {
        let (sentences, notes) = transcribe(r#"echo '{"segments":[]}'"#, "a").unwrap();
        assert!(sentences.is_empty() && notes[0].as_str().contains("heard no word"));
        let error = transcribe("echo no model >&2; exit 3", "a").err().unwrap();
        assert_eq!(error.to_string(), "sh failed: no model");
    }
}
