package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// report is what a benchmark found, with all that its figures depend on.
type report struct {
	Machine     machine       `json:"machine"`
	Connections int           `json:"connections"`
	Rounds      int           `json:"rounds"`
	Turn        time.Duration `json:"turn_ns"`
	Rows        []row         `json:"rows"`
	Sizes       []sizeReport  `json:"sizes,omitempty"`
}

// row is a line of the report.
type row struct {
	Call     string `json:"call"`
	InFlight int    `json:"in_flight"`
	Who      string `json:"who"`
	Median   sample `json:"median"`
	First    *ratio `json:"first_against_it,omitempty"`
}

// ratio is how the first contestant stands to the one of this line.
type ratio struct {
	Rate    float64 `json:"throughput"`
	Lowest  float64 `json:"throughput_lowest"`
	Highest float64 `json:"throughput_highest"`
	P99     float64 `json:"p99,omitempty"`
}

// print writes the report in the form that was asked for.
func (f *benchFlags) print(w io.Writer, m machine, rows []row, sizes ...sizeReport) error {
	r := report{Machine: m, Connections: f.connections, Rounds: f.rounds, Turn: f.lasting, Rows: rows, Sizes: sizes}
	if f.json {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	fmt.Fprintf(w, "%v. %d rounds of %v in turn, over at most %d connections.\n\n", m, f.rounds, f.lasting, f.connections)
	lines := [][]string{{"call", "in flight", "who", "per second", "p50", "p99", "the first's rate to it", "p99 to its"}}
	for _, one := range rows {
		lines = append(lines, one.cells())
	}
	if err := f.table(w, lines); err != nil || len(sizes) == 0 {
		return err
	}
	lines = [][]string{{"forms", "imported per second", "first answer", "just started", "at most under load", "database"}}
	for _, one := range sizes {
		lines = append(lines, one.cells())
	}
	fmt.Fprintln(w)
	return f.table(w, lines)
}

func (r row) cells() []string {
	rate, p99 := "", ""
	if r.First != nil {
		rate = fmt.Sprintf("%.2f (%.2f–%.2f)", r.First.Rate, r.First.Lowest, r.First.Highest)
	}
	if r.First != nil && r.First.P99 > 0 {
		p99 = fmt.Sprintf("%.2f", r.First.P99)
	}
	return []string{r.Call, fmt.Sprint(r.InFlight), r.Who, fmt.Sprintf("%.0f", r.Median.PerSecond),
		latency(r.Median.P50), latency(r.Median.P99), rate, p99}
}

func latency(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return d.Round(time.Microsecond).String()
}

// table writes lines, the first of which is the head, for a terminal or for a
// Markdown file.
func (f *benchFlags) table(w io.Writer, lines [][]string) error {
	if !f.markdown {
		columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, cells := range lines {
			for _, cell := range cells {
				fmt.Fprint(columns, cell, "\t")
			}
			fmt.Fprintln(columns)
		}
		return columns.Flush()
	}
	for i, cells := range lines {
		for _, cell := range cells {
			fmt.Fprint(w, "| ", cell, " ")
		}
		fmt.Fprintln(w, "|")
		if i > 0 {
			continue
		}
		for range cells {
			fmt.Fprint(w, "|---")
		}
		fmt.Fprintln(w, "|")
	}
	return nil
}
