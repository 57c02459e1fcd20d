package clinic

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Version is one scoring of one version of a submission.
type Version struct {
	// Record holds the scores of this scoring, and the definition that made
	// them; RescorePlan names the plan they are of.
	Record
	Counts bool                // every reader gets these scores now
	Flips  []store.RescoreFlip // of the plan, oldest first; none for the scores of the time
}

// ListSubmissionVersions returns a page of all scorings of a submission that
// this calling system has stored, and the token of the next page. Versions come
// oldest first; for each, the scores that it was stored with before those of
// plans, which stand in the order in which they were first applied.
//
// Errors: *InputError; *StateError with SUBMISSION_UNKNOWN.
func (c *Clinic) ListSubmissionVersions(ctx context.Context, careUnit, submissionID string, page Page) (_ []Version, _ string, err error) {
	v, err := c.enter(ctx, access.ListSubmissionVersionsCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	check.id("care_unit", careUnit)
	check.id("submission_id", submissionID)
	filters := "versions " + strconv.Quote(careUnit) + strconv.Quote(submissionID)
	after := page.after(check, filters)
	if err := check.err(); err != nil {
		return nil, "", err
	}
	if _, err := c.site(ctx); err != nil { // definitions that another process brought
		return nil, "", err
	}
	kept, err := c.store.SubmissionVersions(ctx, careUnit, v.System, submissionID)
	if err == nil {
		err = c.mayRead(ctx, v, careUnit, kept[len(kept)-1].EpisodeID)
	} else if errors.Is(err, store.ErrNotFound) {
		v.missing(ctx, careUnit)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, "", submissionUnknown()
	}
	if err != nil {
		return nil, "", err
	}
	versions, err := c.scorings(kept)
	if err != nil {
		return nil, "", err
	}
	for i := range versions {
		if versions[i].key() == after {
			versions = versions[i+1:]
			break
		}
	}
	if limit := page.limit(); len(versions) > limit {
		return versions[:limit], pageToken(filters, versions[limit-1].key()), nil
	}
	return versions, "", nil
}

func submissionUnknown() error {
	return &StateError{Reason: SubmissionUnknown, Field: "submission_id", Description: "no such submission of this calling system in this care unit"}
}

// key names a scoring within its submission, for a page token.
func (v *Version) key() string { return fmt.Sprint(v.Version, " ", v.RescorePlan) }

// scorings lays the versions and what was made of each out in a row.
func (c *Clinic) scorings(kept []store.SubmissionVersion) ([]Version, error) {
	var all []Version
	for i := range kept {
		record, err := c.record(kept[i].Submission)
		if err != nil {
			return nil, err
		}
		first := len(all)
		all = append(all, Version{Record: record})
		for j := range kept[i].Rescored {
			record, err := c.record(rescored(&kept[i], j))
			if err != nil {
				return nil, err
			}
			all = append(all, Version{Record: record, Flips: kept[i].Rescored[j].Flips})
		}
		all[first+1+counting(&kept[i])].Counts = kept[i].Live && i == len(kept)-1
	}
	return all, nil
}

// counting is the index of the re-scoring of a version whose scores count,
// -1 if those do that it was stored with: of the plans that are applied, the
// one that was applied last.
func counting(kept *store.SubmissionVersion) int {
	which, since := -1, int64(0)
	for i, again := range kept.Rescored {
		if last := again.Flips[len(again.Flips)-1]; last.Applied && last.ChangeSeq > since {
			which, since = i, last.ChangeSeq
		}
	}
	return which
}

// rescored is a version with the scores of its re-scoring at an index, or for
// -1 as it was stored.
func rescored(kept *store.SubmissionVersion, i int) store.Submission {
	sub := kept.Submission
	if i >= 0 {
		again := &kept.Rescored[i]
		sub.RescorePlan, sub.InstrumentVersion, sub.Scores = again.PlanID, again.InstrumentVersion, again.Scores
		sub.RescoredSeq = again.Flips[len(again.Flips)-1].ChangeSeq
	}
	return sub
}
