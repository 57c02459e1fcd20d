package clinic

import (
	"context"
	"slices"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// PlannedOccasion is an occasion of an episode: what the unit's battery expects
// at it, and what is there.
type PlannedOccasion struct {
	Occasion store.Occasion
	Label    string
	Anchored            // its window on the episode's dates
	Battery  []string   // instruments; none where any form answers the occasion
	Forms    []FormHeld // what is there, in the order in which it was stored
}

// FormHeld is a form that is on record.
type FormHeld struct {
	Instrument, AnsweredOn string
	Respondent             store.Respondent
}

// Holds says whether a respondent has answered an instrument at the occasion.
func (p *PlannedOccasion) Holds(instrument string, who store.Respondent) bool {
	return slices.ContainsFunc(p.Forms, func(f FormHeld) bool { return f.Instrument == instrument && f.Respondent == who })
}

// Missing are the instruments of the battery that the patient has not answered.
func (p *PlannedOccasion) Missing() []string {
	var missing []string
	for _, name := range p.Battery {
		if !p.Holds(name, store.Patient) {
			missing = append(missing, name)
		}
	}
	return missing
}

// OccasionPlan returns an episode with the occasions of its unit, in their
// order, and then those of its own at which there are forms. Nothing of what was
// answered is in it.
//
// Errors: those of Episode.
func (c *Clinic) OccasionPlan(ctx context.Context, ref EpisodeRef) (_ store.Episode, _ []PlannedOccasion, err error) {
	v, err := c.enter(ctx, access.ListSubmissionsCall)
	if err != nil {
		return store.Episode{}, nil, err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
	if err != nil {
		return store.Episode{}, nil, err
	}
	plan, err := c.planOf(ctx, &episode)
	return episode, plan, err
}

func (c *Clinic) planOf(ctx context.Context, e *store.Episode) ([]PlannedOccasion, error) {
	site, err := c.site(ctx)
	if err != nil {
		return nil, err
	}
	subs, err := c.store.SubmissionsOfEpisode(ctx, e.CareUnit, e.EpisodeID, 0)
	if err != nil {
		return nil, err
	}
	at := site.occasionsOf(e.CareUnit)
	for i := range subs {
		if own := (occasion{subs[i].Occasion, subs[i].OccasionLabel}); !slices.Contains(at, own) {
			at = append(at, own)
		}
	}
	plan := make([]PlannedOccasion, len(at))
	for i, o := range at {
		plan[i] = c.planned(site, e, o, subs)
	}
	return plan, nil
}

func (c *Clinic) planned(site *site, e *store.Episode, at occasion, subs []store.Submission) PlannedOccasion {
	battery, anchored := site.batteryOf(e, at.Occasion, at.label, c.today())
	plan := PlannedOccasion{Occasion: at.Occasion, Label: at.label, Anchored: anchored}
	if battery != nil {
		plan.Battery = battery.Instruments
	}
	for i := range subs {
		if s := &subs[i]; s.Occasion == at.Occasion && s.OccasionLabel == at.label {
			plan.Forms = append(plan.Forms, FormHeld{Instrument: s.Instrument, AnsweredOn: s.AnsweredOn, Respondent: s.Respondent})
		}
	}
	return plan
}

// OccasionFile is what is expected at an episode's occasions (see OccasionPlan),
// what was done about them, oldest first, and the code of each for which forms
// were sent out.
type OccasionFile struct {
	Episode store.Episode
	Plan    []PlannedOccasion
	Acts    []store.OccasionAct
	Codes   map[store.OccasionKey]string
}

// OccasionFile reads what was done about an episode's occasions, with the codes
// that stand on its paper forms, for whoever prints them once more.
//
// Errors: those of Episode.
func (c *Clinic) OccasionFile(ctx context.Context, ref EpisodeRef) (_ OccasionFile, err error) {
	v, err := c.enter(ctx, access.ListOccasionActsCall)
	if err != nil {
		return OccasionFile{}, err
	}
	defer v.leave(ctx, &err)
	file := OccasionFile{Codes: map[store.OccasionKey]string{}}
	if file.Episode, err = c.find(ctx, v, ref); err != nil {
		return OccasionFile{}, err
	}
	if file.Acts, err = c.store.OccasionActs(ctx, file.Episode.CareUnit, file.Episode.EpisodeID); err != nil {
		return OccasionFile{}, err
	}
	if file.Plan, err = c.planOf(ctx, &file.Episode); err != nil {
		return OccasionFile{}, err
	}
	for _, act := range file.Acts {
		at := store.OccasionKey{EpisodeID: act.EpisodeID, Occasion: act.Occasion, OccasionLabel: act.OccasionLabel}
		if act.Kind == FormsSent || act.Kind == FormsReminded {
			if file.Codes[at] != "" {
				continue
			}
			if file.Codes[at], err = c.codeOf(ctx, act); err != nil {
				return OccasionFile{}, err
			}
		}
	}
	return file, nil
}
