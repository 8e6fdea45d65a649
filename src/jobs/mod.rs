//! Predictions as jobs: states, the bounded queue, progress events.
