-- What patients are called among people, for those who may see it.

-- +goose Up

-- At most one name of a patient, replaced when it changes.
CREATE TABLE patient_name (
    patient_key TEXT    NOT NULL PRIMARY KEY REFERENCES patient (patient_key),
    lookup      BLOB    NOT NULL, -- keyed hash of the name as it is compared; several people may have the same
    sealed      BLOB    NOT NULL, -- the name as it is shown, encrypted, bound to patient_key
    key_id      TEXT    NOT NULL, -- names the key that opens sealed
    changed_by  TEXT    NOT NULL, -- the user or program that gave the name
    changed_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX patient_name_by_lookup ON patient_name (lookup);
