package clinic_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// stricter is a HADS whose anxiety is probable from 12.
func stricter(t *testing.T) []byte {
	return mustDiffer(t, "hads",
		"to: 10}, {code: probable, from: 11,", "to: 11}, {code: probable, from: 12,",
		"{anxiety: probable, depression: normal}", "{anxiety: possible, depression: normal}")
}

func TestActivationIsForNewSheetsOnly(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, with(t, "hads-2.yaml", stricter(t)))
	first := baseline("s-1", hads())
	s.submit(t, first)
	change := activate("hads", "2")
	change.Note = "the cut-off of the manual"
	s.set(t, change)

	end := at(store.ProgrammeEnd, "2025-03-10", "s-2", hads())
	second := s.submit(t, end)
	if got := score(t, second.ScoreList, "anxiety"); second.InstrumentVersion != "2" || got.Band != "possible" {
		t.Errorf("after the activation: version %s, band %s", second.InstrumentVersion, got.Band)
	}
	retry := s.submit(t, first)
	if got := score(t, retry.ScoreList, "anxiety"); !retry.Replayed || retry.InstrumentVersion != "1" || got.Band != "probable" {
		t.Errorf("the retry: replayed %v, version %s, band %s", retry.Replayed, retry.InstrumentVersion, got.Band)
	}
	if points := line(t, s.trend(t), "hads", "anxiety").Points; points[0].Definition.Version() != "1" || points[0].Score.Band != "probable" || points[1].Score.Band != "possible" {
		t.Errorf("%+v", points)
	}
	named := hads()
	named.Version = "1"
	if scored, err := s.Score(ctx, named); err != nil || scored.Instrument.Version() != "1" {
		t.Errorf("a version that is named: %v", err)
	}
	s.store.Close()

	// The act is kept, and a start with another folder of files is no act.
	s = openIn(t, dir, clinic.Settings{}, builtin(t))
	if d, err := s.Instrument(ctx, "hads", ""); err != nil || d.Version() != "2" {
		t.Errorf("after a restart %s is active, error %v", d.Version(), err)
	}
	got := s.told(t, clinic.SettingsFilter{Name: "hads", History: true})
	if len(got) != 2 || got[0] != "|active_definition|hads|1|1|painscored, first start|" || got[1] != "|active_definition|hads|2|2|ebba|the cut-off of the manual" {
		t.Errorf("%q", got)
	}
}

// TestARetryIsReadByTheVersionThatScoredItFirst: another version may ask for
// other answers, or in another order; the sheet that was stored is the same.
func TestARetryIsReadByTheVersionThatScoredItFirst(t *testing.T) {
	for name, change := range map[string][]string{
		"a narrower range": {"max: 10", "max: 8", "from: 8, to: 10", "from: 8, to: 8"},
		"another item":     {"average_pain", "mean_pain"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openIn(t, t.TempDir(), clinic.Settings{}, with(t, "nprs-2.yaml", mustDiffer(t, "nprs", change...)))
			first := baseline("s-1", nprs(9))
			s.submit(t, first)
			s.set(t, activate("nprs", "2"))
			if again := s.submit(t, first); !again.Replayed || again.InstrumentVersion != "1" {
				t.Errorf("replayed %v, version %s", again.Replayed, again.InstrumentVersion)
			}
			other := baseline("s-1", nprs(8))
			_, _, err := s.Submit(ctx, other, true)
			if got := reason(t, err); got.Reason != clinic.SubmissionIDReused {
				t.Errorf("another content under the id: %v", got)
			}
			fresh := baseline("s-9", nprs(9))
			if _, _, err := s.Submit(ctx, fresh, true); err == nil {
				t.Error("a new sheet was read by the old version")
			}
		})
	}
}

// TestARetryIsARetryAfterItsFormWasScoredAnew: the scores that count are by the
// active version then, but the sheet still reads otherwise by it.
func TestARetryIsARetryAfterItsFormWasScoredAnew(t *testing.T) {
	reordered := mustDiffer(t, "hads", "  - {code: \"1\", min: 0, max: 3}\n  - {code: \"2\", min: 0, max: 3}\n", "  - {code: \"2\", min: 0, max: 3}\n  - {code: \"1\", min: 0, max: 3}\n")
	s := openIn(t, t.TempDir(), clinic.Settings{}, with(t, "hads-2.yaml", reordered))
	first := baseline("s-1", hads())
	s.submit(t, first)
	s.set(t, activate("hads", "2"))
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads"})
	s.apply(t, plan)
	if again := s.submit(t, first); !again.Replayed || again.InstrumentVersion != "1" || again.RescorePlan != "" {
		t.Errorf("replayed %v, version %s, plan %q", again.Replayed, again.InstrumentVersion, again.RescorePlan)
	}
}

func TestEveryProcessSeesAChangeAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	// Only the last process was given the file; the others learn of it from the
	// store, the first as it activates it, the second as it is told.
	all := []*site{s, s.process(t, dir, builtin(t)), s.process(t, dir, with(t, "hads-2.yaml", stricter(t)))}
	for i := range 3 * len(ways) {
		v := []string{"2", "1"}[i%2]
		all[i%3].set(t, activate("hads", v))
		for n, each := range all {
			// Another one is the first to look each time.
			for l := range ways {
				way := ways[(i+n+l)%len(ways)]
				if got, err := way(t, each); err != nil || got != v {
					t.Errorf("act %d, process %d, way %d: HADS is scored by version %q, not %s (%v)", i, n, (i+n+l)%len(ways), got, v, err)
				}
			}
		}
	}
	s.submit(t, at(store.Baseline, "2025-03-01", "s-1", nprs(5)))
	visit := update("first_visit_on")
	visit.Episode.FirstVisitOn = "2025-03-11"
	s.upsert(t, visit)
	for i, days := range []int{-5, -15} {
		all[i].set(t, window(store.Baseline, days, 0))
		for n, each := range all {
			if got := line(t, each.trend(t), "nprs", "average_pain").Points[0].Timing; (got == clinic.InWindow) != (days == -15) {
				t.Errorf("from day %d, process %d: %s", days, n, got)
			}
		}
	}
}

// ways are those in which a caller learns which HADS is the active one.
var ways = []func(*testing.T, *site) (string, error){
	func(t *testing.T, s *site) (string, error) {
		scored, err := s.Score(ctx, hads())
		if err != nil {
			return "", err
		}
		return scored.Instrument.Version(), nil
	},
	func(t *testing.T, s *site) (string, error) {
		active, err := s.ActiveInstruments(ctx)
		return ofHADS(active), err
	},
	func(t *testing.T, s *site) (string, error) {
		page, _, err := s.Instruments(ctx, clinic.Page{})
		return ofHADS(page), err
	},
	func(t *testing.T, s *site) (string, error) {
		d, err := s.Instrument(ctx, "hads", "")
		if err != nil {
			return "", err
		}
		return d.Version(), nil
	},
	func(t *testing.T, s *site) (string, error) {
		id := fmt.Sprintf("%p-%d", s, time.Now().UnixNano())
		form := baseline(id, hads())
		form.EpisodeID = "e-" + id
		stored, _, err := s.Submit(ctx, form, true)
		if err != nil {
			return "", err
		}
		return stored[0].InstrumentVersion, nil
	},
}

func ofHADS(list []*scoring.Instrument) string {
	i := slices.IndexFunc(list, func(in *scoring.Instrument) bool { return in.ID() == "hads" })
	if i < 0 {
		return "none"
	}
	return list[i].Version()
}

// mustDiffer is version 2 of a definition with a text replaced that must occur.
func mustDiffer(t *testing.T, id string, change ...string) []byte {
	t.Helper()
	plain, changed := version(t, id, "2"), version(t, id, "2", change...)
	if bytes.Equal(plain, changed) {
		t.Fatalf("%s holds no %q", id, change[0])
	}
	return changed
}
