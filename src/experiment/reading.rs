//! From bytes to a spec.

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;

use super::limits::MAX_SPEC_BYTES;
use super::shape::faults_of_shape;
use super::{Error, Spec};

impl Spec {
    /// Reads a spec in JSON.
    ///
    /// # Errors
    ///
    /// Over 1 MiB, no JSON, or not of the shape of a spec: then with every fault.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        check_size(bytes)?;
        Self::from_value(&serde_json::from_slice(bytes).map_err(Error::Json)?)
    }

    /// Reads a spec in TOML; errors as of [`Self::from_json`].
    pub fn from_toml(bytes: &[u8]) -> Result<Self, Error> {
        check_size(bytes)?;
        let text = std::str::from_utf8(bytes).map_err(Error::NotText)?;
        Self::from_value(&toml::from_str(text).map_err(|error| Error::Toml(Box::new(error)))?)
    }

    /// Reads a spec that is JSON already, as a cell of a grid is.
    pub fn from_value(value: &Value) -> Result<Self, Error> {
        let read =
            if value.is_object() { Self::deserialize(value) } else { Err(serde_json::Error::custom("no table")) };
        read.map_err(|error| Error::Faults(faults_of_shape(value, &error)))
    }
}

fn check_size(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > MAX_SPEC_BYTES { Err(Error::SpecTooLarge { bytes: bytes.len() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
