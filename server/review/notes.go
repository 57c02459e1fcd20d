package review

import (
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// basis is what the verdicts on a line's changes rest on: both thresholds with
// source and population, then what they were not made for, with the pairs that
// this concerns. Empty where nothing is known to decide by and nothing was
// withheld.
func (r *reading) basis(line *clinic.Line, shown []*clinic.Change) []string {
	texts := append(r.thresholds(line, shown), r.caveats(shown)...)
	return texts
}

// thresholds are the norms that decided, and the key that identifies them.
func (r *reading) thresholds(line *clinic.Line, shown []*clinic.Change) []string {
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
	for _, c := range shown {
		j := &c.Judgement
		add(&important, j.Importance.Threshold)
		add(&beyond, j.Error.Threshold)
		hash = max(hash, j.EvidenceHash) // one line, one evidence
	}
	percent := r.percentText(line)
	if len(important)+len(beyond) == 0 && percent == "" || hash == "" {
		return nil
	}
	texts := []string{r.Say("note.none"), r.Say("note.no_error")}
	if len(important) > 0 {
		texts[0] = r.Say("note.important", strings.Join(important, "; "))
	}
	if len(beyond) > 0 {
		texts[1] = r.Say("note.error", strings.Join(beyond, "; "))
	}
	if percent != "" {
		texts = append(texts, percent)
	}
	return append(texts, r.Say("note.hash", hash[:min(hashShown, len(hash))]))
}

// caveats lists what the thresholds were not made for and why a verdict was
// withheld, each once with the pairs that it concerns.
func (r *reading) caveats(shown []*clinic.Change) []string {
	var texts []string
	pairs := map[string][]string{}
	add := func(c *clinic.Change, code string) {
		text := r.VerdictNote(code)
		if pairs[text] == nil {
			texts = append(texts, text)
		}
		if pair := r.pair(c); !slices.Contains(pairs[text], pair) {
			pairs[text] = append(pairs[text], pair)
		}
	}
	for _, c := range shown {
		for _, v := range []*scoring.Verdict{&c.Judgement.Importance, &c.Judgement.Error} {
			for _, caveat := range v.Caveats {
				add(c, caveat)
			}
			if v.Reason != "" {
				add(c, v.Reason)
			}
		}
	}
	for i, text := range texts {
		texts[i] = r.Say("note.pairs", r.List(pairs[text]), text)
	}
	return texts
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
