package clinic

import (
	"context"
	"slices"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// ExportChange is a form, or an episode, that is not what it was in an earlier
// delivery.
type ExportChange struct {
	delivery.Change
	Episode string // pseudonym
	Person  string // pseudonym of now; empty for a recipient of identity numbers, and where it is not known any more
}

// ExportChanges says how the number of forms came from one delivery to another.
type ExportChanges struct {
	Before, After int64
	Counts        map[delivery.ChangeKind]int64 // of forms; of episodes for EpisodeAmended and PersonChanged
	// ErasedEpisodes are those whose patient was erased. Their forms, which
	// nobody can count any more, are what is left of the difference.
	ErasedEpisodes int64
}

// ListExportChanges hands over what has changed from one delivery to a later one
// of the same recipient, or to what the first would be now, by care unit and
// episode.
//
// Errors: *InputError; *StateError with DELIVERY_UNKNOWN, or SNAPSHOT_CHANGED for
// one that was never finished.
func (c *Clinic) ListExportChanges(ctx context.Context, fromID, toID string, found []Problem, emit func([]ExportChange) error) (_ *ExportChanges, err error) {
	v, err := c.enter(ctx, access.ListExportChangesCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(found)
	check.id("from_delivery_id", fromID)
	check.code("to_delivery_id", toID)
	if err := check.err(); err != nil {
		return nil, err
	}
	from, err := c.sideOf(ctx, v, "from_delivery_id", fromID)
	if err != nil {
		return nil, err
	}
	to := &exportSide{export: from.export, now: true}
	if toID != "" {
		if to, err = c.sideOf(ctx, v, "to_delivery_id", toID); err != nil {
			return nil, err
		}
	} else if to.asOf, err = c.asOfNow(ctx, from.plan); err != nil {
		return nil, err
	}
	if from.kept.Recipient != to.kept.Recipient {
		check.add("to_delivery_id", BadFormat, "a delivery to another recipient")
		return nil, check.err()
	}
	v.recipient = from.kept.Recipient
	x := &comparison{Clinic: c, visit: v, from: from, to: to, emit: emit, changes: &ExportChanges{Before: from.forms, Counts: map[delivery.ChangeKind]int64{}}}
	return x.changes, x.run(ctx)
}

// comparison walks through two deliveries side by side.
type comparison struct {
	*Clinic
	visit    *visit
	from, to *exportSide
	emit     func([]ExportChange) error
	changes  *ExportChanges
	page     []ExportChange
	met      map[string]bool // episodes of the earlier one that are still there
}

func (x *comparison) run(ctx context.Context) error {
	x.met = map[string]bool{}
	units := x.from.plan.Units()
	for unit := range x.to.asOf {
		units = append(units, unit)
	}
	slices.Sort(units)
	for _, unit := range slices.Compact(units) {
		for after := ""; ; {
			last, err := x.readRun(ctx, unit, after)
			if err != nil {
				return err
			}
			if last == "" {
				break
			}
			after = last
		}
	}
	for _, episode := range x.gone() {
		x.changes.ErasedEpisodes++
		x.page = append(x.page, ExportChange{Change: delivery.Change{Kind: delivery.Erased}, Episode: episode})
	}
	x.reckon()
	return x.emit(x.page)
}

// gone are the episodes of the earlier delivery that are in the store no more.
func (x *comparison) gone() (episodes []string) {
	for episode := range x.from.members {
		if !x.met[episode] {
			episodes = append(episodes, episode)
		}
	}
	slices.Sort(episodes)
	return episodes
}

// reckon finds the forms that were erased: what no other change explains.
func (x *comparison) reckon() {
	t := x.changes
	counted := t.Before
	for kind, n := range t.Counts {
		switch {
		case kind.Adds():
			counted += n
		case kind.Removes():
			counted -= n
		}
	}
	t.After = x.to.forms
	if erased := counted - t.After; erased != 0 {
		t.Counts[delivery.Erased] = erased
	}
}

// readRun compares a run of episodes and returns the last of them.
func (x *comparison) readRun(ctx context.Context, unit, after string) (last string, err error) {
	asOf := max(x.from.asOf[unit], x.to.asOf[unit])
	run, err := x.store.EpisodeRun(ctx, unit, after, exportRun, asOf)
	if err != nil || len(run) == 0 {
		return "", err
	}
	last = run[len(run)-1].EpisodeID
	var sides [2]map[string]*sideEpisode
	for i, side := range []*exportSide{x.from, x.to} {
		if sides[i], err = x.side(ctx, side, unit, after, last); err != nil {
			return "", err
		}
	}
	var concerned []string
	for i := range run {
		e := &run[i]
		pseudonym := x.keys.EpisodePseudonym(x.from.plan.Recipient.Key, unit, e.EpisodeID)
		if _, in := x.from.members[pseudonym]; in {
			x.met[pseudonym] = true
		}
		before, now := sides[0][e.EpisodeID], sides[1][e.EpisodeID]
		if before == nil && now == nil {
			continue
		}
		concerned = append(concerned, e.PatientKey)
		if err := x.episode(ctx, e, pseudonym, before, now); err != nil {
			return "", err
		}
	}
	if len(concerned) == 0 {
		return last, nil
	}
	x.visit.patients(unit, concerned...)
	if err := x.visit.logged(ctx); err != nil {
		return "", err
	}
	page := x.page
	x.page = nil
	return last, x.emit(page)
}

// sideEpisode is an episode as one of the deliveries has it.
type sideEpisode struct {
	store.Episode
	patientKey string
	forms      []store.Submission
}

// side reads what one of the deliveries has of a run, by episode id.
func (x *comparison) side(ctx context.Context, s *exportSide, unit, after, last string) (map[string]*sideEpisode, error) {
	asOf, read := s.asOf[unit]
	if !read {
		return nil, nil
	}
	run, err := x.store.EpisodeRun(ctx, unit, after, exportRun, asOf)
	if err != nil {
		return nil, err
	}
	forms, err := x.store.SubmissionsOfRun(ctx, unit, after, last, asOf)
	if err != nil {
		return nil, err
	}
	var leftOut []delivery.StepCode
	if s.now {
		if leftOut, err = x.leftOut(ctx, s.plan, unit, run); err != nil {
			return nil, err
		}
	}
	of := map[string]*sideEpisode{}
	for i := range run {
		e := run[i]
		if e.EpisodeID > last {
			break
		}
		key, in := s.members[x.keys.EpisodePseudonym(s.plan.Recipient.Key, unit, e.EpisodeID)]
		if s.now {
			in, key = leftOut[i] == "", e.PatientKey
		}
		if in {
			of[e.EpisodeID] = &sideEpisode{Episode: e, patientKey: key}
		}
	}
	for _, f := range s.plan.Filter.Forms(forms) {
		if e := of[f.EpisodeID]; e != nil {
			e.forms = append(e.forms, f)
		}
	}
	if s.now {
		for _, e := range of {
			s.forms += int64(len(e.forms))
		}
	}
	return of, nil
}
