package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
)

// printResult prints the scores of a sheet that was scored here.
func printResult(w io.Writer, result *scoring.Result) error {
	in := result.Instrument
	fmt.Fprintf(w, "%s (%s, version %s)\n\n", in.Definition().Title, in.ID(), in.Version())
	if in.IsForm() {
		_, err := fmt.Fprintln(w, noScores)
		return err
	}
	scores := make([]*pb.ScaleScore, len(result.Scores))
	for i := range result.Scores {
		scores[i] = scaleScore(&result.Scores[i])
	}
	return printScores(w, scores)
}

// noScores stands where the scores of a site form would.
const noScores = "Every answer is acceptable. A form without scales gets no scores."

// scaleScore gives a score the shape in which a server sends one, so that both
// are printed by the same lines.
func scaleScore(s *scoring.Score) *pb.ScaleScore {
	out := &pb.ScaleScore{
		Scale: s.Scale, ValueSet: s.ValueSet, Prorated: s.Prorated, Answered: int32(s.Answered), Expected: int32(s.Expected),
		ImputedItems: s.Imputed, Band: s.Band, Flags: s.Flags,
		Direction: map[scoring.Direction]pb.Direction{
			scoring.HigherIsBetter: pb.Direction_DIRECTION_HIGHER_IS_BETTER,
			scoring.HigherIsWorse:  pb.Direction_DIRECTION_HIGHER_IS_WORSE,
			scoring.NoDirection:    pb.Direction_DIRECTION_NONE,
		}[s.Direction],
	}
	switch s.Outcome {
	case scoring.Valued:
		out.Outcome = &pb.ScaleScore_Value{Value: s.Text()}
	case scoring.Profiled:
		out.Outcome = &pb.ScaleScore_Profile{Profile: s.Text()}
	case scoring.Refused:
		out.Outcome = &pb.ScaleScore_Refusal{Refusal: &pb.Refusal{
			Reason:       pb.RefusalReason(pb.RefusalReason_value["REFUSAL_REASON_"+string(s.Refusal.Reason)]),
			MissingItems: s.Refusal.Missing,
			Lowest:       string(s.Refusal.Lowest.AppendDecimal(nil, s.Decimals)),
			Highest:      string(s.Refusal.Highest.AppendDecimal(nil, s.Decimals)),
			SameBand:     s.Refusal.SameBand,
		}}
	}
	return out
}

func printScores(w io.Writer, scores []*pb.ScaleScore) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SCALE\tSCORE\tBAND\tANSWERED\tREMARKS")
	for _, s := range scores {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d of %d\t%s\n", scaleName(s.Scale, s.ValueSet), outcome(s), orNone(s.Band), s.Answered, s.Expected, remarks(s))
	}
	return table.Flush()
}

func scaleName(scale, valueSet string) string {
	if valueSet == "" {
		return scale
	}
	return scale + " " + valueSet
}

// outcome is the score as one word.
func outcome(s *pb.ScaleScore) string {
	switch o := s.Outcome.(type) {
	case *pb.ScaleScore_Value:
		return o.Value
	case *pb.ScaleScore_Profile:
		return o.Profile
	}
	return "refused"
}

// remarks say all that a number alone would hide.
func remarks(s *pb.ScaleScore) string {
	words := []string{directionWord(s.Direction)}
	words = append(words, s.Flags...)
	if s.Prorated {
		words = append(words, prorated(s.ImputedItems))
	}
	if r := s.GetRefusal(); r != nil {
		words = append(words, refusalWords(r)...)
	}
	return strings.Join(words, "; ")
}

func prorated(imputed []string) string {
	if len(imputed) == 0 {
		return "prorated"
	}
	return "prorated, blank: " + strings.Join(imputed, " ")
}

func refusalWords(r *pb.Refusal) []string {
	words := []string{enumWord(r.Reason)}
	if len(r.MissingItems) > 0 {
		words = append(words, "missing: "+strings.Join(r.MissingItems, " "))
	}
	if r.Lowest != "" {
		still := fmt.Sprintf("still possible: %s to %s", r.Lowest, r.Highest)
		if r.SameBand {
			still += ", all in one band"
		}
		words = append(words, still)
	}
	return words
}
