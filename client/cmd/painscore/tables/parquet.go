package tables

import (
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// parquetFile writes Parquet, compressed with Snappy. Its columns are in the
// order of their names. A number with decimals is a DOUBLE, which holds every
// one of ours exactly as printed; days are texts.
type parquetFile struct {
	out     *parquet.GenericWriter[any]
	columns []column
	order   []int // of the columns, by name
	row     parquet.Row
}

// parquetCells is how many cells are held before they are written: some 16 MB.
const parquetCells = 1_000_000

func newParquet(to io.Writer, name string, columns []column) *parquetFile {
	f := &parquetFile{columns: columns}
	group := parquet.Group{}
	for i, c := range columns {
		node := parquet.String()
		switch {
		case c.numeric() && c.decimals > 0:
			node = parquet.Leaf(parquet.DoubleType)
		case c.numeric():
			node = parquet.Int(64)
		}
		group[c.name] = parquet.Optional(node)
		f.order = append(f.order, i)
	}
	slices.SortFunc(f.order, func(a, b int) int { return strings.Compare(columns[a].name, columns[b].name) })
	f.out = parquet.NewGenericWriter[any](to, parquet.NewSchema(name, group), parquet.Compression(&parquet.Snappy),
		parquet.MaxRowsPerRowGroup(int64(max(100, parquetCells/max(1, len(columns))))), parquet.CreatedBy("painscore", "1", ""))
	return f
}

func (f *parquetFile) write(cells []cell) error {
	f.row = f.row[:0]
	for at, i := range f.order {
		c, v := &f.columns[i], cells[i]
		_, code, missing := c.reason(v)
		value := parquet.ByteArrayValue([]byte(v.text))
		switch {
		case !v.there:
			f.row = append(f.row, parquet.NullValue().Level(0, 0, at))
			continue
		case c.numeric() && c.decimals > 0 && missing:
			value = parquet.DoubleValue(float64(code))
		case c.numeric() && c.decimals > 0:
			value = parquet.DoubleValue(float64(v.number) / float64(c.scale))
		case c.numeric():
			value = parquet.Int64Value(v.number)
		}
		f.row = append(f.row, value.Level(0, 1, at))
	}
	_, err := f.out.WriteRows([]parquet.Row{f.row})
	return err
}

func (f *parquetFile) close() error { return f.out.Close() }
