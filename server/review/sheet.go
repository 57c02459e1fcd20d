package review

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// sheetPage is what all sheets share. They are made to be printed: nothing on
// them is closed, and each names what it rests on.
type sheetPage struct {
	page
	Tabs     []tab
	Episode  string
	Moments  []sheetMoment
	StandOut []string
	Goals    []compactTable // the patient's own forms of the unit, such as goals
	Keys     []string       // of the definitions and thresholds
	Made     string         // the day on which the sheet was made

	own []clinic.SiteForm // what Goals can be made of
}

// sheetMoment heads a column.
type sheetMoment struct{ Name, Date string }

// sheetGroup is a heading with its scales.
type sheetGroup struct {
	Title string
	Lines []sheetLine
}

// sheetLine is one scale on a sheet: a cell for each moment, and the change
// from the first of them to the last.
type sheetLine struct {
	Title, Way, Range string
	Cells             []string
	Change            *changeRow // nil where there are not two scores
	Plain             string     // the change for the patient's ear
	Remarks           []string   // of the newest score
}

// sheet reads what a sheet at an address shares with the others. It says false
// when the answer has been given already.
func (s *site) sheet(w http.ResponseWriter, r *http.Request, title, current string) (*reading, sheetPage, bool) {
	trend, forms, err := s.clinic.TrendAndForms(r.Context(), refOf(r), opens(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return nil, sheetPage{}, false
	}
	reading := s.read(r, trend)
	l, e := reading.Language, reading.trend.Episode
	p := sheetPage{
		page: s.page(r, l, title), Tabs: tabsOf(l, e, current), Episode: e.EpisodeID,
		StandOut: reading.standOut(reading.newest()), Keys: reading.keys(), Made: l.Date(reading.today), own: byPatient(forms),
	}
	for _, at := range reading.sheetMoments(reading.newest()) {
		m := reading.trend.Occasions[at]
		p.Moments = append(p.Moments, sheetMoment{reading.occasion(at), l.Date(m.FirstAnswered)})
	}
	return reading, p, true
}

// sheetMoments are the occasions that fit on paper: the baseline and the two
// newest up to an occasion.
func (r *reading) sheetMoments(to int) []int {
	var answered []int
	for i, m := range r.trend.Occasions {
		if m.State == clinic.MomentAnswered && i <= to {
			answered = append(answered, i)
		}
	}
	if len(answered) <= 3 {
		return answered
	}
	shown := answered[len(answered)-2:]
	if b := r.baseline(); slices.Contains(answered, b) && !slices.Contains(shown, b) {
		return slices.Insert(slices.Clone(shown), 0, b)
	}
	return answered[len(answered)-3:]
}

// sheetGroups lays out the scales that have charts, as far as wanted.
func (r *reading) sheetGroups(to int, wanted func(*clinic.Line) bool) []sheetGroup {
	moments := r.sheetMoments(to)
	var groups []sheetGroup
	for _, g := range r.groups() {
		group := sheetGroup{Title: g.title}
		for _, line := range g.lines {
			if !isSmall(line) && wanted(line) && r.answeredAt(line, moments) {
				group.Lines = append(group.Lines, r.sheetLine(line, moments))
			}
		}
		if group.Lines != nil {
			groups = append(groups, group)
		}
	}
	return groups
}

func (r *reading) answeredAt(line *clinic.Line, moments []int) bool {
	return slices.ContainsFunc(moments, func(m int) bool { return len(pointsOf(line, m)) > 0 })
}

func (r *reading) sheetLine(line *clinic.Line, moments []int) sheetLine {
	row := sheetLine{Title: r.title(line), Way: r.BetterWay(line.Scale.Direction)}
	if lowest, highest := rangeOf(line); lowest.Valid() {
		row.Range = r.Say("chart.possible", r.exact(lowest, scoring.AsNeeded), r.exact(highest, scoring.AsNeeded))
	}
	for _, moment := range moments {
		row.Cells = append(row.Cells, r.sheetCell(line, moment))
	}
	to := moments[len(moments)-1]
	if c := changeFrom(line, r.comparedWith(to), to); c != nil && c.FromScore != nil && c.ToScore != nil {
		change := r.changeRow(line, c)
		row.Change = &change
		row.Plain = capital(strings.Join(r.PlainChange(&c.Change, &c.Judgement), "; ")) + "."
	}
	for _, p := range pointsOf(line, to) {
		row.Remarks = append(row.Remarks, r.remarks(line, p)...)
	}
	return row
}

func (r *reading) sheetCell(line *clinic.Line, moment int) string {
	points := pointsOf(line, moment)
	if len(points) == 0 {
		return r.Say("no_form")
	}
	return r.scoreInWords(points[len(points)-1])
}

// keys name the definitions that made the scores and the thresholds that
// judged the changes, so that a printed sheet can be followed up.
func (r *reading) keys() []string {
	definitions, limits := r.keyParts()
	return r.joinKeys(definitions, limits)
}

// joinKeys says where the keys of the thresholds begin.
func (r *reading) joinKeys(definitions, limits []string) []string {
	keys := slices.Concat(definitions, limits)
	if len(limits) > 0 {
		keys[len(definitions)] = r.Say("keys.limits", limits[0])
	}
	return keys
}

// keyParts are the keys of the definitions and those of the thresholds.
func (r *reading) keyParts() (definitions, limits []string) {
	for _, s := range r.sources() {
		definitions = append(definitions, s.Instrument+" "+s.Definition)
	}
	for i := range r.trend.Lines {
		line := &r.trend.Lines[i]
		for _, c := range r.shownChanges(line) {
			if hash := c.Judgement.EvidenceHash; hash != "" {
				text := r.title(line) + " " + hash[:min(hashShown, len(hash))]
				if !slices.Contains(limits, text) {
					limits = append(limits, text)
				}
			}
		}
	}
	return definitions, limits
}

// capital begins a sentence.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
