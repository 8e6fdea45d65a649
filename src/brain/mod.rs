//! Surfaces, spaces, and the way from surface to volume.
