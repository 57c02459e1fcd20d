package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client/cmd/painscore/jsonl"
	"github.com/painscore/painscore/scoring"
)

// sheetFlags are the flags that give one sheet's answers, for score and submit.
type sheetFlags struct {
	version   string
	answers   []string
	positions []string
	layout    string
	coding    string
	valueSets []string
}

// names of the flags, for saying which do not go together.
var sheetFlagNames = []string{"version", "answers", "positions", "layout", "coding", "value-set"}

func (f *sheetFlags) flags(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&f.version, "version", "", "version of the definition (default the active one)")
	set.StringSliceVar(&f.answers, "answers", nil, "answers by item code, such as `1=3,2=1,7=declined`; what is left out is blank")
	set.StringSliceVar(&f.positions, "positions", nil, "answers in the order of the form, such as `3,1,,0`; nothing between two commas is a blank")
	set.StringVar(&f.layout, "layout", "", "order that --positions follows, where the instrument has several")
	set.StringVar(&f.coding, "coding", "", "how the numbers are to be read, such as box_position")
	set.StringSliceVar(&f.valueSets, "value-set", nil, "EQ-5D: value set for the index; may be repeated")
}

// sheet reads the flags. What the numbers mean, and whether they are answers at
// all, is for the engine to say.
func (f *sheetFlags) sheet() (*scoring.Sheet, error) {
	sheet := &scoring.Sheet{Layout: f.layout, Coding: f.coding, ValueSets: f.valueSets}
	for i, pair := range f.answers {
		item, answer, found := strings.Cut(pair, "=")
		if !found {
			return nil, fmt.Errorf("--answers: entry %d is not of the form item=answer", i+1)
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: strings.TrimSpace(item), Response: response(sheet, answer)})
	}
	for _, position := range f.positions {
		sheet.Positions = append(sheet.Positions, response(sheet, position))
	}
	return sheet, nil
}

// response reads one answer as JSON Lines do; an empty one is a blank. What is
// no whole number goes into the sheet's texts, for items of site forms.
func response(sheet *scoring.Sheet, text string) scoring.Response {
	text = strings.TrimSpace(text)
	if text == "" {
		return scoring.Response{Kind: scoring.LeftBlank}
	}
	switch r := jsonl.Number([]byte(text)); r.Kind {
	case scoring.NotANumber:
	case scoring.NotWhole:
		if plain, ok := jsonl.Plain([]byte(text)); ok {
			return sheet.AddText(r.Kind, plain)
		}
		return r
	default:
		return r
	}
	if r := jsonl.Word([]byte(text)); r.Kind != scoring.NotANumber {
		return r
	}
	return sheet.AddText(scoring.NotANumber, text)
}
