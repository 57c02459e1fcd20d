package clinic

import (
	"slices"
	"strconv"

	"github.com/painscore/painscore/server/store"
)

// sheetField is the one field that is no text, word or flag.
const sheetField = "sheet"

// amendField is one field that an amendment may name.
type amendField struct {
	name  string
	isSet func(a *Amendment) bool
	copy  func(to, from *store.Submission)
}

func amendText(name string, at func(*store.Submission) *string) amendField {
	return amendField{name, func(a *Amendment) bool { return *at(&a.To) != "" }, func(to, from *store.Submission) { *at(to) = *at(from) }}
}

// amendFields are the fields that a mask may name, as the contract names them.
// The occasion stands before its label, which it may clear.
var amendFields = []amendField{
	{sheetField, func(a *Amendment) bool { return a.Sheet != nil }, func(to, from *store.Submission) {}}, // see laySheet
	amendText("episode_id", func(s *store.Submission) *string { return &s.EpisodeID }),
	{"occasion", func(a *Amendment) bool { return a.To.Occasion != "" }, copyOccasion},
	amendText("occasion_label", func(s *store.Submission) *string { return &s.OccasionLabel }),
	amendText("answered_on", func(s *store.Submission) *string { return &s.AnsweredOn }),
	{"respondent", func(a *Amendment) bool { return a.To.Respondent != "" }, copyRespondent},
	amendText("mode", func(s *store.Submission) *string { return &s.Mode }),
	amendText("language_code", func(s *store.Submission) *string { return &s.LanguageCode }),
	{"assisted", func(a *Amendment) bool { return a.To.Assisted }, func(to, from *store.Submission) { to.Assisted = from.Assisted }},
	{"source", func(a *Amendment) bool { return a.To.Source != store.Source{} }, func(to, from *store.Submission) { to.Source = from.Source }},
}

// copyOccasion takes the old label away with the occasion that it belonged to.
func copyOccasion(to, from *store.Submission) {
	if to.Occasion = from.Occasion; to.Occasion != store.OtherOccasion {
		to.OccasionLabel = ""
	}
}

// copyRespondent reads nobody as the patient, as Submit does.
func copyRespondent(to, from *store.Submission) {
	if to.Respondent = from.Respondent; to.Respondent == "" {
		to.Respondent = store.Patient
	}
}

// fields resolves the mask.
func (a *Amendment) fields(check *checker) []amendField {
	known := true
	for i, name := range a.Mask {
		if !slices.ContainsFunc(amendFields, func(f amendField) bool { return f.name == name }) {
			check.add("update_mask.paths["+strconv.Itoa(i)+"]", BadFieldMask, "no such field of a submission that can be amended")
			known = false
		}
	}
	var fields []amendField
	for _, f := range amendFields {
		if len(a.Mask) == 0 && f.isSet(a) || slices.Contains(a.Mask, f.name) {
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 && known {
		check.add("update_mask", BadFieldMask, "names nothing to write, and no field holds anything")
	}
	return fields
}
