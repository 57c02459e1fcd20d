package clinic_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

var ebba = as("ebba")

func (s *site) set(t *testing.T, change clinic.SettingChange) clinic.Setting {
	t.Helper()
	setting, err := s.ChangeSetting(ebba, change)
	if err != nil {
		t.Fatalf("change a setting: %v", err)
	}
	return setting
}

// process opens the use cases once more on the same store, as another process
// on one database would.
func (s *site) process(t *testing.T, dir string, catalogue *instruments.Catalogue) *site {
	t.Helper()
	keys, err := identity.LoadOrCreate(filepath.Join(dir, "identity.keys"))
	if err != nil {
		t.Fatal(err)
	}
	other := &site{store: s.store, now: s.now}
	other.Clinic, err = clinic.Open(ctx, s.store, catalogue, keys, clinic.Settings{}, func() time.Time { return other.now })
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// told lists settings as "unit kind name number value by note".
func (s *site) told(t *testing.T, filter clinic.SettingsFilter) []string {
	t.Helper()
	list, next, err := s.ListSettings(ctx, filter, clinic.Page{Size: 1000})
	if err != nil || next != "" {
		t.Fatalf("next page %q, error %v", next, err)
	}
	var told []string
	for _, each := range list {
		told = append(told, fmt.Sprintf("%s|%s|%s|%d|%s|%s|%s", each.CareUnit, each.Kind, each.Name, each.Number, each.Value, each.By, each.Note))
	}
	return told
}

func window(occasion store.Occasion, from, to int) clinic.SettingChange {
	return clinic.SettingChange{CareUnit: unit, Window: &clinic.OccasionWindow{Occasion: occasion, From: from, To: to}}
}

func activate(instrument, version string) clinic.SettingChange {
	return clinic.SettingChange{Definition: &clinic.DefinitionChoice{Instrument: instrument, Version: version}}
}

func TestSettingsKeepTheirHistory(t *testing.T) {
	s := open(t, clinic.Settings{})
	change := window(store.Baseline, -10, 10)
	change.Note = "agreed in March"
	s.set(t, change)
	change = window(store.Baseline, -20, 10)
	s.set(t, change)
	s.set(t, clinic.SettingChange{CareUnit: unit, Remove: &clinic.SettingName{Kind: clinic.WindowSetting, Name: "baseline"}})
	filter := clinic.SettingsFilter{Kind: clinic.WindowSetting}
	if got := s.told(t, filter); len(got) != 0 {
		t.Errorf("after the removal there stands %q", got)
	}
	filter.History = true
	want := []string{
		unit + `|window|baseline|1|{"from":-10,"to":10}|ebba|agreed in March`,
		unit + `|window|baseline|2|{"from":-20,"to":10}|ebba|`,
		unit + `|window|baseline|3||ebba|`,
	}
	if diff := cmp.Diff(want, s.told(t, filter)); diff != "" {
		t.Error(diff)
	}
	list, _, err := s.ListSettings(ctx, filter, clinic.Page{})
	if err != nil || !list[0].At.Equal(noon) || list[0].Window.From != -10 || list[2].Window != nil {
		t.Errorf("%+v, error %v", list, err)
	}
}

func TestAChangeThatChangesNothingWritesNothing(t *testing.T) {
	s := open(t, clinic.Settings{})
	change := window(store.Baseline, -10, 10)
	change.Etag = "n0"
	first := s.set(t, change)
	s.now = noon.Add(time.Hour)
	if again := s.set(t, change); !cmp.Equal(first, again) { // though its etag is not the newest any more
		t.Errorf("got %+v, want %+v", again, first)
	}
	_, err := s.ChangeSetting(ebba, clinic.SettingChange{CareUnit: unit, Remove: &clinic.SettingName{Kind: clinic.NormSetting, Name: "hads/anxiety/sdc"}})
	if got := reason(t, err); got.Reason != clinic.SettingUnknown {
		t.Errorf("got %v", got)
	}
	s.set(t, activate("hads", "1")) // active already
	if got := s.told(t, clinic.SettingsFilter{Name: "hads", History: true}); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestAChangeHoldsTheEtag(t *testing.T) {
	s := open(t, clinic.Settings{})
	first := s.set(t, window(store.Baseline, -10, 10))
	s.set(t, window(store.Baseline, -11, 10))
	for _, etag := range []string{clinic.SettingEtag(first.Setting), "n0", "n3", "2", "v2"} {
		change := window(store.Baseline, -12, 10)
		change.Etag = etag
		_, err := s.ChangeSetting(ebba, change)
		if got := reason(t, err); got.Reason != clinic.StaleVersion {
			t.Errorf("%s: %v", etag, got)
		}
	}
	change := window(store.Baseline, -12, 10)
	change.Etag = "n2"
	if third := s.set(t, change); third.Number != 3 {
		t.Errorf("number %d", third.Number)
	}
}

func TestChangesWithoutAnEtagAreLaidOverEachOther(t *testing.T) {
	s := open(t, clinic.Settings{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if _, err := s.ChangeSetting(ebba, window(store.Baseline, -10-i, 10)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := s.told(t, clinic.SettingsFilter{Kind: clinic.WindowSetting, History: true}); len(got) != 4 {
		t.Errorf("%q", got)
	}
}

func TestWindowsAreLaidOverTheConfiguration(t *testing.T) {
	configured := clinic.DefaultWindows()
	configured[store.Baseline] = clinic.Window{Anchor: clinic.FirstVisit, From: -70, To: 7}
	s := open(t, clinic.Settings{Windows: configured})
	s.submit(t, at(store.Baseline, "2025-03-01", "s-1", nprs(5)))
	visit := update("first_visit_on")
	visit.Episode.FirstVisitOn = "2025-03-11" // ten days after
	s.upsert(t, visit)
	timing := func() string {
		t.Helper()
		trend := s.trend(t)
		return fmt.Sprint(line(t, trend, "nprs", "average_pain").Points[0].Timing, " ", trend.Occasions[0].FirstDay, " ", trend.Occasions[0].LastDay)
	}
	everyUnit, own, other := window(store.Baseline, -9, 9), window(store.Baseline, -10, 0), window(store.Baseline, -1, 1)
	everyUnit.CareUnit, other.CareUnit = "", "SE-2"
	remove := func(careUnit string) clinic.SettingChange {
		return clinic.SettingChange{CareUnit: careUnit, Remove: &clinic.SettingName{Kind: clinic.WindowSetting, Name: "baseline"}}
	}
	for _, step := range []struct {
		name   string
		change clinic.SettingChange
		want   string
	}{
		{"another unit's", other, "in_window 2024-12-31 2025-03-18"},
		{"every unit's", everyUnit, "early 2025-03-02 2025-03-20"},
		{"the unit's own", own, "in_window 2025-03-01 2025-03-11"},
		{"every unit's without the own", remove(unit), "early 2025-03-02 2025-03-20"},
		{"the configured one again", remove(""), "in_window 2024-12-31 2025-03-18"},
	} {
		if s.set(t, step.change); timing() != step.want {
			t.Errorf("%s: %s, want %s", step.name, timing(), step.want)
		}
	}
	if configured[store.Baseline].To != 7 {
		t.Error("the configuration itself was changed")
	}
}

func TestBadSettingsAreRefusedWithEveryProblem(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{ValueSets: map[string][]string{"eq_5d_5l": {"se_tto_2020"}}}, builtin(t))
	removal := func(kind clinic.SettingKind, name string) clinic.SettingChange {
		return clinic.SettingChange{Remove: &clinic.SettingName{Kind: kind, Name: name}}
	}
	tests := map[string]struct {
		change clinic.SettingChange
		want   []string
	}{
		"nothing":                   {clinic.SettingChange{}, []string{"change REQUIRED"}},
		"unit and note":             {clinic.SettingChange{CareUnit: "a b", Note: "two\nlines", Window: &clinic.OccasionWindow{Occasion: store.Baseline}}, []string{"care_unit BAD_FORMAT", "note BAD_FORMAT"}},
		"window inside out":         {window(store.Baseline, 1, 0), []string{"window.to_days OUT_OF_RANGE"}},
		"window of no occasion":     {window("", 0, 0), []string{"window.occasion REQUIRED"}},
		"window of an other":        {window(store.OtherOccasion, 0, 4000), []string{"window.occasion REQUIRED", "window.to_days OUT_OF_RANGE"}},
		"unknown instrument":        {activate("x", "1"), []string{"active_definition.instrument UNKNOWN_INSTRUMENT"}},
		"unknown version":           {activate("hads", "9"), []string{"active_definition.version UNKNOWN_VERSION"}},
		"neither":                   {activate("", ""), []string{"active_definition.instrument REQUIRED", "active_definition.version REQUIRED"}},
		"active for one unit":       {clinic.SettingChange{CareUnit: unit, Definition: &clinic.DefinitionChoice{Instrument: "hads", Version: "1"}}, []string{"care_unit BAD_FORMAT"}},
		"removal of nothing":        {removal("", ""), []string{"remove.kind REQUIRED", "remove.name REQUIRED"}},
		"removal of the definition": {removal(clinic.ActiveDefinition, "hads"), []string{"remove.kind BAD_FORMAT"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.ChangeSetting(ebba, tc.change)
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := s.told(t, clinic.SettingsFilter{Kind: clinic.WindowSetting, History: true}); len(got) != 0 {
		t.Errorf("stored: %q", got)
	}
}

func TestListSettingsByUnitAndByPages(t *testing.T) {
	s := open(t, clinic.Settings{})
	for _, u := range []string{"", "SE-1", "SE-2"} {
		for _, occasion := range []store.Occasion{store.Baseline, store.ProgrammeEnd} {
			for days := range 3 {
				change := window(occasion, 0, days)
				change.CareUnit = u
				s.set(t, change)
			}
		}
	}
	names := func(told []string) (short []string) {
		for _, each := range told {
			short = append(short, strings.Join(strings.Split(each, "|")[:4], "|"))
		}
		return short
	}
	concerning := names(s.told(t, clinic.SettingsFilter{CareUnit: "SE-1", Kind: clinic.WindowSetting}))
	if diff := cmp.Diff([]string{"|window|baseline|3", "|window|programme_end|3", "SE-1|window|baseline|3", "SE-1|window|programme_end|3"}, concerning); diff != "" {
		t.Error(diff)
	}
	all := names(s.told(t, clinic.SettingsFilter{History: true}))
	var paged []string
	page := clinic.Page{Size: 4}
	for range 100 {
		list, next, err := s.ListSettings(ctx, clinic.SettingsFilter{History: true}, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range list {
			paged = append(paged, fmt.Sprintf("%s|%s|%s|%d", each.CareUnit, each.Kind, each.Name, each.Number))
		}
		if page.Token = next; next == "" {
			break
		}
	}
	if diff := cmp.Diff(all, paged); diff != "" || len(all) != 18+len(builtin(t).Active()) {
		t.Errorf("%d versions in all (-at once +by pages):\n%s", len(all), diff)
	}
	_, token, _ := s.ListSettings(ctx, clinic.SettingsFilter{}, clinic.Page{Size: 1})
	_, _, err := s.ListSettings(ctx, clinic.SettingsFilter{History: true, Kind: "x"}, clinic.Page{Token: token})
	if diff := cmp.Diff([]string{"kind UNKNOWN_FIELD", "page_token BAD_PAGE_TOKEN"}, problems(t, err)); diff != "" {
		t.Error(diff)
	}
}

// TestASettingThatCannotBeReadStopsTheUseCases: a decision that is left out in
// silence would change scores or verdicts.
func TestASettingThatCannotBeReadStopsTheUseCases(t *testing.T) {
	for name, value := range map[string]store.Setting{
		"not JSON":        {Kind: "window", Name: "baseline", Value: "soon"},
		"a newer field":   {Kind: "window", Name: "baseline", Value: `{"from":1,"to":2,"anchor":"x"}`},
		"a newer kind":    {Kind: "battery", Name: "baseline", Value: "hads"},
		"a lost version":  {Kind: "active_definition", Name: "hads", Value: "9"},
		"a norm cut":      {Kind: "norm", Name: "hads/anxiety/sdc", Value: `{"instrument":"hads"`},
		"no instrument x": {Kind: "active_definition", Name: "x", Value: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, clinic.Settings{})
			number := int64(0)
			if value.Name == "hads" {
				number = 1
			}
			if _, err := s.store.PutSetting(ctx, value, number); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Score(ctx, hads()); err == nil || !strings.Contains(err.Error(), "settings") {
				t.Errorf("scored, error %v", err)
			}
		})
	}
}
