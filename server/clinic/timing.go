package clinic

import (
	"time"

	"github.com/painscore/painscore/server/store"
)

// Timing says whether a form was answered when its occasion expects it.
type Timing string

// The timing verdicts. None of them ever moves a form to another occasion.
const (
	Early        Timing = "early"
	InWindow     Timing = "in_window"
	Late         Timing = "late"
	NoAnchorDate Timing = "no_anchor_date" // the episode lacks the date to judge by
	NotTimed     Timing = ""               // the occasion has no window
)

// Anchor names the date of an episode that an occasion is counted from.
type Anchor string

// The anchors.
const (
	FirstVisit     Anchor = "first_visit"
	EndOfProgramme Anchor = "programme_end"
)

// Window is the days around an anchor in which an occasion's forms are on
// time, both ends included.
type Window struct {
	Anchor Anchor
	From   int // days from the anchor, negative before it
	To     int
}

// Windows holds the window of each occasion that has one.
type Windows map[store.Occasion]Window

// DefaultWindows are painscore's own: the clinics' programmes and the registry
// state none in days. The 12 months count from the end of the programme, not
// from its start.
func DefaultWindows() Windows {
	return Windows{
		store.Baseline:         {Anchor: FirstVisit, From: -56, To: 28},
		store.ProgrammeEnd:     {Anchor: EndOfProgramme, From: -14, To: 42},
		store.FollowUp12Months: {Anchor: EndOfProgramme, From: 335, To: 455},
	}
}

// Anchored is an occasion's window laid onto the dates of one episode.
type Anchored struct {
	Anchor   Anchor
	Date     string // YYYY-MM-DD; empty where the episode has none
	Planned  bool   // Date is a plan, for want of the actual date
	FirstDay string
	LastDay  string
	date     time.Time
	window   Window
}

// anchor lays the window of an occasion onto an episode. The actual date
// counts; while there is none, the planned one stands in and is marked so.
func (w Windows) anchor(occasion store.Occasion, episode store.Episode) Anchored {
	window, ok := w[occasion]
	if !ok {
		return Anchored{}
	}
	actual, planned := episode.FirstVisitOn, episode.FirstVisitPlanned
	if window.Anchor == EndOfProgramme {
		actual, planned = episode.EndedOn, episode.EndPlanned
	}
	a := Anchored{Anchor: window.Anchor, window: window, Date: actual}
	if actual == "" && planned != "" {
		a.Date, a.Planned = planned, true
	}
	date, err := time.Parse(time.DateOnly, a.Date)
	if err != nil {
		a.Date = ""
		return a
	}
	a.date = date
	a.FirstDay = date.AddDate(0, 0, window.From).Format(time.DateOnly)
	a.LastDay = date.AddDate(0, 0, window.To).Format(time.DateOnly)
	return a
}

// judge says how a date lies to the window, and how many days from the anchor.
func (a Anchored) judge(answeredOn string) (Timing, int) {
	if a.Anchor == "" {
		return NotTimed, 0
	}
	answered, err := time.Parse(time.DateOnly, answeredOn)
	if a.Date == "" || err != nil {
		return NoAnchorDate, 0
	}
	days := int(answered.Sub(a.date).Hours() / 24) // both are midnight UTC, so whole days
	switch {
	case days < a.window.From:
		return Early, days
	case days > a.window.To:
		return Late, days
	}
	return InWindow, days
}
