package clinic

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// EpisodeUpdate says what an episode of care should be. Only the fields named
// in Mask are taken from Episode; the others keep what they have.
type EpisodeUpdate struct {
	Patient PatientRef
	Episode store.Episode // CareUnit and EpisodeID name it
	Mask    []string      // names of fields, see episodeFields; empty: those that hold something
	Etag    string        // the etag that was read; empty: whatever stands now
	OnlyNew bool          // STALE_VERSION for an episode that is there already, unless it is just this
	Found   []Problem     // what the way in has already found wrong; listed with the rest

	existing bool // never a new one: the episode was there a moment ago, see EditEpisode
}

// statusActive is what an episode is when nobody says otherwise.
const statusActive = "active"

// episodeField is one field that an update may name.
type episodeField struct {
	name  string
	isSet func(e *store.Episode) bool
	copy  func(to, from *store.Episode)
	check func(check *checker, name string, e *store.Episode) // nil: nothing to check
}

// word, day and label make the fields of the three common kinds.
func word(name string, at func(*store.Episode) *string, allowed ...string) episodeField {
	return stringField(name, at, func(c *checker, name, value string) { checkWord(c, name, value, append(allowed, "")) })
}

func day(name string, at func(*store.Episode) *string, happened bool) episodeField {
	return stringField(name, at, func(c *checker, name, value string) { c.date(name, value, happened) })
}

func label(name string, at func(*store.Episode) *string, limit int) episodeField {
	return stringField(name, at, func(c *checker, name, value string) { c.text(name, value, limit) })
}

func stringField(name string, at func(*store.Episode) *string, check func(*checker, string, string)) episodeField {
	return episodeField{
		name:  name,
		isSet: func(e *store.Episode) bool { return *at(e) != "" },
		copy:  func(to, from *store.Episode) { *at(to) = *at(from) },
		check: func(c *checker, name string, e *store.Episode) { check(c, name, *at(e)) },
	}
}

// episodeFields are the fields that a mask may name, as the contract names them.
var episodeFields = []episodeField{
	stringField("assessing_unit", func(e *store.Episode) *string { return &e.AssessingUnit }, (*checker).code),
	word("care_level", func(e *store.Episode) *string { return &e.CareLevel }, "mmrpv", "mmrsv"),
	word("track", func(e *store.Episode) *string { return &e.Track }, "programme", "individual", "assessment_only"),
	word("programme_type", func(e *store.Episode) *string { return &e.ProgrammeType }, "pain", "exhaustion"),
	label("cohort", func(e *store.Episode) *string { return &e.Cohort }, MaxIDLength),
	day("referred_on", func(e *store.Episode) *string { return &e.ReferredOn }, true),
	day("first_visit_planned_on", func(e *store.Episode) *string { return &e.FirstVisitPlanned }, false),
	day("first_visit_on", func(e *store.Episode) *string { return &e.FirstVisitOn }, true),
	day("start_planned_on", func(e *store.Episode) *string { return &e.StartPlanned }, false),
	day("started_on", func(e *store.Episode) *string { return &e.StartedOn }, true),
	day("end_planned_on", func(e *store.Episode) *string { return &e.EndPlanned }, false),
	day("ended_on", func(e *store.Episode) *string { return &e.EndedOn }, true),
	word("sex", func(e *store.Episode) *string { return &e.Sex }, "female", "male", "other"),
	{"birth_year", func(e *store.Episode) bool { return e.BirthYear != 0 }, func(to, from *store.Episode) { to.BirthYear = from.BirthYear }, checkBirthYear},
	stringField("language_code", func(e *store.Episode) *string { return &e.LanguageCode }, (*checker).language),
	word("status", func(e *store.Episode) *string { return &e.Status }, statusActive, "completed", statusDroppedOut, "cancelled"),
	label("drop_out_reason", func(e *store.Episode) *string { return &e.DropOutReason }, MaxTextLength),
	word("drop_out_phase", func(e *store.Episode) *string { return &e.DropOutPhase }, "before_first_visit", "assessment", "programme", "follow_up"),
	{"deceased", func(e *store.Episode) bool { return e.Deceased }, func(to, from *store.Episode) { to.Deceased = from.Deceased }, nil},
	{"do_not_contact", func(e *store.Episode) bool { return e.DoNotContact }, func(to, from *store.Episode) { to.DoNotContact = from.DoNotContact }, nil},
}

const statusDroppedOut = "dropped_out"

func checkBirthYear(check *checker, name string, e *store.Episode) {
	thisYear, _ := strconv.ParseInt(check.today[:4], 10, 64)
	if e.BirthYear != 0 && (e.BirthYear < thisYear-130 || e.BirthYear > thisYear) {
		check.add(name, OutOfRange, "a year of the last 130, or 0 for unknown")
	}
}

// Upserted is an episode as it stands after an update.
type Upserted struct {
	store.Episode
	Created  bool
	Warnings []Warning
}

// UpsertEpisode creates an episode of care or changes the named fields of one.
// An update that changes nothing writes nothing, so repeating a call is safe.
//
// Errors: *InputError; *StateError with STALE_VERSION when Etag is not the
// current one, or EPISODE_OF_OTHER_PATIENT.
func (c *Clinic) UpsertEpisode(ctx context.Context, update EpisodeUpdate) (_ Upserted, err error) {
	v, err := c.enter(ctx, access.UpsertEpisodeCall)
	if err != nil {
		return Upserted{}, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, update.Episode.CareUnit); err != nil {
		return Upserted{}, err
	}
	return c.upsert(ctx, v, update)
}

// upsert is UpsertEpisode for a visit that may write to the care unit.
func (c *Clinic) upsert(ctx context.Context, v *visit, update EpisodeUpdate) (Upserted, error) {
	check := c.newChecker(update.Found)
	id, warnings := check.patient("patient", update.Patient)
	check.id("episode.care_unit", update.Episode.CareUnit)
	check.id("episode.episode_id", update.Episode.EpisodeID)
	fields := checkMask(check, update)
	check.withoutIdentifier(id,
		[2]string{"episode.care_unit", update.Episode.CareUnit},
		[2]string{"episode.episode_id", update.Episode.EpisodeID},
		[2]string{"episode.assessing_unit", update.Episode.AssessingUnit},
		[2]string{"episode.cohort", update.Episode.Cohort},
		[2]string{"episode.drop_out_reason", update.Episode.DropOutReason})
	if err := check.err(); err != nil {
		return Upserted{}, err
	}
	who, err := c.recordWrite(ctx, v, update.Episode.CareUnit, update.Episode.EpisodeID, id)
	if err != nil {
		return Upserted{}, err
	}
	// Without an etag the update applies to whatever stands: when somebody
	// else was faster, it is laid over the newer version.
	for attempt := 0; ; attempt++ {
		episode, created, err := c.putEpisode(ctx, update, fields, id)
		if errors.Is(err, store.ErrStale) && update.Etag == "" && !update.OnlyNew && attempt < 5 {
			continue
		}
		if err != nil {
			return Upserted{}, c.explainEpisode(err)
		}
		who.is(episode.PatientKey)
		return Upserted{Episode: episode, Created: created, Warnings: storedWarnings(strings.Join(warnings, " "), "")}, nil
	}
}

// checkMask resolves the mask and checks the fields it names.
func checkMask(check *checker, update EpisodeUpdate) []episodeField {
	for i, name := range update.Mask {
		if !slices.ContainsFunc(episodeFields, func(f episodeField) bool { return f.name == name }) {
			check.add("update_mask.paths["+strconv.Itoa(i)+"]", BadFieldMask, "no such field of an episode that can be set")
		}
	}
	var fields []episodeField
	for _, f := range episodeFields {
		if len(update.Mask) == 0 && f.isSet(&update.Episode) || slices.Contains(update.Mask, f.name) {
			fields = append(fields, f)
			if f.check != nil {
				f.check(check, "episode."+f.name, &update.Episode)
			}
		}
	}
	return fields
}

// putEpisode lays the named fields over the current version and says whether
// the episode was new.
func (c *Clinic) putEpisode(ctx context.Context, update EpisodeUpdate, fields []episodeField, id identity.Identifier) (store.Episode, bool, error) {
	current, err := c.store.Episode(ctx, update.Episode.CareUnit, update.Episode.EpisodeID)
	isNew := errors.Is(err, store.ErrNotFound)
	if isNew {
		current = store.Episode{CareUnit: update.Episode.CareUnit, EpisodeID: update.Episode.EpisodeID}
	} else if err == nil {
		err = c.belongsTo(ctx, current, id)
	}
	if err != nil && !isNew {
		return store.Episode{}, false, err
	}
	if isNew && update.existing {
		return store.Episode{}, false, episodeUnknown(nil) // erased meanwhile, and not to be made again
	}
	next := current
	for _, f := range fields {
		f.copy(&next, &update.Episode)
	}
	if next.Status == "" {
		next.Status = statusActive
	}
	if !isNew && next == current {
		return current, false, nil // also for a retry, whose etag its own first run has replaced
	}
	if update.Etag != "" && update.Etag != Etag(current) || update.OnlyNew && !isNew {
		return store.Episode{}, false, store.ErrStale
	}
	if err := checkWhole(c.today(), next); err != nil {
		return store.Episode{}, false, err
	}
	next.RecordedAt = c.now().UTC()
	person, err := c.newIdentity(id, next.RecordedAt)
	if err != nil {
		return store.Episode{}, false, err
	}
	stored, err := c.store.PutEpisode(ctx, next, person, current.Version)
	return stored, isNew, err
}

// belongsTo gives store.ErrOtherPatient unless the episode is this patient's.
func (c *Clinic) belongsTo(ctx context.Context, episode store.Episode, id identity.Identifier) error {
	patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if errors.Is(err, store.ErrNotFound) || err == nil && patientKey != episode.PatientKey {
		return store.ErrOtherPatient
	}
	return err
}

// checkWhole checks what only the whole episode can tell.
func checkWhole(today string, e store.Episode) error {
	check := &checker{today: today}
	if e.StartedOn != "" && e.EndedOn != "" && e.EndedOn < e.StartedOn {
		check.add("episode.ended_on", BadDate, "lies before started_on")
	}
	if e.StartPlanned != "" && e.EndPlanned != "" && e.EndPlanned < e.StartPlanned {
		check.add("episode.end_planned_on", BadDate, "lies before start_planned_on")
	}
	if e.Status != statusDroppedOut && (e.DropOutReason != "" || e.DropOutPhase != "") {
		check.add("episode.status", BadFormat, "a drop-out reason or phase needs the status of a drop-out")
	}
	return check.err()
}

// Etag names a version of an episode for a later update.
func Etag(e store.Episode) string {
	if e.Version == 0 {
		return ""
	}
	return "v" + strconv.FormatInt(e.Version, 10)
}

func (c *Clinic) explainEpisode(err error) error {
	switch {
	case errors.Is(err, store.ErrStale):
		return &StateError{Reason: StaleVersion, Field: "etag", Description: "the episode has changed since it was read; read it again and repeat"}
	case errors.Is(err, store.ErrOtherPatient):
		return episodeOfOtherPatient()
	}
	return err
}

func episodeOfOtherPatient() error {
	return &StateError{Reason: EpisodeOfOtherPatient, Field: "episode_id", Description: "the episode belongs to another patient; nothing was stored"}
}

func episodeUnknown(candidates []store.Episode) error {
	return &StateError{
		Reason: EpisodeUnknown, Field: "episode_id",
		Description: "no such episode of this patient in this care unit; the candidates are the ones there are",
		Candidates:  candidates,
	}
}

// episodeOf returns the named episode if it is the patient's and the visit may
// show it, else ErrNotFound: nobody learns that it is another's.
func (c *Clinic) episodeOf(ctx context.Context, v *visit, ref EpisodeRef, id identity.Identifier, read episodeReader) (store.Episode, error) {
	patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if err != nil {
		return store.Episode{}, err
	}
	episode, err := read(ctx, ref.CareUnit, ref.EpisodeID)
	if err != nil {
		return store.Episode{}, err
	}
	sees, err := v.sees(ctx, episode)
	if err == nil && (!sees || episode.PatientKey != patientKey) {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Episode{}, err
	}
	return episode, nil
}

// candidates lists the episodes that a patient has in a care unit, as far as the
// visit may show them.
func (c *Clinic) candidates(ctx context.Context, v *visit, careUnit string, id identity.Identifier) ([]store.Episode, error) {
	patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	episodes, err := c.store.EpisodesOfPatient(ctx, careUnit, patientKey)
	if err != nil {
		return nil, err
	}
	return v.visible(ctx, episodes)
}

// EpisodeRef names an episode, with or without its patient. Where the patient
// is given, the episode must be that patient's. Where EpisodeID is empty, the
// patient's only episode in the care unit is meant.
type EpisodeRef struct {
	Patient   *PatientRef
	CareUnit  string
	EpisodeID string
}

// Episode finds the episode that a reference names.
//
// Errors: *InputError; *StateError with EPISODE_UNKNOWN, which lists the
// patient's episodes where a patient was given.
func (c *Clinic) Episode(ctx context.Context, ref EpisodeRef) (_ store.Episode, err error) {
	v, err := c.enter(ctx, access.GetEpisodeCall)
	if err != nil {
		return store.Episode{}, err
	}
	defer v.leave(ctx, &err)
	return c.find(ctx, v, ref)
}

// find is Episode for every use case that is about one. An episode that the
// visit may not see is answered exactly as one that is not there.
func (c *Clinic) find(ctx context.Context, v *visit, ref EpisodeRef) (store.Episode, error) {
	return c.findBy(ctx, v, ref, c.store.Episode)
}

// episodeReader is the store's Episode, or a read of more that begins with it.
type episodeReader func(ctx context.Context, careUnit, episodeID string) (store.Episode, error)

// findBy is find with a read of the caller's where the episode is named.
func (c *Clinic) findBy(ctx context.Context, v *visit, ref EpisodeRef, read episodeReader) (store.Episode, error) {
	check := c.newChecker(nil)
	check.id("care_unit", ref.CareUnit)
	check.code("episode_id", ref.EpisodeID)
	var id identity.Identifier
	if ref.Patient != nil {
		id, _ = check.patient("patient", *ref.Patient)
	} else if ref.EpisodeID == "" {
		check.add("episode_id", Required, "must be given where patient is not")
	}
	if err := check.err(); err != nil {
		return store.Episode{}, err
	}
	if ref.Patient == nil {
		episode, err := read(ctx, ref.CareUnit, ref.EpisodeID)
		if err == nil {
			err = v.episode(ctx, episode)
		} else if errors.Is(err, store.ErrNotFound) {
			v.missing(ctx, ref.CareUnit)
		}
		if errors.Is(err, store.ErrNotFound) {
			return store.Episode{}, episodeUnknown(nil)
		}
		return episode, err
	}
	if ref.EpisodeID != "" {
		episode, err := c.episodeOf(ctx, v, ref, id, read)
		if err == nil {
			return episode, v.episode(ctx, episode)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return store.Episode{}, err
		}
	}
	candidates, err := c.candidates(ctx, v, ref.CareUnit, id)
	if err != nil {
		return store.Episode{}, err
	}
	if ref.EpisodeID == "" && len(candidates) == 1 {
		return candidates[0], v.episode(ctx, candidates[0])
	}
	patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if unlessNotFound(err) != nil {
		return store.Episode{}, err
	}
	v.missing(ctx, ref.CareUnit, known(patientKey)...)
	return store.Episode{}, episodeUnknown(candidates)
}
