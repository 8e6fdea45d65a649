//! `…/frames`: a response as plain numbers, for programs that draw it.

use std::io::SeekFrom;
use std::ops::Range;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Path, Query, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

use super::files::send;
use super::readable::Readable;
use super::{Error, Problem, State};
use crate::jobs::JobState;
use crate::store;

/// Whose response.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Frames {
    /// May be left out when the prediction has one subject.
    subject: Option<String>,
}

/// A subject's response: little-endian float32, a row the vertex values of one second. `X-Shape` gives
/// `time,vertex` of the whole; a range of bytes gives some of the rows.
///
/// While the prediction runs, a range can be had whose seconds are all done: those that `seconds_done` of the prediction and of
/// its events counts. They are final.
#[utoipa::path(
    get, path = "/v1/predictions/{id}/frames", tag = "predictions",
    params(Frames, ("Range" = Option<String>, Header, example = "bytes=0-81935")),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(("X-Shape" = String), ("X-Dtype" = String), ("ETag" = String))),
        (status = 206, description = "The range that was asked for."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The prediction has not succeeded (yet), nor are all seconds of the range done."),
        (status = 416, description = "There is no such range."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "There is no such subject."),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    frames: Result<Query<Frames>, QueryRejection>,
    request: Request,
) -> Result<Response, Error> {
    let Query(Frames { subject }) = frames?;
    let readable = Readable::of(&state, &id, subject).await?;
    let mut response = if readable.is_finished {
        send(&readable.path()?, request).await
    } else {
        send_done(&readable, request.headers()).await?
    };
    readable.describe(&mut response);
    Ok(response)
}

/// Sends a range of rows that are done. The rest of the file is still being written, so there is nothing to compare it by.
async fn send_done(readable: &Readable, headers: &HeaderMap) -> Result<Response, Error> {
    let (path, row) = (readable.path()?, readable.prediction.vertices as u64 * 4);
    let [done, whole] = [readable.rows, readable.prediction.seconds].map(|rows| rows as u64 * row);
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some(range) = asked.and_then(|range| byte_range(range, whole)) else {
        return Err(Error::NotFinished { state: JobState::Running });
    };
    if range.end > done {
        return Err(Error::SecondsNotDone { done: readable.rows, seconds: readable.prediction.seconds });
    }
    let open = async {
        let mut file = tokio::fs::File::open(&path).await?;
        file.seek(SeekFrom::Start(range.start)).await?;
        Ok(file.take(range.end - range.start))
    };
    let unreadable = |source| readable.unless_moved(store::Error::File { path: path.clone(), source }.into());
    let rows = open.await.map_err(unreadable)?;
    let place = format!("bytes {}-{}/{whole}", range.start, range.end - 1);
    let headers = [
        (header::CONTENT_RANGE, HeaderValue::try_from(place).map_err(|_| Error::Interrupted)?),
        (header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::PARTIAL_CONTENT, headers, Body::from_stream(ReaderStream::new(rows))).into_response())
}

/// One range of so many bytes, as `Range` has it; `None` for several, and for what is none.
fn byte_range(range: &str, whole: u64) -> Option<Range<u64>> {
    let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (first.trim(), last.trim()) {
        ("", length) => whole.saturating_sub(number(length)?)..whole,
        (first, "") => number(first)?..whole,
        (first, last) => number(first)?..number(last)?.saturating_add(1).min(whole),
    };
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_is_one_from_the_beginning_or_from_the_end() {
        assert_eq!(byte_range("bytes=0-9", 100), Some(0..10));
        assert_eq!(byte_range("bytes=90-1000", 100), Some(90..100));
        assert_eq!(byte_range("bytes=90-", 100), Some(90..100));
        assert_eq!(byte_range("bytes=-10", 100), Some(90..100));
        for none in ["", "bytes=", "bytes=-", "rows=0-9", "bytes=0-9,20-29", "bytes=9-0", "bytes=100-", "bytes=-0"] {
            assert_eq!(byte_range(none, 100), None, "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn any_range_lies_within(range in "bytes=.{0,24}|.{0,32}|bytes=[0-9]{0,21}-[0-9]{0,21}", whole in 0u64..1000) {
            if let Some(range) = byte_range(&range, whole) {
                prop_assert!(range.start < range.end && range.end <= whole);
            }
        }
    }
}
