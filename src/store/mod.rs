//! Uploads and results on disk, named by their content.
