-- What listings say of a partition, in an index of its own: its document is read
-- only by whoever opens its file.
ALTER TABLE snapshots ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE snapshots ADD COLUMN computed_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE snapshots ADD COLUMN known_run INTEGER; -- whose data it was computed from; NULL: its run's own
ALTER TABLE snapshots ADD COLUMN committed TEXT NOT NULL DEFAULT '';
ALTER TABLE snapshots ADD COLUMN mixed INTEGER NOT NULL DEFAULT 0 CHECK (mixed IN (0, 1));

UPDATE snapshots SET
    revision = json_extract(document, '$.revision'),
    computed_by = json_extract(document, '$.computed_by'),
    known_run = json_extract(document, '$.known.at_run'),
    committed = json_extract(document, '$.committed');

DROP INDEX snapshots_day;
CREATE INDEX snapshots_listed ON snapshots (target, ingest_date, dataset, version, revision, rows, bytes,
    run, computed_by, known_run, committed, mixed);

-- What was dropped and not published since.
CREATE TABLE dropped (
    target      TEXT NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    dataset     TEXT NOT NULL,
    version     INTEGER NOT NULL,
    ingest_date TEXT NOT NULL,
    document    TEXT NOT NULL CHECK (json_valid(document)),
    PRIMARY KEY (target, dataset, version, ingest_date)
) STRICT, WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'export'
    CHECK (kind IN ('export', 'drop', 'restore'));
