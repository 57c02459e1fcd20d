package clinic

import (
	"context"
	"errors"
	"fmt"

	"github.com/painscore/painscore/server/access"
)

// MaxTrends is how many trends are read at once: three cohorts, more patients than
// a meeting talks about, and a page that can still be printed.
const MaxTrends = 24

// OpenTrend is Trend for somebody who opens the episode to read it: that this
// reader has seen all changes up to now is remembered, and a list can say what is
// new since. A reader is not kept waiting for lack of room to remember it.
//
// Errors: those of Episode.
func (c *Clinic) OpenTrend(ctx context.Context, ref EpisodeRef) (_ *Trend, err error) {
	v, err := c.enter(ctx, access.GetTrendCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	return c.openTrend(ctx, v, ref)
}

// openTrend is OpenTrend for a visit, which is granted the episode.
func (c *Clinic) openTrend(ctx context.Context, v *visit, ref EpisodeRef) (*Trend, error) {
	// The number is read first: what arrives meanwhile may not be on the page.
	seen, err := c.store.LastChange(ctx, ref.CareUnit)
	if err != nil {
		return nil, err
	}
	trend, err := c.settledTrend(ctx, v, ref)
	if err != nil {
		return nil, err
	}
	e := &trend.Episode
	return trend, unlessNoRoom(c.store.NoteVisit(ctx, e.CareUnit, e.EpisodeID, readerOf(v), seen, c.now().UTC()))
}

// Trends reads the trends of several episodes, in the order asked for. Those that
// are not there for the caller are left out. It does not count as having opened
// them: on a page with many, one is easily passed over.
//
// Errors: those of Episode, EPISODE_UNKNOWN where not a single one is there;
// *InputError with OUT_OF_RANGE for none or more than MaxTrends.
func (c *Clinic) Trends(ctx context.Context, refs []EpisodeRef) (_ []*Trend, err error) {
	v, err := c.enter(ctx, access.GetTrendCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	if len(refs) < 1 || len(refs) > MaxTrends {
		check.add("episodes", OutOfRange, fmt.Sprintf("1 to %d", MaxTrends))
	}
	if err := check.err(); err != nil {
		return nil, err
	}
	var trends []*Trend
	var unknown error
	for _, ref := range refs {
		trend, err := c.settledTrend(ctx, v, ref)
		var state *StateError
		if errors.As(err, &state) && state.Reason == EpisodeUnknown {
			unknown = err
			continue
		}
		if err != nil {
			return nil, err
		}
		trends = append(trends, trend)
	}
	if len(trends) == 0 {
		return nil, unknown
	}
	return trends, nil
}
