package clinic

import (
	"fmt"
	"slices"

	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// checkSubmission checks everything but the sheets.
func (c *Clinic) checkSubmission(check *checker, sub Submission) (identity.Identifier, []string) {
	id, warnings := check.patient("patient", sub.Patient)
	check.id("care_unit", sub.CareUnit)
	checkPlace(check, sub)
	check.withoutIdentifier(id, append(textsOf(sub), [2]string{"care_unit", sub.CareUnit})...)
	if born, ok := id.BirthDate(); ok && under18(born, sub.AnsweredOn) {
		warnings = append(warnings, WarnUnder18)
	}
	return id, warnings
}

// checkPlace checks where in the patient's way forms belong and where they came
// from: all that an amendment can change besides the sheet.
func checkPlace(check *checker, sub Submission) {
	check.id("episode_id", sub.EpisodeID)
	checkOccasion(check, sub)
	if sub.AnsweredOn == "" {
		check.add("answered_on", Required, "must be given as YYYY-MM-DD")
	}
	check.date("answered_on", sub.AnsweredOn, true)
	checkWord(check, "respondent", string(sub.Respondent), respondents)
	checkWord(check, "mode", sub.Mode, modes)
	check.language("language_code", sub.LanguageCode)
	check.text("source.system", sub.Source.System, MaxTextLength)
	check.text("source.document_id", sub.Source.DocumentID, MaxTextLength)
	check.text("source.template", sub.Source.Template, MaxTextLength)
	check.text("source.version", sub.Source.Version, MaxTextLength)
}

// textsOf lists the ids and texts of a submission that its caller words freely.
func textsOf(sub Submission) [][2]string {
	return [][2]string{
		{"episode_id", sub.EpisodeID},
		{"occasion_label", sub.OccasionLabel},
		{"source.system", sub.Source.System},
		{"source.document_id", sub.Source.DocumentID},
		{"source.template", sub.Source.Template},
		{"source.version", sub.Source.Version},
	}
}

// Words that the coded fields of a submission may hold. The empty word is
// allowed where the contract lets the field be unspecified.
var (
	occasions   = []string{string(store.Baseline), string(store.ProgrammeEnd), string(store.FollowUp12Months), string(store.OtherOccasion)}
	respondents = []string{string(store.Patient), string(store.Relative), string(store.Clinician)}
	modes       = []string{"", "paper", "phone", "digital"}
)

func checkWord(check *checker, field, value string, allowed []string) {
	if !slices.Contains(allowed, value) {
		check.add(field, UnknownField, "not a value that this server knows")
	}
}

func checkOccasion(check *checker, sub Submission) {
	switch {
	case sub.Occasion == "":
		check.add("occasion", Required, "must be given; it is never guessed from dates")
	case !slices.Contains(occasions, string(sub.Occasion)):
		check.add("occasion", UnknownField, "not a value that this server knows")
	case sub.Occasion == store.OtherOccasion && sub.OccasionLabel == "":
		check.add("occasion_label", Required, "must be given with OCCASION_OTHER")
	case sub.Occasion != store.OtherOccasion && sub.OccasionLabel != "":
		check.add("occasion_label", BadFormat, "only with OCCASION_OTHER")
	}
	check.text("occasion_label", sub.OccasionLabel, MaxIDLength)
}

// scoreForms checks and scores each form.
func (c *Clinic) scoreForms(check *checker, sub Submission, alone bool, id identity.Identifier) []*Scored {
	if len(sub.Forms) == 0 {
		check.add("forms", Required, "at least one form")
	}
	if len(sub.Forms) > MaxForms {
		check.add("forms", TooMany, fmt.Sprintf("at most %d", MaxForms))
		return nil
	}
	ids, instruments := map[string]bool{}, map[string]bool{}
	scored := make([]*Scored, len(sub.Forms))
	for i, form := range sub.Forms {
		prefix := formPrefix(alone, i)
		check.id(prefix+"submission_id", form.SubmissionID)
		check.withoutIdentifier(id, [2]string{prefix + "submission_id", form.SubmissionID})
		if form.SubmissionID != "" && ids[form.SubmissionID] {
			check.add(prefix+"submission_id", DuplicateForm, "stands twice in this request")
		}
		if form.Instrument != "" && instruments[form.Instrument] {
			check.add(prefix+"instrument", DuplicateForm, "stands twice in this request")
		}
		ids[form.SubmissionID], instruments[form.Instrument] = true, true
		check.textsWithoutIdentifier(id, prefix, &form.Sheet.Sheet)
		if form.scoredBy != "" {
			form.Version = form.scoredBy
		}
		scored[i] = c.score(check, prefix, form.Sheet)
	}
	return scored
}
