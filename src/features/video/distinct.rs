//! Clips in the order of the film, of which those with the same frames are encoded once.

use std::collections::HashMap;

use tch::Tensor;

use super::reel::Clip;

/// Which clips are the same, and which are still to be encoded.
#[derive(Default)]
pub struct Distinct {
    /// The place of each distinct clip among the distinct ones.
    places: HashMap<blake3::Hash, i64>,
    /// The place of every clip.
    order: Vec<i64>,
    waiting: Vec<Clip>,
}

impl Distinct {
    pub fn add(&mut self, clip: Clip) {
        let new_place = self.places.len() as i64;
        let place = *self.places.entry(clip.content()).or_insert(new_place);
        self.order.push(place);
        if place == new_place {
            self.waiting.push(clip);
        }
    }

    /// Clips that wait to be encoded.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The clips that wait, in the order of their places.
    pub fn take(&mut self) -> Vec<Clip> {
        std::mem::take(&mut self.waiting)
    }

    /// From the distinct clips, `(group, place, width)`, to all: `(group, clip, width)`.
    pub fn spread(&self, encoded: &Tensor) -> Tensor {
        encoded.index_select(1, &Tensor::from_slice(&self.order))
    }
}
