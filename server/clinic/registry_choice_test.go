package clinic_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

const provider = "SE-provider"

// chosen is a choice of tolvan's about the default registry.
func chosen(choice store.Choice, day string) clinic.RegistryChoosing {
	return clinic.RegistryChoosing{
		EpisodeRef: clinic.EpisodeRef{Patient: &tolvan, CareUnit: unit}, Choice: choice, DecidedOn: day,
		Decision: clinic.Decision{Reason: "told at the visit", Author: "SE-ebba"},
	}
}

// withProvider is a site that knows whose its units are, with an episode of tolvan's.
func withProvider(t *testing.T) *site {
	t.Helper()
	s := open(t, clinic.Settings{CareProviders: clinic.CareProviders{Own: provider, Of: map[string]string{"SE-hired": "SE-other"}}})
	s.submit(t, baseline("s-1", nprs(8)))
	return s
}

func (s *site) choose(t *testing.T, r clinic.RegistryChoosing) store.RegistryChoice {
	t.Helper()
	choice, err := s.SetRegistryChoice(ctx, r)
	if err != nil {
		t.Fatalf("choose: %v", err)
	}
	return choice
}

func (s *site) choices(t *testing.T, careUnit, episodeID string) []store.RegistryChoice {
	t.Helper()
	file, err := s.EpisodeFile(ctx, clinic.EpisodeRef{CareUnit: careUnit, EpisodeID: episodeID})
	if err != nil {
		t.Fatal(err)
	}
	return file.Choices
}

func TestAChoiceIsKeptWithItsHistory(t *testing.T) {
	s := withProvider(t)
	if stands := clinic.ChoiceIn(s.choices(t, unit, "e-1"), provider, clinic.DefaultRegistry); stands.Choice != store.NotInformed || clinic.ChoiceEtag(stands) != "" {
		t.Errorf("before anything was said: %+v", stands)
	}
	informed := s.choose(t, chosen(store.Informed, "2025-03-01"))
	want := store.RegistryChoice{
		PatientKey: informed.PatientKey, Provider: provider, Registry: "nrs", Number: 1, Choice: store.Informed, DecidedOn: "2025-03-01",
		Act: store.Act{By: "SE-ebba", At: s.now, Note: "told at the visit"},
	}
	equal(t, "informed", informed, want)
	s.now = s.now.Add(time.Hour)
	again := chosen(store.Informed, "2025-03-01")
	again.Etag, again.Reason = "c9", "twice"
	equal(t, "a retry", s.choose(t, again), informed)
	objecting := chosen(store.Objected, "2025-03-02")
	objecting.EpisodeID, objecting.Patient, objecting.Author = "e-1", nil, ""
	objected := s.choose(t, objecting)
	if objected.Number != 2 || objected.By != "local" {
		t.Errorf("%+v", objected)
	}
	other := chosen(store.Informed, "2025-03-02")
	other.Registry = "another"
	s.choose(t, other)
	all := s.choices(t, unit, "e-1")
	if len(all) != 3 || clinic.ChoiceIn(all, provider, "nrs") != objected || clinic.ChoiceIn(all, provider, "another").Choice != store.Informed {
		t.Errorf("%+v", all)
	}
}

func TestAnObjectionIsTakenBackOnlyByWhoHasReadIt(t *testing.T) {
	s := withProvider(t)
	s.choose(t, chosen(store.Informed, "2025-03-01"))
	objected := s.choose(t, chosen(store.Objected, "2025-03-02"))
	for _, choice := range []store.Choice{store.Informed, store.NotInformed} {
		_, err := s.SetRegistryChoice(ctx, chosen(choice, "2025-03-03"))
		if got := reason(t, err).Reason; got != clinic.RegistryObjected {
			t.Errorf("%s: %s", choice, got)
		}
		stale := chosen(choice, "2025-03-03")
		stale.Etag = "c1"
		_, err = s.SetRegistryChoice(ctx, stale)
		if got := reason(t, err).Reason; got != clinic.StaleVersion {
			t.Errorf("%s: %s", choice, got)
		}
	}
	equal(t, "an objection stands", clinic.ChoiceIn(s.choices(t, unit, "e-1"), provider, "nrs"), objected)
	if later := s.choose(t, chosen(store.Objected, "2025-03-03")); later.Number != 3 {
		t.Errorf("objected again: %+v", later)
	}
	back := chosen(store.Informed, "2025-03-04")
	back.Etag = "c3"
	if got := s.choose(t, back); got.Choice != store.Informed || got.Number != 4 {
		t.Errorf("%+v", got)
	}
}

func TestWhoseTheUnitIsSaysForWhomAChoiceHolds(t *testing.T) {
	s := withProvider(t)
	s.upsert(t, clinic.EpisodeUpdate{Patient: tolvan, Episode: store.Episode{CareUnit: "SE-hired", EpisodeID: "h-1"}})
	s.choose(t, chosen(store.Informed, "2025-03-01"))
	hired := chosen(store.Objected, "2025-03-01")
	hired.CareUnit, hired.CareProvider = "SE-hired", "SE-other"
	s.choose(t, hired)
	for careUnit, want := range map[string]store.RegistryChoice{unit: {Provider: provider, Choice: store.Informed}, "SE-hired": {Provider: "SE-other", Choice: store.Objected}} {
		all := s.choices(t, careUnit, map[string]string{unit: "e-1", "SE-hired": "h-1"}[careUnit])
		if len(all) != 1 || all[0].Provider != want.Provider || all[0].Choice != want.Choice {
			t.Errorf("%s: %+v", careUnit, all)
		}
	}
	wrong := chosen(store.Objected, "2025-03-01")
	wrong.CareProvider = "SE-other"
	_, err := s.SetRegistryChoice(ctx, wrong)
	same(t, "another's unit", problems(t, err), []string{"care_provider BAD_FORMAT"})

	unknowing := open(t, clinic.Settings{})
	unknowing.submit(t, baseline("s-1", nprs(8)))
	_, err = unknowing.SetRegistryChoice(ctx, chosen(store.Informed, "2025-03-01"))
	same(t, "not known", problems(t, err), []string{"care_provider REQUIRED"})
	for _, named := range []string{"SE-b", "SE-a"} {
		r := chosen(store.Informed, "2025-03-01")
		r.CareProvider = named
		unknowing.choose(t, r)
	}
	if all := unknowing.choices(t, unit, "e-1"); len(all) != 2 || all[0].Provider != "SE-a" {
		t.Errorf("%+v", all)
	}
}

func TestSetRegistryChoiceRefusals(t *testing.T) {
	s := withProvider(t)
	for name, c := range map[string]struct {
		change func(*clinic.RegistryChoosing)
		want   []string
	}{
		"nothing": {func(r *clinic.RegistryChoosing) { *r = clinic.RegistryChoosing{} },
			[]string{"care_unit REQUIRED", "choice REQUIRED", "decided_on REQUIRED", "episode_id REQUIRED", "reason REQUIRED"}},
		"an unknown choice":   {func(r *clinic.RegistryChoosing) { r.Choice = "perhaps" }, []string{"choice UNKNOWN_FIELD"}},
		"tomorrow":            {func(r *clinic.RegistryChoosing) { r.DecidedOn = "2026-12-31" }, []string{"decided_on FUTURE_DATE"}},
		"no day":              {func(r *clinic.RegistryChoosing) { r.DecidedOn = "2025-02-30" }, []string{"decided_on BAD_DATE"}},
		"odd codes":           {func(r *clinic.RegistryChoosing) { r.Registry, r.EpisodeID = "a b", "c d" }, []string{"episode_id BAD_FORMAT", "registry BAD_FORMAT"}},
		"impossible":          {func(r *clinic.RegistryChoosing) { r.Patient = &clinic.PatientRef{System: "personnummer", Value: "1"} }, []string{"patient.value BAD_FORMAT"}},
		"on the way in":       {func(r *clinic.RegistryChoosing) { r.Found = []clinic.Problem{{Field: "x", Reason: "UNKNOWN_FIELD"}} }, []string{"x UNKNOWN_FIELD"}},
		"in a text":           {func(r *clinic.RegistryChoosing) { r.Reason, r.Registry = "19121212-1212", "r-1212121212" }, []string{"reason IDENTIFIER_IN_TEXT", "registry IDENTIFIER_IN_TEXT"}},
		"in a text, unnamed":  {func(r *clinic.RegistryChoosing) { r.Patient, r.EpisodeID, r.Author = nil, "e-1", "1212121212" }, []string{"author IDENTIFIER_IN_TEXT"}},
		"an unprintable code": {func(r *clinic.RegistryChoosing) { r.Registry = "a\x1f" }, []string{"registry BAD_FORMAT"}},
	} {
		r := chosen(store.Informed, "2025-03-01")
		c.change(&r)
		_, err := s.SetRegistryChoice(ctx, r)
		if diff := cmp.Diff(c.want, problems(t, err)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	s.upsert(t, clinic.EpisodeUpdate{Patient: somebody(1), Episode: store.Episode{CareUnit: "SE-elsewhere", EpisodeID: "e-1"}})
	for name, c := range map[string]struct {
		ref  clinic.EpisodeRef
		want string
	}{
		"nobody":              {clinic.EpisodeRef{Patient: ptr(somebody(2)), CareUnit: unit}, clinic.PatientUnknown},
		"of another unit":     {clinic.EpisodeRef{Patient: ptr(somebody(1)), CareUnit: unit}, clinic.PatientUnknown},
		"no episode":          {clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-9"}, clinic.EpisodeUnknown},
		"another's episode":   {clinic.EpisodeRef{Patient: ptr(somebody(1)), CareUnit: unit, EpisodeID: "e-1"}, clinic.EpisodeUnknown},
		"the other unit's id": {clinic.EpisodeRef{Patient: &tolvan, CareUnit: "SE-elsewhere", EpisodeID: "e-1"}, clinic.EpisodeUnknown},
	} {
		r := chosen(store.Informed, "2025-03-01")
		r.EpisodeRef = c.ref
		_, err := s.SetRegistryChoice(ctx, r)
		if got := reason(t, err).Reason; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if all := s.choices(t, unit, "e-1"); len(all) != 0 {
		t.Errorf("recorded: %+v", all)
	}
}

func ptr[T any](v T) *T { return &v }

func TestATestIdentityMakesATestPatient(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	s.submit(t, baseline("s-1", nprs(8)))
	s.submit(t, of(registered, "s-2", "real"))
	upserted := s.upsert(t, clinic.EpisodeUpdate{Patient: tolvan, Episode: store.Episode{CareUnit: unit, EpisodeID: "e-2"}})
	if !upserted.TestPatient || !slices.ContainsFunc(upserted.Warnings, func(w clinic.Warning) bool { return w.Code == clinic.WarnTestIdentity }) {
		t.Errorf("%+v", upserted)
	}
	list, _, err := s.ListEpisodes(ctx, unit, nil, clinic.Page{})
	if err != nil {
		t.Fatal(err)
	}
	flagged := map[string]bool{}
	for _, e := range list {
		flagged[e.EpisodeID] = e.TestPatient
	}
	equal(t, "flagged", flagged, map[string]bool{"e-1": true, "e-2": true, "real": false})
	trend, err := s.Trend(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"})
	if err != nil || !trend.Episode.TestPatient {
		t.Errorf("a trend does not say so: %v", err)
	}
	for _, l := range []clinic.Linking{linking(registered, tolvan), linking(tolvan, registered)} {
		l.Merge = true
		_, err := s.LinkIdentity(ctx, l)
		if got := reason(t, err).Reason; got != clinic.TestPatient {
			t.Error(got)
		}
	}
	if got := s.link(t, linking(tolvan, reserve)); !got.Added {
		t.Errorf("a second name of a test patient: %+v", got)
	}
	alone := open(t, clinic.Settings{})
	alone.submit(t, of(registered, "s-1", "real"))
	_, err = alone.LinkIdentity(ctx, linking(registered, tolvan))
	if got := reason(t, err).Reason; got != clinic.TestPatient {
		t.Errorf("a test identity that is new: %s", got)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestTestPatientsFromBeforeAreMarkedAtTheNextStart takes the mark away, as if
// the store had been filled before there was one.
func TestTestPatientsFromBeforeAreMarkedAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	s.submit(t, baseline("s-1", nprs(8)))
	s.submit(t, of(registered, "s-2", "real"))
	s.store.Close()
	db, err := sql.Open("sqlite3", filepath.Join(dir, "painscore.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE patient SET is_test = 0"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	s = openIn(t, dir, clinic.Settings{}, builtin(t))
	for id, want := range map[string]bool{"e-1": true, "real": false} {
		if e, err := s.Episode(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: id}); err != nil || e.TestPatient != want {
			t.Errorf("%s: %v %v", id, e.TestPatient, err)
		}
	}
}
