//! `encortex worker`: does the jobs of a queue until the process is told to stop.

use anyhow::anyhow;
use encortex::api::{Owner, Workplace};
use tokio_util::sync::CancellationToken;

use super::loaded;
use super::termination::terminated;
use crate::config::Config;

pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    let stop = terminated()?;
    tokio::runtime::Runtime::new()?.block_on(work(config, stop))
}

async fn work(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    let scanner = config.scanner()?;
    let predictor = scanner.predictor.clone();
    let workplace = Workplace::open(config.workplace(), scanner).await?;
    tokio::select! {
        loaded = loaded(&predictor) => loaded?,
        () = stop.cancelled() => return Ok(()),
    }
    let workers = workplace.start(Owner::Process).await?;
    println!("working on {}, queue {}", config.model, workplace.queue_address());
    let ended = tokio::select! {
        () = stop.cancelled() => Ok(()),
        // One that went on would fail every job of the queue.
        reason = predictor.failed() => Err(anyhow!("the model {} cannot go on: {reason}", config.model)),
    };
    workers.drain(config.grace).await;
    ended
}
