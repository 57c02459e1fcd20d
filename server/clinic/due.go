package clinic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// DueState says what there is to do about an occasion.
type DueState string

// The states, each occasion in one.
const (
	Due            DueState = "due"             // its window is open, and nothing is answered
	DueSoon        DueState = "due_soon"        // its window opens within eight weeks
	Overdue        DueState = "overdue"         // its window has closed, and nothing is answered
	PartlyAnswered DueState = "partly_answered" // some of the battery's forms are there, others not
	NoDate         DueState = "no_date"         // the episode lacks the date to judge by: of the end, or of the first visit
)

// dueStates are the states in the order in which a page counts them.
var dueStates = []DueState{PartlyAnswered, Overdue, Due, DueSoon, NoDate}

const (
	// dueSoonDays: a baseline goes out about four weeks before the visit, and
	// must be prepared before that.
	dueSoonDays = 56
	// DefaultOverdueDays is how long an occasion stays on the list after its
	// window has closed. It is painscore's own: no programme states one, and
	// without an end the list would grow by all who never answer.
	DefaultOverdueDays = 90
)

// DueFilter says which occasions to list. An empty field lets all through.
type DueFilter struct {
	CareUnit    string // required
	States      []DueState
	Occasion    store.Occasion
	Cohort      string
	OverdueDays int       // how long after its window; 0: DefaultOverdueDays
	Found       []Problem // what the way in has already found wrong; listed with the rest
}

// DueOccasion is an occasion at which something is expected of a patient.
type DueOccasion struct {
	Episode    store.Episode
	Occasion   store.Occasion
	Label      string
	State      DueState
	Anchored                      // the window on the episode's dates
	Answered   []string           // instruments of which the patient has sent a form
	Missing    []string           // instruments of the battery without one
	HasBattery bool               // false: any form answers the occasion
	Dispatch   *store.OccasionAct // the newest one
}

// DueList is a page of occasions.
type DueList struct {
	Occasions []DueOccasion
	Counts    map[DueState]int // over all pages
	Next      string           // token of the next page, empty at the end
}

// DueOccasions returns a page of what is expected of a care unit's patients,
// ordered by the last day of the window (those without a date first), episode
// and occasion. It is for the unit that owns the episodes.
func (c *Clinic) DueOccasions(ctx context.Context, filter DueFilter, page Page) (_ DueList, err error) {
	v, err := c.enter(ctx, access.ListDueOccasionsCall)
	if err != nil {
		return DueList{}, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, filter.CareUnit); err != nil {
		return DueList{}, err
	}
	check := c.newChecker(filter.Found)
	filter.check(check)
	filters := filter.text()
	after := page.after(check, filters)
	if err := check.err(); err != nil {
		return DueList{}, err
	}
	all, err := c.allDue(ctx, filter)
	if err != nil {
		return DueList{}, err
	}
	list := DueList{Counts: map[DueState]int{}}
	for i := range all {
		list.Counts[all[i].State]++
	}
	all = slices.DeleteFunc(all, func(d DueOccasion) bool {
		return len(filter.States) > 0 && !slices.Contains(filter.States, d.State) || after != "" && d.place() <= after
	})
	if limit := page.limit(); len(all) > limit {
		all = all[:limit]
		list.Next = pageToken(filters, all[limit-1].place())
	}
	list.Occasions, err = c.wholeDue(ctx, v, filter.CareUnit, all)
	return list, err
}

// wholeDue reads the episodes of a page whole, adds the newest dispatch of each
// occasion, and grants the visit the patients. One that was erased meanwhile
// falls out.
func (c *Clinic) wholeDue(ctx context.Context, v *visit, careUnit string, page []DueOccasion) ([]DueOccasion, error) {
	var keys []string
	whole := page[:0]
	for _, d := range page {
		episode, err := c.store.Episode(ctx, careUnit, d.Episode.EpisodeID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.Episode = episode
		if err := c.addDispatch(ctx, &d); err != nil {
			return nil, err
		}
		whole, keys = append(whole, d), append(keys, episode.PatientKey)
	}
	v.patients(c.knownUnit(ctx, careUnit), keys...)
	return whole, nil
}

func (f *DueFilter) check(check *checker) {
	check.id("care_unit", f.CareUnit)
	for i, state := range f.States {
		if !slices.Contains(dueStates, state) {
			check.add("states["+strconv.Itoa(i)+"]", UnknownField, "not a value that this server knows")
		}
	}
	checkWord(check, "occasion", string(f.Occasion), []string{"", string(store.Baseline), string(store.ProgrammeEnd), string(store.FollowUp12Months), string(store.OtherOccasion)})
	check.text("cohort", f.Cohort, MaxIDLength)
	if f.OverdueDays < 0 || f.OverdueDays > maxWindowDays {
		check.add("overdue_days", OutOfRange, fmt.Sprintf("0 to %d", maxWindowDays))
	}
	f.OverdueDays = cmp.Or(f.OverdueDays, DefaultOverdueDays)
}

func (f *DueFilter) text() string {
	return fmt.Sprintf("due %q %q %q %q %d", f.CareUnit, f.States, f.Occasion, f.Cohort, f.OverdueDays)
}

// place orders the list. No part of it holds a line break.
func (d *DueOccasion) place() string {
	return strings.Join([]string{d.LastDay, d.Episode.EpisodeID, d.rank() + string(d.Occasion), d.Label}, "\n")
}

// rank puts the occasions of an episode in their order.
func (d *DueOccasion) rank() string {
	return strconv.Itoa(slices.Index([]store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months, store.OtherOccasion}, d.Occasion))
}

// allDue lists what is expected of a unit's patients, in order.
func (c *Clinic) allDue(ctx context.Context, filter DueFilter) ([]DueOccasion, error) {
	site, err := c.site(ctx)
	if err != nil {
		return nil, err
	}
	declined, err := c.declined(ctx, filter.CareUnit)
	if err != nil {
		return nil, err
	}
	today, err := time.Parse(time.DateOnly, c.today())
	if err != nil {
		return nil, err
	}
	calendar := newCalendar(today, filter.OverdueDays)
	occasions := site.occasionsOf(filter.CareUnit)
	var all []DueOccasion
	err = c.overviews(ctx, filter.CareUnit, "", func(o *store.EpisodeOverview) {
		if neverDue(&o.Episode) || filter.Cohort != "" && o.Cohort != filter.Cohort {
			return
		}
		for _, d := range calendar.of(site, o, occasions) {
			if (filter.Occasion == "" || d.Occasion == filter.Occasion) && !declined[store.OccasionKey{EpisodeID: o.EpisodeID, Occasion: d.Occasion, OccasionLabel: d.Label}] {
				all = append(all, d)
			}
		}
	})
	slices.SortFunc(all, func(a, b DueOccasion) int {
		return cmp.Or(cmp.Compare(a.LastDay, b.LastDay), cmp.Compare(a.Episode.EpisodeID, b.Episode.EpisodeID),
			cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Label, b.Label))
	})
	return all, err
}

// neverDue says of whom nothing is ever expected: who has died, asked not to be
// contacted, dropped out, never came, is only assessed, or is no real patient.
func neverDue(e *store.Episode) bool {
	return e.TestPatient || e.Deceased || e.DoNotContact || e.Status == statusDroppedOut || e.Status == "cancelled" || e.Track == "assessment_only"
}

// calendar is today, and the days that bound the list, as the dates of episodes
// are written.
type calendar struct {
	today, soon, longAgo string
}

func newCalendar(today time.Time, overdueDays int) calendar {
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	return calendar{today: day(0), soon: day(dueSoonDays), longAgo: day(-overdueDays)}
}

// of lists what is expected of one patient. A date that is missing is told
// once, for the first occasion that needs it. Most episodes of a unit are long
// over: what the dates rule out is left before the answers are looked at.
func (c calendar) of(site *site, o *store.EpisodeOverview, occasions []occasion) []DueOccasion {
	var due []DueOccasion
	told := map[Anchor]bool{}
	for _, at := range occasions {
		battery, anchored := site.batteryOf(&o.Episode, at.Occasion, at.label, c.today)
		if anchored.Date != "" && anchored.LastDay < c.longAgo {
			continue
		}
		d := DueOccasion{Episode: o.Episode, Occasion: at.Occasion, Label: at.label, Anchored: anchored}
		d.Answered = answeredAt(o.Summary.Answered, at).instruments
		if d.complete(battery) {
			continue
		}
		d.State = c.state(&d, o)
		if d.State == NoDate && told[d.Anchor] || d.State == "" {
			continue
		}
		told[d.Anchor] = told[d.Anchor] || d.State == NoDate
		due = append(due, d)
	}
	return due
}

// complete holds what is answered to the battery. An occasion of a unit's own
// without a battery that holds is not expected at all.
func (d *DueOccasion) complete(battery *Battery) bool {
	if battery == nil {
		return len(d.Answered) > 0 || d.Occasion == store.OtherOccasion
	}
	d.HasBattery = true
	for _, name := range battery.Instruments {
		if !slices.Contains(d.Answered, name) {
			d.Missing = append(d.Missing, name)
		}
	}
	return len(d.Missing) == 0
}

// state says what there is to do today about an occasion that is not complete.
func (c calendar) state(d *DueOccasion, o *store.EpisodeOverview) DueState {
	partly := len(d.Answered) > 0
	switch {
	case d.Date == "" && partly:
		return PartlyAnswered
	case d.Date == "":
		if d.Anchor == EndOfProgramme && o.FirstVisitOn == "" && o.StartedOn == "" && o.Summary.Answered == "" {
			return "" // has not begun: nobody knows an end yet
		}
		return NoDate
	case d.FirstDay > c.soon && !partly:
		return ""
	case partly:
		return PartlyAnswered
	case d.FirstDay > c.today:
		return DueSoon
	case d.LastDay < c.today:
		return Overdue
	}
	return Due
}
