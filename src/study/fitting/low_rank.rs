//! A head by one epoch of training: the average head's axes, and a factor of the subject's own.
//!
//! States lose the line through each run, as for ridge regression. Every run is read anew for an epoch, so that memory is that of one.

use std::sync::mpsc::sync_channel;
use std::thread;

use ndarray::{Array1, Array2, Axis, Slice};
use tokio_util::sync::CancellationToken;

use super::ridge::without_line;
use super::{Learned, Learner};
use crate::analysis::encoding::LinearModel;
use crate::encoder::OwnHead;
use crate::encoder::training::SubjectFactor;
use crate::study::states::{Aligned, StateReader};
use crate::study::{Error, StudyRun};

/// The runs that were learned from.
pub(super) struct LowRank<'a> {
    average: &'a OwnHead,
    /// Rows of a step.
    window: usize,
    runs: Vec<&'a StudyRun>,
    cancel: &'a CancellationToken,
}

impl<'a> LowRank<'a> {
    pub(super) fn new(average: &'a OwnHead, window: usize, cancel: &'a CancellationToken) -> Self {
        Self { average, window, runs: Vec::new(), cancel }
    }
}

impl<'a> Learner<'a> for LowRank<'a> {
    fn learn(
        &mut self,
        runs: &[&'a StudyRun],
        reader: &mut StateReader,
        step: &mut dyn FnMut(),
    ) -> Result<Learned, Error> {
        self.runs.extend(runs);
        let mut windows = 0;
        for run in &self.runs {
            let (_, rows) = reader.show(run)?;
            windows += rows.div_ceil(self.window) as u64;
        }
        let read = self.runs.iter().map(|run| {
            let read = reader.read(run);
            step();
            read
        });
        epoch(self.average, self.window, windows, read, self.cancel)
    }
}

/// One epoch over runs, a window a step, on a thread that owns every tensor.
pub(super) fn epoch(
    average: &OwnHead,
    window: usize,
    windows: u64,
    runs: impl Iterator<Item = Result<Aligned, Error>>,
    cancel: &CancellationToken,
) -> Result<Learned, Error> {
    let mut rows = 0;
    let mut sum = Array1::<f64>::zeros(average.weight.ncols());
    let weight = thread::scope(|scope| {
        let (sender, received) = sync_channel::<[Array2<f32>; 2]>(1);
        let learn = move || -> Result<Array2<f32>, Error> {
            let mut factor = SubjectFactor::of(average, windows);
            received.iter().try_for_each(|[states, measured]| {
                factor.learn(states.view(), measured.view()).map(drop).map_err(Error::from)
            })?;
            Ok(factor.weight())
        };
        let learning =
            thread::Builder::new().name("subject-factor".into()).spawn_scoped(scope, learn).map_err(Error::Thread)?;
        for run in runs {
            let Aligned { states, measured, .. } = run?;
            if cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            rows += states.nrows();
            sum += &states.mapv(f64::from).sum_axis(Axis(0));
            let states = without_line(states.view());
            for first in (0..states.nrows()).step_by(window) {
                let within = Slice::from(first..(first + window).min(states.nrows()));
                let cut = [&states, &measured].map(|values| values.slice_axis(Axis(0), within).to_owned());
                if sender.send(cut).is_err() {
                    break;
                }
            }
        }
        drop(sender);
        let panicked = |_| Err(Error::Panicked { reason: "see what it printed".into() });
        learning.join().unwrap_or_else(panicked)
    })?;
    let bias = -weight.dot(&sum.mapv(|sum| (sum / rows.max(1) as f64) as f32));
    Ok(Learned { head: LinearModel::new(weight, bias)?, rows })
}
