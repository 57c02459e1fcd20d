-- The first schema. server/store/sqlstore/DESIGN.md says why it has this shape.
--
-- Every table is STRICT: a value of the wrong type is refused, not kept.
-- Text keys are made by the application and compare byte by byte.
-- Points in time are UTC microseconds since 1970; calendar dates are YYYY-MM-DD.
-- Text that was not stated is the empty string: there is no NULL anywhere.

-- +goose Up

-- A person, known here by nothing but an opaque key.
CREATE TABLE patient (
    patient_key TEXT    NOT NULL PRIMARY KEY, -- opaque, made by the application, says nothing about the person
    created_at  INTEGER NOT NULL              -- when the person was first heard of
) STRICT, WITHOUT ROWID;

-- What a person is called: one row per identifier, readable only with keys
-- that are kept outside this database.
CREATE TABLE identity (
    lookup      BLOB    NOT NULL PRIMARY KEY, -- keyed hash of system and canonical value: finds a person, reveals nothing
    patient_key TEXT    NOT NULL REFERENCES patient (patient_key),
    system      TEXT    NOT NULL,             -- short name of the identifier's system, such as personnummer
    sealed      BLOB    NOT NULL,             -- the identifier, encrypted, bound to patient_key
    key_id      TEXT    NOT NULL,             -- names the key that opens sealed
    added_at    INTEGER NOT NULL              -- when the identifier was learnt
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_of_patient ON identity (patient_key);

-- The number last given to a change in a care unit. Writers of a unit take
-- this row first, so numbers rise in the order in which changes are committed.
CREATE TABLE change_counter (
    care_unit TEXT    NOT NULL PRIMARY KEY, -- the care unit (HSA-id) whose changes are counted
    last_seq  INTEGER NOT NULL              -- newest change_seq of the unit
) STRICT, WITHOUT ROWID;

-- An episode of care: whose it is, and which version is the current one.
CREATE TABLE episode (
    care_unit   TEXT    NOT NULL, -- owner, the treating unit (HSA-id)
    episode_id  TEXT    NOT NULL, -- named by the caller, unique within the care unit
    patient_key TEXT    NOT NULL REFERENCES patient (patient_key),
    version     INTEGER NOT NULL, -- the current row of episode_version
    PRIMARY KEY (care_unit, episode_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX episode_of_patient ON episode (care_unit, patient_key, episode_id);

-- What was known about an episode, one row per version, never updated.
CREATE TABLE episode_version (
    care_unit           TEXT    NOT NULL,
    episode_id          TEXT    NOT NULL,
    version             INTEGER NOT NULL, -- 1 for the first
    change_seq          INTEGER NOT NULL, -- from change_counter
    recorded_at         INTEGER NOT NULL, -- when this version was written
    assessing_unit      TEXT    NOT NULL, -- unit that assessed, if not the owner
    care_level          TEXT    NOT NULL, -- mmrpv, mmrsv
    track               TEXT    NOT NULL, -- programme, individual, assessment_only
    programme_type      TEXT    NOT NULL, -- pain, exhaustion
    cohort              TEXT    NOT NULL, -- group of patients who start together
    referred_on         TEXT    NOT NULL,
    first_visit_planned TEXT    NOT NULL,
    first_visit_on      TEXT    NOT NULL,
    start_planned       TEXT    NOT NULL,
    started_on          TEXT    NOT NULL,
    end_planned         TEXT    NOT NULL,
    ended_on            TEXT    NOT NULL,
    sex                 TEXT    NOT NULL,
    birth_year          INTEGER NOT NULL, -- 0 if not stated
    language_code       TEXT    NOT NULL, -- BCP 47, the patient's language
    status              TEXT    NOT NULL,
    drop_out_reason     TEXT    NOT NULL,
    drop_out_phase      TEXT    NOT NULL,
    deceased            INTEGER NOT NULL CHECK (deceased IN (0, 1)),
    do_not_contact      INTEGER NOT NULL CHECK (do_not_contact IN (0, 1)),
    PRIMARY KEY (care_unit, episode_id, version),
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
) STRICT, WITHOUT ROWID;

-- A filled-in form with its scores, one row per version, never updated.
-- The key puts all of an episode side by side, so that a trend is one range
-- read, and makes a slot (the key without slot_version) hold rows in order:
-- the newest row of a slot says whether the slot is held, and by whom.
CREATE TABLE submission_version (
    care_unit          TEXT    NOT NULL,
    episode_id         TEXT    NOT NULL,
    occasion           TEXT    NOT NULL, -- baseline, programme_end, follow_up_12_months, other
    occasion_label     TEXT    NOT NULL, -- tells one 'other' occasion from the next
    instrument         TEXT    NOT NULL, -- such as hads
    respondent         TEXT    NOT NULL, -- patient, relative, clinician
    slot_version       INTEGER NOT NULL, -- 1 for the first row of the slot
    state              TEXT    NOT NULL, -- live; other words mean that the slot is free again
    system             TEXT    NOT NULL, -- the calling system, within which submission_id is unique
    submission_id      TEXT    NOT NULL, -- named by the caller
    version            INTEGER NOT NULL, -- of the submission, 1 for the first
    change_seq         INTEGER NOT NULL, -- from change_counter
    recorded_at        INTEGER NOT NULL, -- when this version was written
    digest             BLOB    NOT NULL, -- of the normalised content: tells a retry from a reuse of the id
    requested_version  TEXT    NOT NULL, -- definition version asked for, empty for the active one
    instrument_version TEXT    NOT NULL, -- definition version that scored it
    answered_on        TEXT    NOT NULL,
    mode               TEXT    NOT NULL, -- paper, phone, digital
    language_code      TEXT    NOT NULL, -- BCP 47, the form's language
    assisted           INTEGER NOT NULL CHECK (assisted IN (0, 1)), -- 1 if somebody helped to fill it in
    source_system      TEXT    NOT NULL, -- where the form came from
    source_document_id TEXT    NOT NULL,
    source_template    TEXT    NOT NULL,
    source_version     TEXT    NOT NULL,
    answers            TEXT    NOT NULL, -- the answers, in scoring's readable record
    scores             TEXT    NOT NULL, -- the scores, in scoring's readable record
    episode_created    INTEGER NOT NULL CHECK (episode_created IN (0, 1)), -- 1 if its envelope created the episode
    warnings           TEXT    NOT NULL, -- codes of the first reply's warnings, separated by spaces
    PRIMARY KEY (care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version),
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
) STRICT, WITHOUT ROWID;

-- Finds a submission by its name; ids that rise with time grow it at its edge.
CREATE UNIQUE INDEX submission_by_id ON submission_version (care_unit, system, submission_id, version);

-- Reads a unit's changes in the order in which they were committed.
CREATE UNIQUE INDEX submission_by_change ON submission_version (care_unit, change_seq);

-- Definitions and value sets, kept for good, so that every score can be explained.
CREATE TABLE content (
    kind         TEXT    NOT NULL, -- instrument, value_set
    name         TEXT    NOT NULL,
    version      TEXT    NOT NULL, -- empty for a value set
    hash         TEXT    NOT NULL, -- SHA-256 of body in hex
    scoring_hash TEXT    NOT NULL, -- of what can change a number
    body         BLOB    NOT NULL, -- the file as it was
    kept_at      INTEGER NOT NULL,
    PRIMARY KEY (kind, name, version)
) STRICT;

-- Which version of an instrument scores new sheets: the highest number says.
CREATE TABLE activation (
    instrument   TEXT    NOT NULL,
    number       INTEGER NOT NULL, -- 1 for an instrument's first activation
    version      TEXT    NOT NULL, -- the version made active
    activated_by TEXT    NOT NULL, -- the user or program that did it
    activated_at INTEGER NOT NULL,
    PRIMARY KEY (instrument, number)
) STRICT, WITHOUT ROWID;

-- Facts about this store, each written once.
CREATE TABLE property (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
