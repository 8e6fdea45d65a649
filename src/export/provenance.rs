//! What every file says of itself.

use crate::brain::Mesh;

/// The program that writes the files, with its version.
pub const SOFTWARE: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// What a reader of anything predicted must not overlook.
pub fn label(trained: bool) -> &'static str {
    if trained { "model prediction" } else { "model prediction, untrained" }
}

/// Where a predicted response comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// Name of the model.
    pub model: String,
    /// False for random weights: such a response means nothing.
    pub trained: bool,
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
        label(self.trained)
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

    fn origin(&self) -> [(&'static str, String); 9] {
        [
            ("Model", self.model.clone()),
            ("Trained", self.trained.to_string()),
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
