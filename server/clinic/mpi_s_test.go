package clinic_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// madeUpScale is a scale of a key that nobody published: it shows that the
// skeleton can be filled in, and says nothing about MPI-S.
type madeUpScale struct {
	items, reversed []int
	missing         string
	needed          int // answers
}

func madeUpKey() []madeUpScale {
	key := make([]madeUpScale, 8)
	for item := 1; item <= 34; item++ {
		s := &key[(item-1)%8]
		s.items = append(s.items, item)
	}
	for i := range key {
		key[i].missing, key[i].needed = "{rule: all}", len(key[i].items)
	}
	key[0].missing, key[0].needed = "{rule: half, source: manual, known: V}", 3 // of 5
	key[3].missing, key[3].needed = "{rule: at_least, items: 3, source: manual, known: V}", 3
	key[3].reversed = []int{4, 20}
	key[6].reversed = []int{7, 15, 23, 31}
	return key
}

// fillIn does what a clinic does with an editor.
func fillIn(t *testing.T, skeleton string, key []madeUpScale) string {
	t.Helper()
	replace := func(old, with string) {
		t.Helper()
		at := strings.Index(skeleton, old)
		if at < 0 {
			t.Fatalf("the skeleton has no further %s to fill in", old)
		}
		line := strings.IndexByte(skeleton[at:], '\n') // what stands after it on the line is the FILL IN
		skeleton = skeleton[:at] + with + skeleton[at+line:]
	}
	replace(`cite: ""}`, `cite: "a key made up for a test"}`)
	for i, s := range key {
		replace(`title: "" `, fmt.Sprintf("title: Made-up %d", i+1))
		replace(`direction: "" `, "direction: "+[]string{"higher_is_worse", "higher_is_better"}[i%2])
		replace(`domain: "" `, "domain: pain")
		replace("items: [] ", "items: "+numbers(s.items))
		replace("reversed: [] ", "reversed: "+numbers(s.reversed))
		replace("missing: {rule: fill_in, source: manual, known: V} ", "missing: "+s.missing)
	}
	replace("examples: []", `examples: [{name: all three, positions: [`+strings.Repeat("3, ", 33)+`3], expect: {scale_1: "3.00", scale_7: "3.00"}}]`)
	return skeleton
}

func numbers(items []int) string {
	quoted := []string{}
	for _, i := range items {
		quoted = append(quoted, fmt.Sprintf("%q", itoa(i)))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// expected scores a scale apart from the engine; blank answers are -1.
func (s *madeUpScale) expected(answers []int32) string {
	sum, n := 0, 0
	for _, item := range s.items {
		v := int(answers[item-1])
		if v < 0 {
			continue
		}
		if slices.Contains(s.reversed, item) {
			v = 6 - v
		}
		sum, n = sum+v, n+1
	}
	if n < s.needed {
		return string(scoring.TooFewAnswers)
	}
	hundredths := (200*sum + n) / (2 * n) // half away from zero; all are positive
	return fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
}

// TestAClinicFillsInTheSkeletonOfMPIS: filled in with a key, the skeleton
// loads, scores and is stored and trended like a built-in instrument.
func TestAClinicFillsInTheSkeletonOfMPIS(t *testing.T) {
	skeleton, ok := instruments.Skeleton("mpi_s")
	if !ok {
		t.Fatal("no skeleton")
	}
	key := madeUpKey()
	catalogue := builtin(t)
	if err := catalogue.AddFile("mpi_s.yaml", []byte(fillIn(t, string(skeleton), key))); err != nil {
		t.Fatal(err)
	}
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogue)
	before, after := make([]int32, 34), make([]int32, 34)
	for i := range before {
		before[i], after[i] = int32(i*5%7), int32((i*3+2)%7)
	}
	after[0], after[8] = -1, -1 // scale 1: three of five answered, prorated
	after[3] = -1               // scale 4: a reversed item blank, three of four
	after[7] = -1               // scale 8: one blank, and all are needed
	for i, form := range [][]int32{before, after} {
		stored := s.submit(t, at([]store.Occasion{store.Baseline, store.ProgrammeEnd}[i], []string{"2024-01-01", "2024-05-01"}[i], "s-"+itoa(i+1), mpis(form)))
		for n := range key {
			got := score(t, stored.ScoreList, "scale_"+itoa(n+1))
			if want := key[n].expected(form); got.Text() != want && string(got.Refusal.Reason) != want {
				t.Errorf("form %d scale %d: %s%s, want %s", i+1, n+1, got.Text(), got.Refusal.Reason, want)
			}
			if prorated := i == 1 && (n == 0 || n == 3); got.Prorated != prorated {
				t.Errorf("form %d scale %d prorated: %t", i+1, n+1, got.Prorated)
			}
		}
	}
	trend := s.trend(t)
	if len(trend.Lines) != 8 {
		t.Fatalf("%d lines, want the eight scales", len(trend.Lines))
	}
	l := line(t, trend, "mpi_s", "scale_2")
	got := change(t, l, 0, 1)
	if !got.Comparable || got.Movement == scoring.NoMovement || l.Points[0].Score.Text() != key[1].expected(before) || l.Points[1].Score.Text() != key[1].expected(after) {
		t.Errorf("the trend of scale 2 is %+v", got)
	}
	if got := change(t, line(t, trend, "mpi_s", "scale_8"), 0, 1); got.Comparable {
		t.Error("a refused score is compared")
	}
}

func mpis(answers []int32) clinic.Sheet {
	sheet := clinic.Sheet{Instrument: "mpi_s"}
	for i, v := range answers {
		r := scoring.Response{Kind: scoring.Answered, Value: v}
		if v < 0 {
			r = scoring.Response{}
		}
		sheet.Answers = append(sheet.Answers, scoring.Answer{Item: itoa(i + 1), Response: r})
	}
	return sheet
}
