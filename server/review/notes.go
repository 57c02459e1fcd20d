package review

import (
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// note puts a text into the page's numbered notes, once, and gives its number.
func (r *reading) note(text string) int {
	if at := slices.Index(r.notes, text); at >= 0 {
		return at + 1
	}
	r.notes = append(r.notes, text)
	return len(r.notes)
}

// thresholdNote is the note with the thresholds that decided about a line's
// changes: source, population and how well they are known. 0 where nothing is
// known to decide by.
func (r *reading) thresholdNote(line *clinic.Line) int {
	var important, beyond []string
	hash := ""
	add := func(list *[]string, norm *scoring.Norm) {
		if norm == nil {
			return
		}
		if text := r.normText(line, norm); !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	for i := range line.Changes {
		j := &line.Changes[i].Judgement
		add(&important, j.Importance.Threshold)
		add(&beyond, j.Error.Threshold)
		hash = max(hash, j.EvidenceHash) // one line, one evidence
	}
	percent := r.percentText(line)
	if len(important)+len(beyond) == 0 && percent == "" || hash == "" {
		return 0
	}
	text := []string{r.title(line) + ".", r.Say("note.none"), r.Say("note.no_error")}
	if len(important) > 0 {
		text[1] = r.Say("note.important", strings.Join(important, "; "))
	}
	if len(beyond) > 0 {
		text[2] = r.Say("note.error", strings.Join(beyond, "; "))
	}
	if percent != "" {
		text = append(text, percent)
	}
	return r.note(strings.Join(append(text, r.Say("note.hash", hash[:min(hashShown, len(hash))])), " "))
}

// normText is a threshold with what it rests on.
func (r *reading) normText(line *clinic.Line, n *scoring.Norm) string {
	text := r.exact(n.Low, scoring.AsNeeded)
	if n.Low.Cmp(n.High) != 0 {
		text = r.Say("note.interval", text, r.exact(n.High, scoring.AsNeeded))
	}
	if n.EarlierAtMost.Valid() {
		text = r.Say("note.at_most", text, r.exact(n.EarlierAtMost, scoring.AsNeeded))
	}
	if n.EarlierAbove.Valid() {
		text = r.Say("note.above", text, r.exact(n.EarlierAbove, scoring.AsNeeded))
	}
	var basis []string
	if n.Name != "" {
		basis = append(basis, r.Say("note.own", n.Name))
		if n.Date != "" {
			basis = append(basis, r.Say("note.own_from", n.Date))
		}
	}
	for _, source := range n.Sources {
		basis = append(basis, cite(line.Instrument, source))
	}
	basis = append(basis, n.Population, n.Found, r.Known(n.Known))
	basis = slices.DeleteFunc(basis, func(s string) bool { return s == "" })
	return text + " (" + strings.Join(basis, "; ") + ")"
}

// cite is a source as the definition gives it; a unit's own norm names its
// source in words of its own.
func cite(in *scoring.Instrument, code string) string {
	for _, s := range in.Definition().Sources {
		if s.Code == code {
			return s.Cite
		}
	}
	return code
}

// percentText explains the classes of reductions in percent, empty for most
// scales.
func (r *reading) percentText(line *clinic.Line) string {
	rule := line.Instrument.EvidenceOf(line.Scale.Code).Percent
	if rule == nil {
		return ""
	}
	var classes []string
	for _, c := range rule.Classes {
		classes = append(classes, r.Say("note.percent.class", r.PercentClass(c.Code), c.From))
	}
	return r.Say("note.percent", r.List(classes), cite(line.Instrument, rule.Source))
}
