package main

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
)

// score is one scale of a result, in the words and the order of the keys that
// painscore score --jsonl uses.
type score struct {
	Scale     string   `json:"scale"`
	Value     string   `json:"value,omitempty"`
	Profile   string   `json:"profile,omitempty"`
	Refusal   *refusal `json:"refusal,omitempty"`
	Prorated  bool     `json:"prorated"`
	Answered  int      `json:"answered"`
	Expected  int      `json:"expected"`
	Imputed   []string `json:"imputed_items"`
	Band      string   `json:"band"`
	Flags     []string `json:"flags"`
	ValueSet  string   `json:"value_set,omitempty"`
	Direction string   `json:"direction"`

	exact     *big.Rat // of Value, for who adds scales up
	low, high *big.Rat // what it is if every missing item gets its worst or best answer
}

// refusal says why a scale has no value and what is still possible.
type refusal struct {
	Reason   string   `json:"reason"`
	Missing  []string `json:"missing_items"`
	Lowest   string   `json:"lowest"`
	Highest  string   `json:"highest"`
	SameBand bool     `json:"same_band"`
}

// problem is one thing wrong with a sheet: where, and what kind.
type problem struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

const (
	worse  = "HIGHER_IS_WORSE"
	better = "HIGHER_IS_BETTER"
	none   = "NONE"

	tooFew    = "TOO_FEW_ANSWERS"
	notOne    = "NOT_APPLICABLE"
	notNamed  = "VALUE_SET_NOT_NAMED"
	asNeeded  = -1
	proration = 2 // decimals of a prorated score
)

// cut is a class of scores or a flag by its lower bound.
type cut struct {
	code string
	from int64
}

// classOf returns the last class whose lower bound the value reaches.
func classOf(cuts []cut, value *big.Rat) string {
	code := ""
	for _, c := range cuts {
		if value.Cmp(big.NewRat(c.from, 1)) >= 0 {
			code = c.code
		}
	}
	return code
}

// raised returns every flag whose bound the value reaches.
func raised(flags []cut, value *big.Rat) []string {
	out := []string{}
	for _, c := range flags {
		if value.Cmp(big.NewRat(c.from, 1)) >= 0 {
			out = append(out, c.code)
		}
	}
	return out
}

// text prints a rational with a number of decimals, rounded once, half away
// from zero, which is what FloatString does; asNeeded drops what is not needed.
func text(r *big.Rat, decimals int) string {
	if decimals != asNeeded {
		return r.FloatString(decimals)
	}
	return strings.TrimRight(strings.TrimRight(r.FloatString(6), "0"), ".")
}

// kit is one file of cases, growing.
type kit struct {
	name             string
	sheets, expected bytes.Buffer
	inst             instrument
	seen             map[string]bool
}

// instrument is what the cases of one instrument need to know of it.
type instrument struct {
	code   string
	items  []item
	layout string // the order in which a form is sent by position
	named  bool   // several orders are in use, so that the layout must be named
	sets   []string
	score  func(p paper, valueSets []string) []score
}

func newKit(inst instrument) *kit {
	return &kit{name: inst.code, inst: inst, seen: map[string]bool{}}
}

// scored adds a case that has scores. meant is the paper in item values where
// the sheet writes them in another coding.
func (k *kit) scored(name string, s sheet, meant paper) {
	s.instrument = k.inst.code
	k.add(name, s.line(k.id(name)), map[string]any{"scores": k.inst.score(meant, s.valueSets)})
}

// plain adds a case whose answers are sent by item.
func (k *kit) plain(name string, p paper) { k.scored(name, sheet{paper: p}, p) }

// refused adds a case whose sheet is refused for the problems, in any order.
func (k *kit) refused(name string, s sheet, problems ...problem) {
	s.instrument = k.inst.code
	k.refusedAs(name, s.line(k.id(name)), problems...)
}

// refusedAs is refused for a line that is written already.
func (k *kit) refusedAs(name, line string, problems ...problem) {
	reason := problems[0].Reason
	for _, p := range problems {
		if p.Reason != reason {
			reason = "INVALID_INPUT"
		}
	}
	k.add(name, line, map[string]any{"error": struct {
		Reason     string    `json:"reason"`
		Violations []problem `json:"violations"`
	}{reason, problems}})
}

// id names a case across all files. A record of ScoreBatch takes 64 characters.
func (k *kit) id(name string) string {
	id := k.name + ": " + name
	if len(id) > 64 {
		panic("the name is too long for a record id: " + id)
	}
	return id
}

func (k *kit) add(name, line string, outcome map[string]any) {
	id := k.id(name)
	if k.seen[id] {
		panic("two cases of one name: " + id)
	}
	k.seen[id] = true
	k.sheets.WriteString(line + "\n")
	k.expected.WriteString(`{"id":` + quote(id))
	if scores, ok := outcome["scores"]; ok {
		k.expected.WriteString(`,"instrument":` + quote(k.inst.code) + `,"version":"1","scores":` + encode(scores))
	} else {
		k.expected.WriteString(`,"error":` + encode(outcome["error"]))
	}
	k.expected.WriteString("}\n")
}

func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // the types above always encode
	}
	return strings.TrimSpace(b.String())
}
