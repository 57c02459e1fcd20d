-- What a site decides, with its history: norms, windows, active definitions.

-- +goose Up

-- One version of one setting, never updated: the highest number holds.
CREATE TABLE setting (
    care_unit     TEXT COLLATE "C" NOT NULL, -- the unit it holds for (HSA-id); empty for every unit
    kind          TEXT COLLATE "C" NOT NULL, -- norm, window, active_definition
    name          TEXT COLLATE "C" NOT NULL, -- which one: hads/anxiety/sdc, baseline, hads
    number        BIGINT           NOT NULL, -- 1 for the first version of this setting
    change_number BIGINT           NOT NULL, -- counts the versions of all settings together
    value         TEXT COLLATE "C" NOT NULL, -- what was decided, in words or JSON; empty: removed
    changed_by    TEXT COLLATE "C" NOT NULL, -- the user or program that did it
    changed_at    BIGINT           NOT NULL, -- when
    note          TEXT COLLATE "C" NOT NULL, -- why
    PRIMARY KEY (care_unit, kind, name, number)
);

-- Tells with one look at its end whether anything has changed, and makes two
-- writers who took the same number collide.
CREATE UNIQUE INDEX setting_by_change ON setting (change_number);

-- Activations are settings like the others from now on.
INSERT INTO setting (care_unit, kind, name, number, change_number, value, changed_by, changed_at, note)
SELECT '', 'active_definition', instrument, number, ROW_NUMBER() OVER (ORDER BY activated_at, instrument, number),
    version, activated_by, activated_at, ''
FROM activation;

DROP TABLE activation;
