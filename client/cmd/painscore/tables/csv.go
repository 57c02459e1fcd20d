package tables

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// csvFile writes CSV. Excel's begins with a mark of its encoding, without which
// Excel does not read å.
type csvFile struct {
	out     *csv.Writer
	columns []column
	excel   bool
	line    []string
}

func newCSV(to io.Writer, columns []column, format Format) (*csvFile, error) {
	f := &csvFile{out: csv.NewWriter(to), columns: columns, excel: format == Excel, line: make([]string, len(columns))}
	if f.excel {
		f.out.Comma = ';'
		if _, err := io.WriteString(to, "\ufeff"); err != nil {
			return nil, err
		}
	}
	for i, c := range columns {
		f.line[i] = c.name
	}
	return f, f.out.Write(f.line)
}

func (f *csvFile) write(cells []cell) error {
	for i := range cells {
		f.line[i] = f.text(&f.columns[i], cells[i])
	}
	return f.out.Write(f.line)
}

func (f *csvFile) text(c *column, v cell) string {
	switch {
	case !v.there:
		return ""
	case c.numeric() && f.excel:
		return strings.Replace(c.decimal(v), ".", ",", 1)
	case c.numeric():
		return c.decimal(v)
	case f.excel && c.kind == pb.ExportColumnType_EXPORT_COLUMN_TYPE_PERSONNUMMER && len(v.text) == 12:
		return v.text[:8] + "-" + v.text[8:]
	}
	return harmless(v.text)
}

// harmless keeps a spreadsheet from reckoning with a text that begins like a
// formula. A number stays, and lines end in one way.
func harmless(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if text == "" || !strings.ContainsRune("=+-@\t\n", rune(text[0])) {
		return text
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return text
	}
	return "'" + text
}

func (f *csvFile) close() error {
	f.out.Flush()
	return f.out.Error()
}
