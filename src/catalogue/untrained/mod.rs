//! The untrained model: made on this machine from a seed, in the form of a published one.

mod recipe;
mod tokenizer;

pub use recipe::Recipe;
