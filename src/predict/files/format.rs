//! The formats a result can be had in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A file format, by the name a user gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `.func.gii`, a file a hemisphere.
    Gifti,
    /// `.dtseries.nii`, CIFTI-2.
    Cifti,
    /// 4-D `.nii.gz` in MNI152.
    Nifti,
    /// The mean over the kept seconds as 3-D `.nii.gz` in MNI152.
    Mean,
    Npy,
    /// `prediction.h5`: every subject, the times, the features when they were saved.
    Hdf5,
    /// A picture of the mean.
    Png,
    /// BIDS sidecars.
    Json,
    /// All of the above in one archive.
    Zip,
}

/// A name that is none of the formats.
#[derive(Debug, thiserror::Error)]
#[error("{name:?} is not a format: choose from {}", Format::ALL.map(|format| format.to_string()).join(", "))]
pub struct UnknownFormat {
    name: String,
}

impl Format {
    pub const ALL: [Self; 9] =
        [Self::Gifti, Self::Cifti, Self::Nifti, Self::Mean, Self::Npy, Self::Hdf5, Self::Png, Self::Json, Self::Zip];

    /// What is written where nothing is asked for: all but the 4-D volume, which is large, and the archive.
    pub const USUAL: [Self; 7] = [Self::Gifti, Self::Cifti, Self::Mean, Self::Npy, Self::Hdf5, Self::Png, Self::Json];

    /// Whether it takes the surfaces to make: pictures, volumes, and what is said of volumes.
    pub fn needs_surfaces(self) -> bool {
        matches!(self, Self::Nifti | Self::Mean | Self::Png | Self::Json | Self::Zip)
    }

    /// For HTTP.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Gifti => "application/xml",
            Self::Cifti | Self::Npy => "application/octet-stream",
            Self::Nifti | Self::Mean => "application/gzip",
            Self::Hdf5 => "application/x-hdf5",
            Self::Png => "image/png",
            Self::Json => "application/json",
            Self::Zip => "application/zip",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Gifti => "gifti",
            Self::Cifti => "cifti",
            Self::Nifti => "nifti",
            Self::Mean => "mean",
            Self::Npy => "npy",
            Self::Hdf5 => "hdf5",
            Self::Png => "png",
            Self::Json => "json",
            Self::Zip => "zip",
        })
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.to_string() == name);
        found.ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}
