package clinic

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

func storedWarnings(codes, prefix string) []Warning {
	var warnings []Warning
	for _, code := range strings.Fields(codes) {
		warnings = append(warnings, warning(code, prefix))
	}
	return warnings
}

// warningsOf are those of a form's first reply, and for a replay what has become
// of the form since.
func warningsOf(form *store.StoredForm, prefix string) []Warning {
	warnings := storedWarnings(form.Warnings, prefix)
	switch {
	case !form.Replayed || form.Newest <= 1:
	case form.NewestState == store.Retracted:
		warnings = append(warnings, warning(WarnRetractedSince, prefix))
	default:
		warnings = append(warnings, warning(WarnAmendedSince, prefix))
	}
	return warnings
}

func identityWarnings(id identity.Identifier, found []identity.Warning) []string {
	var codes []string
	if slices.Contains(found, identity.CheckDigit) {
		codes = append(codes, WarnCheckDigit)
	}
	if id.IsTestIdentity() {
		codes = append(codes, WarnTestIdentity)
	}
	return codes
}

func under18(born time.Time, answeredOn string) bool {
	answered, err := time.Parse(time.DateOnly, answeredOn)
	return err == nil && answered.Before(born.AddDate(18, 0, 0))
}

// warnOfOtherEpisodes adds a warning where a baseline opened a second episode:
// right for a new programme, wrong for a mistyped id. A failure to look is no
// reason to fail a submission that is stored.
func (c *Clinic) warnOfOtherEpisodes(ctx context.Context, sub Submission, id identity.Identifier, stored []Stored) {
	patientKey, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if err != nil {
		return
	}
	if episodes, err := c.store.EpisodesOfPatient(ctx, sub.CareUnit, patientKey); err == nil && len(episodes) > 1 {
		for i := range stored {
			stored[i].Warnings = append(stored[i].Warnings, warning(WarnOtherEpisodes, ""))
		}
	}
}

// explainSubmit turns the store's refusal into what the caller can act on.
func (c *Clinic) explainSubmit(ctx context.Context, v *visit, sub Submission, alone bool, id identity.Identifier, err error) error {
	switch {
	case errors.Is(err, store.ErrEpisodeUnknown):
		candidates, findErr := c.candidates(ctx, v, sub.CareUnit, id)
		if findErr != nil {
			return findErr
		}
		return episodeUnknown(candidates)
	case errors.Is(err, store.ErrOtherPatient):
		return episodeOfOtherPatient()
	}
	conflicts := conflictsOf(err, alone)
	if len(conflicts) == 0 {
		return err
	}
	first := conflicts[0]
	refusal := &StateError{Reason: first.Reason, Field: first.Field, Description: conflictText[first.Reason], Conflicts: conflicts}
	for i := range conflicts {
		c.findHolder(ctx, v.Caller, sub.CareUnit, &conflicts[i])
	}
	if !alone {
		refusal.Verdicts = make([]FormVerdict, len(sub.Forms))
		for i, form := range sub.Forms {
			refusal.Verdicts[i].SubmissionID = form.SubmissionID
		}
		for _, conflict := range conflicts {
			refusal.Verdicts[conflict.Form].Reason = conflict.Reason
		}
	}
	return refusal
}

// findHolder reads who holds a slot, for a caller of the same system: another
// system's ids mean nothing to it.
func (c *Clinic) findHolder(ctx context.Context, caller access.Caller, careUnit string, conflict *FormConflict) {
	if held := conflict.held; held != nil && held.HeldBySystem == caller.System {
		if holder, err := c.store.Submission(ctx, careUnit, caller.System, held.HeldBy); err == nil {
			conflict.Holder = &holder
		}
	}
}

var conflictText = map[string]string{
	OccasionAnswered:   "this instrument is already answered for this occasion under another submission id; nothing was stored",
	SubmissionIDReused: "this submission id already stands for another content; nothing was stored",
	Erased:             "what this submission id stood for was erased with its patient; nothing is stored under it again",
}

// conflictsOf finds every form that an error of Store.Submit is about.
func conflictsOf(err error, alone bool) []FormConflict {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var conflicts []FormConflict
		for _, inner := range e.Unwrap() {
			conflicts = append(conflicts, conflictsOf(inner, alone)...)
		}
		return conflicts
	case *store.SlotTakenError:
		return []FormConflict{{Form: e.Form, Field: formPrefix(alone, e.Form) + "instrument", Reason: OccasionAnswered, held: e}}
	case *store.FormError:
		reason := ""
		switch {
		case errors.Is(e.Err, store.ErrIDReused):
			reason = SubmissionIDReused
		case errors.Is(e.Err, store.ErrErased):
			reason = Erased
		default:
			return nil
		}
		return []FormConflict{{Form: e.Form, Field: formPrefix(alone, e.Form) + "submission_id", Reason: reason}}
	}
	return nil
}
