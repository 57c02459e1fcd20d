package clinic

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// NewForDays is for how long answers count as new to a reader who has never
// opened the episode. Without a limit everything would be new to whoever begins
// to work at a unit. The eight weeks are ours: a baseline is sent about four
// weeks before the first visit.
const NewForDays = 56

// PatientOrder is what a list of patients is ordered by. None of them ranks
// people by their scores.
type PatientOrder string

// The orders of a list of patients.
const (
	ByNews    PatientOrder = "news"    // what is new to the reader first, then the newest answers first
	ByDate    PatientOrder = "date"    // the next date of the episode first: visit, start or end
	ByCohort  PatientOrder = "cohort"  // by cohort, those without one last
	ByEpisode PatientOrder = "episode" // by care unit and episode id
)

var patientOrders = []string{string(ByNews), string(ByDate), string(ByCohort), string(ByEpisode)}

// PatientFilter says which episodes to list. Every condition that is set must hold.
type PatientFilter struct {
	CareUnit    string // empty: every one of whose episodes the caller sees some
	Cohort      string
	CareLevel   string
	Track       string
	Answered    store.Occasion // one of the three canonical occasions that is answered
	Missing     store.Occasion // one that is not
	Worse       bool           // a scale is worse than at the baseline, by the verdict that may use that word
	NotReviewed bool           // nobody has recorded that the newest answers were seen or talked about
	New         bool           // to the reader; see ListedPatient
	BeforeVisit bool           // the first visit lies ahead
	Order       PatientOrder   // empty: ByNews
}

// AnsweredOccasion is an occasion with what the patient has answered at it.
type AnsweredOccasion struct {
	Occasion    store.Occasion
	Label       string
	First, Last string // answered on, YYYY-MM-DD
	Forms       int    // scored ones
}

// ListedPatient is an episode in a list. Of the episode is filled in what
// store.EpisodeOverview names.
type ListedPatient struct {
	store.Episode
	Occasions []AnsweredOccasion
	Worse     int // scales that are worse than at the baseline, by the verdict that may use that word
	// New: forms came in or were changed since the reader last opened the
	// episode; if the reader never has, the newest are not older than NewForDays.
	New      bool
	Reviewed bool // somebody has recorded that the newest answers were seen or talked about
	newest   string
}

// PatientList is a page of episodes.
type PatientList struct {
	Patients []ListedPatient
	All      int      // that the caller sees in the care unit, whatever the filter
	Matching int      // that the filter leaves, on all pages
	New      int      // of those that it leaves
	Cohorts  []string // of all, those with the newest answers first
	Next     string   // token of the next page, empty at the end
}

// Patients returns a page of the episodes of a care unit, or of every one, that
// the caller's unit owns and those that are shared with it.
//
// Errors: *InputError.
func (c *Clinic) Patients(ctx context.Context, filter PatientFilter, page Page) (_ PatientList, err error) {
	v, err := c.enter(ctx, access.ListEpisodesCall)
	if err != nil {
		return PatientList{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	filter.check(check)
	text := filter.text()
	after := page.after(check, text)
	if err := check.err(); err != nil {
		return PatientList{}, err
	}
	all, err := c.seenPatients(ctx, v, filter.CareUnit)
	if err != nil {
		return PatientList{}, err
	}
	today := c.today()
	list := PatientList{All: len(all), Cohorts: cohortsOf(all)}
	all = slices.DeleteFunc(all, func(p ListedPatient) bool { return !filter.takes(&p, today) })
	list.Matching = len(all)
	for i := range all {
		if all[i].New {
			list.New++
		}
	}
	list.Patients, list.Next = pageOf(all, filter.Order, today, after, page.limit(), text)
	keys := make([]string, len(list.Patients))
	for i := range list.Patients {
		keys[i] = list.Patients[i].PatientKey
	}
	v.patients(c.knownUnit(ctx, filter.CareUnit), keys...)
	return list, nil
}

// pageOf orders patients and takes those after a place.
func pageOf(all []ListedPatient, order PatientOrder, today, after string, limit int, filters string) (page []ListedPatient, next string) {
	type placed struct {
		place string
		at    int
	}
	places := make([]placed, 0, len(all))
	for i := range all {
		if place := all[i].place(order, today); place > after {
			places = append(places, placed{place, i})
		}
	}
	slices.SortFunc(places, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	if len(places) > limit {
		places = places[:limit]
		next = pageToken(filters, places[limit-1].place)
	}
	for _, p := range places {
		page = append(page, all[p.at])
	}
	return page, next
}

func (f *PatientFilter) check(check *checker) {
	check.code("care_unit", f.CareUnit)
	check.text("cohort", f.Cohort, MaxIDLength)
	checkWord(check, "care_level", f.CareLevel, []string{"", "mmrpv", "mmrsv"})
	checkWord(check, "track", f.Track, []string{"", "programme", "individual", "assessment_only"})
	occasions := []string{"", string(store.Baseline), string(store.ProgrammeEnd), string(store.FollowUp12Months)}
	checkWord(check, "answered", string(f.Answered), occasions)
	checkWord(check, "missing", string(f.Missing), occasions)
	f.Order = cmp.Or(f.Order, ByNews)
	checkWord(check, "order", string(f.Order), patientOrders)
}

// text is what a page token is bound to.
func (f *PatientFilter) text() string { return fmt.Sprintf("patients %#v", *f) }

// takes says whether the filter leaves a patient in the list.
func (f *PatientFilter) takes(p *ListedPatient, today string) bool {
	return (f.Cohort == "" || p.Cohort == f.Cohort) && (f.CareLevel == "" || p.CareLevel == f.CareLevel) && (f.Track == "" || p.Track == f.Track) &&
		(f.Answered == "" || p.At(f.Answered) != nil) && (f.Missing == "" || p.At(f.Missing) == nil) &&
		(!f.Worse || p.Worse > 0) && (!f.NotReviewed || p.newest != "" && !p.Reviewed) && (!f.New || p.New) &&
		(!f.BeforeVisit || beforeVisit(&p.Episode, today))
}

// beforeVisit: those are talked about at an assessment conference. A planned
// visit in the past has happened or not; until somebody says so, nobody knows.
func beforeVisit(e *store.Episode, today string) bool {
	return e.FirstVisitOn == "" && e.FirstVisitPlanned >= today && e.Status != statusDroppedOut && e.Status != "cancelled"
}

// At is what the patient answered at a canonical occasion, nil for nothing.
func (p *ListedPatient) At(occasion store.Occasion) *AnsweredOccasion {
	for i := range p.Occasions {
		if p.Occasions[i].Occasion == occasion {
			return &p.Occasions[i]
		}
	}
	return nil
}

// place is a text by which a list is ordered, and after which its next page
// begins. It ends with the care unit and id, so no two are the same.
func (p *ListedPatient) place(order PatientOrder, today string) string {
	first := ""
	switch order {
	case ByNews:
		first = "1"
		if p.New {
			first = "0"
		}
		first += backwards(p.newest)
	case ByDate:
		first = cmp.Or(nextDate(&p.Episode, today), "~")
	case ByCohort:
		first = cmp.Or(numbered(p.Cohort), "~")
	}
	return first + "\n" + p.CareUnit + "\n" + numbered(p.EpisodeID) + "\n" + p.EpisodeID
}

// backwards turns a date into a text that sorts the newest first, and no date last.
func backwards(date string) string {
	turned := []byte(date + "~")
	for i, b := range turned {
		if b >= '0' && b <= '9' {
			turned[i] = '9' - b + '0'
		}
	}
	return string(turned)
}

// numbered widens the numbers in a text, so that Group 7 comes before Group 12.
func numbered(text string) string {
	const width = 6
	var wide []byte
	for i := 0; i < len(text); {
		digits := 0
		for i+digits < len(text) && text[i+digits] >= '0' && text[i+digits] <= '9' {
			digits++
		}
		for n := digits; n > 0 && n < width; n++ {
			wide = append(wide, '0')
		}
		end := i + max(digits, 1)
		wide, i = append(wide, text[i:end]...), end
	}
	return string(wide)
}

// nextDate is the first date of an episode that has not passed, "" without one.
func nextDate(e *store.Episode, today string) string {
	next := ""
	for _, date := range []string{
		cmp.Or(e.FirstVisitOn, e.FirstVisitPlanned), cmp.Or(e.StartedOn, e.StartPlanned), cmp.Or(e.EndedOn, e.EndPlanned),
	} {
		if date >= today && (next == "" || date < next) {
			next = date
		}
	}
	return next
}

// cohortsOf lists the cohorts of patients, those with the newest answers first.
func cohortsOf(all []ListedPatient) []string {
	newest := map[string]string{}
	for i := range all {
		if cohort := all[i].Cohort; cohort != "" {
			newest[cohort] = max(newest[cohort], all[i].newest)
		}
	}
	cohorts := make([]string, 0, len(newest))
	for cohort := range newest {
		cohorts = append(cohorts, cohort)
	}
	slices.SortFunc(cohorts, func(a, b string) int {
		return cmp.Or(cmp.Compare(newest[b], newest[a]), cmp.Compare(numbered(a), numbered(b)), cmp.Compare(a, b))
	})
	return cohorts
}

// isNew says whether a reader has something new to see in an episode.
func isNew(o *store.EpisodeOverview, newest, newSince string) bool {
	if o.Seen > 0 {
		return o.Summary.Newest > o.Seen
	}
	return newest >= newSince && newest != ""
}

// daysBefore is the date some days before another.
func daysBefore(date string, days int) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic("not a date of this package: " + strconv.Quote(date))
	}
	return day.AddDate(0, 0, -days).Format(time.DateOnly)
}
