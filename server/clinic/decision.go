package clinic

import (
	"context"
	"errors"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// Decision is what somebody says about an act that changes what is stored: it
// is kept with the act, for those who read the history.
type Decision struct {
	Reason string // required
	Author string // who decided; empty: the user who calls
}

func (d Decision) check(check *checker) {
	if d.Reason == "" {
		check.add("reason", Required, "must be given, for those who read the history")
	}
	check.text("reason", d.Reason, MaxTextLength)
	check.text("author", d.Author, MaxIDLength)
}

// texts are the words in which an identity could stand.
func (d Decision) texts() [][2]string {
	return [][2]string{{"reason", d.Reason}, {"author", d.Author}}
}

func (d Decision) act(caller access.Caller, at time.Time) store.Act {
	act := store.Act{By: d.Author, At: at.UTC(), Note: d.Reason}
	if act.By == "" {
		act.By = caller.User
	}
	return act
}

// identifiersOf opens all identifiers of a patient: a call that names no patient
// must not carry one of them in its texts either.
func (c *Clinic) identifiersOf(ctx context.Context, patientKey string) ([]identity.Identifier, error) {
	kept, err := c.store.IdentitiesOf(ctx, patientKey)
	if err != nil {
		return nil, err
	}
	ids := make([]identity.Identifier, len(kept))
	for i, k := range kept {
		if ids[i], err = c.keys.Open(k.PatientKey, k.Sealed, k.KeyID); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// identifiersOfEpisode is identifiersOf for the patient whose episode it is, if
// the visit may know of the episode; else store.ErrNotFound.
func (c *Clinic) identifiersOfEpisode(ctx context.Context, v *visit, careUnit, episodeID string) ([]identity.Identifier, error) {
	episode, err := c.store.Episode(ctx, careUnit, episodeID)
	if errors.Is(err, store.ErrNotFound) {
		v.missing(ctx, careUnit)
	}
	if err == nil {
		err = v.episode(ctx, episode)
	}
	if err != nil {
		return nil, err
	}
	return c.identifiersOf(ctx, episode.PatientKey)
}

// withoutIdentifiers is withoutIdentifier for a patient who has several. A text
// with two of them is one problem.
func (c *checker) withoutIdentifiers(ids []identity.Identifier, fields ...[2]string) {
	for _, field := range fields {
		for _, id := range ids {
			if id.FoundIn(field[1]) {
				c.withoutIdentifier(id, field)
				break
			}
		}
	}
}
