-- Who looked at what, and who is signed in.

-- +goose Up

-- A run of access events that one process committed together. Never updated;
-- old chains are deleted whole.
CREATE TABLE access_block (
    chain    TEXT    NOT NULL, -- month and process
    number   INTEGER NOT NULL, -- 1 for the first of its chain, without gaps
    first_at INTEGER NOT NULL, -- time of its first event
    last_at  INTEGER NOT NULL, -- time of its last event
    events   INTEGER NOT NULL, -- how many
    body     BLOB    NOT NULL, -- the events, one JSON object per line
    mac      BLOB    NOT NULL, -- keyed hash over this block and the mac of the one before
    PRIMARY KEY (chain, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_by_time ON access_block (last_at, chain, number);

-- Which blocks concern a patient.
CREATE TABLE access_subject (
    patient_key TEXT    NOT NULL,
    last_at     INTEGER NOT NULL, -- of the block
    chain       TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    PRIMARY KEY (patient_key, last_at, chain, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_subject_of_block ON access_subject (chain, number);

-- The blocks whose patients do not stand in access_subject yet. A table of its
-- own, since a mark on the block would mean to write its body once more.
CREATE TABLE access_unindexed (
    last_at INTEGER NOT NULL, -- of the block
    chain   TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    PRIMARY KEY (last_at, chain, number)
) STRICT, WITHOUT ROWID;

-- What stays of a chain that was deleted for its age.
CREATE TABLE access_dropped (
    chain      TEXT    NOT NULL PRIMARY KEY,
    blocks     INTEGER NOT NULL, -- also the number of its newest block
    events     INTEGER NOT NULL,
    mac        BLOB    NOT NULL, -- of its newest block
    last_at    INTEGER NOT NULL, -- of its newest event
    dropped_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The recurring check of the log: who looked, at how much, and what was found.
CREATE TABLE access_review (
    review_id   TEXT    NOT NULL PRIMARY KEY,
    from_at     INTEGER NOT NULL, -- the period that was looked at
    to_at       INTEGER NOT NULL,
    events      INTEGER NOT NULL, -- events in it
    sampled     INTEGER NOT NULL, -- of these: looked at
    seed        TEXT    NOT NULL, -- by which the sample can be drawn again
    note        TEXT    NOT NULL, -- what was found
    reviewer    TEXT    NOT NULL,
    reviewed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_review_by_time ON access_review (reviewed_at, review_id);

-- A signed-in browser. The cookie's value is not here, only its hash.
CREATE TABLE session (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    body       BLOB    NOT NULL, -- who it is and what was chosen
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_expiry ON session (expires_at);
