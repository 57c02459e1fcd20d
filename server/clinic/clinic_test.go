package clinic_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// noon is "now" in these tests: the 15th of March 2025, in Sweden 13:00.
var noon = time.Date(2025, 3, 15, 12, 0, 0, 0, time.UTC)

const unit = "SE2321000000-TEST"

// ctx is that of the one caller of local mode, who may do everything.
var ctx = access.WithCaller(context.Background(), access.Local())

// as is ctx for another calling system.
func as(system string) context.Context {
	caller := access.Local()
	caller.System, caller.User = system, system
	return access.WithCaller(ctx, caller)
}

// site is a clinic on a store of its own.
type site struct {
	*clinic.Clinic
	store store.Store
	now   time.Time
}

func open(t *testing.T, settings clinic.Settings) *site {
	t.Helper()
	return openIn(t, t.TempDir(), settings, builtin(t))
}

func builtin(t testing.TB) *instruments.Catalogue {
	t.Helper()
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

func openIn(t testing.TB, dir string, settings clinic.Settings, catalogue *instruments.Catalogue) *site {
	t.Helper()
	s, err := tryOpen(t, dir, settings, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tryOpen(t testing.TB, dir string, settings clinic.Settings, catalogue *instruments.Catalogue) (*site, error) {
	t.Helper()
	st, err := sqlite.Open(ctx, filepath.Join(dir, "painscore.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{store: st, now: noon}
	s.Clinic, err = clinic.Open(ctx, st, catalogue, keys, settings, func() time.Time { return s.now })
	return s, err
}

var tolvan = clinic.PatientRef{System: "personnummer", Value: "191212121212"}

// hads is a complete HADS by item number: anxiety 11, depression 7.
func hads() clinic.Sheet {
	return byNumber("hads", 3, 1, 1, 0, 0, 2, 1, 3, 2, 0, 1, 1, 3, 0)
}

func byNumber(instrument string, values ...int32) clinic.Sheet {
	sheet := clinic.Sheet{Instrument: instrument}
	for i, v := range values {
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: itoa(i + 1), Response: scoring.Response{Kind: scoring.Answered, Value: v}})
	}
	return sheet
}

func itoa(n int) string {
	if n >= 10 {
		return itoa(n/10) + itoa(n%10)
	}
	return string(rune('0' + n))
}

func byCode(instrument string, answers map[string]int32, sets ...string) clinic.Sheet {
	sheet := clinic.Sheet{Instrument: instrument}
	sheet.ValueSets = sets
	for item, v := range answers {
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item, Response: scoring.Response{Kind: scoring.Answered, Value: v}})
	}
	return sheet
}

// baseline is a well-formed baseline of one form.
func baseline(id string, sheet clinic.Sheet) clinic.Submission {
	return clinic.Submission{
		Patient: tolvan, CareUnit: unit, EpisodeID: "e-1", Occasion: store.Baseline, AnsweredOn: "2025-03-01",
		Respondent: store.Patient, Forms: []clinic.Form{{SubmissionID: id, Sheet: sheet}},
	}
}

func (s *site) submit(t *testing.T, sub clinic.Submission) clinic.Stored {
	t.Helper()
	stored, _, err := s.Submit(ctx, sub, len(sub.Forms) == 1)
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	return stored[0]
}

// isEmpty says whether the store holds nothing of anybody.
func (s *site) isEmpty(t *testing.T) bool {
	t.Helper()
	units, err := s.store.CareUnits(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seq, err := s.store.LastChange(ctx, unit)
	if err != nil {
		t.Fatal(err)
	}
	return len(units) == 0 && seq == 0
}

// problems lists "field REASON" of an input error, sorted.
func problems(t *testing.T, err error) []string {
	t.Helper()
	var input *clinic.InputError
	if !errors.As(err, &input) {
		t.Fatalf("got error %v, want an *InputError", err)
	}
	var list []string
	for _, p := range input.Problems {
		list = append(list, p.Field+" "+p.Reason)
	}
	slices.Sort(list)
	return list
}

func reason(t *testing.T, err error) *clinic.StateError {
	t.Helper()
	var state *clinic.StateError
	if !errors.As(err, &state) {
		t.Fatalf("got error %v, want a *StateError", err)
	}
	return state
}

func score(t *testing.T, scores []scoring.Score, scale string) *scoring.Score {
	t.Helper()
	for i := range scores {
		if scores[i].Scale == scale {
			return &scores[i]
		}
	}
	t.Fatalf("no scale %s", scale)
	return nil
}

func TestOpenRefusesAnotherKeyFile(t *testing.T) {
	dir := t.TempDir()
	openIn(t, dir, clinic.Settings{}, builtin(t)).store.Close()
	st, err := sqlite.Open(ctx, filepath.Join(dir, "painscore.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	other, err := identity.LoadOrCreate(filepath.Join(t.TempDir(), "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = clinic.Open(ctx, st, builtin(t), other, clinic.Settings{}, time.Now); err == nil || !strings.Contains(err.Error(), "key file") {
		t.Fatalf("got %v, want a refusal that names the key file", err)
	}
}

func TestOpenRefusesUnknownValueSets(t *testing.T) {
	for name, sets := range map[string]map[string][]string{
		"instrument": {"eq_9d": {"se_tto_2020"}},
		"set":        {"eq_5d_5l": {"se_tto_2014"}},
		"twice":      {"eq_5d_5l": {"se_tto_2020", "se_tto_2020"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tryOpen(t, t.TempDir(), clinic.Settings{ValueSets: sets}, builtin(t)); err == nil || !strings.Contains(err.Error(), "value_sets") {
				t.Fatalf("got %v, want a refusal that names value_sets", err)
			}
		})
	}
}
