package review

import (
	"net/http"
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

func (s *site) conferencePage(r *http.Request, trends []*clinic.Trend, note string) conferencePage {
	l := language(r)
	p := conferencePage{page: s.page(r, l, l.Say("conference")), Note: note, Made: l.Date(s.today()), Back: "/", What: l.Count("conference.patients", len(trends))}
	if cohort := r.URL.Query().Get("cohort"); cohort != "" {
		p.What = l.Say("conference.cohort", cohort, p.What)
	}
	if len(r.URL.Query()["e"]) == 0 {
		p.Back = address("/", filterQuery(filterOf(r.URL.Query())))
	}
	readings := make([]*reading, len(trends))
	for i, trend := range trends {
		readings[i] = newReading(l, trend, s.today(), s.options.Headings[trend.Episode.CareUnit]...)
	}
	all := newReading(l, &clinic.Trend{Lines: linesOf(readings)}, s.today(), s.headingsOf(trends)...)
	groups := all.groups()
	for _, g := range groups {
		group := conferenceGroup{Title: g.title}
		for _, line := range g.lines {
			group.Scales = append(group.Scales, all.conferenceScale(line))
		}
		p.Groups, p.Columns = append(p.Groups, group), p.Columns+len(g.lines)
	}
	var definitions, limits []string
	for _, rd := range readings {
		p.Rows = append(p.Rows, rd.conferenceRow(groups))
		more, moreLimits := rd.keyParts()
		definitions, limits = append(definitions, more...), append(limits, moreLimits...)
	}
	p.Keys = all.joinKeys(eachOnce(definitions), eachOnce(limits))
	return p
}

// eachOnce sorts keys, each once.
func eachOnce(keys []string) []string {
	slices.Sort(keys)
	return slices.Compact(keys)
}

// headingsOf are a unit's own headings where all patients are of that unit.
func (s *site) headingsOf(trends []*clinic.Trend) []Heading {
	unit := trends[0].Episode.CareUnit
	if slices.ContainsFunc(trends, func(t *clinic.Trend) bool { return t.Episode.CareUnit != unit }) {
		return nil
	}
	return s.options.Headings[unit]
}

// linesOf are the main scales of several trends, each once, in the order that
// all trends have: a scale that only some patients have stands behind the one
// that it follows there.
func linesOf(readings []*reading) []clinic.Line {
	var lines []clinic.Line
	var keys []scaleKey
	for _, r := range readings {
		at := 0 // behind the last one that was found
		for i := range r.trend.Lines {
			line := &r.trend.Lines[i]
			if isSmall(line) {
				continue
			}
			if found := slices.Index(keys, keyOf(line)); found >= 0 {
				at = max(at, found+1)
				continue
			}
			lines, keys = slices.Insert(lines, at, *line), slices.Insert(keys, at, keyOf(line))
			at++
		}
	}
	return lines
}

// scaleKey is what two patients' lines share that belong into one column.
type scaleKey struct{ instrument, scale, valueSet string }

func keyOf(line *clinic.Line) scaleKey {
	if line.Scale.Line != "" {
		return scaleKey{scale: line.Scale.Line}
	}
	return scaleKey{line.Instrument.ID(), line.Scale.Code, line.ValueSet}
}

func (r *reading) conferenceScale(line *clinic.Line) conferenceScale {
	head := conferenceScale{Instrument: r.instrumentName(line.Instrument), Scale: r.scaleName(line), Way: r.Direction(line.Scale.Direction)}
	if line.Scale.Line != "" {
		head.Instrument, head.Scale = head.Scale, ""
	}
	if line.ValueSet != "" {
		head.Scale += " (" + r.ValueSet(line.ValueSet) + ")"
	}
	head.Instrument, head.Scale = r.Narrow(head.Instrument), r.Narrow(head.Scale)
	return head
}

func (r *reading) conferenceRow(groups []grouped) conferenceRow {
	e := r.trend.Episode
	facts := slices.DeleteFunc([]string{e.Cohort, statusText(r.Language, e)}, func(s string) bool { return s == "" })
	row := conferenceRow{Href: episodeHref(e), Episode: e.EpisodeID, Facts: strings.Join(facts, ", ")}
	newest := r.newest()
	if newest < 0 {
		row.Remark = r.Say("conference.nothing")
	} else {
		row.Newest = r.Say("conference.newest", r.occasionShort(newest), r.Date(r.trend.Occasions[newest].LastAnswered))
		if r.trend.Occasions[r.baseline()].State == clinic.BaselineMissing {
			row.Remark = r.Say("conference.no_baseline")
		}
	}
	for _, g := range groups {
		for _, column := range g.lines {
			row.Cells = append(row.Cells, r.conferenceCell(keyOf(column), newest))
		}
	}
	return row
}

func (r *reading) conferenceCell(key scaleKey, newest int) conferenceCell {
	at := slices.IndexFunc(r.trend.Lines, func(line clinic.Line) bool { return keyOf(&line) == key })
	if at < 0 {
		return conferenceCell{Score: r.Say("no_form"), None: true}
	}
	line := &r.trend.Lines[at]
	p := &line.Points[len(line.Points)-1]
	cell := conferenceCell{Score: r.scoreText(p), Band: r.Narrow(r.bandText(p)), Remark: r.conferenceRemark(p, newest)}
	change := changeFrom(line, r.baseline(), p.Moment())
	switch {
	case change == nil || !isScored(change.FromScore) || !isScored(change.ToScore):
	case change.Comparable:
		cell.Way, cell.Movement = r.movementAtAGlance(change)
	default:
		cell.Movement = r.Say("conference.not_comparable")
	}
	return cell
}

// movementAtAGlance is movement in one word, for a narrow column: the page
// says below what each word stands for.
func (r *reading) movementAtAGlance(c *clinic.Change) (way, word string) {
	way, word = r.movement(c)
	important := c.Judgement.Importance.Answer
	switch {
	case c.Movement == scoring.Same:
		word = r.Say("glance.same")
	case important == scoring.NotImportant:
		word = r.Say("glance.not_clearly")
	case important == scoring.Uncertain:
		word = r.Say("glance.possibly")
	case important == scoring.Important && c.Movement == scoring.NoMovement:
		word = r.Say("glance.important")
	case important == scoring.Important:
	case way == "up":
		word = r.Say("higher")
	default:
		word = r.Say("lower")
	}
	return way, r.Narrow(word)
}

func isScored(s *scoring.Score) bool { return s != nil && s.Outcome != scoring.Refused }

func (r *reading) occasionShort(moment int) string {
	m := r.trend.Occasions[moment]
	return r.OccasionShort(string(m.Occasion), m.Label)
}

// conferenceRemark says of a score that it is not of the newest occasion, or
// that it is prorated.
func (r *reading) conferenceRemark(p *clinic.Point, newest int) string {
	var remarks []string
	if p.Moment() != newest {
		remarks = append(remarks, r.occasionShort(p.Moment()))
	}
	if p.Score.Prorated {
		remarks = append(remarks, r.Say("prorated.short"))
	}
	return r.Narrow(strings.Join(remarks, ", "))
}
