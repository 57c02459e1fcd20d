package mapping

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxRow is the longest row in bytes. A longer one is a quote that was never
// closed.
const MaxRow = 1 << 20

// Table reads the rows of a CSV file, one at a time.
type Table struct {
	Header []string
	rows   *csv.Reader
	bound  *rowBound
}

// NewTable reads the header. The file is UTF-8, with or without a byte order
// mark; lines end with "\n" or "\r\n".
func NewTable(file io.Reader, comma rune) (*Table, error) {
	bound := &rowBound{file: file, left: MaxRow}
	t := &Table{bound: bound, rows: csv.NewReader(bound)}
	t.rows.Comma, t.rows.FieldsPerRecord = comma, -1
	header, _, err := t.Next()
	if err == io.EOF {
		return nil, errors.New("the file is empty; its first line must name the columns")
	}
	if err != nil {
		return nil, err
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	t.Header = header
	return t, nil
}

// Next returns a row and the line where it begins; io.EOF after the last. Any
// other error is final: after a broken quote nobody knows where a row begins.
// Its text repeats nothing of the file.
func (t *Table) Next() (cells []string, line int, err error) {
	t.bound.left = MaxRow
	cells, err = t.rows.Read()
	var syntax *csv.ParseError
	switch {
	case err == io.EOF:
		return nil, 0, err
	case errors.Is(err, errRowTooLong):
		return nil, 0, fmt.Errorf("a row is longer than %d bytes: is there a quote that is not closed?", MaxRow)
	case errors.As(err, &syntax):
		return nil, 0, fmt.Errorf("line %d: %v; what follows was not read", syntax.StartLine, syntax.Err)
	case err != nil:
		return nil, 0, err
	}
	line, _ = t.rows.FieldPos(0)
	return cells, line, nil
}

// Offset is how much of the file was read, in bytes.
func (t *Table) Offset() int64 { return t.rows.InputOffset() }

var errRowTooLong = errors.New("the row is too long")

// rowBound stops a reader that takes in too much for one row.
type rowBound struct {
	file io.Reader
	left int
}

func (r *rowBound) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := r.file.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}
