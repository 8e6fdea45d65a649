//! How large an experiment may be.

/// Bytes of a spec.
pub const MAX_SPEC_BYTES: usize = 1 << 20;
/// Conditions of an experiment.
pub const MAX_CONDITIONS: usize = 1_000;
/// Stimuli of a condition.
pub const MAX_STIMULI: usize = 10_000;
/// Contrasts, regions and subjects of an experiment, of each.
pub const MAX_LISTED: usize = 1_000;
/// Bytes of a name.
pub const MAX_NAME_BYTES: usize = 200;
/// Bytes of the text of one stimulus.
pub const MAX_TEXT_BYTES: usize = 100_000;
/// Bytes of a contrast's expression.
pub const MAX_EXPRESSION_BYTES: usize = 16_384;
/// Trials of all runs of an experiment together, and rows of an events table.
pub const MAX_TRIALS: usize = 100_000;
/// Runs of an experiment.
pub const MAX_RUNS: u32 = 1_000;
/// Any time in a design (s): a day.
pub const MAX_SECONDS: f64 = 86_400.0;
/// How long a run may be (s): 100,000 windows of 100 s.
pub const MAX_RUN_SECONDS: f64 = 1e7;
/// Random permutations.
pub const MAX_PERMUTATIONS: u32 = 1_000_000;
/// Cells of a grid.
pub const MAX_CELLS: u64 = 1_000_000;
/// Faults that are listed, and warnings.
pub const MAX_FAULTS: usize = 1_000;
/// Values that a fault lists as accepted.
pub const MAX_ACCEPTED: usize = 50;
