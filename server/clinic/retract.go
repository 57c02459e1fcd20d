package clinic

import (
	"context"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Retraction withdraws a submission.
type Retraction struct {
	CareUnit     string
	SubmissionID string
	Version      int64 // the one that was read
	Decision
	Found []Problem // what the way in has already found wrong; listed with the rest
}

// RetractSubmission withdraws a submission that this calling system has stored:
// it counts nowhere any more, and its slot is free. The reply is its tombstone,
// Replayed if it was retracted before.
//
// Errors: *InputError; *StateError with SUBMISSION_UNKNOWN, ERASED or
// STALE_VERSION.
func (c *Clinic) RetractSubmission(ctx context.Context, r Retraction) (_ Stored, err error) {
	v, err := c.enter(ctx, access.RetractSubmissionCall)
	if err != nil {
		return Stored{}, err
	}
	defer v.leave(ctx, &err)
	if err := v.unit(ctx, r.CareUnit); err != nil {
		return Stored{}, err
	}
	if _, err := c.site(ctx); err != nil { // definitions that another process brought
		return Stored{}, err
	}
	check := c.newChecker(r.Found)
	named := check.names(r.CareUnit, r.SubmissionID, r.Version)
	r.Decision.check(check)
	if named {
		if err := c.withoutPatientOf(ctx, check, v, r); err != nil {
			return Stored{}, err
		}
	}
	if err := check.err(); err != nil {
		return Stored{}, err
	}
	ref := store.SubmissionRef{CareUnit: r.CareUnit, System: v.System, SubmissionID: r.SubmissionID}
	stored, err := c.store.Retract(ctx, ref, c.mark(ref), r.Version, r.Decision.act(v.Caller, c.now()))
	if err != nil {
		return Stored{}, explainCorrection(err)
	}
	record, err := c.record(stored.Submission)
	return Stored{Record: record, Replayed: stored.Replayed}, err
}

// withoutPatientOf refuses words that hold an identifier of the patient whose
// submission it is. One that is not there is for the store to judge.
func (c *Clinic) withoutPatientOf(ctx context.Context, check *checker, v *visit, r Retraction) error {
	sub, err := c.store.Submission(ctx, r.CareUnit, v.System, r.SubmissionID)
	if err != nil {
		v.missing(ctx, r.CareUnit)
		return unlessNotFound(err)
	}
	ids, err := c.identifiersOfEpisode(ctx, v, sub.CareUnit, sub.EpisodeID)
	check.withoutIdentifiers(ids, r.Decision.texts()...)
	return unlessNotFound(err)
}
