//! `encortex serve`: predictions over HTTP until the process is told to stop.

use anyhow::Context;
use clap::Args;
use encortex::api::{self, Owner, State, Workers, Workplace};
use encortex::predict::Predictor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::loaded;
use super::termination::terminated;
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Serve {
    /// Only answer, and leave the work to `encortex worker` processes: the model is not loaded here.
    #[arg(long, env = "ENCORTEX_NO_WORK")]
    no_work: bool,
}

impl Serve {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = terminated()?;
        tokio::runtime::Runtime::new()?.block_on(self.serve(config, stop))
    }

    async fn serve(self, config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
        let catalogue = config.catalogue()?;
        let predictor = config.predictor(&catalogue)?;
        let listener =
            TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
        println!("listening on http://{}", listener.local_addr()?);
        let workplace = Workplace::open(config.workplace(), config.scanner_of(predictor.clone())?).await?;
        let workers = if self.no_work { Workers::default() } else { workplace.start(Owner::Server).await? };
        let state = State::new(config.server(), catalogue, workplace, workers);
        tokio::select! {
            served = api::serve(listener, state, stop.cancelled_owned()) => Ok(served?),
            error = failed_to_load(&predictor), if !self.no_work => Err(error),
        }
    }
}

/// Ends only when the model cannot be loaded: a server that cannot do its work has nothing to serve.
async fn failed_to_load(predictor: &Predictor) -> anyhow::Error {
    match loaded(predictor).await {
        Err(error) => error,
        Ok(()) => std::future::pending().await,
    }
}
