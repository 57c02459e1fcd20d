package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// clients is how many calls run side by side.
const clients = 32

// together runs f for each client at once.
func together(f func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range clients {
		all.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	all.Wait()
}

var parallelTests = map[string]func(*testing.T, fixture){
	"of many clients with one submission id, one stores and the others get its receipt": func(t *testing.T, s fixture) {
		receipts := make([]store.Receipt, clients)
		together(func(i int) {
			var err error
			e := envelope("ada", form("e", "hads", "1"))
			e.Identity.PatientKey = fmt.Sprint("key ", i)
			if receipts[i], err = s.Submit(ctx, e); err != nil {
				t.Error(err)
			}
		})
		stored := 0
		for _, receipt := range receipts {
			if len(receipt.Forms) != 1 {
				continue
			}
			if !receipt.Forms[0].Replayed {
				stored++
			}
			same(t, "receipt", receipt.Forms[0].Submission, receipts[0].Forms[0].Submission)
		}
		if stored != 1 {
			t.Errorf("%d clients stored the form", stored)
		}
		if forms := must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t); len(forms) != 1 {
			t.Errorf("%d forms are stored", len(forms))
		}
		if last := must(s.LastChange(ctx, unit))(t); last != 2 {
			t.Errorf("%d changes were made", last)
		}
	},

	"of many clients with one slot under different ids, one stores and the others are told which": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "pcs", "0")))
		errs := make([]error, clients)
		together(func(i int) {
			_, errs[i] = s.Submit(ctx, envelope("ada", form("e", "hads", fmt.Sprint("id ", i))))
		})
		holder := ""
		for i, err := range errs {
			if err == nil {
				if holder != "" {
					t.Error("two clients stored the slot")
				}
				holder = fmt.Sprint("id ", i)
			}
		}
		for i, err := range errs {
			var taken *store.SlotTakenError
			if err != nil && (!errors.As(err, &taken) || taken.HeldBy != holder) {
				t.Errorf("client %d: %v, %+v, holder %s", i, err, taken, holder)
			}
		}
		if forms := must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t); len(forms) != 2 {
			t.Errorf("%d forms are stored", len(forms))
		}
	},

	"of many clients with one new patient, all mean the same patient": func(t *testing.T, s fixture) {
		together(func(i int) {
			e := envelope("ada", form(fmt.Sprint("e", i), "hads", fmt.Sprint(i)))
			e.Identity.PatientKey = fmt.Sprint("key ", i)
			if _, err := s.Submit(ctx, e); err != nil {
				t.Error(err)
			}
		})
		key := must(s.FindPatient(ctx, person("ada").Lookup))(t)
		if episodes := must(s.EpisodesOfPatient(ctx, unit, key))(t); len(episodes) != clients {
			t.Errorf("the patient has %d episodes of %d", len(episodes), clients)
		}
	},

	"of many changes from one version of an episode, one is made": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		errs := make([]error, clients)
		together(func(i int) {
			_, errs[i] = s.PutEpisode(ctx, episode(unit, "e"), person("ada"), 1)
		})
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else {
				isError(t, "the others", err, store.ErrStale)
			}
		}
		if history := must(s.EpisodeHistory(ctx, unit, "e"))(t); made != 1 || len(history) != 2 {
			t.Errorf("%d changes were made, the history has %d", made, len(history))
		}
	},

	"of many clients that set a property, one decides": func(t *testing.T, s fixture) {
		stands := make([]string, clients)
		together(func(i int) {
			var err error
			if stands[i], err = s.SetPropertyOnce(ctx, "p", fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
		for _, value := range stands {
			if value != stands[0] {
				t.Fatalf("not one value stands: %v", stands)
			}
		}
	},

	"change numbers appear in the order of commits: what was seen up to one never grows": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "first", "first")))
		done := make(chan struct{})
		go func() {
			defer close(done)
			together(func(i int) {
				for n := range 8 {
					name := fmt.Sprintf("i%d-%d", i, n)
					if _, err := s.Submit(ctx, envelope("ada", form("e", name+"a", name+"a"), form("e", name+"b", name+"b"))); err != nil {
						t.Error(err)
					}
				}
			})
		}()
		snapshots := map[int64]map[int64]string{}
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			last := must(s.LastChange(ctx, unit))(t)
			if snapshots[last] == nil {
				snapshots[last] = seen(t, s, last)
			}
		}
		if len(snapshots) < 3 {
			t.Errorf("only %d states were seen", len(snapshots))
		}
		for last, before := range snapshots {
			if after := seen(t, s, last); !maps.Equal(before, after) {
				t.Errorf("as of %d: saw %d rows then, %d now", last, len(before), len(after))
			}
			if _, ok := before[last]; !ok {
				t.Errorf("change %d was announced and not there", last)
			}
			// Both forms of an envelope or neither: the first is odd one out.
			if len(before)%2 != 1 {
				t.Errorf("as of %d: half an envelope, %d rows", last, len(before))
			}
		}
		if all := seen(t, s, 0); len(all) != 1+2*8*clients {
			t.Errorf("%d forms are stored", len(all))
		}
	},
}

// seen returns the submissions of episode e by change number.
func seen(t *testing.T, s store.Submissions, asOf int64) map[int64]string {
	all := map[int64]string{}
	for _, sub := range must(s.SubmissionsOfEpisode(ctx, unit, "e", asOf))(t) {
		if all[sub.ChangeSeq] != "" {
			t.Errorf("change %d stands for two forms", sub.ChangeSeq)
		}
		all[sub.ChangeSeq] = sub.SubmissionID
	}
	return all
}

var endTests = map[string]func(*testing.T, fixture){
	"everything is there after a restart": func(t *testing.T, s fixture) {
		receipt := submit(t, s, envelope("ada", form("e", "hads", "1"), form("e", "pcs", "2")))
		last := must(s.LastChange(ctx, unit))(t)
		again := s.reopen()
		same(t, "submissions", must(again.SubmissionsOfEpisode(ctx, unit, "e", 0))(t),
			[]store.Submission{receipt.Forms[0].Submission, receipt.Forms[1].Submission})
		if now := must(again.LastChange(ctx, unit))(t); now != last {
			t.Errorf("last change %d, was %d", now, last)
		}
		if key := must(again.FindPatient(ctx, person("ada").Lookup))(t); key != "key of ada" {
			t.Errorf("patient key %q", key)
		}
		next := submit(t, again, envelope("ada", form("e", "isi", "3")))
		if next.Forms[0].ChangeSeq != last+1 {
			t.Errorf("the next change is %d after %d", next.Forms[0].ChangeSeq, last)
		}
	},

	"a caller that has given up gets its own error and changes nothing": func(t *testing.T, s fixture) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, err := s.Submit(gone, envelope("ada", form("e", "hads", "1")))
		isError(t, "submit", err, context.Canceled)
		_, err = s.PutEpisode(gone, episode(unit, "e"), person("ada"), 0)
		isError(t, "put episode", err, context.Canceled)
		_, err = s.SubmissionsOfEpisode(gone, unit, "e", 0)
		isError(t, "read", err, context.Canceled)
		_, err = s.Submission(gone, unit, "ehr", "1")
		isError(t, "read one", err, context.Canceled)
		nothingStored(t, s, "e")
	},

	"a caller that gives up in the middle leaves all of its envelope or nothing": func(t *testing.T, s fixture) {
		together(func(i int) {
			mine, cancel := context.WithCancel(ctx)
			go cancel()
			var forms []store.Submission
			for n := range 10 {
				forms = append(forms, form(fmt.Sprint("e", i), fmt.Sprint("i", n), fmt.Sprint(i, "-", n)))
			}
			_, err := s.Submit(mine, envelope(fmt.Sprint("p", i), forms...))
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			stored := len(must(s.SubmissionsOfEpisode(ctx, unit, fmt.Sprint("e", i), 0))(t))
			_, missing := s.Episode(ctx, unit, fmt.Sprint("e", i))
			if err == nil && stored != 10 || err != nil && stored != 0 || (missing == nil) != (stored == 10) {
				t.Errorf("client %d: error %v, %d forms of 10, episode: %v", i, err, stored, missing)
			}
		})
	},

	"writes in flight are finished before the store closes": func(t *testing.T, s fixture) {
		errs := make([]error, clients)
		var again store.Store
		together(func(i int) {
			if i == 0 {
				again = s.reopen()
				return
			}
			_, errs[i] = s.Submit(ctx, envelope("ada", form("e", fmt.Sprint("i", i), fmt.Sprint(i))))
		})
		for i, err := range errs[1:] {
			_, missing := again.Submission(ctx, unit, "ehr", fmt.Sprint(i+1))
			if err == nil && missing != nil || err != nil && missing == nil {
				t.Errorf("client %d: %v, then %v", i+1, err, missing)
			}
			if err != nil {
				isError(t, "after the close", err, store.ErrUnavailable)
			}
		}
	},

	"a closed store is unavailable": func(t *testing.T, s fixture) {
		s.reopen()
		_, err := s.Submit(ctx, envelope("ada", form("e", "hads", "1")))
		isError(t, "submit", err, store.ErrUnavailable)
		_, err = s.Episode(ctx, unit, "e")
		isError(t, "read", err, store.ErrUnavailable)
		if err := s.Close(); err != nil {
			t.Errorf("closed again: %v", err)
		}
	},

	"the store says what it is": func(t *testing.T, s fixture) {
		d := must(s.Describe(ctx))(t)
		if d.Engine == "" || d.EngineVersion == "" || d.SchemaVersion < 1 || len(d.Settings) == 0 {
			t.Errorf("%+v", d)
		}
	},
}
