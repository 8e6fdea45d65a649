//! What a design lays out: conditions, how long their stimuli last, and events where they are given.

/// How long a stimulus lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// As long as the design holds it: a picture.
    Held,
    /// As long as it plays (s): a film, a sound, a text that is read.
    Own(f64),
    /// Nothing, for so long (s).
    Silence(f64),
}

/// A condition and its stimuli.
#[derive(Clone, Debug, PartialEq)]
pub struct Presented {
    pub name: String,
    /// One a stimulus.
    pub lengths: Vec<Length>,
}

/// All that a design is given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Material {
    pub conditions: Vec<Presented>,
    /// Of an events table, for designs that are continuous or scheduled.
    pub events: Vec<ScheduledEvent>,
    /// How long the one stimulus of a continuous design lasts (s).
    pub continuous_s: Option<f64>,
}

/// A row of an events table, its names looked up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScheduledEvent {
    /// Index into the conditions.
    pub condition: usize,
    /// Index into the stimuli of the condition; `None` where the row only labels a stretch of the one stimulus.
    pub stimulus: Option<usize>,
    /// s.
    pub onset_s: f64,
    /// s; the stimulus's own where the row has none.
    pub duration_s: Option<f64>,
}

impl Length {
    /// How long a trial of it is (s), where pictures are held for `held_s`.
    pub(super) fn shown_s(self, held_s: f64) -> f64 {
        match self {
            Self::Held => held_s,
            Self::Own(seconds) | Self::Silence(seconds) => seconds,
        }
    }
}

impl Presented {
    /// Whether nothing of it can be seen or heard.
    pub(super) fn is_silent(&self) -> bool {
        self.lengths.iter().all(|length| matches!(length, Length::Silence(_)))
    }
}
