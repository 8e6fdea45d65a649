//! The frames of a film as they are decoded: those that some clip shows are processed, once, and kept while a
//! clip may still show them.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Fuse;
use std::rc::Rc;

use tch::Tensor;

use crate::features::Error;
use crate::stimulus;

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
pub struct Reel<Decoded: Iterator, Process> {
    decoded: Fuse<Decoded>,
    process: Process,
    /// Numbers of the frames that some clip shows.
    shown: BTreeSet<usize>,
    kept: BTreeMap<usize, Rc<Frame>>,
    /// Number of the frame to be decoded next.
    next: usize,
    /// The frame that was shown last, the film's first one to begin with.
    latest: Option<Rc<Frame>>,
}

impl<Decoded, Process> Reel<Decoded, Process>
where
    Decoded: Iterator<Item = Result<Vec<u8>, stimulus::Error>>,
    Process: Fn(&[u8]) -> Result<Frame, Error>,
{
    /// A film whose `decoded` frames begin with number `first`, of which clips show the frames `shown`.
    pub fn new(decoded: Decoded, process: Process, first: usize, mut shown: BTreeSet<usize>) -> Self {
        shown.insert(first);
        Self { decoded: decoded.fuse(), process, shown, kept: BTreeMap::new(), next: first, latest: None }
    }

    /// The frames of these numbers, in order. No later clip may begin before this one does.
    ///
    /// Where a number lies past the end of the film, the frame before it in the clip stands again, as in the published
    /// pipeline's reader; it need not be the last one decoded.
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
        self.decode_up_to(number)?;
        if let Some(frame) = self.kept.get(&number) {
            self.latest = Some(Rc::clone(frame));
        }
        self.latest.clone().ok_or(Error::NoFrames)
    }

    fn decode_up_to(&mut self, number: usize) -> Result<(), Error> {
        while self.next <= number {
            let Some(bytes) = self.decoded.next() else { break };
            let bytes = bytes?;
            if self.shown.contains(&self.next) {
                let frame = Rc::new((self.process)(&bytes)?);
                self.latest.get_or_insert_with(|| Rc::clone(&frame));
                self.kept.insert(self.next, frame);
            }
            self.next += 1;
        }
        Ok(())
    }
}
