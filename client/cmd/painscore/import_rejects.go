package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// rejects is the file of the rows that were refused, with their reasons. It
// holds what those rows hold, identifiers too. A nil one writes nothing.
type rejects struct {
	file   *os.File
	out    *bufio.Writer
	table  *csv.Writer // nil for JSON Lines
	header []string
}

func newRejects(file *os.File, format string) *rejects {
	r := &rejects{file: file, out: bufio.NewWriter(file)}
	if format == "csv" {
		r.table = csv.NewWriter(r.out)
	}
	return r
}

// Columns that a row gets besides its own; an import passes them over, since no
// mapping names them.
var rejectColumns = []string{"painscore_line", "painscore_reason", "painscore_violations"}

// write writes an entry if one of its sheets was refused. The others are stored
// already, and come back as replays when the mended row is imported.
func (r *rejects) write(e *entry) error {
	var refused []*refusedPart
	for i := range e.parts {
		if e.parts[i].refused != nil {
			refused = append(refused, e.parts[i].refused)
		}
	}
	if r == nil || len(refused) == 0 {
		return nil
	}
	at := fmt.Sprintf("%s:%d", e.file, e.line)
	if r.table != nil {
		return r.writeRow(e, at, refused)
	}
	return r.writeLine(e.original.([]byte), at, refused)
}

func (r *rejects) writeRow(e *entry, at string, refused []*refusedPart) error {
	if r.header == nil {
		r.header = own(e.header, e.header)
		r.table.Comma = e.comma
		if err := r.table.Write(append(r.header, rejectColumns...)); err != nil {
			return err
		}
	}
	if strings.Join(own(e.header, e.header), "\x00") != strings.Join(r.header, "\x00") {
		return errors.New("the files have different headers: import them one by one")
	}
	var reasons, violations []string
	for _, part := range refused {
		reasons = append(reasons, part.Reason)
		for _, v := range part.Violations {
			text := v.Reason + ": " + v.Description
			if v.Field != "" {
				text = v.Field + ": " + text
			}
			violations = append(violations, text)
		}
	}
	row := own(e.header, e.original.([]string))
	return r.table.Write(append(row, at, strings.Join(reasons, ", "), strings.Join(violations, "; ")))
}

// own are the cells of the file's own columns, without those of an earlier
// rejects file. A row with too few or too many cells stays as it is.
func own(header, cells []string) []string {
	if len(cells) != len(header) {
		return append([]string(nil), cells...)
	}
	var out []string
	for i, cell := range cells {
		if !strings.HasPrefix(header[i], "painscore_") {
			out = append(out, cell)
		}
	}
	return out
}

func (r *rejects) writeLine(text []byte, at string, refused []*refusedPart) error {
	note, err := json.Marshal(map[string]any{"line": at, "sheets": refused})
	if err != nil {
		return err
	}
	list, err := members(text)
	if err != nil { // no object that a key could be added to
		quoted, _ := json.Marshal(string(text))
		_, err := fmt.Fprintf(r.out, "{%q:%s,\"text\":%s}\n", refusedKey, note, quoted)
		return err
	}
	r.out.WriteByte('{')
	for _, m := range list {
		if m.key != refusedKey {
			key, _ := json.Marshal(m.key)
			fmt.Fprintf(r.out, "%s:%s,", key, m.value)
		}
	}
	_, err = fmt.Fprintf(r.out, "%q:%s}\n", refusedKey, note)
	return err
}

// close makes sure that all of it has arrived.
func (r *rejects) close() error {
	if r == nil {
		return nil
	}
	if r.table != nil {
		r.table.Flush()
		if err := r.table.Error(); err != nil {
			return outputError(err)
		}
	}
	return outputError(errors.Join(r.out.Flush(), r.file.Sync(), r.file.Close()))
}
