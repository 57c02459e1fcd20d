package scoring_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

var catalogue = sync.OnceValues(instruments.Builtin)

// instrument returns a built-in instrument with every layout confirmed.
func instrument(t testing.TB, id string) *scoring.Instrument {
	t.Helper()
	c, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	in, ok := c.Instrument(id, "")
	if !ok {
		t.Fatalf("no instrument %s", id)
	}
	return in
}

func every(t testing.TB) []*scoring.Instrument {
	t.Helper()
	c, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c.List()
}

func is(v int32) scoring.Response { return scoring.Response{Kind: scoring.Answered, Value: v} }

// kind makes a response that is no number.
func kind(k scoring.Kind) scoring.Response { return scoring.Response{Kind: k} }

const blank = -99 // stands for an item left blank in row

// row makes positional responses.
func row(values ...int32) []scoring.Response {
	out := make([]scoring.Response, len(values))
	for i, v := range values {
		if v != blank {
			out[i] = is(v)
		}
	}
	return out
}

// score reads and scores a sheet that must be acceptable.
func score(t testing.TB, in *scoring.Instrument, sheet *scoring.Sheet) *scoring.Result {
	t.Helper()
	var answers scoring.Answers
	if problems := in.Read(sheet, &answers); len(problems) > 0 {
		t.Fatalf("%s: refused: %v", in.ID(), problems)
	}
	var result scoring.Result
	in.Score(&answers, &result)
	return &result
}

// text is a score's text, or the reason of its refusal. name is scale or
// scale:value_set.
func text(t testing.TB, r *scoring.Result, name string) string {
	t.Helper()
	s := find(t, r, name)
	if s.Outcome == scoring.Refused {
		return string(s.Refusal.Reason)
	}
	return s.Text()
}

func find(t testing.TB, r *scoring.Result, name string) *scoring.Score {
	t.Helper()
	scale, set, _ := strings.Cut(name, ":")
	s, ok := r.Find(scale, set)
	if !ok {
		t.Fatalf("no score %s", name)
	}
	return s
}
