package clinic

import (
	"context"
	"errors"
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

// exportSide is one of two deliveries that are compared.
type exportSide struct {
	*export
	asOf  map[string]int64
	forms int64 // as it was handed over
	// members are who is in it: the patient key of then by the episode's pseudonym.
	members map[string]string
	now     bool // not a delivery, but what the earlier one would be now
}

func (c *Clinic) sideOf(ctx context.Context, v *visit, field, id string) (*exportSide, error) {
	kept, err := c.store.Delivery(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &StateError{Reason: DeliveryUnknown, Field: field, Description: "no such delivery"}
	}
	if err != nil {
		return nil, err
	}
	result, err := exportResult(&kept)
	if err != nil {
		return nil, err
	}
	if result == nil {
		return nil, &StateError{Reason: SnapshotChanged, Field: field, Description: "the delivery was never finished"}
	}
	x, err := c.newExport(v, kept)
	if err != nil {
		return nil, err
	}
	side := &exportSide{export: x, asOf: x.plan.AsOf}
	if side.members, err = c.membersOf(ctx, id); err != nil {
		return nil, err
	}
	for _, n := range result.Rows[1:] { // the first table is of episodes
		side.forms += n
	}
	return side, nil
}

// membersOf reads who is in a delivery: the patients' keys of then by the
// episodes' pseudonyms.
func (c *Clinic) membersOf(ctx context.Context, deliveryID string) (map[string]string, error) {
	members := map[string]string{}
	for after := ""; ; {
		page, err := c.store.DeliveredEpisodes(ctx, deliveryID, after, MaxPageSize)
		if err != nil {
			return nil, err
		}
		for _, d := range page {
			members[d.Episode] = d.PatientKey
			after = d.Episode
		}
		if len(page) < MaxPageSize {
			return members, nil
		}
	}
}

// asOfNow is the newest change of each care unit that a plan's filter chooses.
func (c *Clinic) asOfNow(ctx context.Context, plan *delivery.Plan) (map[string]int64, error) {
	units := plan.Filter.Units
	var err error
	if len(units) == 0 {
		if units, err = c.store.CareUnits(ctx); err != nil {
			return nil, err
		}
	}
	asOf := map[string]int64{}
	for _, unit := range units {
		if asOf[unit], err = c.store.LastChange(ctx, unit); err != nil {
			return nil, err
		}
	}
	return asOf, nil
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

// episode compares one episode that is in one of the deliveries, or in both.
func (x *comparison) episode(ctx context.Context, e *store.Episode, pseudonym string, before, after *sideEpisode) error {
	to := ExportChange{Episode: pseudonym}
	key := e.PatientKey
	if after != nil {
		key = after.patientKey
	} else if before != nil {
		key = before.patientKey
	}
	if x.from.plan.Recipient.Identity != delivery.Personnummer {
		to.Person = x.keys.Pseudonym(x.from.plan.Recipient.Key, key)
	}
	add := func(changes ...delivery.Change) {
		for _, change := range changes {
			to.Change = change
			x.changes.Counts[change.Kind]++
			x.page = append(x.page, to)
		}
	}
	since := x.from.asOf[e.CareUnit]
	switch {
	case before == nil:
		kind, err := x.whyAdded(ctx, e, since)
		if err != nil {
			return err
		}
		for i := range after.forms {
			add(delivery.Change{Kind: kind(&after.forms[i]), Slot: after.forms[i].Slot})
		}
	case after == nil:
		kind, err := x.whyLeft(ctx, e)
		if err != nil {
			return err
		}
		for i := range before.forms {
			add(delivery.Change{Kind: kind, Slot: before.forms[i].Slot})
		}
		if len(before.forms) == 0 {
			x.page = append(x.page, ExportChange{Change: delivery.Change{Kind: kind}, Episode: pseudonym, Person: to.Person})
		}
	default:
		if before.Version != after.Version {
			add(delivery.Change{Kind: delivery.EpisodeAmended})
		}
		if before.patientKey != after.patientKey {
			add(delivery.Change{Kind: delivery.PersonChanged})
		}
		add(delivery.Compare(before.forms, after.forms, since, x.goneTo(ctx))...)
	}
	return nil
}

// goneTo says what became of a form that left its slot.
func (x *comparison) goneTo(ctx context.Context) func(*store.Submission) delivery.ChangeKind {
	return func(f *store.Submission) delivery.ChangeKind {
		newest, err := x.store.Submission(ctx, f.CareUnit, f.System, f.SubmissionID)
		switch {
		case err == nil && newest.State == store.Retracted:
			return delivery.Retracted
		case err == nil && newest.Slot == f.Slot:
			return delivery.NotChosen // it is where it was
		}
		return delivery.Moved
	}
}

// whyAdded says why the forms of an episode are in the later delivery only: they
// came in since, or were there before and may be handed over since.
func (x *comparison) whyAdded(ctx context.Context, e *store.Episode, since int64) (func(*store.Submission) delivery.ChangeKind, error) {
	all, err := x.store.RegistryChoices(ctx, e.PatientKey)
	if err != nil {
		return nil, err
	}
	provider := x.settings.CareProviders.ByUnit(e.CareUnit)
	then := slices.DeleteFunc(all, func(c store.RegistryChoice) bool { return c.At.After(x.from.kept.At) })
	kind := delivery.AddedChosen
	if ChoiceIn(then, provider, x.from.plan.Recipient.Registry).Choice != store.Informed {
		kind = delivery.AddedInformed
	}
	return func(f *store.Submission) delivery.ChangeKind {
		if f.ChangeSeq > since {
			return delivery.Added
		}
		return kind
	}, nil
}

// whyLeft says why an episode is in the earlier delivery only.
func (x *comparison) whyLeft(ctx context.Context, e *store.Episode) (delivery.ChangeKind, error) {
	why, err := x.leftOut(ctx, x.to.plan, e.CareUnit, []store.Episode{*e})
	if err != nil {
		return "", err
	}
	switch why[0] {
	case delivery.LeftOutObjected:
		return delivery.Objected, nil
	case delivery.LeftOutNotInformed, delivery.LeftOutProvider:
		return delivery.NotInformed, nil
	}
	return delivery.NotChosen, nil
}
