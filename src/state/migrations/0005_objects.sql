-- Of a raw file that is an object of a bucket: BLAKE3 of the ETag that it had when
-- it was hashed. NULL for a file of a folder.
ALTER TABLE known_files ADD COLUMN etag TEXT;
