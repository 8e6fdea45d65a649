//! One modality along the timeline: events become features as the windows come to need them.
//!
//! Windows are asked for in order. An event's features are held from the first window that it touches to the
//! last, so that memory does not grow with the length of a film.

use std::collections::VecDeque;
use std::time::Instant;

use ndarray::Array3;

use super::Error;
use super::extractors::{Event, Extractors};
use super::prediction::FeatureState;
use crate::features::cache::FeatureCache;
use crate::features::grid::Window;
use crate::features::{Features, Modality, Tick};

/// The features of one modality, window by window.
pub(super) struct Track<'a> {
    modality: Modality,
    extractors: &'a Extractors,
    cache: &'a FeatureCache,
    ahead: VecDeque<Event>,
    held: Vec<(Event, Features)>,
    /// How much of a window the next one sees again (s).
    overlap_s: f64,
    /// Length of all events (s), and of those that are done.
    length_s: f64,
    done_s: f64,
    computed: usize,
    seconds: f64,
}

impl<'a> Track<'a> {
    /// Events must come in order of their onsets.
    pub(super) fn new(
        modality: Modality,
        events: Vec<Event>,
        extractors: &'a Extractors,
        cache: &'a FeatureCache,
        overlap_s: f64,
    ) -> Self {
        Self {
            modality,
            extractors,
            cache,
            length_s: events.iter().map(Event::duration).sum(),
            ahead: events.into(),
            held: Vec::new(),
            overlap_s,
            done_s: 0.0,
            computed: 0,
            seconds: 0.0,
        }
    }

    pub(super) fn modality(&self) -> Modality {
        self.modality
    }

    /// The window's features, `(layer group, width, sample)`; zeros where nothing happens.
    ///
    /// `tick` hears the fraction of the modality's events that is done.
    pub(super) fn window(&mut self, window: &Window, tick: Tick) -> Result<Array3<f32>, Error> {
        let end = window.start_s + window.samples as f64 / window.hz;
        while self.ahead.front().is_some_and(|event| event.start() < end) {
            let Some(event) = self.ahead.pop_front() else { break };
            let features = self.features(&event, tick)?;
            self.held.push((event, features));
        }
        let (groups, width) = self.extractors.dims(self.modality);
        let mut values = Array3::zeros((groups, width, window.samples));
        for (event, features) in &self.held {
            event.place(features, window, &mut values.view_mut());
        }
        self.held.retain(|(event, _)| event.end() > end - self.overlap_s);
        Ok(values)
    }

    /// From the cache, or made and put there.
    fn features(&mut self, event: &Event, tick: Tick) -> Result<Features, Error> {
        let begun = Instant::now();
        let key = self.extractors.key(event);
        let share = event.duration() / self.length_s.max(f64::MIN_POSITIVE);
        let before = self.done_s / self.length_s.max(f64::MIN_POSITIVE);
        let features = match self.cache.get(&key)? {
            Some(found) => found,
            None => {
                let made = self.extractors.extract(event, &mut |fraction| tick(before + share * fraction))?;
                self.cache.put(&key, &made)?;
                self.computed += 1;
                made
            }
        };
        self.done_s += event.duration();
        self.seconds += begun.elapsed().as_secs_f64();
        Ok(features)
    }

    pub(super) fn state(&self) -> FeatureState {
        if self.computed > 0 { FeatureState::Computed } else { FeatureState::Cached }
    }

    /// How many events were not in the cache.
    pub(super) fn computed(&self) -> usize {
        self.computed
    }

    /// Time spent on features so far (s).
    pub(super) fn seconds(&self) -> f64 {
        self.seconds
    }
}
