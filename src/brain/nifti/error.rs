//! What can be wrong with a NIfTI file.

use std::io;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file cannot be decompressed")]
    Read(#[source] io::Error),
    #[error("the file is over {limit} bytes when decompressed")]
    TooLarge { limit: usize },
    #[error("the file is no NIfTI: its header has neither the length nor the mark of version 1 or 2")]
    NotNifti,
    #[error("the file is only the header of a pair; write header and image into one .nii")]
    Pair,
    #[error("the dimensions {dims:?} cannot be read: {}", .why)]
    Dimensions { dims: Vec<i64>, why: String },
    #[error(
        "the values are of the datatype {code}; whole numbers of 8 to 64 bits and floats of 32 and 64 bits can be read"
    )]
    Datatype { code: i16 },
    #[error("the values begin at byte {0}, which is no place behind the header")]
    Offset(f64),
    #[error("the values would end at byte {expected} of a file that has {found}")]
    Truncated { found: usize, expected: usize },
}
