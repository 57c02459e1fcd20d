package tables

import (
	"errors"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// wideFile puts the forms of an episode beside it, each occasion's columns for
// themselves. A form that is not there leaves its columns empty: whether it was
// expected the delivery does not say.
type wideFile struct {
	file    file
	columns []column
	// place is where a table's columns begin at an occasion, and from which
	// columns of a long file they are.
	place    []map[string]int
	from     [][]int
	occasion []int // by table, the column of a long file that names it
	whose    []int // likewise the respondent
	line     []cell
	begun    bool
}

var wideOccasions = []string{"baseline", "programme_end", "follow_up_12_months"}

func newWide(header *pb.ExportHeader) *wideFile {
	w := &wideFile{}
	for t, table := range header.GetTables() {
		w.place, w.from = append(w.place, map[string]int{}), append(w.from, nil)
		w.occasion, w.whose = append(w.occasion, -1), append(w.whose, -1)
		for i, c := range table.GetColumns() {
			switch {
			case t == 0:
				one, _ := columnOf(c, c.GetName()) // Create has looked at it
				w.columns = append(w.columns, one)
				continue
			case c.GetVariable() == "occasion":
				w.occasion[t] = i
			case c.GetVariable() == "respondent":
				w.whose[t] = i
			}
			if len(c.GetWideNames()) == len(wideOccasions) {
				w.from[t] = append(w.from[t], i)
			}
		}
		if t == 0 {
			continue
		}
		for o, occasion := range wideOccasions {
			w.place[t][occasion] = len(w.columns)
			for _, i := range w.from[t] {
				c := table.GetColumns()[i]
				one, _ := columnOf(c, c.GetWideNames()[o])
				w.columns = append(w.columns, one)
			}
		}
	}
	return w
}

func (w *wideFile) add(table int, cells []cell) error {
	if table == 0 {
		if err := w.flush(); err != nil {
			return err
		}
		w.line = make([]cell, len(w.columns))
		copy(w.line, cells)
		w.begun = true
		return nil
	}
	if !w.begun || w.occasion[table] < 0 || w.whose[table] < 0 {
		return errors.New("a form came before its episode, or does not say of which occasion it is")
	}
	at, canonical := w.place[table][cells[w.occasion[table]].text]
	if !canonical || cells[w.whose[table]].text != "patient" {
		return nil
	}
	for k, i := range w.from[table] {
		w.line[at+k] = cells[i]
	}
	return nil
}

func (w *wideFile) flush() error {
	if !w.begun {
		return nil
	}
	return w.file.write(w.line)
}

func (w *wideFile) close() error { return errors.Join(w.flush(), w.file.close()) }
