package review

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/wording"
)

// Reports is what the pages about groups ask of the use cases.
type Reports interface {
	GroupReport(ctx context.Context, request clinic.ReportRequest) (*clinic.GroupReport, error)
	Codebook(ctx context.Context, request clinic.CodebookRequest) (*registry.Codebook, error)
}

// reportPath is the page of group reports.
const reportPath = "/report"

// reportPage is what a group report's template shows.
type reportPage struct {
	page
	Form     reportForm
	Notice   string // why there is no report
	Problem  string
	Internal bool
	Mark     string // whom the report is for
	AsOf     string
	Undated  string
	Many     bool // groups: not every figure is shown without an instrument chosen
	Scored   bool
	Changed  bool
	Groups   []reportGroup
	Flow     []reportRow
	Answers  []reportRow
	Feedback []string
	Scales   []instrumentReport
}

// reportForm is the filter as it was asked for.
type reportForm struct {
	Unit, From, To, OtherFrom, OtherTo string
	Others                             bool
	Dates, Splits, Instruments         []option
}

var (
	reportDates  = []string{"", string(registry.Referral), string(registry.FirstVisit), string(registry.Start), string(registry.End)}
	reportSplits = []registry.Dimension{"", registry.ByUnit, registry.ByCohort, registry.ByTrack, registry.ByProgrammeType, registry.ByWeeks, registry.BySex, registry.ByAssistance, registry.ByYear}
)

// report shows figures of groups. What is asked for stands in the address, so
// that a report can be kept as a bookmark; it names no patient.
func (s *site) report(w http.ResponseWriter, r *http.Request) {
	l, q := language(r), r.URL.Query()
	p := reportPage{page: s.workPage(r, l, l.Say("report")), Form: newReportForm(l, q)}
	report, err := s.clinic.GroupReport(r.Context(), reportRequest(l, q))
	var state *clinic.StateError
	status := http.StatusOK
	switch {
	case errors.As(err, &state):
		p.Notice, p.Problem, status = l.Say("report.close"), l.Say("report.close.what"), http.StatusConflict
	case isInput(err):
		p.Notice, status = l.Say("report.wrong"), http.StatusBadRequest
		for _, problem := range problemsOf(err) {
			p.Problem += l.Problem(problem.Reason) + " "
		}
	case err != nil:
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	default:
		p.show(l, report, q.Get("instrument"))
	}
	s.render(w, r, status, s.templates.work["report"], p)
}

func newReportForm(l wording.Language, q url.Values) reportForm {
	f := reportForm{Unit: q.Get("unit"), From: q.Get("from"), To: q.Get("to"), OtherFrom: q.Get("other_from"), OtherTo: q.Get("other_to"), Others: q.Get("others") != ""}
	f.Dates = choices(reportDates, q.Get("date"), func(code string) string { return l.ReportWord(cmp.Or(code, "all time")) })
	for _, d := range reportSplits {
		f.Splits = append(f.Splits, option{string(d), l.ReportWord(cmp.Or(string(d), "undivided")), string(d) == q.Get("split")})
	}
	return f
}

// reportRequest reads the address: a second period, or the others, make sides.
func reportRequest(l wording.Language, q url.Values) clinic.ReportRequest {
	date := registry.DateName(q.Get("date"))
	request := clinic.ReportRequest{Split: registry.Dimension(q.Get("split"))}
	if request.Split == registry.ByYear {
		request.Filter.Period.Date = date
	}
	unit, period := q.Get("unit"), registry.Period{Date: date, From: q.Get("from"), To: q.Get("to")}
	side := func(name string, f registry.Filter) {
		request.Sides = append(request.Sides, registry.Side{Name: name, Filter: f})
	}
	switch {
	case q.Get("other_from") != "" || q.Get("other_to") != "":
		for _, p := range []registry.Period{period, {Date: date, From: q.Get("other_from"), To: q.Get("other_to")}} {
			side(strings.TrimSpace(l.Date(p.From)+" – "+l.Date(p.To)), registry.Filter{Period: p})
		}
	case q.Get("others") != "" && unit != "":
		request.Filter.Period = period
		side(unit, registry.Filter{Units: []string{unit}})
		side(l.Say("report.the_others"), registry.Filter{NotUnits: []string{unit}})
		return request
	default:
		request.Filter.Period = period
	}
	if unit != "" {
		request.Filter.Units = []string{unit}
	}
	return request
}

// codebookPage is what the codebook's template shows.
type codebookPage struct {
	page
	Instruments []codebookInstrument
	Missing     []registry.MissingCode
}

type codebookInstrument struct {
	ID, Name string
	Rows     []codebookRow
}

type codebookRow struct{ Name, Label, Range, Source string }

// codebook shows what the variables of one instrument mean, or which instruments
// there are to choose from.
func (s *site) codebook(w http.ResponseWriter, r *http.Request) {
	l := language(r)
	p := codebookPage{page: s.workPage(r, l, l.Say("codebook"))}
	book, err := s.clinic.Codebook(r.Context(), clinic.CodebookRequest{})
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	p.fill(l, book, r.URL.Query().Get("instrument"))
	s.render(w, r, http.StatusOK, s.templates.work["codebook"], p)
}

func (p *codebookPage) fill(l wording.Language, book *registry.Codebook, shown string) {
	for i := range book.Variables {
		m := &book.Variables[i]
		if n := len(p.Instruments); n == 0 || p.Instruments[n-1].ID != m.Of {
			p.Instruments = append(p.Instruments, codebookInstrument{ID: m.Of, Name: l.Instrument(m.Of, m.Of)})
		}
		if m.Of != shown {
			continue
		}
		row := codebookRow{Name: m.Name, Label: m.Label}
		if len(m.Versions) > 0 {
			v := m.Versions[len(m.Versions)-1]
			row.Range, row.Source = valuesOf(&v), v.Source
		}
		at := &p.Instruments[len(p.Instruments)-1]
		at.Rows = append(at.Rows, row)
		if m.What == registry.ItemVariable && len(p.Missing) == 0 {
			p.Missing = m.Missing
		}
	}
}

// maxValues is how many values of a list are named before the rest.
const maxValues = 12

func valuesOf(v *registry.Version) string {
	switch {
	case len(v.Values) > maxValues:
		return v.Values[0] + " … " + v.Values[len(v.Values)-1] + " (" + strconv.Itoa(len(v.Values)) + ")"
	case len(v.Values) > 0:
		text := ""
		for _, value := range v.Values {
			text += value + " "
		}
		return text
	case v.Lowest != "" || v.Highest != "":
		return v.Lowest + " … " + v.Highest
	}
	return ""
}
