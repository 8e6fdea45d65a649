//! The frames of a film as they are decoded: those that some clip shows are processed, once, and kept while a
//! clip may still show them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tch::Tensor;

use crate::features::Error;

/// A processed frame.
pub struct Frame {
    /// 8-bit `(channel, height, width)`.
    pixels: Tensor,
    content: blake3::Hash,
}

impl Frame {
    /// `pixels`, 8-bit `(channel, height, width)`.
    pub fn new(pixels: Tensor) -> Self {
        let mut bytes = vec![0; pixels.numel()];
        pixels.copy_data_u8(&mut bytes, pixels.numel());
        Self { pixels, content: blake3::hash(&bytes) }
    }
}

/// The frames that the model sees together.
pub struct Clip(Vec<Rc<Frame>>);

impl Clip {
    /// 8-bit `(frame, channel, height, width)`.
    pub fn pixels(&self) -> Tensor {
        let frames: Vec<&Tensor> = self.0.iter().map(|frame| &frame.pixels).collect();
        Tensor::stack(&frames, 0)
    }

    /// A hash that clips with the same frames share.
    pub fn content(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for frame in &self.0 {
            hasher.update(frame.content.as_bytes());
        }
        hasher.finalize()
    }
}

/// A film that is read forward.
pub struct Reel<Decoded, Process> {
    decoded: Decoded,
    process: Process,
    /// Numbers of the frames that some clip shows.
    shown: BTreeSet<usize>,
    kept: BTreeMap<usize, Rc<Frame>>,
    /// Number of the frame to be decoded next.
    next: usize,
    state: State,
}

/// Where a film stands.
enum State {
    /// There may be more frames; the bytes of the last one are held.
    Running(Option<Vec<u8>>),
    /// There are no more; the last frame stands for all that would follow.
    Ended(Rc<Frame>),
}

impl<Decoded, Process, Fault> Reel<Decoded, Process>
where
    Decoded: Iterator<Item = Result<Vec<u8>, Fault>>,
    Process: Fn(&[u8]) -> Result<Frame, Error>,
    Fault: Into<Error>,
{
    /// A film whose `decoded` frames begin with number `first`, of which clips show the frames `shown`.
    pub fn new(decoded: Decoded, process: Process, first: usize, shown: BTreeSet<usize>) -> Self {
        Self { decoded, process, shown, kept: BTreeMap::new(), next: first, state: State::Running(None) }
    }

    /// The frames of these numbers, in order. No later clip may begin before this one does.
    ///
    /// # Errors
    /// [`Error::NoFrames`] when the film has none; what decoding and processing say.
    pub fn clip(&mut self, numbers: &[usize]) -> Result<Clip, Error> {
        if let Some(first) = numbers.first() {
            self.kept = self.kept.split_off(first);
        }
        numbers.iter().map(|&number| self.frame(number)).collect::<Result<_, _>>().map(Clip)
    }

    fn frame(&mut self, number: usize) -> Result<Rc<Frame>, Error> {
        loop {
            match (self.kept.get(&number), &self.state) {
                (Some(frame), _) | (None, State::Ended(frame)) => return Ok(Rc::clone(frame)),
                (None, State::Running(_)) => self.advance()?,
            }
        }
    }

    fn advance(&mut self) -> Result<(), Error> {
        match (self.decoded.next().transpose().map_err(Into::into)?, &self.state) {
            (Some(bytes), _) => {
                if self.shown.contains(&self.next) {
                    self.kept.insert(self.next, Rc::new((self.process)(&bytes)?));
                }
                self.next += 1;
                self.state = State::Running(Some(bytes));
            }
            (None, State::Running(Some(last))) => self.state = State::Ended(Rc::new((self.process)(last)?)),
            (None, _) => return Err(Error::NoFrames),
        }
        Ok(())
    }
}
