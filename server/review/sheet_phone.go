package review

import (
	"net/http"
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// phonePage is a script for feedback by telephone: three sentences for each
// domain, to be read aloud, the patient's own goals first and pain last.
type phonePage struct {
	sheetPage
	GoalsTold []string
	Parts     []phonePart
	Given     *feedbackForm // nil where the reader's unit does not own the episode
	To        string        // where its form leads back to
	Done      *done
}

type phonePart struct {
	Title     string
	Sentences [3]string
}

func (s *site) phoneScript(w http.ResponseWriter, r *http.Request) {
	reading, p, ok := s.sheet(w, r, language(r).Say("phone.title"), "/phone")
	if !ok {
		return
	}
	sheet := phonePage{sheetPage: p, GoalsTold: reading.goalsTold(p.own), Parts: reading.phoneParts(), Done: doneOf(reading.Language, r)}
	if e := reading.trend.Episode; s.owns(r, e.CareUnit) {
		form := reading.givenForm(s.today())
		sheet.Given, sheet.To, sheet.FormStyles = &form, episodeHref(e)+"/phone", formStylesPath
	}
	s.render(w, r, http.StatusOK, s.templates.phone, sheet)
}

// goalsTold reads out the newest of each of the patient's own forms.
func (r *reading) goalsTold(forms []clinic.SiteForm) []string {
	var told []string
	for i, form := range forms {
		later := slices.ContainsFunc(forms[i+1:], func(f clinic.SiteForm) bool { return f.Instrument == form.Instrument })
		if later {
			continue
		}
		var answers []string
		for _, a := range form.Items {
			if a.Kind == scoring.Answered {
				answers = append(answers, r.Say("phone.goal", r.Item(form.Instrument, a.Item.Code), r.answerText(a)))
			}
		}
		if answers != nil {
			name := r.Instrument(form.Instrument, form.Definition.Definition().Title)
			told = append(told, r.Say("phone.goals", name, r.At(string(form.Occasion), form.OccasionLabel), strings.Join(answers, "; ")))
		}
	}
	return told
}

// phoneParts goes through the domains in the order of the headings.
func (r *reading) phoneParts() []phonePart {
	to := r.newest()
	if to < 0 {
		return nil
	}
	var order []string
	told := map[string][]*clinic.Line{}
	for _, g := range r.groups() {
		for _, line := range g.lines {
			if isSmall(line) || !forPatients(line) || len(pointsOf(line, to)) == 0 {
				continue
			}
			domain := line.Scale.Domain
			if told[domain] == nil {
				order = append(order, domain)
			}
			told[domain] = append(told[domain], line)
		}
	}
	if at := slices.Index(order, painDomain); at >= 0 { // last, whatever heading it stands under
		order = append(slices.Delete(order, at, at+1), painDomain)
	}
	var parts []phonePart
	for _, domain := range order {
		parts = append(parts, r.phonePart(domain, told[domain], to))
	}
	return parts
}

const painDomain = "pain"

func (r *reading) phonePart(domain string, lines []*clinic.Line, to int) phonePart {
	title := r.DomainTold(domain)
	if domain == "" {
		title = r.Say("section.further")
	}
	from := r.comparedWith(to)
	part := phonePart{Title: capital(title)}
	part.Sentences[0] = r.Say("phone.about", title, r.spokenScales(lines))
	part.Sentences[1] = r.spokenScores(lines, from, to)
	part.Sentences[2] = r.spokenChanges(lines, from, to)
	return part
}

// spokenScales names the scales with their ranges, and once at the end which
// way is better where that is the same for all.
func (r *reading) spokenScales(lines []*clinic.Line) string {
	var names []string
	same := !slices.ContainsFunc(lines, func(l *clinic.Line) bool { return l.Scale.Direction != lines[0].Scale.Direction })
	for _, line := range lines {
		name := r.scaleName(line)
		if lowest, highest := rangeOf(line); lowest.Valid() {
			name = r.Say("phone.range", name, r.exact(lowest, scoring.AsNeeded), r.exact(highest, scoring.AsNeeded))
		}
		if way := r.BetterWay(line.Scale.Direction); way != "" && !same {
			name = r.Say("phone.way", name, way)
		}
		names = append(names, name)
	}
	text := r.List(names)
	if way := r.BetterWay(lines[0].Scale.Direction); way != "" && same {
		text = r.Say("value.band", text, r.Say("phone.same_way", way))
	}
	return text
}

// spokenScores tells the newest score of each scale and the one that it is
// compared with.
func (r *reading) spokenScores(lines []*clinic.Line, from, to int) string {
	var told []string
	before := false
	for _, line := range lines {
		now := r.spokenScore(pointsOf(line, to))
		text := r.Say("phone.score", r.scaleName(line), now)
		if earlier := pointsOf(line, from); len(earlier) > 0 {
			text, before = r.Say("phone.scores", r.scaleName(line), r.spokenScore(earlier), now), true
		}
		told = append(told, text)
	}
	newest := r.trend.Occasions[to]
	at := r.At(string(newest.Occasion), newest.Label)
	if !before {
		return r.Say("phone.at", capital(at), strings.Join(told, "; "))
	}
	first := r.trend.Occasions[from]
	return r.Say("phone.from", r.At(string(first.Occasion), first.Label), at, strings.Join(told, "; "))
}

// spokenScore is a score with what belongs to it in brackets.
func (r *reading) spokenScore(points []*clinic.Point) string {
	p := points[len(points)-1]
	var more []string
	if band := r.bandText(p); band != "" {
		more = append(more, r.Say("phone.band", band))
	}
	if p.Score.Prorated {
		more = append(more, r.Say("prorated.short"))
	}
	if more == nil {
		return r.scoreText(p)
	}
	return r.Say("named.band", r.scoreText(p), strings.Join(more, ", "))
}

// spokenChanges tells what the changes are worth, those that are worth the same
// together.
func (r *reading) spokenChanges(lines []*clinic.Line, from, to int) string {
	var order []string
	named := map[string][]string{}
	for _, line := range lines {
		c := changeFrom(line, from, to)
		if c == nil || c.FromScore == nil || c.ToScore == nil {
			continue
		}
		worth := strings.Join(r.PlainChange(&c.Change, &c.Judgement), ", ")
		if named[worth] == nil {
			order = append(order, worth)
		}
		named[worth] = append(named[worth], r.scaleName(line))
	}
	if order == nil {
		return r.Say("phone.no_change")
	}
	var told []string
	for _, worth := range order {
		told = append(told, r.Say("phone.change", r.List(named[worth]), worth))
	}
	return strings.Join(told, "; ") + "."
}
