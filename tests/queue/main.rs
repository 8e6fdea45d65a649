//! The queue from outside, on SQLite and on a PostgreSQL of the test's own: against a model, against killed, stopped
//! and stale workers, against a database that goes away.

mod faults;
mod model;
mod models;
mod postgres;
mod worker;
