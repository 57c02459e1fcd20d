package clinic_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// exported is an export with a line for each part, which says enough to tell
// it from others.
func (s *site) exported(t *testing.T, patient clinic.PatientRef) (lines []string, sent clinic.PatientParts) {
	t.Helper()
	sent, err := s.ExportPatient(ctx, patient, nil, func(p clinic.PatientPart) error {
		switch {
		case p.Identifier != nil:
			lines = append(lines, "called "+p.Identifier.System+" "+p.Identifier.Value)
		case p.Name != nil:
			lines = append(lines, "named "+p.Name.Name)
		case p.Act != nil:
			lines = append(lines, fmt.Sprint("act ", p.Act.EpisodeID, " ", p.Act.Kind, " ", p.Act.Occasion))
		case p.PaperCode != nil:
			lines = append(lines, fmt.Sprint("code ", p.PaperCode.EpisodeID, " ", p.PaperCode.Occasion))
		case p.Visit != nil:
			lines = append(lines, fmt.Sprint("seen ", p.Visit.EpisodeID, " by ", p.Visit.Reader))
		case p.Episode != nil:
			lines = append(lines, fmt.Sprint("episode ", p.Episode.CareUnit, "/", p.Episode.EpisodeID, " ", p.Episode.Version))
		case p.Share != nil:
			lines = append(lines, fmt.Sprint("share ", p.Share.EpisodeID, " ", p.Share.With, " ", p.Share.Shared))
		case p.Submission != nil:
			v := p.Submission
			lines = append(lines, fmt.Sprint("form ", v.System, " ", v.SubmissionID, " ", v.Version, " ", v.State, " in ", v.EpisodeID, " by ", v.InstrumentVersion, " counts ", v.Counts))
		case p.Choice != nil:
			lines = append(lines, fmt.Sprint("choice ", p.Choice.Provider, " ", p.Choice.Registry, " ", p.Choice.Number, " ", p.Choice.Choice))
		case p.Delivery != nil:
			d := p.Delivery
			lines = append(lines, fmt.Sprint("delivered ", d.DeliveryID, " to ", d.Recipient, " for ", d.Note, " by ", d.By, " finished ", !d.FinishedAt.IsZero()))
		case p.Access != nil:
			lines = append(lines, "access "+string(p.Access.Action)+" "+p.Access.RequestID)
		default:
			lines = append(lines, "nothing")
		}
		return nil
	})
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	return lines, sent
}

// TestAnExportHoldsEverythingOfThePatientAndNothingOfOthers gives a patient of
// two names and two units a history, beside somebody else's.
func TestAnExportHoldsEverythingOfThePatientAndNothingOfOthers(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t)))
	s.submit(t, of(registered, "s-1", "e-1"))
	s.submit(t, of(somebody(1), "other", "e-other"))
	s.now = s.now.Add(time.Minute)
	s.submit(t, of(reserve, "s-2", "e-2"))
	elsewhere := of(registered, "s-3", "e-1")
	elsewhere.CareUnit = "SE-b"
	if _, _, err := s.Submit(as("another system"), elsewhere, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AmendSubmission(ctx, correction("s-1", func(a *clinic.Amendment) { a.To.Mode = "phone" })); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RetractSubmission(ctx, clinic.Retraction{CareUnit: unit, SubmissionID: "s-2", Version: 1, Decision: clinic.Decision{Reason: "wrong person"}}); err != nil {
		t.Fatal(err)
	}
	s.upsert(t, clinic.EpisodeUpdate{Patient: registered, Episode: store.Episode{CareUnit: unit, EpisodeID: "e-1", Cohort: "2025-A"}})
	s.share(t, sharing("SE-c"))
	for _, who := range []clinic.PatientRef{registered, somebody(1)} {
		r := chosen(store.Objected, "2025-03-01")
		r.Patient, r.CareProvider = &who, "SE-provider"
		s.choose(t, r)
	}
	for _, episode := range []string{"e-1", "e-other"} {
		s.name(t, episode, "Name of "+episode)
		about := clinic.Occasional{ID: "act of " + episode, CareUnit: unit, EpisodeID: episode, Occasion: store.ProgrammeEnd}
		about.ID = strings.ReplaceAll(about.ID, " ", "-")
		if _, err := s.RecordDispatch(ctx, clinic.Dispatch{Occasional: about, Kind: clinic.FormsSent}); err != nil {
			t.Fatal(err)
		}
		about.ID += "-2"
		about.Occasion = store.Baseline
		if _, err := s.RecordFeedbackReview(ctx, clinic.FeedbackReview{Occasional: about, Kind: clinic.AnswersSeen}); err != nil {
			t.Fatal(err)
		}
		if err := s.store.NoteVisit(ctx, unit, episode, "SE-eva", 1, noon); err != nil {
			t.Fatal(err)
		}
	}
	merge := linking(registered, reserve)
	merge.Merge = true
	s.link(t, merge)

	want := []string{
		"called personnummer 189001019802", "called reservnummer 19AB1234", "named Name of e-1",
		"act e-1 sent programme_end", "act e-1 seen baseline", "code e-1 programme_end", "seen e-1 by SE-eva",
		"episode " + unit + "/e-1 1", "episode " + unit + "/e-1 2", "share e-1 SE-c true",
		"form local s-1 1 live in e-1 by 1 counts false", "form local s-1 2 live in e-1 by 1 counts true",
		"episode " + unit + "/e-2 1",
		"form local s-2 1 live in e-2 by 1 counts false", "form local s-2 2 retracted in e-2 by 1 counts false",
		"episode SE-b/e-1 1", "form another system s-3 1 live in e-1 by 1 counts true",
		"choice SE-provider nrs 1 objected",
	}
	for _, called := range []clinic.PatientRef{registered, reserve} {
		got, sent := s.exported(t, called)
		same(t, "parts", sorted(got), sorted(want))
		equal(t, "counts", sent, clinic.PatientParts{Identifiers: 2, Names: 1, Acts: 2, PaperCodes: 1, Visits: 1, Episodes: 4, Shares: 1, Submissions: 5, Choices: 1})
		if i := slices.IndexFunc(got, func(line string) bool { return strings.HasPrefix(line, "called") }); i != 0 {
			t.Errorf("who it is comes first: %q", got)
		}
	}
}

func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }

func TestAnExportTellsWhoLookedUnderEveryKeyAndItself(t *testing.T) {
	s := audited(t)
	got, sent := s.exported(t, registered)
	want := []string{"access PatientService.GetTrend 8", "access PatientService.GetTrend 6", "access PatientService.GetTrend 5",
		"access PatientService.GetTrend 3", "access PatientService.GetTrend 2", "access PatientService.GetTrend 0"}
	same(t, "events", got[len(got)-6:], want)
	if sent.Access != 6 {
		t.Errorf("%+v", sent)
	}
}

// TestAnExportTellsOfDeliveriesThatHoldThePatient: under the key of then, also
// one that broke off, and none that the patient is not in.
func TestAnExportTellsOfDeliveriesThatHoldThePatient(t *testing.T) {
	s := delivering(t)
	fiveEpisodes(t, s)
	s.deliver(t, exporting("d-1"))
	s.now = s.now.Add(time.Hour)
	broken := errors.New("the recipient hung up")
	other := exporting("d-2")
	other.Recipient = "study"
	if _, err := s.Export(ctx, other, clinic.ExportSink{
		Head: func(*clinic.ExportHead) error { return nil },
		Rows: func([]delivery.Row, int64) error { return broken },
	}); !errors.Is(err, broken) {
		t.Fatalf("the delivery was not broken off: %v", err)
	}
	merge := linking(reserve, somebody(0))
	s.submit(t, of(reserve, "s-r", "e-r"))
	merge.Merge = true
	s.link(t, merge)
	of := func(who clinic.PatientRef) []string {
		lines, sent := s.exported(t, who)
		lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "delivered") })
		if sent.Deliveries != len(lines) {
			t.Errorf("%d counted, %d sent", sent.Deliveries, len(lines))
		}
		return lines
	}
	want := []string{"delivered d-2 to study for a study by local finished false", "delivered d-1 to nrs for registry by local finished true"}
	same(t, "of one who is known by another key since", of(somebody(0)), want)
	same(t, "of another", of(somebody(1)), want)
	same(t, "of one who objected", of(somebody(2)), nil)
}

func TestAnExportTellsOfMoreLooksThanOnePage(t *testing.T) {
	s := open(t, clinic.Settings{})
	e := s.upsert(t, clinic.EpisodeUpdate{Patient: registered, Episode: store.Episode{CareUnit: unit, EpisodeID: "e-1"}})
	log, err := access.NewLog(s.store, access.OneKey([]byte("a key of some thirty-two bytes")), access.LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const looks = 2*clinic.MaxPageSize + 1
	for range looks {
		log.Record(access.Event{Action: access.GetTrendCall, Patients: []string{e.PatientKey}})
	}
	log.Close()
	if _, sent := s.exported(t, registered); sent.Access != looks {
		t.Errorf("%+v", sent)
	}
}

func TestAnExportIsOnRecordBeforeItsFirstPart(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	s.submit(t, of(registered, "s-1", "e-1"))
	s.logOn(t, dir)
	newest := func() access.Found {
		found, err := access.Find(ctx, s.store, access.Query{Limit: 1})
		if err != nil || len(found) == 0 {
			t.Fatalf("nothing on record, %v", err)
		}
		return found[0]
	}
	stop := errors.New("enough")
	_, err := s.ExportPatient(ctx, registered, nil, func(clinic.PatientPart) error {
		if e := newest(); e.Action != access.ExportPatientCall || e.Activity != access.Print || len(e.Patients) != 1 {
			t.Errorf("%+v", e)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Errorf("went on: %v", err)
	}
	_, err = s.ExportPatient(ctx, reserve, nil, func(clinic.PatientPart) error { t.Error("something of nobody"); return nil })
	if got := reason(t, err).Reason; got != clinic.PatientUnknown {
		t.Error(got)
	}
	if e := newest(); e.Action != access.ExportPatientCall || e.Outcome != access.NotFound {
		t.Errorf("%+v", e)
	}
	_, err = s.ExportPatient(ctx, clinic.PatientRef{}, []clinic.Problem{{Field: "x", Reason: "UNKNOWN_FIELD"}}, nil)
	same(t, "problems", problems(t, err), []string{"patient.system REQUIRED", "patient.value REQUIRED", "x UNKNOWN_FIELD"})
}
