//! What can be wrong with a design, a response, a contrast or a list of p values.

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the frame times {problem}: they are seconds, two or more, from 0 on, increasing by {shortest} s or more")]
    FrameTimes { problem: String, shortest: f64 },
    #[error(
        "event {index} of condition {condition:?} has the onset {onset_s} s and the duration {duration_s} s: an onset is \
         finite, a duration finite and not negative"
    )]
    Event { index: usize, condition: String, onset_s: f64, duration_s: f64 },
    #[error("the high-pass frequency is {found} Hz: it is finite and not negative")]
    HighPass { found: f64 },
    #[error(
        "a design matrix of {rows} rows and {columns} columns is over {limit} values: lower the high-pass frequency, or \
         split the run"
    )]
    TooLarge { rows: usize, columns: usize, limit: usize },
    #[error("the design matrix has two columns called {name:?}: rename the condition")]
    RepeatedColumn { name: String },
    #[error("a design matrix with {names} column names has {columns} columns")]
    ColumnNames { names: usize, columns: usize },
    #[error(
        "the design matrix is singular: the columns {} depend on each other, or hold nothing; leave out a condition, or \
         change the order of events",
        .columns.join(", ")
    )]
    Singular { columns: Vec<String> },
    #[error(
        "{rows} rows are too few for the {columns} columns of the design matrix: a response needs more rows than the \
         design has columns"
    )]
    TooFewRows { rows: usize, columns: usize },
    #[error("the response has {found} rows and the design matrix {expected}")]
    Rows { found: usize, expected: usize },
    #[error("the value of vertex {vertex} in row {row} is not finite")]
    NotFinite { row: usize, vertex: usize },
    #[error("the contrast names {name:?}; there are {}", .known.join(", "))]
    UnknownName { name: String, known: Vec<String> },
    #[error("no weight of the contrast differs from zero")]
    EmptyContrast,
    #[error("the weight of {name:?} in the contrast is not finite")]
    Weight { name: String },
    #[error("runs are combined on the same vertices: one has {found}, the first {expected}")]
    Vertices { found: usize, expected: usize },
    #[error("no run was given to combine")]
    NoRuns,
    #[error(
        "condition {condition:?} has {found} stimuli: its spread over stimuli, and with it a t-test, needs two or more"
    )]
    TooFewStimuli { condition: String, found: usize },
    #[error("{found} trials are described and {expected} have estimates")]
    Trials { found: usize, expected: usize },
    #[error("{found} maps were given: a spread over maps needs two or more")]
    TooFewMaps { found: usize },
    #[error("p value {index} is {found}: p values lie between 0 and 1")]
    PValue { index: usize, found: f64 },
    #[error("{found} permutations were asked for: from 1 to {limit} can be made")]
    Permutations { found: usize, limit: usize },
    #[error("cancelled")]
    Cancelled,
    #[error("the repetition time is {found} s: it is finite and more than 0")]
    RepetitionTime { found: f64 },
    #[error(
        "the response has nothing {after_s} s after the onset at {onset_s} s: its rows reach from 0 to {last_s} s of the \
         stimulus"
    )]
    OutsideResponse { onset_s: f64, after_s: f64, last_s: f64 },
    #[error("no row lies between {from_s} and {to_s} s after the onset at {onset_s} s: widen the window to {tr_s} s")]
    EmptyWindow { onset_s: f64, from_s: f64, to_s: f64, tr_s: f64 },
}
