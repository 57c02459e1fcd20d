package review

import (
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// compactTable holds the many small scores of one instrument, a row each, a
// column per occasion.
type compactTable struct {
	Caption string
	First   string   // heading of the first column
	Columns []string // the occasions
	Rows    []compactRow
	Said    []said // of its changes, where there is something to say
	Note    string
}

// said is a line about a change and what it rests on.
type said struct {
	Text    string
	Summary string // of the basis
	Basis   []string
}

type compactRow struct {
	Name      string
	Direction string // empty where all rows share the one in the caption
	Cells     []string
}

// compactTables gives each instrument among the lines a table.
func (r *reading) compactTables(lines []*clinic.Line) []compactTable {
	var tables []compactTable
	for start := 0; start < len(lines); {
		in := lines[start].Instrument
		end := start
		for end < len(lines) && lines[end].Instrument.ID() == in.ID() {
			end++
		}
		tables = append(tables, r.compactTable(in, lines[start:end]))
		start = end
	}
	return tables
}

func (r *reading) compactTable(in *scoring.Instrument, lines []*clinic.Line) compactTable {
	t := compactTable{Caption: r.Say("more.caption", r.instrumentName(in)), First: r.Say("scale")}
	if slices.ContainsFunc(lines, func(line *clinic.Line) bool { return line.Scale.Kind == scoring.KindItem && len(line.Scale.Bands) > 0 }) {
		t.Caption, t.First = r.Say("items.caption", r.instrumentName(in)), r.Say("area")
	}
	direction := lines[0].Scale.Direction
	oneDirection := !slices.ContainsFunc(lines, func(line *clinic.Line) bool { return line.Scale.Direction != direction })
	if oneDirection {
		t.Caption = r.Say("caption.direction", t.Caption, r.Direction(direction))
	}
	var moments []int
	for i := range r.trend.Occasions {
		if !r.hidden(i) && slices.ContainsFunc(lines, func(line *clinic.Line) bool { return len(pointsOf(line, i)) > 0 }) {
			moments = append(moments, i)
			t.Columns = append(t.Columns, r.occasion(i))
		}
	}
	for _, line := range lines {
		row := compactRow{Name: r.scaleName(line)}
		if !oneDirection {
			row.Direction = r.Direction(line.Scale.Direction)
		}
		for _, moment := range moments {
			row.Cells = append(row.Cells, r.compactCell(line, moment))
		}
		t.Rows = append(t.Rows, row)
		t.Said = append(t.Said, r.saidOf(line)...)
		if line.Scale.Descriptive {
			t.Note = r.Say("more.descriptive")
		}
		if line.Scale.Kind == scoring.KindProfile && len(t.Said) > 0 {
			t.Note = r.Say("profile.classes")
		}
	}
	return t
}

// saidOf says what is known of the changes of a line in a compact table: the
// classes of a profile, or a sentence where a threshold is known.
func (r *reading) saidOf(line *clinic.Line) []said {
	if line.Scale.Kind != scoring.KindProfile {
		if c := whole(line); c != nil && (c.Judgement.Importance.Threshold != nil || c.Judgement.Error.Threshold != nil) {
			return []said{{r.sentence(line), r.Say("basis"), r.basis(line, []*clinic.Change{c})}}
		}
		return nil
	}
	var classes []said
	for _, c := range r.shownChanges(line) {
		if c.Paretian != "" {
			classes = append(classes, said{Text: r.Say("profile.changed", r.pair(c), r.Paretian(c.Paretian))})
		}
	}
	return classes
}

func (r *reading) compactCell(line *clinic.Line, moment int) string {
	points := pointsOf(line, moment)
	if len(points) == 0 {
		return r.Say("no_form")
	}
	p := points[len(points)-1]
	switch {
	case p.Score.Outcome != scoring.Refused:
		return r.scoreInWords(p)
	case p.Score.Refusal.Reason == scoring.NotApplicableRefusal:
		return r.Say("cell.not_applicable")
	case line.Scale.Kind == scoring.KindItem:
		return r.Say("cell.no_answer")
	}
	return r.Say("no_score")
}
