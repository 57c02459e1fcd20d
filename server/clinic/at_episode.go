package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Somebody at a page works with an episode, and does not type the patient's
// identity number again at each step: a wrong one would be refused, and a right
// one adds nothing. What such a page sends is about the patient whose episode it
// is. Whoever creates an episode says whose (UpsertEpisode).

// EditEpisode is UpsertEpisode for an episode that is there: update.Patient is
// not looked at.
//
// Errors: those of UpsertEpisode; *StateError with EPISODE_UNKNOWN.
func (c *Clinic) EditEpisode(ctx context.Context, update EpisodeUpdate) (_ Upserted, err error) {
	v, err := c.enter(ctx, access.UpsertEpisodeCall)
	if err != nil {
		return Upserted{}, err
	}
	defer v.leave(ctx, &err)
	if update.Patient, err = c.patientAt(ctx, v, update.Episode.CareUnit, update.Episode.EpisodeID); err != nil {
		return Upserted{}, err
	}
	update.existing = true
	return c.upsert(ctx, v, update)
}

// SubmitAtEpisode is Submit of a single form for an episode that is there:
// sub.Patient is not looked at.
//
// Errors: those of Submit.
func (c *Clinic) SubmitAtEpisode(ctx context.Context, sub Submission) (_ Stored, err error) {
	v, err := c.enter(ctx, access.SubmitCall)
	if err != nil {
		return Stored{}, err
	}
	defer v.leave(ctx, &err)
	if sub.Patient, err = c.patientAt(ctx, v, sub.CareUnit, sub.EpisodeID); err != nil {
		return Stored{}, err
	}
	sub.existing = true
	stored, _, err := c.submitVisit(ctx, v, sub, true)
	if err != nil {
		return Stored{}, err
	}
	return stored[0], nil
}

// patientAt is the first identifier of the patient whose episode it is. It stays
// within this package: no reply holds it.
func (c *Clinic) patientAt(ctx context.Context, v *visit, careUnit, episodeID string) (PatientRef, error) {
	if err := v.unit(ctx, careUnit); err != nil {
		return PatientRef{}, err
	}
	check := c.newChecker(nil)
	check.id("care_unit", careUnit)
	check.id("episode_id", episodeID)
	if err := check.err(); err != nil {
		return PatientRef{}, err
	}
	episode, err := c.store.Episode(ctx, careUnit, episodeID)
	if errors.Is(err, store.ErrNotFound) {
		v.missing(ctx, careUnit)
		return PatientRef{}, episodeUnknown(nil)
	}
	if err != nil {
		return PatientRef{}, err
	}
	ids, err := c.identifiersOf(ctx, episode.PatientKey)
	if err == nil && len(ids) == 0 { // erased meanwhile
		err = episodeUnknown(nil)
	}
	if err != nil {
		return PatientRef{}, err
	}
	return PatientRef{System: ids[0].System(), Value: ids[0].Reveal()}, nil
}

// EpisodeVersions returns every version of an episode, oldest first, so that
// somebody who was overtaken sees by what.
//
// Errors: those of Episode.
func (c *Clinic) EpisodeVersions(ctx context.Context, ref EpisodeRef) (_ []store.Episode, err error) {
	v, err := c.enter(ctx, access.GetEpisodeCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
	if err != nil {
		return nil, err
	}
	versions, err := c.store.EpisodeHistory(ctx, episode.CareUnit, episode.EpisodeID)
	if errors.Is(err, store.ErrNotFound) { // erased meanwhile
		return nil, episodeUnknown(nil)
	}
	return versions, err
}
