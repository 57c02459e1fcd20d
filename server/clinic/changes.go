package clinic

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Event is one thing that happened in a care unit.
type Event struct {
	store.Change
	Record *Record // the submission that it is about, unpacked; nil with an erasure
}

// Events is a piece of a care unit's feed.
type Events struct {
	List     []Event
	Resume   string // where to go on; never empty
	CaughtUp bool   // there was nothing more
}

// ListChanges returns what happened in a care unit, of all calling systems, in
// the order of commits: what comes after a resume token, the first with an
// empty one. A token holds for good, across restarts, since it is nothing but
// the place of the last change that was read.
//
// Errors: *InputError, also for a token of another unit, and for one of a place
// that the unit has not come to: that database was put back to an earlier
// state, and whoever went on from there would miss what happened since.
func (c *Clinic) ListChanges(ctx context.Context, careUnit string, page Page) (_ Events, err error) {
	v, err := c.enter(ctx, access.ListChangesCall)
	if err != nil {
		return Events{}, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, careUnit); err != nil {
		return Events{}, err
	}
	check := c.newChecker(nil)
	check.id("care_unit", careUnit)
	if page.Size < 0 {
		check.add("page_size", OutOfRange, "0 or more")
	}
	after, ok := parseResume(careUnit, page.Token)
	if !ok {
		check.add("resume_token", BadPageToken, "not a token of this care unit's changes")
	}
	if err := check.err(); err != nil {
		return Events{}, err
	}
	if _, err := c.site(ctx); err != nil { // definitions that another process brought
		return Events{}, err
	}
	last, err := c.store.LastChange(ctx, careUnit)
	if err != nil {
		return Events{}, err
	}
	if after.seq > last {
		check.add("resume_token", BadPageToken, "of a change that is not there: the database was put back to an earlier state; begin again without a token")
		return Events{}, check.err()
	}
	limit := page.limit()
	changes, err := c.store.Changes(ctx, careUnit, after.seq, after.within, limit+1)
	if err != nil {
		return Events{}, err
	}
	events := Events{CaughtUp: len(changes) <= limit}
	concerned := owners{}
	for _, change := range changes[:min(limit, len(changes))] {
		if change.Kind != store.ChangeErased {
			if err := concerned.add(ctx, c.store, careUnit, change.Submission.EpisodeID); err != nil {
				return Events{}, err
			}
		}
		event, err := c.event(change)
		if err != nil {
			return Events{}, err
		}
		events.List = append(events.List, event)
		after = feedPlace{change.ChangeSeq, change.Within}
	}
	v.patients(careUnit, concerned.keys()...)
	events.Resume = after.token(careUnit)
	return events, nil
}

func (c *Clinic) event(change store.Change) (Event, error) {
	if change.Kind == store.ChangeErased {
		return Event{Change: change}, nil
	}
	record, err := c.record(change.Submission)
	return Event{Change: change, Record: &record}, err
}

// feedPlace names the change after which a reader goes on.
type feedPlace struct {
	seq    int64
	within string
}

// token is a place with a digest of it and of the care unit before it: a token
// of another unit, or one that was changed on its way, would skip changes
// without anybody's noticing.
func (p feedPlace) token(careUnit string) string {
	place := strconv.FormatInt(p.seq, 10) + " " + p.within
	return base64.RawURLEncoding.EncodeToString(append(placeDigest(careUnit, place), place...))
}

func placeDigest(careUnit, place string) []byte {
	digest := sha256.Sum256([]byte("changes " + strconv.Quote(careUnit) + " " + place))
	return digest[:tokenDigest]
}

// parseResume reads a token back; none is the beginning.
func parseResume(careUnit, token string) (after feedPlace, ok bool) {
	if token == "" {
		return feedPlace{}, true
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < tokenDigest || !bytes.Equal(raw[:tokenDigest], placeDigest(careUnit, string(raw[tokenDigest:]))) {
		return feedPlace{}, false
	}
	seq, within, found := strings.Cut(string(raw[tokenDigest:]), " ")
	after.within = within
	after.seq, err = strconv.ParseInt(seq, 10, 64)
	return after, found && err == nil && after.seq >= 0
}
