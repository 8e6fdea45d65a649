//! The connection to the queue's database: opened, retried while the database is away, and written to in
//! transactions that tell what they changed once it has happened.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::any::{AnyArguments, AnyPoolOptions, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyPool, Executor, Row, Transaction};
use url::Url;

use super::Error;
use super::dialect::Dialect;
use super::signals::{Change, Signals};
use super::tally;

/// How long a call waits for a database that is away.
const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const CONNECTIONS: u32 = 8;

/// For each connection: readers do not wait for the writer, and writers wait for each other. What is committed
/// survives the end of the process at once, and a power failure after the next checkpoint: jobs that it takes back to
/// an earlier state are done again, or found done by their keys.
const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 10000; PRAGMA synchronous = NORMAL; \
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000;";

/// PostgreSQL's name of the lock under which one process at a time makes the tables.
const SCHEMA_LOCK: i64 = 0x656e_636f;

/// A database that speaks one of the dialects.
pub(super) struct Database {
    pool: AnyPool,
    pub(super) dialect: Dialect,
    /// Its address without password and options.
    pub(super) address: String,
    pub(super) signals: Signals,
    /// Where this process adds to the tally.
    place: i64,
}

/// A transaction that writes. What it says has changed is told when it has been committed.
pub(super) struct Write<'a> {
    database: &'a Database,
    transaction: Transaction<'static, Any>,
    changes: Vec<Change>,
}

/// The address of a database in a file.
pub(super) fn sqlite_url(path: &Path) -> String {
    let escape = |byte: u8| match byte {
        b'%' | b'?' | b'#' | b' ' => format!("%{byte:02X}"),
        byte => char::from(byte).to_string(),
    };
    let path: String = path.to_string_lossy().bytes().map(escape).collect();
    format!("sqlite://{path}?mode=rwc")
}

/// What of an address is nobody's secret.
fn address(url: &str) -> String {
    let Ok(mut shown) = Url::parse(url) else {
        // A password would come after a colon.
        return url.split(':').next().unwrap_or_default().to_owned();
    };
    shown.set_query(None);
    // One that can have no password has none.
    let _ = shown.set_password(None);
    shown.into()
}

impl Database {
    /// Connects, and makes the tables where there are none.
    pub(super) async fn open(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let dialect = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Dialect::Sqlite,
            Some("postgres" | "postgresql") => Dialect::Postgres,
            _ => return Err(Error::UnknownDatabase { url: address(url) }),
        };
        let options = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(LONGEST_PAUSE * 5);
        let options = match dialect {
            Dialect::Sqlite => options.after_connect(|connection, _| {
                Box::pin(async move { connection.execute(SQLITE_SETTINGS).await.map(drop) })
            }),
            Dialect::Postgres => options,
        };
        let pool = options.connect_lazy(url).map_err(|_| Error::UnknownDatabase { url: address(url) })?;
        let signals = Signals::new();
        let database = Self { pool, dialect, address: address(url), signals, place: tally::place() };
        database.refuse_older().await?;
        database.steadily(|| database.make_tables()).await?;
        if dialect == Dialect::Postgres {
            database.signals.listen_to(url.to_owned());
        }
        Ok(database)
    }

    /// Tables of an older version stay as they are: what they lack, nobody knows.
    async fn refuse_older(&self) -> Result<(), Error> {
        let select = || self.query("SELECT name FROM {columns_of_job}");
        let names = self.steadily(|| async {
            let rows = self.rows(select()).await?;
            rows.iter().map(|row| row.try_get("name")).collect::<Result<Vec<String>, _>>()
        });
        let names = names.await?;
        if names.is_empty() || names.iter().any(|name| name == "model") {
            return Ok(());
        }
        Err(Error::OlderDatabase { address: self.address.clone() })
    }

    async fn make_tables(&self) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin_with(self.dialect.begin()).await?;
        if self.dialect == Dialect::Postgres {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SCHEMA_LOCK).execute(&mut *transaction).await?;
        }
        sqlx::raw_sql(self.dialect.fill(include_str!("schema.sql"))).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    /// A statement in this database's dialect.
    pub(super) fn query(&self, sql: &'static str) -> Query<'static, Any, AnyArguments> {
        sqlx::query(self.dialect.fill(sql))
    }

    /// All rows of a statement that only reads, or is a transaction by itself.
    pub(super) async fn rows(&self, query: Query<'static, Any, AnyArguments>) -> Result<Vec<AnyRow>, sqlx::Error> {
        query.fetch_all(&self.pool).await
    }

    /// Begins to write.
    pub(super) async fn write(&self) -> Result<Write<'_>, sqlx::Error> {
        let transaction = self.pool.begin_with(self.dialect.begin()).await?;
        Ok(Write { database: self, transaction, changes: Vec::new() })
    }

    /// Makes a call, again and again while the database is away: a restart of PostgreSQL is waited out.
    pub(super) async fn steadily<T, F>(&self, call: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match Trouble::of(&error) {
                Trouble::Full => return Err(Error::StorageFull(error)),
                Trouble::Lasting => return Err(Error::Database(error)),
                Trouble::Passing if begun.elapsed() > PATIENCE => {
                    return Err(Error::Unavailable { waited: begun.elapsed(), source: error });
                }
                Trouble::Passing => tracing::warn!(%error, "the queue's database is away; trying again"),
            }
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    #[cfg(test)]
    pub(super) fn pool(&self) -> &AnyPool {
        &self.pool
    }
}

impl Write<'_> {
    pub(super) fn query(&self, sql: &'static str) -> Query<'static, Any, AnyArguments> {
        self.database.query(sql)
    }

    pub(super) fn place(&self) -> i64 {
        self.database.place
    }

    /// Runs a statement and returns what it returns.
    pub(super) async fn rows(&mut self, query: Query<'static, Any, AnyArguments>) -> Result<Vec<AnyRow>, sqlx::Error> {
        query.fetch_all(&mut *self.transaction).await
    }

    /// Runs a statement and returns how many rows it touched.
    pub(super) async fn touched(&mut self, query: Query<'static, Any, AnyArguments>) -> Result<u64, sqlx::Error> {
        Ok(query.execute(&mut *self.transaction).await?.rows_affected())
    }

    /// Notes what listeners are to be told when this is committed.
    pub(super) fn tell(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        if self.database.dialect == Dialect::Postgres {
            for change in &self.changes {
                let notify = self.database.signals.notification(*change);
                notify.execute(&mut *self.transaction).await?;
            }
        }
        self.transaction.commit().await?;
        for change in self.changes {
            self.database.signals.tell(change);
        }
        Ok(())
    }
}

/// What to do about an error of the database.
enum Trouble {
    /// The disk is full.
    Full,
    /// It will be over: the connection broke, the server restarts, another writer was in the way.
    Passing,
    Lasting,
}

impl Trouble {
    fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => Self::Passing,
            sqlx::Error::Database(error) => Self::of_code(error.code().as_deref().unwrap_or_default()),
            _ => Self::Lasting,
        }
    }

    /// PostgreSQL's five-character SQLSTATE, or SQLite's extended result code, whose low byte is the primary one.
    fn of_code(code: &str) -> Self {
        let sqlite = (code.len() < 5).then(|| code.parse::<u32>().ok()).flatten();
        match (sqlite, code) {
            // SQLITE_FULL; SQLITE_IOERR_SHMSIZE is what a full disk does to the index of the log.
            (Some(13 | 4874), _) | (None, "53100") => Self::Full,
            (Some(code), _) if matches!(code & 0xff, 5 | 6) => Self::Passing,
            // Connections, resources, operator's intervention, deadlock and failed serialisation.
            (None, code) if ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class)) => Self::Passing,
            _ => Self::Lasting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("postgres://lab:secret@db.lab:5432/jobs?password=secret", "postgres://lab@db.lab:5432/jobs"),
            ("postgres://lab@db/jobs", "postgres://lab@db/jobs"),
            ("mysql://lab:secret@db/jobs", "mysql://lab@db/jobs"),
            (sqlite_url(Path::new("/data/a queue?.sqlite")).as_str(), "sqlite:///data/a%20queue%3F.sqlite"),
            ("postgres//lab:secret@db/jobs", "postgres//lab"),
        ] {
            assert_eq!(address(url), shown);
        }
    }
}
