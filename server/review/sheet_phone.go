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
	forms, err := s.clinic.Forms(r.Context(), refOf(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	s.render(w, r, http.StatusOK, s.templates.phone, phonePage{p, reading.goalsTold(byPatient(forms)), reading.phoneParts()})
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
	var about, scores, changes []string
	for _, line := range lines {
		about = append(about, r.spokenScale(line))
		scores = append(scores, r.spokenScores(line, from, to))
		if c := changeFrom(line, from, to); c != nil && c.FromScore != nil && c.ToScore != nil {
			changes = append(changes, r.Say("phone.change", r.scaleName(line), strings.Join(r.PlainChange(&c.Change, &c.Judgement), ", ")))
		}
	}
	part := phonePart{Title: capital(title)}
	part.Sentences[0] = r.Say("phone.about", title, r.List(about))
	part.Sentences[1] = capital(strings.Join(scores, "; ")) + "."
	part.Sentences[2] = r.Say("phone.no_change")
	if changes != nil {
		part.Sentences[2] = capital(strings.Join(changes, "; ")) + "."
	}
	return part
}

// spokenScale is a scale with its range and which way is better.
func (r *reading) spokenScale(line *clinic.Line) string {
	text := r.scaleName(line)
	if lowest, highest := rangeOf(line); lowest.Valid() {
		text = r.Say("phone.range", text, r.exact(lowest, scoring.AsNeeded), r.exact(highest, scoring.AsNeeded))
	}
	if way := r.BetterWay(line.Scale.Direction); way != "" {
		text = r.Say("phone.way", text, way)
	}
	return text
}

// spokenScores are a scale's newest score and the one that it is compared with.
func (r *reading) spokenScores(line *clinic.Line, from, to int) string {
	var told []string
	for _, moment := range []int{from, to} {
		for _, p := range pointsOf(line, moment) {
			m := r.trend.Occasions[moment]
			told = append(told, r.Say("phone.score", r.scoreInWords(p), r.At(string(m.Occasion), m.Label)))
			break
		}
	}
	return r.Say("phone.change", r.scaleName(line), r.List(told))
}
