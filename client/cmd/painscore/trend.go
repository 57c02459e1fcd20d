package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type trendFlags struct {
	connection connection
	patient    patientFlags
	unit       string
	episode    string
	language   string
}

func newTrend() *cobra.Command {
	var f trendFlags
	cmd := &cobra.Command{
		Use:   "trend",
		Short: "Show how one patient's scores develop over an episode",
		Long: `Show how one patient's scores develop over an episode of care: every scale at
every occasion, and the change between each two. The episode may be left out for
a patient who has only one in the unit.

Beside each change stand two separate verdicts: whether it matters, and whether it
is more than measurement error; --json has their sources. With --language each
change is told in one sentence instead.

` + patientHelp,
		Example: `  painscore trend --unit SE2321000016-1A2B --episode 2026-0117`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return trend(cmd, &f) },
	}
	f.connection.flags(cmd)
	f.patient.flags(cmd)
	unitFlag(cmd, &f.unit)
	cmd.Flags().StringVar(&f.episode, "episode", "", "id of the episode of care")
	cmd.Flags().StringVar(&f.language, "language", "", "tell each change in one sentence: sv or en")
	return cmd
}

func trend(cmd *cobra.Command, f *trendFlags) error {
	patient, err := f.patient.read(cmd.InOrStdin(), os.Getenv(envPatient))
	if err != nil {
		return err
	}
	request := &pb.GetTrendRequest{CareUnit: unitOf(f.unit), Patient: patient, EpisodeId: f.episode, Language: f.language}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		reply, err := c.Patients().GetTrend(ctx, request)
		if err != nil {
			return err
		}
		if f.connection.json {
			return printJSON(cmd.OutOrStdout(), reply.Trend)
		}
		return outputError(printTrend(cmd.OutOrStdout(), reply.Trend))
	})
}

func printTrend(w io.Writer, t *pb.Trend) error {
	e := t.GetEpisode()
	fmt.Fprintf(w, "Episode %s at %s, %s\n\n", e.GetEpisodeId(), e.GetCareUnit(), enumWord(e.GetStatus()))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OCCASION\tANSWERED\tIN TIME FROM\tTO")
	for _, o := range t.GetOccasions() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", occasionWord(o.Occasion, o.OccasionLabel), answeredDays(o), orNone(o.WindowFirstDay), orNone(o.WindowLastDay))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, line := range t.GetScales() {
		if err := printScale(w, t, line); err != nil {
			return err
		}
	}
	return nil
}

func answeredDays(o *pb.TrendOccasion) string {
	switch {
	case o.State == pb.OccasionState_OCCASION_STATE_BASELINE_MISSING:
		return "missing: nothing to compare with"
	case o.FirstAnsweredOn == "":
		return "not answered"
	case o.FirstAnsweredOn != o.LastAnsweredOn:
		return o.FirstAnsweredOn + " to " + o.LastAnsweredOn
	}
	return o.FirstAnsweredOn
}

// at is the element that a reply refers to by its place; nil, which has nothing
// to tell, where a reply refers to what it does not hold.
func at[T any](list []*T, place int32) *T {
	if place < 0 || int(place) >= len(list) {
		return nil
	}
	return list[place]
}

// occasionAt names an occasion of a trend.
func occasionAt(t *pb.Trend, place int32) string {
	o := at(t.GetOccasions(), place)
	return occasionWord(o.GetOccasion(), o.GetOccasionLabel())
}

// printScale prints the points of one scale and the changes between them.
func printScale(w io.Writer, t *pb.Trend, line *pb.ScaleTrend) error {
	fmt.Fprintf(w, "\n%s %s (%s)\n", line.Instrument, scaleName(line.Scale, line.ValueSet), strings.Join(scaleWords(line), ", "))
	table := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	for _, p := range line.Points {
		sheet := at(t.GetSheets(), p.Sheet)
		answeredBy := at(t.GetDefinitions(), sheet.GetDefinition()).GetInstrument()
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", occasionAt(t, sheet.GetOccasion()), sheet.GetAnsweredOn(), outcome(p.Score), orNone(p.Score.GetBand()),
			strings.Join(pointWords(p, sheet.GetTiming(), answeredBy, line.Instrument), "; "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	table = tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	for _, c := range line.Changes {
		if c.Sentence != "" {
			fmt.Fprintln(table, "  "+c.Sentence)
			continue
		}
		fmt.Fprintf(table, "  %s to %s:\t%s\n", occasionAt(t, c.From), occasionAt(t, c.To), changeWords(c))
	}
	return table.Flush()
}

func scaleWords(line *pb.ScaleTrend) []string {
	var words []string
	if line.Lowest != "" {
		words = append(words, line.Lowest+" to "+line.Highest)
	}
	return append(words, directionWord(line.Direction))
}

// pointWords say all about a point that its number would hide.
func pointWords(p *pb.TrendPoint, timing pb.Timing, answeredBy, instrument string) []string {
	var words []string
	if timing != pb.Timing_TIMING_IN_WINDOW && timing != pb.Timing_TIMING_UNSPECIFIED {
		words = append(words, enumWord(timing))
	}
	if answeredBy != instrument || p.InstrumentSwitched {
		words = append(words, "answered on "+answeredBy)
	}
	words = append(words, p.Score.GetFlags()...)
	if p.Score.GetProrated() {
		words = append(words, prorated(p.Score.ImputedItems))
	}
	if r := p.Score.GetRefusal(); r != nil {
		words = append(words, refusalWords(r)...)
	}
	return words
}

func changeWords(c *pb.Change) string {
	if !c.Comparable {
		why, known := notComparable[c.NotComparableReason]
		if !known { // of a newer server
			why = enumWord(c.NotComparableReason)
		}
		words := "no difference: " + why
		if c.ParetianClass != pb.ParetianClass_PARETIAN_CLASS_UNSPECIFIED { // two profiles
			words += "; " + movementWord(c.Movement) + "; Paretian class: " + enumWord(c.ParetianClass)
		}
		return words
	}
	difference := c.Difference
	if !strings.HasPrefix(difference, "-") && c.Movement != pb.Movement_MOVEMENT_SAME {
		difference = "+" + difference
	}
	words := difference + ", " + movementWord(c.Movement)
	if c.PercentReduction != "" {
		words += ", " + c.PercentReduction + " % less"
	}
	if c.Importance != nil { // an older server gives no verdicts
		words += fmt.Sprintf("; important: %s; beyond error: %s", verdictWords(c.Importance), verdictWords(c.MeasurementError))
	}
	if c.Prorated {
		words += "; at least one side is prorated"
	}
	if c.InstrumentSwitched {
		words += "; across two instruments"
	}
	return words
}

// verdictWords is a verdict with what limits it.
func verdictWords(v *pb.Verdict) string {
	words := map[pb.VerdictAnswer]string{pb.VerdictAnswer_VERDICT_ANSWER_BEYOND: "yes", pb.VerdictAnswer_VERDICT_ANSWER_WITHIN: "no"}[v.GetAnswer()]
	if words == "" {
		words = enumWord(v.GetAnswer())
	}
	var limits []string
	if v.GetWithheldReason() != pb.WithheldReason_WITHHELD_REASON_UNSPECIFIED {
		limits = append(limits, enumWord(v.WithheldReason))
	}
	for _, caveat := range v.GetCaveats() {
		limits = append(limits, enumWord(caveat))
	}
	if len(limits) > 0 {
		words += " (" + strings.Join(limits, ", ") + ")"
	}
	return words
}
