package clinic

import (
	"context"
	"errors"
	"slices"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Kinds of acts about an occasion: what became of the forms that were sent out.
const (
	FormsSent     = "sent"
	FormsReminded = "reminded"
	FormsReturned = "returned" // unopened
	FormsDeclined = "declined" // by the patient, this time: the occasion is due no longer
)

var dispatchKinds = []string{FormsSent, FormsReminded, FormsReturned, FormsDeclined}

// Occasional names an act about an occasion of an episode.
type Occasional struct {
	ID        string // the caller's name for the act
	CareUnit  string
	EpisodeID string
	Occasion  store.Occasion
	Label     string
	On        string // the day; empty: today
	Note      string // may be empty
	Author    string // who did it; empty: the user who calls
	Found     []Problem
}

// Dispatch says that forms were sent out, or what became of them.
type Dispatch struct {
	Occasional
	Kind        string
	Information string // which information sheet went along; may be empty
	// Registry is the code of a registry of which the sheet informs the patient;
	// empty for none. See inform for when that counts.
	Registry string
}

// Dispatched is a dispatch that is on record.
type Dispatched struct {
	store.OccasionAct
	Code     string // for the paper forms, of forms that were sent; see PaperCode
	Replayed bool
	Choice   *store.RegistryChoice // with a Registry: what stands about it now
}

// RecordDispatch records a dispatch. Forms that go out get the occasion's code,
// one and the same for a reminder, so that a paper form leads to its place.
//
// Errors: *InputError; *StateError with EPISODE_UNKNOWN, or ACT_ID_REUSED where
// the id stands for another act.
func (c *Clinic) RecordDispatch(ctx context.Context, d Dispatch) (_ Dispatched, err error) {
	v, err := c.enter(ctx, access.RecordDispatchCall)
	if err != nil {
		return Dispatched{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(d.Found)
	if d.Kind == "" {
		check.add("kind", Required, "must be given")
	} else {
		checkWord(check, "kind", d.Kind, dispatchKinds)
	}
	check.text("information_sheet", d.Information, MaxIDLength)
	if d.Information != "" && d.Kind != FormsSent && d.Kind != FormsReminded {
		check.add("information_sheet", BadFormat, "only with forms that go out")
	}
	c.checkInforming(check, &d)
	act, replayed, err := c.recordAct(ctx, v, check, d.Occasional, d.Kind, "information_sheet", d.Information, [2]string{"informs_of_registry", d.Registry})
	if err != nil {
		return Dispatched{}, err
	}
	done := Dispatched{OccasionAct: act, Replayed: replayed}
	if act.Kind == FormsSent || act.Kind == FormsReminded {
		if done.Code, err = c.codeOf(ctx, act); err != nil {
			return Dispatched{}, err
		}
	}
	if d.Registry != "" {
		choice, err := c.inform(ctx, v, act, replayed, d.Registry)
		return Dispatched{OccasionAct: act, Code: done.Code, Replayed: replayed, Choice: &choice}, err
	}
	return done, nil
}

// recordAct checks what all acts have in common, and records one. detail stands
// in the field of this name; more are other texts in which an identity could stand.
func (c *Clinic) recordAct(ctx context.Context, v *visit, check *checker, o Occasional, kind, field, detail string, more ...[2]string) (_ store.OccasionAct, replayed bool, err error) {
	if err := v.unit(ctx, o.CareUnit); err != nil {
		return store.OccasionAct{}, false, err
	}
	before := len(check.problems)
	check.id("care_unit", o.CareUnit)
	check.id("episode_id", o.EpisodeID)
	named := len(check.problems) == before
	check.id("act_id", o.ID)
	checkOccasion(check, Submission{Occasion: o.Occasion, OccasionLabel: o.Label})
	check.date("done_on", o.On, true)
	check.text("note", o.Note, MaxTextLength)
	check.text("author", o.Author, MaxIDLength)
	if named {
		ids, err := c.identifiersOfEpisode(ctx, v, o.CareUnit, o.EpisodeID)
		if errors.Is(err, store.ErrNotFound) && check.err() == nil {
			return store.OccasionAct{}, false, episodeUnknown(nil)
		}
		if unlessNotFound(err) != nil {
			return store.OccasionAct{}, false, err
		}
		check.withoutIdentifiers(ids, append(more, [2]string{"act_id", o.ID}, [2]string{"occasion_label", o.Label}, [2]string{"note", o.Note},
			[2]string{"author", o.Author}, [2]string{field, detail})...)
	}
	if err := check.err(); err != nil {
		return store.OccasionAct{}, false, err
	}
	return c.putAct(ctx, v, o, kind, detail)
}

func (c *Clinic) putAct(ctx context.Context, v *visit, o Occasional, kind, detail string) (store.OccasionAct, bool, error) {
	act := store.OccasionAct{
		CareUnit: o.CareUnit, EpisodeID: o.EpisodeID, System: v.System, ActID: o.ID, Kind: kind,
		Occasion: o.Occasion, OccasionLabel: o.Label, DoneOn: o.On, Detail: detail,
		Act: Decision{Reason: o.Note, Author: o.Author}.act(v.Caller, c.now()),
	}
	if act.DoneOn == "" {
		if err := c.todayOrBefore(ctx, &act); err != nil {
			return store.OccasionAct{}, false, err
		}
	}
	stands, replayed, err := c.store.RecordAct(ctx, act)
	switch {
	case errors.Is(err, store.ErrIDReused):
		return stands, false, &StateError{Reason: ActIDReused, Field: "act_id", Description: "the id stands for another act; nothing was stored"}
	case errors.Is(err, store.ErrNotFound):
		return stands, false, episodeUnknown(nil)
	}
	return stands, replayed, err
}

// todayOrBefore fills in the day of an act without one: today, or the day that
// the act got when it was first sent, so that a retry after midnight is one.
func (c *Clinic) todayOrBefore(ctx context.Context, act *store.OccasionAct) error {
	acts, err := c.store.OccasionActs(ctx, act.CareUnit, act.EpisodeID)
	act.DoneOn = c.today()
	for _, before := range acts {
		if before.System == act.System && before.ActID == act.ActID {
			act.DoneOn = before.DoneOn
		}
	}
	return err
}

// OccasionActs returns all that was done about an episode's occasions, oldest
// first: forms sent out and what became of them, answers read, feedback.
//
// Errors: those of Episode.
func (c *Clinic) OccasionActs(ctx context.Context, ref EpisodeRef) (_ store.Episode, _ []store.OccasionAct, err error) {
	v, err := c.enter(ctx, access.ListOccasionActsCall)
	if err != nil {
		return store.Episode{}, nil, err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
	if err != nil {
		return store.Episode{}, nil, err
	}
	acts, err := c.store.OccasionActs(ctx, episode.CareUnit, episode.EpisodeID)
	return episode, acts, err
}

// addDispatch adds the newest dispatch.
func (c *Clinic) addDispatch(ctx context.Context, d *DueOccasion) error {
	acts, err := c.store.OccasionActs(ctx, d.Episode.CareUnit, d.Episode.EpisodeID)
	d.Dispatch = newestDispatch(acts, d.Occasion, d.Label)
	return err
}

func newestDispatch(acts []store.OccasionAct, occasion store.Occasion, label string) *store.OccasionAct {
	for i := len(acts) - 1; i >= 0; i-- {
		if acts[i].Occasion == occasion && acts[i].OccasionLabel == label && slices.Contains(dispatchKinds, acts[i].Kind) {
			return &acts[i]
		}
	}
	return nil
}

// declined are the occasions of a unit about which the last word is that the
// patient declined. Forms that were sent since, by agreement, make it due again.
func (c *Clinic) declined(ctx context.Context, careUnit string) (map[store.OccasionKey]bool, error) {
	ever, err := c.store.OccasionsWithAct(ctx, careUnit, FormsDeclined)
	if err != nil {
		return nil, err
	}
	declined := map[store.OccasionKey]bool{}
	for _, at := range ever {
		acts, err := c.store.OccasionActs(ctx, careUnit, at.EpisodeID)
		if err != nil {
			return nil, err
		}
		newest := newestDispatch(acts, at.Occasion, at.OccasionLabel)
		declined[at] = newest != nil && newest.Kind == FormsDeclined // nil: erased meanwhile
	}
	return declined, nil
}
