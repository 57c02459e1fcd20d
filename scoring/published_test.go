package scoring_test

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// The vectors are numbers from other projects' public tests.
func TestPublishedVectors(t *testing.T) {
	file, err := os.Open("testdata/published.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scan := bufio.NewScanner(file); scan.Scan(); lines++ {
		var v struct {
			Instrument string
			Answers    map[string]int32
			ValueSets  []string `json:"value_sets"`
			Expect     map[string]float64
			Decimals   *int
			Source     string
		}
		if err := json.Unmarshal(scan.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		sheet := &scoring.Sheet{ValueSets: v.ValueSets}
		for item, value := range v.Answers {
			sheet.Answers = append(sheet.Answers, scoring.Answer{Item: item, Response: is(value)})
		}
		result := score(t, instrument(t, v.Instrument), sheet)
		for name, want := range v.Expect {
			got, err := strconv.ParseFloat(text(t, result, name), 64)
			if err != nil {
				t.Errorf("line %d: %s: %v", lines+1, name, err)
			}
			tolerance := 0.0
			if v.Decimals != nil {
				tolerance = 0.001 + 1e-9
			}
			if math.Abs(got-want) > tolerance {
				t.Errorf("line %d (%s): %s %v, want %v", lines+1, v.Source, name, got, want)
			}
		}
	}
	if lines != 86 {
		t.Errorf("%d vectors, want 86", lines)
	}
}
