//! The server from outside: the real program, spoken to over HTTP, with media that ffmpeg makes on the spot.

mod analyses;
mod atlases;
mod bad_checkpoint;
mod bad_input;
mod bucket;
mod built_in_extractors;
mod changed_media;
mod experiments;
mod form;
mod full_disk;
mod maps;
mod media;
mod overload;
mod page;
mod parity;
mod partial;
mod pieces;
#[path = "../queue/postgres.rs"]
mod postgres;
mod predictions;
mod server;
mod sharing;
mod stopping;
mod studies;
mod subjects;
mod uploads;
mod workers;
