"""The tables of the store, and how older ones become these. SQL only."""

from __future__ import annotations

APPLICATION_ID = 0x4D544931
"""Marks the file as this program's: "MTI1"."""

MIGRATIONS: tuple[str, ...] = (
    # 1
    """
    CREATE TABLE users (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        admin INTEGER NOT NULL,
        created REAL NOT NULL,
        queued_limit INTEGER,      -- NULL: the server's default
        stored_limit INTEGER,
        last_started REAL NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE tokens (
        id INTEGER PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users(id),
        hash BLOB NOT NULL UNIQUE,
        created REAL NOT NULL,
        expires REAL NOT NULL,
        revoked REAL
    ) STRICT;
    CREATE TABLE blobs (
        user TEXT NOT NULL REFERENCES users(id),
        sha256 TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        created REAL NOT NULL,
        PRIMARY KEY (user, sha256)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX blobs_of_all ON blobs (sha256);
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users(id),
        key TEXT NOT NULL,          -- Idempotency-Key
        body TEXT NOT NULL,         -- sha256 of what was sent with it
        request TEXT NOT NULL,      -- request.json
        name TEXT NOT NULL,
        task TEXT NOT NULL,
        model TEXT NOT NULL,
        work TEXT NOT NULL,         -- the same for jobs with the same result
        state TEXT NOT NULL CHECK (state IN ('queued','running','done','failed','cancelled')),
        epoch INTEGER NOT NULL DEFAULT 0,    -- number of the attempt; fences older ones
        handle TEXT,                -- the executor's, of this attempt
        stalled INTEGER NOT NULL DEFAULT 0,  -- attempts in a row without progress
        progress INTEGER NOT NULL DEFAULT 0, -- most learning steps that are on the disk
        offset INTEGER NOT NULL DEFAULT 0,   -- bytes of events.jsonl that are in `events`
        runner_seq INTEGER NOT NULL DEFAULT 0,
        seq INTEGER NOT NULL DEFAULT 0,
        cancel INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL,
        not_before REAL NOT NULL DEFAULT 0,
        started REAL,
        finished REAL,
        seconds_left REAL,          -- as the runner last said
        output_bytes INTEGER NOT NULL DEFAULT 0,
        UNIQUE (user, key)
    ) STRICT;
    CREATE INDEX jobs_unfinished ON jobs (state) WHERE state IN ('queued','running');
    CREATE INDEX jobs_by_work ON jobs (work);
    CREATE INDEX jobs_finished ON jobs (finished);
    CREATE TABLE inputs (
        job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (job, name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX inputs_by_blob ON inputs (sha256);
    CREATE TABLE events (
        job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        line TEXT NOT NULL,
        PRIMARY KEY (job, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE files (
        job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (job, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE results (
        work TEXT PRIMARY KEY,
        result TEXT NOT NULL,       -- of the event `done`
        model TEXT NOT NULL,
        versions TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE motions (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users(id),
        motion TEXT NOT NULL UNIQUE,  -- the preset's own id and files, hashed
        sha256 TEXT NOT NULL,         -- of the .motion file
        bytes INTEGER NOT NULL,
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        tags TEXT NOT NULL,           -- JSON
        author TEXT NOT NULL,
        engines TEXT NOT NULL,        -- JSON
        searched TEXT NOT NULL,       -- what a search looks at, in lower case
        published REAL NOT NULL
    ) STRICT;
    """,
)
"""Statement i leads from schema version i to i + 1. Never change one that was released."""
