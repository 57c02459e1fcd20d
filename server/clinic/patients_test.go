package clinic_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/review"
	"github.com/painscore/painscore/server/store"
)

// A unit with a patient of each kind that a list can be asked for.
func withPatients(t *testing.T) *site {
	t.Helper()
	s := open(t, clinic.Settings{})
	s.episodeOf(t, "worse", func(e *store.Episode) {
		e.Cohort, e.CareLevel, e.FirstVisitOn, e.EndedOn = "Grupp 12", "mmrsv", "2024-01-10", "2024-06-01"
	})
	s.answer(t, "worse", store.Baseline, "2024-01-02", nprs(3))
	s.answer(t, "worse", store.ProgrammeEnd, "2024-06-02", nprs(8))
	s.episodeOf(t, "better", func(e *store.Episode) {
		e.Cohort, e.CareLevel, e.Track, e.FirstVisitOn = "Grupp 7", "mmrpv", "individual", "2024-01-10"
	})
	s.answer(t, "better", store.Baseline, "2024-01-03", nprs(8))
	s.answer(t, "better", store.ProgrammeEnd, "2024-06-01", nprs(3))
	s.episodeOf(t, "fresh", func(e *store.Episode) { e.Cohort, e.FirstVisitPlanned = "Grupp 12", "2025-03-20" })
	s.answer(t, "fresh", store.Baseline, "2025-03-10", nprs(5))
	s.episodeOf(t, "empty", func(e *store.Episode) { e.FirstVisitPlanned = "2025-03-15" })
	s.episodeOf(t, "cancelled", func(e *store.Episode) { e.FirstVisitPlanned, e.Status = "2025-04-01", "cancelled" })
	return s
}

// listed are the ids of a list, those that are new marked.
func listed(patients []clinic.ListedPatient) string {
	var ids []string
	for _, p := range patients {
		id := p.EpisodeID
		if p.New {
			id += "*"
		}
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

func (s *site) patients(t *testing.T, ctx context.Context, filter clinic.PatientFilter) string {
	t.Helper()
	list, err := s.Patients(ctx, filter, clinic.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return listed(list.Patients)
}

func TestAListHoldsWhatItsFilterTakes(t *testing.T) {
	s := withPatients(t)
	for _, c := range []struct {
		name   string
		filter clinic.PatientFilter
		want   string
	}{
		{"everybody, what is new first", clinic.PatientFilter{}, "fresh* worse better cancelled empty"},
		{"a unit", clinic.PatientFilter{CareUnit: unit}, "fresh* worse better cancelled empty"},
		{"another unit", clinic.PatientFilter{CareUnit: "SE-other"}, ""},
		{"a cohort", clinic.PatientFilter{Cohort: "Grupp 12"}, "fresh* worse"},
		{"a level", clinic.PatientFilter{CareLevel: "mmrpv"}, "better"},
		{"a track", clinic.PatientFilter{Track: "individual"}, "better"},
		{"answered", clinic.PatientFilter{Answered: store.ProgrammeEnd}, "worse better"},
		{"missing", clinic.PatientFilter{Missing: store.ProgrammeEnd}, "fresh* cancelled empty"},
		{"answered and missing", clinic.PatientFilter{Answered: store.Baseline, Missing: store.ProgrammeEnd}, "fresh*"},
		{"worse", clinic.PatientFilter{Worse: true}, "worse"},
		{"not reviewed", clinic.PatientFilter{NotReviewed: true}, "fresh* worse better"},
		{"new", clinic.PatientFilter{New: true}, "fresh*"},
		{"before the first visit", clinic.PatientFilter{BeforeVisit: true}, "fresh* empty"},
		{"by the next date", clinic.PatientFilter{Order: clinic.ByDate}, "empty fresh* cancelled better worse"},
		{"by cohort, as people count", clinic.PatientFilter{Order: clinic.ByCohort}, "better fresh* worse cancelled empty"},
		{"by episode", clinic.PatientFilter{Order: clinic.ByEpisode}, "better cancelled empty fresh* worse"},
	} {
		if got := s.patients(t, ctx, c.filter); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for field, filter := range map[string]clinic.PatientFilter{
		"care_level": {CareLevel: "x"}, "track": {Track: "x"}, "answered": {Answered: "x"}, "missing": {Missing: store.OtherOccasion}, "order": {Order: "score"},
	} {
		_, err := s.Patients(ctx, filter, clinic.Page{})
		if got := problems(t, err); !slices.Equal(got, []string{field + " " + clinic.UnknownField}) {
			t.Errorf("%v", got)
		}
	}
}

func TestAListTellsWhatEachPatientHasAnswered(t *testing.T) {
	s := withPatients(t)
	list, err := s.Patients(ctx, clinic.PatientFilter{Cohort: "Grupp 12"}, clinic.Page{})
	if err != nil {
		t.Fatal(err)
	}
	if list.All != 5 || list.Matching != 2 || list.New != 1 || !slices.Equal(list.Cohorts, []string{"Grupp 12", "Grupp 7"}) {
		t.Errorf("%d, %d, %d, %v", list.All, list.Matching, list.New, list.Cohorts)
	}
	worse := list.Patients[1]
	want := clinic.AnsweredOccasion{Occasion: store.ProgrammeEnd, First: "2024-06-02", Last: "2024-06-02", Forms: 1}
	if at := worse.At(store.ProgrammeEnd); at == nil || *at != want || worse.At(store.FollowUp12Months) != nil || worse.Worse != 1 {
		t.Errorf("%+v", worse)
	}
}

// What is new is the reader's own: it ends when that reader opens the episode,
// and begins again with whatever changes afterwards.
func TestNewIsWhatTheReaderHasNotSeen(t *testing.T) {
	s := withPatients(t)
	fresh := clinic.EpisodeRef{CareUnit: unit, EpisodeID: "fresh"}
	if _, err := s.OpenTrend(ctx, fresh); err != nil {
		t.Fatal(err)
	}
	isNew := clinic.PatientFilter{New: true, Order: clinic.ByEpisode}
	if got := s.patients(t, ctx, isNew); got != "" {
		t.Errorf("after it was opened: %s", got)
	}
	if got := s.patients(t, as("SE-other-reader"), isNew); got != "fresh*" {
		t.Errorf("to somebody else: %s", got)
	}
	if _, err := s.Trends(ctx, []clinic.EpisodeRef{{CareUnit: unit, EpisodeID: "worse"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenTrend(ctx, clinic.EpisodeRef{CareUnit: unit, EpisodeID: "better"}); err != nil {
		t.Fatal(err)
	}
	// Old answers that come late are new to who has opened the episode before, and to nobody else.
	s.answer(t, "better", store.FollowUp12Months, "2024-12-01", nprs(3))
	s.answer(t, "worse", store.FollowUp12Months, "2024-12-01", nprs(3))
	if got := s.patients(t, ctx, isNew); got != "better*" {
		t.Errorf("after answers came in: %s", got)
	}
	s.answer(t, "fresh", store.ProgrammeEnd, "2025-03-11", hads())
	if got := s.patients(t, ctx, isNew); got != "better* fresh*" {
		t.Errorf("after more came in: %s", got)
	}
	if _, err := s.OpenTrend(ctx, fresh); err != nil { // nothing in the unit is newer than what is seen now
		t.Fatal(err)
	}
	if got := s.patients(t, ctx, isNew); got != "better*" {
		t.Errorf("the newest of all was opened: %s", got)
	}
	s.now = s.now.AddDate(0, 0, clinic.NewForDays+1)
	if got := s.patients(t, as("SE-other-reader"), isNew); got != "" {
		t.Errorf("never opened, and long ago: %s", got)
	}
}

func TestReviewedIsTheNewestOccasion(t *testing.T) {
	s := withPatients(t)
	review := func(occasion store.Occasion) {
		t.Helper()
		r := clinic.FeedbackReview{Occasional: about(string(occasion)), Kind: clinic.AnswersSeen}
		r.EpisodeID, r.Occasion = "worse", occasion
		if _, err := s.RecordFeedbackReview(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	open := clinic.PatientFilter{NotReviewed: true, Cohort: "Grupp 12"}
	review(store.Baseline)
	if got := s.patients(t, ctx, open); got != "fresh* worse" {
		t.Errorf("an earlier occasion reviewed: %s", got)
	}
	review(store.ProgrammeEnd)
	if got := s.patients(t, ctx, open); got != "fresh*" {
		t.Errorf("the newest reviewed: %s", got)
	}
}

// A norm decides what worse means; a list must not go on by the one before.
func TestWorseFollowsTheNormThatHolds(t *testing.T) {
	s := withPatients(t)
	worse := clinic.PatientFilter{Worse: true}
	if got := s.patients(t, ctx, worse); got != "worse" {
		t.Fatalf("the premise does not hold: %s", got)
	}
	s.set(t, setNorm(unit, norm(clinic.MCIDInterval, "6", "7")))
	for range 2 { // the second is by what was kept
		if got := s.patients(t, ctx, worse); got != "" {
			t.Errorf("by a norm of the unit's own: %s", got)
		}
	}
	s.answer(t, "worse", store.FollowUp12Months, "2025-02-01", hads())
	if got := s.patients(t, ctx, clinic.PatientFilter{Answered: store.FollowUp12Months}); got != "worse*" {
		t.Errorf("what came after: %s", got)
	}
}

func TestAReaderListsTheirOwnAndWhatIsShared(t *testing.T) {
	s := withPatients(t)
	sharing := sharing("SE-b")
	sharing.EpisodeID = "worse"
	s.share(t, sharing)
	reader := func(unit string) context.Context {
		return access.WithCaller(context.Background(), access.Caller{System: "pages", User: "SE-anna", Unit: unit, Roles: []access.Role{access.Clinician}, Purpose: access.Care})
	}
	for _, c := range []struct{ as, asked, want string }{
		{unit, "", "fresh* worse better cancelled empty"}, {unit, unit, "fresh* worse better cancelled empty"},
		{"SE-b", "", "worse"}, {"SE-b", unit, "worse"}, {"SE-b", "SE-b", ""}, {"SE-c", "", ""}, {"SE-c", unit, ""}, {unit, "SE-b", ""},
	} {
		if got := s.patients(t, reader(c.as), clinic.PatientFilter{CareUnit: c.asked}); got != c.want {
			t.Errorf("%s of %q: %q, want %q", c.as, c.asked, got, c.want)
		}
	}
	nobody := access.WithCaller(context.Background(), access.Caller{System: "x", User: "u", Unit: unit, Roles: []access.Role{access.Analyst}, Purpose: access.Care})
	if _, err := s.Patients(nobody, clinic.PatientFilter{}, clinic.Page{}); clinic.RefusalReason(err) != clinic.RoleNotAllowed {
		t.Errorf("an analyst: %v", err)
	}
}

func TestThePagesOfAListHoldEachPatientOnce(t *testing.T) {
	s := withPatients(t)
	for _, order := range []clinic.PatientOrder{clinic.ByNews, clinic.ByDate, clinic.ByCohort, clinic.ByEpisode} {
		whole := s.patients(t, ctx, clinic.PatientFilter{Order: order})
		var parts []string
		page := clinic.Page{Size: 2}
		for range 3 {
			list, err := s.Patients(ctx, clinic.PatientFilter{Order: order}, page)
			if err != nil {
				t.Fatal(err)
			}
			parts, page.Token = append(parts, listed(list.Patients)), list.Next
		}
		if got := strings.Join(parts, " "); got != whole || page.Token != "" {
			t.Errorf("%s: %s, want %s", order, got, whole)
		}
	}
	first, err := s.Patients(ctx, clinic.PatientFilter{}, clinic.Page{Size: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Patients(ctx, clinic.PatientFilter{Worse: true}, clinic.Page{Token: first.Next})
	if got := problems(t, err); !slices.Equal(got, []string{"page_token " + clinic.BadPageToken}) {
		t.Errorf("another list's token: %v", got)
	}
}

func TestAPatientIsFoundByAnyWayOfWritingTheNumber(t *testing.T) {
	s := withPatients(t)
	s.submit(t, baseline("s-1", nprs(8)))
	for _, written := range []string{"191212121212", "19121212-1212", " 19121212-1212 ", "121212+1212"} {
		found, warnings, err := s.FindPatient(ctx, clinic.PatientRef{System: "personnummer", Value: written})
		if err != nil || listed(found) != "e-1*" || !slices.Equal(warnings, []string{clinic.WarnTestIdentity}) {
			t.Errorf("%q: %v %v %v", written, listed(found), warnings, err)
		}
	}
	if found, _, err := s.FindPatient(ctx, clinic.PatientRef{System: "personnummer", Value: "198001019876"}); err != nil || len(found) != 0 {
		t.Errorf("somebody unknown: %v %v", found, err)
	}
	stranger := access.WithCaller(context.Background(), access.Caller{System: "pages", User: "SE-anna", Unit: "other", Roles: []access.Role{access.Clinician}, Purpose: access.Care})
	if found, _, err := s.FindPatient(stranger, tolvan); err != nil || len(found) != 0 {
		t.Errorf("who may not see the patient finds nobody: %v %v", found, err)
	}
	_, _, err := s.FindPatient(ctx, clinic.PatientRef{System: "personnummer", Value: "12"})
	if got := problems(t, err); !slices.Equal(got, []string{"patient.value " + clinic.BadFormat}) {
		t.Errorf("%v", got)
	}
}

func TestSeveralTrendsAreThoseThatAreThere(t *testing.T) {
	s := withPatients(t)
	refs := func(ids ...string) (refs []clinic.EpisodeRef) {
		for _, id := range ids {
			refs = append(refs, clinic.EpisodeRef{CareUnit: unit, EpisodeID: id})
		}
		return refs
	}
	trends, err := s.Trends(ctx, refs("worse", "gone", "better"))
	if err != nil || len(trends) != 2 || trends[0].Episode.EpisodeID != "worse" || trends[1].Episode.EpisodeID != "better" {
		t.Errorf("%v %v", trends, err)
	}
	if _, err := s.Trends(ctx, refs("gone")); reason(t, err).Reason != clinic.EpisodeUnknown {
		t.Errorf("none is there: %v", err)
	}
	var many []string
	for n := range clinic.MaxTrends + 1 {
		many = append(many, fmt.Sprint("e-", n))
	}
	for _, ids := range [][]string{nil, many} {
		_, err := s.Trends(ctx, refs(ids...))
		if got := problems(t, err); !slices.Equal(got, []string{"episodes " + clinic.OutOfRange}) {
			t.Errorf("%d: %v", len(ids), got)
		}
	}
}

// BenchmarkPatients is a page of the list of a unit of 5,000 episodes: goal 50 ms
// with the page around it.
func BenchmarkPatients(b *testing.B) {
	s := manyEpisodes(b)
	if _, err := s.Patients(ctx, clinic.PatientFilter{}, clinic.Page{}); err != nil { // makes the summaries
		b.Fatal(err)
	}
	filters := map[string]clinic.PatientFilter{
		"all": {CareUnit: unit}, "worse, not reviewed": {CareUnit: unit, Worse: true, NotReviewed: true}, "by cohort": {CareUnit: unit, Order: clinic.ByCohort},
	}
	for name, filter := range filters {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Patients(ctx, filter, clinic.Page{Size: 50}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	pages := review.New(s.Clinic, review.Options{Now: func() time.Time { return noon }})
	for name, path := range map[string]string{
		"page": "/?unit=" + unit, "page, filtered": "/?answered=baseline&missing=programme_end&order=date", "conference": "/conference?unit=" + unit,
	} {
		b.Run(name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				w := httptest.NewRecorder()
				pages.ServeHTTP(w, httptest.NewRequest("GET", path, nil).WithContext(ctx))
				if size = w.Body.Len(); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}
