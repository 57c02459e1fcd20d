package postgres

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// processes are how many stores share one database in a test, as many
// painscored would, and clients how many callers each has.
const processes, clients = 3, 8

// several opens one database several times.
func several(t *testing.T) []store.Store {
	t.Helper()
	address := migrated(t)
	stores := make([]store.Store, processes)
	for i := range stores {
		stores[i] = open(t, address)
	}
	return stores
}

// together runs f for each client of each process at once.
func together(f func(process, client int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for process := range processes {
		for client := range clients {
			all.Go(func() {
				<-start
				f(process, process*clients+client)
			})
		}
	}
	close(start)
	all.Wait()
}

const unit = "SE2321000131-P000000000001"

var at = time.Date(2025, 6, 15, 12, 30, 0, 0, time.UTC)

// envelope holds one form, of a person whom each caller knows by another key.
func envelope(careUnit, who, key, episodeID, instrument, submissionID string) store.Envelope {
	lookup := sha256.Sum256([]byte(who))
	return store.Envelope{
		Identity:         store.Identity{PatientKey: key, System: "personnummer", Lookup: lookup[:], Sealed: []byte("sealed"), KeyID: "k1", AddedAt: at},
		Episode:          store.Episode{CareUnit: careUnit, EpisodeID: episodeID, Status: "active", RecordedAt: at},
		MayCreateEpisode: true,
		Forms: []store.Submission{{
			Slot:   store.Slot{CareUnit: careUnit, EpisodeID: episodeID, Occasion: store.Baseline, Instrument: instrument, Respondent: store.Patient},
			System: "ehr", SubmissionID: submissionID, RecordedAt: at, Digest: []byte("digest of " + instrument),
			InstrumentVersion: "1", AnsweredOn: "2025-06-15", Answers: "1 2 3", Scores: "total=6", Mark: []byte(careUnit + submissionID),
		}},
	}
}

func TestOfManyProcessesWithOneSubmissionIDOneStores(t *testing.T) {
	stores := several(t)
	receipts := make([]store.Receipt, processes*clients)
	together(func(process, client int) {
		var err error
		receipts[client], err = stores[process].Submit(ctx, envelope(unit, "ada", fmt.Sprint("key ", client), "e", "hads", "1"))
		if err != nil {
			t.Error(err)
		}
	})
	stored := 0
	for _, receipt := range receipts {
		for _, form := range receipt.Forms {
			if !form.Replayed {
				stored++
			}
		}
	}
	forms, err := stores[0].SubmissionsOfEpisode(ctx, unit, "e", 0)
	if stored != 1 || len(forms) != 1 || err != nil {
		t.Errorf("%d calls stored the form, %d are stored, %v", stored, len(forms), err)
	}
}

func TestOfManyProcessesOneGetsTheSlotAndTheOthersAreToldWho(t *testing.T) {
	stores := several(t)
	errs := make([]error, processes*clients)
	together(func(process, client int) {
		_, errs[client] = stores[process].Submit(ctx, envelope(unit, "ada", "key", "e", "hads", fmt.Sprint("id ", client)))
	})
	forms, err := stores[0].SubmissionsOfEpisode(ctx, unit, "e", 0)
	if err != nil || len(forms) != 1 {
		t.Fatalf("%v, %d forms hold one slot", err, len(forms))
	}
	won := 0
	for client, err := range errs {
		var taken *store.SlotTakenError
		switch {
		case err == nil:
			won++
		case !errors.As(err, &taken) || taken.HeldBy != forms[0].SubmissionID:
			t.Errorf("client %d: %v, not that %s holds it", client, err, forms[0].SubmissionID)
		}
	}
	if won != 1 {
		t.Errorf("%d clients were told that they have it", won)
	}
}

// TestCareUnitsThatMeetANewPatientAtOnceMeanTheSame: no counter row makes these
// wait for each other, only the unique look-up hash does.
func TestCareUnitsThatMeetANewPatientAtOnceMeanTheSame(t *testing.T) {
	stores := several(t)
	for round := range 10 {
		who := fmt.Sprint("patient ", round)
		together(func(process, client int) {
			careUnit, key := fmt.Sprint("unit ", client), fmt.Sprintf("key %d of %d", client, round)
			if _, err := stores[process].Submit(ctx, envelope(careUnit, who, key, fmt.Sprint("e", round), "hads", fmt.Sprint(round))); err != nil {
				t.Error(err)
			}
		})
		lookup := sha256.Sum256([]byte(who))
		key, err := stores[0].FindPatient(ctx, lookup[:])
		if err != nil {
			t.Fatal(err)
		}
		for client := range processes * clients {
			if episodes, err := stores[1].EpisodesOfPatient(ctx, fmt.Sprint("unit ", client), key); err != nil || len(episodes) != 1 {
				t.Fatalf("round %d, unit %d: %d episodes, %v", round, client, len(episodes), err)
			}
		}
	}
}

// TestWhatWasSeenUpToAChangeNeverGrows: a reader in a third process asks for
// the newest change and what there is up to it while two others write. Were a
// number given out before an older one is visible, the same question would
// later have more to answer.
func TestWhatWasSeenUpToAChangeNeverGrows(t *testing.T) {
	stores := several(t)
	if _, err := stores[0].Submit(ctx, envelope(unit, "ada", "key", "e", "first", "first")); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		together(func(process, client int) {
			for n := range 15 {
				name := fmt.Sprintf("%d-%d", client, n)
				if _, err := stores[process].Submit(ctx, envelope(unit, "ada", "key", "e", "i"+name, name)); err != nil {
					t.Error(err)
				}
			}
		})
	}()
	seen := map[int64]int{}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		last, err := stores[2].LastChange(ctx, unit)
		if err != nil {
			t.Fatal(err)
		}
		forms, err := stores[2].SubmissionsOfEpisode(ctx, unit, "e", last)
		if err != nil {
			t.Fatal(err)
		}
		seen[last] = len(forms)
		if last != int64(len(forms))+1 { // and one change for the episode
			t.Errorf("up to change %d there are %d forms: a number is missing", last, len(forms))
		}
	}
	for last, had := range seen {
		if forms, err := stores[2].SubmissionsOfEpisode(ctx, unit, "e", last); err != nil || len(forms) != had {
			t.Errorf("up to change %d there were %d forms, now %d (%v)", last, had, len(forms), err)
		}
	}
	if want := int64(2 + processes*clients*15); seen[want] == 0 || len(seen) < 3 {
		t.Errorf("the reader saw %d states, and not change %d", len(seen), want)
	}
}

func TestASettingIsSeenByEveryProcessAtOnce(t *testing.T) {
	stores := several(t)
	for number := range int64(9) {
		put, err := stores[number%processes].PutSetting(ctx, store.Setting{Kind: "k", Name: "n", Value: "x", At: at}, number)
		if err != nil {
			t.Fatal(err)
		}
		for i, each := range stores {
			if change, err := each.SettingsChange(ctx); change != put.Change || err != nil {
				t.Errorf("process %d is told change %d, not %d (%v)", i, change, put.Change, err)
			}
		}
	}
	// Different settings by all at once: each gets a number of its own.
	together(func(process, client int) {
		if _, err := stores[process].PutSetting(ctx, store.Setting{Kind: "k", Name: fmt.Sprint(client), Value: "x", At: at}, 0); err != nil {
			t.Error(err)
		}
	})
	if change, err := stores[0].SettingsChange(ctx); change != 9+processes*clients || err != nil {
		t.Errorf("change %d, %v", change, err)
	}
}

// TestAPlanIsAppliedWholeOrDroppedWhicheverProcessIsFirst: one process applies
// a re-scoring while another gives it up. Applied in part, a trend would mix
// scores of two definitions.
func TestAPlanIsAppliedWholeOrDroppedWhicheverProcessIsFirst(t *testing.T) {
	stores := several(t)
	const forms = 20
	var scores []store.Rescored
	for n := range forms {
		id := fmt.Sprint(n)
		e := envelope(unit, "ada", "key", "e", "hads", id)
		e.Forms[0].Occasion, e.Forms[0].OccasionLabel = store.OtherOccasion, id
		if _, err := stores[0].Submit(ctx, e); err != nil {
			t.Fatal(err)
		}
		scores = append(scores, store.Rescored{CareUnit: unit, System: "ehr", SubmissionID: id, Version: 1, InstrumentVersion: "2", Scores: "total=7"})
	}
	for round := range 40 {
		plan := store.RescorePlan{
			PlanID: fmt.Sprintf("plan %02d", round), Instrument: "hads", TargetVersion: "2", Digest: []byte("d"), MadeBy: "bob", MadeAt: at,
			RescoreCounts: store.RescoreCounts{Forms: forms}, Scope: []store.RescoreScope{{CareUnit: unit, Forms: forms}},
		}
		err := stores[0].KeepRescorePlan(ctx, plan)
		if err == nil {
			err = stores[0].StageRescore(ctx, plan.PlanID, scores)
		}
		last, lastErr := stores[0].LastChange(ctx, unit)
		if err := errors.Join(err, lastErr); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		all.Go(func() {
			_, err := stores[0].FlipRescore(ctx, plan.PlanID, store.RescoreFlip{Applied: true, By: "bob", At: at}, map[string]int64{unit: last})
			if err != nil && !errors.Is(err, store.ErrStale) {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, err := stores[1].DropRescore(ctx, plan.PlanID, at, 1000); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		kept, err := stores[2].RescorePlan(ctx, plan.PlanID)
		if err != nil {
			t.Fatal(err)
		}
		if kept.Applied() && !kept.DroppedAt.IsZero() {
			t.Fatalf("round %d: the plan was applied, and dropped at %v", round, kept.DroppedAt)
		}
	}
}
