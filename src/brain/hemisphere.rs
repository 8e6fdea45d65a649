//! The two halves of the cortex.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A cerebral hemisphere. A response row holds the left one's vertices, then the right one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hemisphere {
    Left,
    Right,
}

impl Hemisphere {
    /// In the order of a response row.
    pub const BOTH: [Self; 2] = [Self::Left, Self::Right];

    /// `L` or `R`, as in the `hemi` entity of a BIDS name.
    pub fn letter(self) -> char {
        match self {
            Self::Left => 'L',
            Self::Right => 'R',
        }
    }
}

/// `left` or `right`.
impl fmt::Display for Hemisphere {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Left => "left",
            Self::Right => "right",
        })
    }
}
