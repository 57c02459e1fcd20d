-- What a coordinator works with: what was sent out and what came of it, codes on
-- paper forms, a summary of each episode, and what each reader has seen of it.

-- +goose Up

-- One thing that was done about an occasion of an episode: forms sent,
-- reminded, returned; answers seen by somebody, feedback offered, given. Never updated.
CREATE TABLE occasion_act (
    care_unit      TEXT COLLATE "C" NOT NULL,
    episode_id     TEXT COLLATE "C" NOT NULL,
    number         BIGINT           NOT NULL, -- 1 for the episode's first act
    system         TEXT COLLATE "C" NOT NULL, -- the calling system, within which act_id is unique
    act_id         TEXT COLLATE "C" NOT NULL, -- named by the caller, so that a retry is recognised
    kind           TEXT COLLATE "C" NOT NULL, -- sent, reminded, returned, declined, seen, feedback_offered …
    occasion       TEXT COLLATE "C" NOT NULL,
    occasion_label TEXT COLLATE "C" NOT NULL,
    done_on        TEXT COLLATE "C" NOT NULL, -- YYYY-MM-DD
    detail         TEXT COLLATE "C" NOT NULL, -- which information went along; how feedback was given
    done_by        TEXT COLLATE "C" NOT NULL, -- the user or program
    recorded_at    BIGINT           NOT NULL,
    note           TEXT COLLATE "C" NOT NULL, -- in the words of whoever recorded it
    PRIMARY KEY (care_unit, episode_id, number),
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
);

CREATE UNIQUE INDEX occasion_act_by_id ON occasion_act (care_unit, system, act_id);
CREATE INDEX occasion_act_by_kind ON occasion_act (care_unit, kind, episode_id, occasion, occasion_label);

-- The code on the paper forms of one occasion. In clear: it is no credential
-- (who opens it must be signed in and may see the episode) and a reprint must bear the same.
CREATE TABLE paper_code (
    code           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- eight random characters and one to check them by
    care_unit      TEXT COLLATE "C" NOT NULL,
    episode_id     TEXT COLLATE "C" NOT NULL,
    occasion       TEXT COLLATE "C" NOT NULL,
    occasion_label TEXT COLLATE "C" NOT NULL,
    made_at        BIGINT           NOT NULL,
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
);

CREATE UNIQUE INDEX paper_code_of_occasion ON paper_code (care_unit, episode_id, occasion, occasion_label);

-- What an episode's forms come to. Filled behind the forms, and may be lost:
-- whatever is missing is made again from them.
CREATE TABLE episode_summary (
    care_unit   TEXT COLLATE "C" NOT NULL,
    episode_id  TEXT COLLATE "C" NOT NULL,
    through_seq BIGINT           NOT NULL, -- every change up to this one is in it
    newest_seq  BIGINT           NOT NULL, -- newest change of the episode's forms
    answered    TEXT COLLATE "C" NOT NULL, -- which forms the patient has answered, by occasion, in lines
    worse       BIGINT           NOT NULL, -- scales that changed for the worse, by the verdict
    judged_by   TEXT COLLATE "C" NOT NULL, -- what worse was judged by
    PRIMARY KEY (care_unit, episode_id),
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
);

-- How far a unit's changes have gone into its summaries.
CREATE TABLE summary_progress (
    care_unit   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    through_seq BIGINT           NOT NULL -- every change up to this one is in the summaries
);

-- Up to which change a reader has seen an episode.
CREATE TABLE reader_visit (
    care_unit  TEXT COLLATE "C" NOT NULL,
    episode_id TEXT COLLATE "C" NOT NULL,
    reader     TEXT COLLATE "C" NOT NULL, -- the user
    seen_seq   BIGINT           NOT NULL, -- newest change of the unit at that moment
    seen_at    BIGINT           NOT NULL,
    PRIMARY KEY (care_unit, episode_id, reader),
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
);

-- A one-time way to an episode's page. The token itself is nowhere.
CREATE TABLE launch_link (
    token_hash BYTEA            NOT NULL PRIMARY KEY,
    care_unit  TEXT COLLATE "C" NOT NULL,
    episode_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT           NOT NULL,
    expires_at BIGINT           NOT NULL,
    FOREIGN KEY (care_unit, episode_id) REFERENCES episode (care_unit, episode_id)
);

CREATE INDEX launch_of_episode ON launch_link (care_unit, episode_id);
CREATE INDEX launch_by_expiry ON launch_link (expires_at);
