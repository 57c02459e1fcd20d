package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"

	"github.com/painscore/painscore/scoring"
)

// Sheet is a case's sheet as the engine takes it, for who has no line of text.
type Sheet struct {
	Instrument string
	Version    string
	scoring.Sheet
}

// ErrOnlyText is returned for a line that is no sheet of whole numbers and
// known kinds of answer: most cases of the file Lines.
var ErrOnlyText = errors.New("only a line of text can hold this sheet")

// Sheet reads the case's line. It keeps the order of the answers, and an item
// that stands twice.
func (c *Case) Sheet() (*Sheet, error) {
	var raw struct {
		Instrument string
		Version    string
		Answers    json.RawMessage
		Positions  []json.RawMessage
		Layout     string
		Coding     string
		ValueSets  []string `json:"value_sets"`
	}
	d := json.NewDecoder(bytes.NewReader(c.Line))
	if err := d.Decode(&raw); err != nil || raw.Positions != nil && len(raw.Positions) == 0 {
		return nil, ErrOnlyText
	}
	s := &Sheet{Instrument: raw.Instrument, Version: raw.Version}
	s.Layout, s.Coding, s.ValueSets = raw.Layout, raw.Coding, raw.ValueSets
	for _, p := range raw.Positions {
		r, ok := response(p)
		if !ok {
			return nil, ErrOnlyText
		}
		s.Positions = append(s.Positions, r)
	}
	var err error
	s.Answers, err = answers(raw.Answers)
	return s, err
}

// answers reads an object member by member.
func answers(object json.RawMessage) ([]scoring.Answer, error) {
	if len(object) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, ErrOnlyText
	}
	var out []scoring.Answer
	for d.More() {
		item, err := d.Token()
		if err != nil {
			return nil, ErrOnlyText
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, ErrOnlyText
		}
		r, ok := response(value)
		if !ok {
			return nil, ErrOnlyText
		}
		out = append(out, scoring.Answer{Item: item.(string), Response: r})
	}
	return out, nil
}

var kinds = map[string]scoring.Kind{
	"null": scoring.LeftBlank, `"not_applicable"`: scoring.NotApplicable, `"declined"`: scoring.Declined,
	`"unreadable"`: scoring.Unreadable, `"not_asked"`: scoring.NotAsked,
}

func response(value json.RawMessage) (scoring.Response, bool) {
	if kind, ok := kinds[string(value)]; ok {
		return scoring.Response{Kind: kind}, true
	}
	var n float64
	if err := json.Unmarshal(value, &n); err != nil || n != math.Trunc(n) || math.Abs(n) > math.MaxInt32 {
		return scoring.Response{}, false
	}
	return scoring.Response{Kind: scoring.Answered, Value: int32(n)}, true
}
