package conformance_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/client/cmd/painscore/jsonl"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/conformance"
)

// drawSheet draws a sheet that may have anything in it that a sheet can: also
// what is refused.
func drawSheet(t *rapid.T, in *scoring.Instrument) *conformance.Sheet {
	sheet := &conformance.Sheet{Instrument: in.ID()}
	items := rapid.Permutation(in.Items()).Draw(t, "items")
	for _, it := range items[:rapid.IntRange(0, len(items)).Draw(t, "mentioned")] {
		kind := rapid.SampledFrom([]scoring.Kind{
			scoring.Answered, scoring.Answered, scoring.Answered, scoring.LeftBlank, scoring.NotApplicable, scoring.Declined, scoring.Unreadable, scoring.NotAsked,
		}).Draw(t, "kind")
		r := scoring.Response{Kind: kind}
		if kind == scoring.Answered {
			r.Value = rapid.Int32Range(it.Min-1, it.Max+1).Draw(t, "value")
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: it.Code, Response: r})
	}
	for _, v := range in.ValueSets() {
		if rapid.Bool().Draw(t, v.ID()) {
			sheet.ValueSets = append(sheet.ValueSets, v.ID())
		}
	}
	return sheet
}

// written is the sheet as a line of JSON.
func written(s *conformance.Sheet) []byte {
	var members []string
	for _, a := range s.Answers {
		reply := fmt.Sprint(a.Value)
		switch a.Kind {
		case scoring.Answered:
		case scoring.LeftBlank:
			reply = "null"
		default:
			reply = `"` + a.Kind.String() + `"`
		}
		members = append(members, fmt.Sprintf("%q:%s", a.Item, reply))
	}
	sets, err := json.Marshal(s.ValueSets)
	if err != nil {
		panic(err) // strings always encode
	}
	return fmt.Appendf(nil, `{"instrument":%q,"answers":{%s},"value_sets":%s}`, s.Instrument, strings.Join(members, ","), sets)
}

func TestASheetAndItsScoresSurviveJSON(t *testing.T) {
	known := catalogue(t)
	scorer := jsonl.NewScorer(known)
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SampledFrom(known.Active()).Draw(t, "instrument")
		sheet := drawSheet(t, in)
		c := conformance.Case{Line: written(sheet)}
		back, err := c.Sheet()
		if err != nil || !reflect.DeepEqual(back, sheet) && len(sheet.Answers)+len(sheet.ValueSets) > 0 {
			t.Fatalf("%s: %+v, want %+v: %v", c.Line, back, sheet, err)
		}
		var got conformance.Outcome
		line, scored := scorer.AppendLine(nil, c.Line)
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		var answers scoring.Answers
		if problems := in.Read(&sheet.Sheet, &answers); len(problems) > 0 {
			if scored || len(got.Error.Violations) != len(problems) {
				t.Fatalf("%s: %s, want %v", c.Line, line, problems)
			}
			return
		}
		var result scoring.Result
		in.Score(&answers, &result)
		for _, d := range conformance.OutcomeOf(&result).Differences(got) {
			t.Fatalf("%s: %s", c.Line, d)
		}
	})
}
