-- Whom the readers of suppressed reports have been told about.

-- +goose Up

-- Somebody who has been given a report. Locked by whoever adds to what was told.
CREATE TABLE told_reader (
    reader TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- the user or program that was given it
    stamp  BIGINT           NOT NULL              -- rises with every report kept and every erasure
);

-- A group of people that a report was about. An erasure takes the person out.
CREATE TABLE told_population (
    reader  TEXT COLLATE "C" NOT NULL REFERENCES told_reader (reader), -- who was told
    digest  BYTEA            NOT NULL, -- SHA-256 of members
    members BYTEA            NOT NULL, -- 16 bytes for each episode, rising: 8 of a hash of the patient's key, 8 of a hash of the episode and what was known of it
    told_at BIGINT           NOT NULL, -- when it was told first
    PRIMARY KEY (reader, digest)
);
