//! One value a vertex: the effect of a contrast, its t, a component.

use std::io;
use std::ops::Range;

use super::{Error, Rows};
use crate::brain::Mesh;

/// A map of both hemispheres.
#[derive(Clone, Copy, Debug)]
pub struct ScalarMap<'a> {
    /// Shown by every program that opens the file, such as `faces - places`.
    pub name: &'a str,
    pub statistic: Statistic,
    /// A value a vertex, left hemisphere first; finite, so that what has no value is 0.
    pub values: &'a [f32],
}

/// What the values of a map are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// In the unit of the response.
    Effect,
    /// Student's t. Where the degrees of freedom differ between vertices, as Welch's do, there is no one number of them.
    T {
        degrees_of_freedom: Option<f32>,
    },
    Z,
    P,
    /// The least rate of false discoveries at which a place is one (Benjamini and Hochberg).
    Q,
    /// The share of random exchanges in which a place has a t as large.
    PermutationP,
    /// The same of a t as large anywhere: corrected for the number of places.
    FamilywiseP,
    /// Anything else.
    Value,
}

impl Statistic {
    /// The value of the `stat` entity of a file name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::T { .. } => "t",
            Self::Z => "z",
            Self::P => "p",
            Self::Q => "q",
            Self::PermutationP => "pperm",
            Self::FamilywiseP => "pfwe",
            Self::Value => "value",
        }
    }

    /// By the NIfTI standard: name, code and first parameter.
    pub(super) fn intent(self) -> (&'static str, i16, f32) {
        match self {
            Self::Effect => ("NIFTI_INTENT_ESTIMATE", 1001, 0.0),
            Self::T { degrees_of_freedom: Some(number) } => ("NIFTI_INTENT_TTEST", 3, number),
            // A reader that believed in 0 degrees of freedom would compute a p from them.
            Self::T { degrees_of_freedom: None } | Self::Q | Self::Value => ("NIFTI_INTENT_NONE", 0, 0.0),
            Self::Z => ("NIFTI_INTENT_ZSCORE", 5, 0.0),
            Self::P | Self::PermutationP | Self::FamilywiseP => ("NIFTI_INTENT_PVAL", 22, 0.0),
        }
    }
}

/// Maps as the rows of a matrix.
pub(super) struct MapRows<'a> {
    maps: &'a [ScalarMap<'a>],
    vertices: usize,
}

impl<'a> MapRows<'a> {
    pub(super) fn new(maps: &'a [ScalarMap<'a>], mesh: Mesh) -> Result<Self, Error> {
        let vertices = mesh.vertices();
        match maps.iter().find(|map| map.values.len() != vertices) {
            Some(map) => Err(Error::RowLength { found: map.values.len(), mesh }),
            None => Ok(Self { maps, vertices }),
        }
    }
}

impl Rows for MapRows<'_> {
    fn shape(&self) -> (usize, usize) {
        (self.maps.len(), self.vertices)
    }

    fn read_row(&mut self, row: usize, into: &mut [f32]) -> io::Result<()> {
        into.copy_from_slice(self.maps[row].values);
        Ok(())
    }

    fn read_columns(&mut self, columns: Range<usize>, into: &mut [f32]) -> io::Result<()> {
        for (values, column) in into.chunks_exact_mut(self.maps.len()).zip(columns) {
            for (value, map) in values.iter_mut().zip(self.maps) {
                *value = map.values[column];
            }
        }
        Ok(())
    }
}
