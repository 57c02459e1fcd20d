package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// Amendment says what is to be corrected in a stored submission. Only the
// fields named in Mask are taken from To and Sheet; the others keep what they
// have.
type Amendment struct {
	CareUnit     string
	SubmissionID string
	Version      int64 // the one that the correction starts from
	Decision
	Mask  []string         // names of fields, see amendFields; empty: those that hold something
	To    store.Submission // the fields as they shall be
	Sheet *Sheet           // the sheet anew, its value sets with it
	Found []Problem        // what the way in has already found wrong; listed with the rest
}

// AmendSubmission writes the next version of a submission that this calling
// system has stored. Another occasion, label, respondent or episode moves it.
//
// The correction is laid over the version that it starts from, and the whole is
// checked as Submit would. A new sheet is scored by the definition by whose
// scores the submission counts – a re-scoring may have changed it – unless it
// names a version; where the sheet stays, so do its answers and the scores that
// count, now as the new version's own: undoing that re-scoring later does not
// bring older ones back.
//
// Repeating a call that was carried out returns its result, Replayed.
//
// Errors: *InputError with every problem; *StateError with SUBMISSION_UNKNOWN,
// ERASED, SUBMISSION_RETRACTED, STALE_VERSION, EPISODE_UNKNOWN (with the
// patient's episodes), EPISODE_OF_OTHER_PATIENT or OCCASION_ALREADY_ANSWERED.
func (c *Clinic) AmendSubmission(ctx context.Context, a Amendment) (_ Stored, err error) {
	v, err := c.enter(ctx, access.AmendSubmissionCall)
	if err != nil {
		return Stored{}, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, a.CareUnit); err != nil {
		return Stored{}, err
	}
	if _, err := c.site(ctx); err != nil { // definitions that another process brought
		return Stored{}, err
	}
	check := c.newChecker(a.Found)
	from := c.standIn(a)
	if check.names(a.CareUnit, a.SubmissionID, a.Version) {
		if err := c.readAmended(ctx, v, a, &from); err != nil {
			return Stored{}, err
		}
	}
	a.Decision.check(check)
	fields := a.fields(check)
	next, warnings, err := c.lay(check, a, fields, from)
	if err != nil {
		return Stored{}, err
	}
	if err := check.err(); err != nil {
		return Stored{}, err
	}
	ref := store.SubmissionRef{CareUnit: a.CareUnit, System: v.System, SubmissionID: a.SubmissionID}
	if !from.known {
		return Stored{}, c.whyMissing(ctx, ref)
	}
	next.Changed = a.Decision.act(v.Caller, c.now())
	next.RecordedAt = next.Changed.At
	next.Mark = c.mark(ref)
	stored, err := c.store.Amend(ctx, next, a.Version)
	if err != nil {
		return Stored{}, c.explainAmend(ctx, v.Caller, &next, from.patientKey, err)
	}
	record, err := c.record(stored.Submission)
	return Stored{Record: record, Replayed: stored.Replayed, Warnings: warnings}, err
}

// names checks what names a version of a submission, and says whether such a
// submission can be looked for.
func (c *checker) names(careUnit, submissionID string, version int64) bool {
	before := len(c.problems) + c.cut
	c.id("care_unit", careUnit)
	c.id("submission_id", submissionID)
	good := len(c.problems)+c.cut == before
	if version == 0 {
		c.add("version", Required, "must be given: the version that was read")
	} else if version < 0 {
		c.add("version", OutOfRange, "1 or more")
	}
	return good
}

// amendedFrom is what a correction starts from.
type amendedFrom struct {
	store.Submission // with the scores that count
	known            bool
	patientKey       string
	ids              []identity.Identifier // all of the patient's
	// scoredBy is the definition that reads a sheet which names no version, and
	// storedBy the one that this version was stored with.
	scoredBy, storedBy string
}

// standIn takes the place of a submission that is not there, or not named, so
// that everything else of the request is checked all the same.
func (c *Clinic) standIn(a Amendment) amendedFrom {
	sub := store.Submission{
		Slot:       store.Slot{CareUnit: a.CareUnit, EpisodeID: "-", Occasion: store.Baseline, Respondent: store.Patient},
		AnsweredOn: c.today(),
	}
	if a.To.OccasionLabel != "" {
		sub.Occasion, sub.OccasionLabel = store.OtherOccasion, "-"
	}
	return amendedFrom{Submission: sub}
}

// readAmended reads what a correction starts from. Where there is no such
// submission, from stays as it is.
func (c *Clinic) readAmended(ctx context.Context, v *visit, a Amendment, from *amendedFrom) error {
	versions, err := c.store.SubmissionVersions(ctx, a.CareUnit, v.System, a.SubmissionID)
	if err != nil {
		v.missing(ctx, a.CareUnit)
		return unlessNotFound(err)
	}
	// Of a version that never was, or is not the newest, the store says that it
	// is stale; until then the newest stands for it.
	newest := versions[len(versions)-1]
	start := newest
	if a.Version >= 1 && a.Version < newest.Version {
		start = versions[a.Version-1]
	}
	episode, err := c.store.Episode(ctx, a.CareUnit, start.EpisodeID)
	if err != nil {
		return unlessNotFound(err) // erased since
	}
	if err := v.episode(ctx, episode); err != nil {
		return unlessNotFound(err)
	}
	from.Submission, from.known = rescored(&start, counting(&start)), true
	from.scoredBy, from.storedBy = from.InstrumentVersion, start.InstrumentVersion
	if newest.Version == a.Version+1 {
		// Perhaps a retry, and a re-scoring may have been undone in between:
		// the sheet is read as it was then (see asFirstScored).
		from.scoredBy = newest.InstrumentVersion
	}
	from.patientKey = episode.PatientKey
	from.ids, err = c.identifiersOf(ctx, episode.PatientKey)
	return err
}

// unlessNotFound is for a look-up whose failure the store's writing call judges.
func unlessNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// lay lays a correction over what it starts from, and checks and scores the
// whole.
func (c *Clinic) lay(check *checker, a Amendment, fields []amendField, from amendedFrom) (store.Submission, []Warning, error) {
	next := from.Submission
	sheetToo := false
	for _, f := range fields {
		f.copy(&next, &a.To)
		sheetToo = sheetToo || f.name == sheetField
	}
	place := Submission{
		EpisodeID: next.EpisodeID, Occasion: next.Occasion, OccasionLabel: next.OccasionLabel, AnsweredOn: next.AnsweredOn,
		Respondent: next.Respondent, Mode: next.Mode, LanguageCode: next.LanguageCode, Assisted: next.Assisted, Source: next.Source,
	}
	checkPlace(check, place)
	check.withoutIdentifiers(from.ids, append(textsOf(place), a.Decision.texts()...)...)
	var warnings []Warning
	for _, id := range from.ids {
		if born, ok := id.BirthDate(); ok && under18(born, next.AnsweredOn) {
			warnings = append(warnings, warning(WarnUnder18, ""))
			break
		}
	}
	if sheetToo {
		more, err := c.laySheet(check, a.Sheet, from, &next)
		return next, append(warnings, more...), err
	}
	if !from.known {
		return next, nil, nil
	}
	// Which scores count may change between a call and its retry, and with them
	// the order of the answers. How they were stored does not.
	stored := next
	stored.InstrumentVersion = from.storedBy
	record, err := c.record(stored)
	if err != nil {
		return next, nil, err
	}
	next.Digest = digest(&next, record.Definition, record.Sheet, valueSetIDs(&record.Sheet))
	return next, warnings, nil
}

// laySheet puts a new sheet in the place of the stored one.
func (c *Clinic) laySheet(check *checker, sheet *Sheet, from amendedFrom, next *store.Submission) ([]Warning, error) {
	const prefix = sheetField + "."
	if sheet == nil {
		sheet = &Sheet{}
	}
	if from.known && sheet.Instrument != "" && sheet.Instrument != from.Instrument {
		check.add(prefix+"instrument", BadFormat, "not the instrument that is stored; retract the sheet and submit another one instead")
		return nil, nil
	}
	read := *sheet
	if read.Version == "" {
		read.Version = from.scoredBy
	}
	for _, id := range from.ids {
		check.textsWithoutIdentifier(id, prefix, &read.Sheet)
	}
	scored := c.score(check, prefix, read)
	if scored == nil {
		return nil, nil
	}
	next.RequestedVersion, next.InstrumentVersion = sheet.Version, scored.Instrument.Version()
	next.Answers = string(scoring.AppendAnswers(nil, scored.Instrument, &scored.Answers))
	next.Scores = string(scoring.AppendScores(nil, scored.Result.Scores))
	next.Digest = digest(next, scored.Instrument, scored.Answers, sheet.ValueSets)
	if allBlank(scored.Answers) {
		return []Warning{warning(WarnAllBlank, prefix)}, nil
	}
	return nil, nil
}

func valueSetIDs(answers *scoring.Answers) []string {
	ids := make([]string, len(answers.ValueSets))
	for i, set := range answers.ValueSets {
		ids[i] = set.ID()
	}
	return ids
}

// whyMissing tells a submission that never was from one that was erased. Only
// the store's writing calls know the marks of those; version 0 is nobody's, so
// that this one writes nothing.
func (c *Clinic) whyMissing(ctx context.Context, ref store.SubmissionRef) error {
	_, err := c.store.Retract(ctx, ref, c.mark(ref), 0, store.Act{By: ref.System, At: c.now().UTC()})
	if err == nil {
		err = store.ErrStale // it has come to be, and gone, since it was looked for
	}
	return explainCorrection(err)
}

// explainCorrection turns what the store says about a submission that is to be
// changed into what the caller can act on.
func explainCorrection(err error) error {
	switch {
	case errors.Is(err, store.ErrErased):
		return &StateError{Reason: Erased, Field: "submission_id", Description: "what this submission id stood for was erased with its patient"}
	case errors.Is(err, store.ErrNotFound):
		return submissionUnknown()
	case errors.Is(err, store.ErrRetracted):
		return &StateError{Reason: SubmissionRetracted, Field: "submission_id", Description: "the submission was retracted; send the form under a new id"}
	case errors.Is(err, store.ErrStale):
		return &StateError{Reason: StaleVersion, Field: "version", Description: "the submission has another version by now; read it again and decide"}
	}
	return err
}

func (c *Clinic) explainAmend(ctx context.Context, caller access.Caller, next *store.Submission, patientKey string, err error) error {
	var held *store.SlotTakenError
	switch {
	case errors.Is(err, store.ErrEpisodeUnknown):
		candidates, findErr := c.store.EpisodesOfPatient(ctx, next.CareUnit, patientKey)
		if findErr != nil {
			return findErr
		}
		return episodeUnknown(candidates)
	case errors.Is(err, store.ErrOtherPatient):
		return episodeOfOtherPatient()
	case errors.As(err, &held):
		conflict := FormConflict{Field: "instrument", Reason: OccasionAnswered, held: held}
		c.findHolder(ctx, caller, next.CareUnit, &conflict)
		return &StateError{Reason: OccasionAnswered, Field: "occasion", Description: conflictText[OccasionAnswered], Conflicts: []FormConflict{conflict}}
	}
	return explainCorrection(err)
}
