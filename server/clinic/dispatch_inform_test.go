package clinic_test

import (
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// informing is a dispatch whose information sheet tells of the registry.
func informing(id string) clinic.Dispatch {
	return clinic.Dispatch{Occasional: about(id), Kind: clinic.FormsSent, Information: "NRS 2024", Registry: clinic.DefaultRegistry}
}

func TestASheetThatWentAlongInformsAndOverridesNothingThatWasSaid(t *testing.T) {
	for what, c := range map[string]struct {
		before store.Choice // "" for none, by day
		day    string
		want   store.Choice
		number int64
	}{
		"nothing was recorded":             {"", "", store.Informed, 1},
		"not informed":                     {store.NotInformed, "2025-03-01", store.Informed, 2},
		"not informed on the same day":     {store.NotInformed, "2025-03-10", store.Informed, 2},
		"not informed, after the dispatch": {store.NotInformed, "2025-03-11", store.NotInformed, 1},
		"informed before":                  {store.Informed, "2025-03-01", store.Informed, 1},
		"objected":                         {store.Objected, "2025-03-01", store.Objected, 1},
		"objected later":                   {store.Objected, "2025-03-11", store.Objected, 1},
	} {
		t.Run(what, func(t *testing.T) {
			s := open(t, clinic.Settings{CareProviders: clinic.CareProviders{Own: provider}})
			s.episodeOf(t, "e", func(e *store.Episode) { e.FirstVisitOn = "2025-03-01" })
			s.now = s.now.AddDate(0, 0, 3)
			who := pat("e")
			if c.before != "" {
				r := chosen(c.before, c.day)
				r.Patient = &who
				s.choose(t, r)
			}
			s.now = s.now.Add(time.Minute)
			for _, again := range []bool{false, true} {
				done, err := s.RecordDispatch(ctx, informing("1"))
				if err != nil || done.Replayed != again || done.Choice == nil || done.Choice.Choice != c.want || done.Choice.Number != c.number || len(done.Code) != 9 {
					t.Fatalf("again %v: %+v %+v %v", again, done, done.Choice, err)
				}
			}
			all := s.choices(t, unit, "e")
			if stands := clinic.ChoiceIn(all, provider, clinic.DefaultRegistry); stands.Choice != c.want || int64(len(all)) != c.number {
				t.Errorf("%+v", all)
			}
			if c.want == store.Informed && c.number > 0 && c.before != store.Informed {
				if last := all[len(all)-1]; last.DecidedOn != "2025-03-10" || last.By != "SE-ebba" || !strings.Contains(last.Note, "information sheet") {
					t.Errorf("%+v", last)
				}
			}
		})
	}
}

// TestALateRetryOfADispatchDoesNotInformAgain: somebody has found out since that
// the patient was not informed after all.
func TestALateRetryOfADispatchDoesNotInformAgain(t *testing.T) {
	s := open(t, clinic.Settings{CareProviders: clinic.CareProviders{Own: provider}})
	s.episodeOf(t, "e", func(*store.Episode) {})
	if _, err := s.RecordDispatch(ctx, informing("1")); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Hour)
	who := pat("e")
	r := chosen(store.NotInformed, "2025-03-10")
	r.Patient = &who
	s.choose(t, r)
	done, err := s.RecordDispatch(ctx, informing("1"))
	if err != nil || !done.Replayed || done.Choice.Choice != store.NotInformed {
		t.Errorf("%+v %v", done.Choice, err)
	}
	s.now = s.now.Add(time.Hour)
	if done, err = s.RecordDispatch(ctx, informing("2")); err != nil || done.Choice.Choice != store.Informed {
		t.Errorf("another letter: %+v %v", done.Choice, err)
	}
}

func TestADispatchInformsOnlyWithASheetAndOfAKnownProvider(t *testing.T) {
	known := open(t, clinic.Settings{CareProviders: clinic.CareProviders{Own: provider}})
	unknown := open(t, clinic.Settings{})
	for _, c := range []struct {
		s    *site
		d    func(*clinic.Dispatch)
		want string
	}{
		{known, func(d *clinic.Dispatch) { d.Information = "" }, "information_sheet REQUIRED"},
		{known, func(d *clinic.Dispatch) { d.Registry = "a b" }, "informs_of_registry BAD_FORMAT"},
		{known, func(d *clinic.Dispatch) { d.Registry = pat("e").Value }, "informs_of_registry IDENTIFIER_IN_TEXT"},
		{unknown, func(*clinic.Dispatch) {}, "informs_of_registry BAD_FORMAT"},
		{known, func(d *clinic.Dispatch) { d.Kind = clinic.FormsDeclined }, "information_sheet BAD_FORMAT"},
	} {
		c.s.episodeOf(t, "e", func(*store.Episode) {})
		d := informing("1")
		c.d(&d)
		if _, err := c.s.RecordDispatch(ctx, d); said(err) != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
		if all := c.s.choices(t, unit, "e"); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	}
}
