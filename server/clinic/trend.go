package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Trend is what one episode's forms say about the patient over time: every
// scale of every instrument over every occasion. Only the patient's own forms
// enter it; a relative's or a clinician's never does, nor does a site form (see
// Forms): an occasion with nothing else is a missing one here.
type Trend struct {
	Episode   store.Episode
	Occasions []Moment
	Forms     []TrendForm // that have scores, in the order of slots
	Lines     []Line      // by domain, then instrument and scale

	site *site // what decides about windows and changes
}

// Moment is one occasion of the episode: the three canonical ones always,
// another only if it was answered.
type Moment struct {
	Occasion      store.Occasion
	Label         string
	State         MomentState
	FirstAnswered string // date of the earliest of its forms
	LastAnswered  string
	Anchored
}

// MomentState says whether an occasion was answered.
type MomentState string

// The states of an occasion. A missing baseline is a state of its own: what
// comes after it can be shown but not compared with a beginning.
const (
	MomentAnswered  MomentState = "answered"
	MomentMissing   MomentState = "missing"
	BaselineMissing MomentState = "baseline_missing"
)

// Line is one scale over the occasions.
type Line struct {
	*Yardstick // the definition's that made the newest point, in the episode's care unit
	Points     []Point
	Changes    []Change
}

// TrendForm is one of the patient's forms, with what all its scores share.
type TrendForm struct {
	Occasion     store.Occasion
	Label        string
	AnsweredOn   string
	Timing       Timing
	Days         int // from the anchor date
	Definition   *scoring.Instrument
	SubmissionID string
	RescorePlan  string // the plan that its scores are of; empty: the scores of the time

	moment int // index in Trend.Occasions
	place  int // index in Trend.Forms
}

// Moment is the index in Trend.Occasions of the occasion the form belongs to.
func (f *TrendForm) Moment() int { return f.moment }

// Place is the form's index in Trend.Forms.
func (f *TrendForm) Place() int { return f.place }

// Point is one stored score, or its refusal.
type Point struct {
	*TrendForm
	Score    scoring.Score
	Switched bool // another instrument than the point before it on this line

	yardstick *Yardstick
}

// NoForm is the reason why a pair of occasions has no difference when one of
// them has no form at all on the line.
const NoForm scoring.NotComparableReason = "MISSING"

// Change is what lies between two occasions of a line.
type Change struct {
	From, To           int            // indexes in Trend.Occasions
	FromScore, ToScore *scoring.Score // nil where the occasion has no form on this line
	scoring.Change
	Judgement scoring.Judgement     // where Comparable
	Crossed   scoring.Crossed       // where both occasions have a score
	Paretian  scoring.ParetianClass // between two EQ-5D profiles
}

// Trend reads the trend of an episode.
//
// Errors: those of Episode.
func (c *Clinic) Trend(ctx context.Context, ref EpisodeRef) (_ *Trend, err error) {
	v, err := c.enter(ctx, access.GetTrendCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	return c.settledTrend(ctx, v, ref)
}

// settledTrend reads the trend of an episode for a visit, which is granted it.
func (c *Clinic) settledTrend(ctx context.Context, v *visit, ref EpisodeRef) (trend *Trend, err error) {
	err = untilSettled(func() error {
		decided, err := c.standing(ctx, v, ref)
		if err != nil {
			return err
		}
		trend, _, err = c.trendAt(ctx, decided)
		return err
	})
	return trend, err
}

// TrendReply returns what encode makes of the trend of an episode, or what it
// made of it before if nothing has changed since that the trend rests on. form
// tells what encode makes from what other encoders of this process make. The
// bytes belong to many replies and must not be changed.
//
// Errors: those of Episode and of encode.
func (c *Clinic) TrendReply(ctx context.Context, ref EpisodeRef, form string, encode func(*Trend) ([]byte, error)) (_ []byte, err error) {
	v, err := c.enter(ctx, access.GetTrendCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	var made []byte
	err = untilSettled(func() error {
		decided, err := c.standing(ctx, v, ref)
		if err != nil {
			return err
		}
		name := replyName{decided.Episode.CareUnit, decided.Episode.EpisodeID, form}
		kept, found, ticket := c.replies.find(name, &decided)
		if found {
			made = kept
			return nil
		}
		trend, read, err := c.trendAt(ctx, decided)
		if err != nil {
			return err
		}
		if made, err = encode(trend); err == nil && trend.site.change == read.SettingChange {
			c.replies.put(name, read, made, ticket)
		}
		return err
	})
	return made, err
}

// standing finds the episode that a trend is asked of, with all that the trend
// rests on. The visit is granted it.
func (c *Clinic) standing(ctx context.Context, v *visit, ref EpisodeRef) (store.Standing, error) {
	var read store.Standing
	episode, err := c.findBy(ctx, v, ref, func(ctx context.Context, careUnit, episodeID string) (_ store.Episode, err error) {
		read, err = c.store.Standing(ctx, careUnit, episodeID)
		return read.Episode, err
	})
	if err != nil || read.Episode == episode {
		return read, err
	}
	// It was found by its patient only.
	read, err = c.store.Standing(ctx, episode.CareUnit, episode.EpisodeID)
	return read, unsettled(err, &read.Episode, &episode)
}

// trendAt reads the trend of an episode that the caller may see as it was
// decided, and the standing that it was read at.
func (c *Clinic) trendAt(ctx context.Context, decided store.Standing) (*Trend, store.Standing, error) {
	read, subs, err := c.store.TrendForms(ctx, decided.Episode.CareUnit, decided.Episode.EpisodeID)
	if err = unsettled(err, &read.Episode, &decided.Episode); err != nil {
		return nil, read, err
	}
	site, err := c.site(ctx)
	if err != nil {
		return nil, read, err
	}
	trend, err := c.trendOf(site, read.Episode, c.scoredByPatient(subs))
	return trend, read, err
}

// unsettled is store.ErrStale if an episode is no longer what it was when it
// was decided who may see it: then that has to be decided again.
func unsettled(err error, read, decided *store.Episode) error {
	if errors.Is(err, store.ErrNotFound) || err == nil && *read != *decided {
		return store.ErrStale
	}
	return err
}

// untilSettled reads again for as long as somebody changes the episode between
// two reads, a few times at most.
func untilSettled(read func() error) error {
	for range 5 {
		if err := read(); !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return store.ErrUnavailable
}
