package clinic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// PatientRef is a patient's identifier as a caller gives it.
type PatientRef struct {
	System string
	Value  string
}

// Submission is what a caller wants stored: the forms that one patient filled
// in at one occasion of one episode of care.
type Submission struct {
	Patient         PatientRef
	CareUnit        string
	EpisodeID       string
	Occasion        store.Occasion
	OccasionLabel   string
	AnsweredOn      string // YYYY-MM-DD
	Respondent      store.Respondent
	Mode            string
	LanguageCode    string
	Assisted        bool
	Source          store.Source
	AllowNewEpisode bool
	Forms           []Form
	Found           []Problem // what the way in has already found wrong; listed with the rest

	existing bool // never in a new episode: it was there a moment ago, see SubmitAtEpisode
}

// Form is one form of a Submission.
type Form struct {
	SubmissionID string
	Sheet
	scoredBy string // see asFirstScored
}

// Record is a stored submission with its answers and scores unpacked.
type Record struct {
	store.Submission
	Definition *scoring.Instrument
	Sheet      scoring.Answers // one response for each item, in the definition's order
	ScoreList  []scoring.Score
}

// Stored is what became of one form.
type Stored struct {
	Record
	Replayed bool
	Warnings []Warning
}

// Submit stores the forms of one occasion, all or none, and scores them with
// the definitions then active. Repeating a call with the same submission ids
// and the same content is safe at any time: the reply is the original one,
// marked Replayed.
//
// alone says that the caller sent a single form, whose fields stand at the top
// of the request and not below forms[0]; it only changes how problems name
// their fields.
//
// Errors: *InputError with every problem of every form; *StateError with
// SUBMISSION_ID_REUSED, ERASED, OCCASION_ALREADY_ANSWERED, EPISODE_UNKNOWN or
// EPISODE_OF_OTHER_PATIENT; else an error of the store.
func (c *Clinic) Submit(ctx context.Context, sub Submission, alone bool) (_ []Stored, _ bool, err error) {
	action := access.SubmitFormsCall
	if alone {
		action = access.SubmitCall
	}
	v, err := c.enter(ctx, action)
	if err != nil {
		return nil, false, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, sub.CareUnit); err != nil {
		return nil, false, err
	}
	return c.submitVisit(ctx, v, sub, alone)
}

// submitVisit is Submit for a visit that may write to the care unit.
func (c *Clinic) submitVisit(ctx context.Context, v *visit, sub Submission, alone bool) ([]Stored, bool, error) {
	if _, err := c.site(ctx); err != nil {
		return nil, false, err
	}
	stored, created, err := c.submit(ctx, v, sub, alone)
	if err != nil {
		if first, ok := c.asFirstScored(ctx, v.Caller, sub, err); ok {
			return c.submit(ctx, v, first, alone)
		}
	}
	return stored, created, err
}

func (c *Clinic) submit(ctx context.Context, v *visit, sub Submission, alone bool) ([]Stored, bool, error) {
	envelope, id, err := c.prepare(v.Caller, sub, alone)
	if err != nil {
		return nil, false, err
	}
	who, err := c.recordEnvelopes(ctx, v, []store.Envelope{envelope})
	if err != nil {
		return nil, false, err
	}
	receipt, err := c.store.Submit(ctx, envelope)
	if err == nil {
		who.stored(&envelope, &receipt)
		err = who.settle(ctx)
	}
	if err != nil {
		return nil, false, c.explainSubmit(ctx, v, sub, alone, id, err)
	}
	stored := make([]Stored, len(receipt.Forms))
	for i, form := range receipt.Forms {
		record, err := c.record(form.Submission)
		if err != nil {
			return nil, false, err
		}
		stored[i] = Stored{Record: record, Replayed: form.Replayed, Warnings: warningsOf(&form, formPrefix(alone, i))}
	}
	created := receipt.EpisodeCreated
	if created && !receipt.PatientIsNew {
		c.warnOfOtherEpisodes(ctx, sub, id, stored)
	}
	return stored, created, nil
}

// prepare checks and scores a submission and packs it for the store.
func (c *Clinic) prepare(caller access.Caller, sub Submission, alone bool) (store.Envelope, identity.Identifier, error) {
	check := c.newChecker(sub.Found)
	id, warnings := c.checkSubmission(check, sub)
	scored := c.scoreForms(check, sub, alone, id)
	if err := check.err(); err != nil {
		return store.Envelope{}, id, err
	}
	envelope, err := c.envelope(caller, sub, id, scored, warnings)
	return envelope, id, err
}

func formPrefix(alone bool, i int) string {
	if alone {
		return ""
	}
	return "forms[" + strconv.Itoa(i) + "]."
}

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

// envelope packs what was checked and scored for the store.
func (c *Clinic) envelope(caller access.Caller, sub Submission, id identity.Identifier, scored []*Scored, warnings []string) (store.Envelope, error) {
	now := c.now().UTC()
	person, err := c.newIdentity(id, now)
	if err != nil {
		return store.Envelope{}, err
	}
	forms := make([]store.Submission, len(scored))
	var room [1024]byte // most records fit, so that each is copied once
	for i, s := range scored {
		codes := warnings
		if allBlank(s.Answers) {
			codes = append(slices.Clip(codes), WarnAllBlank)
		}
		// Apart, since within one expression the copy could be made after the next call.
		answers := string(scoring.AppendAnswers(room[:0], s.Instrument, &s.Answers))
		scores := string(scoring.AppendScores(room[:0], s.Result.Scores))
		forms[i] = store.Submission{
			Slot: store.Slot{
				CareUnit: sub.CareUnit, EpisodeID: sub.EpisodeID, Occasion: sub.Occasion, OccasionLabel: sub.OccasionLabel,
				Instrument: s.Instrument.ID(), Respondent: sub.Respondent,
			},
			System:            caller.System,
			SubmissionID:      sub.Forms[i].SubmissionID,
			RecordedAt:        now,
			RequestedVersion:  sub.Forms[i].Version,
			InstrumentVersion: s.Instrument.Version(),
			AnsweredOn:        sub.AnsweredOn,
			Mode:              sub.Mode,
			LanguageCode:      sub.LanguageCode,
			Assisted:          sub.Assisted,
			Source:            sub.Source,
			Answers:           answers,
			Scores:            scores,
			Warnings:          strings.Join(codes, " "),
			State:             store.Live,
			Changed:           store.Act{By: caller.User, At: now},
		}
		forms[i].Mark = c.keys.Mark(sub.CareUnit, caller.System, sub.Forms[i].SubmissionID)
		forms[i].Digest = digest(&forms[i], s.Instrument, s.Answers, sub.Forms[i].ValueSets)
	}
	return store.Envelope{
		Identity:         person,
		Episode:          store.Episode{CareUnit: sub.CareUnit, EpisodeID: sub.EpisodeID, Status: statusActive, RecordedAt: now},
		MayCreateEpisode: !sub.existing && (sub.Occasion == store.Baseline || sub.AllowNewEpisode),
		Forms:            forms,
	}, nil
}

func (c *Clinic) newIdentity(id identity.Identifier, now time.Time) (store.Identity, error) {
	patientKey, err := identity.NewPatientKey()
	if err != nil {
		return store.Identity{}, err
	}
	sealed, keyID, err := c.keys.Seal(patientKey, id)
	if err != nil {
		return store.Identity{}, err
	}
	return store.Identity{PatientKey: patientKey, System: id.System(), Lookup: c.keys.Lookup(id), Sealed: sealed, KeyID: keyID, AddedAt: now,
		TestPatient: id.IsTestIdentity()}, nil
}

func allBlank(answers scoring.Answers) bool {
	for _, r := range answers.Responses {
		if !r.Missing() {
			return false
		}
	}
	return true
}

func storedWarnings(codes, prefix string) []Warning {
	var warnings []Warning
	for _, code := range strings.Fields(codes) {
		warnings = append(warnings, warning(code, prefix))
	}
	return warnings
}

// warningsOf are those of a form's first reply, and for a replay what has become
// of the form since.
func warningsOf(form *store.StoredForm, prefix string) []Warning {
	warnings := storedWarnings(form.Warnings, prefix)
	switch {
	case !form.Replayed || form.Newest <= 1:
	case form.NewestState == store.Retracted:
		warnings = append(warnings, warning(WarnRetractedSince, prefix))
	default:
		warnings = append(warnings, warning(WarnAmendedSince, prefix))
	}
	return warnings
}

func identityWarnings(id identity.Identifier, found []identity.Warning) []string {
	var codes []string
	if slices.Contains(found, identity.CheckDigit) {
		codes = append(codes, WarnCheckDigit)
	}
	if id.IsTestIdentity() {
		codes = append(codes, WarnTestIdentity)
	}
	return codes
}

func under18(born time.Time, answeredOn string) bool {
	answered, err := time.Parse(time.DateOnly, answeredOn)
	return err == nil && answered.Before(born.AddDate(18, 0, 0))
}

// warnOfOtherEpisodes adds a warning where a baseline opened a second episode:
// right for a new programme, wrong for a mistyped id. A failure to look is no
// reason to fail a submission that is stored.
func (c *Clinic) warnOfOtherEpisodes(ctx context.Context, sub Submission, id identity.Identifier, stored []Stored) {
	patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if err != nil {
		return
	}
	if episodes, err := c.store.EpisodesOfPatient(ctx, sub.CareUnit, patientKey); err == nil && len(episodes) > 1 {
		for i := range stored {
			stored[i].Warnings = append(stored[i].Warnings, warning(WarnOtherEpisodes, ""))
		}
	}
}

// explainSubmit turns the store's refusal into what the caller can act on.
func (c *Clinic) explainSubmit(ctx context.Context, v *visit, sub Submission, alone bool, id identity.Identifier, err error) error {
	switch {
	case errors.Is(err, store.ErrEpisodeUnknown):
		candidates, findErr := c.candidates(ctx, v, sub.CareUnit, id)
		if findErr != nil {
			return findErr
		}
		return episodeUnknown(candidates)
	case errors.Is(err, store.ErrOtherPatient):
		return episodeOfOtherPatient()
	}
	conflicts := conflictsOf(err, alone)
	if len(conflicts) == 0 {
		return err
	}
	first := conflicts[0]
	refusal := &StateError{Reason: first.Reason, Field: first.Field, Description: conflictText[first.Reason], Conflicts: conflicts}
	for i := range conflicts {
		c.findHolder(ctx, v.Caller, sub.CareUnit, &conflicts[i])
	}
	if !alone {
		refusal.Verdicts = make([]FormVerdict, len(sub.Forms))
		for i, form := range sub.Forms {
			refusal.Verdicts[i].SubmissionID = form.SubmissionID
		}
		for _, conflict := range conflicts {
			refusal.Verdicts[conflict.Form].Reason = conflict.Reason
		}
	}
	return refusal
}

// findHolder reads who holds a slot, for a caller of the same system: another
// system's ids mean nothing to it.
func (c *Clinic) findHolder(ctx context.Context, caller access.Caller, careUnit string, conflict *FormConflict) {
	if held := conflict.held; held != nil && held.HeldBySystem == caller.System {
		if holder, err := c.store.Submission(ctx, careUnit, caller.System, held.HeldBy); err == nil {
			conflict.Holder = &holder
		}
	}
}

var conflictText = map[string]string{
	OccasionAnswered:   "this instrument is already answered for this occasion under another submission id; nothing was stored",
	SubmissionIDReused: "this submission id already stands for another content; nothing was stored",
	Erased:             "what this submission id stood for was erased with its patient; nothing is stored under it again",
}

// conflictsOf finds every form that an error of Store.Submit is about.
func conflictsOf(err error, alone bool) []FormConflict {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var conflicts []FormConflict
		for _, inner := range e.Unwrap() {
			conflicts = append(conflicts, conflictsOf(inner, alone)...)
		}
		return conflicts
	case *store.SlotTakenError:
		return []FormConflict{{Form: e.Form, Field: formPrefix(alone, e.Form) + "instrument", Reason: OccasionAnswered, held: e}}
	case *store.FormError:
		reason := ""
		switch {
		case errors.Is(e.Err, store.ErrIDReused):
			reason = SubmissionIDReused
		case errors.Is(e.Err, store.ErrErased):
			reason = Erased
		default:
			return nil
		}
		return []FormConflict{{Form: e.Form, Field: formPrefix(alone, e.Form) + "submission_id", Reason: reason}}
	}
	return nil
}
