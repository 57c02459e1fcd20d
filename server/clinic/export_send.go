package clinic

import (
	"context"

	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// export is a delivery under way.
type export struct {
	*Clinic
	visit  *visit
	kept   store.Delivery
	plan   *delivery.Plan
	tables *delivery.Tables
	flow   *delivery.Flow
	passed int64 // of the members: handed over, now or before
	seen   int64 // episodes and forms looked at
	// passing is the last episode that arrived before the stream was cut off, as
	// long as it has not come by.
	passing string
}

func (x *export) run(ctx context.Context, resumeAfter string, sink ExportSink) (ExportResult, error) {
	known, erased, err := x.store.DeliveredCount(ctx, x.kept.DeliveryID)
	if err != nil {
		return ExportResult{}, err
	}
	if erased > 0 {
		return ExportResult{}, snapshotChanged("somebody who is in it was erased")
	}
	if err := x.resume(ctx, resumeAfter); err != nil {
		return ExportResult{}, err
	}
	head := &ExportHead{Delivery: x.kept, Plan: x.plan, Tables: x.tables.List}
	for _, unit := range x.plan.Units() {
		head.ToRead += x.plan.AsOf[unit] // each of them was a change, and seldom more than one
	}
	if err := sink.Head(head); err != nil {
		return ExportResult{}, err
	}
	if err := x.handOverAll(ctx, sink); err != nil {
		return ExportResult{}, err
	}
	if x.passing != "" || x.passed < known {
		return ExportResult{}, snapshotChanged("somebody who is in it was erased")
	}
	return x.finish(ctx, x.now())
}

// resume goes on after an episode that must have arrived; empty: from the beginning.
func (x *export) resume(ctx context.Context, after string) error {
	if after == "" {
		return nil
	}
	members, err := x.store.DeliveredAmong(ctx, x.kept.DeliveryID, []string{after})
	if err == nil && len(members) == 0 {
		err = &InputError{Problems: []Problem{{Field: "resume_after", Reason: BadPageToken, Description: "no episode of this delivery"}}}
	}
	x.passing = after
	return err
}

// handOverAll makes and sends the rows of a run of episodes while the next one
// is being read.
func (x *export) handOverAll(ctx context.Context, sink ExportSink) error {
	ctx, stop := context.WithCancel(ctx)
	runs := make(chan []decided)
	defer func() { // the reader has ended when this returns
		stop()
		for range runs {
		}
	}()
	reader := &exportReader{Clinic: x.Clinic, visit: x.visit, kept: x.kept, plan: x.plan, passing: x.passing}
	var failed error // read when runs is closed
	go func() {
		defer close(runs)
		failed = reader.read(ctx, runs)
	}()
	for run := range runs {
		rows, err := x.handOver(ctx, run)
		if err != nil {
			return err
		}
		if err := sink.Rows(rows, x.seen); err != nil {
			return err
		}
	}
	return failed
}

// handOver makes the rows of a run. Those that have arrived before are counted,
// and not returned.
func (x *export) handOver(ctx context.Context, run []decided) ([]delivery.Row, error) {
	var send []delivery.Row
	for i := range run {
		e := &run[i]
		x.seen += 1 + int64(len(e.forms))
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
