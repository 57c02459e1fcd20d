package review

import (
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// canonical are the occasions that every episode is meant to have.
var canonical = []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months}

// occasionCell says in words what there is of an occasion. A missing form is
// marked by its sign and its word, never by colour alone.
type occasionCell struct {
	Text    string
	Date    string // after the text
	Missing bool
	Quiet   bool // nothing is there and nothing is expected yet
}

func cellOf(l wording.Language, p *clinic.ListedPatient, occasion store.Occasion, today string) occasionCell {
	if at := p.At(occasion); at != nil {
		return occasionCell{Text: l.Count("forms", at.Forms), Date: l.Date(at.Last)}
	}
	if cell, waiting := notDue(l, p.Episode, occasion, today); waiting {
		return cell
	}
	return occasionCell{Text: l.OccasionMissing(string(occasion)), Missing: true}
}

// notDue says why an occasion without forms is not missing yet: the first
// visit lies ahead, there is no end to count from, or the 12 months after it
// have not passed. Windows are
// judged on the episode's own page; this is the plain calendar.
func notDue(l wording.Language, e store.Episode, occasion store.Occasion, today string) (occasionCell, bool) {
	due := ""
	switch {
	case notExpected(e, occasion):
		return occasionCell{Text: l.Say("not_expected"), Quiet: true}, true
	case occasion == store.Baseline:
		if e.FirstVisitOn == "" {
			due = e.FirstVisitPlanned
		}
	case e.EndedOn == "":
		return occasionCell{Text: l.Say("occasion.not_ended"), Quiet: true}, true
	case occasion == store.FollowUp12Months:
		if ended, err := time.Parse(time.DateOnly, e.EndedOn); err == nil {
			due = ended.AddDate(1, 0, 0).Format(time.DateOnly)
		}
	}
	return occasionCell{Text: l.Say("occasion.later"), Date: l.Date(due), Quiet: true}, due > today
}

// notExpected reports whether nobody waits for an occasion's forms, because the
// patient has left the programme or must not be asked. Who leaves during the
// follow-up has still been at the programme's end. A baseline is always
// expected: without it there is nothing to compare with.
func notExpected(e store.Episode, occasion store.Occasion) bool {
	if occasion != store.ProgrammeEnd && occasion != store.FollowUp12Months {
		return false
	}
	if e.Deceased || e.DoNotContact || e.Status == "cancelled" {
		return true
	}
	return e.Status == "dropped_out" && !(occasion == store.ProgrammeEnd && e.DropOutPhase == "follow_up")
}
