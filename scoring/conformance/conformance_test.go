package conformance_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/client/cmd/painscore/jsonl"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/conformance"
	"github.com/painscore/painscore/scoring/instruments"
)

func cases(t testing.TB) []conformance.Case {
	t.Helper()
	all, err := conformance.Cases()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func catalogue(t testing.TB) *instruments.Catalogue {
	t.Helper()
	c, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// confirming is a catalogue of a site that has confirmed the layout.
func confirming(t testing.TB) *instruments.Catalogue {
	t.Helper()
	c := catalogue(t)
	if err := c.ConfirmLayout(conformance.ConfirmedInstrument, conformance.ConfirmedLayout); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryLineScoresAsExpected(t *testing.T) {
	elsewhere, confirmed := jsonl.NewScorer(catalogue(t)), jsonl.NewScorer(confirming(t))
	for _, c := range cases(t) {
		scorer := elsewhere
		if c.File == conformance.Confirmed {
			scorer = confirmed
		}
		line, scored := scorer.AppendLine(nil, c.Line)
		var got struct {
			ID string
			conformance.Outcome
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%s: %v in %s", c.ID, err, line)
		}
		if got.ID != c.ID || scored != (c.Want.Error == nil) {
			t.Errorf("%s: answered as %q, scored %t", c.ID, got.ID, scored)
		}
		for _, d := range c.Want.Differences(got.Outcome) {
			t.Errorf("%s: %s", c.ID, d)
		}
	}
}

func TestEverySheetScoresAsExpected(t *testing.T) {
	elsewhere, confirmed := catalogue(t), confirming(t)
	var answers scoring.Answers
	var result scoring.Result
	for _, c := range cases(t) {
		sheet, err := c.Sheet()
		if err != nil {
			if !errors.Is(err, conformance.ErrOnlyText) || c.File != conformance.Lines {
				t.Errorf("%s: %v", c.ID, err)
			}
			continue
		}
		active := elsewhere
		if c.File == conformance.Confirmed {
			active = confirmed
		}
		in, ok := active.Instrument(sheet.Instrument, sheet.Version)
		if !ok {
			if c.Want.Error == nil {
				t.Errorf("%s: no such instrument", c.ID)
			}
			continue
		}
		if problems := in.Read(&sheet.Sheet, &answers); len(problems) > 0 {
			if c.Want.Error == nil {
				t.Errorf("%s: refused: %v", c.ID, problems)
			}
			continue
		}
		in.Score(&answers, &result)
		if c.File != conformance.Lines || c.Want.Error == nil { // some lines are wrong only as text
			for _, d := range c.Want.Differences(conformance.OutcomeOf(&result)) {
				t.Errorf("%s: %s", c.ID, d)
			}
		}
	}
}

func TestTheKitCoversEveryInstrumentScaleItemBandAndReason(t *testing.T) {
	seen := map[string]bool{}
	ids := map[string]bool{}
	for _, c := range cases(t) {
		if ids[c.ID] || len(c.ID) > 64 {
			t.Errorf("%s: a name stands twice or is longer than a record id", c.ID)
		}
		ids[c.ID] = true
		for _, s := range c.Want.Scores {
			in := c.Want.Instrument + "/" + s.Scale
			seen[in], seen[in+":"+s.ValueSet], seen[in+"="+s.Band] = true, true, true
			for _, f := range s.Flags {
				seen[in+"+"+f] = true
			}
			if s.Refusal != nil {
				seen[s.Refusal.Reason] = true
				for _, it := range s.Refusal.Missing {
					seen[in+"-"+it] = true
				}
			}
		}
		if c.Want.Error != nil {
			for _, v := range c.Want.Error.Violations {
				seen[v.Reason] = true
			}
		}
	}
	for _, want := range wanted(t) {
		if !seen[want] {
			t.Errorf("no case shows %s", want)
		}
	}
	t.Logf("%d cases", len(ids))
}

// wanted lists what some case must show, in the words of the test above.
func wanted(t *testing.T) []string {
	out := []string{
		string(scoring.TooFewAnswers), string(scoring.NotApplicableRefusal), string(scoring.ValueSetNotNamed),
		scoring.ReasonUnknownItem, scoring.ReasonDuplicateItem, scoring.ReasonOutOfRange, scoring.ReasonNotWhole, scoring.ReasonBadAnswer,
		scoring.ReasonWrongCount, scoring.ReasonNotApplicableNotAllowed, scoring.ReasonLayoutNotNamed, scoring.ReasonUnknownLayout,
		scoring.ReasonLayoutNotConfirmed, scoring.ReasonUnknownCoding, scoring.ReasonUnknownValueSet, scoring.ReasonDuplicateValueSet,
		scoring.ReasonAnswersAndPositions, "UNKNOWN_INSTRUMENT", "UNKNOWN_VERSION",
	}
	for _, in := range catalogue(t).Active() {
		for _, s := range in.Scales() {
			name := in.ID() + "/" + s.Code
			out = append(out, name)
			for _, b := range s.Bands {
				out = append(out, name+"="+b.Code)
			}
			for _, f := range s.Flags {
				out = append(out, name+"+"+f.Code)
			}
			for _, it := range s.Items {
				out = append(out, name+"-"+it)
			}
			for _, v := range in.ValueSets() {
				if s.Kind == scoring.KindIndex {
					out = append(out, name+":"+v.ID())
				}
			}
		}
	}
	return out
}

func TestADifferenceIsFound(t *testing.T) {
	all := cases(t)
	at := slices.IndexFunc(all, func(c conformance.Case) bool { return strings.HasPrefix(c.ID, "hads: anxiety with 4 of 7") })
	want := all[at].Want
	same := func() conformance.Outcome {
		out := want
		out.Scores = slices.Clone(want.Scores)
		return out
	}
	if d := want.Differences(same()); len(d) > 0 || !want.Matches(same()) {
		t.Errorf("differs from itself: %v", d)
	}
	for name, change := range map[string]func(o *conformance.Outcome){
		"value":     func(o *conformance.Outcome) { o.Scores[0].Value += "0" },
		"band":      func(o *conformance.Outcome) { o.Scores[0].Band = "" },
		"imputed":   func(o *conformance.Outcome) { o.Scores[0].Imputed = nil },
		"a score":   func(o *conformance.Outcome) { o.Scores = o.Scores[1:] },
		"a refusal": func(o *conformance.Outcome) { o.Scores[0].Refusal = &conformance.Refusal{} },
		"an error":  func(o *conformance.Outcome) { o.Error = &conformance.Error{Reason: "OUT_OF_RANGE"} },
		"version":   func(o *conformance.Outcome) { o.Version = "2" },
	} {
		got := same()
		change(&got)
		if len(want.Differences(got)) == 0 || want.Matches(got) {
			t.Errorf("another %s is not found", name)
		}
	}
}

// The kit may leave the house: nothing in it but codes, numbers and the README.
func TestTheKitHasNoWording(t *testing.T) {
	err := fs.WalkDir(conformance.Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path != "README.txt" && !strings.HasSuffix(path, ".jsonl") {
			t.Errorf("%s: what is it for?", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
