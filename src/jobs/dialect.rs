//! The words in which SQLite and PostgreSQL differ. Statements are written once, with these in braces.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// The database that holds the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// A statement in this dialect: `{now}`, `{lock}`, `{serial}` and `{columns_of_job}` are filled in. Values are always
    /// bound.
    pub(super) fn fill(self, sql: &'static str) -> SqlStr {
        if !sql.contains('{') {
            return sql.into_sql_str();
        }
        let words = [
            ("{now}", self.now()),
            ("{lock}", self.lock()),
            ("{serial}", self.serial()),
            ("{columns_of_job}", self.columns_of_job()),
        ];
        let filled = words.iter().fold(sql.to_owned(), |sql, (word, text)| sql.replace(word, text));
        AssertSqlSafe(filled).into_sql_str()
    }

    /// The database's clock in milliseconds, the same throughout a statement.
    fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)",
            Self::Postgres => "CAST(ROUND(EXTRACT(EPOCH FROM statement_timestamp()) * 1000) AS BIGINT)",
        }
    }

    /// What keeps two claims from the same rows. SQLite lets one statement write at a time.
    fn lock(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE OF waiting SKIP LOCKED",
        }
    }

    /// A table of the `name` of each column of the table of jobs; without a row where there is none.
    fn columns_of_job(self) -> &'static str {
        match self {
            Self::Sqlite => "pragma_table_info('job')",
            Self::Postgres => {
                "(SELECT CAST(column_name AS TEXT) AS name FROM information_schema.columns
                   WHERE table_schema = current_schema() AND table_name = 'job') AS columns"
            }
        }
    }

    fn serial(self) -> &'static str {
        match self {
            Self::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
            Self::Postgres => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        }
    }

    /// How a transaction begins that is going to write.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}
