//! What [tus 1.0.0](https://tus.io/protocols/resumable-upload) says in headers.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::Error;

pub(super) const VERSION: &str = "1.0.0";
pub(super) const VERSIONS: HeaderName = HeaderName::from_static("tus-version");
const SPOKEN: HeaderName = HeaderName::from_static("tus-resumable");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// Holds requests to the version that is spoken here, and says it with every answer.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let asked = text(request.headers(), &SPOKEN);
    let mut response = if asked == VERSION || request.method() == Method::OPTIONS {
        next.run(request).await
    } else {
        let mut refusal = Error::TusVersion { asked, spoken: VERSION }.into_response();
        refusal.headers_mut().insert(VERSIONS, HeaderValue::from_static(VERSION));
        refusal
    };
    response.headers_mut().insert(SPOKEN, HeaderValue::from_static(VERSION));
    response
}

/// A number of bytes.
pub(super) fn bytes(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Error> {
    let value = text(headers, name);
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = value.parse().ok().filter(|_| is_number);
    bytes.ok_or_else(|| Error::BadHeader { header: name.to_string(), value, expected: "a number of bytes" })
}

/// The name of the file, where the metadata tell it: pairs of a key and a value in base64, separated by commas.
pub(super) fn filename(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let metadata = text(headers, &METADATA);
    match in_metadata(&metadata, "filename") {
        Ok(name) => Ok(name),
        Err(expected) => Err(Error::BadHeader { header: METADATA.to_string(), value: metadata, expected }),
    }
}

/// A moment, as headers have it.
pub(super) fn date(at: Timestamp) -> HeaderValue {
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok();
    date.and_then(|date| HeaderValue::try_from(date).ok()).unwrap_or(HeaderValue::from_static("0"))
}

/// The value of a key, or what the metadata should be.
fn in_metadata(metadata: &str, wanted: &str) -> Result<Option<String>, &'static str> {
    let mut found = None;
    for pair in metadata.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if key != wanted {
            continue;
        }
        let value = STANDARD.decode(value.trim()).map_err(|_| "pairs of a key and a value in base64")?;
        let value = String::from_utf8(value).map_err(|_| "of names in UTF-8, in base64")?;
        if found.replace(value).is_some() {
            return Err("of keys that stand there once");
        }
    }
    Ok(found.filter(|value| !value.is_empty()))
}

/// A header's text; empty where it is absent or no text.
fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(name: &HeaderName, value: &[u8]) -> HeaderMap {
        HeaderValue::from_bytes(value).map(|value| HeaderMap::from_iter([(name.clone(), value)])).unwrap_or_default()
    }

    #[test]
    fn a_number_of_bytes_is_digits_and_nothing_else() {
        let length = |value: &str| bytes(&headers(&METADATA, value.as_bytes()), &METADATA);
        assert_eq!(length("0").unwrap(), 0);
        assert_eq!(length("18446744073709551615").unwrap(), u64::MAX);
        for value in ["", "-1", "+1", "1.5", "1 2", "0x10", "18446744073709551616"] {
            assert!(matches!(length(value), Err(Error::BadHeader { .. })), "{value:?}");
        }
    }

    #[test]
    fn the_name_is_found_among_other_metadata() {
        let name = |value: &str| filename(&headers(&METADATA, value.as_bytes()));
        assert_eq!(name("filename ZmlsbS5tcDQ=").unwrap().unwrap(), "film.mp4");
        assert_eq!(name("is_confidential,filetype dmlkZW8vbXA0, filename ZmlsbS5tcDQ=").unwrap().unwrap(), "film.mp4");
        for absent in ["", "filename", "filename ", "filetype dmlkZW8vbXA0", ",,"] {
            assert_eq!(name(absent).unwrap(), None, "{absent:?}");
        }
        for bad in ["filename film.mp4", "filename /w==", "filename ZQ==,filename ZQ=="] {
            assert!(matches!(name(bad), Err(Error::BadHeader { .. })), "{bad:?}");
        }
    }

    #[test]
    fn a_date_is_as_http_has_it() {
        assert_eq!(date(Timestamp::from_second(784_111_777).unwrap()), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(value in prop::collection::vec(any::<u8>(), 0..200)) {
            let headers = headers(&METADATA, &value);
            let _ = (bytes(&headers, &METADATA), filename(&headers));
        }

        #[test]
        fn any_name_comes_through(name in ".{1,80}", other in "[a-z]{1,8}") {
            let metadata = format!("{other}_ eA==,filename {}", STANDARD.encode(&name));
            prop_assert_eq!(filename(&headers(&METADATA, metadata.as_bytes())).unwrap(), Some(name));
        }
    }
}
