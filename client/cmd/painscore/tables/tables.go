// Package tables writes the rows of a delivery into files: CSV, SPSS, Parquet or
// JSON Lines; long, with a file for each table, or wide, with one line for each
// episode. It keeps a row, or an episode, in memory, and no more.
//
//	out, err := tables.Create(folder, header, tables.CSV, tables.Long)
//	for … { err = out.Add(part.GetRows().GetRows()) }
//	files, err := out.Close()
package tables

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// Format is how rows are written.
type Format string

// The formats. Excel is CSV as a Swedish Excel opens it: semicolons, decimal
// commas, and identity numbers with a hyphen.
const (
	CSV     Format = "csv"
	Excel   Format = "excel"
	SPSS    Format = "spss"
	Parquet Format = "parquet"
	JSONL   Format = "jsonl"
)

// Formats are all of them.
var Formats = []Format{CSV, Excel, SPSS, Parquet, JSONL}

// Layout is how rows are put together.
type Layout string

// The layouts. A wide file has the patient's own forms at the three canonical
// occasions; forms of relatives, and of other occasions, are in a long one only.
const (
	Long Layout = "long"
	Wide Layout = "wide"
)

// column is a column of a file.
type column struct {
	name, label string
	kind        pb.ExportColumnType
	decimals    int
	scale       int64 // ten to the decimals
	missing     []*pb.ExportMissing
}

func (c *column) numeric() bool { return c.kind == pb.ExportColumnType_EXPORT_COLUMN_TYPE_NUMBER }

// cell is a value of a column.
type cell struct {
	there  bool // false: nothing at all, where a wide file has no form
	number int64
	text   string
}

// reason is why a cell holds no value; ok is false for a value.
func (c *column) reason(v cell) (reason string, code int64, ok bool) {
	for _, m := range c.missing {
		if c.numeric() && v.number == m.GetCode()*c.scale || !c.numeric() && v.text == strconv.FormatInt(m.GetCode(), 10) {
			return m.GetReason(), m.GetCode(), true
		}
	}
	return "", 0, false
}

// decimal is a number as it is printed, with its column's decimals; a missing
// code is printed whole.
func (c *column) decimal(v cell) string {
	if _, code, missing := c.reason(v); missing || c.decimals == 0 {
		if !missing {
			code = v.number
		}
		return strconv.FormatInt(code, 10)
	}
	sign, n := "", v.number
	if n < 0 {
		sign, n = "-", -n
	}
	fraction := strconv.FormatInt(n%c.scale, 10)
	return sign + strconv.FormatInt(n/c.scale, 10) + "." + strings.Repeat("0", c.decimals-len(fraction)) + fraction
}

// file takes lines of cells, one for each of its columns.
type file interface {
	write([]cell) error
	close() error
}

// Out writes a delivery into a folder.
type Out struct {
	header  *pb.ExportHeader
	columns [][]column // by table, of a long file
	long    []file     // by table
	wide    *wideFile
	sheets  []*hashed
}

// Create begins the files of a delivery in a folder that is there.
func Create(folder string, header *pb.ExportHeader, format Format, layout Layout) (*Out, error) {
	o := &Out{header: header}
	if len(header.GetTables()) == 0 {
		return nil, errors.New("the delivery has no tables")
	}
	for _, table := range header.GetTables() {
		if err := plainName(table.GetName()); err != nil {
			return nil, err
		}
		columns := make([]column, len(table.GetColumns()))
		for i, c := range table.GetColumns() {
			var err error
			if columns[i], err = columnOf(c, c.GetName()); err != nil {
				return nil, err
			}
		}
		o.columns = append(o.columns, columns)
	}
	if layout == Wide {
		o.wide = newWide(header)
		f, err := o.open(folder, "wide", o.wide.columns, format)
		o.wide.file = f
		return o, err
	}
	for i, table := range header.GetTables() {
		f, err := o.open(folder, table.GetName(), o.columns[i], format)
		if err != nil {
			return nil, errors.Join(err, o.Abandon())
		}
		o.long = append(o.long, f)
	}
	return o, nil
}

// plainName keeps a server from choosing where files are written.
func plainName(name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' }) {
		return fmt.Errorf("the delivery has a table whose name can be no file's")
	}
	return nil
}

func columnOf(c *pb.ExportColumn, name string) (column, error) {
	out := column{name: name, label: c.GetLabel(), kind: c.GetType(), decimals: int(c.GetDecimals()), missing: c.GetMissing(), scale: 1}
	if out.decimals < 0 || out.decimals > 9 || name == "" {
		return out, errors.New("the delivery has a column without a name, or of a precision that cannot be")
	}
	for range out.decimals {
		out.scale *= 10
	}
	return out, nil
}

// open begins one file, or two of SPSS.
func (o *Out) open(folder, name string, columns []column, format Format) (file, error) {
	ending := map[Format]string{CSV: ".csv", Excel: ".csv", SPSS: ".csv", Parquet: ".parquet", JSONL: ".jsonl"}[format]
	to, err := create(folder, name+ending)
	if err != nil {
		return nil, err
	}
	o.sheets = append(o.sheets, to)
	switch format {
	case CSV, Excel:
		return newCSV(to, columns, format)
	case SPSS:
		syntax, err := create(folder, name+".sps")
		if err != nil {
			return nil, err
		}
		o.sheets = append(o.sheets, syntax)
		return newSPSS(to, syntax, name+ending, columns)
	case Parquet:
		return newParquet(to, name, columns), nil
	case JSONL:
		return newJSONL(to, columns), nil
	}
	return nil, fmt.Errorf("no format %q", format)
}

// Add writes rows; those of one episode come together, the episode's first.
func (o *Out) Add(rows []*pb.ExportRow) error {
	for _, row := range rows {
		at := int(row.GetTable())
		if at < 0 || at >= len(o.columns) {
			return errors.New("a row of a table that the delivery has not")
		}
		cells, err := cellsOf(o.columns[at], row)
		if err != nil {
			return err
		}
		if o.wide != nil {
			err = o.wide.add(at, cells)
		} else {
			err = o.long[at].write(cells)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cellsOf lays a row's numbers and texts out over its columns.
func cellsOf(columns []column, row *pb.ExportRow) ([]cell, error) {
	numbers, texts := row.GetNumbers(), row.GetTexts()
	if len(numbers)+len(texts) != len(columns) {
		return nil, errors.New("a row has not as many values as its table has columns")
	}
	cells := make([]cell, len(columns))
	for i := range columns {
		switch {
		case columns[i].numeric() && len(numbers) > 0:
			cells[i], numbers = cell{there: true, number: numbers[0]}, numbers[1:]
		case !columns[i].numeric() && len(texts) > 0:
			cells[i], texts = cell{there: true, text: texts[0]}, texts[1:]
		default:
			return nil, errors.New("a row's values are not of its columns' types")
		}
	}
	return cells, nil
}

// Close ends the files, flushes them to the medium and says what they are.
func (o *Out) Close() ([]File, error) {
	var problems []error
	if o.wide != nil {
		problems = append(problems, o.wide.close())
	}
	for _, f := range o.long {
		problems = append(problems, f.close())
	}
	var files []File
	for _, s := range o.sheets {
		done, err := s.finish()
		problems, files = append(problems, err), append(files, done)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, errors.Join(problems...)
}

// Abandon closes the files as they are.
func (o *Out) Abandon() (err error) {
	for _, s := range o.sheets {
		err = errors.Join(err, s.file.Close())
	}
	return err
}
