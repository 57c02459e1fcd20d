-- Whom the readers of suppressed reports have been told about.

-- +goose Up

-- Somebody who has been given a report. Locked by whoever adds to what was told.
CREATE TABLE told_reader (
    reader TEXT    NOT NULL PRIMARY KEY, -- the user or program that was given it
    stamp  INTEGER NOT NULL              -- rises with every report kept and every erasure
) STRICT, WITHOUT ROWID;

-- A group of people that a report was about. An erasure takes the person out.
CREATE TABLE told_population (
    reader  TEXT    NOT NULL REFERENCES told_reader (reader), -- who was told
    digest  BLOB    NOT NULL, -- SHA-256 of members
    members BLOB    NOT NULL, -- 16 bytes for each episode, rising: 8 of a hash of the patient's key, 8 of a hash of the episode and what was known of it
    told_at INTEGER NOT NULL, -- when it was told first
    PRIMARY KEY (reader, digest)
) STRICT;
