//! `/v1/stimuli/{id}/content`: an upload's bytes, for whoever plays it beside its response.

use std::path::Path as FilePath;

use axum::extract::{self, Path, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use super::files::send;
use super::{Error, Problem, State};

/// What browsers play, by extension. Nothing here is a document: what was uploaded never becomes a page of this server.
const PLAYED: &[(&str, &str)] = &[
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("webm", "video/webm"),
    ("mov", "video/quicktime"),
    ("mkv", "video/x-matroska"),
    ("avi", "video/x-msvideo"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("wav", "audio/wav"),
    ("ogg", "audio/ogg"),
    ("flac", "audio/flac"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("txt", "text/plain; charset=utf-8"),
    ("srt", "text/plain; charset=utf-8"),
    ("vtt", "text/plain; charset=utf-8"),
    ("tsv", "text/plain; charset=utf-8"),
    ("csv", "text/plain; charset=utf-8"),
];

/// What a file is, by the extension of its name.
pub(super) fn media_type(name: &str) -> &'static str {
    let extension = FilePath::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let known = PLAYED.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// The bytes of an upload, whole or a range of them, under a media type that its name tells.
#[utoipa::path(
    get, path = "/v1/stimuli/{id}/content", tag = "stimuli",
    params(("Range" = Option<String>, Header, example = "bytes=0-1023")),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, description = "The range that was asked for."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let stimulus = tokio::task::spawn_blocking(move || state.store.stimulus(&id)).await??;
    let mut response = send(&stimulus.path, request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(&stimulus.name)));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_page_is_only_bytes() {
        assert_eq!(media_type("Film.MP4"), "video/mp4");
        for name in ["page.html", "drawing.svg", "page.xhtml", "noextension", "script.js"] {
            assert_eq!(media_type(name), "application/octet-stream", "{name}");
        }
    }
}
