package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

// Plan says all that decides the content of a delivery. It is kept in the ledger,
// so that the delivery can be made again by the rules of its time.
type Plan struct {
	Recipient   Recipient        `json:"recipient"`
	Filter      Filter           `json:"filter"`
	Definitions []Definition     `json:"definitions"`
	ValueSets   []string         `json:"value_sets,omitempty"` // by which there may be an index
	AsOf        map[string]int64 `json:"as_of"`                // newest change that counts, by care unit
	NormsHash   string           `json:"norms_hash"`
	Software    string           `json:"software"`
}

// Definition is a version of an instrument's definition by which forms are read.
type Definition struct {
	Instrument     string `json:"instrument"`
	Version        string `json:"version"`
	DefinitionHash string `json:"definition_hash"`
	ScoringHash    string `json:"scoring_hash"`
}

// Text is the plan as the ledger keeps it, the same for equal plans.
func (p *Plan) Text() (string, error) { return canonical(p) }

// canonical is JSON with the keys of maps in order and nothing escaped for HTML.
func canonical(v any) (string, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return string(bytes.TrimSpace(body.Bytes())), err
}

// ParsePlan reads a plan back. What it does not know is an error: a later
// program may have decided by it.
func ParsePlan(text string) (*Plan, error) {
	p := &Plan{}
	return p, strictly(text, p)
}

func strictly(text string, into any) error {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// Units are the care units that the plan reads, in order.
func (p *Plan) Units() []string {
	var units []string
	for unit := range p.AsOf {
		units = append(units, unit)
	}
	slices.Sort(units)
	return units
}

// Filter chooses what a delivery is about; empty fields choose all.
type Filter struct {
	Units       []string         `json:"units,omitempty"`
	CareLevels  []string         `json:"care_levels,omitempty"`
	Period      registry.Period  `json:"period"`
	Occasions   []store.Occasion `json:"occasions,omitempty"`
	Instruments []string         `json:"instruments,omitempty"`
}

// Check refuses a period that cannot be meant.
func (f *Filter) Check() error {
	of := f.episodes()
	return of.Check()
}

func (f *Filter) episodes() *registry.Filter {
	return &registry.Filter{Units: f.Units, CareLevels: f.CareLevels, Period: f.Period}
}

// Chooses says whether an episode belongs to the delivery. Where it does not for
// lack of the date that the period is about, dated is false.
func (f *Filter) Chooses(e *store.Episode) (chosen, dated bool) {
	return f.episodes().Chooses(&registry.Case{Episode: *e})
}

// Forms leaves of an episode's forms those that belong to the delivery.
func (f *Filter) Forms(forms []store.Submission) []store.Submission {
	if len(f.Occasions) == 0 && len(f.Instruments) == 0 {
		return forms
	}
	var chosen []store.Submission
	for i := range forms {
		if (len(f.Occasions) == 0 || slices.Contains(f.Occasions, forms[i].Occasion)) &&
			(len(f.Instruments) == 0 || slices.Contains(f.Instruments, forms[i].Instrument)) {
			chosen = append(chosen, forms[i])
		}
	}
	return chosen
}
