package clinic_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// staleness expects that a plan cannot be applied, for good, and that nothing
// of it is seen.
func (s *site) staleness(t *testing.T, plan *store.RescorePlan, before string) {
	t.Helper()
	for range 2 {
		_, err := s.ApplyRescore(ebba, plan.PlanID, "")
		if got := reason(t, err); got.Reason != clinic.StaleVersion {
			t.Errorf("apply: %v", got)
		}
	}
	if got := read(s.trend(t)); got != before {
		t.Errorf("a stale plan changed the trend to\n%s", got)
	}
}

func TestAFormThatCameAfterThePreviewIsNotPartOfThePlan(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t)))
	hadsAtThree(t, s)
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	week := at(store.OtherOccasion, "2024-02-01", "s-4", hadsOf(8, 8, false))
	week.OccasionLabel = "week 6"
	s.submit(t, week)
	other := baseline("s-5", hadsOf(8, 8, false))
	other.Patient, other.CareUnit = clinic.PatientRef{System: "personnummer", Value: "197010032391"}, "SE-another-unit"
	s.submit(t, other)

	s.apply(t, plan)
	got := read(s.trend(t))
	if !strings.Contains(got, "anxiety other: 8 possible [caseness] by 1") || !strings.Contains(got, "anxiety programme_end: 8 normal [] by 2") {
		t.Errorf("applied:\n%s", got)
	}
	if next, told := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"}); next.Forms != 2 || next.UpToDate != 3 || len(told) < 2 {
		t.Errorf("the next preview: %+v %q", next, told)
	}
}

func TestAPlanOfTheActiveVersionIsStaleWhenAnotherBecomesActive(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
	hadsAtThree(t, s)
	before := read(s.trend(t))
	s.set(t, activate("hads", "2"))
	byActive, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads"})
	named, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	s.set(t, activate("hads", "3"))
	s.staleness(t, byActive, before)
	s.set(t, activate("hads", "2"))
	s.staleness(t, byActive, before)
	s.apply(t, named)
}

func TestPlansBuildOnEachOther(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
	hadsAtThree(t, s)
	before := read(s.trend(t))
	first, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	upon, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "3"})
	s.apply(t, first)
	byFirst := read(s.trend(t))
	s.staleness(t, upon, byFirst) // it was made from other scores
	upon, _ = s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "3", AnsweredTo: "2024-12-31"})
	if !slices.Equal(upon.BuiltOn, []string{first.PlanID}) || upon.Sources[0].Version != "2" || upon.Forms != 2 {
		t.Errorf("%+v", upon)
	}
	s.apply(t, upon)
	_, err := s.RevertRescore(ebba, first.PlanID, "")
	if got := reason(t, err).Reason; got != clinic.RescoreBuiltUpon {
		t.Error(got)
	}
	same(t, "versions", s.versions(t, "s-1"), []string{"1 by 1", "1 by 2, true by ebba (the new manual)", "1 by 3, true by ebba (the new manual), counts"})
	var paged []string
	for token := ""; len(paged) < 10; {
		page, next, err := s.ListSubmissionVersions(ctx, unit, "s-1", clinic.Page{Size: 1, Token: token})
		if err != nil || len(page) != 1 {
			t.Fatal(len(page), err)
		}
		paged = append(paged, page[0].Definition.Version())
		if token = next; next == "" {
			break
		}
	}
	same(t, "by pages", paged, []string{"1", "2", "3"})
	s.revert(t, upon)
	if got := read(s.trend(t)); got != byFirst {
		t.Errorf("the second reverted:\n%s", got)
	}
	s.revert(t, first)
	if got := read(s.trend(t)); got != before {
		t.Errorf("both reverted:\n%s", got)
	}
	// Without the first, the second is no longer what would be done; it was
	// applied once, so it stays readable and can come back after the first.
	_, err = s.ApplyRescore(ebba, upon.PlanID, "")
	if got := reason(t, err).Reason; got != clinic.StaleVersion {
		t.Error(got)
	}
	s.apply(t, first)
	s.apply(t, upon)
}

// changing is a store whose submissions read otherwise than they are stored,
// as they will once forms can be amended, retracted and erased; and which can
// fail at a chunk.
type changing struct {
	store.Store
	change   func([]store.Submission) []store.Submission
	stage    func(call int) error
	calls    int
	versions func(store.SubmissionVersion) []store.SubmissionVersion
}

func (c *changing) InstrumentSubmissions(ctx context.Context, careUnit, instrument, after string, episodes int, asOf int64) ([]store.Submission, string, error) {
	subs, next, err := c.Store.InstrumentSubmissions(ctx, careUnit, instrument, after, episodes, asOf)
	if c.change != nil {
		subs = c.change(subs)
	}
	return subs, next, err
}

func (c *changing) StageRescore(ctx context.Context, planID string, scores []store.Rescored) error {
	c.calls++
	if c.stage != nil {
		if err := c.stage(c.calls); err != nil {
			return err
		}
	}
	scores = slices.Clone(scores)
	for i := range scores {
		scores[i].Version = 1 // what was made to read as a later one lies here as the first
	}
	return c.Store.StageRescore(ctx, planID, scores)
}

// through opens the use cases once more, over such a store.
func (s *site) through(t *testing.T, dir string, st store.Store) *site {
	t.Helper()
	keys, err := identity.LoadOrCreate(dir + "/identity.keys")
	if err != nil {
		t.Fatal(err)
	}
	again := &site{store: st, now: s.now}
	again.Clinic, err = clinic.Open(ctx, st, catalogueWith(t, cutOff9(t), oneMissing(t)), keys, clinic.Settings{}, func() time.Time { return again.now })
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestAPlanIsStaleWhenOneOfItsFormsChanged(t *testing.T) {
	later := func(f *store.Submission) { f.Version, f.ChangeSeq = 2, 1000 }
	for name, change := range map[string]func([]store.Submission) []store.Submission{
		"amended":   func(subs []store.Submission) []store.Submission { later(&subs[0]); return subs },
		"retracted": func(subs []store.Submission) []store.Submission { return subs[1:] },
		"retracted and answered again": func(subs []store.Submission) []store.Submission {
			subs[0].SubmissionID, subs[0].ChangeSeq = "another", 1000
			return subs
		},
		"other answers": func(subs []store.Submission) []store.Submission {
			subs[0].Answers = "1=0"
			return subs
		},
		"amended into the scope": func(subs []store.Submission) []store.Submission {
			moved := subs[0]
			later(&moved)
			moved.SubmissionID = "moved here"
			return append(slices.Clone(subs), moved)
		},
		"scored anew by another plan": func(subs []store.Submission) []store.Submission { subs[0].RescorePlan = "p"; return subs },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
			hadsAtThree(t, s)
			plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
			before := read(s.trend(t))
			s.through(t, dir, &changing{Store: s.store, change: change}).staleness(t, plan, before)
			s.staleness(t, plan, before) // a plan that was found stale stays so
		})
	}
}

func (c *changing) SubmissionVersions(ctx context.Context, careUnit, system, id string) ([]store.SubmissionVersion, error) {
	versions, err := c.Store.SubmissionVersions(ctx, careUnit, system, id)
	if c.versions != nil && err == nil {
		versions = c.versions(versions[0])
	}
	return versions, err
}

func TestOnlyTheNewestVersionCountsAndNoneOfWhatIsRetracted(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
	hadsAtThree(t, s)
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	s.apply(t, plan)
	for _, c := range []struct {
		live bool
		want []string
	}{
		{true, []string{"1 by 1", "1 by 2, true by ebba (the new manual)", "2 by 1, counts"}},
		{false, []string{"1 by 1", "1 by 2, true by ebba (the new manual)", "2 by 1"}},
	} {
		st := &changing{Store: s.store, versions: func(first store.SubmissionVersion) []store.SubmissionVersion {
			second := first
			second.Version, second.Live, second.Rescored = 2, c.live, nil
			return []store.SubmissionVersion{first, second}
		}}
		same(t, fmt.Sprint("live ", c.live), s.through(t, dir, st).versions(t, "s-1"), c.want)
	}
}

func TestAnApplyThatFailsBetweenChunksGoesOn(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
	hadsAtThree(t, s)
	const forms = 90 // four chunks
	s.manyForms(t, forms-3)
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	before := read(s.trend(t))
	broken := &changing{Store: s.store}
	for failAt := 1; failAt <= 4; failAt++ {
		broken.calls, broken.stage = 0, func(call int) error {
			if call == failAt {
				return store.ErrDiskFull
			}
			return nil
		}
		_, err := s.through(t, dir, broken).ApplyRescore(ebba, plan.PlanID, "")
		if !errors.Is(err, store.ErrDiskFull) {
			t.Fatalf("chunk %d: %v", failAt, err)
		}
		if got := read(s.trend(t)); got != before || s.countBy(t, plan) != 0 {
			t.Fatalf("half a plan is seen after chunk %d", failAt)
		}
	}
	s.apply(t, plan)
	if got := s.countBy(t, plan); got != forms {
		t.Errorf("%d forms count by the plan", got)
	}
}

// manyForms stores a HADS of each of so many patients.
func (s *site) manyForms(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		sub := baseline(fmt.Sprint("many-", i), hadsOf(8, 7, false))
		sub.EpisodeID, sub.Patient = fmt.Sprintf("many-%06d", i), somebody(i)
		if _, _, err := s.Submit(ctx, sub, true); err != nil {
			t.Fatal(err)
		}
	}
}

// somebody is a patient of their own.
func somebody(n int) clinic.PatientRef {
	return clinic.PatientRef{System: "https://painscore.example/made-up", Value: fmt.Sprint("nobody-", n)}
}

// countBy is how many forms count by a plan.
func (s *site) countBy(t testing.TB, plan *store.RescorePlan) int {
	t.Helper()
	subs, _, err := s.store.InstrumentSubmissions(ctx, unit, "hads", "", 1_000_000, 0)
	if err != nil {
		t.Fatal(err)
	}
	return len(slices.DeleteFunc(subs, func(sub store.Submission) bool { return sub.RescorePlan != plan.PlanID }))
}
