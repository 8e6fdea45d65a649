//! The queue and its workers, from inside.

mod fixtures;

mod crashes;
mod predictions;
mod workers;
