package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// exportRun is how many episodes are read at a time: two statements, and one
// write of the ledger and the access log, for some thousand forms.
const exportRun = 100

// export is a delivery under way.
type export struct {
	*Clinic
	visit    *visit
	kept     store.Delivery
	plan     *delivery.Plan
	tables   *delivery.Tables
	finished bool              // it was made before: who is in it is settled
	members  map[string]string // who is in it: patient key of then by the episode's pseudonym
	erased   []string          // of these, episodes of patients who were erased since
	flow     *delivery.Flow
	passed   int   // of the members: handed over, now or before
	read     int64 // episodes and forms looked at
	// passing is the last episode that arrived before the stream was cut off, as
	// long as it has not come by.
	passing string
}

// decided is an episode with what was decided about it.
type decided struct {
	store.Episode
	pseudonym  string
	patientKey string // by which it is in the delivery; empty: it is not
	leftOut    delivery.StepCode
	forms      []store.Submission
}

func (x *export) run(ctx context.Context, resumeAfter string, sink ExportSink) (ExportResult, error) {
	if len(x.erased) > 0 {
		return ExportResult{}, snapshotChanged("somebody who is in it was erased")
	}
	if _, in := x.members[resumeAfter]; resumeAfter != "" && !in {
		return ExportResult{}, &InputError{Problems: []Problem{{Field: "resume_after", Reason: BadPageToken, Description: "no episode of this delivery"}}}
	}
	x.passing = resumeAfter
	known := len(x.members)
	head := &ExportHead{Delivery: x.kept, Plan: x.plan, Tables: x.tables.List}
	for _, unit := range x.plan.Units() {
		head.ToRead += x.plan.AsOf[unit] // each of them was a change, and seldom more than one
	}
	if err := sink.Head(head); err != nil {
		return ExportResult{}, err
	}
	for _, unit := range x.plan.Units() {
		if err := x.unit(ctx, unit, sink); err != nil {
			return ExportResult{}, err
		}
	}
	if x.passing != "" || x.passed < known {
		return ExportResult{}, snapshotChanged("somebody who is in it was erased")
	}
	return x.finish(ctx, x.now())
}

// unit hands over what belongs to the delivery of a care unit.
func (x *export) unit(ctx context.Context, unit string, sink ExportSink) error {
	for after := ""; ; {
		episodes, err := x.decideRun(ctx, unit, after)
		if err != nil || len(episodes) == 0 {
			return err
		}
		after = episodes[len(episodes)-1].EpisodeID
		rows, err := x.handOver(ctx, unit, episodes)
		if err != nil {
			return err
		}
		if err := sink.Rows(rows, x.read); err != nil {
			return err
		}
	}
}

// decideRun reads a run of episodes and puts those that are handed over into the
// ledger. If one of their patients went meanwhile the run is read once more.
func (x *export) decideRun(ctx context.Context, unit, after string) ([]decided, error) {
	for attempt := 0; ; attempt++ {
		episodes, err := x.readRun(ctx, unit, after)
		if err != nil {
			return nil, err
		}
		var fresh []store.Delivered
		for i := range episodes {
			e := &episodes[i]
			if _, in := x.members[e.pseudonym]; e.patientKey != "" && !in {
				fresh = append(fresh, store.Delivered{Episode: e.pseudonym, PatientKey: e.patientKey})
			}
		}
		if len(fresh) == 0 {
			return episodes, nil
		}
		switch err := x.store.AddDelivered(ctx, x.kept.DeliveryID, unit, fresh); {
		case err == nil:
			return episodes, nil
		case !errors.Is(err, store.ErrStale) || attempt == 5:
			return nil, err
		}
	}
}

func (x *export) readRun(ctx context.Context, unit, after string) ([]decided, error) {
	run, err := x.store.EpisodeRun(ctx, unit, after, exportRun, x.plan.AsOf[unit])
	if err != nil || len(run) == 0 {
		return nil, err
	}
	forms, err := x.store.SubmissionsOfRun(ctx, unit, after, run[len(run)-1].EpisodeID, x.plan.AsOf[unit])
	if err != nil {
		return nil, err
	}
	passing := x.passing // a run may be read again
	episodes := make([]decided, len(run))
	for i := range run {
		e := &episodes[i]
		e.Episode, e.pseudonym = run[i], x.keys.EpisodePseudonym(x.plan.Recipient.Key, unit, run[i].EpisodeID)
		if err := x.decide(ctx, e, passing != ""); err != nil {
			return nil, err
		}
		if e.pseudonym == passing {
			passing = ""
		}
		n := 0
		for n < len(forms) && forms[n].EpisodeID == e.EpisodeID {
			n++
		}
		e.forms, forms = x.plan.Filter.Forms(forms[:n]), forms[n:]
	}
	return episodes, nil
}

// decide says whether an episode is handed over, and if not, why. Who is in a
// delivery that was made, or is passed over in one that goes on, stays in it.
func (x *export) decide(ctx context.Context, e *decided, settled bool) (err error) {
	key, in := x.members[e.pseudonym]
	if x.finished && !in {
		e.leftOut = delivery.LeftOutThen
		return nil
	}
	if e.leftOut, err = x.leftOut(ctx, x.plan, &e.Episode); err != nil {
		return err
	}
	switch {
	case in && e.leftOut != "":
		return snapshotChanged("somebody who is in it is not informed any more")
	case in:
		e.patientKey = key
	case settled:
		e.leftOut = delivery.LeftOutThen
	case e.leftOut == "":
		e.patientKey = e.PatientKey
	}
	return nil
}

// leftOut says why an episode cannot be in a delivery now; empty: it can.
func (c *Clinic) leftOut(ctx context.Context, plan *delivery.Plan, e *store.Episode) (delivery.StepCode, error) {
	if e.TestPatient {
		return delivery.LeftOutTest, nil
	}
	if chosen, dated := plan.Filter.Chooses(e); !dated {
		return delivery.LeftOutUndated, nil
	} else if !chosen {
		return delivery.LeftOutFilter, nil
	}
	provider := c.settings.CareProviders.ByUnit(e.CareUnit)
	if provider == "" {
		return delivery.LeftOutProvider, nil
	}
	all, err := c.store.RegistryChoices(ctx, e.PatientKey)
	if err != nil {
		return "", err
	}
	switch ChoiceIn(all, provider, plan.Recipient.Registry).Choice {
	case store.Informed:
		return "", nil
	case store.Objected:
		return delivery.LeftOutObjected, nil
	}
	return delivery.LeftOutNotInformed, nil
}

// handOver makes the rows of a run, when it is on record whose they are. Those
// that have arrived before are counted, and not returned.
func (x *export) handOver(ctx context.Context, unit string, episodes []decided) ([]delivery.Row, error) {
	var concerned []string
	for i := range episodes {
		if episodes[i].patientKey != "" {
			concerned = append(concerned, episodes[i].PatientKey)
		}
	}
	if len(concerned) > 0 {
		x.visit.patients(unit, concerned...)
		if err := x.visit.logged(ctx); err != nil {
			return nil, err
		}
	}
	var send []delivery.Row
	for i := range episodes {
		e := &episodes[i]
		x.read += 1 + int64(len(e.forms))
		x.flow.Count(e.leftOut, e.forms)
		if e.patientKey == "" {
			continue
		}
		x.passed++
		rows, err := x.rows(ctx, e)
		if err != nil {
			return nil, err
		}
		if x.passing == "" {
			send = append(send, rows...)
		}
		if x.passing == e.pseudonym {
			x.passing = ""
		}
	}
	return send, nil
}

func (x *export) rows(ctx context.Context, e *decided) ([]delivery.Row, error) {
	person, err := x.personOf(ctx, &x.plan.Recipient, e.patientKey, e.PatientKey)
	if err != nil {
		return nil, err
	}
	return x.tables.Add(person, e.pseudonym, &e.Episode, e.forms)
}

// personOf is what a patient is called to a recipient: by the key of when it was
// first handed over, so that a merge later on changes nothing of a delivery.
// Who has no identity number is called nothing.
func (c *Clinic) personOf(ctx context.Context, r *delivery.Recipient, keyThen, keyNow string) (string, error) {
	if r.Identity != delivery.Personnummer {
		return c.keys.Pseudonym(r.Key, keyThen), nil
	}
	ids, err := c.identifiersOf(ctx, keyNow)
	if err != nil {
		return "", err
	}
	for _, system := range []string{"personnummer", "samordningsnummer"} {
		for _, id := range ids {
			if id.System() == system {
				return id.Reveal(), nil
			}
		}
	}
	return "", nil
}
