package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

// Table is one file's worth of rows: the episodes, or the forms of an instrument.
type Table struct {
	Name    string
	Columns []Column
	numbers int // how many columns are numeric
}

// Column is a column of a table.
type Column struct {
	Name     string // in the file; the recipient's, if it has one
	Variable string // the fixed name
	Type     ColumnType
	Decimals int // of a Number
	Label    string
	Missing  []registry.MissingCode
	// Wide are its names in a wide file, at baseline, end and 12 months; nil for
	// what a wide file has once for each episode.
	Wide []string

	recode map[string]string
	texts  bool // Type is not Number
}

// ColumnType is what a column's values are.
type ColumnType string

// The types. A Number has a fixed number of decimals; identity numbers have
// twelve digits.
const (
	Number         ColumnType = "number"
	Text           ColumnType = "text"
	Date           ColumnType = "date"
	IdentityNumber ColumnType = "personnummer"
)

// EpisodesTable is the name of the table with one row for each episode.
const EpisodesTable = "episodes"

// keyColumns tell the rows of a table apart.
var keyColumns = []string{"person", "episode", "occasion", "occasion_label", "respondent"}

// wideAt are the occasions that a wide file has.
var wideAt = []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months}

// episodeColumn is a column of the table of episodes.
type episodeColumn struct {
	name, label string
	kind        ColumnType
	of          func(*store.Episode) string
}

var episodeColumns = []episodeColumn{
	{"care_unit", "HSA-id of the unit that gave the care", Text, func(e *store.Episode) string { return e.CareUnit }},
	{"assessing_unit", "HSA-id of the unit that assessed, if another", Text, func(e *store.Episode) string { return e.AssessingUnit }},
	{"care_level", "care level: mmrpv or mmrsv", Text, func(e *store.Episode) string { return e.CareLevel }},
	{"track", "programme, individual or assessment_only", Text, func(e *store.Episode) string { return e.Track }},
	{"programme_type", "pain or exhaustion", Text, func(e *store.Episode) string { return e.ProgrammeType }},
	{"cohort", "group that started together", Text, func(e *store.Episode) string { return e.Cohort }},
	{"sex", "sex", Text, func(e *store.Episode) string { return e.Sex }},
	{"birth_year", "year of birth", Number, func(e *store.Episode) string {
		if e.BirthYear == 0 {
			return ""
		}
		return strconv.FormatInt(e.BirthYear, 10)
	}},
	{"language_code", "the patient's language", Text, func(e *store.Episode) string { return e.LanguageCode }},
	{"referred_on", "day of the referral", Date, func(e *store.Episode) string { return e.ReferredOn }},
	{"first_visit_on", "day of the first visit", Date, func(e *store.Episode) string { return e.FirstVisitOn }},
	{"started_on", "first day of the programme", Date, func(e *store.Episode) string { return e.StartedOn }},
	{"ended_on", "last day of the programme", Date, func(e *store.Episode) string { return e.EndedOn }},
	{"status", "where the episode stands", Text, func(e *store.Episode) string { return e.Status }},
	{"drop_out_reason", "why the programme was not completed", Text, func(e *store.Episode) string { return e.DropOutReason }},
	{"drop_out_phase", "when that was", Text, func(e *store.Episode) string { return e.DropOutPhase }},
}

// episodeValue is where a column of the table of episodes gets its values; nil for
// what tells rows apart.
func episodeValue(variable string) func(*store.Episode) string {
	for _, of := range episodeColumns {
		if of.name == variable {
			return of.of
		}
	}
	return nil
}

// notStated is the one reason why an episode has no number.
var notStated = []registry.MissingCode{{Code: registry.LeftBlank.Number(0), Reason: registry.LeftBlank}}

// keys are the first columns of a table.
func (p *Plan) keys(ofForms bool) []Column {
	person := Column{Variable: "person", Type: Text, Label: "pseudonym of the patient"}
	if p.Recipient.Identity == Personnummer {
		person.Type, person.Label = IdentityNumber, "personal identity number"
	}
	columns := []Column{person, {Variable: "episode", Type: Text, Label: "pseudonym of the episode of care"}}
	if ofForms {
		columns = append(columns,
			Column{Variable: "occasion", Type: Text, Label: "baseline, programme_end, follow_up_12_months or other"},
			Column{Variable: "occasion_label", Type: Text, Label: "which of the other occasions"},
			Column{Variable: "respondent", Type: Text, Label: "who answered: patient, relative or clinician"})
	}
	return columns
}

// tableOfEpisodes is the first table of every delivery.
func (p *Plan) tableOfEpisodes() Table {
	columns := p.keys(false)
	for _, c := range episodeColumns {
		column := Column{Variable: c.name, Type: c.kind, Label: c.label}
		if c.kind == Number {
			column.Missing = notStated
		}
		columns = append(columns, column)
	}
	return Table{Name: EpisodesTable, Columns: columns}
}

// tableOf is the table of an instrument, of all its versions in the plan.
func (p *Plan) tableOf(versions []*scoring.Instrument) Table {
	columns := p.keys(true)
	for _, m := range registry.CodebookOf(versions).Variables {
		if m.ValueSet != "" && !slices.Contains(p.ValueSets, m.ValueSet) {
			continue // came after the plan
		}
		column := Column{Variable: m.Name, Type: Text, Label: m.Label, Missing: m.Missing, Decimals: m.Decimals}
		switch m.Type {
		case "whole", "decimal":
			column.Type = Number
		case "date":
			column.Type = Date
		}
		for _, occasion := range wideAt {
			v := m.Variable
			v.Occasion, v.Respondent = occasion, store.Patient
			column.Wide = append(column.Wide, v.Name())
		}
		columns = append(columns, column)
	}
	return Table{Name: versions[0].ID(), Columns: columns}
}

// arrange gives a table's columns the recipient's names and order. Columns that
// tell rows apart stay, and stay in front.
func (t *Table) arrange(r *Recipient) error {
	last := len(r.Columns)
	places := map[string]int{}
	var kept []Column
	for _, c := range t.Columns {
		m, place := r.mapping(c.Variable)
		switch {
		case slices.Contains(keyColumns, c.Variable):
			place = -1
		case place < 0 && r.Only:
			continue
		case place < 0:
			place = last
		}
		places[c.Variable] = place
		c.Name, c.recode, c.texts = c.Variable, m.Recode, c.Type != Number
		if m.Name != "" {
			c.Name = m.Name
			for i := range c.Wide {
				c.Wide[i] = []string{"b_", "e_", "y_"}[i] + m.Name
			}
		}
		if err := c.checkRecode(); err != nil {
			return err
		}
		kept = append(kept, c)
	}
	slices.SortStableFunc(kept, func(a, b Column) int { return places[a.Variable] - places[b.Variable] })
	t.Columns, t.numbers = kept, 0
	names := map[string]bool{}
	for _, c := range kept {
		if c.Type == Number {
			t.numbers++
		}
		// SPSS does not tell capitals apart.
		if names[strings.ToLower(c.Name)] {
			return fmt.Errorf("table %s has two columns %s: give one of them another name", t.Name, c.Name)
		}
		names[strings.ToLower(c.Name)] = true
	}
	return nil
}

// checkRecode refuses what would put text among numbers.
func (c *Column) checkRecode() error {
	if c.Type != Number {
		return nil
	}
	for from, to := range c.recode {
		for _, text := range []string{from, to} {
			if _, err := scaled(text, c.Decimals); err != nil {
				return fmt.Errorf("column %s is numeric: it cannot be recoded from or to %s", c.Variable, strconv.Quote(text))
			}
		}
	}
	return nil
}

var errNoNumber = errors.New("no number")

// scaled reads a decimal as a whole number of its last place: "1.5" with two
// decimals is 150. It refuses more decimals than there are places.
func scaled(text string, decimals int) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if strings.TrimLeft(whole, "+-") == "" {
		return 0, errNoNumber
	}
	if len(fraction) > decimals {
		if strings.Trim(fraction[decimals:], "0") != "" {
			return 0, fmt.Errorf("more than %d decimals", decimals)
		}
		fraction = fraction[:decimals]
	}
	return strconv.ParseInt(whole+fraction+zeros[:decimals-len(fraction)], 10, 64)
}

const zeros = "000000000000000000"

// power is ten to the number of decimals.
func power(decimals int) int64 {
	n := int64(1)
	for range decimals {
		n *= 10
	}
	return n
}
