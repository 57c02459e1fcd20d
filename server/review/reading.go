package review

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// reading turns a trend into what is on the page: a section per heading, a
// chart for each main scale, compact tables for the many small ones.
type reading struct {
	wording.Language
	trend   *clinic.Trend
	today   string
	parts   []part       // the headings
	between map[int]bool // occasions that stand in the charts and not in the tables
	dates   []string     // of every point: all charts of a page share one time axis
}

func newReading(l wording.Language, trend *clinic.Trend, today string, own ...Heading) *reading {
	r := &reading{Language: l, trend: trend, today: today, parts: partsOf(l, own)}
	for i := range trend.Lines {
		for j := range trend.Lines[i].Points {
			r.dates = append(r.dates, trend.Lines[i].Points[j].AnsweredOn)
		}
	}
	return r
}

// section is one heading with what stands under it.
type section struct {
	ID, Title string
	Scales    []scaleView  // with several occasions
	Profile   []profileRow // with one occasion
	Tables    []compactTable
	Notes     []string
}

// sections are the headings of the page.
func (r *reading) sections() []section {
	var sections []section
	for i, g := range r.groups() {
		sections = append(sections, r.section("part-"+strconv.Itoa(i+1), g))
	}
	return sections
}

// heaviest is all of the page under one heading, the heaviest scale first.
func (r *reading) heaviest() []section {
	all := grouped{title: r.Say("order.heaviest")}
	for _, g := range r.groups() {
		all.lines = append(all.lines, g.lines...)
	}
	heaviestFirst(all.lines)
	return []section{r.section("part-1", all)}
}

func (r *reading) section(id string, g grouped) section {
	s := section{ID: id, Title: g.title}
	_, profile := r.onlyMoment()
	var small []*clinic.Line
	for _, line := range g.lines {
		switch {
		case isSmall(line):
			small = append(small, line)
		case profile:
			s.Profile = append(s.Profile, r.profileRow(line))
		default:
			s.Scales = append(s.Scales, r.scaleView(line))
		}
		if note := r.Note(line.Instrument.ID()); note != "" && !slices.Contains(s.Notes, note) {
			s.Notes = append(s.Notes, note)
		}
	}
	slices.SortStableFunc(small, func(a, b *clinic.Line) int { return cmp.Compare(a.Instrument.ID(), b.Instrument.ID()) })
	s.Tables = r.compactTables(small)
	return s
}

// smallScales are sums that repeat what a chart beside them already shows.
var smallScales = map[string]bool{
	"tsk_17.tsk_13": true, "tsk_17.tsk_11": true,
	"eq_5d_3l.level_sum": true, "eq_5d_5l.level_sum": true,
}

// isSmall says which scales go into a compact table, for a page of thirty
// charts tells nobody anything: what is only descriptive, what has no number,
// what was listed above, and the single items and parts of an instrument that
// brings many of them (LiSat's areas, WAI's dimensions).
func isSmall(line *clinic.Line) bool {
	s := line.Scale
	if s.Descriptive || s.Kind == scoring.KindProfile || smallScales[line.Instrument.ID()+"."+s.Code] {
		return true
	}
	return isDimension(s) || s.Kind == scoring.KindItem && itemScales(line.Instrument) > 3
}

// isDimension reports whether a scale is one of the parts that WAI's total
// adds up.
func isDimension(s scoring.ScaleInfo) bool { return strings.HasPrefix(s.Code, "dimension_") }

// itemScales counts an instrument's scales of one item.
func itemScales(in *scoring.Instrument) int {
	n := 0
	for _, s := range in.Scales() {
		if s.Kind == scoring.KindItem && !isDimension(s) {
			n++
		}
	}
	return n
}

// onlyMoment is the one occasion with a form, and false where there are
// several or none.
func (r *reading) onlyMoment() (int, bool) {
	only, found := 0, 0
	for i, m := range r.trend.Occasions {
		if m.State == clinic.MomentAnswered {
			only, found = i, found+1
		}
	}
	return only, found == 1
}

// unanswered says of an occasion without forms whether they are missing or
// whether it is only too early to say so. A baseline counts as missing as soon
// as anything later is answered: there is no beginning, and there will be none.
func (r *reading) unanswered(m clinic.Moment) (text string, missing bool) {
	switch {
	case notExpected(r.trend.Episode, m.Occasion):
		return r.Say("not_expected"), false
	case m.State == clinic.BaselineMissing && len(r.trend.Lines) > 0, m.LastDay != "" && m.LastDay < r.today:
		return r.OccasionMissing(string(m.Occasion)), true
	case m.FirstDay > r.today:
		return r.Say("not_yet"), false
	}
	return r.Moment(string(clinic.MomentMissing)), false
}

// pointsAt lists the points of an occasion on every line.
func (r *reading) pointsAt(moment int) []*clinic.Point {
	var points []*clinic.Point
	for i := range r.trend.Lines {
		points = append(points, pointsOf(&r.trend.Lines[i], moment)...)
	}
	return points
}

// pointsOf lists the points of an occasion on one line: none, one, or two
// where both versions of an instrument were answered.
func pointsOf(line *clinic.Line, moment int) []*clinic.Point {
	var points []*clinic.Point
	for i := range line.Points {
		if line.Points[i].Moment() == moment {
			points = append(points, &line.Points[i])
		}
	}
	return points
}

func (r *reading) occasion(moment int) string {
	m := r.trend.Occasions[moment]
	return r.Occasion(string(m.Occasion), m.Label)
}

// instrumentName is the short name of an instrument.
func (r *reading) instrumentName(in *scoring.Instrument) string {
	return r.Instrument(in.ID(), in.Definition().ShortTitle)
}

// title names a line: instrument and what the scale measures. A line that runs
// across instruments goes by the scale alone.
func (r *reading) title(line *clinic.Line) string {
	title := r.scaleName(line)
	if line.Scale.Line == "" {
		title = r.instrumentName(line.Instrument) + ": " + title
	}
	if line.ValueSet != "" {
		title += " (" + r.ValueSet(line.ValueSet) + ")"
	}
	return title
}

func (r *reading) scaleName(line *clinic.Line) string {
	return r.Scale(line.Instrument.ID(), line.Scale.Code, scaleTitle(line))
}

// scaleTitle is the definition's own title of a scale.
func scaleTitle(line *clinic.Line) string {
	if line.Scale.Def == nil {
		return ""
	}
	return line.Scale.Def.Title
}

// lineID is an id for the page that no other line has.
func lineID(line *clinic.Line) string {
	return anchorID(line.Instrument.ID() + "-" + line.Scale.Code + "-" + line.ValueSet)
}

// anchorID makes a fragment identifier of a code.
func anchorID(code string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(code)), "-")
}
