-- The queue's tables, for SQLite and PostgreSQL alike: {serial} is what a column that numbers its rows is called there.
-- Times are milliseconds since 1970 by the database's own clock. JSON is text: no statement looks into it.

CREATE TABLE IF NOT EXISTS experiment (
    id          {serial},
    key         TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    spec        TEXT NOT NULL,
    cells       BIGINT NOT NULL,
    priority    BIGINT NOT NULL,
    cancelled   BIGINT NOT NULL DEFAULT 0,
    enqueued    BIGINT NOT NULL DEFAULT 0,
    created     BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS job (
    id           {serial},
    experiment   BIGINT REFERENCES experiment (id) ON DELETE CASCADE,
    cell         BIGINT,
    key          TEXT NOT NULL,
    lane         TEXT NOT NULL,
    -- What names the model that it was asked of: no worker with another one takes it.
    model        TEXT NOT NULL,
    payload      TEXT,
    state        TEXT NOT NULL,
    priority     BIGINT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL,
    not_before   BIGINT NOT NULL DEFAULT 0,
    lease_owner  TEXT,
    lease_until  BIGINT,
    lease_token  BIGINT NOT NULL DEFAULT 0,
    progress     TEXT,
    failure      TEXT,
    created      BIGINT NOT NULL,
    started      BIGINT,
    finished     BIGINT
);

-- How many cells ended in which state, so that a status call counts no rows. Each process adds in a place of its own:
-- what one has not committed keeps no other waiting.
CREATE TABLE IF NOT EXISTS tally (
    experiment BIGINT NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
    place      BIGINT NOT NULL,
    state      TEXT NOT NULL,
    jobs       BIGINT NOT NULL,
    PRIMARY KEY (experiment, place, state)
);

CREATE TABLE IF NOT EXISTS event (
    job    BIGINT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    what   TEXT NOT NULL,
    PRIMARY KEY (job, number)
);

-- A job of no experiment is its key; one of an experiment is its cell.
CREATE UNIQUE INDEX IF NOT EXISTS job_by_key ON job (lane, key) WHERE experiment IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS job_by_cell ON job (experiment, cell) WHERE experiment IS NOT NULL;
-- What a claim reads, in its order.
CREATE INDEX IF NOT EXISTS job_waiting ON job (lane, model, priority DESC, not_before, id) WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS job_leased ON job (experiment, lease_until) WHERE state = 'running';
-- The latest ends of an experiment tell its rate.
CREATE INDEX IF NOT EXISTS job_finished ON job (experiment, finished) WHERE finished IS NOT NULL;
