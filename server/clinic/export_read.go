package clinic

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// exportPage is how many episodes are decided on at a time: a commit of the
// ledger and one of the access log for all of them. exportRun is how many of
// these have their forms in memory at a time, up to some thousand.
var (
	exportPage = maxPatientsPerEvent
	exportRun  = 100
)

// decided is an episode with what was decided about it.
type decided struct {
	store.Episode
	pseudonym  string
	patientKey string // by which it is in the delivery; empty: it is not
	leftOut    delivery.StepCode
	forms      []store.Submission
}

// exportReader reads a delivery, while what it has read is on its way out.
type exportReader struct {
	*Clinic
	visit *visit
	kept  store.Delivery
	plan  *delivery.Plan
	// passing is the last episode that arrived before the stream was cut off, as
	// long as it has not come by.
	passing string
}

// read hands over all episodes of the delivery's care units, those left out
// too, in order. Who is handed over stands in the ledger and in the access log.
func (x *exportReader) read(ctx context.Context, to chan<- []decided) error {
	for _, unit := range x.plan.Units() {
		for after := ""; ; {
			page, err := x.decidePage(ctx, unit, after)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			for len(page) > 0 {
				run := page[:min(exportRun, len(page))]
				page = page[len(run):]
				if err := x.readForms(ctx, unit, after, run); err != nil {
					return err
				}
				after = run[len(run)-1].EpisodeID
				select {
				case to <- run:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
	}
	return nil
}

// decidePage reads a page of episodes and puts on record those that are handed
// over. If one of their patients went meanwhile the page is read once more.
func (x *exportReader) decidePage(ctx context.Context, unit, after string) ([]decided, error) {
	for attempt := 0; ; attempt++ {
		page, fresh, passing, err := x.readPage(ctx, unit, after)
		if err != nil {
			return nil, err
		}
		if len(fresh) > 0 {
			err = x.store.AddDelivered(ctx, x.kept.DeliveryID, unit, fresh)
		}
		switch {
		case err == nil:
			x.passing = passing
			return page, x.log(ctx, unit, page)
		case !errors.Is(err, store.ErrStale) || attempt == 5:
			return nil, err
		}
	}
}

// readPage decides about a page of episodes, fresh being those that the ledger
// does not have.
func (x *exportReader) readPage(ctx context.Context, unit, after string) (page []decided, fresh []store.Delivered, passing string, err error) {
	episodes, err := x.store.EpisodeRun(ctx, unit, after, exportPage, x.plan.AsOf[unit])
	if err != nil || len(episodes) == 0 {
		return nil, nil, x.passing, err
	}
	pseudonyms := make([]string, len(episodes))
	for i := range episodes {
		pseudonyms[i] = x.keys.EpisodePseudonym(x.plan.Recipient.Key, unit, episodes[i].EpisodeID)
	}
	members, err := x.store.DeliveredAmong(ctx, x.kept.DeliveryID, pseudonyms)
	if err != nil {
		return nil, nil, "", err
	}
	leftOut, err := x.leftOut(ctx, x.plan, unit, episodes)
	if err != nil {
		return nil, nil, "", err
	}
	page, passing = make([]decided, len(episodes)), x.passing
	for i := range page {
		e := &page[i]
		*e = decided{Episode: episodes[i], pseudonym: pseudonyms[i], leftOut: leftOut[i]}
		member, in := members[e.pseudonym]
		if err := x.decide(e, member, in, passing != ""); err != nil {
			return nil, nil, "", err
		}
		if e.patientKey != "" && !in {
			fresh = append(fresh, store.Delivered{Episode: e.pseudonym, PatientKey: e.patientKey})
		}
		if e.pseudonym == passing {
			passing = ""
		}
	}
	return page, fresh, passing, nil
}

// decide says whether an episode is handed over, and if not, why. Who is in a
// delivery that was made, or is passed over in one that goes on, stays in it.
func (x *exportReader) decide(e *decided, member store.Delivered, in, settled bool) error {
	switch {
	case in && e.leftOut != "":
		return snapshotChanged("somebody who is in it is not informed any more")
	case in:
		e.patientKey = member.PatientKey
	case settled || !x.kept.FinishedAt.IsZero():
		e.leftOut = delivery.LeftOutThen
	case e.leftOut == "":
		e.patientKey = e.PatientKey
	}
	return nil
}

// log puts on record whose data leaves, before any of it does.
func (x *exportReader) log(ctx context.Context, unit string, page []decided) error {
	var concerned []string
	for i := range page {
		if page[i].patientKey != "" {
			concerned = append(concerned, page[i].PatientKey)
		}
	}
	if len(concerned) == 0 {
		return nil
	}
	x.visit.patients(unit, concerned...)
	return x.visit.logged(ctx)
}

// readForms gives a run of episodes their forms.
func (x *exportReader) readForms(ctx context.Context, unit, after string, run []decided) error {
	forms, err := x.store.SubmissionsOfRun(ctx, unit, after, run[len(run)-1].EpisodeID, x.plan.AsOf[unit])
	if err != nil {
		return err
	}
	for i := range run {
		e := &run[i]
		n := 0
		for n < len(forms) && forms[n].EpisodeID == e.EpisodeID {
			n++
		}
		if n == 0 && e.patientKey != "" {
			if err := x.stillThere(ctx, unit, e.EpisodeID); err != nil {
				return err
			}
		}
		e.forms, forms = x.plan.Filter.Forms(forms[:n]), forms[n:]
	}
	if len(forms) > 0 {
		return errors.New("clinic: a run has forms of an episode that it does not have")
	}
	return nil
}

// stillThere tells an episode without forms from one that was erased since it
// was decided on: of that nothing may leave.
func (x *exportReader) stillThere(ctx context.Context, unit, episodeID string) error {
	_, err := x.store.Episode(ctx, unit, episodeID)
	if errors.Is(err, store.ErrNotFound) {
		return snapshotChanged("somebody who is in it was erased")
	}
	return err
}

// leftOut says of each of some episodes of a care unit why it cannot be in a
// delivery now; empty: it can.
func (c *Clinic) leftOut(ctx context.Context, plan *delivery.Plan, unit string, episodes []store.Episode) ([]delivery.StepCode, error) {
	provider := c.settings.CareProviders.ByUnit(unit)
	why := make([]delivery.StepCode, len(episodes))
	var patients []string
	for i := range episodes {
		if why[i] = leftOutUnasked(plan, provider, &episodes[i]); why[i] == "" {
			patients = append(patients, episodes[i].PatientKey)
		}
	}
	holds, err := c.store.ChoicesOf(ctx, provider, plan.Recipient.Registry, patients)
	if err != nil {
		return nil, err
	}
	for i := range episodes {
		switch choice := holds[episodes[i].PatientKey]; {
		case why[i] != "" || choice == store.Informed:
		case choice == store.Objected:
			why[i] = delivery.LeftOutObjected
		default:
			why[i] = delivery.LeftOutNotInformed
		}
	}
	return why, nil
}

// leftOutUnasked says why an episode is left out whatever its patient chose.
func leftOutUnasked(plan *delivery.Plan, provider string, e *store.Episode) delivery.StepCode {
	chosen, dated := plan.Filter.Chooses(e)
	switch {
	case e.TestPatient:
		return delivery.LeftOutTest
	case !dated:
		return delivery.LeftOutUndated
	case !chosen:
		return delivery.LeftOutFilter
	case provider == "":
		return delivery.LeftOutProvider
	}
	return ""
}
