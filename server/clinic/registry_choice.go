package clinic

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// DefaultRegistry is the registry that is meant where none is named: the
// Swedish National Registry for Pain Rehabilitation.
const DefaultRegistry = "nrs"

// CareProviders says to which care provider (HSA-id) a care unit belongs. It is
// said and not guessed from the unit's own HSA-id: a region's catalogue also
// lists units that others run for it.
type CareProviders struct {
	Own string            // of every unit that Of does not name; empty: not known
	Of  map[string]string // by care unit
}

// ByUnit returns the provider of a care unit, empty if it is not known.
func (p CareProviders) ByUnit(careUnit string) string {
	if other, ok := p.Of[careUnit]; ok {
		return other
	}
	return p.Own
}

// RegistryChoosing records what a patient says to a registry.
type RegistryChoosing struct {
	// The patient, by an identifier or by an episode of the care unit, or both.
	EpisodeRef
	CareProvider string // empty: that of the care unit
	Registry     string // empty: DefaultRegistry
	Choice       store.Choice
	DecidedOn    string // YYYY-MM-DD: when the patient was informed or objected
	Etag         string // the etag that was read; empty: whatever stands now, unless it is an objection
	Decision
	Found []Problem // what the way in has already found wrong; listed with the rest
}

// SetRegistryChoice records a choice and returns the one that stands: an earlier
// one where this changes nothing.
//
// Errors: *InputError; *StateError with EPISODE_UNKNOWN, PATIENT_UNKNOWN,
// STALE_VERSION or REGISTRY_OBJECTED.
func (c *Clinic) SetRegistryChoice(ctx context.Context, r RegistryChoosing) (_ store.RegistryChoice, err error) {
	v, err := c.enter(ctx, access.SetRegistryChoiceCall)
	if err != nil {
		return store.RegistryChoice{}, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, r.CareUnit); err != nil {
		return store.RegistryChoice{}, err
	}
	check := c.newChecker(r.Found)
	id := c.checkChoosing(check, &r)
	if err := check.err(); err != nil {
		return store.RegistryChoice{}, err
	}
	patientKey, err := c.patientOf(ctx, v, r.EpisodeRef, id)
	if err != nil {
		return store.RegistryChoice{}, err
	}
	ids, err := c.identifiersOf(ctx, patientKey)
	if err != nil {
		return store.RegistryChoice{}, err
	}
	check.withoutIdentifiers(ids, append(r.Decision.texts(), [2]string{"care_provider", r.CareProvider}, [2]string{"registry", r.Registry})...)
	if err := check.err(); err != nil {
		return store.RegistryChoice{}, err
	}
	choice := store.RegistryChoice{
		PatientKey: patientKey, Provider: r.CareProvider, Registry: r.Registry, Choice: r.Choice, DecidedOn: r.DecidedOn,
		Act: r.Decision.act(v.Caller, c.now()),
	}
	for attempt := 0; ; attempt++ {
		stands, err := c.putChoice(ctx, choice, r.Etag)
		if errors.Is(err, store.ErrStale) && r.Etag == "" && attempt < 5 {
			continue // somebody was faster: judged again by what stands now
		}
		return stands, explainChoice(err)
	}
}

// checkChoosing checks the input and fills in what may be left out. The
// identifier is zero where the patient is named by an episode.
func (c *Clinic) checkChoosing(check *checker, r *RegistryChoosing) (id identity.Identifier) {
	id = check.patientOrEpisode(r.EpisodeRef)
	known := c.settings.CareProviders.ByUnit(r.CareUnit)
	switch {
	case r.CareProvider == "" && known == "":
		check.add("care_provider", Required, "must be given: the server is not configured to know whose the care unit is")
	case r.CareProvider == "":
		r.CareProvider = known
	case known != "" && r.CareProvider != known:
		check.add("care_provider", BadFormat, "not the one that the server is configured with for this care unit")
	default:
		check.code("care_provider", r.CareProvider)
	}
	if r.Registry == "" {
		r.Registry = DefaultRegistry
	}
	check.code("registry", r.Registry)
	if r.Choice == "" {
		check.add("choice", Required, "must be given")
	} else {
		checkWord(check, "choice", string(r.Choice), []string{string(store.NotInformed), string(store.Informed), string(store.Objected)})
	}
	if r.DecidedOn == "" {
		check.add("decided_on", Required, "must be given")
	}
	check.date("decided_on", r.DecidedOn, true)
	r.Decision.check(check)
	return id
}

// patientOf finds whom a reference names, if the visit may know of an episode
// of the patient's in the care unit.
func (c *Clinic) patientOf(ctx context.Context, v *visit, ref EpisodeRef, id identity.Identifier) (patientKey string, err error) {
	if ref.EpisodeID != "" {
		episode, err := c.find(ctx, v, ref)
		return episode.PatientKey, err
	}
	episodes, err := c.candidates(ctx, v, ref.CareUnit, id)
	if err != nil {
		return "", err
	}
	if len(episodes) > 0 {
		v.patients(ref.CareUnit, episodes[0].PatientKey)
		return episodes[0].PatientKey, nil
	}
	patientKey, err = c.store.FindPatient(ctx, c.keys.Lookup(id))
	if unlessNotFound(err) != nil {
		return "", err
	}
	v.missing(ctx, ref.CareUnit, known(patientKey)...)
	return "", patientUnknown()
}

// putChoice writes a choice as the version after the one that stands, which the
// etag must name if there is one.
func (c *Clinic) putChoice(ctx context.Context, choice store.RegistryChoice, etag string) (store.RegistryChoice, error) {
	all, err := c.store.RegistryChoices(ctx, choice.PatientKey)
	if err != nil {
		return store.RegistryChoice{}, err
	}
	stands := ChoiceIn(all, choice.Provider, choice.Registry)
	switch {
	case stands.Number > 0 && stands.Choice == choice.Choice && stands.DecidedOn == choice.DecidedOn:
		return stands, nil // also for a retry, whose etag its own first run has replaced
	case etag != "" && etag != ChoiceEtag(stands):
		return store.RegistryChoice{}, store.ErrStale
	case etag == "" && stands.Choice == store.Objected && choice.Choice != store.Objected:
		return store.RegistryChoice{}, errObjected
	}
	return c.store.PutRegistryChoice(ctx, choice, stands.Number)
}

var errObjected = errors.New("clinic: the patient has objected")

func explainChoice(err error) error {
	switch {
	case errors.Is(err, errObjected):
		return &StateError{Reason: RegistryObjected, Field: "etag", Description: "the patient has objected; if that was taken back, give the etag of the objection"}
	case errors.Is(err, store.ErrStale):
		return &StateError{Reason: StaleVersion, Field: "etag", Description: "another choice was recorded since it was read; read it again and repeat"}
	case errors.Is(err, store.ErrNotFound):
		return patientUnknown() // erased, or merged into another, a moment ago
	}
	return err
}

// ChoiceIn returns the choice that stands for a provider and registry among all
// versions of a patient's. Where nothing was recorded the patient is not
// informed, and Number is 0.
func ChoiceIn(all []store.RegistryChoice, provider, registry string) store.RegistryChoice {
	for _, c := range slices.Backward(all) {
		if c.Provider == provider && c.Registry == registry {
			return c
		}
	}
	return store.RegistryChoice{Provider: provider, Registry: registry, Choice: store.NotInformed}
}

// ChoiceEtag names a version of a choice for a later one; empty for none.
func ChoiceEtag(c store.RegistryChoice) string {
	if c.Number == 0 {
		return ""
	}
	return "c" + strconv.FormatInt(c.Number, 10)
}

// choicesFor are the choices of a patient that concern a care unit: at its
// provider, or at every one where that is not known.
func (c *Clinic) choicesFor(ctx context.Context, careUnit, patientKey string) ([]store.RegistryChoice, error) {
	all, err := c.store.RegistryChoices(ctx, patientKey)
	if provider := c.settings.CareProviders.ByUnit(careUnit); provider != "" {
		all = slices.DeleteFunc(all, func(choice store.RegistryChoice) bool { return choice.Provider != provider })
	}
	return all, err
}

// markTestPatients marks the test patients of a store from before they were
// told apart, and those of identities that have become known since. Later ones
// are marked as they come.
func (c *Clinic) markTestPatients(ctx context.Context) error {
	for _, id := range identity.TestIdentities() {
		if err := c.store.MarkTestPatient(ctx, c.keys.Lookup(id)); err != nil {
			return err
		}
	}
	return nil
}
