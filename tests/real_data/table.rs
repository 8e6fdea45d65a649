//! A table of what was measured beside what was to be reached.

/// Prints rows as they come and keeps those that failed.
pub(crate) struct Table {
    failed: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: &str) -> Self {
        eprintln!("\n{title}\n{:<58} {:>8}   bar", "", "measured");
        Self { failed: Vec::new() }
    }

    /// At least `bar`.
    pub(crate) fn at_least(&mut self, what: &str, measured: f64, bar: f64) {
        self.row(what, measured, &format!(">= {bar:.2}"), measured >= bar);
    }

    /// Within .01 of what the data set reports, which has two decimals.
    pub(crate) fn near(&mut self, what: &str, measured: f64, reported: f64) {
        self.row(what, measured, &format!("{reported:.2} ± .01"), (measured - reported).abs() <= 0.01);
    }

    /// No bar.
    pub(crate) fn note(&mut self, what: &str, measured: f64) {
        eprintln!("{what:<58} {measured:>8.3}");
    }

    /// Something that is so or not.
    pub(crate) fn holds(&mut self, what: &str, is_so: bool) {
        eprintln!("{what:<67}   {}", if is_so { "passed" } else { "FAILED" });
        if !is_so {
            self.failed.push(what.to_owned());
        }
    }

    fn row(&mut self, what: &str, measured: f64, bar: &str, passed: bool) {
        eprintln!("{what:<58} {measured:>8.3}   {bar:<12} {}", if passed { "passed" } else { "FAILED" });
        if !passed {
            self.failed.push(format!("{what}: {measured:.3}, {bar}"));
        }
    }

    pub(crate) fn assert(self) {
        assert!(self.failed.is_empty(), "not reached: {:#?}", self.failed);
    }
}
