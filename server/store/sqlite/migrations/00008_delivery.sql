-- What was handed over to registries and other recipients, and who was in it.

-- +goose Up

-- One delivery. Never updated but once, when it is finished.
CREATE TABLE delivery (
    delivery_id TEXT    NOT NULL PRIMARY KEY, -- named by the caller
    recipient   TEXT    NOT NULL, -- id of who got it
    plan        TEXT    NOT NULL, -- what was asked for and read, in JSON: rules of the recipient, filters, definitions, newest change of each unit
    made_by     TEXT    NOT NULL, -- the user or program that asked for it
    made_at     INTEGER NOT NULL, -- when it was begun
    note        TEXT    NOT NULL, -- for which purpose
    result      TEXT    NOT NULL, -- counts and a digest of all that was handed over, in JSON; empty until finished
    finished_at INTEGER NOT NULL  -- 0 while it is not
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_by_time ON delivery (made_at, delivery_id);

-- The episodes in a delivery, by pseudonym: the clinic's own id of an episode
-- is not needed, and would be left behind by an erasure.
CREATE TABLE delivery_member (
    delivery_id TEXT    NOT NULL REFERENCES delivery (delivery_id), -- the delivery that it is in
    episode     TEXT    NOT NULL, -- pseudonym under which the recipient got it
    patient_key TEXT    NOT NULL, -- the key that the patient had then; stays after an erasure, when it leads nowhere
    is_erased   INTEGER NOT NULL CHECK (is_erased IN (0, 1)), -- 1 since the patient was erased: the recipient has to be told
    PRIMARY KEY (delivery_id, episode)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_of_patient ON delivery_member (patient_key, delivery_id);
