//! How fast jobs get done, and so when a full waiting room will have a free place.

use std::time::Duration;

/// Weight of the newest job in the running mean.
const NEWEST: f64 = 0.3;
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The mean time of a job, recent ones counting more.
#[derive(Debug, Default)]
pub(super) struct Pace {
    seconds_per_job: Option<f64>,
}

impl Pace {
    /// Takes note of a job that ran this long.
    pub(super) fn measured(&mut self, took: Duration) {
        let took = took.as_secs_f64();
        let mean = self.seconds_per_job.map_or(took, |mean| mean + NEWEST * (took - mean));
        self.seconds_per_job = Some(mean);
    }

    /// Waiting work over the measured rate, in whole seconds from 1 to 300. Until a job has ended, the one that
    /// runs is taken to be half done.
    pub(super) fn retry_after(&self, waiting: usize, running_for: Duration) -> Duration {
        let seconds_per_job = self.seconds_per_job.unwrap_or(2.0 * running_for.as_secs_f64());
        let wait = (waiting as f64 * seconds_per_job).ceil().min(LONGEST_WAIT.as_secs_f64());
        Duration::from_secs(wait as u64).max(SHORTEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT_RUNNING: Duration = Duration::ZERO;

    #[test]
    fn the_wait_is_waiting_work_over_the_measured_rate() {
        let mut pace = Pace::default();
        pace.measured(Duration::from_millis(2500));
        assert_eq!(pace.retry_after(3, NOT_RUNNING), Duration::from_secs(8));
        pace.measured(Duration::from_millis(12_500));
        assert_eq!(pace.retry_after(2, NOT_RUNNING), Duration::from_secs(11));
    }

    #[test]
    fn before_any_job_ended_the_running_one_tells() {
        assert_eq!(Pace::default().retry_after(4, Duration::from_secs(5)), Duration::from_secs(40));
    }

    #[test]
    fn the_wait_stays_between_a_second_and_five_minutes() {
        let mut pace = Pace::default();
        assert_eq!(pace.retry_after(0, NOT_RUNNING), Duration::from_secs(1));
        pace.measured(Duration::from_secs(3600));
        assert_eq!(pace.retry_after(10, NOT_RUNNING), Duration::from_secs(300));
    }
}
