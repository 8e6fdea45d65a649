//! Runs as a frozen encoder sees them: its state at every second, beside the response that was measured to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use ndarray::{Array2, Axis, Slice, concatenate};
use tokio_util::sync::CancellationToken;

use super::kept_features::KeptFeatures;
use super::recordings::tell_masked;
use super::{Error, StudyRun};
use crate::bold::{BoldFile, Outputs, PreparedRuns, Times};
use crate::brain::Mesh;
use crate::predict::{Output, PredictionRequest, Predictor, STATE};

/// A run that is ready to be fitted to or scored on.
pub(super) struct Aligned {
    /// What was shown, by content.
    pub(super) content: [u8; 32],
    /// Which row of the stimulus is the first one here.
    pub(super) first: usize,
    /// `(second, hidden)`.
    pub(super) states: Array2<f32>,
    /// `(second, output)`: detrended, of variance 1, 0 where an output was masked.
    pub(super) measured: Array2<f32>,
}

/// Reads runs through a model. A stimulus that is shown in several runs is predicted once.
pub(super) struct StateReader<'a> {
    pub(super) predictor: &'a Predictor,
    pub(super) prepared: &'a PreparedRuns,
    pub(super) surfaces: &'a Path,
    /// Where predictions lie while they are read.
    pub(super) workdir: &'a Path,
    pub(super) tolerance_s: f64,
    pub(super) cancel: &'a CancellationToken,
    /// Where features are kept beside states, if they are.
    features: Option<&'a KeptFeatures>,
    /// How many regions runs hold a value of, where they hold that in place of the model's outputs.
    regions: Option<usize>,
    known: BTreeMap<[u8; 32], Rc<States>>,
}

/// The states of a whole stimulus.
struct States {
    /// `(second, hidden)`.
    rows: Array2<f32>,
    start_s: f64,
    end_s: f64,
}

impl<'a> StateReader<'a> {
    pub(super) fn new(
        predictor: &'a Predictor,
        prepared: &'a PreparedRuns,
        surfaces: &'a Path,
        workdir: &'a Path,
        tolerance_s: f64,
        cancel: &'a CancellationToken,
    ) -> Self {
        let (features, regions, known) = (None, None, BTreeMap::new());
        Self { predictor, prepared, surfaces, workdir, tolerance_s, cancel, features, regions, known }
    }

    /// The same, keeping the features of every stimulus beside its states.
    pub(super) fn keeping(self, features: &'a KeptFeatures) -> Self {
        Self { features: Some(features), ..self }
    }

    /// The same of runs that hold a value for each of so many regions, where there are any.
    pub(super) fn of_regions(self, regions: Option<usize>) -> Self {
        Self { regions, ..self }
    }

    /// Values of a row that is measured: the model's outputs, or regions.
    pub(super) fn outputs(&self) -> usize {
        self.regions.unwrap_or(self.predictor.settings().architecture.outputs as usize)
    }

    /// Predicts the stimulus of a run where that was not done before, and tells its content and how many rows it has.
    pub(super) fn show(&mut self, run: &StudyRun) -> Result<([u8; 32], usize), Error> {
        let (content, states) = self.states(run)?;
        Ok((content, states.rows.nrows()))
    }

    /// A run, its states and responses row by row: a row answers a second of the stimulus and was measured a lag later.
    ///
    /// # Errors
    /// [`Error::Length`] where run and stimulus differ, and what is wrong with either.
    pub(super) fn read(&mut self, run: &StudyRun) -> Result<Aligned, Error> {
        let settings = self.predictor.settings();
        let (content, shown) = self.states(run)?;
        let times = Times {
            first_s: run.onset_s + shown.start_s + settings.lag_s,
            step_s: settings.tr_s,
            count: shown.rows.nrows(),
        };
        let outputs = self.outputs_of(&run.bold);
        let found = self.prepared.get(&run.bold, outputs, run.tr_s, self.surfaces, times)?;
        let stimulus_s = run.onset_s + shown.end_s;
        if (found.length_s - stimulus_s).abs() > self.tolerance_s || found.rows == 0 {
            let tolerance_s = self.tolerance_s;
            return Err(Error::Length { bold: run.path(), run_s: found.length_s, stimulus_s, tolerance_s });
        }
        tell_masked(run, &found);
        let rows = Slice::from(found.first..found.first + found.rows);
        Ok(Aligned {
            content,
            first: found.first,
            states: shown.rows.slice_axis(Axis(0), rows).to_owned(),
            measured: self.padded(found.values()?),
        })
    }

    fn states(&mut self, run: &StudyRun) -> Result<([u8; 32], Rc<States>), Error> {
        let content = *run.source.content()?.as_bytes();
        if let Some(known) = self.known.get(&content) {
            return Ok((content, Rc::clone(known)));
        }
        let request = PredictionRequest {
            source: run.source.clone(),
            task: "fit".to_owned(),
            subjects: Vec::new(),
            modalities: None,
            overlap_s: 0.0,
            save_features: self.features.is_some(),
            output: Output::State,
            rows: None,
        };
        let folder = tempfile::tempdir_in(self.workdir).map_err(Error::write(self.workdir))?;
        let ran = self.predictor.run_blocking(request, folder.path().to_owned(), |_| (), self.cancel.clone());
        let prediction = ran.map_err(|error| if error.is_cancelled() { Error::Stopped } else { error.into() })?;
        let (start_s, duration_s) = (prediction.start_s, prediction.stimulus.duration_s);
        let seconds = (duration_s / prediction.tr_s).ceil() as usize;
        let mut rows = prediction.response(folder.path(), STATE)?;
        rows.slice_axis_inplace(Axis(0), Slice::from(..seconds.min(prediction.seconds)));
        if let Some(features) = self.features {
            features.keep(&content, &prediction, folder.path(), rows.nrows())?;
        }
        let states = Rc::new(States { rows, start_s, end_s: start_s + duration_s });
        self.known.insert(content, Rc::clone(&states));
        Ok((content, states))
    }

    /// What a file holds: regions where these are told of, or else of the model's outputs; surfaces hold vertices alone, arrays
    /// all of them.
    fn outputs_of(&self, file: &BoldFile) -> Outputs {
        if let Some(count) = self.regions {
            return Outputs { count, mesh: None };
        }
        let settings = self.predictor.settings();
        let vertices = settings.vertices();
        match file {
            BoldFile::Npy(_) | BoldFile::Hdf5 { .. } => {
                let count = vertices + settings.voxels();
                Outputs { count, mesh: Mesh::with_vertices(count).ok() }
            }
            BoldFile::Gifti { .. } | BoldFile::Cifti(_) | BoldFile::Volumes(_) => {
                Outputs { count: vertices, mesh: Mesh::with_vertices(vertices).ok() }
            }
        }
    }

    /// Rows of vertices with a masked subcortex behind them, where the model has one and the file had none.
    fn padded(&self, measured: Array2<f32>) -> Array2<f32> {
        let lacking = self.outputs() - measured.ncols();
        if lacking == 0 {
            return measured;
        }
        let nothing = Array2::zeros((measured.nrows(), lacking));
        concatenate(Axis(1), &[measured.view(), nothing.view()]).expect("both have the same rows. This is a bug.")
    }
}
