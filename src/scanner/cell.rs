//! One cell of a grid, from its number to its report.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{Desk, Error, Intake, Order, Progress, Report, Scanner};
use crate::experiment;
use crate::experiment::grid::Grid;

impl Scanner {
    /// Completes the spec of a cell, checks it whole and runs it.
    pub fn scan_cell(
        &self,
        grid: &Grid,
        cell: u64,
        desk: Desk,
        folder: &Path,
        listen: &mut dyn FnMut(Progress),
        cancel: &CancellationToken,
    ) -> Result<Report, Error> {
        let spec = grid.spec(cell).ok_or(Error::NoCell { cell })??;
        let Intake { spec, events, findings } = self.take_in(spec, desk)?;
        if !findings.are_harmless() {
            return Err(experiment::Error::Faults(findings).into());
        }
        let warnings: Vec<String> = findings.warnings.iter().map(ToString::to_string).collect();
        let find = |stimulus: &_| desk.find(stimulus);
        self.scan(Order { spec: &spec, events: &events, warnings: &warnings, find: &find }, folder, listen, cancel)
    }
}
