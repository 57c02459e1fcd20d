package main

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func TestNothingAcknowledgedIsLostWhenKilled(t *testing.T) {
	hold(t, killFault, 2, "kills", "acknowledged forms, found as they were acknowledged", "calls without an answer, not stored", "amendments acknowledged")
}

// TestTheKillCheckerFindsDamage does to the data, while the server is dead,
// what the checker is there to find. A checker that cannot fail proves nothing.
func TestTheKillCheckerFindsDamage(t *testing.T) {
	// One that was answered: the kill may have come before the answer to others.
	const its = " WHERE submission_id = 'ACKNOWLEDGED' AND version = 1"
	// The first correction of a form that was not corrected again.
	const newest = ` WHERE care_unit = 'SE2321000016-K000' AND change_seq = (SELECT min(a.change_seq) FROM submission_version a
		WHERE a.care_unit = 'SE2321000016-K000' AND a.version > 1 AND a.episode_id LIKE 'kill-1-%' AND NOT EXISTS (
			SELECT 1 FROM submission_version b WHERE b.care_unit = a.care_unit AND b.submission_id = a.submission_id AND b.version > a.version))`
	for name, c := range map[string]struct {
		damage string // SQL, while the server is dead for the second time
		forget bool   // as if the first envelope of each client had not been answered
		found  string
	}{
		"an acknowledged form is gone":    {"DELETE FROM submission_version" + its, false, "of an acknowledged call are there as they were acknowledged"},
		"a score is another":              {"UPDATE submission_version SET scores = replace(scores, '1', '2')" + its, false, "of an acknowledged call are there as they were acknowledged"},
		"a form of an earlier round":      {"DELETE FROM submission_version WHERE episode_id LIKE 'kill-0-%'", false, "settled in an earlier round"},
		"an amendment is undone":          {"DELETE FROM submission_version" + newest, false, "of an acknowledged call are there as they were acknowledged"},
		"half an envelope":                {"", true, "of an envelope of"},
		"a form that nobody sent":         {"UPDATE submission_version SET submission_id = 'another'" + its, false, "refused, or never sent"},
		"a form stored as another's copy": {"UPDATE submission_version SET episode_id = 'kill-0-0', occasion_label = 'copy'" + its, false, "settled in an earlier round"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &verdict{}
			k, err := newKiller(t.Context(), testPlace(t), v)
			if err != nil {
				t.Fatal(err)
			}
			k.lasting = 400 * time.Millisecond // a busy machine acknowledges little sooner
			k.meanwhile = func(round int, journals []*journal) error {
				if round == 0 {
					return nil
				}
				damage := c.damage
				if c.forget {
					damage = forgetEnvelope(t, journals)
				}
				return execute(k.storage.database(), strings.ReplaceAll(damage, "ACKNOWLEDGED", acknowledged(t, journals)))
			}
			if err := k.run(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			wantViolation(t, v, c.found)
		})
	}
}

// acknowledged is the id of a form of the unit that the damages name, which was
// answered, was not corrected, and has a 1 among its scores.
func acknowledged(t *testing.T, journals []*journal) string {
	for _, j := range journals {
		for _, a := range j.attempts {
			if len(a.corrections) > 0 { // the newest versions are what is compared
				continue
			}
			for _, s := range a.stored {
				if s.GetCareUnit() == "SE2321000016-K000" && slices.ContainsFunc(s.GetScoredSheet().GetScores(), func(score *pb.ScaleScore) bool { return strings.Contains(score.GetValue(), "1") }) {
					return s.GetSubmissionId()
				}
			}
		}
	}
	t.Fatal("nothing was acknowledged")
	return ""
}

// forgetEnvelope makes as if an acknowledged envelope had got no answer, and
// returns the statement that takes one of its forms away.
func forgetEnvelope(t *testing.T, journals []*journal) string {
	for _, j := range journals {
		for _, a := range j.attempts[1:] { // the first one makes the episode
			if len(a.stored) > 1 {
				id := a.stored[1].SubmissionId
				a.stored = nil
				return fmt.Sprintf("DELETE FROM submission_version WHERE submission_id = '%s'", id)
			}
		}
	}
	t.Fatal("no envelope was acknowledged")
	return ""
}

// execute changes a database behind the server's back.
func execute(file, statement string) error {
	db, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		return err
	}
	defer db.Close()
	result, err := db.Exec(statement)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("%d rows were damaged, %v", n, err)
	}
	return nil
}

func TestOvertakingIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		spans []span
		want  int
	}{
		"one after the other":    {[]span{{0, 1, 1, 1}, {2, 3, 2, 2}, {4, 5, 3, 3}}, 0},
		"at the same time":       {[]span{{0, 10, 2, 2}, {1, 9, 1, 1}}, 0},
		"an envelope in between": {[]span{{0, 1, 1, 4}, {2, 3, 5, 5}}, 0},
		"later and lower":        {[]span{{0, 1, 2, 2}, {2, 3, 1, 1}}, 1},
		"lower than one of two":  {[]span{{0, 1, 1, 1}, {0, 2, 5, 5}, {3, 4, 4, 4}}, 1},
	} {
		if got := overtakes(c.spans); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestNumbersGivenTwiceOrBackwardsAreFound(t *testing.T) {
	v := &verdict{}
	k := &killer{verdict: v, highest: map[string]int64{"u": 10}}
	k.checkNumbers("u", []int64{12, 11, 14})
	if len(v.violations) > 0 || v.counts["change numbers that nothing has"] != 1 || k.highest["u"] != 14 {
		t.Errorf("%v %v %v", v.violations, v.counts, k.highest)
	}
	k.checkNumbers("u", []int64{15, 15})
	wantViolation(t, v, "given twice")
	k.checkNumbers("u", []int64{9})
	wantViolation(t, v, "lower than what was given before")
}
