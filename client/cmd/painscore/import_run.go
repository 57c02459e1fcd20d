package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"

	"github.com/painscore/painscore/client"
	"github.com/painscore/painscore/client/cmd/painscore/mapping"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// importRun is one run of import, and what it counts.
type importRun struct {
	dryRun   bool
	rejects  *rejects // nil without one
	progress *progress
	total    int64 // bytes of all files
	read     atomic.Int64
	settled  atomic.Int64

	// Rows wait here, oldest first, until each of their sheets has a result.
	mu      sync.Mutex
	waiting []*entry
	failed  error // of the rejects file

	rows, empty, stored, replayed, created, refused int
	reasons, warnings                               map[string]int
}

// all sends the sheets of all files and sees to their results.
func (r *importRun) all(ctx context.Context, c *client.Client, files []string, open func(string) (rowSource, error), options client.ImportOptions) error {
	records := func(yield func(*pb.ImportRecord, error) bool) {
		before := int64(0)
		for _, name := range files {
			read, err := r.file(name, before, open, yield)
			if err != nil {
				if err != errStopped {
					yield(nil, err)
				}
				return
			}
			before += read
		}
	}
	for imported, err := range c.Import(ctx, records, options) {
		if err != nil {
			return err
		}
		if err := r.settle(imported.Result); err != nil {
			return err
		}
		r.progress.tick(r)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

var errStopped = fmt.Errorf("stopped")

// file sends the sheets of one file, and returns its size in bytes.
func (r *importRun) file(name string, before int64, open func(string) (rowSource, error), yield func(*pb.ImportRecord, error) bool) (int64, error) {
	s, err := open(name)
	if err != nil {
		return 0, err
	}
	defer s.close()
	for {
		e, err := s.next()
		if err == io.EOF {
			return s.offset(), nil
		}
		if err != nil {
			return 0, err
		}
		r.read.Store(before + s.offset())
		if err := r.enter(e); err != nil {
			return 0, err
		}
		for i := range e.parts {
			if e.parts[i].refused != nil {
				continue
			}
			record := &pb.ImportRecord{RecordId: strconv.Itoa(e.line) + "." + strconv.Itoa(i+1), Submission: e.parts[i].request}
			if !yield(record, nil) {
				return 0, errStopped
			}
		}
	}
}

// enter lets a row wait for its results, and counts what is refused here.
func (r *importRun) enter(e *entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows++
	if len(e.parts) == 0 {
		r.empty++
	}
	for i := range e.parts {
		if p := &e.parts[i]; p.refused != nil {
			r.refused++
			r.reasons[p.refused.Reason]++
			r.settled.Add(1)
		} else {
			e.open++
		}
	}
	r.waiting = append(r.waiting, e)
	return r.release()
}

// settle takes the next result, which is of the oldest sheet that waits.
func (r *importRun) settle(result *pb.ImportResult) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled.Add(1)
	e := r.waiting[0]
	p := &e.parts[slices.IndexFunc(e.parts, func(p part) bool { return p.request != nil && p.refused == nil })]
	r.count(p, result)
	p.request = nil
	e.open--
	return r.release()
}

func (r *importRun) count(p *part, result *pb.ImportResult) {
	for _, w := range result.Warnings {
		r.warnings[strings.TrimPrefix(w.String(), "WARNING_CODE_")]++
	}
	switch result.Outcome {
	case pb.ImportOutcome_IMPORT_OUTCOME_STORED:
		r.stored++
		if result.EpisodeCreated {
			r.created++
		}
	case pb.ImportOutcome_IMPORT_OUTCOME_REPLAYED:
		r.replayed++
	default:
		r.refused++
		p.refused = refusalOf(p, result.GetError())
		r.reasons[p.refused.Reason]++
	}
}

// refusalOf names the columns of the file in place of the contract's fields.
func refusalOf(p *part, e *pb.SheetError) *refusedPart {
	reason := func(r pb.ErrorReason) string { return strings.TrimPrefix(r.String(), "ERROR_REASON_") }
	refused := &refusedPart{Reason: reason(e.GetReason())}
	for _, v := range e.GetViolations() {
		refused.Violations = append(refused.Violations, mapping.Violation{Field: p.column(v.Field), Reason: reason(v.Reason), Description: v.Description})
	}
	return refused
}

// release lets go of the oldest rows that have all their results.
func (r *importRun) release() error {
	for len(r.waiting) > 0 && r.waiting[0].open == 0 {
		e := r.waiting[0]
		r.waiting[0] = nil
		r.waiting = r.waiting[1:]
		if err := r.rejects.write(e); err != nil {
			r.failed = outputError(fmt.Errorf("--rejects: %w", err))
			return r.failed
		}
	}
	return nil
}

// print sums the run up.
func (r *importRun) print(w io.Writer, asJSON bool) error {
	if asJSON {
		line, err := json.Marshal(map[string]any{
			"dry_run": r.dryRun, "rows": r.rows, "rows_without_a_sheet": r.empty, "stored": r.stored, "stored_before": r.replayed,
			"episodes_created": r.created, "refused": r.refused, "reasons": r.reasons, "warnings": r.warnings,
		})
		if err != nil {
			return outputError(err)
		}
		_, err = fmt.Fprintf(w, "%s\n", line)
		return outputError(err)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	would := ""
	if r.dryRun {
		would = " (dry run: nothing was stored)"
	}
	fmt.Fprintf(table, "%d\t rows read\n", r.rows)
	if r.empty > 0 {
		fmt.Fprintf(table, "%d\t rows without a sheet, by the mapping\n", r.empty)
	}
	fmt.Fprintf(table, "%d\t sheets stored%s\n%d\t stored before\n%d\t episodes created\n%d\t refused\n", r.stored, would, r.replayed, r.created, r.refused)
	for _, reason := range slices.Sorted(maps.Keys(r.reasons)) {
		fmt.Fprintf(table, "%d\t   %s\n", r.reasons[reason], reason)
	}
	for _, warning := range slices.Sorted(maps.Keys(r.warnings)) {
		fmt.Fprintf(table, "%d\t with the warning %s\n", r.warnings[warning], warning)
	}
	return outputError(table.Flush())
}
