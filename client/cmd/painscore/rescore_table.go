package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// previewTables lays out what a preview finds: one table of scores, one of
// verdicts, one of sheets that keep their scores, and the summary.
type previewTables struct {
	w        io.Writer
	sheets   []*pb.RescoredSheet
	verdicts []*pb.RescoredChange
	stay     []*pb.NotRescorable
	plan     *pb.RescorePlan
}

func newPreviewTables(w io.Writer) *previewTables { return &previewTables{w: w} }

func (t *previewTables) add(found *pb.PreviewRescoreResponse) {
	switch f := found.Found.(type) {
	case *pb.PreviewRescoreResponse_Sheet:
		t.sheets = append(t.sheets, f.Sheet)
	case *pb.PreviewRescoreResponse_NotRescorable:
		t.stay = append(t.stay, f.NotRescorable)
	case *pb.PreviewRescoreResponse_Change:
		t.verdicts = append(t.verdicts, f.Change)
	case *pb.PreviewRescoreResponse_Plan:
		t.plan = f.Plan
	}
}

func (t *previewTables) end() error {
	if t.plan == nil { // with --json all is told already
		return nil
	}
	for _, print := range []func(io.Writer) error{t.printSheets, t.printVerdicts, t.printStay} {
		if err := print(t.w); err != nil {
			return err
		}
	}
	return t.printSummary()
}

func (t *previewTables) printSheets(w io.Writer) error {
	if len(t.sheets) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "UNIT\tEPISODE\tOCCASION\tANSWERED\tSCALE\tBEFORE\tAFTER\tDIFFERENCE\tCROSSED")
	for _, s := range t.sheets {
		for _, scale := range s.Scales {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.CareUnit, s.EpisodeId, sheetOccasion(s), s.AnsweredOn,
				scaleName(scale.Scale, scale.ValueSet), scoreWords(scale.Before), scoreWords(scale.After), orNone(signed(scale.Difference)), crossed(scale))
		}
	}
	fmt.Fprintln(table)
	return table.Flush()
}

func sheetOccasion(s *pb.RescoredSheet) string {
	words := occasionWord(s.Occasion, s.OccasionLabel)
	if s.Respondent != pb.Respondent_RESPONDENT_PATIENT {
		words += ", " + enumWord(s.Respondent)
	}
	return words
}

// scoreWords is a score with its band, or that the version has none.
func scoreWords(s *pb.ScaleScore) string {
	if s == nil {
		return "no such scale"
	}
	words := outcome(s)
	if s.Band != "" {
		words += " " + s.Band
	}
	return words
}

func signed(difference string) string {
	if difference == "" || difference[0] == '-' || strings.Trim(difference, "0.") == "" {
		return difference
	}
	return "+" + difference
}

// crossed says in words which cut-offs lie between before and after.
func crossed(s *pb.RescoredScale) string {
	var words []string
	if s.BandCrossed {
		words = append(words, "band")
	}
	for _, flag := range s.FlagsRaised {
		words = append(words, flag+" raised")
	}
	for _, flag := range s.FlagsCleared {
		words = append(words, flag+" cleared")
	}
	return orNone(strings.Join(words, "; "))
}

func (t *previewTables) printVerdicts(w io.Writer) error {
	if len(t.verdicts) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "UNIT\tEPISODE\tSCALE\tCHANGE\tJUDGED BEFORE\tJUDGED AFTER")
	for _, v := range t.verdicts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s to %s\t%s\t%s\n", v.CareUnit, v.EpisodeId, scaleName(v.Scale, v.ValueSet),
			occasionWord(v.FromOccasion, v.FromOccasionLabel), occasionWord(v.ToOccasion, v.ToOccasionLabel), judgementWords(v.Before), judgementWords(v.After))
	}
	fmt.Fprintln(table)
	return table.Flush()
}

func judgementWords(j *pb.RescoredJudgement) string {
	if !j.GetComparable() {
		why, known := notComparable[j.GetNotComparableReason()]
		if !known { // of a newer server
			why = enumWord(j.GetNotComparableReason())
		}
		return "no difference: " + why
	}
	return fmt.Sprintf("%s, important: %s, beyond error: %s", signed(j.Difference), enumWord(j.Importance), enumWord(j.MeasurementError))
}

func (t *previewTables) printStay(w io.Writer) error {
	if len(t.stay) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "UNIT\tEPISODE\tOCCASION\tANSWERED\tKEEPS ITS SCORES BECAUSE")
	for _, s := range t.stay {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s: %s\n", s.CareUnit, s.EpisodeId, occasionWord(s.Occasion, s.OccasionLabel), s.AnsweredOn, enumWord(s.Reason), orNone(s.Description))
	}
	fmt.Fprintln(table)
	return table.Flush()
}

func (t *previewTables) printSummary() error {
	c := t.plan.GetCounts()
	fmt.Fprintf(t.w, "%s\n", planWords(t.plan))
	fmt.Fprintf(t.w, "  %s: %d to be scored anew, %d of them with another result; %d scored by that version already; %d not readable by it\n",
		count(int(c.GetExamined()), "sheet"), c.GetRescored(), c.GetChanged(), c.GetUpToDate(), c.GetNotRescorable())
	fmt.Fprintf(t.w, "  crossed: %s, %s, %s\n", count(int(c.GetBandsCrossed()), "band"), count(int(c.GetFlagsCrossed()), "flag"), count(int(c.GetVerdictsCrossed()), "verdict"))
	if t.plan.PlanId == "" {
		_, err := fmt.Fprintln(t.w, "Nothing is to be scored anew; there is no plan.")
		return err
	}
	_, err := fmt.Fprintf(t.w, "Nothing is changed yet. To carry this out: painscore rescore apply %s\n", t.plan.PlanId)
	return err
}
