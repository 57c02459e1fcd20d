-- Re-scoring: scores of stored forms by another version of their definition.
-- server/store/sqlstore/DESIGN.md says why these stand beside the forms and not among them.

-- +goose Up

-- What a preview found and an apply may write: exactly that or nothing.
CREATE TABLE rescore_plan (
    plan_id           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- made by the application
    instrument        TEXT COLLATE "C" NOT NULL,
    requested_version TEXT COLLATE "C" NOT NULL, -- target version asked for, empty for the active one
    target_version    TEXT COLLATE "C" NOT NULL, -- definition version that scores anew
    target_hash       TEXT COLLATE "C" NOT NULL, -- of its definition file
    all_units         SMALLINT         NOT NULL CHECK (all_units IN (0, 1)), -- 1 if no care units were named
    answered_from     TEXT COLLATE "C" NOT NULL, -- first day of the period of answered_on, empty for no limit
    answered_to       TEXT COLLATE "C" NOT NULL, -- last day, likewise
    examined          BIGINT           NOT NULL, -- forms of the instrument, the units and the period
    forms             BIGINT           NOT NULL, -- of these: to be scored anew
    changed           BIGINT           NOT NULL, -- of these: with another result
    up_to_date        BIGINT           NOT NULL, -- examined forms whose scores are of the target version already
    not_rescorable    BIGINT           NOT NULL, -- examined forms that the target version cannot read
    bands_crossed     BIGINT           NOT NULL, -- scores in another band
    flags_crossed     BIGINT           NOT NULL, -- scores with another set of flags
    verdicts_crossed  BIGINT           NOT NULL, -- changes between two occasions judged otherwise
    digest            BYTEA            NOT NULL, -- SHA-256 over all that is to be written, and over what
    made_by           TEXT COLLATE "C" NOT NULL,
    made_at           BIGINT           NOT NULL,
    dropped_at        BIGINT           NOT NULL -- when it was found stale and given up before it was ever applied; 0 for not
);

-- The care units that a plan looked through, and up to which change.
CREATE TABLE rescore_scope (
    plan_id    TEXT COLLATE "C" NOT NULL REFERENCES rescore_plan (plan_id),
    care_unit  TEXT COLLATE "C" NOT NULL,
    change_seq BIGINT           NOT NULL, -- newest change of the unit that the preview saw
    forms      BIGINT           NOT NULL, -- how many of the unit's forms the plan scores anew
    PRIMARY KEY (plan_id, care_unit)
);

-- The definitions by which the forms of a plan are scored before it.
CREATE TABLE rescore_source (
    plan_id         TEXT COLLATE "C" NOT NULL REFERENCES rescore_plan (plan_id),
    version         TEXT COLLATE "C" NOT NULL,
    definition_hash TEXT COLLATE "C" NOT NULL,
    forms           BIGINT           NOT NULL,
    PRIMARY KEY (plan_id, version)
);

-- The plans whose scores a plan replaces. While it is applied they cannot be reverted.
CREATE TABLE rescore_base (
    plan_id      TEXT COLLATE "C" NOT NULL REFERENCES rescore_plan (plan_id),
    base_plan_id TEXT COLLATE "C" NOT NULL REFERENCES rescore_plan (plan_id),
    PRIMARY KEY (plan_id, base_plan_id)
);

-- Whether the scores of a plan count in a care unit: the newest row says. All
-- units of a plan are flipped in one transaction.
CREATE TABLE rescore_flip (
    care_unit  TEXT COLLATE "C" NOT NULL,
    plan_id    TEXT COLLATE "C" NOT NULL REFERENCES rescore_plan (plan_id),
    number     BIGINT           NOT NULL, -- 1 for the plan's first flip
    applied    SMALLINT         NOT NULL CHECK (applied IN (0, 1)), -- 1: from here on they count; 0: no longer
    change_seq BIGINT           NOT NULL, -- from change_counter
    flipped_by TEXT COLLATE "C" NOT NULL, -- who did it
    flipped_at BIGINT           NOT NULL,
    note       TEXT COLLATE "C" NOT NULL, -- why
    PRIMARY KEY (care_unit, plan_id, number)
);

-- Finds the flips between two changes of a unit.
CREATE UNIQUE INDEX rescore_flip_by_change ON rescore_flip (care_unit, change_seq);

-- The scores of one form version by a plan's definition. They count from the
-- first flip on; before it they may lack in part, and nobody sees them.
CREATE TABLE rescored_submission (
    care_unit          TEXT COLLATE "C" NOT NULL, -- from here to slot_version: the row of submission_version that was scored anew
    episode_id         TEXT COLLATE "C" NOT NULL,
    occasion           TEXT COLLATE "C" NOT NULL,
    occasion_label     TEXT COLLATE "C" NOT NULL,
    instrument         TEXT COLLATE "C" NOT NULL,
    respondent         TEXT COLLATE "C" NOT NULL,
    slot_version       BIGINT           NOT NULL,
    plan_id            TEXT COLLATE "C" NOT NULL REFERENCES rescore_plan (plan_id),
    instrument_version TEXT COLLATE "C" NOT NULL, -- definition version that scored it
    scores             TEXT COLLATE "C" NOT NULL, -- the scores, in scoring's readable record
    PRIMARY KEY (care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version, plan_id),
    FOREIGN KEY (care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version)
        REFERENCES submission_version (care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version)
);

-- Walks through what a plan wrote in a unit.
CREATE INDEX rescored_by_plan ON rescored_submission (care_unit, plan_id, episode_id);
