package clinic

import (
	"context"
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
