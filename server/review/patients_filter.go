package review

import (
	"net/url"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// cohortsOffered is how many cohorts the filter offers, the newest first; any
// other can be typed. A unit of eight years has hundreds.
const cohortsOffered = 40

// filterForm is the form above the list as it was filled in.
type filterForm struct {
	Set     bool     // it leaves some out
	Units   []option // empty where there is one only
	Cohort  string
	Cohorts []string
	Choices []choice
	Ticks   []tick
}

// choice is a field with a few values; the first one leaves nobody out.
type choice struct {
	Name, Title string
	Options     []option
}

// tick is a condition that is set or not.
type tick struct {
	Name, Text string
	Set        bool
}

// filterOf reads a filter from an address. What it does not know is refused by
// the use case.
func filterOf(query url.Values) clinic.PatientFilter {
	return clinic.PatientFilter{
		CareUnit: query.Get("unit"), Cohort: query.Get("cohort"), CareLevel: query.Get("level"), Track: query.Get("track"),
		Answered: store.Occasion(query.Get("answered")), Missing: store.Occasion(query.Get("missing")),
		New: query.Has("new"), Worse: query.Has("worse"), NotReviewed: query.Has("open"), BeforeVisit: query.Has("before"),
		Order: clinic.PatientOrder(query.Get("order")),
	}
}

// filterQuery is filterOf backwards.
func filterQuery(f clinic.PatientFilter) url.Values {
	query := url.Values{
		"unit": {f.CareUnit}, "cohort": {f.Cohort}, "level": {f.CareLevel}, "track": {f.Track},
		"answered": {string(f.Answered)}, "missing": {string(f.Missing)}, "order": {string(f.Order)},
	}
	for name, set := range map[string]bool{"new": f.New, "worse": f.Worse, "open": f.NotReviewed, "before": f.BeforeVisit} {
		if set {
			query.Set(name, "1")
		}
	}
	return query
}

func filterFormOf(l wording.Language, f clinic.PatientFilter, units, cohorts []string) filterForm {
	everybody := clinic.PatientFilter{CareUnit: f.CareUnit, Order: f.Order}
	form := filterForm{Set: f != everybody, Cohort: f.Cohort, Cohorts: cohorts[:min(len(cohorts), cohortsOffered)]}
	if len(units) > 1 {
		form.Units = append(form.Units, option{"", l.Say("patients.all_units"), f.CareUnit == ""})
		for _, unit := range units {
			form.Units = append(form.Units, option{unit, unit, unit == f.CareUnit})
		}
	}
	words := func(name, title, field, chosen string, codes ...string) {
		c := choice{Name: name, Title: title, Options: []option{{"", l.Say("patients.any"), chosen == ""}}}
		for _, code := range codes {
			text := l.EpisodeWord(field, code)
			if field == "occasion" {
				text = l.Occasion(code, "")
			}
			c.Options = append(c.Options, option{code, text, code == chosen})
		}
		form.Choices = append(form.Choices, c)
	}
	words("level", l.Say("care_level"), "care_level", f.CareLevel, "mmrpv", "mmrsv")
	words("track", l.Say("track"), "track", f.Track, "programme", "individual", "assessment_only")
	occasions := []string{string(store.Baseline), string(store.ProgrammeEnd), string(store.FollowUp12Months)}
	words("answered", l.Say("answered"), "occasion", string(f.Answered), occasions...)
	words("missing", l.Say("patients.missing"), "occasion", string(f.Missing), occasions...)
	form.Choices = append(form.Choices, ordersOf(l, f.Order))
	form.Ticks = []tick{
		{"new", l.Say("patients.tick.new"), f.New}, {"worse", l.Say("patients.tick.worse"), f.Worse},
		{"open", l.Say("patients.tick.open"), f.NotReviewed}, {"before", l.Say("patients.tick.before"), f.BeforeVisit},
	}
	return form
}

func ordersOf(l wording.Language, chosen clinic.PatientOrder) choice {
	c := choice{Name: "order", Title: l.Say("patients.order")}
	for _, o := range []struct {
		order clinic.PatientOrder
		text  string
	}{
		{clinic.ByNews, l.Say("patients.order.news")}, {clinic.ByDate, l.Say("patients.order.date")},
		{clinic.ByCohort, l.Say("patients.order.cohort")}, {clinic.ByEpisode, l.Say("patients.order.episode")},
	} {
		c.Options = append(c.Options, option{string(o.order), o.text, o.order == chosen})
	}
	return c
}
