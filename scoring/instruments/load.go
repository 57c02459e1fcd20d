package instruments

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
)

// add loads files, all or nothing: value sets first, then the instruments that
// use them.
func (c *Catalogue) add(files []file) error {
	var problems Problems
	var defs, sets []*parsed
	for _, f := range files {
		p, bad := parse(f.name, f.body)
		problems = append(problems, bad...)
		switch {
		case len(bad) > 0 && p != nil && p.def != nil:
			// What could be decoded is checked too, to report all at once.
			if _, err := scoring.Compile(p.def); err != nil {
				problems = append(problems, p.locate(err)...)
			}
		case len(bad) > 0:
		case p.set != nil:
			sets = append(sets, p)
		default:
			defs = append(defs, p)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := loading{c: c, sets: maps.Clone(c.sets), content: map[string][]byte{}}
	l.addSets(sets)
	l.addDefinitions(defs)
	l.problems = append(problems, l.problems...)
	if len(l.problems) == 0 {
		l.checkLines()
	}
	if len(l.problems) > 0 {
		slices.SortStableFunc(l.problems, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return l.problems
	}
	l.commit()
	return nil
}

// loading collects what a call will add, so that a problem adds nothing.
type loading struct {
	c        *Catalogue
	sets     map[string]*scoring.ValueSet
	changed  map[string]bool // instruments that got a value set
	entries  []*entry
	content  map[string][]byte
	problems Problems
}

// addSets compiles the value sets; those that go through another one after it.
func (l *loading) addSets(files []*parsed) {
	slices.SortStableFunc(files, func(a, b *parsed) int { return btoi(a.set.Crosswalk != nil) - btoi(b.set.Crosswalk != nil) })
	l.changed = map[string]bool{}
	for _, f := range files {
		if old := l.sets[f.set.ValueSet]; old != nil {
			if old.Hash() != f.hash {
				l.problems = append(l.problems, f.problem("value_set", "value set "+printable(f.set.ValueSet)+" is already there with other content"))
			}
			continue
		}
		var through *scoring.ValueSet
		if f.set.Crosswalk != nil {
			through = l.sets[f.set.Crosswalk.Through]
		}
		set, err := scoring.CompileValueSet(f.set, through)
		if err != nil {
			l.problems = append(l.problems, f.locate(err)...)
			continue
		}
		l.sets[set.ID()] = set
		l.changed[set.Instrument()] = true
		l.content[f.hash] = f.body
	}
}

// addDefinitions compiles the new definitions, and again those whose value sets
// have grown.
func (l *loading) addDefinitions(files []*parsed) {
	for _, f := range files {
		old := l.c.versions[f.def.Instrument][f.def.Version]
		for _, e := range l.entries {
			if e.file.def.Instrument == f.def.Instrument && e.file.def.Version == f.def.Version {
				old = e
			}
		}
		if old != nil {
			if old.file.hash != f.hash {
				l.problems = append(l.problems, f.problem("version", fmt.Sprintf("version %s of %s is already there with other content: a published version never changes",
					printable(f.def.Version), printable(f.def.Instrument))))
			}
			continue
		}
		l.compile(f)
	}
	for id := range l.changed {
		for _, e := range l.c.versions[id] {
			l.compile(e.file)
		}
	}
}

func (l *loading) compile(f *parsed) {
	in, err := scoring.Compile(f.def, slices.Collect(maps.Values(l.sets))...)
	if err != nil {
		l.problems = append(l.problems, f.locate(err)...)
		return
	}
	for layout := range l.c.confirmed[in.ID()] {
		in, _ = in.WithConfirmedLayout(layout)
	}
	l.entries = append(l.entries, &entry{f, in})
	l.content[f.hash] = f.body
}

// checkLines makes sure that scales which continue each other across
// instruments have one range, direction and precision.
func (l *loading) checkLines() {
	first := map[string]scoring.ScaleInfo{}
	check := func(e *entry) {
		for i, s := range e.in.Scales() {
			other, ok := first[s.Line]
			switch {
			case s.Line == "":
			case !ok:
				first[s.Line] = s
			case s.Direction != other.Direction || s.Decimals != other.Decimals || s.Kind != other.Kind ||
				s.Lowest != other.Lowest || s.Highest != other.Highest:
				l.problems = append(l.problems, e.file.problem(fmt.Sprintf("scales[%d].line", i),
					"line "+printable(s.Line)+" continues a scale with another range, direction, kind or number of decimals"))
			}
		}
	}
	for _, versions := range l.c.versions {
		for _, e := range versions {
			check(e)
		}
	}
	for _, e := range l.entries {
		check(e)
	}
}

// commit makes what was loaded visible. The caller holds the lock. An
// instrument that is new gets its highest version as the active one.
func (l *loading) commit() {
	c := l.c
	c.sets = l.sets
	maps.Copy(c.content, l.content)
	isNew := map[string]bool{}
	for _, e := range l.entries {
		id, version := e.in.ID(), e.in.Version()
		if c.versions[id] == nil {
			c.versions[id] = map[string]*entry{}
			isNew[id] = true
		}
		active := c.active[id]
		c.versions[id][version] = e
		if active == nil || active.in.Version() == version || isNew[id] && compareVersions(active.in.Version(), version) < 0 {
			c.active[id] = e
		}
	}
}

// compareVersions orders 2 before 10, and numbers before names.
func compareVersions(a, b string) int {
	split := func(r rune) bool { return r == '.' || r == '-' || r == '_' }
	as, bs := strings.FieldsFunc(a, split), strings.FieldsFunc(b, split)
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		order := cmp.Compare(as[i], bs[i])
		if errX == nil && errY == nil {
			order = cmp.Compare(x, y)
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Or(cmp.Compare(len(as), len(bs)), cmp.Compare(a, b))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
