//! What stands on the scanner, seen from outside: maps compared and tested, heads taken apart, senses combined, and the
//! table of the paper's contrasts, all on the untrained model.

mod changing;
mod comparing;
mod components;
mod group;
mod multisensory;
mod own_subjects;
mod validating;
mod workplace;
