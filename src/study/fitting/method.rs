//! How a head is fitted.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a head is fitted to measured responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Ridge regression from the encoder's states, a penalty an output, drawn to the average head: in closed form.
    #[default]
    Ridge,
    /// The average head, taken apart by SVD to rank 128 or what the model has; the factor that is a subject's is trained for one
    /// epoch.
    LowRank,
}

impl Method {
    /// Runs that are read, some of them again, where so many are fitted to at first and so many held out.
    pub(super) fn reads(self, fitted: usize, held_out: usize) -> usize {
        match self {
            Self::Ridge => fitted + 2 * held_out,
            Self::LowRank => 2 * (fitted + held_out),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ridge => "ridge",
            Self::LowRank => "low-rank",
        })
    }
}
