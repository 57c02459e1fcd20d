package clinic

import (
	"fmt"
	"slices"

	"github.com/painscore/painscore/server/registry"
)

// maxChosen is how many units, cohorts or other words a filter may name.
const maxChosen = 200

func (r *ReportRequest) check(check *checker) {
	checkReportFilter(check, "filter.", &r.Filter)
	if len(r.Sides) > MaxReportSides {
		check.add("sides", TooMany, fmt.Sprintf("at most %d", MaxReportSides))
		return
	}
	names := map[string]bool{}
	for i := range r.Sides {
		side := &r.Sides[i]
		at := fmt.Sprintf("sides[%d].", i)
		check.text(at+"name", side.Name, MaxIDLength)
		switch {
		case side.Name == "":
			check.add(at+"name", Required, "must be given")
		case names[side.Name]:
			check.add(at+"name", BadFormat, "another one for each side")
		}
		names[side.Name] = true
		checkReportFilter(check, at+"filter.", &side.Filter)
	}
	if r.Split == registry.ByYear && r.Filter.Period.Date == "" {
		check.add("filter.date", Required, "must be given: it is the date whose year divides")
	}
}

func checkReportFilter(check *checker, at string, f *registry.Filter) {
	for _, list := range []struct {
		field string
		words []string
		one   func(string, string)
	}{
		{"care_units", f.Units, check.id}, {"not_care_units", f.NotUnits, check.id},
		{"cohorts", f.Cohorts, func(field, value string) { check.text(field, value, MaxIDLength) }},
	} {
		if len(list.words) > maxChosen {
			check.add(at+list.field, TooMany, fmt.Sprintf("at most %d", maxChosen))
			continue
		}
		for i, word := range list.words {
			list.one(fmt.Sprintf("%s%s[%d]", at, list.field, i), word)
		}
	}
	p := f.Period
	if p.Date == "" && (p.From != "" || p.To != "") {
		check.add(at+"date", Required, "must be given: who began in a year are not who finished in it")
	}
	check.date(at+"from", p.From, false)
	check.date(at+"to", p.To, false)
	if p.From != "" && p.To != "" && p.From > p.To {
		check.add(at+"to", BadDate, "not before the first day")
	}
	if f.MinWeeks < 0 {
		check.add(at+"min_weeks", OutOfRange, "0 or more")
	}
	if f.MaxWeeks < 0 || f.MaxWeeks > 0 && f.MinWeeks > f.MaxWeeks {
		check.add(at+"max_weeks", OutOfRange, "not below the shortest, or 0")
	}
}

// mayHold says whether a report can be about episodes of a care unit, so that
// the others need not be read.
func (r *ReportRequest) mayHold(unit string) bool {
	holds := func(f *registry.Filter) bool {
		return (len(f.Units) == 0 || slices.Contains(f.Units, unit)) && !slices.Contains(f.NotUnits, unit)
	}
	return holds(&r.Filter) && (len(r.Sides) == 0 || slices.ContainsFunc(r.Sides, func(s registry.Side) bool { return holds(&s.Filter) }))
}
