package clinic

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// LaunchLinkLife is how long a launch link can be opened: the time between a
// click in another system and the browser that follows it, with a sign-in.
const LaunchLinkLife = 5 * time.Minute

// launchTokenBytes make a token that nobody guesses within its life or ever.
const launchTokenBytes = 32

// LaunchLink leads a browser to an episode's page once. Its token says nothing
// about anybody: it may stand in an address, a history and a proxy's log, and by
// then it has been used.
type LaunchLink struct {
	Token     string
	ExpiresAt time.Time
}

// CreateLaunchLink makes a link to an episode that the caller may see. Whoever
// opens it must be signed in, and sees what their own roles and unit allow; the
// link gives no right. Every call makes a new one.
//
// Errors: those of Episode.
func (c *Clinic) CreateLaunchLink(ctx context.Context, ref EpisodeRef) (_ LaunchLink, err error) {
	v, err := c.enter(ctx, access.CreateLaunchLinkCall)
	if err != nil {
		return LaunchLink{}, err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
	if err != nil {
		return LaunchLink{}, err
	}
	raw := make([]byte, launchTokenBytes)
	rand.Read(raw) // never fails
	token := base64.RawURLEncoding.EncodeToString(raw)
	now := c.now().UTC()
	link := LaunchLink{Token: token, ExpiresAt: now.Add(LaunchLinkLife)}
	err = c.store.PutLaunchLink(ctx, store.LaunchLink{
		TokenHash: launchHash(token), CareUnit: episode.CareUnit, EpisodeID: episode.EpisodeID, CreatedAt: now, ExpiresAt: link.ExpiresAt,
	})
	if errors.Is(err, store.ErrNotFound) { // erased meanwhile
		return LaunchLink{}, episodeUnknown(nil)
	}
	return link, err
}

// OpenLaunchLink returns the episode that a link leads to, and ends the link,
// also where the caller may not see the episode: a link that was opened by the
// wrong person shall not lie about. It is for the pages.
//
// Errors: *StateError with EPISODE_UNKNOWN, the same for a link that never was,
// was used, has expired, or leads to what the caller may not see.
func (c *Clinic) OpenLaunchLink(ctx context.Context, token string) (_ store.Episode, err error) {
	v, err := c.enter(ctx, access.GetEpisodeCall)
	if err != nil {
		return store.Episode{}, err
	}
	defer v.leave(ctx, &err)
	link, err := c.store.TakeLaunchLink(ctx, launchHash(token), c.now().UTC())
	var episode store.Episode
	if err == nil {
		episode, err = c.store.Episode(ctx, link.CareUnit, link.EpisodeID)
	}
	switch {
	case err == nil:
		err = v.episode(ctx, episode)
	case errors.Is(err, store.ErrNotFound):
		v.missing(ctx, "")
	}
	if errors.Is(err, store.ErrNotFound) {
		return store.Episode{}, &StateError{Reason: EpisodeUnknown, Description: "the link was used, has expired, or leads to nothing that you may see"}
	}
	if err != nil {
		return store.Episode{}, err
	}
	return episode, nil
}

func launchHash(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}
