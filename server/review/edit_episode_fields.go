package review

import (
	"net/http"
	"strconv"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// episodeInput is one field of an episode as a form has it: text in, text out.
type episodeInput struct {
	name  string // as the contract has it
	group string
	kind  string // text, date, year, check, select
	codes []string
	at    func(*store.Episode) *string // nil for the three that are no texts
}

// episodeInputs are all fields that may be changed, in the order of the form. A
// test holds them to those that a field mask may name.
var episodeInputs = []episodeInput{
	{"cohort", "programme", "text", nil, func(e *store.Episode) *string { return &e.Cohort }},
	{"care_level", "programme", "select", []string{"mmrpv", "mmrsv"}, func(e *store.Episode) *string { return &e.CareLevel }},
	{"track", "programme", "select", []string{"programme", "individual", "assessment_only"}, func(e *store.Episode) *string { return &e.Track }},
	{"programme_type", "programme", "select", []string{"pain", "exhaustion"}, func(e *store.Episode) *string { return &e.ProgrammeType }},
	{"assessing_unit", "programme", "text", nil, func(e *store.Episode) *string { return &e.AssessingUnit }},
	{"referred_on", "dates", "date", nil, func(e *store.Episode) *string { return &e.ReferredOn }},
	{"first_visit_planned_on", "dates", "date", nil, func(e *store.Episode) *string { return &e.FirstVisitPlanned }},
	{"first_visit_on", "dates", "date", nil, func(e *store.Episode) *string { return &e.FirstVisitOn }},
	{"start_planned_on", "dates", "date", nil, func(e *store.Episode) *string { return &e.StartPlanned }},
	{"started_on", "dates", "date", nil, func(e *store.Episode) *string { return &e.StartedOn }},
	{"end_planned_on", "dates", "date", nil, func(e *store.Episode) *string { return &e.EndPlanned }},
	{"ended_on", "dates", "date", nil, func(e *store.Episode) *string { return &e.EndedOn }},
	{"sex", "person", "select", []string{"female", "male", "other"}, func(e *store.Episode) *string { return &e.Sex }},
	{"birth_year", "person", "year", nil, nil},
	{"language_code", "person", "text", nil, func(e *store.Episode) *string { return &e.LanguageCode }},
	{"status", "status", "select", []string{"active", "completed", "dropped_out", "cancelled"}, func(e *store.Episode) *string { return &e.Status }},
	{"drop_out_phase", "status", "select", []string{"before_first_visit", "assessment", "programme", "follow_up"}, func(e *store.Episode) *string { return &e.DropOutPhase }},
	{"drop_out_reason", "status", "text", nil, func(e *store.Episode) *string { return &e.DropOutReason }},
	{"deceased", "status", "check", nil, nil},
	{"do_not_contact", "status", "check", nil, nil},
}

const ticked = "1"

// get is the field as the form holds it.
func (f *episodeInput) get(e *store.Episode) string {
	switch {
	case f.at != nil:
		return *f.at(e)
	case f.kind == "year" && e.BirthYear != 0:
		return strconv.FormatInt(e.BirthYear, 10)
	case f.name == "deceased" && e.Deceased, f.name == "do_not_contact" && e.DoNotContact:
		return ticked
	}
	return ""
}

// set takes what the form holds, and says whether it can be one.
func (f *episodeInput) set(e *store.Episode, text string) bool {
	switch {
	case f.at != nil:
		*f.at(e) = text
	case f.name == "deceased":
		e.Deceased = text == ticked
	case f.name == "do_not_contact":
		e.DoNotContact = text == ticked
	case f.kind == "year":
		year, err := strconv.ParseInt(text, 10, 64)
		e.BirthYear = year
		return err == nil || text == ""
	}
	return true
}

// told is the field in words.
func (f *episodeInput) told(l wording.Language, text string) string {
	switch {
	case text == "":
		return "–"
	case f.kind == "select":
		return l.EpisodeWord(f.name, text)
	case f.kind == "date":
		return l.Date(text)
	case f.kind == "check":
		return l.Say("edit.yes")
	}
	return text
}

func episodeMask() []string {
	var mask []string
	for i := range episodeInputs {
		mask = append(mask, episodeInputs[i].name)
	}
	return mask
}

// readEpisode reads a form. What is no year is a problem here, since an episode
// cannot hold it.
func readEpisode(r *http.Request) (store.Episode, []clinic.Problem) {
	var e store.Episode
	var problems []clinic.Problem
	for i := range episodeInputs {
		f := &episodeInputs[i]
		text := field(r, f.name)
		if f.kind == "date" {
			text = dateField(r, f.name)
		}
		if !f.set(&e, text) {
			problems = append(problems, clinic.Problem{Field: "episode." + f.name, Reason: clinic.BadFormat, Description: "a year of four digits"})
		}
	}
	return e, problems
}

// inputGroup is the fields that stand together.
type inputGroup struct {
	Title  string
	Inputs []formInput
}

// formInput is one field as a template shows it.
type formInput struct {
	Name, Label, Kind, Value string
	Options                  []option
	Problem                  string // what is wrong with it, in words
}

func inputsOf(l wording.Language, e store.Episode, problems []clinic.Problem) []inputGroup {
	var groups []inputGroup
	for i := range episodeInputs {
		f := &episodeInputs[i]
		if title := l.EpisodeField("group." + f.group); len(groups) == 0 || groups[len(groups)-1].Title != title {
			groups = append(groups, inputGroup{Title: title})
		}
		in := formInput{Name: f.name, Label: l.EpisodeField(f.name), Kind: f.kind, Value: f.get(&e), Problem: problemWith(l, problems, "episode."+f.name)}
		if f.kind == "select" {
			in.Options = append([]option{{"", "–", in.Value == ""}}, choices(f.codes, in.Value, func(code string) string { return l.EpisodeWord(f.name, code) })...)
		}
		g := &groups[len(groups)-1]
		g.Inputs = append(g.Inputs, in)
	}
	return groups
}

// problemWith is what is wrong with a field, in words.
func problemWith(l wording.Language, problems []clinic.Problem, name string) string {
	for _, p := range problems {
		if p.Field == name {
			return l.Problem(p.Reason)
		}
	}
	return ""
}

// owns says whether the reader's unit may change what belongs to a care unit.
func (s *site) owns(r *http.Request, careUnit string) bool {
	caller, _ := access.CallerOf(r.Context())
	return caller.Sees(careUnit)
}
