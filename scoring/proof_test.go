package scoring_test

import (
	"slices"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// TestUsedItemsAddUp: what was used and what is missing is, together, what the
// scale asks for.
func TestUsedItemsAddUp(t *testing.T) {
	in := instrument(t, "hads")
	result, answers := &scoring.Result{}, &scoring.Answers{}
	if problems := in.Read(&scoring.Sheet{Positions: row(3, 1, blank, 0, 0, 2, 1, blank, 2, blank, 1, blank, 3, blank)}, answers); len(problems) > 0 {
		t.Fatal(problems)
	}
	in.Score(answers, result)
	want := map[string][]string{
		"anxiety":    {"1", "5", "7", "9", "11", "13"},
		"depression": {"2", "4", "6"},
		"total":      {"1", "2", "4", "5", "6", "7", "9", "11", "13"},
	}
	for i := range result.Scores {
		s := &result.Scores[i]
		used := in.AppendUsed(nil, s.Scale, answers)
		if !slices.Equal(used, want[s.Scale]) {
			t.Errorf("%s used %v, want %v", s.Scale, used, want[s.Scale])
		}
		if len(used) != s.Answered || s.Answered+len(s.Imputed)+len(s.Refusal.Missing) != s.Expected {
			t.Errorf("%s: %d used, %d answered, %d imputed, %d missing of %d", s.Scale, len(used), s.Answered, len(s.Imputed), len(s.Refusal.Missing), s.Expected)
		}
	}
}

// TestUsedItemsAreTheAnsweredOnes holds for every scale of every instrument
// with every item answered or none.
func TestUsedItemsAreTheAnsweredOnes(t *testing.T) {
	for _, in := range every(t) {
		full := &scoring.Answers{}
		sheet := &scoring.Sheet{}
		for _, item := range in.Items() {
			value := item.Min
			if len(item.Values) > 0 {
				value = item.Values[0]
			}
			sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item.Code, Response: is(value)})
		}
		if problems := in.Read(sheet, full); len(problems) > 0 {
			t.Fatal(in.ID(), problems)
		}
		empty := &scoring.Answers{}
		if problems := in.Read(&scoring.Sheet{}, empty); len(problems) > 0 {
			t.Fatal(in.ID(), problems)
		}
		for _, scale := range in.Scales() {
			if used := in.AppendUsed(nil, scale.Code, full); !slices.Equal(used, scale.Items) {
				t.Errorf("%s %s: %v of %v", in.ID(), scale.Code, used, scale.Items)
			}
			if used := in.AppendUsed(nil, scale.Code, empty); len(used) != 0 {
				t.Errorf("%s %s: %v of a blank sheet", in.ID(), scale.Code, used)
			}
		}
	}
}
