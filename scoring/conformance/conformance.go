// Package conformance holds the conformance kit: sheets of every built-in
// instrument with what each must score, made by an implementation that shares
// nothing with the engine (the program in generate). Systems that connect to
// painscore test themselves against it, in any language; so does painscore.
//
// The kit is the folder kit, embedded; painscore kit writes it out, and its
// README.txt says how to use it and what must match. To add cases, change the
// generator and run go generate; a test holds that the folder is what the
// generator makes.
package conformance

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/painscore/painscore/scoring"
)

//go:generate go run ./generate kit

//go:embed kit
var kit embed.FS

// Files returns the kit as it is handed out: README.txt, and the folders sheets
// and expected.
func Files() fs.FS {
	sub, err := fs.Sub(kit, "kit")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// The files of the kit that are not those of one instrument.
const (
	Confirmed = "confirmed" // holds for a site that has confirmed ConfirmedLayout
	Requests  = "requests"  // the instrument is not known
	Lines     = "lines"     // only a line of text can hold these sheets
)

// ConfirmedInstrument and ConfirmedLayout are what the file Confirmed is about.
const (
	ConfirmedInstrument = "cpaq_8"
	ConfirmedLayout     = "alternating"
)

// Case is one sheet and what it must give.
type Case struct {
	File string // such as hads
	ID   string // unique in the kit; says what the case is about
	Line []byte // the sheet, in the input format of painscore score --jsonl
	Want Outcome
}

// Outcome is what becomes of a sheet: scores, or an error. It is the part of an
// output line of painscore score --jsonl that a conforming system must match.
type Outcome struct {
	Instrument string  `json:"instrument"`
	Version    string  `json:"version"`
	Scores     []Score `json:"scores"`
	Error      *Error  `json:"error"`
}

// Score is one scale. Exactly one of Value, Profile and Refusal is given.
type Score struct {
	Scale     string   `json:"scale"`
	Value     string   `json:"value"`
	Profile   string   `json:"profile"`
	Refusal   *Refusal `json:"refusal"`
	Prorated  bool     `json:"prorated"`
	Answered  int      `json:"answered"`
	Expected  int      `json:"expected"`
	Imputed   []string `json:"imputed_items"`
	Band      string   `json:"band"`
	Flags     []string `json:"flags"`
	ValueSet  string   `json:"value_set"`
	Direction string   `json:"direction"`
}

// Refusal is a scale without a value. Lowest and Highest are empty where they
// are not defined.
type Refusal struct {
	Reason   string   `json:"reason"`
	Missing  []string `json:"missing_items"`
	Lowest   string   `json:"lowest"`
	Highest  string   `json:"highest"`
	SameBand bool     `json:"same_band"`
}

// Error is a sheet that is refused whole.
type Error struct {
	Reason     string      `json:"reason"`
	Violations []Violation `json:"violations"`
}

// Violation is one thing wrong with a sheet.
type Violation struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// Cases returns every case of the kit, file by file. An error means that the
// program was built from a broken kit.
func Cases() ([]Case, error) {
	files, err := fs.Glob(Files(), "sheets/*.jsonl")
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".jsonl")
		sheets, err := readLines(file)
		if err != nil {
			return nil, err
		}
		expected, err := readLines("expected/" + path.Base(file))
		if err != nil {
			return nil, err
		}
		if len(sheets) != len(expected) {
			return nil, fmt.Errorf("%s has %d sheets and %d expectations", name, len(sheets), len(expected))
		}
		for i := range sheets {
			c, err := newCase(name, sheets[i], expected[i])
			if err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", name, i+1, err)
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func readLines(file string) ([][]byte, error) {
	body, err := fs.ReadFile(Files(), file)
	if err != nil {
		return nil, err
	}
	return bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n")), nil
}

func newCase(file string, line, expected []byte) (Case, error) {
	c := Case{File: file, Line: line}
	var id struct{ ID string }
	if err := json.Unmarshal(expected, &id); err != nil {
		return c, err
	}
	c.ID = id.ID
	return c, json.Unmarshal(expected, &c.Want)
}

// OutcomeOf is the outcome of a sheet that the engine accepted and scored.
func OutcomeOf(result *scoring.Result) Outcome {
	out := Outcome{Instrument: result.Instrument.ID(), Version: result.Instrument.Version()}
	for i := range result.Scores {
		out.Scores = append(out.Scores, scoreOf(&result.Scores[i]))
	}
	return out
}

func scoreOf(s *scoring.Score) Score {
	out := Score{
		Scale: s.Scale, Prorated: s.Prorated, Answered: s.Answered, Expected: s.Expected, Imputed: s.Imputed,
		Band: s.Band, Flags: s.Flags, ValueSet: s.ValueSet, Direction: directions[s.Direction],
	}
	switch s.Outcome {
	case scoring.Valued:
		out.Value = s.Text()
	case scoring.Profiled:
		out.Profile = s.Text()
	default:
		out.Refusal = &Refusal{
			Reason: string(s.Refusal.Reason), Missing: s.Refusal.Missing, SameBand: s.Refusal.SameBand,
			Lowest:  string(s.Refusal.Lowest.AppendDecimal(nil, s.Decimals)), // nothing where it is not defined
			Highest: string(s.Refusal.Highest.AppendDecimal(nil, s.Decimals)),
		}
	}
	return out
}

var directions = map[scoring.Direction]string{
	scoring.NoDirection: "NONE", scoring.HigherIsBetter: "HIGHER_IS_BETTER", scoring.HigherIsWorse: "HIGHER_IS_WORSE",
}
