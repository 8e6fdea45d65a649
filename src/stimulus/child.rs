//! A child process whose output is read block by block, and that never outlives the value that stands for it.
//!
//! One thread reads its output and hands over one block at a time, one keeps the start of what it says
//! about errors, one writes its input. A child that gives nothing for longer than it may is stopped.

use std::{
    io::{self, Read, Write},
    process::{Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::Error;

/// How much of what a child says about errors is kept (bytes).
const DIAGNOSTICS: u64 = 64 * 1024;
/// How often a child that is waited for is left, to see whether anybody still wants it.
const CANCEL_TICK: Duration = Duration::from_millis(100);

pub(super) struct Child {
    program: String,
    process: std::process::Child,
    blocks: Receiver<io::Result<Vec<u8>>>,
    /// A block that has come and was not asked for yet.
    ahead: Option<io::Result<Vec<u8>>>,
    diagnostics: Option<JoinHandle<String>>,
    patience: Duration,
}

/// How a child ended.
pub(super) struct Ended {
    pub(super) success: bool,
    /// The start of what it wrote to its standard error.
    pub(super) diagnostics: String,
}

impl Ended {
    /// Whether a decoder complained and gave more than a second less than the file states: a stream that is
    /// merely shorter than its container ends without complaint.
    pub(super) fn lost(&self, held_s: f64, stated_s: f64) -> bool {
        held_s + 1.0 < stated_s && !self.diagnostics.trim().is_empty()
    }
}

impl Child {
    /// Starts `command` with `input` on its standard input; its output comes in blocks of `block` bytes,
    /// each within `patience`.
    pub(super) fn start(
        mut command: Command,
        input: Vec<u8>,
        block: usize,
        patience: Duration,
    ) -> Result<Child, Error> {
        let program = super::error::name_of(command.get_program().as_ref());
        let spawn = |source| Error::Spawn { program: program.clone(), source };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(spawn)?;
        let (stdin, stdout, stderr) = (process.stdin.take(), process.stdout.take(), process.stderr.take());

        thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let diagnostics = thread::spawn(move || stderr.map(keep_start).unwrap_or_default());
        let (sender, blocks) = sync_channel(0);
        thread::spawn(move || {
            let Some(mut stdout) = stdout else { return };
            loop {
                let mut bytes = Vec::with_capacity(block);
                let read = (&mut stdout).take(block as u64).read_to_end(&mut bytes);
                let last = !matches!(read, Ok(n) if n == block);
                if sender.send(read.map(|_| bytes)).is_err() || last {
                    return;
                }
            }
        });
        Ok(Child { program, process, blocks, ahead: None, diagnostics: Some(diagnostics), patience })
    }

    /// Waits until there is output or none will come, as long as nobody cancels.
    pub(super) fn wait(&mut self, cancel: &CancellationToken) -> Result<(), Error> {
        let given_up = Instant::now() + self.patience;
        while self.ahead.is_none() && !cancel.is_cancelled() && Instant::now() < given_up {
            match self.blocks.recv_timeout(CANCEL_TICK) {
                Ok(block) => self.ahead = Some(block),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        if cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// The next block of output: shorter than the others at the end, `None` after it.
    pub(super) fn next_block(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match self.ahead.take().map_or_else(|| self.blocks.recv_timeout(self.patience), Ok) {
            Ok(Ok(bytes)) => Ok(Some(bytes).filter(|bytes| !bytes.is_empty())),
            Ok(Err(source)) => Err(Error::Read { name: format!("the output of {}", self.program), source }),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                Err(Error::Stalled { program: self.program.clone(), limit: self.patience })
            }
        }
    }

    /// Waits for the end of a child whose output has been read.
    pub(super) fn ended(mut self) -> Result<Ended, Error> {
        let spawn = |source| Error::Spawn { program: self.program.clone(), source };
        let success = self.process.wait().map_err(spawn)?.success();
        let diagnostics = self.diagnostics.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        Ok(Ended { success, diagnostics })
    }

    /// All of the output, of at most `limit` bytes, and how the child ended.
    pub(super) fn output(mut self, limit: usize) -> Result<(Vec<u8>, Ended), Error> {
        let mut output = Vec::new();
        while let Some(block) = self.next_block()? {
            output.extend_from_slice(&block);
            if output.len() > limit {
                let name = format!("the output of {}", self.program);
                return Err(Error::TooLarge { name, bytes: output.len() as u64, limit: limit as u64 });
            }
        }
        Ok((output, self.ended()?))
    }
}

impl Drop for Child {
    /// Stops a child that still runs; one that has ended is left as it is.
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_waited_for = self.process.wait();
    }
}

/// The first [`DIAGNOSTICS`] bytes as text; the rest is read and let go, so that the writer never waits.
fn keep_start(mut from: impl Read) -> String {
    let mut kept = Vec::new();
    let _what_came_is_kept = (&mut from).take(DIAGNOSTICS).read_to_end(&mut kept);
    let _rest = io::copy(&mut from, &mut io::sink());
    String::from_utf8_lossy(&kept).into_owned()
}

/// What an error message quotes of a child's diagnostics: its last line that says something, without the
/// part of ffmpeg that says it, as in `[mov @ 0x55d0] moov atom not found`.
pub(super) fn last_line(diagnostics: &str) -> String {
    let line = diagnostics.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    let said = line.strip_prefix('[').and_then(|line| line.split_once("] ")).map_or(line, |(_, said)| said);
    said.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(program: &str, arguments: &[&str], input: &str, block: usize, patience: Duration) -> Child {
        let mut command = Command::new(program);
        command.args(arguments);
        Child::start(command, input.into(), block, patience).unwrap()
    }

    #[test]
    fn output_comes_in_blocks_and_ends() {
        let mut child = start("cat", &[], "abcdefgh", 3, Duration::from_secs(10));
        let mut blocks = Vec::new();
        while let Some(block) = child.next_block().unwrap() {
            blocks.push(String::from_utf8(block).unwrap());
        }
        assert_eq!(blocks, ["abc", "def", "gh"]);
        assert!(child.ended().unwrap().success);
    }

    #[test]
    fn a_silent_child_is_stopped() {
        let child = start("sleep", &["60"], "", 1, Duration::from_millis(50));
        let begin = std::time::Instant::now();
        assert!(matches!(child.output(10), Err(Error::Stalled { .. })));
        assert!(begin.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_silent_child_is_left_when_cancelled_and_what_came_is_kept() {
        let cancel = CancellationToken::new();
        let mut child = start("cat", &[], "abc", 8, Duration::from_secs(10));
        child.wait(&cancel).unwrap();
        assert_eq!(child.output(10).unwrap().0, b"abc");
        let mut child = start("sleep", &["60"], "", 1, Duration::from_secs(60));
        cancel.cancel();
        assert!(matches!(child.wait(&cancel), Err(Error::Cancelled)));
    }

    #[test]
    fn a_dropped_child_is_gone() {
        let child = start("sleep", &["60"], "", 1, Duration::from_secs(1));
        let process = std::path::PathBuf::from(format!("/proc/{}", child.process.id()));
        assert!(process.exists());
        drop(child);
        assert!(!process.exists());
    }

    #[test]
    fn the_last_line_is_quoted_without_its_speaker() {
        assert_eq!(last_line("first\n[mov,mp4 @ 0x55d0] moov atom not found\n\n"), "moov atom not found");
        assert_eq!(last_line("\n"), "no reason given");
    }

    #[test]
    fn more_output_than_the_limit_is_refused() {
        let child = start("cat", &[], "abcdefgh", 3, Duration::from_secs(10));
        assert!(matches!(child.output(5), Err(Error::TooLarge { limit: 5, .. })));
    }
}
