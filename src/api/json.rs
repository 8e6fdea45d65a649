//! JSON bodies: orders over what was uploaded before, so that they are short.

use axum::extract::Request;
use serde::de::DeserializeOwned;

use super::Error;
use super::form::media_type;

pub(super) const JSON: &str = "application/json";
/// The longest JSON body (bytes).
const LONGEST: usize = 1 << 16;

/// Reads an order that is sent as `application/json`.
pub(super) async fn order<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    match media_type(request.headers()) {
        JSON => body(request).await,
        found => Err(Error::UnsupportedMediaType { found: found.to_owned(), expected: JSON }),
    }
}

/// Reads a body that is known to be JSON.
pub(super) async fn body<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    let body = axum::body::to_bytes(request.into_body(), LONGEST).await;
    let body = body.map_err(|_| Error::BodyTooLarge { limit: LONGEST as u64 })?;
    serde_json::from_slice(&body).map_err(|error| Error::MalformedBody { reason: error.to_string() })
}
