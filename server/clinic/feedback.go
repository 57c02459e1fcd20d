package clinic

import (
	"cmp"
	"context"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Kinds of acts about an occasion: what became of the patient's answers.
const (
	AnswersSeen      = "seen" // somebody has read them
	FeedbackOffered  = "feedback_offered"
	FeedbackDeclined = "feedback_declined" // by the patient
	FeedbackGiven    = "feedback_given"
)

var (
	feedbackKinds = []string{AnswersSeen, FeedbackOffered, FeedbackDeclined, FeedbackGiven}
	feedbackWays  = []string{"", "visit", "phone", "video", "letter", "digital"}
)

// FeedbackReview says that somebody has read a patient's answers, or what
// became of the talk about them.
type FeedbackReview struct {
	Occasional
	Kind string
	Way  string // how feedback was given; empty otherwise
}

// Reviewed is a review that is on record.
type Reviewed struct {
	store.OccasionAct
	Replayed bool
}

// RecordFeedbackReview records a review.
//
// Errors: those of RecordDispatch.
func (c *Clinic) RecordFeedbackReview(ctx context.Context, r FeedbackReview) (_ Reviewed, err error) {
	v, err := c.enter(ctx, access.RecordFeedbackReviewCall)
	if err != nil {
		return Reviewed{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(r.Found)
	if r.Kind == "" {
		check.add("kind", Required, "must be given")
	} else {
		checkWord(check, "kind", r.Kind, feedbackKinds)
	}
	checkWord(check, "way", r.Way, feedbackWays)
	if r.Way != "" && r.Kind != FeedbackGiven {
		check.add("way", BadFormat, "only with feedback that was given")
	}
	act, replayed, err := c.recordAct(ctx, v, check, r.Occasional, r.Kind, "way", r.Way)
	return Reviewed{OccasionAct: act, Replayed: replayed}, err
}

// AwaitingFeedback is an episode whose patient has answered an occasion and has
// not been offered to talk about it.
type AwaitingFeedback struct {
	Episode       store.Episode
	Occasion      store.Occasion
	Label         string
	FirstAnswered string // YYYY-MM-DD, of the occasion's forms
	LastAnswered  string
}

// FeedbackFilter says which to list.
type FeedbackFilter struct {
	CareUnit     string         // required
	Occasion     store.Occasion // empty: the 12-month follow-up
	Label        string         // of an OtherOccasion
	AnsweredFrom string         // first day; empty: no limit
	Found        []Problem      // what the way in has already found wrong; listed with the rest
}

// AwaitingFeedback returns a page of the episodes that have answered an occasion
// and of which nobody has recorded that feedback was offered, declined or given,
// ordered by episode id. Who has died or asked not to be contacted is not among
// them.
func (c *Clinic) AwaitingFeedback(ctx context.Context, f FeedbackFilter, page Page) (_ []AwaitingFeedback, next string, err error) {
	v, err := c.enter(ctx, access.ListAwaitingFeedbackCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, f.CareUnit); err != nil {
		return nil, "", err
	}
	f.Occasion = cmp.Or(f.Occasion, store.FollowUp12Months)
	check := c.newChecker(f.Found)
	check.id("care_unit", f.CareUnit)
	checkOccasion(check, Submission{Occasion: f.Occasion, OccasionLabel: f.Label})
	check.date("answered_from", f.AnsweredFrom, false)
	filters := "feedback\n" + f.CareUnit + "\n" + string(f.Occasion) + "\n" + f.Label + "\n" + f.AnsweredFrom
	after := page.after(check, filters)
	if err := check.err(); err != nil {
		return nil, "", err
	}
	all, err := c.allAwaiting(ctx, f, after)
	if err != nil {
		return nil, "", err
	}
	if limit := page.limit(); len(all) > limit {
		all = all[:limit]
		next = pageToken(filters, all[limit-1].Episode.EpisodeID)
	}
	whole := all[:0]
	var keys []string
	for _, a := range all {
		if a.Episode, err = c.store.Episode(ctx, f.CareUnit, a.Episode.EpisodeID); err == nil {
			whole, keys = append(whole, a), append(keys, a.Episode.PatientKey)
		}
		if unlessNotFound(err) != nil { // not found: erased meanwhile
			return nil, "", err
		}
	}
	v.patients(c.knownUnit(ctx, f.CareUnit), keys...)
	return whole, next, nil
}

func (c *Clinic) allAwaiting(ctx context.Context, f FeedbackFilter, after string) (all []AwaitingFeedback, err error) {
	done := map[store.OccasionKey]bool{}
	for _, kind := range []string{FeedbackOffered, FeedbackDeclined, FeedbackGiven} {
		keys, err := c.store.OccasionsWithAct(ctx, f.CareUnit, kind)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			done[key] = true
		}
	}
	err = c.overviews(ctx, f.CareUnit, "", func(o *store.EpisodeOverview) {
		if o.EpisodeID <= after || o.Deceased || o.DoNotContact || o.TestPatient ||
			done[store.OccasionKey{EpisodeID: o.EpisodeID, Occasion: f.Occasion, OccasionLabel: f.Label}] {
			return
		}
		at := answeredAt(o.Summary.Answered, occasion{f.Occasion, f.Label})
		if len(at.instruments) > 0 && at.last >= f.AnsweredFrom {
			all = append(all, AwaitingFeedback{Episode: o.Episode, Occasion: f.Occasion, Label: f.Label, FirstAnswered: at.first, LastAnswered: at.last})
		}
	})
	return all, err
}
