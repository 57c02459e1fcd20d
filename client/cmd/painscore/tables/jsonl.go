package tables

import (
	"bytes"
	"encoding/json"
	"io"
)

// jsonlFile writes one JSON object a line, its keys in the order of the columns.
// A value that is missing for a reason is an object that names it.
type jsonlFile struct {
	out     io.Writer
	columns []column
	line    bytes.Buffer
}

func newJSONL(to io.Writer, columns []column) *jsonlFile {
	return &jsonlFile{out: to, columns: columns}
}

func (f *jsonlFile) write(cells []cell) error {
	f.line.Reset()
	text := json.NewEncoder(&f.line)
	text.SetEscapeHTML(false)
	quote := func(s string) error {
		err := text.Encode(s)
		f.line.Truncate(f.line.Len() - 1) // the line end that Encode adds
		return err
	}
	for i := range cells {
		c, v := &f.columns[i], cells[i]
		f.line.WriteByte("{,"[min(i, 1)])
		if err := quote(c.name); err != nil {
			return err
		}
		f.line.WriteByte(':')
		reason, _, missing := c.reason(v)
		var err error
		switch {
		case !v.there:
			f.line.WriteString("null")
		case missing:
			f.line.WriteString(`{"missing":"` + reason + `"}`)
		case c.numeric():
			f.line.WriteString(c.decimal(v))
		default:
			err = quote(v.text)
		}
		if err != nil {
			return err
		}
	}
	f.line.WriteString("}\n")
	_, err := f.out.Write(f.line.Bytes())
	return err
}

func (f *jsonlFile) close() error { return nil }
