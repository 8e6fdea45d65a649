//! Logs: one line an event on standard error, readable by default, JSON when asked for.

use tracing_subscriber::EnvFilter;

/// `ENCORTEX_LOG` filters as `RUST_LOG` does; `ENCORTEX_LOG_FORMAT=json` is for machines.
pub(crate) fn start(default_level: &str) {
    let filter = EnvFilter::try_from_env("ENCORTEX_LOG").unwrap_or_else(|_| EnvFilter::new(default_level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("ENCORTEX_LOG_FORMAT").is_ok_and(|format| format == "json") {
        log.json().init();
    } else {
        log.compact().init();
    }
}
