//! The time between two scans, which files leave out or write in milliseconds.

use std::path::Path;

use super::Error;

/// The longest that is believed (s). No scanner is as slow; milliseconds are over it.
const LONGEST_S: f64 = 60.0;

/// What is stated of a run, if it can be a repetition time (s).
pub(super) fn checked(path: &Path, stated: Option<f64>) -> Result<f64, Error> {
    let path = path.to_owned();
    match stated {
        None => Err(Error::NoRepetitionTime { path }),
        Some(found) if found > LONGEST_S => Err(Error::Milliseconds { path, found, longest: LONGEST_S }),
        Some(found) if found > 0.0 => Ok(found),
        Some(found) => Err(Error::RepetitionTime { path, found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_repetition_time_is_asked_for() {
        let of = |stated| checked(Path::new("run.npy"), stated);
        assert_eq!(of(Some(1.49)).unwrap(), 1.49);
        assert!(of(None).unwrap_err().to_string().ends_with("give tr_s (s)"));
        assert!(of(Some(1490.0)).unwrap_err().to_string().contains("looks like milliseconds"));
        for found in [0.0, -1.0, f64::NAN] {
            assert!(matches!(of(Some(found)), Err(Error::RepetitionTime { .. })));
        }
    }
}
