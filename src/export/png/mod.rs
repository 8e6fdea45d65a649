//! A picture of a response on the inflated cortex: both hemispheres from outside and from the middle.

use std::io::Write;

use super::{Error, Provenance};
use crate::brain::Surfaces;
