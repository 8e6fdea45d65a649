//! Where a test lets the queue and its workers fail: by an error, or by a panic in the place of a crash.

use std::sync::{Arc, Mutex};

/// A moment in a job's attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailurePoint {
    BeforeClaimCommit,
    AfterClaim,
    MidCompute,
    AfterPutResult,
    BeforeComplete,
    AfterComplete,
}

impl FailurePoint {
    pub(super) const ALL: [Self; 6] = [
        Self::BeforeClaimCommit,
        Self::AfterClaim,
        Self::MidCompute,
        Self::AfterPutResult,
        Self::BeforeComplete,
        Self::AfterComplete,
    ];
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureMode {
    Error,
    Panic,
}

/// The next failure, which happens once.
#[derive(Clone, Default)]
pub(super) struct FailurePlan {
    next: Arc<Mutex<Option<(FailurePoint, FailureMode)>>>,
}

impl FailurePlan {
    pub(super) fn arm(&self, point: FailurePoint, mode: FailureMode) {
        *self.next.lock().unwrap() = Some((point, mode));
    }

    /// Whether the failure has not happened yet.
    pub(super) fn is_armed(&self) -> bool {
        self.next.lock().unwrap().is_some()
    }

    pub(super) fn reach(&self, point: FailurePoint) -> Result<(), sqlx::Error> {
        let planned = self.next.lock().unwrap().take_if(|(planned, _)| *planned == point);
        match planned {
            Some((_, FailureMode::Error)) => Err(sqlx::Error::Configuration(format!("planned {point:?}").into())),
            Some((_, FailureMode::Panic)) => panic!("planned {point:?}"),
            None => Ok(()),
        }
    }
}
