package sqlite

import (
	"errors"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// TestASlotIsAsItsLastRowSays writes by hand the rows that amending and
// retracting will write, and checks that reads and Submit go by the last one.
func TestASlotIsAsItsLastRowSays(t *testing.T) {
	s := open(t, newFile(t)) // change 1 is the episode, change 2 submission 1
	addRow := func(slotVersion int, state string, version, change int) {
		t.Helper()
		const columns = `care_unit, episode_id, occasion, occasion_label, instrument, respondent, system, submission_id, recorded_at, digest,
			requested_version, instrument_version, answered_on, mode, language_code, assisted, source_system, source_document_id,
			source_template, source_version, scores, episode_created, warnings`
		_, err := s.writer.Exec(`INSERT INTO submission_version (`+columns+`, answers, slot_version, state, version, change_seq)
			SELECT `+columns+`, 'of version ' || ?3, ?1, ?2, ?3, ?4 FROM submission_version WHERE slot_version = 1`, slotVersion, state, version, change)
		if err == nil {
			_, err = s.writer.Exec(`UPDATE change_counter SET last_seq = ?1`, change)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	held := func(asOf int64, want ...string) {
		t.Helper()
		forms, err := s.SubmissionsOfEpisode(ctx, "u", "e", asOf)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range forms {
			got = append(got, f.SubmissionID+f.Answers)
		}
		if strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("as of %d: %v, want %v", asOf, got, want)
		}
	}

	addRow(2, "live", 2, 3)
	held(0, "1of version 2")
	if newest, err := s.Submission(ctx, "u", "ehr", "1"); err != nil || newest.Version != 2 {
		t.Errorf("newest: %+v %v", newest, err)
	}
	if receipt, err := s.Submit(ctx, testEnvelope("e", "1")); err != nil || receipt.Forms[0].Version != 1 || !receipt.Forms[0].Replayed {
		t.Errorf("a retry after an amendment: %+v %v", receipt, err)
	}
	if _, err := s.Submit(ctx, testEnvelope("e", "2")); !errors.Is(err, store.ErrSlotTaken) {
		t.Errorf("an amended slot: %v", err)
	}

	addRow(3, "retracted", 3, 4)
	held(0)
	if receipt, err := s.Submit(ctx, testEnvelope("e", "2")); err != nil || receipt.Forms[0].ChangeSeq != 5 {
		t.Errorf("a freed slot: %+v %v", receipt, err)
	}
	held(0, "2")
	for asOf, want := range map[int64]string{1: "", 2: "1", 3: "1of version 2", 4: "", 5: "2"} {
		if want == "" {
			held(asOf)
		} else {
			held(asOf, want)
		}
	}
	if _, err := s.Submit(ctx, testEnvelope("e", "3")); !errors.Is(err, store.ErrSlotTaken) {
		t.Errorf("a slot that was freed and taken again: %v", err)
	}
}
