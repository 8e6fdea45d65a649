//! A grid: fields of a spec that are varied, every value of one with every value of the others.
//!
//! Cells are numbered, and a cell's values follow from its number, so a grid of a million takes the room of its axes.

mod axis;
mod path;

use std::collections::BTreeMap;

use serde_json::Value;

pub use axis::{Axis, AxisValue};

use super::limits::MAX_CELLS;
use super::{Error, Fault, Findings, Spec};
use path::FieldPath;

/// The axes of a grid, ready to be counted through.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The spec without its grid.
    base: Value,
    /// In the order of their paths; the last one varies fastest.
    axes: Vec<(String, FieldPath, Axis)>,
    cells: u64,
}

/// One value for each axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub number: u64,
    /// Paths and values, in the order of the paths.
    pub overrides: Vec<(String, AxisValue)>,
}

impl Grid {
    /// The grid of a spec that was [outlined](Spec::outlined); one cell, of no overrides, where it has none.
    ///
    /// A path leads to a number, a text, a truth or a list of texts in the spec, or to an optional field that is left
    /// out: `design.asynchrony_s`, `conditions[1].derived.seed`, `subjects`.
    ///
    /// # Errors
    ///
    /// Over a million cells; or faults: a path that the spec does not have, an axis without values, and a value that
    /// the field does not take.
    pub fn new(spec: &Spec) -> Result<Self, Error> {
        let cells = count(spec.grid.values())?;
        let base = serde_json::to_value(Spec { grid: BTreeMap::new(), ..spec.clone() }).map_err(Error::Json)?;
        let mut findings = Findings::default();
        let mut axes = Vec::with_capacity(spec.grid.len());
        for (name, axis) in &spec.grid {
            let place = format!("grid.{name:?}");
            match FieldPath::parse(name) {
                Ok(path) => {
                    findings.extend(
                        path.faults(&base, axis).into_iter().map(|fault| Fault { path: place.clone(), ..fault }),
                    );
                    axes.push((name.clone(), path, axis.clone()));
                }
                Err(problem) => findings.fault(Fault::new(place.clone(), problem)),
            }
            if let Some(problem) = axis.problem() {
                findings.fault(Fault::new(place, problem));
            }
        }
        if findings.are_harmless() { Ok(Self { base, axes, cells }) } else { Err(Error::Faults(findings)) }
    }

    /// How many cells there are.
    pub fn cells(&self) -> u64 {
        self.cells
    }

    /// The cell of a number; `None` past the last one.
    pub fn cell(&self, number: u64) -> Option<Cell> {
        if number >= self.cells {
            return None;
        }
        let mut rest = number;
        let mut overrides = Vec::with_capacity(self.axes.len());
        for (name, _, axis) in self.axes.iter().rev() {
            let length = axis.len();
            overrides.push((name.clone(), axis.value(rest % length)));
            rest /= length;
        }
        overrides.reverse();
        Some(Cell { number, overrides })
    }

    /// The spec of a cell; `None` past the last one.
    ///
    /// # Errors
    ///
    /// Where the values of the cell are not those of a spec, with the faults.
    pub fn spec(&self, number: u64) -> Option<Result<Spec, Error>> {
        let cell = self.cell(number)?;
        let mut value = self.base.clone();
        for ((_, path, _), (_, chosen)) in self.axes.iter().zip(&cell.overrides) {
            path.set(&mut value, chosen.to_json());
        }
        Some(Spec::from_value(&value))
    }

    /// All cells, made as they are asked for.
    pub fn iter(&self) -> impl Iterator<Item = Cell> {
        (0..self.cells).map_while(|number| self.cell(number))
    }
}

fn count<'a>(axes: impl Iterator<Item = &'a Axis>) -> Result<u64, Error> {
    let cells = axes.map(Axis::len).try_fold(1_u64, |cells, length| cells.checked_mul(length));
    match cells {
        Some(cells) if cells <= MAX_CELLS => Ok(cells),
        Some(cells) => Err(Error::TooManyCells { cells: cells.to_string() }),
        None => Err(Error::TooManyCells { cells: format!("over {}", u64::MAX) }),
    }
}

#[cfg(test)]
mod tests;
