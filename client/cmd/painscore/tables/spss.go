package tables

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// spssFile writes CSV and, at its end, the syntax by which SPSS reads it: names,
// types, labels and missing values. How wide a text is is known only then.
type spssFile struct {
	*csvFile
	syntax io.Writer
	data   string // name of the CSV file
	widths []int
}

func newSPSS(data *hashed, syntax io.Writer, name string, columns []column) (*spssFile, error) {
	f, err := newCSV(data, columns, CSV)
	return &spssFile{csvFile: f, syntax: syntax, data: name, widths: make([]int, len(columns))}, err
}

func (f *spssFile) write(cells []cell) error {
	for i := range cells {
		f.widths[i] = max(f.widths[i], len(f.text(&f.columns[i], cells[i])))
	}
	return f.csvFile.write(cells)
}

// format is a column's type. Days stay texts, since a missing code may stand
// among them.
func (f *spssFile) format(i int) string {
	c := &f.columns[i]
	if c.numeric() {
		return fmt.Sprintf("F%d.%d", max(8, f.widths[i]), c.decimals)
	}
	return fmt.Sprintf("A%d", max(1, f.widths[i]))
}

func (f *spssFile) close() error {
	if err := f.csvFile.close(); err != nil {
		return err
	}
	var s strings.Builder
	fmt.Fprintf(&s, "GET DATA /TYPE=TXT\n  /FILE='%s'\n  /ENCODING='UTF8'\n  /DELCASE=LINE\n  /DELIMITERS=\",\"\n  /QUALIFIER='\"'\n  /ARRANGEMENT=DELIMITED\n  /FIRSTCASE=2\n  /VARIABLES=\n", f.data)
	for i := range f.columns {
		fmt.Fprintf(&s, "    %s %s\n", f.columns[i].name, f.format(i))
	}
	s.WriteString("  .\n\nVARIABLE LABELS\n")
	for i := range f.columns {
		fmt.Fprintf(&s, "  %s %s\n", f.columns[i].name, quoted(f.columns[i].label, 255))
	}
	s.WriteString("  .\n")
	f.missing(&s)
	s.WriteString("\nEXECUTE.\n")
	_, err := io.WriteString(f.syntax, s.String())
	return err
}

// missing names the codes that stand for reasons, as one range, and their words.
func (f *spssFile) missing(s *strings.Builder) {
	for i := range f.columns {
		c := &f.columns[i]
		if len(c.missing) == 0 || !c.numeric() {
			continue
		}
		codes := slices.SortedFunc(slices.Values(c.missing), func(a, b *pb.ExportMissing) int { return cmp.Compare(a.GetCode(), b.GetCode()) })
		fmt.Fprintf(s, "\nVALUE LABELS %s", c.name)
		for _, m := range codes {
			fmt.Fprintf(s, "\n  %d %s", m.GetCode(), quoted(m.GetReason(), 120))
		}
		fmt.Fprintf(s, ".\nMISSING VALUES %s (%d THRU %d).\n", c.name, codes[0].GetCode(), codes[len(codes)-1].GetCode())
	}
}

// quoted is a text of at most so many bytes as SPSS takes it, on one line.
func quoted(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	for len(text) > limit {
		runes := []rune(text)
		text = string(runes[:len(runes)-1])
	}
	if !strings.Contains(text, "'") {
		return "'" + text + "'"
	}
	return `"` + strings.ReplaceAll(text, `"`, "'") + `"`
}
