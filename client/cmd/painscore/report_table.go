package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type flagEnum = protoreflect.Enum

// reportTables prints a report for reading: flow, responses, scales and changes.
func reportTables(w io.Writer, r *pb.GetGroupReportResponse) error {
	out := &lines{table: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	switch r.Audience {
	case pb.GroupAudience_GROUP_AUDIENCE_INTERNAL:
		out.text("INTERNAL: for the unit's own staff; figures about few patients are not held back. As of " + r.AsOf + ".")
	default:
		out.text(fmt.Sprintf("Figures about fewer than %d patients are held back (-). As of %s.", r.Threshold, r.AsOf))
	}
	if r.Undated.GetN() > 0 {
		out.text(fmt.Sprintf("Left out because a date that was asked about is missing: %d episodes.", r.Undated.GetN()))
	}
	if len(r.Groups) == 0 {
		out.text("Nothing.")
	}
	for _, g := range r.Groups {
		out.group(g)
	}
	if err := out.table.Flush(); err != nil {
		return err
	}
	return out.err
}

// lines remembers the first error, so that a report reads as it prints.
type lines struct {
	table *tabwriter.Writer
	err   error
}

func (l *lines) row(cells ...string) {
	if l.err == nil {
		_, l.err = fmt.Fprintln(l.table, strings.Join(cells, "\t"))
	}
}

// text ends the table before it, so that its columns do not widen with it.
func (l *lines) text(text string) {
	if l.err == nil {
		l.err = l.table.Flush()
	}
	l.row(text)
}

func (l *lines) group(g *pb.PatientGroup) {
	l.text("")
	name := slices.DeleteFunc([]string{g.Side, g.Value, enumOrEmpty(g.CareLevel)}, func(s string) bool { return s == "" })
	title := cmp.Or(strings.Join(name, " · "), "All")
	if g.Hidden {
		l.text("== " + title + ": held back")
		return
	}
	l.text(fmt.Sprintf("== %s: %s episodes of %s patients", title, countText(g.Episodes), countText(g.Patients)))
	l.row("STEP", "N", "MEDIAN DAYS", "QUARTILES")
	for _, s := range g.Flow {
		l.row(strings.ReplaceAll(s.Code, "_", " "), countText(s.N), figureText(s.Days.GetMedian(), 0), figureText(s.Days.GetQ1(), 0)+"–"+figureText(s.Days.GetQ3(), 0))
	}
	l.text("")
	l.row("RESPONSES", "ANSWERED", "OF", "RATE", "95 % CI")
	for _, r := range g.Responses {
		l.row(occasionWord(r.Occasion, ""), countText(r.Answered), countText(r.Expected), percentText(r.Rate.GetValue()), percentText(r.Rate.GetCi().GetLow())+"–"+percentText(r.Rate.GetCi().GetHigh()))
	}
	l.scores(g.Scales)
	l.changes(g.Scales)
}

func (l *lines) scores(scales []*pb.GroupScale) {
	l.text("")
	l.row("SCORES", "OCCASION", "N", "MEAN", "SD", "MEDIAN", "QUARTILES")
	for _, s := range scales {
		for _, o := range s.Occasions {
			if o.Scores.GetN().GetWithheld() == "" && o.Scores.GetN().GetN() == 0 {
				continue
			}
			d := decimalsOf(s)
			l.row(scaleText(s), occasionWord(o.Occasion, ""), countText(o.Scores.N), figureText(o.Scores.Mean, d), figureText(o.Scores.Sd, d),
				figureText(o.Scores.Median, d), figureText(o.Scores.Q1, d)+"–"+figureText(o.Scores.Q3, d))
		}
	}
}

func (l *lines) changes(scales []*pb.GroupScale) {
	l.text("")
	l.row("CHANGE", "BETTER IS", "FROM BASELINE TO", "N", "MEAN", "95 % CI", "SRM", "HEDGES G", "VERDICTS")
	for _, s := range scales {
		for _, c := range s.Changes {
			if c.From != pb.Occasion_OCCASION_BASELINE || c.N.GetWithheld() == "" && c.N.GetN() == 0 {
				continue
			}
			d := decimalsOf(s)
			verdicts := make([]string, len(c.Verdicts))
			for i, v := range c.Verdicts {
				verdicts[i] = v.Code + " " + countText(v.N)
			}
			l.row(scaleText(s), betterIs[s.Direction], occasionWord(c.To, ""), countText(c.N), figureText(c.Mean, d), figureText(c.Ci.GetLow(), d)+" to "+figureText(c.Ci.GetHigh(), d),
				figureText(c.Srm, 2), figureText(c.HedgesG, 2), orNone(strings.Join(verdicts, ", ")))
		}
	}
}

var betterIs = map[pb.Direction]string{pb.Direction_DIRECTION_HIGHER_IS_BETTER: "higher", pb.Direction_DIRECTION_HIGHER_IS_WORSE: "lower", pb.Direction_DIRECTION_NONE: "-"}

func scaleText(s *pb.GroupScale) string {
	name := s.Instrument + " " + s.Scale
	if s.ValueSet != "" {
		name += " " + s.ValueSet
	}
	return name
}

// decimalsOf are those of a mean: one more than the scores have, three for an
// index.
func decimalsOf(s *pb.GroupScale) int {
	if s.ValueSet != "" {
		return 3
	}
	return max(int(s.Decimals), 0) + 1
}

func countText(c *pb.GroupCount) string {
	if c.GetWithheld() != "" {
		return "-"
	}
	return strconv.FormatInt(c.GetN(), 10)
}

func figureText(f *pb.GroupFigure, decimals int) string {
	if f.GetWithheld() != "" || f == nil {
		return "-"
	}
	return strconv.FormatFloat(f.GetValue(), 'f', decimals, 64)
}

func percentText(f *pb.GroupFigure) string {
	if f.GetWithheld() != "" || f == nil {
		return "-"
	}
	return strconv.FormatFloat(100*f.GetValue(), 'f', 0, 64) + " %"
}
