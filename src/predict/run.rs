//! One prediction under way: its timeline, its tracks, and what is written of it so far.
//!
//! A run goes forward a window at a time, so that the windows of several runs can share a forward.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ndarray::{Array3, Axis};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::crossfade::Crossfade;
use super::folder::ResultWriter;
use super::pipeline::Pipeline;
use super::prediction::{FeatureReport, StimulusIdentity, SubjectResponse, Timings};
use super::timelines::LaidOut;
use super::track::Track;
use super::{Error, Output, Prediction, PredictionRequest, Progress, Stage, words};
use crate::encoder::{Latents, Readout, WindowFeatures};
use crate::features::grid::Window;
use crate::features::{Cancelled, Modality};
use crate::stimulus::{Content, Shelf};

/// What listens to a run: hears progress and may stop it.
pub(super) struct Listener {
    pub(super) progress: Box<dyn FnMut(Progress) + Send>,
    pub(super) cancel: CancellationToken,
}

impl Listener {
    fn tell(&mut self, stage: Stage, fraction: f64, done: Done) -> Result<(), Cancelled> {
        let Done { windows, of, rows } = done;
        (self.progress)(Progress { stage, fraction, windows_done: windows, windows_total: of, seconds_done: rows });
        if self.cancel.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

/// What of a run is on disk.
#[derive(Clone, Copy, Default)]
struct Done {
    windows: usize,
    /// 0 until the timeline is laid out.
    of: usize,
    rows: usize,
}

impl Done {
    fn share(self) -> f64 {
        self.windows as f64 / self.of as f64
    }
}

/// A prediction that is being made by a pipeline.
pub(super) struct Run<'a> {
    pipeline: &'a Pipeline,
    request: PredictionRequest,
    listener: Listener,
    folder: PathBuf,
    /// Holds decoded sounds, which the timeline speaks of.
    _shelf: Arc<(Shelf, TempDir)>,
    stimulus: Content,
    laid_out: LaidOut,
    subjects: Vec<String>,
    readouts: Vec<Readout>,
    windows: Vec<Window>,
    /// In the encoder's order; `None` for what the timeline lacks or the request masks.
    tracks: Vec<Option<Track<'a>>>,
    /// Features of the window that is next, `(layer group, width, sample)`.
    next: Vec<Option<Array3<f32>>>,
    done: usize,
    results: ResultWriter,
    crossfade: Crossfade,
    begun: Instant,
    timeline_s: f64,
    encoder_s: f64,
}

impl<'a> Run<'a> {
    /// Lays the stimulus out in time. Results go to `folder` as windows finish.
    pub(super) fn begin(
        pipeline: &'a Pipeline,
        request: PredictionRequest,
        folder: &Path,
        mut listener: Listener,
    ) -> Result<Self, Error> {
        let begun = Instant::now();
        let subjects = request.names(pipeline.settings());
        let readouts = pipeline.readouts(&subjects, &request.output)?;

        listener.tell(Stage::Timeline, 0.0, Done::default())?;
        let shelf = pipeline.shelf(&request.source, folder).map_err(Error::file(folder))?;
        let stimulus = request.source.content()?;
        let laid_out = pipeline.lay_out(&request, stimulus, &shelf.0, &listener.cancel)?;

        let windows = pipeline.windows(&laid_out.timeline, request.overlap_s);
        let tracks = pipeline.tracks(&laid_out.timeline, &request);
        let width = pipeline.width(&request.output, &readouts);
        let results =
            ResultWriter::create(folder, subjects.len(), width, &saved(&tracks, &request), samples(&windows))?;
        let run = Self {
            pipeline,
            folder: folder.to_owned(),
            _shelf: shelf,
            stimulus,
            laid_out,
            subjects,
            readouts,
            windows,
            tracks,
            next: Vec::new(),
            done: 0,
            results,
            crossfade: Crossfade::new((request.overlap_s / pipeline.settings().tr_s) as usize),
            timeline_s: begun.elapsed().as_secs_f64(),
            encoder_s: 0.0,
            begun,
            request,
            listener,
        };
        if run.request.output == Output::Responses {
            words::write(folder, &run.laid_out.timeline)?;
            // Where only some rows are wanted, the others are a gap that nobody is to read.
            if run.request.rows.is_none() {
                run.describe(BTreeMap::new(), Timings::default()).announce(folder)?;
            }
        }
        Ok(run)
    }

    /// Whether all windows are on disk.
    pub(super) fn is_done(&self) -> bool {
        self.done == self.windows.len()
    }

    /// Brings the features of the next window, and tells whether all of them were in the cache.
    pub(super) fn prepare(&mut self) -> Result<bool, Error> {
        let done = self.on_disk();
        let computed = |tracks: &[Option<Track>]| tracks.iter().flatten().map(Track::computed).sum::<usize>();
        let before = computed(&self.tracks);
        let (window, listener) = (&self.windows[self.done], &mut self.listener);
        let mut of = |track: &mut Track| {
            let stage = Stage::from(track.modality());
            track.window(window, &mut |fraction| listener.tell(stage, fraction, done))
        };
        self.next =
            self.tracks.iter_mut().map(|track| track.as_mut().map(&mut of).transpose()).collect::<Result<_, _>>()?;
        self.results.append_features(&self.next)?;
        self.listener.tell(Stage::Encoder, done.share(), done)?;
        Ok(computed(&self.tracks) == before)
    }

    /// What [`Run::prepare`] brought.
    pub(super) fn features(&self) -> WindowFeatures<'_> {
        self.next.iter().map(|features| features.as_ref().map(|features| features.view())).collect()
    }

    /// Reads the response to the prepared window off, which stands at `place` in a batch whose forward took `forward_s` a
    /// window, and writes it.
    pub(super) fn take(&mut self, latents: &Latents, place: usize, forward_s: f64) -> Result<(), Error> {
        let reading = Instant::now();
        let window_trs = self.pipeline.settings().window_trs as usize;
        let scans = self.request.scans(self.results.rows(), window_trs);
        let response = match (&self.request.output, &scans) {
            (Output::State, _) => latents.hidden(place).insert_axis(Axis(0)),
            (Output::Responses | Output::MeansOf(_), None) => latents.read(place, &self.readouts),
            (Output::Responses | Output::MeansOf(_), Some(scans)) => latents.read_scans(place, &self.readouts, scans),
        };
        if !response.iter().all(|value| value.is_finite()) {
            return Err(Error::NotFinite { window: self.done });
        }
        self.encoder_s += forward_s + reading.elapsed().as_secs_f64();
        self.done += 1;
        let is_last = self.is_done();
        match scans.filter(|_| self.request.output != Output::State) {
            Some(scans) => self.results.append_scans(&response, &scans, window_trs)?,
            None => self.results.append_response(&self.crossfade.join(response, is_last))?,
        }
        let done = self.on_disk();
        Ok(self.listener.tell(Stage::Encoder, done.share(), done)?)
    }

    /// Writes what the finished prediction says of itself.
    pub(super) fn finish(self) -> Result<Prediction, Error> {
        let features = self.pipeline.reports(&self.tracks, &self.request);
        let timings = Timings {
            timeline_s: self.timeline_s,
            features_s: features.values().map(|report| report.seconds).sum(),
            encoder_s: self.encoder_s,
            total_s: self.begun.elapsed().as_secs_f64(),
        };
        let prediction = self.describe(features, timings);
        if prediction.voxels > 0 {
            self.pipeline.write_subcortex(&self.folder)?;
        }
        prediction.conclude(&self.folder)?;
        Ok(prediction)
    }

    /// What the prediction says of itself, which all but features and timings is known of before it is made.
    fn describe(&self, features: BTreeMap<Modality, FeatureReport>, timings: Timings) -> Prediction {
        let (settings, timeline) = (self.pipeline.settings(), &self.laid_out.timeline);
        let (vertices, voxels) = self.pipeline.width(&self.request.output, &self.readouts);
        let (windows, shared) = (self.windows.len(), (self.request.overlap_s / settings.tr_s) as usize);
        let seconds = windows * settings.window_trs as usize - windows.saturating_sub(1) * shared;
        let second = |row: usize| timeline.start() + row as f64 * settings.tr_s;
        Prediction {
            is_prediction: true,
            model: self.pipeline.identity().clone(),
            stimulus: StimulusIdentity {
                task: self.request.task.clone(),
                hash: self.stimulus.to_string(),
                duration_s: timeline.end() - timeline.start(),
            },
            subjects: SubjectResponse::in_order(self.subjects.clone()),
            vertices,
            voxels,
            seconds,
            tr_s: settings.tr_s,
            lag_s: settings.lag_s,
            start_s: timeline.start(),
            overlap_s: self.request.overlap_s,
            kept: (0..seconds).map(|row| timeline.has_event(second(row), settings.tr_s)).collect(),
            samples: samples(&self.windows),
            timings,
            features,
            notes: self.laid_out.notes.iter().map(ToString::to_string).collect(),
        }
    }

    fn on_disk(&self) -> Done {
        Done { windows: self.done, of: self.windows.len(), rows: self.results.rows() }
    }
}

/// The modalities whose features are to be kept.
fn saved(tracks: &[Option<Track>], request: &PredictionRequest) -> Vec<Modality> {
    tracks.iter().flatten().filter(|_| request.save_features).map(Track::modality).collect()
}

fn samples(windows: &[Window]) -> usize {
    windows.iter().map(|window| window.samples).sum()
}
