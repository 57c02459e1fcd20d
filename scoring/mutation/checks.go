package main

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/conformance"
)

// kitCase is a case of the conformance kit, decoded once.
type kitCase struct {
	sheet     *conformance.Sheet
	confirmed bool // for a site that has confirmed the layout
	want      conformance.Outcome
}

// kitCases are the cases of the kit by instrument, those aside that only a line
// of text can hold.
func kitCases() (map[string][]kitCase, error) {
	all, err := conformance.Cases()
	if err != nil {
		return nil, err
	}
	out := map[string][]kitCase{}
	for _, c := range all {
		if c.File == conformance.Lines || c.File == conformance.Requests {
			continue
		}
		sheet, err := c.Sheet()
		if err != nil {
			return nil, err
		}
		out[sheet.Instrument] = append(out[sheet.Instrument], kitCase{sheet, c.File == conformance.Confirmed, c.Want})
	}
	return out, nil
}

// passesKit scores the cases of an instrument with what claims to be it.
func (p *program) passesKit(id string, in *scoring.Instrument) bool {
	var answers scoring.Answers
	var result scoring.Result
	confirming, _ := in.WithConfirmedLayout(conformance.ConfirmedLayout)
	for _, c := range p.cases[id] {
		in := in
		if c.confirmed {
			in = confirming
		}
		if !c.want.Matches(outcome(in, c.sheet, &answers, &result)) {
			return false
		}
	}
	return true
}

func outcome(in *scoring.Instrument, sheet *conformance.Sheet, answers *scoring.Answers, result *scoring.Result) conformance.Outcome {
	refused := func(problems []scoring.Problem) conformance.Outcome {
		e := &conformance.Error{Reason: problems[0].Reason}
		for _, p := range problems {
			if p.Reason != e.Reason {
				e.Reason = "INVALID_INPUT"
			}
			e.Violations = append(e.Violations, conformance.Violation{Field: p.Field, Reason: p.Reason})
		}
		return conformance.Outcome{Error: e}
	}
	if sheet.Version != "" && sheet.Version != in.Version() {
		return refused([]scoring.Problem{{Field: "version", Reason: "UNKNOWN_VERSION"}})
	}
	if problems := in.Read(&sheet.Sheet, answers); len(problems) > 0 {
		return refused(problems)
	}
	in.Score(answers, result)
	return conformance.OutcomeOf(result)
}

// vector is a number from another project's public tests.
type vector struct {
	Instrument string
	Answers    map[string]int32
	ValueSets  []string `json:"value_sets"`
	Expect     map[string]float64
	Decimals   *int
}

func publishedVectors() (map[string][]vector, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	body, err := os.ReadFile(filepath.Join(root, "scoring", "testdata", "published.jsonl"))
	if err != nil {
		return nil, err
	}
	out := map[string][]vector{}
	for d := json.NewDecoder(strings.NewReader(string(body))); d.More(); {
		var v vector
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		out[v.Instrument] = append(out[v.Instrument], v)
	}
	return out, nil
}

// moduleRoot is the nearest folder upwards that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			err = errors.New("run it inside the module: no go.mod here or above")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

func (p *program) passesVectors(id string, in *scoring.Instrument) bool {
	var answers scoring.Answers
	var result scoring.Result
	for _, v := range p.vectors[id] {
		sheet := &scoring.Sheet{ValueSets: v.ValueSets}
		for item, n := range v.Answers {
			sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item, Response: scoring.Response{Kind: scoring.Answered, Value: n}})
		}
		if problems := in.Read(sheet, &answers); len(problems) > 0 {
			return false
		}
		in.Score(&answers, &result)
		for name, want := range v.Expect {
			if !v.agrees(&result, name, want) {
				return false
			}
		}
	}
	return true
}

// agrees compares as the test of the vectors does: those with a number of
// decimals were printed with fewer than ours.
func (v *vector) agrees(result *scoring.Result, name string, want float64) bool {
	scale, set, _ := strings.Cut(name, ":")
	s, ok := result.Find(scale, set)
	if !ok {
		return false
	}
	got, err := strconv.ParseFloat(s.Text(), 64)
	tolerance := 0.0
	if v.Decimals != nil {
		tolerance = 0.001 + 1e-9
	}
	return err == nil && math.Abs(got-want) <= tolerance
}

// indexesAreWhole says whether every index is a whole number of the unit that
// it is printed in: otherwise a difference of two would print as another number
// than the difference of what was printed.
func indexesAreWhole(v *scoring.ValueSet) bool {
	unit := int32(1_000_000)
	for range v.Decimals() {
		unit /= 10
	}
	whole := true
	eachState(v, func(levels []uint8) {
		if index, ok := v.Index(levels); ok && index%unit != 0 {
			whole = false
		}
	})
	return whole
}

// sameIndexes proves that two value sets are one: by every state.
func sameIndexes(a, b *scoring.ValueSet) bool {
	if a.ID() != b.ID() || a.Instrument() != b.Instrument() || a.Decimals() != b.Decimals() || !slices.Equal(a.Items(), b.Items()) {
		return false
	}
	same := true
	eachState(a, func(levels []uint8) {
		x, okX := a.Index(levels)
		y, okY := b.Index(levels)
		same = same && okX == okY && x == y
	})
	return same
}

// eachState calls f with every combination of levels up to one more than a
// state can have.
func eachState(v *scoring.ValueSet, f func(levels []uint8)) {
	levels := make([]uint8, len(v.Items()))
	var from func(at int)
	from = func(at int) {
		if at == len(levels) {
			f(levels)
			return
		}
		for level := range v.Definition().Levels + 1 {
			levels[at] = uint8(level + 1)
			from(at + 1)
		}
	}
	from(0)
}
