package review

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// Heading is a part of a patient's page: what it is called, and the domains
// that stand under it in the order of the trend. A unit whose
// physiotherapists read pain and fear of movement together puts both under one.
type Heading struct {
	Swedish string   `yaml:"sv"`
	English string   `yaml:"en"`
	Domains []string `yaml:"domains"`
}

// CheckHeadings finds what is wrong with configured headings, by care unit: one
// without a Swedish title or a domain, or a domain under two of them.
func CheckHeadings(byUnit map[string][]Heading) error {
	var problems []error
	for unit, headings := range byUnit {
		under := map[string]string{}
		for _, h := range headings {
			if h.Swedish == "" || len(h.Domains) == 0 {
				problems = append(problems, fmt.Errorf("%s: a heading needs sv, its Swedish title, and domains", unit))
			}
			for _, domain := range h.Domains {
				if other, taken := under[domain]; taken {
					problems = append(problems, fmt.Errorf("%s: domain %s stands under %q and %q", unit, domain, other, h.Swedish))
				}
				under[domain] = h.Swedish
			}
		}
	}
	return errors.Join(problems...)
}

// usual are the headings of a unit that has none of its own; their titles are
// phrases. The aim of a programme is a meaningful life in spite of pain, so
// pain comes last.
var usual = []struct {
	key     string
	domains []string
}{
	{"heading.life", []string{"function", "quality_of_life", "acceptance", "work"}},
	{"heading.mind", []string{"distress", "sleep"}},
	{"heading.fear", []string{"fear", "catastrophising"}},
	{"heading.pain", []string{"pain"}},
}

// part is a heading in the reader's language.
type part struct {
	title   string
	domains []string
}

// parts are the unit's own headings, else the usual ones.
func partsOf(l wording.Language, own []Heading) []part {
	var parts []part
	for _, h := range own {
		title := h.Swedish
		if l == wording.English {
			title = cmp.Or(h.English, h.Swedish)
		}
		parts = append(parts, part{title, h.Domains})
	}
	if parts != nil {
		return parts
	}
	for _, h := range usual {
		parts = append(parts, part{l.Say(h.key), h.domains})
	}
	return parts
}

// grouped are the lines of one heading.
type grouped struct {
	title string
	lines []*clinic.Line
}

// groups puts the lines under their headings, within each in the trend's own
// order. What no heading names gets one of its own before the last: there the
// usual order has pain.
func (r *reading) groups() []grouped {
	groups := make([]grouped, len(r.parts))
	var further []grouped
	for i, p := range r.parts {
		groups[i].title = p.title
	}
	for i := range r.trend.Lines {
		line := &r.trend.Lines[i]
		at := slices.IndexFunc(r.parts, func(p part) bool { return slices.Contains(p.domains, line.Scale.Domain) })
		if at >= 0 {
			groups[at].lines = append(groups[at].lines, line)
			continue
		}
		title := r.Domain(line.Scale.Domain)
		if line.Scale.Domain == "" {
			title = r.Say("section.further")
		}
		at = slices.IndexFunc(further, func(g grouped) bool { return g.title == title })
		if at < 0 {
			further = append(further, grouped{title: title})
			at = len(further) - 1
		}
		further[at].lines = append(further[at].lines, line)
	}
	groups = slices.Insert(groups, max(len(groups)-1, 0), further...)
	return slices.DeleteFunc(groups, func(g grouped) bool { return len(g.lines) == 0 })
}

// heaviestFirst is the order by burden: how far towards the worse end of its
// own range a line's newest score lies. Scales of different instruments cannot
// be compared, so this only orders the page, and the page says whose rule it
// is. What has no newest score or no direction comes last, as it was.
func heaviestFirst(lines []*clinic.Line) {
	slices.SortStableFunc(lines, func(a, b *clinic.Line) int { return cmp.Compare(burden(b), burden(a)) })
}

// burden is 0 at the better end of the range and 1 at the worse, -1 where it
// cannot be told.
func burden(line *clinic.Line) float64 {
	lowest, highest := rangeOf(line)
	score := &line.Points[len(line.Points)-1].Score
	if score.Outcome != scoring.Valued || !lowest.Valid() || lowest.Cmp(highest) == 0 {
		return -1
	}
	axis := newScoreAxis(lowest, highest, 0, 1)
	switch score.Direction {
	case scoring.HigherIsWorse:
		return axis.at(score.Value)
	case scoring.HigherIsBetter:
		return 1 - axis.at(score.Value)
	}
	return -1
}
