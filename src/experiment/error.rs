//! What can be wrong with an experiment, and with the library of localizers.

use super::limits::{MAX_CELLS, MAX_RUN_SECONDS, MAX_RUNS, MAX_SPEC_BYTES, MAX_TRIALS};
use super::{Fault, Findings};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the spec has {bytes} bytes, the limit is {MAX_SPEC_BYTES}; name a folder, a zip or an events table instead \
         of listing every stimulus"
    )]
    SpecTooLarge { bytes: usize },
    #[error("the spec is no UTF-8 text")]
    NotText(#[source] std::str::Utf8Error),
    #[error("the spec is no JSON")]
    Json(#[source] serde_json::Error),
    #[error("the spec is no TOML")]
    Toml(#[source] Box<toml::de::Error>),
    #[error("the spec has {}: {}", count(&.0.faults), list(&.0.faults))]
    Faults(Findings),

    #[error("there is nothing to show: no condition has a stimulus")]
    NothingToShow,
    #[error("{runs} runs are asked for, the limit is {MAX_RUNS}")]
    TooManyRuns { runs: u32 },
    #[error("{trials} trials are asked for, the limit is {MAX_TRIALS}; use fewer repetitions, runs or stimuli")]
    TooManyTrials { trials: usize },
    #[error(
        "stimulus {stimulus} of {condition} lasts {duration_s:.2} s, longer than a window of {window_s} s; cut it, \
         set straddle = true, or use a continuous design"
    )]
    LongerThanWindow { condition: String, stimulus: usize, duration_s: f64, window_s: f64 },
    #[error(
        "a block of {condition} lasts {duration_s:.2} s, longer than a window of {window_s} s; use fewer stimuli a \
         block, or set straddle = true"
    )]
    BlockLongerThanWindow { condition: String, duration_s: f64, window_s: f64 },
    #[error("a {design} design takes an events table; give events")]
    NoEvents { design: &'static str },
    #[error("the length of the continuous stimulus is not known")]
    NoContinuousStimulus,
    #[error(
        "row {row} of the events begins at {onset_s} s, when the stimulus of {length_s:.2} s is over; correct the table"
    )]
    EventPastEnd { row: usize, onset_s: f64, length_s: f64 },
    #[error("a run would last {length_s} s, the limit is {MAX_RUN_SECONDS} s; use several runs or shorter stimuli")]
    RunTooLong { length_s: f64 },
    #[error("windows of {window_s} s overlap by {overlap_s} s; give at most half a window")]
    Overlap { overlap_s: f64, window_s: f64 },
    #[error("windows of {window_s} s with a row every {tr_s} s cannot be laid out")]
    Windows { window_s: f64, tr_s: f64 },

    #[error("the events are no UTF-8 text; save the table as UTF-8")]
    EventsNotText(#[source] std::str::Utf8Error),
    #[error("line {line} of the events: {problem}")]
    EventsRow { line: u64, problem: String },
    #[error(
        "the events have no column {column}; onset, duration and trial_type are needed, and stim_file for several \
         stimuli"
    )]
    EventsColumn { column: &'static str },

    #[error("the library's {file} cannot be read")]
    LibraryFile {
        file: &'static str,
        #[source]
        source: Box<toml::de::Error>,
    },
    #[error("there is no localizer {name:?}; there are {}", known.join(", "))]
    UnknownLocalizer { name: String, known: Vec<String> },

    #[error(
        "a response of shape {first:?} is compared with one of {second:?}; both must be of the same vertices and times"
    )]
    Shapes { first: Vec<usize>, second: Vec<usize> },
    #[error("the grid has {cells} cells, the limit is {MAX_CELLS}; use fewer values, or several experiments")]
    TooManyCells { cells: String },
}

fn count(faults: &[Fault]) -> String {
    match faults.len() {
        1 => "a fault".to_owned(),
        several => format!("{several} faults"),
    }
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
}
