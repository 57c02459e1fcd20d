package clinic_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// audited is a site on whose log are events about two patients, one of whom had
// another key before: ids 0 to 8, in this order, a minute apart from noon on,
// about the registered person's key of now, somebody else, and that person's
// earlier key in turn.
func audited(t *testing.T) *site {
	t.Helper()
	s := open(t, clinic.Settings{})
	s.now = noon.Add(time.Hour)
	keys := make([]string, 3)
	for i, who := range []clinic.PatientRef{registered, somebody(1), somebody(2)} {
		e := clinic.EpisodeUpdate{Patient: who, Episode: store.Episode{CareUnit: unit, EpisodeID: fmt.Sprint("e", i)}}
		upserted, err := s.UpsertEpisode(ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = upserted.PatientKey
	}
	now := noon.Add(-time.Minute)
	l, err := access.NewLog(s.store, access.OneKey([]byte("a key of some thirty-two bytes")), access.LogOptions{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		now = now.Add(time.Minute)
		e := access.Event{RequestID: fmt.Sprint(i), User: fmt.Sprint("user ", i%2), Action: access.GetTrendCall, Patients: []string{keys[i%3]}}
		if err := l.Record(e).Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if _, err := s.LinkIdentity(ctx, clinic.Linking{Patient: registered, Also: somebody(2), Merge: true, Decision: clinic.Decision{Reason: "one person"}}); err != nil {
		t.Fatal(err)
	}
	return s
}

// requests names events by their request ids.
func requests(events []access.Event) (ids string) {
	for _, e := range events {
		ids += e.RequestID
	}
	return ids
}

func TestTheAccessLogIsListedByPatientUserAndPeriod(t *testing.T) {
	s := audited(t)
	third := somebody(2)
	for name, c := range map[string]struct {
		filter clinic.AccessFilter
		want   string
	}{
		"everything":                          {clinic.AccessFilter{}, "876543210"},
		"a patient, under every key":          {clinic.AccessFilter{Patient: &registered}, "865320"},
		"by the identifier that was given up": {clinic.AccessFilter{Patient: &third}, "865320"},
		"a user":                              {clinic.AccessFilter{User: "user 1"}, "7531"},
		"a user and a patient":                {clinic.AccessFilter{User: "user 1", Patient: &registered}, "53"},
		"a period":                            {clinic.AccessFilter{From: noon.Add(2 * time.Minute), To: noon.Add(4 * time.Minute)}, "432"},
		"nothing":                             {clinic.AccessFilter{User: "nobody"}, ""},
	} {
		for _, size := range []int{1, 2, 100} {
			var got string
			for page := (clinic.Page{Size: size}); ; {
				events, next, err := s.ListAccessEvents(ctx, c.filter, page)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got += requests(events)
				if page.Token = next; next == "" {
					break
				}
			}
			if got != c.want {
				t.Errorf("%s, by pages of %d: %q, want %q", name, size, got, c.want)
			}
		}
	}
	stranger := somebody(9)
	var state *clinic.StateError
	if _, _, err := s.ListAccessEvents(ctx, clinic.AccessFilter{Patient: &stranger}, clinic.Page{}); !errors.As(err, &state) || state.Reason != clinic.PatientUnknown {
		t.Errorf("an unknown patient: %v", err)
	}
	_, token, err := s.ListAccessEvents(ctx, clinic.AccessFilter{User: "user 1"}, clinic.Page{Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	var input *clinic.InputError
	if _, _, err := s.ListAccessEvents(ctx, clinic.AccessFilter{User: "user 0"}, clinic.Page{Token: token}); !errors.As(err, &input) {
		t.Errorf("a token of another list: %v", err)
	}
}

func TestASampleOfTheLogCanBeDrawnAgainAndItsCheckIsKept(t *testing.T) {
	s := audited(t)
	from, to := noon.Add(time.Minute), noon.Add(8*time.Minute)
	sample, err := s.SampleAccessEvents(ctx, from, to, 3, "")
	if err != nil || sample.Events != 8 || len(sample.Drawn) != 3 || sample.Seed == "" {
		t.Fatalf("%+v, %v", sample, err)
	}
	if again, err := s.SampleAccessEvents(ctx, from, to, 3, sample.Seed); err != nil || !cmp.Equal(sample, again) {
		t.Errorf("drawn again: %+v, %v", again, err)
	}
	for name, c := range map[string]struct {
		from, to time.Time
		size     int
	}{
		"no size": {from, to, 0}, "too many": {from, to, clinic.MaxPageSize + 1}, "no begin": {time.Time{}, to, 1}, "no end": {from, time.Time{}, 1},
		"the wrong way round": {to, from, 1}, "not over yet": {from, s.now.Add(time.Second), 1},
	} {
		var input *clinic.InputError
		if _, err := s.SampleAccessEvents(ctx, c.from, c.to, c.size, ""); !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
	review := store.AccessReview{ReviewID: "2025-03", From: from, To: to, Events: 8, Sampled: 3, Seed: sample.Seed, Note: "nothing out of the way"}
	kept, err := s.RecordAccessReview(ctx, review)
	if err != nil || kept.Reviewer != "local" || !kept.ReviewedAt.Equal(s.now) {
		t.Fatalf("%+v, %v", kept, err)
	}
	s.now = s.now.Add(time.Minute)
	if again, err := s.RecordAccessReview(ctx, review); err != nil || again != kept {
		t.Errorf("recorded again: %+v, %v", again, err)
	}
	review.Note = "something else"
	var state *clinic.StateError
	if _, err := s.RecordAccessReview(ctx, review); !errors.As(err, &state) || state.Reason != clinic.ReviewIDReused {
		t.Errorf("another under the id: %v", err)
	}
	review.ReviewID, review.Sampled = "2025-04", 9
	var input *clinic.InputError
	if _, err := s.RecordAccessReview(ctx, review); !errors.As(err, &input) {
		t.Errorf("more looked at than there are: %v", err)
	}
	review.Sampled = 3
	if _, err := s.RecordAccessReview(ctx, review); err != nil {
		t.Fatal(err)
	}
	first, next, err := s.ListAccessReviews(ctx, clinic.Page{Size: 1})
	if err != nil || len(first) != 1 || first[0].ReviewID != "2025-04" {
		t.Fatalf("%+v, %v", first, err)
	}
	if rest, _, err := s.ListAccessReviews(ctx, clinic.Page{Size: 9, Token: next}); err != nil || len(rest) != 1 || rest[0] != kept {
		t.Errorf("%+v, %v", rest, err)
	}
}
