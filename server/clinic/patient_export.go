package clinic

import (
	"context"
	"errors"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// PatientPart is one part of all that is kept of a patient: exactly one field
// is set.
type PatientPart struct {
	Identifier *ExportedIdentifier
	Name       *PatientName
	Episode    *store.Episode // one version
	Share      *store.Share
	Act        *store.OccasionAct
	PaperCode  *store.PaperCode
	Visit      *store.Visit
	Submission *Version
	Choice     *store.RegistryChoice
	Delivery   *store.Delivery
	Access     *access.Event
}

// ExportedIdentifier is what a patient is called, in clear. It goes to the
// patient, and nowhere else.
type ExportedIdentifier struct {
	System, Value string
	AddedAt       time.Time
}

// PatientParts counts parts by kind.
type PatientParts struct {
	Identifiers, Names, Episodes, Shares, Acts, PaperCodes, Visits, Submissions, Choices, Deliveries, Access int
}

// patientExport is an export under way.
type patientExport struct {
	*Clinic
	patientKey string
	everyKey   []string // also those that the patient had before
	emit       func(PatientPart) error
	sent       PatientParts
}

// ExportPatient hands over all that is kept of a patient, for the patient who
// asks for it: identifiers and the name, then each episode with all that hangs on
// it, then registry choices, the deliveries that hold the patient, and the access
// log. What is made from other parts
// and says nothing more (summaries), and a launch link, which is gone in minutes,
// are left out. It needs the memory of one form's
// versions, or of a page of the log, at a time. What emit returns as an error
// ends it.
//
// Errors: *InputError; *StateError with PATIENT_UNKNOWN.
func (c *Clinic) ExportPatient(ctx context.Context, patient PatientRef, found []Problem, emit func(PatientPart) error) (_ PatientParts, err error) {
	v, err := c.enter(ctx, access.ExportPatientCall)
	if err != nil {
		return PatientParts{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(found)
	id, _ := check.patient("patient", patient)
	if err := check.err(); err != nil {
		return PatientParts{}, err
	}
	key, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if errors.Is(err, store.ErrNotFound) {
		v.missing(ctx, "")
		return PatientParts{}, patientUnknown()
	}
	if err != nil {
		return PatientParts{}, err
	}
	v.patients("", key)
	// What is handed over leaves before the end, so it is on record by now.
	if err := v.logged(ctx); err != nil {
		return PatientParts{}, err
	}
	if _, err := c.site(ctx); err != nil { // definitions that another process brought
		return PatientParts{}, err
	}
	x := &patientExport{Clinic: c, patientKey: key, emit: emit}
	if x.everyKey, err = c.store.PatientKeys(ctx, key); err != nil {
		return PatientParts{}, err
	}
	for _, step := range []func(context.Context) error{x.identifiers, x.name, x.episodes, x.choices, x.deliveries, x.accesses} {
		if err := step(ctx); err != nil {
			return PatientParts{}, err
		}
	}
	return x.sent, nil
}

func (x *patientExport) identifiers(ctx context.Context) error {
	kept, err := x.store.IdentitiesOf(ctx, x.patientKey)
	if err != nil {
		return err
	}
	for _, k := range kept {
		id, err := x.keys.Open(k.PatientKey, k.Sealed, k.KeyID)
		if err != nil {
			return err
		}
		x.sent.Identifiers++
		if err := x.emit(PatientPart{Identifier: &ExportedIdentifier{System: id.System(), Value: id.Reveal(), AddedAt: k.AddedAt}}); err != nil {
			return err
		}
	}
	return nil
}

func (x *patientExport) name(ctx context.Context) error {
	name, err := x.nameOf(ctx, x.patientKey)
	if err != nil || name.Name == "" {
		return err
	}
	x.sent.Names++
	return x.emit(PatientPart{Name: &name})
}

func (x *patientExport) episodes(ctx context.Context) error {
	units, err := x.store.CareUnits(ctx)
	if err != nil {
		return err
	}
	for _, unit := range units {
		episodes, err := x.store.EpisodesOfPatient(ctx, unit, x.patientKey)
		if err != nil {
			return err
		}
		for i := range episodes {
			if err := x.episode(ctx, &episodes[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// episode hands over an episode with all that hangs on it. Of a patient who is
// erased meanwhile nothing more is found, and that is no error of the export.
func (x *patientExport) episode(ctx context.Context, e *store.Episode) error {
	versions, err := x.store.EpisodeHistory(ctx, e.CareUnit, e.EpisodeID)
	if err != nil {
		return unlessNotFound(err)
	}
	for i := range versions {
		x.sent.Episodes++
		if err := x.emit(PatientPart{Episode: &versions[i]}); err != nil {
			return err
		}
	}
	shares, err := x.store.Shares(ctx, e.CareUnit, e.EpisodeID)
	if err != nil {
		return err
	}
	for i := range shares {
		x.sent.Shares++
		if err := x.emit(PatientPart{Share: &shares[i]}); err != nil {
			return err
		}
	}
	if err := x.occasions(ctx, e); err != nil {
		return err
	}
	refs, err := x.store.SubmissionRefs(ctx, e.CareUnit, e.EpisodeID)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if err := x.submission(ctx, ref); err != nil {
			return err
		}
	}
	return nil
}

// occasions hands over what was done about an episode's occasions, and who has
// seen it.
func (x *patientExport) occasions(ctx context.Context, e *store.Episode) error {
	acts, err := x.store.OccasionActs(ctx, e.CareUnit, e.EpisodeID)
	if err != nil {
		return err
	}
	for i := range acts {
		x.sent.Acts++
		if err := x.emit(PatientPart{Act: &acts[i]}); err != nil {
			return err
		}
	}
	codes, err := x.store.PaperCodesOf(ctx, e.CareUnit, e.EpisodeID)
	if err != nil {
		return err
	}
	for i := range codes {
		x.sent.PaperCodes++
		if err := x.emit(PatientPart{PaperCode: &codes[i]}); err != nil {
			return err
		}
	}
	visits, err := x.store.Visits(ctx, e.CareUnit, e.EpisodeID)
	if err != nil {
		return err
	}
	for i := range visits {
		x.sent.Visits++
		if err := x.emit(PatientPart{Visit: &visits[i]}); err != nil {
			return err
		}
	}
	return nil
}

func (x *patientExport) submission(ctx context.Context, ref store.SubmissionRef) error {
	kept, err := x.store.SubmissionVersions(ctx, ref.CareUnit, ref.System, ref.SubmissionID)
	if err != nil {
		return unlessNotFound(err)
	}
	versions, err := x.scorings(kept)
	if err != nil {
		return err
	}
	for i := range versions {
		x.sent.Submissions++
		if err := x.emit(PatientPart{Submission: &versions[i]}); err != nil {
			return err
		}
	}
	return nil
}

func (x *patientExport) choices(ctx context.Context) error {
	choices, err := x.store.RegistryChoices(ctx, x.patientKey)
	if err != nil {
		return err
	}
	for i := range choices {
		x.sent.Choices++
		if err := x.emit(PatientPart{Choice: &choices[i]}); err != nil {
			return err
		}
	}
	return nil
}

// deliveries hands over which recipients got the patient's data, under every key
// that the patient ever had.
func (x *patientExport) deliveries(ctx context.Context) error {
	kept, err := x.store.DeliveriesOf(ctx, x.everyKey)
	if err != nil {
		return err
	}
	for i := range kept {
		x.sent.Deliveries++
		if err := x.emit(PatientPart{Delivery: &kept[i]}); err != nil {
			return err
		}
	}
	return nil
}

// accesses hands over who looked, under every key that the patient ever had.
func (x *patientExport) accesses(ctx context.Context) error {
	query := access.Query{PatientKeys: x.everyKey, Limit: MaxPageSize}
	for {
		found, err := access.Find(ctx, x.store, query)
		if err != nil {
			return err
		}
		for i := range found {
			x.sent.Access++
			if err := x.emit(PatientPart{Access: &found[i].Event}); err != nil {
				return err
			}
		}
		if len(found) < query.Limit {
			return nil
		}
		query.After = found[len(found)-1].Place
	}
}
