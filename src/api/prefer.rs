//! `Prefer: wait=SECONDS` (RFC 7240): how long a client would rather wait for a result than ask again.

use std::time::Duration;

use axum::http::HeaderMap;

/// The longest that a request is held open.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What the client prefers to wait, at most five minutes. A preference that is not understood is none.
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn prefer(value: &[u8]) -> Option<Duration> {
        let value = HeaderValue::from_bytes(value).ok()?;
        wait(&HeaderMap::from_iter([("prefer".parse().unwrap(), value)]))
    }

    #[test]
    fn the_wait_is_found_among_other_preferences_and_bounded() {
        assert_eq!(prefer(b"wait=60"), Some(Duration::from_secs(60)));
        assert_eq!(prefer(b"respond-async, Wait = \"5\"; x=y"), Some(Duration::from_secs(5)));
        assert_eq!(prefer(b"wait=100000"), Some(LONGEST_WAIT));
        for nonsense in ["wait", "wait=", "wait=-1", "wait=soon", "waiting=3", ""] {
            assert_eq!(prefer(nonsense.as_bytes()), None, "{nonsense:?}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(value in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(prefer(&value).is_none_or(|wait| wait <= LONGEST_WAIT));
        }
    }
}
