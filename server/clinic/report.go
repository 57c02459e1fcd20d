package clinic

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

const (
	// MaxReportSides is how many parts of a report are set side by side at most:
	// a page has room for no more.
	MaxReportSides = 4
	// MaxReportGroups bounds a report's size: a group takes some 100 kB of a
	// reply, and a figure of one group in a hundred says nothing.
	MaxReportGroups = 40
	// reportTries is how often a report is made anew because its reader was given
	// another one, or somebody was erased, meanwhile.
	reportTries = 5
)

// ReportRequest asks for a group report.
type ReportRequest struct {
	Filter registry.Filter
	Sides  []registry.Side
	Split  registry.Dimension
	Found  []Problem // what the way in has already found wrong; listed with the rest
}

// UnitRead says up to which change a care unit was read.
type UnitRead struct {
	CareUnit  string
	ChangeSeq int64
}

// GroupReport is a report as its reader may have it.
type GroupReport struct {
	*registry.Report
	Units []UnitRead
	site  *site
	of    map[string]*scoring.Instrument
}

// Range is the lowest and the highest score possible on a scale, in full
// decimals, for an axis that shows the whole of it; false for a scale that the
// report is not about.
func (r *GroupReport) Range(instrument, scale, valueSet string) (lowest, highest scoring.Exact, ok bool) {
	in := r.of[instrument]
	if in == nil {
		return lowest, highest, false
	}
	for _, all := range r.site.yardsticksOf("", in) {
		for _, y := range all {
			if y.Scale.Code == scale && y.ValueSet == valueSet {
				lowest, highest, _ = y.Range()
				return lowest, highest, lowest.Den > 0 && highest.Den > 0
			}
		}
	}
	return lowest, highest, false
}

// GroupReport makes figures of groups of patients. Staff get those of their own
// care unit whole; an analyst gets those of every unit suppressed, and not two
// that together would tell about a few people. Whom anybody was told about is
// remembered, also of staff: somebody may be an analyst later.
//
// Errors: *InputError; *StateError ReportTooClose; access.ErrUnit.
func (c *Clinic) GroupReport(ctx context.Context, request ReportRequest) (_ *GroupReport, err error) {
	v, err := c.enter(ctx, access.GetGroupReportCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(request.Found)
	request.check(check)
	if err := check.err(); err != nil {
		return nil, err
	}
	internal, err := request.audience(v)
	if err != nil {
		return nil, err
	}
	for range reportTries {
		report, err := c.groupReport(ctx, v, request, internal)
		if !errors.Is(err, store.ErrStale) {
			return report, err
		}
	}
	return nil, fmt.Errorf("group report: %w: others are made for the same reader all the time", store.ErrOverloaded)
}

// audience says whether the report may be whole. Staff who name no unit mean
// their own, unless they are an analyst too.
func (r *ReportRequest) audience(v *visit) (internal bool, err error) {
	staff, analyst := v.Has(access.Clinician) || v.Has(access.Coordinator), v.Has(access.Analyst)
	if staff && !v.AnyUnit && !analyst && len(r.Filter.Units) == 0 {
		r.Filter.Units = []string{v.Unit}
	}
	own := v.AnyUnit || len(r.Filter.Units) > 0 && !slices.ContainsFunc(r.Filter.Units, func(unit string) bool { return !v.Sees(unit) })
	switch {
	case staff && own:
		return true, nil
	case analyst:
		return false, nil
	}
	v.record(access.Event{Outcome: access.Refused, Reason: UnitNotAllowed})
	return false, access.ErrUnit
}

// groupReport makes the report once. What the reader has been told is read
// first, so that whatever is added to it, and whoever is erased, while the
// patients are read makes it store.ErrStale to keep.
func (c *Clinic) groupReport(ctx context.Context, v *visit, request ReportRequest, internal bool) (*GroupReport, error) {
	earlier, stamp, err := c.store.ToldTo(ctx, readerOf(v))
	if err != nil {
		return nil, err
	}
	read, err := c.readReport(ctx, request)
	if err != nil {
		return nil, err
	}
	if len(read.report.Groups) > MaxReportGroups {
		return nil, &InputError{Problems: []Problem{{Field: "split", Reason: OutOfRange, Description: fmt.Sprintf("more than %d groups: choose fewer patients, or another division", MaxReportGroups)}}}
	}
	told := read.report.Populations()
	if !internal {
		populations := make([]registry.Population, len(earlier))
		for i := range earlier {
			populations[i] = registry.PopulationOf(earlier[i])
		}
		read.report, told, err = read.report.Suppress(registry.DefaultThreshold, populations)
		if errors.Is(err, registry.ErrTooClose) {
			v.record(access.Event{Outcome: access.Refused, Reason: ReportTooClose})
			return nil, &StateError{Reason: ReportTooClose, Field: "filter", Description: "laid beside a report that you have been given it would tell about a few patients"}
		}
		if err != nil {
			return nil, err
		}
	}
	if err := c.keepTold(ctx, v, told, stamp); err != nil {
		return nil, err
	}
	read.grant(v)
	return &GroupReport{Report: read.report, Units: read.units, site: read.site, of: read.of}, nil
}

func (c *Clinic) keepTold(ctx context.Context, v *visit, told []registry.Population, stamp int64) error {
	kept := make([][]byte, 0, len(told))
	for _, p := range told {
		if len(p) > 0 {
			kept = append(kept, p.Bytes())
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return c.store.KeepTold(ctx, readerOf(v), kept, stamp, c.now())
}
