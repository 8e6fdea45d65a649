//! A disk without room, told apart from other troubles.

use std::error::Error;
use std::io::{self, ErrorKind};

/// Whether an error comes from a disk that is full, however deep.
pub fn is_storage_full(error: &(dyn Error + 'static)) -> bool {
    let is_full = |error: &io::Error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref().is_some_and(is_full) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    #[test]
    fn a_full_disk_is_seen_beneath_other_errors() {
        let error = |kind: ErrorKind| store::Error::File { path: "x".into(), source: kind.into() };
        assert!(is_storage_full(&error(ErrorKind::StorageFull)) && is_storage_full(&error(ErrorKind::QuotaExceeded)));
        assert!(!is_storage_full(&error(ErrorKind::NotFound)));
    }
}
