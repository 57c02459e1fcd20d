package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// TestAPlanIsStaleWhereARowOfItIsSuperseded writes by hand the rows that
// amending and retracting will write, after the plan was looked at.
func TestAPlanIsStaleWhereARowOfItIsSuperseded(t *testing.T) {
	s := open(t, newFile(t)) // change 1 is the episode, change 2 submission 1
	other := testEnvelope("e2", "2")
	if _, err := s.Submit(ctx, other); err != nil { // changes 3 and 4
		t.Fatal(err)
	}
	stage := func(plan, id string, version int64) {
		t.Helper()
		err := s.KeepRescorePlan(ctx, store.RescorePlan{
			PlanID: plan, Instrument: other.Forms[0].Instrument, Digest: []byte{1}, Scope: []store.RescoreScope{{CareUnit: "u", ChangeSeq: 4, Forms: 1}},
		})
		if err == nil {
			err = s.StageRescore(ctx, plan, []store.Rescored{{CareUnit: "u", System: "ehr", SubmissionID: id, Version: version, InstrumentVersion: "2", Scores: "new"}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	apply := func(plan string, since int64) error {
		_, err := s.FlipRescore(ctx, plan, store.RescoreFlip{Applied: true, At: time.Now()}, map[string]int64{"u": since})
		return err
	}
	stage("of the amended", "1", 1)
	stage("of the other", "2", 1)
	addVersion(t, s, "e", "live", 2, 5)
	if err := apply("of the amended", 4); !errors.Is(err, store.ErrStale) {
		t.Errorf("the plan of what was amended: %v", err)
	}
	if err := apply("of the other", 4); err != nil { // change 6
		t.Errorf("a plan of another form: %v", err)
	}
	if _, err := s.FlipRescore(ctx, "of the other", store.RescoreFlip{At: time.Now()}, nil); err != nil { // change 7
		t.Fatal(err)
	}
	// Even a plan that is applied says nothing of a version after its own.
	if err := apply("of the amended", 7); err != nil { // change 8
		t.Fatal(err)
	}
	if got, err := s.Submission(ctx, "u", "ehr", "1"); err != nil || got.Version != 2 || got.RescorePlan != "" {
		t.Errorf("%+v %v", got, err)
	}
	if forms, err := s.SubmissionsOfEpisode(ctx, "u", "e", 0); err != nil || len(forms) != 1 || forms[0].RescorePlan != "" || forms[0].RescoredSeq != 0 {
		t.Errorf("%+v %v", forms, err)
	}
	versions, err := s.SubmissionVersions(ctx, "u", "ehr", "1")
	if err != nil || len(versions) != 2 || len(versions[0].Rescored) != 1 || len(versions[1].Rescored) != 0 {
		t.Errorf("%+v %v", versions, err)
	}
	addVersion(t, s, "e2", "live", 2, 9)
	stage("of version 2", "2", 2)
	if err := apply("of version 2", 8); err != nil { // its own row is no later one
		t.Errorf("a plan of the newer version: %v", err)
	}
	if got, err := s.Submission(ctx, "u", "ehr", "2"); err != nil || got.RescorePlan != "of version 2" || got.Scores != "new" {
		t.Errorf("%+v %v", got, err)
	}
	addVersion(t, s, "e", "retracted", 3, 11)
	if forms, err := s.SubmissionsOfEpisode(ctx, "u", "e", 0); err != nil || len(forms) != 0 {
		t.Errorf("retracted: %+v %v", forms, err)
	}
	if versions, err = s.SubmissionVersions(ctx, "u", "ehr", "1"); err != nil || !versions[1].Live || versions[2].Live {
		t.Errorf("%+v %v", versions, err)
	}
}

// addVersion writes the next version of the form that is first in an episode.
func addVersion(t *testing.T, s *engine, episode, state string, version, change int) {
	t.Helper()
	const columns = `care_unit, episode_id, occasion, occasion_label, instrument, respondent, system, submission_id, recorded_at, digest,
		requested_version, instrument_version, answered_on, mode, language_code, assisted, source_system, source_document_id,
		source_template, source_version, answers, scores, episode_created, warnings`
	_, err := s.writer.Exec(`INSERT INTO submission_version (`+columns+`, slot_version, state, version, change_seq)
		SELECT `+columns+`, ?2, ?3, ?2, ?4 FROM submission_version WHERE slot_version = 1 AND episode_id = ?1`, episode, version, state, change)
	if err == nil {
		_, err = s.writer.Exec(`UPDATE change_counter SET last_seq = ?1`, change)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkTrendReadRescored is BenchmarkTrendRead where a third of the forms
// count by a plan, and where a plan was reverted.
//
//	go test -run=NONE -bench=TrendRead ./server/store/sqlite
func BenchmarkTrendReadRescored(b *testing.B) {
	for _, c := range []struct {
		name  string
		flips int
	}{{"never", 0}, {"staged", 0}, {"applied", 1}, {"reverted", 2}} {
		b.Run(c.name, func(b *testing.B) {
			s, err := Open(context.Background(), filepath.Join(b.TempDir(), "painscore.db"), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			const episodes = 50
			plan := store.RescorePlan{PlanID: "p", Instrument: "instrument-0", Digest: []byte{1}, MadeAt: time.Now()}
			var scores []store.Rescored
			unit := benchEnvelope(0, 1, true).Episode.CareUnit
			for n := range episodes {
				for occasion, name := range []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months} {
					envelope := benchEnvelope(n, 9, true)
					for i := range envelope.Forms {
						form := &envelope.Forms[i]
						form.Occasion = name
						form.SubmissionID += fmt.Sprint(occasion)
						if i < 3 {
							scores = append(scores, store.Rescored{
								CareUnit: unit, System: form.System, SubmissionID: form.SubmissionID, Version: 1, InstrumentVersion: "2", Scores: form.Scores})
						}
					}
					if _, err := s.Submit(ctx, envelope); err != nil {
						b.Fatal(err)
					}
				}
			}
			plan.Scope = []store.RescoreScope{{CareUnit: unit, Forms: int64(len(scores))}}
			if c.name != "never" {
				if err := errors.Join(s.KeepRescorePlan(ctx, plan), s.StageRescore(ctx, "p", scores)); err != nil {
					b.Fatal(err)
				}
			}
			for i := range c.flips {
				if _, err := s.FlipRescore(ctx, "p", store.RescoreFlip{Applied: i%2 == 0, At: time.Now()}, nil); err != nil {
					b.Fatal(err)
				}
			}
			for n := 0; b.Loop(); n++ {
				rows, err := s.SubmissionsOfEpisode(ctx, unit, episodeName(n%episodes), 0)
				if err != nil || len(rows) != 27 || (rows[0].RescorePlan != "") != (c.flips == 1) {
					b.Fatal(len(rows), err)
				}
			}
		})
	}
}
