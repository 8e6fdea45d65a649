//! What can be wrong with runs, penalties, bands and the responses that predictions are scored against.

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("{what} have {found} rows and the measured responses {expected}: both have one a sample")]
    Rows { what: &'static str, found: usize, expected: usize },
    #[error("a run has {found} rows: it needs two or more")]
    TooFewRows { found: usize },
    #[error("{what} has {found} {axis} and {expected} are needed")]
    Shape { what: &'static str, axis: &'static str, found: usize, expected: usize },
    #[error("{what} are {value} at row {row}, column {column}: values are finite")]
    NotFinite { what: &'static str, row: usize, column: usize, value: f32 },
    #[error("a model of {found} features is over {limit}: their Gram matrix would not fit; reduce or delay them less")]
    TooManyFeatures { found: usize, limit: usize },
    #[error("a model needs features and outputs: there are {features} and {outputs}")]
    Nothing { features: usize, outputs: usize },
    #[error("all features are constant: there is nothing to explain a response by")]
    ConstantFeatures,
    #[error("{found} runs were given: a penalty is chosen on runs that were left out, which takes two or more")]
    TooFewRuns { found: usize },
    #[error("runs are left out in {found} groups: two or more are needed")]
    TooFewFolds { found: usize },
    #[error("the penalty {found} is not finite and more than 0")]
    Penalty { found: f64 },
    #[error("no penalty was given to choose from")]
    NoPenalty,
    #[error("no delay was given")]
    NoDelay,
    #[error("the bands hold {found} features, and the model {expected}; no band is empty")]
    Bands { found: usize, expected: usize },
    #[error("the shares of the bands at draw {draw} are {problem}")]
    Shares { draw: usize, problem: String },
    #[error("{found} draws of shares were asked for: from 1 to {limit} can be made")]
    Draws { found: usize, limit: usize },
    #[error("the decomposition of a Gram matrix did not converge")]
    Eigen,
    #[error(
        "a Savitzky–Golay filter of order {order} over {window} samples: the window is odd and longer than the order"
    )]
    Filter { window: usize, order: usize },
    #[error("{found} {what} were given: {needed} or more are needed")]
    TooFew { what: &'static str, found: usize, needed: usize },
    #[error("{seconds} s hold {found} independent samples, one a minute: a correlation is tested from 3 on")]
    TooShort { seconds: f64, found: usize },
    #[error("a series of {rows} rows has no circular shift of {least} rows or more: shorten the least shift")]
    NoShift { rows: usize, least: usize },
    #[error(transparent)]
    Statistic(#[from] crate::analysis::Error),
    #[error("cancelled")]
    Cancelled,
}

/// Refuses another count than expected.
pub(super) fn expect(what: &'static str, axis: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Shape { what, axis, found, expected }) }
}
