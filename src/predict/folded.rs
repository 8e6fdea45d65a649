//! Readouts of region means: what a sweep asks of the same subject and regions in every cell is folded once.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::request::VertexSets;
use crate::encoder::Readout;

/// How many are kept.
const KEPT: usize = 16;

/// The readouts that were folded last.
#[derive(Default)]
pub(super) struct FoldedReadouts(RefCell<VecDeque<(String, VertexSets, Readout)>>);

impl FoldedReadouts {
    /// The readout of the sets' means by a subject whose whole readout is `whole`; `subject` tells it from any other.
    pub(super) fn get(&self, subject: &str, sets: &VertexSets, whole: &Readout) -> Readout {
        let mut kept = self.0.borrow_mut();
        if let Some((_, _, folded)) = kept.iter().find(|(name, of, _)| name == subject && of == sets) {
            return folded.clone();
        }
        let folded = whole.means_of(sets);
        kept.push_front((subject.to_owned(), sets.clone(), folded.clone()));
        kept.truncate(KEPT);
        folded
    }
}
