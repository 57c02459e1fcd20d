package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// A patient may have a name, to be shown to and found by those who meet the
// patient. It is sealed like an identifier, belongs to the patient and not to an
// episode, and nothing else depends on it. Programs and analysts get none: a
// program may give a name (SetPatientName), and never reads one.

// PatientNaming gives a patient a name.
type PatientNaming struct {
	// The patient, by an identifier or by an episode of the care unit, or both.
	EpisodeRef
	Name  string // empty: takes it away
	Found []Problem
}

// PatientName is what a patient is called, in clear.
type PatientName struct {
	Name string // empty: none was given
	store.PatientName
}

// MaySeeNames says whether the caller may be shown what patients are called,
// and may look for one by name: a page asks before it asks for names.
func MaySeeNames(ctx context.Context) bool {
	_, _, err := access.Allow(ctx, access.GetPatientNameCall)
	return err == nil
}

// SetPatientName gives a patient a name in the place of the one before, or takes
// it away, and says whether that changed anything.
//
// Errors: *InputError; *StateError with EPISODE_UNKNOWN or PATIENT_UNKNOWN.
func (c *Clinic) SetPatientName(ctx context.Context, n PatientNaming) (changed bool, err error) {
	v, err := c.enter(ctx, access.SetPatientNameCall)
	if err != nil {
		return false, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, n.CareUnit); err != nil {
		return false, err
	}
	check := c.newChecker(n.Found)
	id := check.patientOrEpisode(n.EpisodeRef)
	var name identity.Name
	if n.Name != "" {
		name = check.name("name", n.Name)
	}
	if err := check.err(); err != nil {
		return false, err
	}
	patientKey, err := c.patientOf(ctx, v, n.EpisodeRef, id)
	if err != nil {
		return false, err
	}
	ids, err := c.identifiersOf(ctx, patientKey)
	if err != nil {
		return false, err
	}
	check.withoutIdentifiers(ids, [2]string{"name", name.Reveal()})
	if err := check.err(); err != nil {
		return false, err
	}
	changed, err = c.putName(ctx, v, patientKey, name)
	if errors.Is(err, store.ErrNotFound) {
		err = patientUnknown() // erased, or merged into another, a moment ago
	}
	return changed, err
}

// patientOrEpisode checks a reference by either. The identifier is zero where
// the patient is named by an episode.
func (c *checker) patientOrEpisode(ref EpisodeRef) (id identity.Identifier) {
	c.id("care_unit", ref.CareUnit)
	c.code("episode_id", ref.EpisodeID)
	switch {
	case ref.Patient != nil:
		id, _ = c.patient("patient", *ref.Patient)
	case ref.EpisodeID == "":
		c.add("episode_id", Required, "must be given where patient is not")
	}
	return id
}

// name parses a name. A zero one comes back with a problem.
func (c *checker) name(field, text string) identity.Name {
	name, err := identity.ParseName(text)
	if err != nil {
		c.add(field, BadFormat, err.Error())
	}
	return name
}

func (c *Clinic) putName(ctx context.Context, v *visit, patientKey string, name identity.Name) (changed bool, err error) {
	kept, err := c.store.PatientNames(ctx, []string{patientKey})
	if err != nil {
		return false, err
	}
	if name.IsZero() {
		if len(kept) == 0 {
			return false, nil
		}
		return true, c.store.DeletePatientName(ctx, patientKey)
	}
	if len(kept) > 0 {
		// One that does not open is damaged, and mended by the new one.
		stands, err := c.keys.OpenName(patientKey, kept[0].Sealed, kept[0].KeyID)
		if err == nil && stands == name {
			return false, nil
		}
	}
	next := store.PatientName{PatientKey: patientKey, Lookup: c.keys.LookupName(name), By: v.User, At: c.now().UTC()}
	if next.Sealed, next.KeyID, err = c.keys.SealName(patientKey, name); err != nil {
		return false, err
	}
	return true, c.store.PutPatientName(ctx, next)
}

// PatientName returns what the patient of an episode is called.
//
// Errors: those of Episode.
func (c *Clinic) PatientName(ctx context.Context, ref EpisodeRef) (_ PatientName, err error) {
	v, err := c.enter(ctx, access.GetPatientNameCall)
	if err != nil {
		return PatientName{}, err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
	if err != nil {
		return PatientName{}, err
	}
	return c.nameOf(ctx, episode.PatientKey)
}

// nameOf opens a patient's name; without one it is the zero PatientName.
func (c *Clinic) nameOf(ctx context.Context, patientKey string) (PatientName, error) {
	kept, err := c.store.PatientNames(ctx, []string{patientKey})
	if err != nil || len(kept) == 0 {
		return PatientName{}, err
	}
	name, err := c.keys.OpenName(patientKey, kept[0].Sealed, kept[0].KeyID)
	return PatientName{Name: name.Reveal(), PatientName: kept[0]}, err
}

// DisplayNames returns what the patients of these episodes are called, by
// PatientKey: of those who have a name, and of episodes that the caller may see.
// One that cannot be opened is left out; a list is not lost for it.
//
// Errors: access.ErrRole for whoever may see no names; see MaySeeNames.
func (c *Clinic) DisplayNames(ctx context.Context, episodes []store.Episode) (_ map[string]string, err error) {
	v, err := c.enter(ctx, access.GetPatientNameCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	if episodes, err = v.visible(ctx, episodes); err != nil {
		return nil, err
	}
	kept, err := c.store.PatientNames(ctx, patientsOf(episodes))
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(kept))
	var shown []string
	for _, k := range kept {
		name, err := c.keys.OpenName(k.PatientKey, k.Sealed, k.KeyID)
		if errors.Is(err, identity.ErrNotOpened) {
			continue
		}
		if err != nil {
			return nil, err
		}
		names[k.PatientKey], shown = name.Reveal(), append(shown, k.PatientKey)
	}
	if len(shown) > 0 { // nobody looked at anybody else's name
		v.patients(oneUnit(episodes), shown...)
	}
	return names, nil
}

// oneUnit is the care unit of all of these episodes, "" if there are several.
func oneUnit(episodes []store.Episode) string {
	for i := range episodes {
		if episodes[i].CareUnit != episodes[0].CareUnit {
			return ""
		}
	}
	if len(episodes) == 0 {
		return ""
	}
	return episodes[0].CareUnit
}

// FindByName lists the episodes, in a care unit or in every one, of the patients
// who bear a name, exactly and as a whole but for upper and lower case: as far
// as the caller may see them, ordered by care unit and id, at most MaxPageSize.
//
// Errors: *InputError.
func (c *Clinic) FindByName(ctx context.Context, careUnit, text string, found []Problem) (_ []store.Episode, err error) {
	v, err := c.enter(ctx, access.FindPatientsByNameCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	return c.named(ctx, v, careUnit, text, found)
}

// FindPatientsNamed is FindByName in every care unit, told as a list of patients.
func (c *Clinic) FindPatientsNamed(ctx context.Context, text string) (_ []ListedPatient, err error) {
	v, err := c.enter(ctx, access.FindPatientsByNameCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	episodes, err := c.named(ctx, v, "", text, nil)
	if err != nil {
		return nil, err
	}
	sees := map[episodePlace]bool{}
	var units []string
	for _, e := range episodes {
		if len(units) == 0 || units[len(units)-1] != e.CareUnit {
			units = append(units, e.CareUnit)
		}
		sees[placeOf(e)] = true
	}
	return c.patientsOfUnits(ctx, v, units, func(unit, id string) bool { return sees[episodePlace{unit, id}] })
}

// named finds episodes by a name and grants them to the visit.
func (c *Clinic) named(ctx context.Context, v *visit, careUnit, text string, found []Problem) ([]store.Episode, error) {
	check := c.newChecker(found)
	check.code("care_unit", careUnit)
	name := check.name("name", text)
	if err := check.err(); err != nil {
		return nil, err
	}
	units := []string{careUnit}
	if careUnit == "" {
		var err error
		if units, err = c.store.CareUnits(ctx); err != nil {
			return nil, err
		}
	}
	var all []store.Episode
	for _, unit := range units {
		bearers, err := c.store.EpisodesNamed(ctx, unit, c.keys.LookupName(name))
		if err == nil {
			bearers, err = v.visible(ctx, bearers)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, bearers...)
	}
	if len(all) == 0 {
		v.missing(ctx, careUnit)
		return nil, nil
	}
	all = all[:min(len(all), MaxPageSize)]
	v.patients(oneUnit(all), patientsOf(all)...)
	return all, nil
}
