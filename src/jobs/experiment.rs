//! An experiment, as a row of the table: its cells are jobs of the lowest priority.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::job::{self, ExperimentId};
use super::{Error, Queue};

/// An experiment to be queued.
#[derive(Clone, Debug)]
pub struct NewExperiment<'a> {
    /// Names it: the same key is the same experiment.
    pub key: &'a str,
    pub name: &'a str,
    /// What its cells are cells of, as JSON. Stored once, not with every cell.
    pub spec: &'a str,
    /// How many cells it has.
    pub cells: u64,
    /// Its cells are claimed before those of experiments with a smaller one.
    pub priority: i16,
}

/// An experiment of the queue.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub id: ExperimentId,
    pub key: String,
    pub name: String,
    pub spec: String,
    pub cells: u64,
    pub priority: i64,
    pub is_cancelled: bool,
    pub created: Timestamp,
}

impl Experiment {
    fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: ExperimentId(row.try_get("id")?),
            key: row.try_get("key")?,
            name: row.try_get("name")?,
            spec: row.try_get("spec")?,
            cells: row.try_get::<i64, _>("cells")?.unsigned_abs(),
            priority: row.try_get("priority")?,
            is_cancelled: row.try_get::<i64, _>("cancelled")? != 0,
            created: job::time(row, "created")?.unwrap_or_default(),
        })
    }
}

impl Queue {
    /// Adds an experiment without cells, or finds the one of this key: it is what the first caller made it.
    pub async fn add_experiment(&self, new: &NewExperiment<'_>) -> Result<Experiment, Error> {
        let database = &self.database;
        let add = || async {
            let mut write = database.write().await?;
            let insert = write
                .query(
                    "INSERT INTO experiment (key, name, spec, cells, priority, created)
                     VALUES ($1, $2, $3, $4, $5, {now}) ON CONFLICT (key) DO NOTHING",
                )
                .bind(new.key.to_owned())
                .bind(new.name.to_owned())
                .bind(new.spec.to_owned())
                .bind(new.cells.cast_signed())
                .bind(i64::from(new.priority));
            write.touched(insert).await?;
            write.commit().await
        };
        database.steadily(add).await?;
        self.experiment(new.key).await
    }

    /// The experiment of this key.
    pub async fn experiment(&self, key: &str) -> Result<Experiment, Error> {
        let select = || self.database.query("SELECT * FROM experiment WHERE key = $1").bind(key.to_owned());
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        let row = rows.first().ok_or_else(|| Error::UnknownExperiment { key: key.to_owned() })?;
        Experiment::read(row).map_err(Error::Database)
    }

    /// The experiment of this number, which a claimed cell tells.
    pub async fn experiment_of(&self, id: ExperimentId) -> Result<Experiment, Error> {
        let select = || self.database.query("SELECT * FROM experiment WHERE id = $1").bind(id.0);
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        let row = rows.first().ok_or_else(|| Error::UnknownExperiment { key: id.0.to_string() })?;
        Experiment::read(row).map_err(Error::Database)
    }

    /// Experiments, the newest first: at most `limit` of those before `before`.
    pub async fn experiments(&self, before: Option<ExperimentId>, limit: u32) -> Result<Vec<Experiment>, Error> {
        let before = before.map_or(i64::MAX, |id| id.0);
        let select = || {
            let sql = "SELECT * FROM experiment WHERE id < $1 ORDER BY id DESC LIMIT $2";
            self.database.query(sql).bind(before).bind(i64::from(limit))
        };
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        rows.iter().map(Experiment::read).collect::<Result<_, _>>().map_err(Error::Database)
    }

    /// Removes an experiment with its cells. Results stay: they may be another's too.
    pub async fn remove_experiment(&self, id: ExperimentId) -> Result<(), Error> {
        self.cancel_experiment(id).await?;
        let database = &self.database;
        let remove = || async {
            let mut write = database.write().await?;
            let delete = write.query("DELETE FROM experiment WHERE id = $1").bind(id.0);
            write.touched(delete).await?;
            write.commit().await
        };
        database.steadily(remove).await
    }
}
