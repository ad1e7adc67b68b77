-- Days are ISO text, moments RFC 3339 text in UTC with microseconds, hashes 64
-- lower-case hex digits. All of it is a copy: the ledger in the warehouse and the
-- commits at the target are the truth.

-- The project's identity, made once.
CREATE TABLE project (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id   TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
    number      INTEGER PRIMARY KEY,
    status      TEXT NOT NULL CHECK (status IN
        ('planned', 'loading', 'publishing', 'succeeded', 'failed', 'undone', 'abandoned')),
    ingest_date TEXT NOT NULL,
    planned_on  TEXT NOT NULL,
    known_run   INTEGER, -- the run whose data it computes from; NULL: its own load
    target_id   TEXT,
    target_url  TEXT,
    started     TEXT NOT NULL,
    finished    TEXT,
    error       TEXT,
    summary     TEXT CHECK (summary IS NULL OR json_valid(summary)),
    ledger_seq  INTEGER, -- where its row lies in the ledger; NULL: nowhere
    token       TEXT,
    target_seq  INTEGER, -- of its intent and commit; NULL: nothing to publish
    program     TEXT,
    engine      TEXT
) STRICT;

CREATE INDEX runs_open ON runs (number) WHERE status IN ('planned', 'loading', 'publishing');

CREATE TABLE steps (
    id      INTEGER PRIMARY KEY,
    run     INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    step    TEXT NOT NULL,
    at      TEXT NOT NULL,
    seconds REAL NOT NULL
) STRICT;

CREATE INDEX steps_run ON steps (run);

-- The end of the ledger that sources and input_files are a copy of.
CREATE TABLE bookmarks_end (
    only        INTEGER PRIMARY KEY CHECK (only = 1),
    head        TEXT NOT NULL,
    head_seq    INTEGER NOT NULL,
    last_number INTEGER NOT NULL -- highest number given to an input file
) STRICT;

CREATE TABLE sources (
    name      TEXT PRIMARY KEY,
    reset_by  INTEGER, -- the run that last emptied its raw table
    first_run INTEGER  -- the first run that took anything
) STRICT, WITHOUT ROWID;

CREATE TABLE input_files (
    source         TEXT NOT NULL REFERENCES sources (name) ON DELETE CASCADE,
    number         INTEGER NOT NULL,
    ordinal        INTEGER NOT NULL, -- the order of taking; with gaps
    standing       TEXT NOT NULL CHECK (standing IN ('live', 'retracted', 'replaced', 'reset')),
    blake3         TEXT NOT NULL,
    size           INTEGER NOT NULL,
    place_run      INTEGER NOT NULL,
    place_position INTEGER NOT NULL,
    paths          TEXT NOT NULL CHECK (json_valid(paths)), -- an array
    run            INTEGER NOT NULL,
    day            TEXT NOT NULL,
    read           INTEGER NOT NULL,
    added          INTEGER NOT NULL,
    repeated       INTEGER NOT NULL,
    superseded     INTEGER NOT NULL,
    quarantined    INTEGER NOT NULL,
    definition     TEXT NOT NULL,
    PRIMARY KEY (source, number)
) STRICT, WITHOUT ROWID;

-- What was hashed, so that an unchanged file is not hashed again.
CREATE TABLE known_files (
    source       TEXT NOT NULL,
    path         TEXT NOT NULL,
    size         INTEGER NOT NULL,
    mtime_ns     INTEGER NOT NULL,
    ctime_ns     INTEGER NOT NULL,
    inode        INTEGER NOT NULL,
    blake3       TEXT NOT NULL,
    records      INTEGER NOT NULL,
    hashed_at_ns INTEGER NOT NULL,
    PRIMARY KEY (source, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('staging', 'features', 'checks')),
    name        TEXT NOT NULL,
    revision    INTEGER, -- NULL: a check, which has none
    fingerprint TEXT NOT NULL,
    text        TEXT NOT NULL,
    first_run   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX revisions_of_transforms ON revisions (kind, name, revision)
    WHERE revision IS NOT NULL;
CREATE UNIQUE INDEX revisions_of_checks ON revisions (kind, name, fingerprint)
    WHERE revision IS NULL;

CREATE TABLE targets (
    id         TEXT PRIMARY KEY,
    url        TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    newest_seq INTEGER NOT NULL DEFAULT 0 -- of the commits recorded here; 0: none
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    target      TEXT NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    dataset     TEXT NOT NULL,
    version     INTEGER NOT NULL,
    ingest_date TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    rows        INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    blake3      TEXT NOT NULL,
    document    TEXT NOT NULL CHECK (json_valid(document)), -- all of it, as JSON
    PRIMARY KEY (target, dataset, version, ingest_date)
) STRICT;

CREATE INDEX snapshots_day ON snapshots (target, ingest_date);
