//! Reading what is compressed, up to a limit.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

/// Reads to the end, but no further than `limit` bytes; `None` if there are more.
pub(super) fn read_at_most(reader: impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}

/// The content of a file that may be gzipped; `None` if it is over `limit` bytes.
pub(super) fn gunzip(bytes: &[u8], limit: usize) -> io::Result<Option<Cow<'_, [u8]>>> {
    match bytes {
        [0x1f, 0x8b, ..] => Ok(read_at_most(MultiGzDecoder::new(bytes), limit)?.map(Cow::Owned)),
        plain => Ok((plain.len() <= limit).then_some(Cow::Borrowed(plain))),
    }
}
