package review

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// textsPage holds a text to paste into the record for each occasion with forms.
type textsPage struct {
	sheetPage
	Texts []recordedText
}

type recordedText struct {
	ID, Title, Text string
	Href            string // of the text alone, in ISO 8859-1
	Rows            int
}

func (s *site) recordTexts(w http.ResponseWriter, r *http.Request) {
	reading, p, ok := s.sheet(w, r, language(r).Say("text.title"), "/text")
	if !ok {
		return
	}
	page := textsPage{sheetPage: p}
	for i, m := range reading.trend.Occasions {
		if m.State != clinic.MomentAnswered {
			continue
		}
		text := reading.recordText(i)
		name := reading.momentName(i)
		page.Texts = append(page.Texts, recordedText{
			ID: "text-" + anchorID(name), Title: reading.textTitle(i), Text: text,
			Href: episodeHref(reading.trend.Episode) + "/text/" + name, Rows: strings.Count(text, "\n") + 2,
		})
	}
	s.render(w, r, http.StatusOK, s.templates.texts, page)
}

// recordText gives one of the texts alone. The record systems that it is for
// take ISO 8859-1, and many lose what goes beyond it without a word.
func (s *site) recordText(w http.ResponseWriter, r *http.Request) {
	read := s.clinic.Trend
	if opens(r) {
		read = s.clinic.OpenTrend
	}
	trend, err := read(r.Context(), refOf(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	reading := s.read(r, trend)
	at := reading.momentNamed(r.PathValue("moment"))
	if at < 0 {
		s.notFound(w, r)
		return
	}
	body := wording.Latin1(reading.recordText(at))
	w.Header().Set("Content-Type", "text/plain; charset=iso-8859-1")
	w.Header().Set("Content-Language", string(reading.Language))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// momentName names an occasion in an address: by its code, or by its number
// among the other ones, whose labels are free text and belong in no address.
func (r *reading) momentName(at int) string {
	m := r.trend.Occasions[at]
	if m.Occasion != store.OtherOccasion {
		return string(m.Occasion)
	}
	n := 0
	for _, other := range r.trend.Occasions[:at+1] {
		if other.Occasion == store.OtherOccasion {
			n++
		}
	}
	return string(m.Occasion) + "-" + strconv.Itoa(n)
}

// momentNamed finds an occasion by its name, -1 without one.
func (r *reading) momentNamed(name string) int {
	for i := range r.trend.Occasions {
		if r.momentName(i) == name {
			return i
		}
	}
	return -1
}

// textTitle says what a text is for.
func (r *reading) textTitle(at int) string {
	m := r.trend.Occasions[at]
	return r.Say("text.of", r.occasion(at), r.Date(m.FirstAnswered))
}

// recordText tells one occasion, compared with the baseline where there is one,
// and nothing of what came later: it goes into the record as of then.
func (r *reading) recordText(to int) string {
	var text strings.Builder
	line := func(s string) { text.WriteString(s + "\n") }
	if m := r.trend.Occasions[to]; m.State != clinic.MomentAnswered {
		missing, _ := r.unanswered(m)
		line(r.Say("text.score", r.occasion(to), missing))
		line(r.Say("text.episode", r.trend.Episode.EpisodeID))
		return wording.Plain(text.String())
	}
	line(r.textTitle(to))
	line(r.Say("text.episode", r.trend.Episode.EpisodeID))
	line("")
	line(strings.Join(r.standOut(to), " "))
	for _, g := range r.sheetGroups(to, func(l *clinic.Line) bool { return len(pointsOf(l, to)) > 0 }) {
		line("")
		line(g.Title)
		for _, row := range g.Lines {
			line("- " + r.textRow(row))
		}
	}
	line("")
	line(r.Say("text.rests", strings.Join(r.textKeys(to), "; ")))
	line(r.Say("device"))
	return wording.Plain(text.String())
}

// textRow is a scale in one line of a text.
func (r *reading) textRow(row sheetLine) string {
	last := len(row.Cells) - 1
	text := r.Say("text.score", row.Title, row.Cells[last])
	if row.Range != "" {
		text = r.Say("text.range", text, row.Range)
	}
	if row.Way != "" {
		text = r.Say("value.band", text, row.Way)
	}
	text += "."
	if c := row.Change; c != nil {
		if c.Apart != "" {
			text += " " + capital(c.Apart) + "."
		} else {
			text += " " + r.Say("text.change", c.Pair, c.Difference, c.Movement, c.Important.Text, c.Error.Text)
		}
	}
	for _, remark := range row.Remarks {
		text += " " + capital(strings.TrimSuffix(remark, ".")) + "."
	}
	return text
}

// textKeys names the definitions behind an occasion.
func (r *reading) textKeys(to int) []string {
	var keys []string
	seen := map[string]bool{}
	for _, p := range r.pointsAt(to) {
		in := p.Definition
		if hash := in.ScoringHash(); !seen[hash] {
			seen[hash] = true
			keys = append(keys, r.instrumentName(in)+" "+r.Say("sources.definition", in.Version(), hash[:min(hashShown, len(hash))]))
		}
	}
	return keys
}
