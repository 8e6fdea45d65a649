//! The pipeline: timeline → features → encoder → response.
