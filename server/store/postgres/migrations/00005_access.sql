-- Who looked at what, and who is signed in.

-- +goose Up

-- A run of access events that one process committed together. Never updated;
-- old chains are deleted whole.
CREATE TABLE access_block (
    chain    TEXT COLLATE "C" NOT NULL, -- month and process
    number   BIGINT           NOT NULL, -- 1 for the first of its chain, without gaps
    first_at BIGINT           NOT NULL, -- time of its first event
    last_at  BIGINT           NOT NULL, -- time of its last event
    events   BIGINT           NOT NULL, -- how many
    body     BYTEA            NOT NULL, -- the events, one JSON object per line
    mac      BYTEA            NOT NULL, -- keyed hash over this block and the mac of the one before
    PRIMARY KEY (chain, number)
);

CREATE INDEX access_by_time ON access_block (last_at, chain, number);

-- Which blocks concern a patient.
CREATE TABLE access_subject (
    patient_key TEXT COLLATE "C" NOT NULL,
    last_at     BIGINT           NOT NULL, -- of the block
    chain       TEXT COLLATE "C" NOT NULL,
    number      BIGINT           NOT NULL,
    PRIMARY KEY (patient_key, last_at, chain, number)
);

CREATE INDEX access_subject_of_block ON access_subject (chain, number);

-- The blocks whose patients do not stand in access_subject yet. A table of its
-- own, since a mark on the block would mean to write its body once more.
CREATE TABLE access_unindexed (
    last_at BIGINT           NOT NULL, -- of the block
    chain   TEXT COLLATE "C" NOT NULL,
    number  BIGINT           NOT NULL,
    PRIMARY KEY (last_at, chain, number)
);

-- What stays of a chain that was deleted for its age.
CREATE TABLE access_dropped (
    chain      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    blocks     BIGINT           NOT NULL, -- also the number of its newest block
    events     BIGINT           NOT NULL,
    mac        BYTEA            NOT NULL, -- of its newest block
    last_at    BIGINT           NOT NULL, -- of its newest event
    dropped_at BIGINT           NOT NULL
);

-- The recurring check of the log: who looked, at how much, and what was found.
CREATE TABLE access_review (
    review_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    from_at     BIGINT           NOT NULL, -- the period that was looked at
    to_at       BIGINT           NOT NULL,
    events      BIGINT           NOT NULL, -- events in it
    sampled     BIGINT           NOT NULL, -- of these: looked at
    seed        TEXT COLLATE "C" NOT NULL, -- by which the sample can be drawn again
    note        TEXT COLLATE "C" NOT NULL, -- what was found
    reviewer    TEXT COLLATE "C" NOT NULL,
    reviewed_at BIGINT           NOT NULL
);

CREATE INDEX access_review_by_time ON access_review (reviewed_at, review_id);

-- A signed-in browser. The cookie's value is not here, only its hash.
CREATE TABLE session (
    token_hash BYTEA            NOT NULL PRIMARY KEY,
    body       BYTEA            NOT NULL, -- who it is and what was chosen
    created_at BIGINT           NOT NULL,
    used_at    BIGINT           NOT NULL,
    expires_at BIGINT           NOT NULL
);

CREATE INDEX session_by_expiry ON session (expires_at);
