//! From a bound socket to the last answer.

use std::io;
use std::time::Duration;

use tokio::net::TcpListener;

use super::{State, router::router};
use crate::store::{Store, on_disk};

/// How often uploads are looked for that nobody goes on with.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// Serves until `shutdown` ends. Then readiness is off at once, streams of events end, what is being answered
/// is answered, and a prediction that does not finish in time is left to the next start.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (closing, grace) = (state.closing.clone(), state.config.grace);
    let (predictions, workers) = (state.predictions.clone(), state.workers.clone());
    let closed = {
        let closing = closing.clone();
        async move {
            shutdown.await;
            closing.cancel();
        }
    };
    tokio::spawn(closing.clone().run_until_cancelled_owned(sweep(state.store.clone())));
    let server = async { axum::serve(listener, router(state)).with_graceful_shutdown(closed).await };
    let drained = async {
        closing.cancelled().await;
        predictions.close();
        workers.drain(grace).await;
    };
    let deadline = async {
        closing.cancelled().await;
        tokio::time::sleep(2 * grace).await;
        tracing::warn!("some connections did not end in time");
    };
    tokio::select! {
        (served, ()) = async { tokio::join!(server, drained) } => served,
        () = deadline => Ok(()),
    }
}

/// Removes abandoned uploads, now and every hour.
async fn sweep(store: Store) {
    loop {
        let sweeping = store.clone();
        match on_disk(move || sweeping.sweep_uploads()).await {
            Ok(0) => {}
            Ok(uploads) => tracing::info!(uploads, "uploads were removed that got no piece for a day"),
            Err(error) => tracing::warn!(%error, "abandoned uploads cannot be removed"),
        }
        tokio::time::sleep(SWEEP).await;
    }
}
