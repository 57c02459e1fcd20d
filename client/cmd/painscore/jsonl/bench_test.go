package jsonl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
)

// sheets makes n HADS lines: every twentieth answer is blank, every id differs.
func sheets(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"id":"s-%d","instrument":"hads","answers":{`, i)
		for item := 1; item <= 14; item++ {
			answer := fmt.Sprint(random.IntN(4))
			if random.IntN(20) == 0 {
				answer = "null"
			}
			fmt.Fprintf(&b, `"%d":%s,`, item, answer)
		}
		b.Truncate(b.Len() - 1)
		b.WriteString("}}\n")
	}
	return b.Bytes()
}

const benchSheets = 10_000

// BenchmarkJSONL reads, scores and writes HADS sheets; run it with -cpu 1 for
// what one core does.
func BenchmarkJSONL(b *testing.B) {
	input := sheets(benchSheets)
	known := catalogue(b)
	b.Run("painscore", func(b *testing.B) {
		for b.Loop() {
			count, err := Run(context.Background(), bytes.NewReader(input), io.Discard, known)
			if err != nil || count != (Count{Lines: benchSheets}) {
				b.Fatal(count, err)
			}
		}
		b.ReportMetric(benchSheets*float64(b.N)/b.Elapsed().Seconds(), "sheets/s")
	})
	b.Run("encoding_json", func(b *testing.B) {
		for b.Loop() {
			if err := plainRun(input, io.Discard, known); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(benchSheets*float64(b.N)/b.Elapsed().Seconds(), "sheets/s")
	})
}

// plainRun is what one would write first: encoding/json both ways, the same
// engine between. It is the yardstick and checks less than Run.
func plainRun(input []byte, out io.Writer, known Catalogue) error {
	var answers scoring.Answers
	var result scoring.Result
	for line := range bytes.Lines(input) {
		var sheet struct {
			ID         json.RawMessage `json:"id"`
			Instrument string          `json:"instrument"`
			Answers    map[string]*float64
		}
		if err := json.Unmarshal(line, &sheet); err != nil {
			return err
		}
		in, _ := known.Instrument(sheet.Instrument, "")
		var read scoring.Sheet
		for item, value := range sheet.Answers {
			answer := scoring.Answer{Item: item}
			if value != nil {
				answer.Response = scoring.Response{Kind: scoring.Answered, Value: int32(*value)}
			}
			read.Answers = append(read.Answers, answer)
		}
		if problems := in.Read(&read, &answers); problems != nil {
			return fmt.Errorf("%v", problems)
		}
		in.Score(&answers, &result)
		out.Write(refResult(sheet.ID, &result, &answers))
	}
	return nil
}

func TestASheetCostsNoAllocation(t *testing.T) {
	scorer := NewScorer(catalogue(t))
	lines := bytes.Split(bytes.TrimSpace(sheets(100)), []byte("\n"))
	var out []byte
	all := func() {
		for _, line := range lines {
			out, _ = scorer.AppendLine(out[:0], line)
		}
	}
	all()
	if n := testing.AllocsPerRun(10, all); n > 0 {
		t.Errorf("%v allocations for %d sheets", n, len(lines))
	}
	if !strings.Contains(string(out), `"scores"`) {
		t.Errorf("%s", out)
	}
}
