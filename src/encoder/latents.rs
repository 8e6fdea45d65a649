//! What an encoder makes of windows of features before anybody's head reads it.

use ndarray::{Array2, Array3};
use tch::{Device, Kind, Tensor};

use super::readout::{Layer, Readout};
use crate::features::weights::Linear;

/// What the responses of all subjects to some windows are read from.
#[derive(Debug)]
pub struct Latents {
    /// `(window, time, hidden)`
    hidden: Tensor,
    /// `(window, time, width of the layer before the subject head)`
    before_head: Tensor,
}

impl Latents {
    /// From the transformer's output, a row a scan, `(window, time, hidden)`.
    pub(super) fn new(hidden: Tensor, low_rank_head: Option<&Linear>) -> Self {
        let before_head = low_rank_head.map_or_else(|| hidden.shallow_clone(), |head| hidden.apply(head));
        Self { hidden, before_head }
    }

    /// What the model's subject head stands on, `(window, time, width)`.
    pub(super) fn into_before_head(self) -> Tensor {
        self.before_head
    }

    /// The response `(subject, time, output)` to a window, read off as each subject has it.
    pub fn read(&self, window: usize, readouts: &[Readout]) -> Array3<f32> {
        tch::no_grad(|| self.read_rows(readouts, |layer| layer.select(0, window as i64)))
    }

    /// The same at some scans of the window alone, `(subject, scan, output)`: the work is that of so many scans.
    pub fn read_scans(&self, window: usize, readouts: &[Readout], scans: &[usize]) -> Array3<f32> {
        let scans: Vec<i64> = scans.iter().map(|&scan| scan as i64).collect();
        let scans = Tensor::from_slice(&scans).to_device(self.hidden.device());
        tch::no_grad(|| self.read_rows(readouts, |layer| layer.select(0, window as i64).index_select(0, &scans)))
    }

    /// `rows` takes rows out of a layer.
    fn read_rows(&self, readouts: &[Readout], rows: impl Fn(&Tensor) -> Tensor) -> Array3<f32> {
        let (hidden, before_head) = (rows(&self.hidden), rows(&self.before_head));
        let outputs = readouts.first().map_or(0, Readout::outputs);
        let mut responses = Array3::zeros((readouts.len(), hidden.size()[0] as usize, outputs));
        for (mut response, readout) in responses.outer_iter_mut().zip(readouts) {
            let layer = match readout.layer() {
                Layer::Hidden => &hidden,
                Layer::BeforeHead => &before_head,
            };
            copy(&readout.forward(layer), response.as_slice_mut());
        }
        responses
    }

    /// The transformer's output to a window, `(time, hidden)`: what a new subject's head is fitted on.
    pub fn hidden(&self, window: usize) -> Array2<f32> {
        let (scans, width) = (self.hidden.size()[1] as usize, self.hidden.size()[2] as usize);
        let mut states = Array2::zeros((scans, width));
        copy(&self.hidden.select(0, window as i64), states.as_slice_mut());
        states
    }
}

/// Copies a tensor's values into the memory of an array that was just made.
pub(super) fn copy(from: &Tensor, to: Option<&mut [f32]>) {
    let values = to.expect("an array that was just made is contiguous. This is a bug.");
    from.to_device(Device::Cpu).to_kind(Kind::Float).contiguous().copy_data(values, values.len());
}
