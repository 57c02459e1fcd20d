-- What happens to a form after it was stored: amended, moved, retracted, erased;
-- a person's further identifiers; and who else may see an episode.

-- +goose Up

-- Who made a version and why. A submission's first version has no reason.
ALTER TABLE submission_version ADD COLUMN changed_by TEXT COLLATE "C" NOT NULL DEFAULT ''; -- the user or program
ALTER TABLE submission_version ADD COLUMN reason     TEXT COLLATE "C" NOT NULL DEFAULT ''; -- why it was amended or retracted

-- A form that moves to another slot leaves a row in the old one (state moved)
-- and holds the new one by a row of the same version (state live).
DROP INDEX submission_by_id;
CREATE UNIQUE INDEX submission_by_id ON submission_version (care_unit, system, submission_id, version, state);

-- A patient key that was given up because two patients were one.
CREATE TABLE merged_patient (
    patient_key TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- the key that was given up
    into_key    TEXT COLLATE "C" NOT NULL REFERENCES patient (patient_key), -- the key that stands for the person since
    merged_by   TEXT COLLATE "C" NOT NULL, -- the user or program that did it
    merged_at   BIGINT           NOT NULL,
    note        TEXT COLLATE "C" NOT NULL -- why
);

CREATE INDEX merged_into ON merged_patient (into_key);

-- The tombstone of a patient: that somebody was erased, and nothing of whom.
CREATE TABLE erasure (
    erasure_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- named by the caller
    patient_keys TEXT COLLATE "C" NOT NULL, -- the keys that the patient had, separated by U+001F; they mean something in old backups only
    identities   BIGINT           NOT NULL, -- how many rows went
    episodes     BIGINT           NOT NULL,
    submissions  BIGINT           NOT NULL,
    versions     BIGINT           NOT NULL,
    erased_by    TEXT COLLATE "C" NOT NULL,
    erased_at    BIGINT           NOT NULL,
    note         TEXT COLLATE "C" NOT NULL, -- why
    purged_at    BIGINT           NOT NULL -- when nothing was left in the files of the database, 0 while pending
);

-- The place of an erasure among the changes of a care unit.
CREATE TABLE erasure_in_unit (
    care_unit  TEXT COLLATE "C" NOT NULL,
    change_seq BIGINT           NOT NULL, -- from change_counter
    erasure_id TEXT COLLATE "C" NOT NULL REFERENCES erasure (erasure_id),
    PRIMARY KEY (care_unit, change_seq)
);

-- What is left of an erased submission: by mark a late retry is recognised.
CREATE TABLE erased_submission (
    mark       BYTEA            NOT NULL PRIMARY KEY, -- keyed hash of care unit, system and submission id
    care_unit  TEXT COLLATE "C" NOT NULL,
    change_seq BIGINT           NOT NULL, -- of the erasure
    first_seq  BIGINT           NOT NULL -- change_seq that the submission's first version had
);

CREATE INDEX erased_by_change ON erased_submission (care_unit, change_seq);

-- Which other unit may see an episode: the newest row says.
CREATE TABLE episode_share (
    care_unit  TEXT COLLATE "C" NOT NULL, -- owner of the episode
    episode_id TEXT COLLATE "C" NOT NULL,
    with_unit  TEXT COLLATE "C" NOT NULL, -- the unit (HSA-id) that may see it
    number     BIGINT           NOT NULL, -- 1 for the first act
    shared     SMALLINT         NOT NULL CHECK (shared IN (0, 1)), -- 1: from now on; 0: no longer
    shared_by  TEXT COLLATE "C" NOT NULL,
    shared_at  BIGINT           NOT NULL,
    note       TEXT COLLATE "C" NOT NULL, -- why
    PRIMARY KEY (care_unit, episode_id, with_unit, number),
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
);

CREATE INDEX shared_with ON episode_share (with_unit, care_unit, episode_id);
