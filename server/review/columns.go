package review

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
)

// drawColumns writes occasion, date and band below each point. Where an
// episode has more occasions than there is room, those in the middle go
// without; the table names all.
func (r *reading) drawColumns(c *chart, line *clinic.Line, dates dateAxis) {
	columns := r.columns(line, dates)
	for {
		wanted := make([]float64, len(columns))
		widths := make([]float64, len(columns))
		for i, col := range columns {
			wanted[i], widths[i] = col.TickX, col.width()
		}
		places, ok := spread(wanted, widths, 8, 2, chartWidth-2)
		if ok {
			for i := range columns {
				columns[i].place(places[i])
			}
			c.Columns = columns
			c.Height = columnTop + 6
			for _, col := range columns {
				c.Height = max(c.Height, columnTop+float64(len(col.Lines)-1)*lineHeight+6)
			}
			return
		}
		columns = slices.Delete(columns, len(columns)/2, len(columns)/2+1)
	}
}

func (r *reading) columns(line *clinic.Line, dates dateAxis) []column {
	var columns []column
	for i, m := range r.trend.Occasions {
		points := pointsOf(line, i)
		if len(points) == 0 {
			continue
		}
		p := points[0]
		word := r.bandText(p)
		if p.Score.Outcome == scoring.Refused {
			word = r.Say("no_score")
		}
		col := column{TickX: dates.at(p.AnsweredOn)}
		for _, text := range []string{shorten(r.OccasionShort(string(m.Occasion), m.Label)), r.Date(p.AnsweredOn), word} {
			if text != "" {
				col.Lines = append(col.Lines, label{Text: text})
			}
		}
		columns = append(columns, col)
	}
	slices.SortStableFunc(columns, func(a, b column) int { return cmp.Compare(a.TickX, b.TickX) })
	return columns
}

// width is how much room a column's words need.
func (col *column) width() float64 {
	width := 0.0
	for _, text := range col.Lines {
		width = max(width, textWidth(text.Text, columnText))
	}
	return width
}

func (col *column) place(x float64) {
	col.X = x
	for i := range col.Lines {
		col.Lines[i].X, col.Lines[i].Y = x, columnTop+float64(i)*lineHeight
	}
}

// shorten cuts a site's own label to what a column holds.
func shorten(text string) string {
	const room = 16
	if utf8.RuneCountInString(text) <= room {
		return text
	}
	return string([]rune(text)[:room-1]) + "…"
}

// textWidth estimates how wide a text is. Fonts differ; this is on the wide
// side of those that a browser may choose.
func textWidth(text string, size float64) float64 {
	return 0.58 * size * float64(utf8.RuneCountInString(text))
}
