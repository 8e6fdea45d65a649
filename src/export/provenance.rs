//! What every file says of itself.

use crate::brain::Mesh;

/// The program that writes the files, with its version.
pub const SOFTWARE: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// What the weights of a model were learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Training {
    /// Nothing: they are random, and what such a model predicts means nothing.
    None,
    /// Responses that were simulated: what it predicts is no evidence about brains.
    Simulated,
    /// Responses of people.
    Measured,
}

impl Training {
    /// As the settings of a model have it.
    pub fn new(trained: bool, simulated: bool) -> Self {
        match (trained, simulated) {
            (false, _) => Self::None,
            (true, true) => Self::Simulated,
            (true, false) => Self::Measured,
        }
    }

    /// What a reader of anything predicted must not overlook.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "model prediction, untrained",
            Self::Simulated => "model prediction, trained on simulated responses",
            Self::Measured => "model prediction",
        }
    }

    /// Whether it says nothing about brains.
    pub fn warns(self) -> bool {
        self != Self::Measured
    }

    /// Whether weights were learned at all.
    pub fn is_trained(self) -> bool {
        self != Self::None
    }

    /// Whether they were learned from responses that were simulated.
    pub fn is_simulated(self) -> bool {
        self == Self::Simulated
    }
}

/// Where a predicted response comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// Name of the model.
    pub model: String,
    pub training: Training,
    /// SHA-256 of the weights, in hexadecimal.
    pub weights_sha256: String,
    /// Licence of the weights, which binds their output.
    pub licence: String,
    pub mesh: Mesh,
    /// The subject whose response is predicted.
    pub subject: String,
    /// Name of the stimulus.
    pub task: String,
    /// BLAKE3 of the stimulus, in hexadecimal.
    pub stimulus_blake3: String,
    /// Time from one row to the next (s).
    pub tr_s: f64,
    /// Stimulus time of the first row (s).
    pub start_s: f64,
    /// How long the BOLD signal of a row comes after its stimulus (s).
    pub lag_s: f64,
}

impl Provenance {
    /// Scanner time of a row (s).
    pub fn bold_time_s(&self, row: usize) -> f64 {
        self.start_s + self.lag_s + row as f64 * self.tr_s
    }

    /// What a reader must not overlook.
    pub fn label(&self) -> &'static str {
        self.training.label()
    }

    /// Everything, as pairs of name and text.
    pub(super) fn entries(&self) -> Vec<(&'static str, String)> {
        let mut entries =
            vec![("Description", format!("predicted BOLD response ({}, not measured), unitless", self.label()))];
        entries.extend(self.origin());
        entries.extend([
            ("RepetitionTime", format!("{} s", self.tr_s)),
            ("StartTime", format!("{} s of scanner time", self.bold_time_s(0))),
            ("HemodynamicLagRemoved", format!("{} s", self.lag_s)),
        ]);
        entries
    }

    /// The same for maps, which have no time.
    pub(super) fn map_entries(&self) -> Vec<(&'static str, String)> {
        let mut entries =
            vec![("Description", format!("map of predicted BOLD responses ({}, not measured)", self.label()))];
        entries.extend(self.origin());
        entries
    }

    fn origin(&self) -> [(&'static str, String); 10] {
        [
            ("Model", self.model.clone()),
            ("Trained", self.training.is_trained().to_string()),
            ("TrainedOnSimulatedResponses", self.training.is_simulated().to_string()),
            ("WeightsSHA256", self.weights_sha256.clone()),
            ("License", self.licence.clone()),
            ("Subject", self.subject.clone()),
            ("Space", self.mesh.to_string()),
            ("TaskName", self.task.clone()),
            ("StimulusBLAKE3", self.stimulus_blake3.clone()),
            ("SoftwareVersion", SOFTWARE.to_owned()),
        ]
    }
}
