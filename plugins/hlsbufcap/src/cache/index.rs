// SPDX-License-Identifier: MPL-2.0
//! The index: which files are segments. SQLite, since several processes may have it open and any may be killed.
use super::Key;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Changes with the table. An index of another version is made anew: it is only a cache.
const VERSION: i64 = 1;
/// Longest wait for another process.
const BUSY: Duration = Duration::from_secs(5);
/// Small pages: rows are small and lie anywhere, and a whole page is written for one.
const PAGE: i64 = 1024;
/// Pages of the log after which they are moved to where they belong.
const CHECKPOINT: i64 = 4000;

/// What the index says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Part of the file's name.
    pub nonce: u64,
    pub length: u64,
    pub hash: [u8; 32],
    pub content_type: Option<String>,
    /// Seconds since 1970.
    pub stored: i64,
}

#[derive(Debug)]
pub struct Index(Connection);

impl Index {
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("index.sqlite")
    }

    /// Opens the index, or makes it anew where it is of another version or damaged; tells whether it did.
    pub fn open(folder: &Path) -> rusqlite::Result<(Index, bool)> {
        match Index::open_known(folder) {
            Ok(Some(index)) => return Ok((index, false)),
            Ok(None) => {}
            Err(error) if is_damage(&error) => {}
            Err(error) => return Err(error),
        }
        let path = Index::path(folder);
        for end in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(end);
            let _ = std::fs::remove_file(name);
        }
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "page_size", PAGE)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS segment (
                 key BLOB PRIMARY KEY, nonce INTEGER NOT NULL, length INTEGER NOT NULL, hash BLOB NOT NULL,
                 content_type TEXT, stored INTEGER NOT NULL, used INTEGER NOT NULL
             ) WITHOUT ROWID;
             PRAGMA user_version = {VERSION};
             COMMIT;"
        ))?;
        Ok((Index::prepare(connection)?, true))
    }

    pub fn open_read_only(folder: &Path) -> rusqlite::Result<Index> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let plain = Connection::open_with_flags(Index::path(folder), flags)?;
        let is_version = |connection: &Connection| version(connection) == Ok(VERSION);
        if is_version(&plain) {
            return Ok(Index(plain));
        }
        // Where not even the log can be opened for writing, nobody writes at all.
        let path = Index::path(folder).display().to_string();
        let escaped = path
            .replace('%', "%25")
            .replace('?', "%3f")
            .replace('#', "%23");
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?;
        match is_version(&connection) {
            true => Ok(Index(connection)),
            false => Err(rusqlite::Error::InvalidQuery),
        }
    }

    /// `None` where there is no index, or one of another version.
    fn open_known(folder: &Path) -> rusqlite::Result<Option<Index>> {
        let path = Index::path(folder);
        if !path.exists() {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY)?;
        if version(&connection)? != VERSION {
            return Ok(None);
        }
        let verdict: String =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        match verdict.as_str() {
            "ok" => Index::prepare(connection).map(Some),
            _ => Ok(None),
        }
    }

    fn prepare(connection: Connection) -> rusqlite::Result<Index> {
        // What is lost with the power is fetched again: nothing needs to wait for the disk.
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
        connection.pragma_update(None, "cache_size", -256)?;
        Ok(Index(connection))
    }

    pub fn find(&self, key: &Key) -> rusqlite::Result<Option<Row>> {
        let text = "SELECT nonce, length, hash, content_type, stored FROM segment WHERE key = ?1";
        let mut statement = self.0.prepare_cached(text)?;
        let row = statement.query_row([key.0.as_slice()], |row| {
            Ok(Row {
                nonce: row.get::<_, i64>(0)? as u64,
                length: row.get::<_, i64>(1)? as u64,
                hash: row.get(2)?,
                content_type: row.get(3)?,
                stored: row.get(4)?,
            })
        });
        row.optional()
    }

    /// Writes all of it or nothing; gives the files that are replaced.
    pub fn write(
        &mut self,
        rows: &HashMap<Key, Row>,
        uses: &HashMap<Key, i64>,
    ) -> rusqlite::Result<Vec<(Key, u64)>> {
        let mut replaced = Vec::new();
        if rows.is_empty() && uses.is_empty() {
            return Ok(replaced);
        }
        let change = self
            .0
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for (key, row) in rows {
            let text = "SELECT nonce FROM segment WHERE key = ?1";
            let before = change
                .prepare_cached(text)?
                .query_row([key.0.as_slice()], |row| row.get::<_, i64>(0));
            replaced.extend(before.optional()?.map(|nonce| (*key, nonce as u64)));
            let text = "INSERT OR REPLACE INTO segment VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
            change.prepare_cached(text)?.execute(params![
                key.0.as_slice(),
                row.nonce as i64,
                row.length as i64,
                row.hash,
                row.content_type,
                row.stored,
            ])?;
        }
        for (key, used) in uses {
            let text = "UPDATE segment SET used = ?2 WHERE key = ?1 AND used < ?2";
            change
                .prepare_cached(text)?
                .execute(params![key.0.as_slice(), used])?;
        }
        super::kill_point("changed");
        change.commit()?;
        Ok(replaced)
    }

    pub fn remove(&self, key: &Key) -> rusqlite::Result<()> {
        let text = "DELETE FROM segment WHERE key = ?1";
        self.0.prepare_cached(text)?.execute([key.0.as_slice()])?;
        Ok(())
    }

    /// Bytes of all segments.
    pub fn total(&self) -> rusqlite::Result<u64> {
        let text = "SELECT COALESCE(SUM(length), 0) FROM segment";
        Ok(self.0.query_row(text, [], |row| row.get::<_, i64>(0))? as u64)
    }

    /// Key, nonce, length and seconds since 1970 of storing and of the latest use, of those that were not used for longest
    /// first.
    pub fn all(&self) -> rusqlite::Result<Vec<Listed>> {
        let text = "SELECT key, nonce, length, stored, used FROM segment ORDER BY used, stored";
        let mut statement = self.0.prepare(text)?;
        let rows = statement.query_map([], |row| {
            Ok(Listed {
                key: Key(row.get(0)?),
                nonce: row.get::<_, i64>(1)? as u64,
                length: row.get::<_, i64>(2)? as u64,
                stored: row.get(3)?,
                used: row.get(4)?,
            })
        })?;
        // A row that cannot be read vouches for nothing.
        Ok(rows.filter_map(Result::ok).collect())
    }
}

/// A segment in a list of all.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    pub key: Key,
    pub nonce: u64,
    pub length: u64,
    pub stored: i64,
    pub used: i64,
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    let damage = [ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase];
    error
        .sqlite_error_code()
        .is_some_and(|code| damage.contains(&code))
}
