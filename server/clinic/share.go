package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Sharing lets another care unit see an episode, or ends that.
type Sharing struct {
	CareUnit  string // owner of the episode
	EpisodeID string
	With      string // the other unit
	Revoke    bool
	Decision
	Found []Problem // what the way in has already found wrong; listed with the rest
}

// ShareEpisode records that another care unit may see an episode, or no longer,
// and returns the act that stands: an earlier one where this changes nothing.
// An episode that was never shared with the unit has none, and its Number is 0.
//
// Errors: *InputError; *StateError with EPISODE_UNKNOWN.
func (c *Clinic) ShareEpisode(ctx context.Context, s Sharing) (_ store.Share, err error) {
	v, err := c.enter(ctx, access.ShareEpisodeCall)
	if err != nil {
		return store.Share{}, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, s.CareUnit); err != nil {
		return store.Share{}, err
	}
	check := c.newChecker(s.Found)
	before := len(check.problems)
	check.id("care_unit", s.CareUnit)
	check.id("episode_id", s.EpisodeID)
	named := len(check.problems) == before
	check.id("with_care_unit", s.With)
	if s.With != "" && s.With == s.CareUnit {
		check.add("with_care_unit", BadFormat, "the unit that owns the episode sees it anyhow")
	}
	s.Decision.check(check)
	if named {
		ids, err := c.identifiersOfEpisode(ctx, v, s.CareUnit, s.EpisodeID)
		if unlessNotFound(err) != nil {
			return store.Share{}, err
		}
		check.withoutIdentifiers(ids, append(s.Decision.texts(), [2]string{"with_care_unit", s.With})...)
	}
	if err := check.err(); err != nil {
		return store.Share{}, err
	}
	share, err := c.store.ShareEpisode(ctx, store.Share{
		CareUnit: s.CareUnit, EpisodeID: s.EpisodeID, With: s.With, Shared: !s.Revoke, Act: s.Decision.act(v.Caller, c.now()),
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.Share{}, episodeUnknown(nil)
	}
	return share, err
}

// EpisodeFile is an episode with what was decided about it.
type EpisodeFile struct {
	store.Episode
	Shares []store.Share // every act of sharing it, ordered by unit, oldest first
	// Choices are what the patient says to registries, as far as it concerns the
	// episode's unit: every version, ordered by provider and registry, oldest
	// first. See ChoiceIn.
	Choices []store.RegistryChoice
	// Provider is whose the episode's unit is, empty if that is not known.
	Provider string
	// MayChoose says whether the caller may record what the patient says to a
	// registry (SetRegistryChoice).
	MayChoose bool
}

// EpisodeFile is Episode with what was decided about it.
func (c *Clinic) EpisodeFile(ctx context.Context, ref EpisodeRef) (_ EpisodeFile, err error) {
	v, err := c.enter(ctx, access.GetEpisodeCall)
	if err != nil {
		return EpisodeFile{}, err
	}
	defer v.leave(ctx, &err)
	file := EpisodeFile{}
	if file.Episode, err = c.find(ctx, v, ref); err != nil {
		return EpisodeFile{}, err
	}
	if file.Shares, err = c.store.Shares(ctx, file.CareUnit, file.EpisodeID); err != nil {
		return EpisodeFile{}, err
	}
	file.Provider = c.settings.CareProviders.ByUnit(file.CareUnit)
	caller, _, refused := access.Allow(ctx, access.SetRegistryChoiceCall)
	file.MayChoose = refused == nil && caller.Sees(file.CareUnit)
	file.Choices, err = c.choicesFor(ctx, file.CareUnit, file.PatientKey)
	return file, err
}
