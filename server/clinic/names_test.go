package clinic_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

func (s *site) name(t *testing.T, episodeID, name string) bool {
	t.Helper()
	changed, err := s.SetPatientName(ctx, clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{CareUnit: unit, EpisodeID: episodeID}, Name: name})
	if err != nil {
		t.Fatalf("name: %v", err)
	}
	return changed
}

// called is what the patient of an episode is called.
func (s *site) called(t *testing.T, episodeID string) string {
	t.Helper()
	name, err := s.PatientName(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episodeID})
	if err != nil {
		t.Fatal(err)
	}
	return name.Name
}

// bearers are the episodes of those who bear a name.
func (s *site) bearers(t *testing.T, ctx context.Context, careUnit, name string) string {
	t.Helper()
	episodes, err := s.FindByName(ctx, careUnit, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range episodes {
		ids = append(ids, e.CareUnit+"/"+e.EpisodeID)
	}
	return strings.Join(ids, " ")
}

func TestAPatientsNameIsGivenShownFoundAndTakenAway(t *testing.T) {
	s := withPatients(t)
	if s.called(t, "worse") != "" || s.bearers(t, ctx, unit, "Åsa Öberg") != "" {
		t.Error("there is a name before any was given")
	}
	if !s.name(t, "worse", " åsa  öberg") || s.name(t, "worse", "åsa öberg") || !s.name(t, "worse", "Åsa Öberg") {
		t.Error("only what changes something changes something")
	}
	s.name(t, "better", "Bo")
	if got := s.called(t, "worse"); got != "Åsa Öberg" {
		t.Errorf("called %q", got)
	}
	for _, careUnit := range []string{unit, ""} {
		if got := s.bearers(t, ctx, careUnit, "ÅSA A\u030asa"); got != "" {
			t.Errorf("found by another name: %s", got)
		}
		if got := s.bearers(t, ctx, careUnit, "A\u030aSA  öberg "); got != unit+"/worse" {
			t.Errorf("in %q: %q", careUnit, got)
		}
	}
	if got := s.bearers(t, ctx, "elsewhere", "Åsa Öberg"); got != "" {
		t.Errorf("elsewhere: %s", got)
	}
	list, err := s.FindPatientsNamed(ctx, "Åsa Öberg")
	if err != nil || len(list) != 1 || list[0].EpisodeID != "worse" || len(list[0].Occasions) != 2 {
		t.Errorf("%+v %v", list, err)
	}
	if !s.name(t, "worse", "") || s.name(t, "worse", "") || s.called(t, "worse") != "" || s.bearers(t, ctx, unit, "Åsa Öberg") != "" {
		t.Error("it is not taken away")
	}
	if s.called(t, "better") != "Bo" {
		t.Error("another's name went with it")
	}
}

// TestANameIsThePatientsAndNotAnEpisodes: set by an identifier or by one
// episode, it is shown with every other.
func TestANameIsThePatientsAndNotAnEpisodes(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, baseline("s-1", nprs(8)))
	second := baseline("s-2", nprs(8))
	second.EpisodeID = "e-2"
	s.submit(t, second)
	if _, err := s.SetPatientName(ctx, clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{Patient: &tolvan, CareUnit: unit}, Name: "Tolvan"}); err != nil {
		t.Fatal(err)
	}
	if s.called(t, "e-1") != "Tolvan" || s.called(t, "e-2") != "Tolvan" {
		t.Error("not with both")
	}
	if got := s.bearers(t, ctx, unit, "tolvan"); got != unit+"/e-1 "+unit+"/e-2" {
		t.Error(got)
	}
}

func TestWhatIsWrongWithANamingIsSaid(t *testing.T) {
	s := withPatients(t)
	for _, c := range []struct {
		naming clinic.PatientNaming
		want   string
	}{
		{clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{CareUnit: unit, EpisodeID: "worse"}, Name: "19121212-1212"}, "name BAD_FORMAT"},
		{clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{CareUnit: unit, EpisodeID: "worse"}, Name: " "}, "name BAD_FORMAT"},
		{clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{CareUnit: unit}, Name: "Bo"}, "episode_id REQUIRED"},
		{clinic.PatientNaming{Name: "Bo\n"}, "care_unit REQUIRED; episode_id REQUIRED"},
		{clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{CareUnit: unit, EpisodeID: "none"}, Name: "Bo"}, "EPISODE_UNKNOWN"},
		{clinic.PatientNaming{EpisodeRef: clinic.EpisodeRef{CareUnit: unit, Patient: &clinic.PatientRef{System: "personnummer", Value: "198507099805"}}, Name: "Bo"}, "PATIENT_UNKNOWN"},
	} {
		_, err := s.SetPatientName(ctx, c.naming)
		if got := said(err); got != c.want {
			t.Errorf("%+v: %s, want %s", c.naming.Name, got, c.want)
		}
		if err != nil && c.naming.Name != " " && strings.Contains(err.Error(), c.naming.Name) {
			t.Errorf("the refusal repeats the name: %v", err)
		}
	}
	if _, err := s.FindByName(ctx, "a b", "", nil); said(err) != "care_unit BAD_FORMAT; name BAD_FORMAT" {
		t.Error(err)
	}
	if _, err := s.PatientName(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "none"}); said(err) != "EPISODE_UNKNOWN" {
		t.Error(err)
	}
}

// said is what an error says to a caller: fields and reasons, or a reason.
func said(err error) string {
	var input *clinic.InputError
	var state *clinic.StateError
	var all []string
	switch {
	case errors.As(err, &input):
		for _, p := range input.Problems {
			all = append(all, p.Field+" "+p.Reason)
		}
	case errors.As(err, &state):
		return state.Reason
	default:
		return fmt.Sprint(err)
	}
	return strings.Join(all, "; ")
}

// looker is somebody who asks for names, and what becomes of it.
type looker struct {
	role       access.Role
	unit       string
	may, finds bool
	outcome    access.Outcome // "": nothing is on record, since nothing was shown
}

// on says whether events are what should be on record of showing names.
func (l looker) on(events []access.Event, patientKey string) bool {
	if l.outcome == "" {
		return len(events) == 0
	}
	return len(events) == 1 && events[0].Action == access.GetPatientNameCall && events[0].Outcome == l.outcome &&
		(l.outcome != access.Granted || slices.Equal(events[0].Patients, []string{patientKey}))
}

// recorded is an access log that keeps its events in memory.
type recorded struct {
	mu     sync.Mutex
	events []access.Event
}

func (r *recorded) AppendAccess(_ context.Context, block store.AccessBlock) error {
	events, err := access.Events(block.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, events...)
	return err
}

func (r *recorded) open(t *testing.T) *access.Log {
	t.Helper()
	log, err := access.NewLog(r, access.OneKey([]byte("a key of some thirty-two bytes")), access.LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

// take returns what was recorded since it was last asked.
func (r *recorded) take() []access.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

// TestNamesAreForThoseWhoMeetThePatient: programs and analysts get none, other
// units none of patients whom they may not see, and every look is on record.
func TestNamesAreForThoseWhoMeetThePatient(t *testing.T) {
	log := &recorded{}
	s := open(t, clinic.Settings{AccessLog: log.open(t)})
	s.submit(t, baseline("s-1", nprs(8)))
	s.name(t, "e-1", "Tolvan")
	episode, err := s.Clinic.Episode(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []looker{
		{access.Clinician, unit, true, true, access.Granted}, {access.Coordinator, unit, true, true, access.Granted},
		{access.Administrator, unit, true, true, access.Granted}, {access.Clinician, "SE-else", true, false, ""},
		{access.Integrator, unit, false, false, access.Refused}, {access.Analyst, unit, false, false, access.Refused},
	} {
		as := access.WithCaller(t.Context(), access.Caller{System: "pages", User: "SE-eva", Unit: c.unit, Roles: []access.Role{c.role}, Purpose: access.Care})
		if clinic.MaySeeNames(as) != c.may {
			t.Errorf("%s: may %v", c.role, !c.may)
		}
		log.take()
		names, err := s.DisplayNames(as, []store.Episode{episode, episode})
		if (err == nil) != c.may || (names[episode.PatientKey] == "Tolvan") != c.finds || len(names) > 1 {
			t.Errorf("%s of %s: %v %v", c.role, c.unit, names, err)
		}
		if got := log.take(); !c.on(got, episode.PatientKey) {
			t.Errorf("%s of %s: on record is %+v, want %q", c.role, c.unit, got, c.outcome)
		}
		found, err := s.FindByName(as, "", "tolvan", nil)
		if (err == nil) != c.may || (len(found) == 1) != c.finds {
			t.Errorf("%s of %s finds %d, %v", c.role, c.unit, len(found), err)
		}
		want := cmp.Or(c.outcome, access.NotFound) // also that nobody was found is on record
		if got := log.take(); len(got) != 1 || got[0].Action != access.FindPatientsByNameCall || got[0].Outcome != want {
			t.Errorf("%s of %s: on record is %+v, want one search, %s", c.role, c.unit, got, want)
		}
		_, err = s.PatientName(as, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "e-1"})
		if (err == nil) != c.finds {
			t.Errorf("%s of %s: %v", c.role, c.unit, err)
		}
	}
}

// TestANameIsNowhereInClear looks for a planted name in every byte of the store.
func TestANameIsNowhereInClear(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	s.submit(t, baseline("s-1", nprs(8)))
	s.name(t, "e-1", "Zebulon Quisling")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	seen := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		seen = seen || bytes.Contains(text, []byte(unit))
		for _, part := range []string{"zebulon", "quisling"} {
			if bytes.Contains(bytes.ToLower(text), []byte(part)) {
				t.Errorf("%s holds it", filepath.Base(file))
			}
		}
	}
	if !seen {
		t.Error("not even the care unit is found: the search is blind")
	}
}

// TestANameGoesWithItsPatient: into a merge, where the newer one stays, and out
// with an erasure.
func TestANameGoesWithItsPatient(t *testing.T) {
	s := withPatients(t)
	s.name(t, "worse", "Åsa")
	s.now = s.now.Add(time.Second)
	s.name(t, "better", "Åsa Öberg")
	if _, err := s.LinkIdentity(ctx, clinic.Linking{Patient: pat("worse"), Also: pat("better"), Merge: true, Decision: clinic.Decision{Reason: "one person"}}); err != nil {
		t.Fatal(err)
	}
	if s.called(t, "worse") != "Åsa Öberg" || s.called(t, "better") != "Åsa Öberg" {
		t.Errorf("called %q and %q", s.called(t, "worse"), s.called(t, "better"))
	}
	if _, err := s.ErasePatient(ctx, clinic.Erasing{ErasureID: "er-1", Patient: pat("worse"), Decision: clinic.Decision{Reason: "asked"}}); err != nil {
		t.Fatal(err)
	}
	if got := s.bearers(t, ctx, "", "Åsa Öberg"); got != "" {
		t.Errorf("found %s", got)
	}
}
