package clinic_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// recipients are one that gets pseudonyms and one that gets identity numbers
// from one user only.
func recipients(t testing.TB) []delivery.Recipient {
	t.Helper()
	list := []delivery.Recipient{
		{ID: "nrs", Purpose: "registry", Registry: "nrs"}, {ID: "study", Purpose: "a study", Registry: "nrs"},
		{ID: "named", Purpose: "registry", Registry: "nrs", Identity: delivery.Personnummer, DeliveredBy: []string{"SE-ada"}},
	}
	if err := delivery.Check(list); err != nil {
		t.Fatal(err)
	}
	return list
}

func delivering(t *testing.T) *site {
	t.Helper()
	return openIn(t, t.TempDir(), clinic.Settings{Recipients: recipients(t), CareProviders: clinic.CareProviders{Own: "SE-P"}}, catalogueWith(t, cutOff9(t)))
}

// delivered is what came of a delivery.
type delivered struct {
	head *clinic.ExportHead
	rows []delivery.Row
	clinic.ExportResult
}

// cell is a row's value in a column, as text.
func (d *delivered) cell(row delivery.Row, column string) string {
	numbers, texts := 0, 0
	for _, c := range d.head.Tables[row.Table].Columns {
		if c.Type == delivery.Number {
			numbers++
		} else {
			texts++
		}
		switch {
		case c.Variable != column:
		case c.Type == delivery.Number:
			return fmt.Sprint(row.Numbers[numbers-1])
		default:
			return row.Texts[texts-1]
		}
	}
	return "no such column"
}

// column are the values of a column in all rows of a table.
func (d *delivered) column(table, column string) (values []string) {
	for _, row := range d.rows {
		if d.head.Tables[row.Table].Name == table {
			values = append(values, d.cell(row, column))
		}
	}
	return values
}

func (d *delivered) flow() map[delivery.StepCode]int64 {
	flow := map[delivery.StepCode]int64{}
	for _, step := range d.Flow {
		flow[step.Code] = step.N
	}
	return flow
}

func (s *site) tryDeliver(ctx context.Context, r clinic.Exporting) (*delivered, error) {
	d := &delivered{}
	var err error
	d.ExportResult, err = s.Export(ctx, r, clinic.ExportSink{
		Head: func(h *clinic.ExportHead) error { d.head = h; return nil },
		Rows: func(rows []delivery.Row, _ int64) error { d.rows = append(d.rows, rows...); return nil },
	})
	return d, err
}

func exporting(id string) clinic.Exporting {
	return clinic.Exporting{Recipient: "nrs", DeliveryID: id, Software: "1.0"}
}

func (s *site) deliver(t *testing.T, r clinic.Exporting) *delivered {
	t.Helper()
	d, err := s.tryDeliver(ctx, r)
	if err != nil {
		t.Fatalf("deliver: %v", err)
	}
	return d
}

func (s *site) deliverRefused(t *testing.T, r clinic.Exporting, reason string) {
	t.Helper()
	_, err := s.tryDeliver(ctx, r)
	var state *clinic.StateError
	if !errors.As(err, &state) || state.Reason != reason {
		t.Errorf("got %v, want %s", err, reason)
	}
}

func (s *site) says(t *testing.T, who clinic.PatientRef, choice store.Choice) {
	t.Helper()
	r := chosen(choice, "2025-03-01")
	r.Patient = &who
	all, err := s.store.RegistryChoices(ctx, s.keyOf(t, who))
	if err != nil {
		t.Fatal(err)
	}
	r.Etag = clinic.ChoiceEtag(clinic.ChoiceIn(all, "SE-P", "nrs"))
	s.choose(t, r)
}

// keyOf is the patient's key.
func (s *site) keyOf(t *testing.T, who clinic.PatientRef) string {
	t.Helper()
	stored, _, err := s.ListEpisodes(ctx, unit, &who, clinic.Page{})
	if err != nil || len(stored) == 0 {
		t.Fatalf("%v %v", stored, err)
	}
	return stored[0].PatientKey
}

// fiveEpisodes are of people who said different things; the fifth nothing.
func fiveEpisodes(t *testing.T, s *site) {
	t.Helper()
	for n := range 5 {
		s.submit(t, of(somebody(n), fmt.Sprint("s-", n), fmt.Sprint("e-", n)))
	}
	for n, choice := range []store.Choice{store.Informed, store.Informed, store.Objected, store.NotInformed} {
		s.says(t, somebody(n), choice)
	}
}

func TestOnlyWhoIsInformedIsHandedOver(t *testing.T) {
	s := delivering(t)
	fiveEpisodes(t, s)
	s.submit(t, of(tolvan, "s-test", "e-test")) // a test identity
	s.says(t, tolvan, store.Informed)
	d := s.deliver(t, exporting("d-1"))
	if n := len(d.column("episodes", "episode")); n != 2 || len(d.column("nprs", "person")) != 2 {
		t.Errorf("%d episodes", n)
	}
	want := map[delivery.StepCode]int64{delivery.Seen: 6, delivery.LeftOutTest: 1, delivery.LeftOutNotInformed: 2, delivery.LeftOutObjected: 1,
		delivery.HandedOver: 2, delivery.WithBaseline: 2}
	if diff := cmp.Diff(want, d.flow()); diff != "" {
		t.Error(diff)
	}
	for _, row := range d.rows {
		for _, text := range row.Texts {
			if strings.Contains(text, "nobody") || strings.HasPrefix(text, "e-") || strings.HasPrefix(text, "s-") {
				t.Errorf("the clinic's own name left: %s", text)
			}
		}
	}
	if got := d.column("nprs", "nprs__average_pain"); !slices.Equal(got, []string{"5", "5"}) {
		t.Errorf("scores %v", got)
	}
}

func TestTheSameDeliveryIsMadeAgainWhateverCameSince(t *testing.T) {
	s := delivering(t)
	fiveEpisodes(t, s)
	first := s.deliver(t, exporting("d-1"))
	s.now = s.now.Add(time.Hour)
	s.says(t, somebody(4), store.Informed)
	s.submit(t, of(somebody(9), "s-9", "e-00"))
	s.says(t, somebody(9), store.Informed)
	s.amend(t, correction("s-1", func(a *clinic.Amendment) { a.To.Mode = "phone" }))
	s.retract(t, clinic.Retraction{CareUnit: unit, SubmissionID: "s-0", Version: 1, Decision: clinic.Decision{Reason: "wrong person"}})
	s.upsert(t, clinic.EpisodeUpdate{Patient: somebody(1), Episode: store.Episode{CareUnit: unit, EpisodeID: "e-1", Cohort: "later"}})
	s.link(t, clinic.Linking{Patient: somebody(9), Also: somebody(1), Merge: true, Decision: clinic.Decision{Reason: "one person"}})
	again := s.deliver(t, exporting("d-1"))
	if diff := cmp.Diff(first.rows, again.rows); diff != "" || first.Digest != again.Digest || len(first.rows) != 4 {
		t.Errorf("not the same:\n%s", diff)
	}
	if diff := cmp.Diff(first.ExportResult, again.ExportResult); diff != "" {
		t.Error(diff)
	}
	other := exporting("d-1")
	other.Filter.Instruments = []string{"hads"}
	s.deliverRefused(t, other, clinic.DeliveryIDReused)
	other = exporting("d-1")
	other.Recipient = "study"
	s.deliverRefused(t, other, clinic.DeliveryIDReused)
}

func TestWhatIsNotAllThereAnyMoreIsNotMadeAgain(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *site){
		"erased":       func(t *testing.T, s *site) { s.erase(t, erasing("x-1", somebody(1))) },
		"objected":     func(t *testing.T, s *site) { s.says(t, somebody(1), store.Objected) },
		"not informed": func(t *testing.T, s *site) { s.says(t, somebody(1), store.NotInformed) },
	} {
		t.Run(name, func(t *testing.T) {
			s := delivering(t)
			fiveEpisodes(t, s)
			s.deliver(t, exporting("d-1"))
			change(t, s)
			s.deliverRefused(t, exporting("d-1"), clinic.SnapshotChanged)
			if d, _ := s.tryDeliver(ctx, exporting("d-1")); d.head != nil && name == "erased" || len(d.rows) > 0 {
				t.Errorf("%d rows left before it was refused", len(d.rows))
			}
			if d := s.deliver(t, exporting("d-2")); len(d.column("episodes", "person")) != 1 {
				t.Error("the one who stays is in a new delivery, alone")
			}
		})
	}
}

// erasesBeforeForms is a store that loses a patient when the forms are read of an
// episode that was decided on already.
type erasesBeforeForms struct {
	store.Store
	erase func()
}

func (s erasesBeforeForms) SubmissionsOfRun(ctx context.Context, careUnit, after, last string, asOf int64) ([]store.Submission, error) {
	s.erase()
	return s.Store.SubmissionsOfRun(ctx, careUnit, after, last, asOf)
}

func TestOfWhoIsErasedWhileADeliveryIsReadNothingLeaves(t *testing.T) {
	s := delivering(t)
	fiveEpisodes(t, s)
	erase := sync.OnceFunc(func() { s.erase(t, erasing("x-1", somebody(1))) })
	meanwhile := &site{Clinic: clinic.OnStore(s.Clinic, erasesBeforeForms{s.store, erase}), store: s.store}
	d, err := meanwhile.tryDeliver(ctx, exporting("d-1"))
	var state *clinic.StateError
	if !errors.As(err, &state) || state.Reason != clinic.SnapshotChanged || len(d.rows) > 0 {
		t.Errorf("%d rows left, %v", len(d.rows), err)
	}
	if d := s.deliver(t, exporting("d-2")); len(d.column("episodes", "person")) != 1 {
		t.Error("the one who stays is in a new delivery, alone")
	}
}

// TestADeliveryThatWasCutOffGoesOn cuts it after each part in turn, in the first
// page of the ledger and in the second.
func TestADeliveryThatWasCutOffGoesOn(t *testing.T) {
	defer clinic.ReadBy(60, 25)()
	s := delivering(t)
	for n := range 150 {
		s.submit(t, of(somebody(n), fmt.Sprint("s-", n), fmt.Sprintf("e-%03d", n)))
		if n%3 > 0 {
			s.says(t, somebody(n), store.Informed)
		}
	}
	whole := s.deliver(t, exporting("whole"))
	cut := errors.New("cut off")
	for parts := range 5 {
		var got delivered
		left := parts
		r := exporting(fmt.Sprint("d-", parts))
		sink := clinic.ExportSink{Head: func(h *clinic.ExportHead) error { got.head = h; return nil }, Rows: func(rows []delivery.Row, _ int64) error {
			if left--; left < 0 {
				return cut
			}
			got.rows = append(got.rows, rows...)
			return nil
		}}
		if _, err := s.Export(ctx, r, sink); !errors.Is(err, cut) {
			t.Fatalf("%d parts: %v", parts, err)
		}
		if column := got.column("episodes", "episode"); len(column) > 0 {
			r.ResumeAfter = column[len(column)-1]
		}
		s.says(t, somebody(0), store.Informed) // e-000 was passed over already, unless nothing had come
		rest := s.deliver(t, r)
		s.says(t, somebody(0), store.NotInformed)
		rows := append(got.rows, rest.rows...)
		want := whole.rows
		if parts == 0 && len(rows) != len(want)+2 {
			t.Errorf("%d rows with the one who was informed in time, %d without", len(rows), len(want))
		}
		if !slices.EqualFunc(want, rows[len(rows)-len(want):], func(a, b delivery.Row) bool { return cmp.Equal(a, b) }) || parts > 0 && (len(rows) != len(want) || rest.Digest != whole.Digest) {
			t.Errorf("%d parts: %d rows, %d in one go", parts, len(rows), len(whole.rows))
		}
	}
	r := exporting("d-9")
	r.ResumeAfter = "nobody"
	var input *clinic.InputError
	if _, err := s.tryDeliver(ctx, r); !errors.As(err, &input) || input.Reason() != clinic.BadPageToken {
		t.Errorf("an episode that was never handed over: %v", err)
	}
}

func TestPseudonymsAreAnotherForEachRecipientAndStayTheSame(t *testing.T) {
	s := delivering(t)
	fiveEpisodes(t, s)
	first := s.deliver(t, exporting("d-1"))
	study := exporting("d-2")
	study.Recipient = "study"
	other := s.deliver(t, study)
	s.now = s.now.AddDate(1, 0, 0)
	later := s.deliver(t, exporting("d-3"))
	for _, column := range []string{"person", "episode"} {
		a, b, c := first.column("episodes", column), other.column("episodes", column), later.column("episodes", column)
		if !slices.Equal(a, c) || slices.ContainsFunc(a, func(p string) bool { return slices.Contains(b, p) }) || len(a) != 2 || a[0] == a[1] {
			t.Errorf("%s: %v, a year later %v, to another %v", column, a, c, b)
		}
	}
}

func TestIdentityNumbersGoOutByTheirOwnRightOnly(t *testing.T) {
	s := delivering(t)
	s.submit(t, of(registered, "s-1", "e-1"))
	s.submit(t, of(somebody(1), "s-2", "e-2"))
	s.says(t, registered, store.Informed)
	s.says(t, somebody(1), store.Informed)
	r := exporting("d-1")
	r.Recipient = "named"
	s.deliverRefused(t, r, clinic.RecipientNotAllowed)
	caller := access.Local()
	caller.User = "SE-ada"
	d, err := s.tryDeliver(access.WithCaller(ctx, caller), r)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.column("episodes", "person"); !slices.Equal(got, []string{registered.Value, ""}) {
		t.Errorf("%q", got)
	}
	unknown := exporting("d-2")
	unknown.Recipient = "nobody"
	s.deliverRefused(t, unknown, clinic.RecipientUnknown)
}

func TestAFilterThatCannotBeMeantIsRefused(t *testing.T) {
	s := delivering(t)
	fiveEpisodes(t, s)
	r := clinic.Exporting{Filter: delivery.Filter{Units: []string{"SE-none"}, Instruments: []string{"nothing"}, Period: registry.Period{From: "2025-01-01"}}}
	_, err := s.tryDeliver(ctx, r)
	var input *clinic.InputError
	if !errors.As(err, &input) || len(input.Problems) != 5 {
		t.Errorf("%v", err)
	}
	if list, _, err := s.ListExports(ctx, nil, clinic.Page{}); err != nil || len(list) != 0 {
		t.Errorf("a refused delivery stands in the ledger: %v %v", list, err)
	}
}

// changes are the changes between two deliveries by kind, and what they come to.
func (s *site) changesOf(t *testing.T, from, to string) (map[delivery.ChangeKind]int, *clinic.ExportChanges) {
	t.Helper()
	kinds := map[delivery.ChangeKind]int{}
	sum, err := s.ListExportChanges(ctx, from, to, nil, func(page []clinic.ExportChange) error {
		for _, c := range page {
			kinds[c.Kind]++
			if c.Episode == "" || c.Person == "" && c.Kind != delivery.Erased {
				t.Errorf("a change of nobody: %+v", c)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("changes: %v", err)
	}
	return kinds, sum
}

func TestTheDeltaSaysOfEachFormWhatBecameOfIt(t *testing.T) {
	s := delivering(t)
	for n := range 12 {
		s.submit(t, of(somebody(n), fmt.Sprint("s-", n), fmt.Sprint("e-", n)))
		if n != 10 {
			s.says(t, somebody(n), store.Informed)
		}
	}
	sheet := baseline("h-1", hads())
	sheet.Patient, sheet.EpisodeID = somebody(11), "e-11"
	s.submit(t, sheet)
	s.deliver(t, exporting("d-1"))
	s.now = s.now.Add(time.Hour)
	s.amend(t, correction("s-0", func(a *clinic.Amendment) { a.To.Mode = "phone" }))
	s.retract(t, clinic.Retraction{CareUnit: unit, SubmissionID: "s-1", Version: 1, Decision: clinic.Decision{Reason: "wrong person"}})
	s.erase(t, erasing("x-1", somebody(2)))
	s.says(t, somebody(3), store.Objected)
	s.says(t, somebody(4), store.NotInformed)
	s.upsert(t, clinic.EpisodeUpdate{Patient: somebody(5), Episode: store.Episode{CareUnit: unit, EpisodeID: "e-5", Cohort: "later"}})
	s.amend(t, correction("s-6", func(a *clinic.Amendment) { a.To.Occasion = store.ProgrammeEnd }))
	s.link(t, clinic.Linking{Patient: somebody(8), Also: somebody(7), Merge: true, Decision: clinic.Decision{Reason: "one person"}})
	s.submit(t, of(somebody(9), "s-new", "e-9b"))
	s.says(t, somebody(10), store.Informed)
	s.rescore(t, "2")
	s.deliver(t, exporting("d-2"))
	want := map[delivery.ChangeKind]int{
		delivery.Amended: 1, delivery.Retracted: 1, delivery.Erased: 1, delivery.Objected: 1, delivery.NotInformed: 1, delivery.EpisodeAmended: 1,
		delivery.Moved: 1, delivery.Added: 2, delivery.AddedInformed: 1, delivery.PersonChanged: 1, delivery.Rescored: 1,
	}
	for _, to := range []string{"d-2", ""} {
		kinds, sum := s.changesOf(t, "d-1", to)
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("to %q:\n%s", to, diff)
		}
		if sum.Before != 12 || sum.After != 10 || sum.Counts[delivery.Erased] != 1 || sum.ErasedEpisodes != 1 {
			t.Errorf("to %q: %+v", to, sum)
		}
	}
	if kinds, sum := s.changesOf(t, "d-2", "d-2"); len(kinds) > 0 || sum.Before != sum.After {
		t.Errorf("to itself: %v %+v", kinds, sum)
	}
	if _, err := s.ListExportChanges(ctx, "none", "", nil, nil); err == nil || !strings.HasPrefix(err.Error(), clinic.DeliveryUnknown) {
		t.Errorf("an unknown one: %v", err)
	}
}

// rescore scores all HADS anew.
func (s *site) rescore(t *testing.T, version string) {
	t.Helper()
	plan, err := s.PreviewRescore(ctx, clinic.RescoreRequest{Instrument: "hads", Version: version}, func(clinic.RescoreFinding) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ApplyRescore(ctx, plan.PlanID, "new cut-offs"); err != nil {
		t.Fatal(err)
	}
}

func TestTheLedgerFindsDeliveriesOfAPatient(t *testing.T) {
	s := delivering(t)
	fiveEpisodes(t, s)
	for n := range 3 {
		s.now = s.now.Add(time.Minute)
		s.deliver(t, exporting(fmt.Sprint("d-", n)))
	}
	s.says(t, somebody(1), store.Objected)
	s.now = s.now.Add(time.Minute)
	s.deliver(t, exporting("d-3"))
	ids := func(who *clinic.PatientRef, page clinic.Page) (ids []string, next string) {
		list, next, err := s.ListExports(ctx, who, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			ids = append(ids, d.DeliveryID)
			if d.Result == nil || d.Note != "registry" || d.By != "local" {
				t.Errorf("%+v", d)
			}
		}
		return ids, next
	}
	all, next := ids(nil, clinic.Page{Size: 3})
	rest, end := ids(nil, clinic.Page{Size: 3, Token: next})
	if !slices.Equal(append(all, rest...), []string{"d-3", "d-2", "d-1", "d-0"}) || end != "" {
		t.Errorf("%v %v", all, rest)
	}
	who, nobody := somebody(1), somebody(4)
	if of, _ := ids(&who, clinic.Page{}); !slices.Equal(of, []string{"d-2", "d-1", "d-0"}) {
		t.Errorf("of the one who objected: %v", of)
	}
	if of, _ := ids(&nobody, clinic.Page{}); len(of) != 0 {
		t.Errorf("of one who was never informed: %v", of)
	}
}
