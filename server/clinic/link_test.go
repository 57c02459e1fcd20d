package clinic_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

var (
	reserve    = clinic.PatientRef{System: "reservnummer", Value: "19AB1234"}
	registered = clinic.PatientRef{System: "personnummer", Value: "189001019802"}
)

func linking(patient, also clinic.PatientRef) clinic.Linking {
	return clinic.Linking{Patient: patient, Also: also, Decision: clinic.Decision{Reason: "the number came", Author: "SE-ebba"}}
}

func (s *site) link(t *testing.T, l clinic.Linking) clinic.Linked {
	t.Helper()
	linked, err := s.LinkIdentity(ctx, l)
	if err != nil {
		t.Fatalf("link: %v", err)
	}
	return linked
}

// of is a baseline of a patient in an episode.
func of(patient clinic.PatientRef, id, episode string) clinic.Submission {
	sub := baseline(id, nprs(5))
	sub.Patient, sub.EpisodeID = patient, episode
	return sub
}

func (s *site) episodesOf(t *testing.T, patient clinic.PatientRef) []string {
	t.Helper()
	list, _, err := s.ListEpisodes(ctx, unit, &patient, clinic.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range list {
		ids = append(ids, e.EpisodeID)
	}
	return ids
}

func TestALinkedIdentifierIsThePatients(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, of(reserve, "s-1", "e-1"))
	if got := s.link(t, linking(reserve, registered)); !got.Added || got.Merged || got.MovedEpisodes != 0 {
		t.Errorf("%+v", got)
	}
	same(t, "by the new number", s.episodesOf(t, registered), []string{"e-1"})
	if again := s.submit(t, of(registered, "s-1", "e-1")); !again.Replayed {
		t.Error("a retry under the new number is another submission")
	}
	for _, l := range []clinic.Linking{linking(reserve, registered), linking(registered, reserve)} {
		if got := s.link(t, l); got.Added || got.Merged {
			t.Errorf("again: %+v", got)
		}
	}
}

func TestTwoPatientsBecomeOneOnlyWhenToldSo(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, of(reserve, "s-1", "e-1"))
	s.link(t, linking(reserve, clinic.PatientRef{System: "reservnummer", Value: "20CD5678"}))
	s.submit(t, of(registered, "s-2", "e-2"))
	before := s.lastChange(t)
	_, err := s.LinkIdentity(ctx, linking(registered, reserve))
	if got := reason(t, err); got.Reason != clinic.IdentifierOfOther || s.lastChange(t) != before {
		t.Errorf("%+v", got)
	}
	same(t, "apart", s.episodesOf(t, registered), []string{"e-2"})
	merge := linking(registered, reserve)
	merge.Merge = true
	if got := s.link(t, merge); got.Added || !got.Merged || got.MovedEpisodes != 1 {
		t.Errorf("%+v", got)
	}
	for _, patient := range []clinic.PatientRef{registered, reserve} {
		same(t, "one", s.episodesOf(t, patient), []string{"e-1", "e-2"})
	}
	if got := s.link(t, merge); got.Added || got.Merged || got.MovedEpisodes != 0 {
		t.Errorf("again: %+v", got)
	}
	// What was sealed for the patient that is given up opens for the other: each
	// number is recognised in texts from now on.
	for _, number := range []string{"19AB1234", "20CD5678", "900101-9802"} {
		a := correction("s-2", func(a *clinic.Amendment) { a.To.Mode, a.Reason = "phone", "see "+number })
		_, err = s.AmendSubmission(ctx, a)
		if got := problems(t, err); !slices.Equal(got, []string{"reason IDENTIFIER_IN_TEXT"}) {
			t.Error(got)
		}
	}
	if erased := s.erase(t, erasing("erasure-1", reserve)); erased.Identities != 3 || erased.Episodes != 2 || len(erased.PatientKeys) != 2 {
		t.Errorf("%+v", erased)
	}
}

func TestLinkIdentityRefusals(t *testing.T) {
	s := open(t, clinic.Settings{})
	_, err := s.LinkIdentity(ctx, linking(reserve, registered))
	if got := reason(t, err).Reason; got != clinic.PatientUnknown {
		t.Error(got)
	}
	s.submit(t, of(registered, "s-1", "e-1"))
	_, err = s.LinkIdentity(ctx, linking(reserve, registered))
	if got := reason(t, err).Reason; got != clinic.PatientUnknown {
		t.Errorf("of somebody unknown: %s", got)
	}
	for name, c := range map[string]struct {
		change func(*clinic.Linking)
		want   []string
	}{
		"nothing": {func(l *clinic.Linking) { *l = clinic.Linking{} },
			[]string{"also.system REQUIRED", "also.value REQUIRED", "patient.system REQUIRED", "patient.value REQUIRED", "reason REQUIRED"}},
		"twice the same": {func(l *clinic.Linking) {
			l.Also = clinic.PatientRef{System: "urn:oid:1.2.752.129.2.1.3.1", Value: "900101+9802"}
		}, []string{"also.value BAD_FORMAT"}},
		"impossible":    {func(l *clinic.Linking) { l.Also = clinic.PatientRef{System: "personnummer", Value: "1"} }, []string{"also.value BAD_FORMAT"}},
		"in the reason": {func(l *clinic.Linking) { l.Reason, l.Author = "19ab1234 is 900101-9802", "9001019802" }, []string{"author IDENTIFIER_IN_TEXT", "reason IDENTIFIER_IN_TEXT"}},
		"on the way in": {func(l *clinic.Linking) { l.Found = []clinic.Problem{{Field: "also", Reason: "UNKNOWN_FIELD"}} }, []string{"also UNKNOWN_FIELD"}},
	} {
		l := linking(registered, reserve)
		c.change(&l)
		_, err := s.LinkIdentity(ctx, l)
		if diff := cmp.Diff(c.want, problems(t, err)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := s.link(t, linking(registered, reserve)); !got.Added {
		t.Error("a refused link was carried out")
	}
}

// TestLinkWarnsOfAnIdentifierThatStandsInClear: an id was made of a number that
// nobody knew to be one.
func TestLinkWarnsOfAnIdentifierThatStandsInClear(t *testing.T) {
	s := open(t, clinic.Settings{})
	s.submit(t, of(registered, "s-1", "e-1"))
	sub := of(registered, "form-19AB1234", "care-19ab1234")
	sub.Source.DocumentID = "19AB1234/2"
	s.submit(t, sub)
	s.upsert(t, clinic.EpisodeUpdate{Patient: registered, Episode: store.Episode{CareUnit: unit, EpisodeID: "e-1", Cohort: "19AB1234"}})
	linked := s.link(t, linking(registered, reserve))
	i := slices.IndexFunc(linked.Warnings, func(w clinic.Warning) bool { return w.Code == clinic.WarnIdentifierInText })
	if i < 0 || !strings.HasSuffix(linked.Warnings[i].Description, ": cohort, episode_id, source.document_id, submission_id") || strings.Contains(linked.Warnings[i].Description, "AB1234") {
		t.Errorf("%+v", linked.Warnings)
	}
	odd := s.link(t, linking(reserve, clinic.PatientRef{System: "personnummer", Value: "189001019811"})).Warnings
	if !slices.ContainsFunc(odd, func(w clinic.Warning) bool { return w.Code == clinic.WarnCheckDigit && w.Field == "also.value" }) {
		t.Errorf("%+v", odd)
	}
}
