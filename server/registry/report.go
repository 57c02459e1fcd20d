package registry

import (
	"fmt"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// Case is one episode of care with its live forms, newest versions, as
// Submissions.SubmissionsOfEpisode returns them.
type Case struct {
	Episode  store.Episode
	Forms    []store.Submission
	Feedback *Feedback // nil: not known
}

// Feedback says whether the answers were gone through with the patient.
type Feedback struct{ Offered, Given bool }

// Knowledge is what a report must know besides the patients.
type Knowledge struct {
	// Current are the definitions that a report is about, in its order: the
	// active versions. Scores made under another scoring hash are left out, and
	// counted.
	Current []*scoring.Instrument
	// Definition finds the version that a form was scored by.
	Definition func(instrument, version string) (*scoring.Instrument, bool)
	// Evidence is what a care unit judges changes of a scale by: its own norms
	// or the published ones. nil: the published ones everywhere.
	Evidence func(careUnit string, in *scoring.Instrument, scale, valueSet string) scoring.Evidence
}

// Request says which episodes a report is about, and how it divides them.
type Request struct {
	Filter Filter
	// Sides are set side by side, such as two periods, or a unit and the
	// others; none: one side that is everything. An episode may be on several.
	Sides []Side
	// Split divides each side by a property; empty: not at all. Care levels are
	// never pooled, whatever is asked for.
	Split Dimension
	// AsOf is the day the report is of, YYYY-MM-DD. It decides whose 12-month
	// form is due.
	AsOf string
	// FollowUpWithin is after how many days from the programme's end a 12-month
	// form that did not come counts as missing; 0: 455, the end of the default
	// window.
	FollowUpWithin int
}

// Side is a named part of a report.
type Side struct {
	Name string
	Filter
}

// Filter chooses episodes. Empty fields choose all; the lists are of words as
// in store.Episode. What an episode does not state is the empty word.
type Filter struct {
	Units, NotUnits []string
	Period          Period
	Cohorts         []string
	CareLevels      []string
	Tracks          []string
	ProgrammeTypes  []string
	Sexes           []string
	// MinWeeks and MaxWeeks limit the length of the programme, from its actual
	// start to its actual end in whole weeks, rounded; 0: no limit. With a limit
	// an episode without both dates is left out.
	MinWeeks, MaxWeeks int
	// Assisted chooses by whether somebody helped with one of the patient's
	// forms, or interpreted; nil: all.
	Assisted *bool
}

// Period is a time in which one date of an episode lies, both ends included;
// an empty end is open. The date must be named: patients who began in a year
// are not those who finished in it.
type Period struct {
	Date     DateName
	From, To string // YYYY-MM-DD
}

// DateName names a date of an episode.
type DateName string

// The dates that a period can be about; all are actual dates, not planned ones.
const (
	Referral   DateName = "referred_on"
	FirstVisit DateName = "first_visit_on"
	Start      DateName = "started_on"
	End        DateName = "ended_on"
)

// Dimension is a property that a report can be split by.
type Dimension string

// The dimensions.
const (
	ByUnit          Dimension = "care_unit"
	ByCohort        Dimension = "cohort"
	ByTrack         Dimension = "track"
	ByProgrammeType Dimension = "programme_type"
	ByWeeks         Dimension = "weeks"
	BySex           Dimension = "sex"
	ByAssistance    Dimension = "assisted"
	ByYear          Dimension = "year" // of the filter's period date
)

// Report is what was found. Its figures are whole, for the unit's own clinicians,
// until Suppress has taken out what others must not see.
type Report struct {
	AsOf     string
	Audience Audience
	// Threshold is the fewest people a shown count can be of; 0: all is shown.
	Threshold int
	// Undated counts the episodes that a filter left out because they lack the
	// date, or the length, that it asks about.
	Undated Count
	Groups  []Group
}

// Audience says whom a report is for.
type Audience string

// The audiences. Internal is the unit's own clinicians, and must be marked so
// wherever it is shown or printed.
const (
	Internal Audience = "internal"
	Outside  Audience = "suppressed"
)

// Group is one part of a report.
type Group struct {
	Side      string
	Value     string // of the dimension it is split by
	CareLevel string

	Episodes Count
	Patients Count
	// Hidden says that all of the group is left out of the report.
	Hidden bool

	Flow      []Step
	Responses []Response
	Feedback  FeedbackCount
	Scales    []ScaleFigures
	Paretian  []ParetianTable
	Items     []ItemTable
	Attrition []AttritionRow

	population Population // who they are; empty once suppressed
}

// Builder takes in episodes and makes a report of them.
type Builder struct {
	request   Request
	knowledge Knowledge
	rows      []row
	rowOf     map[rowKey]int
	current   map[string]*scoring.Instrument
	groups    map[groupKey]*groupTally
	undated   int
	counted   int
	answers   scoring.Answers
}

// NewBuilder begins a report. It refuses a request that could not be carried
// out as it reads.
func NewBuilder(request Request, knowledge Knowledge) (*Builder, error) {
	if err := request.check(); err != nil {
		return nil, fmt.Errorf("group report: %w", err)
	}
	if request.FollowUpWithin == 0 {
		request.FollowUpWithin = 455
	}
	if len(request.Sides) == 0 {
		request.Sides = []Side{{}}
	}
	b := &Builder{
		request: request, knowledge: knowledge, rowOf: map[rowKey]int{}, groups: map[groupKey]*groupTally{},
		current: map[string]*scoring.Instrument{},
	}
	if b.knowledge.Evidence == nil {
		published := map[rowKey]scoring.Evidence{}
		b.knowledge.Evidence = func(_ string, in *scoring.Instrument, scale, _ string) scoring.Evidence {
			key := rowKey{instrument: in.ID(), scale: scale}
			if _, known := published[key]; !known {
				published[key] = in.EvidenceOf(scale)
			}
			return published[key]
		}
	}
	for _, in := range knowledge.Current {
		b.current[in.ID()] = in
		b.addRows(in)
	}
	return b, nil
}
