package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// copiedTable is a table as Copy takes it.
type copiedTable struct {
	name  string
	key   string // columns of the primary key, in its order
	moves bool   // looked at again in the end: every write changes one of these
}

const slotKey = "care_unit, episode_id, occasion, occasion_label, instrument, respondent, slot_version"

// copiedTables are all tables, those that are referred to before those that
// refer to them. TestEveryTableIsCopied holds the list to the schema.
var copiedTables = []copiedTable{
	{"patient", "patient_key", false},
	{"identity", "lookup", true},
	{"patient_name", "patient_key", true},
	{"merged_patient", "patient_key", true},
	{"registry_choice", "patient_key, provider, registry, number", true},
	{"change_counter", "care_unit", true},
	{"episode", "care_unit, episode_id", false},
	{"episode_version", "care_unit, episode_id, version", false},
	{"episode_share", "care_unit, episode_id, with_unit, number", true},
	{"submission_version", slotKey, false},
	{"occasion_act", "care_unit, episode_id, number", true},
	{"paper_code", "code", true},
	{"episode_summary", "care_unit, episode_id", true},
	{"summary_progress", "care_unit", true},
	{"reader_visit", "care_unit, episode_id, reader", true},
	{"launch_link", "token_hash", true},
	{"content", "kind, name, version", true},
	{"setting", "care_unit, kind, name, number", true},
	{"rescore_plan", "plan_id", true},
	{"rescore_scope", "plan_id, care_unit", false},
	{"rescore_source", "plan_id, version", false},
	{"rescore_base", "plan_id, base_plan_id", false},
	{"rescore_flip", "care_unit, plan_id, number", false},
	{"rescored_submission", slotKey + ", plan_id", true},
	{"erasure", "erasure_id", true},
	{"erasure_in_unit", "care_unit, change_seq", false},
	{"erased_submission", "mark", false},
	{"delivery", "delivery_id", true},
	{"delivery_member", "delivery_id, episode", true},
	{"told_reader", "reader", true},
	{"told_population", "reader, digest", true},
	{"access_block", "chain, number", true},
	{"access_subject", "patient_key, last_at, chain, number", false},
	{"access_unindexed", "last_at, chain, number", false},
	{"access_dropped", "chain", true},
	{"access_review", "review_id", true},
	{"session", "token_hash", false},
	{"property", "name", true},
}

// copyChunk is how many rows are read, and written in one transaction. The
// widest table has 31 columns; SQLite takes 32,766 parameters in a statement.
const copyChunk = 200

// columnsOf lists the columns of a table by name. The engines may have added
// them in another order.
func columnsOf(ctx context.Context, q queryer, table string) ([]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT t.* FROM `+table+` t LIMIT 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	slices.Sort(columns)
	return columns, err
}

// queryer is a handle or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// tableRows reads a table in the order of its key, which both engines compare
// byte by byte, and digests what it reads.
type tableRows struct {
	store   *Store
	from    queryer
	table   copiedTable
	columns []string
	key     []int // indexes into columns
	count   int64
	digest  hash.Hash
}

func (s *Store) rowsOf(ctx context.Context, from queryer, table copiedTable) (*tableRows, error) {
	columns, err := columnsOf(ctx, from, table.name)
	if err != nil {
		return nil, s.fail("columns of "+table.name, err)
	}
	r := &tableRows{store: s, from: from, table: table, columns: columns, digest: sha256.New()}
	for _, column := range strings.Split(table.key, ", ") {
		i, found := slices.BinarySearch(columns, column)
		if !found {
			return nil, fmt.Errorf("sqlstore: table %s has no column %s", table.name, column)
		}
		r.key = append(r.key, i)
	}
	return r, nil
}

// chunks yields the rows some at a time.
func (r *tableRows) chunks(ctx context.Context) iter.Seq2[[][]any, error] {
	return func(yield func([][]any, error) bool) {
		var last []any
		for {
			chunk, err := r.read(ctx, last)
			if err != nil {
				yield(nil, r.store.failRead(ctx, "read", err))
				return
			}
			if len(chunk) > 0 {
				last = chunk[len(chunk)-1]
			}
			full := len(chunk) == copyChunk
			if chunk, err = r.take(chunk); err != nil {
				yield(nil, err)
				return
			}
			if len(chunk) > 0 && !yield(chunk, nil) || !full {
				return
			}
		}
	}
}

// drain reads to the end for the sake of the digest.
func (r *tableRows) drain(ctx context.Context) error {
	for _, err := range r.chunks(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}

// read returns the rows after the last one, all columns of each.
func (r *tableRows) read(ctx context.Context, last []any) ([][]any, error) {
	after, args := "", []any(nil)
	if last != nil {
		for _, i := range r.key {
			args = append(args, last[i])
		}
		after = " WHERE (" + r.table.key + ") > " + r.store.dialect.parameters(0, len(args))
	}
	query := "SELECT " + strings.Join(r.columns, ", ") + " FROM " + r.table.name + after +
		" ORDER BY " + r.table.key + " LIMIT " + strconv.Itoa(copyChunk)
	rows, err := r.from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var chunk [][]any
	for rows.Next() {
		row := make([]any, len(r.columns))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		chunk = append(chunk, row)
	}
	return chunk, rows.Err()
}

// take counts and digests rows, and leaves out the mark of an unfinished copy.
func (r *tableRows) take(chunk [][]any) ([][]any, error) {
	if r.table.name == "property" {
		chunk = slices.DeleteFunc(chunk, func(row []any) bool { return row[r.key[0]] == copyMark })
	}
	for _, row := range chunk {
		r.count++
		for i, value := range row {
			if err := r.digestValue(value); err != nil {
				return nil, fmt.Errorf("column %s: %w", r.columns[i], err)
			}
		}
	}
	return chunk, nil
}

// digestValue writes a value so that no two differ and write the same: its
// type, its length, itself.
func (r *tableRows) digestValue(value any) error {
	var kind byte
	var body []byte
	switch v := value.(type) {
	case int64:
		kind, body = 'i', binary.BigEndian.AppendUint64(nil, uint64(v))
	case string:
		kind, body = 't', []byte(v)
	case []byte:
		kind, body = 'b', v
	default:
		// NULL too: there is none anywhere.
		return fmt.Errorf("sqlstore: a value of a type that no column has (%T)", value)
	}
	head := binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(body)))
	r.digest.Write(head)
	r.digest.Write(body)
	return nil
}

// parameters writes ($1, $2 …) for n values after so many others.
func (d Dialect) parameters(after, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = d.Parameter + strconv.Itoa(after+i+1)
	}
	return "(" + strings.Join(list, ", ") + ")"
}
