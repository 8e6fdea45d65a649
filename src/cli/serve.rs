//! `encortex serve`: predictions over HTTP until the process is told to stop.

use anyhow::{Context, bail};
use encortex::api;
use encortex::predict::{Health, Predictor};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::termination::terminated;
use crate::config::Config;

pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    let stop = terminated()?;
    tokio::runtime::Runtime::new()?.block_on(serve(config, stop))
}

async fn serve(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    let catalogue = config.catalogue()?;
    let predictor = config.predictor(&catalogue)?;
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    let state = api::State::open(config.server(), catalogue, config.scanner_of(predictor.clone())?).await?;
    tokio::select! {
        served = api::serve(listener, state, stop.cancelled_owned()) => Ok(served?),
        reason = failed_to_load(&predictor) => bail!("the model {} did not load: {reason}", config.model),
    }
}

/// Ends only when the model cannot be loaded: a server without one has nothing to serve.
async fn failed_to_load(predictor: &Predictor) -> String {
    match predictor.loaded().await {
        Health::Failed(reason) => reason,
        Health::Ready | Health::Loading | Health::Unloaded => std::future::pending().await,
    }
}
