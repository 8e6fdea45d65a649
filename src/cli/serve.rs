//! `encortex serve`: predictions over HTTP until the process is told to stop.

use anyhow::{Context, bail};
use encortex::api;
use encortex::predict::{Health, Predictor};
use tokio::net::TcpListener;

use crate::config::Config;

/// As a shell says of a process that SIGINT ended.
const EXIT_INTERRUPTED: i32 = 130;

pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(serve(config))
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let catalogue = config.catalogue()?;
    let predictor = config.predictor(&catalogue)?;
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    let state = api::State::open(config.server(), catalogue, config.scanner_of(predictor.clone())?).await?;
    tokio::select! {
        served = api::serve(listener, state, terminated()) => Ok(served?),
        reason = failed_to_load(&predictor) => bail!("the model {} did not load: {reason}", config.model),
    }
}

/// Ends only when the model cannot be loaded: a server without one has nothing to serve.
async fn failed_to_load(predictor: &Predictor) -> String {
    match predictor.loaded().await {
        Health::Failed(reason) => reason,
        Health::Ready | Health::Loading => std::future::pending().await,
    }
}

/// SIGTERM or Ctrl-C. A second one ends the process at once: what runs is run again by the next.
async fn terminated() {
    signalled().await;
    tokio::spawn(async {
        signalled().await;
        std::process::exit(EXIT_INTERRUPTED);
    });
}

async fn signalled() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => (),
        _ = tokio::signal::ctrl_c() => (),
    }
}
