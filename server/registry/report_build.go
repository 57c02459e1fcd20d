package registry

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/painscore/painscore/scoring"
)

// groupKey names a group: its place among the sides, the value it is split by,
// and the care level.
type groupKey struct {
	side  int
	value string
	level string
}

// groupTally is what is counted of a group.
type groupTally struct {
	episodes   int
	population map[Person]struct{}
	flow       flowTally
	scores     [][3]*occasionTally
	changes    [][3]*changeTally
	paretian   map[int]*[3]paretianTally // by row
	items      map[itemKey]map[string]*itemTally
	attrition  map[attritionKey]*attritionTally
}

// occasionTally counts the scores of a scale at one occasion.
type occasionTally struct {
	counts   tally
	prorated int
	leftOut  map[Reason]int
}

// Add takes in an episode. An episode without a patient, or a form whose
// definition is not to be had, is an error: the report would be about others
// than it says.
func (b *Builder) Add(c Case) error {
	if c.Episode.PatientKey == "" {
		return errors.New("group report: an episode without a patient")
	}
	keys := b.groupsOf(&c)
	if len(keys) == 0 {
		return nil
	}
	read, err := b.read(&c)
	if err != nil {
		return err
	}
	b.counted++
	for _, key := range keys {
		g := b.groups[key]
		if g == nil {
			g = b.newGroup()
			b.groups[key] = g
		}
		g.add(b, &c, read)
	}
	return nil
}

// Counted is how many of the added episodes are in some group of the report: the
// filters leave out the others.
func (b *Builder) Counted() int { return b.counted }

// groupsOf finds where a case belongs, and counts it if only a missing date
// keeps it out.
func (b *Builder) groupsOf(c *Case) []groupKey {
	var keys []groupKey
	if m := b.request.Filter.match(c); m != matches {
		if m == undated {
			b.undated++
		}
		return nil
	}
	lacking := false
	for i := range b.request.Sides {
		switch b.request.Sides[i].match(c) {
		case undated:
			lacking = true
		case matches:
			keys = append(keys, groupKey{i, b.request.Split.value(c, b.request.Filter.Period.Date), c.Episode.CareLevel})
		}
	}
	if len(keys) == 0 && lacking {
		b.undated++
	}
	return keys
}

func (b *Builder) newGroup() *groupTally {
	g := &groupTally{
		population: map[Person]struct{}{}, scores: make([][3]*occasionTally, len(b.rows)), changes: make([][3]*changeTally, len(b.rows)),
		paretian: map[int]*[3]paretianTally{}, items: map[itemKey]map[string]*itemTally{}, attrition: map[attritionKey]*attritionTally{},
	}
	for i := range b.rows {
		for k := range 3 {
			g.scores[i][k] = &occasionTally{tally{}, 0, map[Reason]int{}}
			g.changes[i][k] = newChangeTally()
		}
		if b.rows[i].isProfile() {
			g.paretian[i] = &[3]paretianTally{}
			for k := range pairs {
				g.paretian[i][k] = paretianTally{map[string]int{}, map[Reason]int{}}
			}
		}
	}
	return g
}

func (g *groupTally) add(b *Builder, c *Case, read *reading) {
	g.episodes++
	g.flow.add(c, read, &b.request)
	g.population[personOf(c, read.followUpDue)] = struct{}{}
	for i := range b.rows {
		r := &b.rows[i]
		if r.isProfile() {
			for k, pair := range pairs {
				g.paretian[i][k].add(&read.scores[i][pair[0]], &read.scores[i][pair[1]])
			}
			continue
		}
		for k := range canonical {
			g.scores[i][k].add(&read.scores[i][k])
		}
		evidence := b.knowledge.Evidence(c.Episode.CareUnit, r.in, r.rowKey.scale, r.valueSet)
		for k, pair := range pairs {
			from, to := b.likeWithLike(read, i, pair)
			g.changes[i][k].add(&c.Episode, pair, from, to, evidence)
		}
	}
	for i := range read.answers {
		g.addItems(&read.answers[i])
	}
	g.addAttrition(b, c, read)
}

// likeWithLike finds the two scores of a row to compare. Where the earlier
// occasion has no form of this instrument, one of another that the scale
// continues (EQ VAS of 3L before 5L) stands in.
func (b *Builder) likeWithLike(read *reading, i int, pair [2]int) (from, to *taken) {
	from, to = &read.scores[i][pair[0]], &read.scores[i][pair[1]]
	line := b.rows[i].scale.Line
	if line == "" || from.reason != NotAnswered || to.reason != "" {
		return from, to
	}
	for k := range b.rows {
		if b.rows[k].scale.Line == line && read.scores[k][pair[0]].reason == "" {
			return &read.scores[k][pair[0]], to
		}
	}
	return from, to
}

func (t *occasionTally) add(s *taken) {
	if s.reason != "" {
		t.leftOut[s.reason]++
		return
	}
	t.counts[microOf(s.score)]++
	if s.score.Prorated {
		t.prorated++
	}
}

// Report makes the report of all episodes that were added, whole.
func (b *Builder) Report() *Report {
	out := &Report{AsOf: b.request.AsOf, Audience: Internal, Undated: Count{N: b.undated}}
	keys := slices.SortedFunc(maps.Keys(b.groups), func(a, b groupKey) int {
		return cmp.Or(cmp.Compare(a.side, b.side), cmp.Compare(a.value, b.value), cmp.Compare(a.level, b.level))
	})
	for _, key := range keys {
		g := b.groups[key]
		group := g.figures(b)
		group.Side, group.Value, group.CareLevel = b.request.Sides[key.side].Name, key.value, key.level
		out.Groups = append(out.Groups, group)
	}
	return out
}

func (g *groupTally) figures(b *Builder) Group {
	population := populationOf(g.population)
	out := Group{
		Episodes: Count{N: g.episodes}, Patients: Count{N: population.patients()}, Flow: g.flow.steps(), Responses: g.flow.responses(),
		Feedback: g.flow.feedbackCount(), Items: g.itemTables(b.itemPlace), population: population,
	}
	for i := range b.rows {
		r := &b.rows[i]
		if r.isProfile() {
			out.Paretian = append(out.Paretian, g.paretianTables(i, r)...)
		} else if f, any := g.scaleFigures(i, r); any {
			out.Scales = append(out.Scales, f)
		}
	}
	keys := slices.SortedFunc(maps.Keys(g.attrition), func(a, b attritionKey) int {
		return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.row, b.row))
	})
	for _, key := range keys {
		out.Attrition = append(out.Attrition, g.attrition[key].row(key.unit, &b.rows[key.row]))
	}
	return out
}

// scaleFigures makes a scale's figures, and says whether there is anything: a
// value set that nobody asked for has no row.
func (g *groupTally) scaleFigures(i int, r *row) (f ScaleFigures, any bool) {
	f = ScaleFigures{Instrument: r.instrument, Scale: r.rowKey.scale, ValueSet: r.valueSet, Direction: r.scale.Direction, Decimals: r.scale.Decimals}
	for k, occasion := range canonical {
		t := g.scores[i][k]
		figures := OccasionFigures{Occasion: occasion, Summary: t.counts.summary(), Prorated: Count{N: t.prorated}, LeftOut: cellsByReason(t.leftOut), counts: t.counts}
		any = any || figures.N.N > 0
		f.Occasions = append(f.Occasions, figures)
	}
	for k, pair := range pairs {
		f.Changes = append(f.Changes, g.changes[i][k].figures(pair))
	}
	return f, any
}

func (g *groupTally) paretianTables(i int, r *row) []ParetianTable {
	var out []ParetianTable
	for k, pair := range pairs {
		t := &g.paretian[i][k]
		table := ParetianTable{Instrument: r.instrument, From: canonical[pair[0]], To: canonical[pair[1]], Classes: cells(paretianClasses, t.classes), LeftOut: cellsByReason(t.leftOut)}
		for _, c := range table.Classes {
			table.N.N += c.N.N
		}
		if table.N.N > 0 {
			out = append(out, table)
		}
	}
	return out
}

func (b *Builder) itemPlace(instrument, item string) int {
	in := b.current[instrument]
	if in == nil {
		return 0
	}
	return slices.IndexFunc(in.Items(), func(info scoring.ItemInfo) bool { return info.Code == item })
}
