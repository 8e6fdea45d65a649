//! Models that share a queue, and a queue from before that was noted.

use std::time::Duration;

use encortex::jobs::{Cell, Error, Lane, NewExperiment, Queue};
use sqlx::{AnyConnection, Connection};

use crate::faults::sqlite_in;
use crate::postgres::Postgres;

const TTL: Duration = Duration::from_secs(60);

async fn claim_their_own(database: &str) {
    let queue = Queue::open(database).await.unwrap();
    let [ours, theirs] = ["ours", "theirs"].map(|model| queue.clone().of_model(model));
    ours.enqueue("film", "{}", 1).await.unwrap();
    let new = NewExperiment { key: "sweep", name: "sweep", spec: "{}", cells: 2, priority: 0 };
    let sweep = ours.add_experiment(&new).await.unwrap().id;
    ours.enqueue_cells(sweep, 1, (0..2).map(|index| Cell { index, key: index.to_string() })).await.unwrap();
    theirs.enqueue("another film", "{}", 1).await.unwrap();
    let others = [ours.of_other_models().await.unwrap(), theirs.of_other_models().await.unwrap()];
    assert_eq!(others, [1, 3]);

    let claimed = async |queue: &Queue| {
        let mut keys = Vec::new();
        for lane in Lane::ALL {
            let claims = queue.claim(lane, 9, "worker", TTL).await.unwrap();
            keys.extend(claims.into_iter().map(|claim| claim.job.key));
        }
        keys
    };
    assert_eq!(claimed(&theirs).await, ["another film"]);
    assert_eq!(claimed(&ours).await, ["film", "0", "1"]);
}

/// Before the version that is tested here, jobs had no model.
async fn refuse_the_older(database: &str) {
    drop(Queue::open(database).await.unwrap());
    let mut connection = AnyConnection::connect(database).await.unwrap();
    for change in ["DROP INDEX job_waiting", "ALTER TABLE job DROP COLUMN model"] {
        sqlx::raw_sql(change).execute(&mut connection).await.unwrap();
    }
    let refused = Queue::open(database).await.err().expect("it is refused");
    let Error::OlderDatabase { address } = &refused else { panic!("{refused}") };
    assert_eq!(address, database.split('?').next().unwrap());
    let message = refused.to_string();
    assert!(message.contains(address) && message.contains("--database-url"), "{message}");
}

#[tokio::test]
async fn workers_claim_what_their_model_was_asked_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    claim_their_own(&sqlite_in(folder.path())).await;
}

#[tokio::test]
async fn workers_claim_what_their_model_was_asked_on_postgresql() {
    let Some(postgres) = Postgres::start(&["fsync=off"]) else { return };
    claim_their_own(&postgres.database("models").await).await;
}

#[tokio::test]
async fn an_older_queue_is_refused_by_its_name_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    refuse_the_older(&sqlite_in(folder.path())).await;
}

#[tokio::test]
async fn an_older_queue_is_refused_by_its_name_on_postgresql() {
    let Some(postgres) = Postgres::start(&["fsync=off"]) else { return };
    refuse_the_older(&postgres.database("older").await).await;
}
