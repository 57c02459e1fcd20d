package clinic

import (
	"cmp"
	"context"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

// reportRun is how many episodes are read at a time, in two statements.
const reportRun = 200

// reportReading is a report under way: what it was read from, and who is in it.
type reportReading struct {
	report  *registry.Report
	units   []UnitRead
	site    *site
	of      map[string]*scoring.Instrument
	builder *registry.Builder
	// concerned are the patients in the report, by the place of their unit.
	concerned [][]string
}

// readReport reads all care units that a report is about, each as of one
// change, in one pass. Of a form nothing is kept but counts.
func (c *Clinic) readReport(ctx context.Context, request ReportRequest) (*reportReading, error) {
	site, err := c.site(ctx)
	if err != nil {
		return nil, err
	}
	all, err := c.store.CareUnits(ctx)
	if err != nil {
		return nil, err
	}
	r := &reportReading{site: site, of: map[string]*scoring.Instrument{}}
	for _, unit := range all {
		if !request.mayHold(unit) {
			continue
		}
		seq, err := c.store.LastChange(ctx, unit)
		if err != nil {
			return nil, err
		}
		r.units = append(r.units, UnitRead{unit, seq})
	}
	r.builder, err = registry.NewBuilder(registry.Request{
		Filter: request.Filter, Sides: request.Sides, Split: request.Split, AsOf: c.today(), FollowUpWithin: r.followUpWithin(),
	}, c.knowledge(ctx, r))
	if err != nil {
		return nil, err
	}
	r.concerned = make([][]string, len(r.units))
	for i := range r.units {
		if err := c.readUnit(ctx, r, i); err != nil {
			return nil, err
		}
	}
	r.report = r.builder.Report()
	return r, nil
}

// followUpWithin is after how many days without a 12-month form it is missing:
// by the latest window among the units, so that nobody is missing too early.
func (r *reportReading) followUpWithin() int {
	last := 0
	for _, unit := range r.units {
		last = max(last, r.site.windowsOf(unit.CareUnit)[store.FollowUp12Months].To)
	}
	return last
}

// knowledge is what a report must know besides the patients. A definition that
// another process brought lies in the store.
func (c *Clinic) knowledge(ctx context.Context, r *reportReading) registry.Knowledge {
	current := c.catalogue.Active()
	for _, in := range current {
		r.of[in.ID()] = in
	}
	type key struct {
		unit            string
		in              *scoring.Instrument
		scale, valueSet string
	}
	known := map[key]scoring.Evidence{}
	return registry.Knowledge{
		Current: current,
		Definition: func(instrument, version string) (*scoring.Instrument, bool) {
			in, ok := c.catalogue.Instrument(instrument, version)
			if !ok && c.loadKept(ctx) == nil {
				in, ok = c.catalogue.Instrument(instrument, version)
			}
			return in, ok
		},
		Evidence: func(unit string, in *scoring.Instrument, scale, valueSet string) scoring.Evidence {
			if len(r.site.norms[unit]) == 0 {
				unit = ""
			}
			at := key{unit, in, scale, valueSet}
			evidence, found := known[at]
			if !found {
				evidence = r.site.evidence(unit, in, scale, valueSet)
				known[at] = evidence
			}
			return evidence
		},
	}
}

// evidence is what a care unit judges changes of a scale by.
func (s *site) evidence(unit string, in *scoring.Instrument, scale, valueSet string) scoring.Evidence {
	y, _ := s.yardsticksOf(unit, in).of(&scoring.Score{Scale: scale, ValueSet: valueSet}, 0)
	if y == nil {
		return in.EvidenceOf(scale)
	}
	return y.Evidence
}

// readUnit adds one care unit to the report, a run of episodes at a time.
func (c *Clinic) readUnit(ctx context.Context, r *reportReading, at int) error {
	unit := r.units[at]
	talks, err := c.talks(ctx, unit.CareUnit)
	if err != nil {
		return err
	}
	for after := ""; ; {
		run, err := c.store.EpisodeRun(ctx, unit.CareUnit, after, reportRun, unit.ChangeSeq)
		if err != nil || len(run) == 0 {
			return err
		}
		last := run[len(run)-1].EpisodeID
		forms, err := c.store.SubmissionsOfRun(ctx, unit.CareUnit, after, last, unit.ChangeSeq)
		if err != nil {
			return err
		}
		for i := range run {
			n := 0
			for n < len(forms) && forms[n].EpisodeID <= run[i].EpisodeID {
				n++ // forms of an episode that was erased between the two reads are passed over
			}
			of := forms[:n]
			forms = forms[n:]
			for len(of) > 0 && of[0].EpisodeID != run[i].EpisodeID {
				of = of[1:]
			}
			if err := r.add(at, registry.Case{Episode: run[i], Forms: of, Feedback: talks[run[i].EpisodeID]}); err != nil {
				return err
			}
		}
		after = last
	}
}

// add takes in an episode, unless its patient is no real one.
func (r *reportReading) add(at int, one registry.Case) error {
	if one.Episode.TestPatient {
		return nil
	}
	before := r.builder.Counted()
	if err := r.builder.Add(one); err != nil {
		return err
	}
	if r.builder.Counted() > before {
		r.concerned[at] = append(r.concerned[at], one.Episode.PatientKey)
	}
	return nil
}

// grant puts on record everybody who is in the report, by care unit.
func (r *reportReading) grant(v *visit) {
	nobody := true
	for i, keys := range r.concerned {
		if len(keys) > 0 {
			v.patients(r.units[i].CareUnit, keys...)
			nobody = false
		}
	}
	if nobody {
		v.patients("")
	}
}

// talks says of the episodes of a care unit what is recorded about going through
// the answers with the patient. To have declined, or done it, means that it was
// offered.
func (c *Clinic) talks(ctx context.Context, unit string) (map[string]*registry.Feedback, error) {
	talks := map[string]*registry.Feedback{}
	for _, kind := range feedbackKinds {
		keys, err := c.store.OccasionsWithAct(ctx, unit, kind)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			talk := cmp.Or(talks[key.EpisodeID], &registry.Feedback{})
			talk.Offered = talk.Offered || kind != AnswersSeen
			talk.Given = talk.Given || kind == FeedbackGiven
			talks[key.EpisodeID] = talk
		}
	}
	return talks, nil
}
