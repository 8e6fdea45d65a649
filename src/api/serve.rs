//! From a bound socket to the last answer.

use std::io;
use std::time::Duration;

use tokio::net::TcpListener;

use super::{State, router::router};

/// What requests and the running prediction get to finish in when the server shuts down.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `shutdown` ends. Then readiness is off at once, streams of events end, what is being answered
/// is answered, and a prediction that does not finish in time is left to the next start.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let closing = state.closing.clone();
    let (predictions, workers) = (state.predictions.clone(), state.workers.clone());
    let closed = {
        let closing = closing.clone();
        async move {
            shutdown.await;
            closing.cancel();
        }
    };
    let server = async { axum::serve(listener, router(state)).with_graceful_shutdown(closed).await };
    let drained = async {
        closing.cancelled().await;
        predictions.close();
        futures_util::future::join_all(workers.iter().map(|worker| worker.drain(GRACE))).await;
    };
    let deadline = async {
        closing.cancelled().await;
        tokio::time::sleep(2 * GRACE).await;
        tracing::warn!("some connections did not end in time");
    };
    tokio::select! {
        (served, ()) = async { tokio::join!(server, drained) } => served,
        () = deadline => Ok(()),
    }
}
