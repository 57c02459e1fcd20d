package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

// program holds the definitions and what notices a mistake in them.
type program struct {
	subjects []*subject
	sets     []*scoring.ValueSet // the built-in ones
	cases    map[string][]kitCase
	vectors  map[string][]vector
	panics   []string // mutants on which the engine panicked
}

// subject is one definition or value set, decoded into a copy that may be
// changed.
type subject struct {
	name string
	def  *scoring.Definition         // nil for a value set
	set  *scoring.ValueSetDefinition // nil for a definition
	in   *scoring.Instrument         // as built in: of a value set the instrument that uses it
	was  *scoring.ValueSet           // a value set as built in
}

func (s *subject) mutants() ([]mutant, error) {
	if s.def != nil {
		return mutantsOf(s.def)
	}
	return mutantsOf(s.set)
}

func newProgram() (*program, error) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		return nil, err
	}
	p := &program{sets: catalogue.ValueSets()}
	for _, in := range catalogue.List() {
		s := &subject{name: in.ID() + "_" + in.Version(), in: in, def: &scoring.Definition{}}
		if err := copyInto(in.Definition(), s.def); err != nil {
			return nil, err
		}
		p.subjects = append(p.subjects, s)
	}
	for _, v := range p.sets {
		in, ok := catalogue.Instrument(v.Instrument(), "")
		if !ok {
			return nil, fmt.Errorf("value set %s is of no instrument", v.ID())
		}
		s := &subject{name: v.ID(), in: in, was: v, set: &scoring.ValueSetDefinition{}}
		if err := copyInto(v.Definition(), s.set); err != nil {
			return nil, err
		}
		p.subjects = append(p.subjects, s)
	}
	if p.cases, err = kitCases(); err != nil {
		return nil, err
	}
	p.vectors, err = publishedVectors()
	return p, err
}

// copyInto makes a deep copy. The fields of definitions are all exported, so
// JSON carries them; sound would notice if it did not.
func copyInto(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

// sound makes sure that nothing is noticed where nothing was changed: a check
// that fails always would seem to kill every mutant.
func (p *program) sound() error {
	for _, s := range p.subjects {
		unchanged := mutant{what: "unchanged", apply: func() func() { return func() {} }}
		noticed := p.try(s, unchanged)
		if s.set != nil {
			noticed = slices.DeleteFunc(noticed, func(way string) bool { return way == byNothing })
		}
		if len(noticed) > 0 {
			return fmt.Errorf("%s: without any change it is noticed by %v", s.name, noticed)
		}
	}
	return nil
}

// try makes one change and says who notices. It takes the change back. The
// engine must refuse a broken definition, not fall over it: a panic is a
// mistake of its own.
func (p *program) try(s *subject, m mutant) (noticed []string) {
	undo := m.apply()
	defer undo()
	defer func() {
		if fault := recover(); fault != nil {
			noticed = []string{byPanic}
			p.panics = append(p.panics, fmt.Sprintf("%s %s %s: %v", s.name, m.path, m.what, fault))
		}
	}()
	if s.def != nil {
		return p.tryDefinition(s)
	}
	return p.tryValueSet(s)
}

func (p *program) tryDefinition(s *subject) []string {
	in, err := withoutExamples(s.def, p.sets)
	if err != nil {
		return []string{byLoader}
	}
	noticed := p.noticed(s, in)
	if _, err := scoring.Compile(s.def, p.sets...); err != nil {
		noticed = append(noticed, byExamples)
	}
	return noticed
}

// withoutExamples compiles a definition with its worked examples switched off.
// One is needed, so there is one that no key can fail: a blank sheet has no
// score.
func withoutExamples(def *scoring.Definition, sets []*scoring.ValueSet) (*scoring.Instrument, error) {
	blank := *def
	blank.Examples = nil
	if len(def.Scales) > 0 {
		first := &def.Scales[0]
		refused := string(scoring.TooFewAnswers)
		if first.Kind == scoring.KindIndex {
			refused = string(scoring.ValueSetNotNamed)
		}
		blank.Examples = []scoring.Example{{Name: "blank", Expect: []scoring.Pair{{Key: first.Code, Value: refused}}}}
	}
	return scoring.Compile(&blank, sets...)
}

// noticed asks everything that looks at a loaded instrument.
func (p *program) noticed(s *subject, in *scoring.Instrument) []string {
	var out []string
	if !p.passesVectors(s.in.ID(), in) {
		out = append(out, byVectors)
	}
	if !p.passesKit(s.in.ID(), in) {
		out = append(out, byKit)
	}
	if !hasPublishedThresholds(s.in.ID(), in) {
		out = append(out, byThresholds)
	}
	return out
}

func (p *program) tryValueSet(s *subject) []string {
	set, anchored, err := compileSet(s.set, p.set(through(s.set)))
	if err != nil {
		return []string{byLoader}
	}
	sets, err := p.with(s.was, set)
	if err != nil {
		return []string{byLoader}
	}
	in, err := scoring.Compile(s.in.Definition(), sets...)
	var noticed []string
	if err != nil { // its worked examples, or a set that does not fit: both are told there
		if in, err = withoutExamples(s.in.Definition(), sets); err != nil {
			return []string{byLoader}
		}
		noticed = append(noticed, byExamples)
	}
	if !anchored && len(noticed) == 0 {
		noticed = append(noticed, byExamples)
	}
	noticed = append(noticed, p.noticed(s, in)...)
	if !indexesAreWhole(set) {
		noticed = append(noticed, byUnits)
	}
	if len(noticed) == 0 && sameIndexes(s.was, set) {
		return []string{byNothing}
	}
	return noticed
}

func through(def *scoring.ValueSetDefinition) string {
	if def.Crosswalk == nil {
		return ""
	}
	return def.Crosswalk.Through
}

func (p *program) set(id string) *scoring.ValueSet {
	for _, v := range p.sets {
		if v.ID() == id {
			return v
		}
	}
	return nil
}

// compileSet compiles a value set also if its anchors are not met, and says
// whether they are.
func compileSet(def *scoring.ValueSetDefinition, through *scoring.ValueSet) (set *scoring.ValueSet, anchored bool, err error) {
	if set, err = scoring.CompileValueSet(def, through); err == nil {
		return set, true, nil
	}
	// The message of a missed anchor ends with what the index is: take its word.
	bad, ok := err.(*scoring.DefinitionError)
	if !ok || len(bad.Problems) == 0 || !strings.HasPrefix(bad.Problems[0].Path, "anchors[") {
		return nil, false, err
	}
	words := strings.Fields(bad.Problems[0].Reason)
	state := ""
	for _, a := range def.Anchors {
		if strings.Contains(bad.Problems[0].Reason, `"`+a.Key+`"`) {
			state = a.Key
		}
	}
	lenient := *def
	lenient.Anchors = []scoring.Pair{{Key: state, Value: words[len(words)-1]}}
	set, err = scoring.CompileValueSet(&lenient, through)
	return set, false, err
}

// with replaces one value set, and compiles anew those that go through it.
func (p *program) with(was, now *scoring.ValueSet) ([]*scoring.ValueSet, error) {
	var out []*scoring.ValueSet
	for _, v := range p.sets {
		switch {
		case v == was:
			v = now
		case through(v.Definition()) == was.ID():
			set, _, err := compileSet(v.Definition(), now)
			if err != nil {
				return nil, err
			}
			v = set
		}
		out = append(out, v)
	}
	return out, nil
}
