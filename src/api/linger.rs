//! Refusals that arrive: what is left of a refused body is read on for a while, and thrown away.
//!
//! A server that closes a connection with unread bytes resets it, and the client that is still sending never reads
//! why. So the answer goes out at once, while the rest of the body comes in.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use tokio::runtime::Handle;

/// How long a client gets to notice that it was refused.
const LINGER: Duration = Duration::from_secs(5);

/// Reads on what a handler leaves of its request's body.
pub(super) async fn linger(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let lingering = |body: Body| Body::from_stream(Lingering { rest: Some(body.into_data_stream()) });
    next.run(request.map(lingering)).await
}

/// A body that is read to its end even when it is dropped before.
struct Lingering {
    /// `None` once it has ended.
    rest: Option<BodyDataStream>,
}

impl Stream for Lingering {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let chunk = ready!(rest.poll_next_unpin(context));
        if !matches!(chunk, Some(Ok(_))) {
            self.rest = None;
        }
        Poll::Ready(chunk)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if let (Some(rest), Ok(runtime)) = (self.rest.take(), Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(LINGER, discard(rest)));
        }
    }
}

async fn discard(mut rest: BodyDataStream) {
    while let Some(Ok(_)) = rest.next().await {}
}
