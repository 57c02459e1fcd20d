package demo_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/demo"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// local is the context of whoever sits at the machine.
var local = access.WithCaller(context.Background(), access.Local())

func open(t *testing.T) (*clinic.Clinic, store.Store) {
	t.Helper()
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, "painscore.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	use, err := clinic.Open(t.Context(), st, catalogue, keys, clinic.Settings{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return use, st
}

// trends reads every demo patient's trend.
func trends(t *testing.T, use *clinic.Clinic) []*clinic.Trend {
	t.Helper()
	episodes, _, err := use.ListEpisodes(local, "", nil, clinic.Page{Size: 100})
	if err != nil {
		t.Fatal(err)
	}
	var all []*clinic.Trend
	for _, e := range episodes {
		trend, err := use.Trend(local, clinic.EpisodeRef{CareUnit: e.CareUnit, EpisodeID: e.EpisodeID})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, trend)
	}
	return all
}

// scores is what a trend says, without the times of recording.
func scores(trends []*clinic.Trend) (out []string) {
	for _, trend := range trends {
		for _, line := range trend.Lines {
			for _, p := range line.Points {
				out = append(out, trend.Episode.EpisodeID+" "+p.SubmissionID+" "+line.Scale.Code+" "+line.ValueSet+" "+p.AnsweredOn+" "+p.Score.Text()+string(p.Score.Refusal.Reason))
			}
		}
	}
	return out
}

func TestDemoIsTheSameEveryTime(t *testing.T) {
	first, firstStore := open(t)
	second, secondStore := open(t)
	for use, st := range map[*clinic.Clinic]store.Store{first: firstStore, second: secondStore} {
		if err := demo.Fill(t.Context(), use, st); err != nil {
			t.Fatal(err)
		}
	}
	before := scores(trends(t, first))
	if diff := cmp.Diff(before, scores(trends(t, second))); diff != "" {
		t.Error(diff)
	}
	if err := demo.Fill(t.Context(), first, firstStore); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, scores(trends(t, first))); diff != "" {
		t.Errorf("filled again:\n%s", diff)
	}
}

// TestDemoShowsWhatClinicsSee: everything that a reader must be able to meet
// is met in the demo.
func TestDemoShowsWhatClinicsSee(t *testing.T) {
	use, st := open(t)
	if err := demo.Fill(t.Context(), use, st); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	all := trends(t, use)
	for _, trend := range all {
		seen["status "+trend.Episode.Status]++
		seen["unit "+trend.Episode.CareUnit]++
		answered := 0
		for _, m := range trend.Occasions {
			seen[string(m.Occasion)+" "+string(m.State)]++
			if m.State == clinic.MomentAnswered {
				answered++
			}
		}
		if answered == 1 {
			seen["one occasion only"]++
		}
		for _, line := range trend.Lines {
			for _, p := range line.Points {
				seen["timing "+string(p.Timing)]++
				if p.Score.Prorated {
					seen["prorated"]++
				}
				if p.Score.Outcome == scoring.Refused {
					seen["refused "+string(p.Score.Refusal.Reason)]++
				}
				if p.Switched {
					seen["switched"]++
				}
			}
			for _, change := range line.Changes {
				seen["movement "+string(change.Movement)]++
			}
		}
	}
	if len(all) != demo.Patients {
		t.Errorf("%d patients", len(all))
	}
	for _, want := range []string{
		"status completed", "status dropped_out", "unit demo-primary-care", "unit demo-specialist-care",
		"baseline answered", "baseline baseline_missing", "programme_end answered", "programme_end missing", "other answered",
		"follow_up_12_months answered", "follow_up_12_months missing", "one occasion only", "timing in_window", "timing late", "timing no_anchor_date",
		"prorated", "refused TOO_FEW_ANSWERS", "refused NOT_APPLICABLE", "switched",
		"movement TOWARDS_BETTER", "movement TOWARDS_WORSE", "movement SAME",
	} {
		if seen[want] == 0 {
			t.Errorf("the demo shows no %q", want)
		}
	}
	better, worse := seen["movement TOWARDS_BETTER"], seen["movement TOWARDS_WORSE"]
	if better < worse || worse < better/6 {
		t.Errorf("%d changes to the better and %d to the worse are no believable programme", better, worse)
	}
}

// TestABrokenFirstStartIsContinued fills a store in which some of the patients
// are there already.
func TestABrokenFirstStartIsContinued(t *testing.T) {
	whole, wholeStore := open(t)
	if err := demo.Fill(t.Context(), whole, wholeStore); err != nil {
		t.Fatal(err)
	}
	use, st := open(t)
	if err := demo.Fill(t.Context(), use, failing{st}); err == nil {
		t.Fatal("the store was to fail")
	}
	if err := demo.Fill(t.Context(), use, st); err != nil {
		t.Fatal(err)
	}
	got, want := scores(trends(t, use)), scores(trends(t, whole))
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// failing is a store whose power goes out before it can note that it is full.
type failing struct{ store.Properties }

func (failing) SetPropertyOnce(context.Context, string, string) (string, error) {
	return "", errors.New("no power")
}
