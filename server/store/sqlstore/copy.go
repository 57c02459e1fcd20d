package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/store"
)

// Reasons why a copy was not made, to be told apart with errors.Is.
var (
	// ErrNotEmpty: the store to copy to holds something already.
	ErrNotEmpty = errors.New("sqlstore: the store to copy to is not empty")
	// ErrCopyDiffers: what arrived is not what was sent.
	ErrCopyDiffers = errors.New("sqlstore: the copy differs")
	// ErrMoved: somebody wrote to the store while it was copied.
	ErrMoved = errors.New("sqlstore: the store was written to while it was copied")
	// ErrUnfinishedCopy: the store is a copy that was begun and not finished.
	ErrUnfinishedCopy = errors.New("sqlstore: the store is an unfinished copy: delete it, and copy again")
)

// copyMark is the property of a store that is being copied to. It goes when
// the copy has proved to be the same, and not before.
const copyMark = "unfinished_copy"

// CheckFinished returns ErrUnfinishedCopy for a store that a Copy has left in
// the middle. Nobody may work with one: it looks like a store whose patients
// never answered.
func CheckFinished(ctx context.Context, s store.Store) error {
	_, err := s.Property(ctx, copyMark)
	switch {
	case err == nil:
		return ErrUnfinishedCopy
	case errors.Is(err, store.ErrNotFound):
		return nil
	}
	return err
}

// CopiedTable says what became of one table: how many rows there are, and a
// digest over all of them in the order of their keys, on either side.
type CopiedTable struct {
	Name                 string
	FromRows, ToRows     int64
	FromDigest, ToDigest []byte // SHA-256
}

// Same says whether the table arrived as it was sent.
func (c CopiedTable) Same() bool {
	return c.FromRows == c.ToRows && bytes.Equal(c.FromDigest, c.ToDigest)
}

// Copy copies all that a store holds to an empty one, of the same engine or
// another, and reads it back from there. Nobody may write to either meanwhile.
// It needs the memory of a few hundred rows however many there are. progress
// is told after each chunk how many rows of a table are copied.
//
// On any error the store that was copied to is left marked as unfinished (see
// CheckFinished). With ErrCopyDiffers the result says where.
func Copy(ctx context.Context, from, to store.Store, progress func(table string, rows int64)) ([]CopiedTable, error) {
	source, target, err := bothOf(from, to)
	if err != nil {
		return nil, err
	}
	if err := CheckFinished(ctx, from); err != nil {
		return nil, err
	}
	if err := target.markUnfinished(ctx); err != nil {
		return nil, err
	}
	result, err := copyTables(ctx, source, target, progress)
	if err != nil {
		return nil, err
	}
	if err := target.readBack(ctx, result); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(result, func(c CopiedTable) bool { return !c.Same() }) {
		return result, ErrCopyDiffers
	}
	if err := source.unmoved(ctx, result); err != nil {
		return result, err
	}
	_, err = target.writer.ExecContext(ctx, target.dialect.rewrite(`DELETE FROM property WHERE name = $1`), copyMark)
	return result, target.fail("finish a copy", err)
}

// core is this package's part of an engine, which embeds it.
func (s *Store) core() *Store { return s }

func bothOf(from, to store.Store) (source, target *Store, err error) {
	a, okA := from.(interface{ core() *Store })
	b, okB := to.(interface{ core() *Store })
	if !okA || !okB {
		return nil, nil, errors.New("sqlstore: only stores of this package can be copied")
	}
	return a.core(), b.core(), nil
}

// markUnfinished makes sure that the store is empty, and marks it.
func (s *Store) markUnfinished(ctx context.Context) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return s.fail("begin a copy", err)
	}
	defer tx.Rollback()
	for _, table := range copiedTables {
		var one int64
		err := tx.QueryRowContext(ctx, `SELECT 1 FROM `+table.name+` LIMIT 1`).Scan(&one)
		if err == nil {
			return fmt.Errorf("%w: there are rows in %s", ErrNotEmpty, table.name)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return s.fail("begin a copy", err)
		}
	}
	if _, err := tx.ExecContext(ctx, s.sql.addProperty, copyMark, "1"); err != nil {
		return s.fail("begin a copy", err)
	}
	return s.fail("begin a copy", tx.Commit())
}

// copyTables copies one moment of the source, table by table.
func copyTables(ctx context.Context, source, target *Store, progress func(string, int64)) ([]CopiedTable, error) {
	moment, err := source.oneMoment(ctx)
	if err != nil {
		return nil, err
	}
	defer moment.Rollback()
	result := make([]CopiedTable, len(copiedTables))
	for i, table := range copiedTables {
		result[i].Name = table.name
		rows, err := source.rowsOf(ctx, moment, table)
		if err != nil {
			return nil, err
		}
		if err := target.hasColumns(ctx, table, rows.columns); err != nil {
			return nil, err
		}
		for chunk, err := range rows.chunks(ctx) {
			if err == nil {
				err = target.insert(ctx, table, rows.columns, chunk)
			}
			if err != nil {
				return nil, fmt.Errorf("copy table %s: %w", table.name, err)
			}
			progress(table.name, rows.count)
		}
		result[i].FromRows, result[i].FromDigest = rows.count, rows.digest.Sum(nil)
	}
	return result, nil
}

// oneMoment begins a transaction that sees one state of the store throughout.
func (s *Store) oneMoment(ctx context.Context) (*sql.Tx, error) {
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	return tx, s.fail("read one moment", err)
}

func (s *Store) hasColumns(ctx context.Context, table copiedTable, want []string) error {
	have, err := columnsOf(ctx, s.readers, table.name)
	if err != nil {
		return s.fail("columns of "+table.name, err)
	}
	if !slices.Equal(have, want) {
		return fmt.Errorf("sqlstore: table %s has other columns on the two sides", table.name)
	}
	return nil
}

// insert writes a chunk in one transaction of one statement.
func (s *Store) insert(ctx context.Context, table copiedTable, columns []string, chunk [][]any) error {
	var text strings.Builder
	fmt.Fprintf(&text, "INSERT INTO %s (%s) VALUES ", table.name, strings.Join(columns, ", "))
	args := make([]any, 0, len(chunk)*len(columns))
	for i, row := range chunk {
		text.WriteString([]string{"", ", "}[min(i, 1)])
		text.WriteString(s.dialect.parameters(len(args), len(row)))
		args = append(args, row...)
	}
	_, err := s.writer.ExecContext(ctx, text.String(), args...)
	return s.fail("write", err)
}

// readBack adds to the result what is found on this side.
func (s *Store) readBack(ctx context.Context, result []CopiedTable) error {
	moment, err := s.oneMoment(ctx)
	if err != nil {
		return err
	}
	defer moment.Rollback()
	for i, table := range copiedTables {
		rows, err := s.rowsOf(ctx, moment, table)
		if err != nil {
			return err
		}
		if err := rows.drain(ctx); err != nil {
			return fmt.Errorf("read back table %s: %w", table.name, err)
		}
		result[i].ToRows, result[i].ToDigest = rows.count, rows.digest.Sum(nil)
	}
	return nil
}

// unmoved looks once more at the tables of which one changes with every write.
func (s *Store) unmoved(ctx context.Context, result []CopiedTable) error {
	moment, err := s.oneMoment(ctx)
	if err != nil {
		return err
	}
	defer moment.Rollback()
	for i, table := range copiedTables {
		if !table.moves {
			continue
		}
		rows, err := s.rowsOf(ctx, moment, table)
		if err != nil {
			return err
		}
		if err := rows.drain(ctx); err != nil {
			return fmt.Errorf("look at table %s again: %w", table.name, err)
		}
		if !bytes.Equal(rows.digest.Sum(nil), result[i].FromDigest) {
			return fmt.Errorf("%w: %s has changed: stop every painscored that uses it, and copy again", ErrMoved, table.name)
		}
	}
	return nil
}
