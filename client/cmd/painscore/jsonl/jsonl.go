// Package jsonl scores sheets in JSON Lines: one object per line in, one per
// line out, in the same order, whatever the line holds.
//
// In:
//
//	{"id": 7, "instrument": "hads", "version": "1",
//	 "answers": {"1": 3, "2": 1, "3": null, "4": "declined"}}
//
// Required is instrument. An answer is a whole number (2.0 and 1e0 are whole),
// null for a blank, or one of "not_applicable", "declined", "unreadable",
// "not_asked". Items of site forms that are no whole numbers take a number
// (decimals) or a string (codes, dates, text); the four words mean that there is
// no answer there, too. Instead of answers, positions gives the same values as a list in
// the order of a layout. Optional are id (a string or number, given back as it
// stands), version, layout, coding and value_sets (a list); null there means
// not given.
//
// Out, a result or an error:
//
//	{"id":7,"instrument":"hads","version":"1","scores":[{"scale":"anxiety",
//	 "value":"14.00","prorated":true,"answered":4,"expected":7,…}],…}
//	{"id":7,"error":{"reason":"OUT_OF_RANGE","violations":[{"field":
//	 "answers[3].value","reason":"OUT_OF_RANGE","description":"item 4 takes …"}]}}
//
// An error names every problem of its line. A field is a path as in the gRPC
// contract: answers[3] is the fourth member of the answers object as written,
// keys[2] the third member of the line's object. Nothing that was sent is
// repeated except the id. Reasons are those of the contract's ErrorReason, and
// three that only lines of text can earn: BAD_JSON, LINE_TOO_LONG and
// DUPLICATE_FIELD.
//
// The reader is written by hand since encoding/json takes several times as
// long as scoring; tests hold it against encoding/json.
package jsonl

import (
	"context"
	"io"

	"github.com/painscore/painscore/scoring"
)

// MaxLine is the longest line that is read, in bytes without its end. A longer
// one is answered with LINE_TOO_LONG.
const MaxLine = 1 << 20

// Catalogue finds a definition; an empty version means the active one.
type Catalogue interface {
	Instrument(id, version string) (*scoring.Instrument, bool)
}

// Count says how a run went. Refused scales are results, not errors.
type Count struct{ Lines, Errors int }

// Run scores every line of in and writes one line each to out, until in ends
// or ctx does. Before it waits for more input it writes out what it has, so
// that a program can talk with it line by line. The error is that of reading,
// writing or ctx; a bad line is none.
func Run(ctx context.Context, in io.Reader, out io.Writer, catalogue Catalogue) (Count, error) {
	var (
		count   Count
		scorer  = NewScorer(catalogue)
		lines   = lines{in: in}
		results []byte
	)
	flush := func() error {
		if err := ctx.Err(); err != nil || len(results) == 0 {
			return err
		}
		_, err := out.Write(results)
		results = results[:0]
		return err
	}
	for {
		line, state := lines.next()
		ok := false
		switch state {
		case oneLine:
			results, ok = scorer.AppendLine(results, line)
		case tooLong:
			results = appendLineTooLong(results)
		default: // nothing more at hand
			if err := flush(); err != nil {
				return count, err
			}
			if state == ended {
				return count, lines.err
			}
			lines.read()
			continue
		}
		count.Lines++
		if !ok {
			count.Errors++
		}
		if len(results) >= flushAt {
			if err := flush(); err != nil {
				return count, err
			}
		}
	}
}

// flushAt is how many bytes of results are gathered before they are written
// although more lines are at hand.
const flushAt = 64 << 10
