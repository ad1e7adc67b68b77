-- Whether the engine may read a file as it lies, and the dialect it was read in when
-- it was hashed. Files that were hashed before that was asked are hashed again.
DELETE FROM known_files;
ALTER TABLE known_files ADD COLUMN plain INTEGER NOT NULL DEFAULT 0 CHECK (plain IN (0, 1));
ALTER TABLE known_files ADD COLUMN dialect TEXT NOT NULL DEFAULT '';
