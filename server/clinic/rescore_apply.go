package clinic

import (
	"bytes"
	"context"
	"errors"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// rescoreChunk is how many scores are staged in one transaction: what another
// writer waits for at most, a few milliseconds.
const rescoreChunk = 25

// ApplyRescore carries out a plan: exactly what its preview found, or nothing.
// The new scores are staged in short transactions, so that other writers get
// their turns, and count from one flip on, all at once; the old ones stay
// readable. A call that ended in the middle, for whatever reason, has changed
// nothing that anybody sees, and the next call goes on from there. A plan that
// is applied already is returned as it is.
//
// A form that was stored after the preview is not part of the plan and keeps
// its scores. What makes the plan stale is a change to what it saw: one of its
// forms amended, retracted, erased or scored anew by another plan, a form moved
// into its scope, or another definition than the one it was made with – also
// when the active one was asked for and is another by now. A stale plan that
// was never applied is given up for good.
//
// Errors: *StateError with RESCORE_PLAN_UNKNOWN or STALE_VERSION; *InputError.
func (c *Clinic) ApplyRescore(ctx context.Context, planID, note string) (_ *store.RescorePlan, err error) {
	v, err := c.enter(ctx, access.ApplyRescoreCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	if _, err := c.site(ctx); err != nil {
		return nil, err
	}
	plan, err := c.rescorePlan(ctx, planID, note)
	if err != nil {
		return nil, err
	}
	if err := c.recordPlan(ctx, v, plan); err != nil {
		return nil, err
	}
	if plan.Applied() {
		return plan, nil
	}
	applied, err := c.apply(ctx, plan, store.RescoreFlip{Applied: true, By: v.User, Note: note})
	if !errors.Is(err, store.ErrStale) {
		return applied, err
	}
	if err := c.dropRescore(ctx, planID); err != nil {
		return nil, err
	}
	return nil, &StateError{Reason: StaleVersion, Field: "plan_id", Description: "the forms or the definition have changed since the preview; make a new one"}
}

// RevertRescore makes the scores count again that counted before a plan was
// applied. A plan that is not applied is returned as it is.
//
// Errors: *StateError with RESCORE_PLAN_UNKNOWN, or RESCORE_BUILT_UPON while
// another plan that is applied replaces scores of this one; *InputError.
func (c *Clinic) RevertRescore(ctx context.Context, planID, note string) (_ *store.RescorePlan, err error) {
	v, err := c.enter(ctx, access.RevertRescoreCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	plan, err := c.rescorePlan(ctx, planID, note)
	if err != nil {
		return nil, err
	}
	if err := c.recordPlan(ctx, v, plan); err != nil {
		return nil, err
	}
	if !plan.Applied() {
		return plan, nil
	}
	reverted, err := c.store.FlipRescore(ctx, planID, store.RescoreFlip{By: v.User, At: c.now().UTC(), Note: note}, nil)
	if errors.Is(err, store.ErrBuiltUpon) {
		return nil, &StateError{Reason: RescoreBuiltUpon, Field: "plan_id", Description: "a later plan that is applied replaces scores of this one; revert that one first"}
	}
	return &reverted, err
}

// recordPlan grants the visit those whose forms a plan may concern: everybody
// with a form of the instrument, in the plan's period and care units.
func (c *Clinic) recordPlan(ctx context.Context, v *visit, plan *store.RescorePlan) error {
	target, ok := c.catalogue.Instrument(plan.Instrument, plan.TargetVersion)
	if !ok {
		return nil // stale: nothing will be done
	}
	var units []string
	for _, scope := range plan.Scope {
		if scope.Forms > 0 {
			units = append(units, scope.CareUnit)
		}
	}
	return c.newRescoring(target, plan.AnsweredFrom, plan.AnsweredTo).recordPatients(ctx, v, units)
}

func (c *Clinic) rescorePlan(ctx context.Context, planID, note string) (*store.RescorePlan, error) {
	check := c.newChecker(nil)
	check.id("plan_id", planID)
	check.text("note", note, MaxTextLength)
	if err := check.err(); err != nil {
		return nil, err
	}
	plan, err := c.store.RescorePlan(ctx, planID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &StateError{Reason: RescorePlanUnknown, Field: "plan_id", Description: "no such plan; a preview makes one"}
	}
	if err != nil {
		return nil, err
	}
	return &plan, nil
}

// apply looks whether the plan still is what would be done now, stages it, and
// flips. ErrStale if it is not.
func (c *Clinic) apply(ctx context.Context, plan *store.RescorePlan, flip store.RescoreFlip) (*store.RescorePlan, error) {
	target, err := c.rescoreTarget(plan)
	if err != nil {
		return nil, err
	}
	since := map[string]int64{}
	for _, scope := range plan.Scope {
		if since[scope.CareUnit], err = c.store.LastChange(ctx, scope.CareUnit); err != nil {
			return nil, err
		}
	}
	look := c.newRescoring(target, plan.AnsweredFrom, plan.AnsweredTo)
	if err := look.plan(ctx, plan, since, func(sub *store.Submission) error { return nil }); err != nil {
		return nil, err
	}
	if !bytes.Equal(look.digest.Sum(nil), plan.Digest) {
		return nil, store.ErrStale
	}
	if len(plan.Flips) == 0 { // else all of it is staged since the first time
		if err := c.stage(ctx, plan, target, since); err != nil {
			return nil, err
		}
	}
	flip.At = c.now().UTC()
	applied, err := c.store.FlipRescore(ctx, plan.PlanID, flip, since)
	return &applied, err
}

// rescoreTarget finds the definition of a plan. That it is the one of then is
// part of the digest.
func (c *Clinic) rescoreTarget(plan *store.RescorePlan) (*scoring.Instrument, error) {
	target, ok := c.catalogue.Instrument(plan.Instrument, plan.TargetVersion)
	if !ok || !plan.DroppedAt.IsZero() {
		return nil, store.ErrStale
	}
	if active, ok := c.catalogue.Instrument(plan.Instrument, ""); plan.RequestedVersion == "" && (!ok || active.Version() != target.Version()) {
		return nil, store.ErrStale
	}
	return target, nil
}

// plan scores what a plan is about, as of these changes, and calls f with each
// form. Forms that were stored after the preview are left out.
func (r *rescoring) plan(ctx context.Context, plan *store.RescorePlan, asOf map[string]int64, f func(*store.Submission) error) error {
	for _, scope := range plan.Scope {
		if asOf[scope.CareUnit] == 0 {
			continue
		}
		err := r.episodes(ctx, scope.CareUnit, asOf[scope.CareUnit], func(subs []store.Submission) error {
			for i := range subs {
				sub := &subs[i]
				isNew := sub.Version == 1 && sub.ChangeSeq > scope.ChangeSeq
				if isNew || !r.inPeriod(sub) || r.score(sub) != nil {
					continue
				}
				r.addToDigest(sub)
				if err := f(sub); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stage writes the scores of a plan where nobody sees them yet. What an earlier
// call has staged is the same and stays.
func (c *Clinic) stage(ctx context.Context, plan *store.RescorePlan, target *scoring.Instrument, asOf map[string]int64) error {
	r := c.newRescoring(target, plan.AnsweredFrom, plan.AnsweredTo)
	chunk := make([]store.Rescored, 0, rescoreChunk)
	err := r.plan(ctx, plan, asOf, func(sub *store.Submission) error {
		chunk = append(chunk, store.Rescored{
			CareUnit: sub.CareUnit, System: sub.System, SubmissionID: sub.SubmissionID, Version: sub.Version,
			InstrumentVersion: target.Version(), Scores: r.scores(),
		})
		if len(chunk) < rescoreChunk {
			return nil
		}
		err := c.store.StageRescore(ctx, plan.PlanID, chunk)
		chunk = chunk[:0]
		return err
	})
	if err != nil || len(chunk) == 0 {
		return err
	}
	return c.store.StageRescore(ctx, plan.PlanID, chunk)
}

// dropRescore gives up a stale plan and deletes what was staged, bit by bit.
func (c *Clinic) dropRescore(ctx context.Context, planID string) error {
	for more := true; more; {
		var err error
		if more, err = c.store.DropRescore(ctx, planID, c.now().UTC(), rescoreChunk); err != nil {
			return err
		}
	}
	return nil
}
