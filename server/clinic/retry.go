package clinic

import (
	"context"
	"errors"
	"slices"

	"github.com/painscore/painscore/server/access"
)

// asFirstScored helps a retry that came after another version of its
// instrument was activated. That version may have other items, or order them
// otherwise, so that the same sheet reads as another content or as a broken
// one. A form that names no version and whose id is stored is therefore read
// by the version that scored it first: then a retry is a retry, and another
// content still is another one. ok is false where that would change nothing.
func (c *Clinic) asFirstScored(ctx context.Context, caller access.Caller, sub Submission, refused error) (first Submission, ok bool) {
	var input *InputError
	var state *StateError
	if !errors.As(refused, &input) && !(errors.As(refused, &state) && state.Reason == SubmissionIDReused) {
		return sub, false
	}
	if len(sub.Forms) > MaxForms {
		return sub, false
	}
	first = sub
	first.Forms = slices.Clone(sub.Forms)
	for i := range first.Forms {
		form := &first.Forms[i]
		if form.Version != "" || form.SubmissionID == "" {
			continue
		}
		// Not the newest version by the scores that count: that may be amended,
		// or scored anew by the very version that is active now.
		versions, err := c.store.SubmissionVersions(ctx, sub.CareUnit, caller.System, form.SubmissionID)
		if err != nil || versions[0].Instrument != form.Instrument || versions[0].RequestedVersion != "" {
			continue // the refusal stands, whatever the reason
		}
		stored := &versions[0]
		if active, found := c.catalogue.Instrument(form.Instrument, ""); found && active.Version() != stored.InstrumentVersion {
			form.scoredBy, ok = stored.InstrumentVersion, true
		}
	}
	return first, ok
}
