-- What patients are called among people, for those who may see it.

-- +goose Up

-- At most one name of a patient, replaced when it changes.
CREATE TABLE patient_name (
    patient_key TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES patient (patient_key),
    lookup      BYTEA            NOT NULL, -- keyed hash of the name as it is compared; several people may have the same
    sealed      BYTEA            NOT NULL, -- the name as it is shown, encrypted, bound to patient_key
    key_id      TEXT COLLATE "C" NOT NULL, -- names the key that opens sealed
    changed_by  TEXT COLLATE "C" NOT NULL, -- the user or program that gave the name
    changed_at  BIGINT           NOT NULL
);

CREATE INDEX patient_name_by_lookup ON patient_name (lookup);
