-- What bookmark verbs ask for, until a run has carried it out. The ledger's
-- event has the same id: what the ledger has is done, and is removed here.
CREATE TABLE wishes (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they are carried out
    id      TEXT NOT NULL UNIQUE,
    source  TEXT NOT NULL,
    asked   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    payload TEXT CHECK (payload IS NULL OR json_valid(payload)) -- what the kind needs
) STRICT;

-- The globs of the files that are left as they are: an array.
ALTER TABLE sources ADD COLUMN held TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(held));

-- A standing more: 'processed'. A CHECK cannot be changed in place.
CREATE TABLE input_files_2 (
    source         TEXT NOT NULL REFERENCES sources (name) ON DELETE CASCADE,
    number         INTEGER NOT NULL,
    ordinal        INTEGER NOT NULL, -- the order of taking; with gaps
    standing       TEXT NOT NULL CHECK (standing IN ('live', 'retracted', 'replaced', 'reset', 'processed')),
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

INSERT INTO input_files_2 SELECT * FROM input_files;
DROP TABLE input_files;
ALTER TABLE input_files_2 RENAME TO input_files;
