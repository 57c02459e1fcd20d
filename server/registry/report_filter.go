package registry

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/painscore/painscore/server/store"
)

// check refuses what cannot be meant. All problems are joined.
func (r *Request) check() error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !isDay(r.AsOf) {
		add("as of: a day as YYYY-MM-DD is needed")
	}
	if r.FollowUpWithin < 0 {
		add("follow-up within: not below 0")
	}
	switch r.Split {
	case "", ByUnit, ByCohort, ByTrack, ByProgrammeType, ByWeeks, BySex, ByAssistance:
	case ByYear:
		if r.Filter.Period.Date == "" {
			add("split by year: the filter's period must name the date whose year it is")
		}
	default:
		add("split: no such dimension")
	}
	names := map[string]bool{}
	for _, side := range r.Sides {
		if side.Name == "" || names[side.Name] {
			add("sides: each needs a name of its own")
		}
		names[side.Name] = true
		problems = append(problems, side.Filter.check())
	}
	return errors.Join(append(problems, r.Filter.check())...)
}

func (f *Filter) check() error {
	p := f.Period
	switch {
	case p.Date == "" && (p.From != "" || p.To != ""):
		return errors.New("period: the date that it is about must be named")
	case p.Date != "" && !slices.Contains([]DateName{Referral, FirstVisit, Start, End}, p.Date):
		return errors.New("period: no such date")
	case p.From != "" && !isDay(p.From), p.To != "" && !isDay(p.To):
		return errors.New("period: days are YYYY-MM-DD")
	case p.From != "" && p.To != "" && p.From > p.To:
		return errors.New("period: it ends before it begins")
	case f.MinWeeks < 0, f.MaxWeeks < 0, f.MaxWeeks > 0 && f.MinWeeks > f.MaxWeeks:
		return errors.New("weeks: not below 0, and the longest not below the shortest")
	}
	return nil
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// match is how an episode stands to a filter.
type match int

const (
	matches match = iota
	differs
	undated // it lacks a date that the filter asks about
)

func (f *Filter) match(c *Case) match {
	e := &c.Episode
	switch {
	case !chosen(f.Units, e.CareUnit), len(f.NotUnits) > 0 && slices.Contains(f.NotUnits, e.CareUnit),
		!chosen(f.Cohorts, e.Cohort), !chosen(f.CareLevels, e.CareLevel), !chosen(f.Tracks, e.Track),
		!chosen(f.ProgrammeTypes, e.ProgrammeType), !chosen(f.Sexes, e.Sex),
		f.Assisted != nil && *f.Assisted != assisted(c):
		return differs
	}
	if f.Period.Date != "" {
		switch day := dateOf(e, f.Period.Date); {
		case day == "":
			return undated
		case day < f.Period.From, f.Period.To != "" && day > f.Period.To:
			return differs
		}
	}
	if f.MinWeeks > 0 || f.MaxWeeks > 0 {
		switch weeks, ok := weeksOf(e); {
		case !ok:
			return undated
		case weeks < f.MinWeeks, f.MaxWeeks > 0 && weeks > f.MaxWeeks:
			return differs
		}
	}
	return matches
}

func chosen(list []string, word string) bool { return len(list) == 0 || slices.Contains(list, word) }

// assisted says whether somebody helped with one of the patient's own forms.
func assisted(c *Case) bool {
	return slices.ContainsFunc(c.Forms, func(s store.Submission) bool { return s.Respondent == store.Patient && s.Assisted })
}

func dateOf(e *store.Episode, name DateName) string {
	switch name {
	case Referral:
		return e.ReferredOn
	case FirstVisit:
		return e.FirstVisitOn
	case Start:
		return e.StartedOn
	}
	return e.EndedOn
}

// days returns how many lie between two days, false unless both are given.
func days(from, to string) (int, bool) {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, to)
	if err != nil || err2 != nil {
		return 0, false
	}
	return int(b.Sub(a) / (24 * time.Hour)), true // both are midnight UTC, so whole days
}

// weeksOf is the length of the programme in whole weeks, rounded.
func weeksOf(e *store.Episode) (int, bool) {
	n, ok := days(e.StartedOn, e.EndedOn)
	return (n + 3) / 7, ok && n >= 0
}

// value is the word by which a case is split.
func (d Dimension) value(c *Case, period DateName) string {
	e := &c.Episode
	switch d {
	case ByUnit:
		return e.CareUnit
	case ByCohort:
		return e.Cohort
	case ByTrack:
		return e.Track
	case ByProgrammeType:
		return e.ProgrammeType
	case BySex:
		return e.Sex
	case ByAssistance:
		return strconv.FormatBool(assisted(c))
	case ByYear:
		return dateOf(e, period)[:len("2006")]
	case ByWeeks:
		if weeks, ok := weeksOf(e); ok {
			return fmt.Sprintf("%02d", weeks) // so that they sort
		}
	}
	return ""
}

// Check refuses a filter that cannot be meant.
func (f *Filter) Check() error { return f.check() }

// Chooses says whether a case is among those that the filter chooses. Where it
// is not because it lacks a date that the filter asks about, dated is false.
func (f *Filter) Chooses(c *Case) (chosen, dated bool) {
	m := f.match(c)
	return m == matches, m != undated
}
