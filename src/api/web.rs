//! `/`: the page. `web/` holds its sources; what they are built to is part of the program, so it works without a network and
//! under any prefix.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing;

use super::{Error, State};

/// Every file of `web/dist`, by its path there; those that compress well also under that path and `.gz`.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The page loads nothing from elsewhere, and runs nothing that is not a file of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
     connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Names of assets hold the hash of their bytes, so they are asked for once.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

pub(super) fn routes() -> Router<State> {
    Router::new().route("/", routing::get(start)).route("/assets/{name}", routing::get(asset))
}

async fn start(headers: HeaderMap) -> Result<Response, Error> {
    answer("index.html", ASK_AGAIN, &headers).ok_or(Error::Interrupted)
}

async fn asset(Path(name): Path<String>, request: Request) -> Result<Response, Error> {
    let unknown = || Error::UnknownPath { path: request.uri().path().to_owned() };
    answer(&format!("assets/{name}"), FOR_EVER, request.headers()).ok_or_else(unknown)
}

/// A file as the client can take it; `None` where there is no such file.
fn answer(path: &str, kept: &'static str, asked: &HeaderMap) -> Option<Response> {
    let plain = file(path)?;
    let gzipped = file(&format!("{path}.gz")).filter(|_| takes_gzip(asked));
    let body = gzipped.unwrap_or(plain);
    let tag = HeaderValue::try_from(format!("\"{}\"", &blake3::hash(body).to_hex()[..32])).ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type(path)),
        (header::CACHE_CONTROL, kept),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if gzipped.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::ETAG, tag.clone());
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| *known == tag);
    Some(match is_known {
        true => (StatusCode::NOT_MODIFIED, headers).into_response(),
        false => (headers, Bytes::from_static(body)).into_response(),
    })
}

fn file(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes)
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|encoding| {
        let (name, quality) = encoding.split_once(';').unwrap_or((encoding, ""));
        name.trim() == "gzip" && !matches!(quality.trim(), "q=0" | "q=0.0")
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most that the first visit loads, gzipped (bytes): what `index.html` names. The rest comes when it is wanted.
    const FIRST_LOAD: usize = 250_000;

    fn asking(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding))])
    }

    #[test]
    fn the_first_load_is_small() {
        let page = std::str::from_utf8(file("index.html").unwrap()).unwrap();
        let is_first = |name: &str| name == "index.html" || page.contains(name);
        let first = FILES.iter().filter(|(name, _)| name.strip_suffix(".gz").is_some_and(is_first));
        let gzipped: usize = first.map(|(_, bytes)| bytes.len()).sum();
        assert!((1..=FIRST_LOAD).contains(&gzipped), "the page is {gzipped} bytes gzipped, of at most {FIRST_LOAD}");
    }

    #[test]
    fn the_page_is_gzipped_for_those_who_take_it() {
        let gzipped = answer("index.html", ASK_AGAIN, &asking("br, gzip")).unwrap();
        assert_eq!(gzipped.headers()[header::CONTENT_ENCODING], "gzip");
        let plain = answer("index.html", ASK_AGAIN, &asking("gzip;q=0")).unwrap();
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        assert_ne!(plain.headers()[header::ETAG], gzipped.headers()[header::ETAG]);
    }

    #[test]
    fn who_has_the_page_is_told_so() {
        let tag = answer("index.html", ASK_AGAIN, &HeaderMap::new()).unwrap().headers()[header::ETAG].clone();
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
        assert_eq!(answer("index.html", ASK_AGAIN, &known).unwrap().status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn there_is_nothing_beside_the_page() {
        assert!(answer("assets/../Cargo.toml", FOR_EVER, &HeaderMap::new()).is_none());
    }

    #[test]
    fn every_address_of_the_page_is_relative() {
        let page = std::str::from_utf8(file("index.html").unwrap()).unwrap();
        assert!(!page.contains("=\"/") && !page.contains("://"), "{page}");
    }
}
