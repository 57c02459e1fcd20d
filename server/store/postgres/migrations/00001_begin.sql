-- The first schema. server/store/sqlstore/DESIGN.md says why it has this shape.
--
-- The tables, columns and numbers are those of ../../sqlite/migrations.
-- Every text is COLLATE "C": it compares byte by byte, whatever language the
-- database was made for. Text keys are made by the application.
-- Points in time are UTC microseconds since 1970; calendar dates are YYYY-MM-DD.
-- Text that was not stated is the empty string: there is no NULL anywhere.

-- +goose Up

-- A person, known here by nothing but an opaque key.
CREATE TABLE patient (
    patient_key TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- opaque, made by the application, says nothing about the person
    created_at  BIGINT           NOT NULL -- when the person was first heard of
);

-- What a person is called: one row per identifier, readable only with keys
-- that are kept outside this database.
CREATE TABLE identity (
    lookup      BYTEA            NOT NULL PRIMARY KEY, -- keyed hash of system and canonical value: finds a person, reveals nothing
    patient_key TEXT COLLATE "C" NOT NULL REFERENCES patient (patient_key),
    system      TEXT COLLATE "C" NOT NULL, -- short name of the identifier's system, such as personnummer
    sealed      BYTEA            NOT NULL, -- the identifier, encrypted, bound to patient_key
    key_id      TEXT COLLATE "C" NOT NULL, -- names the key that opens sealed
    added_at    BIGINT           NOT NULL -- when the identifier was learnt
);

CREATE INDEX identity_of_patient ON identity (patient_key);

-- The number last given to a change in a care unit. Writers of a unit take
-- this row first, so numbers rise in the order in which changes are committed.
CREATE TABLE change_counter (
    care_unit TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- the care unit (HSA-id) whose changes are counted
    last_seq  BIGINT           NOT NULL -- newest change_seq of the unit
);

-- An episode of care: whose it is, and which version is the current one.
CREATE TABLE episode (
    care_unit   TEXT COLLATE "C" NOT NULL, -- owner, the treating unit (HSA-id)
    episode_id  TEXT COLLATE "C" NOT NULL, -- named by the caller, unique within the care unit
    patient_key TEXT COLLATE "C" NOT NULL REFERENCES patient (patient_key),
    version     BIGINT           NOT NULL, -- the current row of episode_version
    PRIMARY KEY (care_unit, episode_id)
);

CREATE INDEX episode_of_patient ON episode (care_unit, patient_key, episode_id);

-- What was known about an episode, one row per version, never updated.
CREATE TABLE episode_version (
    care_unit           TEXT COLLATE "C" NOT NULL,
    episode_id          TEXT COLLATE "C" NOT NULL,
    version             BIGINT           NOT NULL, -- 1 for the first
    change_seq          BIGINT           NOT NULL, -- from change_counter
    recorded_at         BIGINT           NOT NULL, -- when this version was written
    assessing_unit      TEXT COLLATE "C" NOT NULL, -- unit that assessed, if not the owner
    care_level          TEXT COLLATE "C" NOT NULL, -- mmrpv, mmrsv
    track               TEXT COLLATE "C" NOT NULL, -- programme, individual, assessment_only
    programme_type      TEXT COLLATE "C" NOT NULL, -- pain, exhaustion
    cohort              TEXT COLLATE "C" NOT NULL, -- group of patients who start together
    referred_on         TEXT COLLATE "C" NOT NULL,
    first_visit_planned TEXT COLLATE "C" NOT NULL,
    first_visit_on      TEXT COLLATE "C" NOT NULL,
    start_planned       TEXT COLLATE "C" NOT NULL,
    started_on          TEXT COLLATE "C" NOT NULL,
    end_planned         TEXT COLLATE "C" NOT NULL,
    ended_on            TEXT COLLATE "C" NOT NULL,
    sex                 TEXT COLLATE "C" NOT NULL,
    birth_year          BIGINT           NOT NULL, -- 0 if not stated
    language_code       TEXT COLLATE "C" NOT NULL, -- BCP 47, the patient's language
    status              TEXT COLLATE "C" NOT NULL,
    drop_out_reason     TEXT COLLATE "C" NOT NULL,
    drop_out_phase      TEXT COLLATE "C" NOT NULL,
    deceased            SMALLINT         NOT NULL CHECK (deceased IN (0, 1)),
    do_not_contact      SMALLINT         NOT NULL CHECK (do_not_contact IN (0, 1)),
    PRIMARY KEY (care_unit, episode_id, version),
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
);

-- A filled-in form with its scores, one row per version, never updated.
-- The key puts all of an episode side by side, so that a trend is one range
-- read, and makes a slot (the key without slot_version) hold rows in order:
-- the newest row of a slot says whether the slot is held, and by whom.
CREATE TABLE submission_version (
    care_unit          TEXT COLLATE "C" NOT NULL,
    episode_id         TEXT COLLATE "C" NOT NULL,
    occasion           TEXT COLLATE "C" NOT NULL, -- baseline, programme_end, follow_up_12_months, other
    occasion_label     TEXT COLLATE "C" NOT NULL, -- tells one 'other' occasion from the next
    instrument         TEXT COLLATE "C" NOT NULL, -- such as hads
    respondent         TEXT COLLATE "C" NOT NULL, -- patient, relative, clinician
    slot_version       BIGINT           NOT NULL, -- 1 for the first row of the slot
    state              TEXT COLLATE "C" NOT NULL, -- live; other words mean that the slot is free again
    system             TEXT COLLATE "C" NOT NULL, -- the calling system, within which submission_id is unique
    submission_id      TEXT COLLATE "C" NOT NULL, -- named by the caller
    version            BIGINT           NOT NULL, -- of the submission, 1 for the first
    change_seq         BIGINT           NOT NULL, -- from change_counter
    recorded_at        BIGINT           NOT NULL, -- when this version was written
    digest             BYTEA            NOT NULL, -- of the normalised content: tells a retry from a reuse of the id
    requested_version  TEXT COLLATE "C" NOT NULL, -- definition version asked for, empty for the active one
    instrument_version TEXT COLLATE "C" NOT NULL, -- definition version that scored it
    answered_on        TEXT COLLATE "C" NOT NULL,
    mode               TEXT COLLATE "C" NOT NULL, -- paper, phone, digital
    language_code      TEXT COLLATE "C" NOT NULL, -- BCP 47, the form's language
    assisted           SMALLINT         NOT NULL CHECK (assisted IN (0, 1)), -- 1 if somebody helped to fill it in
    source_system      TEXT COLLATE "C" NOT NULL, -- where the form came from
    source_document_id TEXT COLLATE "C" NOT NULL,
    source_template    TEXT COLLATE "C" NOT NULL,
    source_version     TEXT COLLATE "C" NOT NULL,
    answers            TEXT COLLATE "C" NOT NULL, -- the answers, in scoring's readable record
    scores             TEXT COLLATE "C" NOT NULL, -- the scores, in scoring's readable record
    episode_created    SMALLINT         NOT NULL CHECK (episode_created IN (0, 1)), -- 1 if its envelope created the episode
    warnings           TEXT COLLATE "C" NOT NULL, -- codes of the first reply's warnings, separated by spaces
    PRIMARY KEY (care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version),
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
);

-- Finds a submission by its name; ids that rise with time grow it at its edge.
CREATE UNIQUE INDEX submission_by_id ON submission_version (care_unit, system, submission_id, version);

-- Reads a unit's changes in the order in which they were committed.
CREATE UNIQUE INDEX submission_by_change ON submission_version (care_unit, change_seq);

-- Definitions and value sets, kept for good, so that every score can be explained.
CREATE TABLE content (
    kind         TEXT COLLATE "C" NOT NULL, -- instrument, value_set
    name         TEXT COLLATE "C" NOT NULL,
    version      TEXT COLLATE "C" NOT NULL, -- empty for a value set
    hash         TEXT COLLATE "C" NOT NULL, -- SHA-256 of body in hex
    scoring_hash TEXT COLLATE "C" NOT NULL, -- of what can change a number
    body         BYTEA            NOT NULL, -- the file as it was
    kept_at      BIGINT           NOT NULL,
    PRIMARY KEY (kind, name, version)
);

-- Which version of an instrument scores new sheets: the highest number says.
CREATE TABLE activation (
    instrument   TEXT COLLATE "C" NOT NULL,
    number       BIGINT           NOT NULL, -- 1 for an instrument's first activation
    version      TEXT COLLATE "C" NOT NULL, -- the version made active
    activated_by TEXT COLLATE "C" NOT NULL, -- the user or program that did it
    activated_at BIGINT           NOT NULL,
    PRIMARY KEY (instrument, number)
);

-- Facts about this store, each written once.
CREATE TABLE property (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);
