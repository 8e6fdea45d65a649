//! How recordings are cut into windows: on the grid of predictions where they are scored, and moved where they are learned from.

use rand::RngExt;
use rand::seq::SliceRandom;

use super::Recording;
use super::draws::stream;

/// A stretch of a recording as long as the model's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Which of the recordings.
    pub recording: usize,
    /// The row of the recording's response that is the window's first.
    pub first_scan: usize,
}

/// The windows of an epoch, `scans` long, in an order of its own. There are as many as predictions have, and each is moved from
/// its place by up to half a window, so that no scan is always seen at the same position.
pub fn epoch(recordings: &[Recording], scans: usize, seed: u64, epoch: u64) -> Vec<Window> {
    let mut rng = stream(seed, "order", epoch);
    let half = scans as i64 / 2;
    let mut windows = held_out(recordings, scans);
    for window in &mut windows {
        let last = grid(recordings[window.recording].scans, scans).max().unwrap_or(0) as i64;
        let moved = window.first_scan as i64 + rng.random_range(-half..=half);
        window.first_scan = moved.clamp(0, last) as usize;
    }
    windows.shuffle(&mut rng);
    windows
}

/// The windows in which a model predicts these recordings: one after the other, the last one reaching past the end.
pub fn held_out(recordings: &[Recording], scans: usize) -> Vec<Window> {
    let of = |(recording, found): (usize, &Recording)| {
        grid(found.scans, scans).map(move |first_scan| Window { recording, first_scan })
    };
    recordings.iter().enumerate().flat_map(of).collect()
}

fn grid(recorded: usize, scans: usize) -> impl Iterator<Item = usize> {
    (0..recorded).step_by(scans.max(1))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn recordings() -> Vec<Recording> {
        [250, 40].map(|scans| Recording { features: Vec::new(), scans, responses: Vec::new() }).into()
    }

    #[test]
    fn held_out_windows_are_those_of_predictions() {
        let starts: Vec<_> = held_out(&recordings(), 100).iter().map(|w| (w.recording, w.first_scan)).collect();
        assert_eq!(starts, [(0, 0), (0, 100), (0, 200), (1, 0)]);
    }

    #[test]
    fn an_epoch_has_as_many_windows_moved_and_in_its_own_order() {
        let mut seen = BTreeSet::new();
        for number in 0..200 {
            let windows = epoch(&recordings(), 100, 3, number);
            assert_eq!(windows, epoch(&recordings(), 100, 3, number));
            assert_eq!(windows.len(), 4);
            assert!(windows.iter().all(|w| w.first_scan <= [200, 0][w.recording]));
            seen.extend(windows.iter().map(|w| (w.recording, w.first_scan)));
        }
        assert!(seen.len() > 120, "{}", seen.len());
        assert_ne!(epoch(&recordings(), 100, 3, 0), epoch(&recordings(), 100, 4, 0));
    }
}
