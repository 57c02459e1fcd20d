-- What a patient says to a quality registry, and who is a patient for trying things out only.

-- +goose Up

-- 1 for a patient of a known test identity, who is left out of reports, exports
-- and worklists. Which of the patients from before are is marked at the next start.
ALTER TABLE patient ADD COLUMN is_test INTEGER NOT NULL DEFAULT 0 CHECK (is_test IN (0, 1));

-- Whether a care provider may send what it knows of a patient to a registry:
-- the highest number says. Rows are never updated.
CREATE TABLE registry_choice (
    patient_key TEXT    NOT NULL REFERENCES patient (patient_key),
    provider    TEXT    NOT NULL, -- the care provider (HSA-id)
    registry    TEXT    NOT NULL, -- code of the registry, such as nrs
    number      INTEGER NOT NULL, -- 1 for the first choice about this provider and registry
    choice      TEXT    NOT NULL, -- not_informed, informed, objected
    decided_on  TEXT    NOT NULL, -- the day on which the patient was informed or objected
    changed_by  TEXT    NOT NULL, -- the user or program that recorded it
    changed_at  INTEGER NOT NULL,
    note        TEXT    NOT NULL, -- why
    PRIMARY KEY (patient_key, provider, registry, number)
) STRICT, WITHOUT ROWID;
