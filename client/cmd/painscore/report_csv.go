package main

import (
	"encoding/csv"
	"io"
	"strconv"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// reportHeads are the columns of a report's CSV: where a figure belongs, which it
// is, and its value or why there is none.
var reportHeads = []string{"audience", "side", "value", "care_level", "table", "care_unit", "instrument", "scale", "value_set", "item", "respondent",
	"occasion", "to_occasion", "class", "figure", "number", "withheld"}

// figures writes one line for each figure of a report.
type figures struct {
	out *csv.Writer
	at  [14]string // the columns before the figure
}

// The places of at.
const (
	atAudience = iota
	atSide
	atValue
	atLevel
	atTable
	atUnit
	atInstrument
	atScale
	atValueSet
	atItem
	atRespondent
	atOccasion
	atTo
	atClass
)

func reportCSV(w io.Writer, r *pb.GetGroupReportResponse) error {
	f := &figures{out: csv.NewWriter(w)}
	f.out.Write(reportHeads) // an error stays, and Flush tells it
	f.at[atAudience] = enumWord(r.Audience)
	f.table("report")
	f.count("undated", r.Undated)
	for _, g := range r.Groups {
		f.group(g)
	}
	f.out.Flush()
	return f.out.Error()
}

func (f *figures) group(g *pb.PatientGroup) {
	f.at[atSide], f.at[atValue], f.at[atLevel] = g.Side, g.Value, enumOrEmpty(g.CareLevel)
	f.table("group")
	f.count("episodes", g.Episodes)
	f.count("patients", g.Patients)
	if g.Hidden {
		return
	}
	for _, s := range g.Flow {
		f.table("flow", atClass, s.Code)
		f.count("n", s.N)
		f.summary("days_", s.Days)
		f.cells("no_days", s.NoDays)
	}
	for _, r := range g.Responses {
		f.table("response", atOccasion, enumOrEmpty(r.Occasion))
		f.count("expected", r.Expected)
		f.count("answered", r.Answered)
		f.count("not_due", r.NotDue)
		f.share(r.Rate)
	}
	f.table("feedback")
	f.count("known", g.Feedback.GetKnown())
	f.count("offered", g.Feedback.GetOffered())
	f.count("given", g.Feedback.GetGiven())
	for _, s := range g.Scales {
		f.scale(s)
	}
	for _, p := range g.Paretian {
		f.table("pchc", atInstrument, p.Instrument, atOccasion, enumOrEmpty(p.From), atTo, enumOrEmpty(p.To))
		f.count("n", p.N)
		f.cells("pchc", p.Classes)
		f.cells("pchc_left_out", p.LeftOut)
	}
	for _, t := range g.Items {
		f.table("item", atInstrument, t.Instrument, atItem, t.Item, atRespondent, enumOrEmpty(t.Respondent), atOccasion, occasionOf(t))
		f.count("forms", t.Forms)
		f.cells("item_answers", t.Answers)
		f.cells("item_missing", t.Missing)
		f.summary("", t.Numbers)
	}
	for _, a := range g.Attrition {
		f.table("attrition", atUnit, a.CareUnit, atInstrument, a.Instrument, atScale, a.Scale, atValueSet, a.ValueSet)
		f.summary("with_", a.With)
		f.summary("without_", a.Without)
		f.figure("difference", a.Difference)
		f.figure("standardised", a.Standardised)
	}
}

func occasionOf(t *pb.ItemTable) string {
	if t.OccasionLabel != "" {
		return t.OccasionLabel
	}
	return enumOrEmpty(t.Occasion)
}

func (f *figures) scale(s *pb.GroupScale) {
	for _, o := range s.Occasions {
		f.table("scores", atInstrument, s.Instrument, atScale, s.Scale, atValueSet, s.ValueSet, atOccasion, enumOrEmpty(o.Occasion))
		f.summary("", o.Scores)
		f.count("prorated", o.Prorated)
		f.cells("scores_left_out", o.LeftOut)
	}
	for _, c := range s.Changes {
		f.table("change", atInstrument, s.Instrument, atScale, s.Scale, atValueSet, s.ValueSet, atOccasion, enumOrEmpty(c.From), atTo, enumOrEmpty(c.To))
		f.count("n", c.N)
		f.count("switched", c.Switched)
		f.summary("earlier_", c.Earlier)
		f.summary("later_", c.Later)
		f.figure("mean", c.Mean)
		f.figure("sd", c.Sd)
		f.figure("ci_low", c.Ci.GetLow())
		f.figure("ci_high", c.Ci.GetHigh())
		f.figure("srm", c.Srm)
		f.figure("hedges_g", c.HedgesG)
		f.count("judged", c.Judged)
		f.cells("change_left_out", c.LeftOut)
		f.cells("change_verdicts", c.Verdicts)
		f.cells("change_not_judged", c.NotJudged)
	}
}

// table begins a table: its name, and pairs of a place and what stands there.
func (f *figures) table(name string, pairs ...any) {
	clear(f.at[atTable:])
	f.at[atTable] = name
	for i := 0; i < len(pairs); i += 2 {
		f.at[pairs[i].(int)] = pairs[i+1].(string)
	}
}

// cells is a table within the one that was begun.
func (f *figures) cells(name string, cells []*pb.GroupCell) {
	table, class := f.at[atTable], f.at[atClass]
	for _, c := range cells {
		f.at[atTable], f.at[atClass] = name, c.Code
		if class != "" {
			f.at[atClass] = class + ": " + c.Code
		}
		f.count("n", c.N)
		f.share(c.Share)
	}
	f.at[atTable], f.at[atClass] = table, class
}

func (f *figures) share(s *pb.GroupShare) {
	f.figure("share", s.GetValue())
	f.figure("share_low", s.GetCi().GetLow())
	f.figure("share_high", s.GetCi().GetHigh())
}

func (f *figures) summary(prefix string, s *pb.GroupSummary) {
	f.count(prefix+"n", s.GetN())
	f.figure(prefix+"mean", s.GetMean())
	f.figure(prefix+"sd", s.GetSd())
	f.figure(prefix+"q1", s.GetQ1())
	f.figure(prefix+"median", s.GetMedian())
	f.figure(prefix+"q3", s.GetQ3())
}

func (f *figures) count(name string, c *pb.GroupCount) {
	number := ""
	if c.GetWithheld() == "" {
		number = strconv.FormatInt(c.GetN(), 10)
	}
	f.line(name, number, c.GetWithheld())
}

func (f *figures) figure(name string, v *pb.GroupFigure) {
	number := ""
	if v.GetWithheld() == "" {
		number = strconv.FormatFloat(v.GetValue(), 'g', -1, 64)
	}
	f.line(name, number, v.GetWithheld())
}

// line writes a figure. A number may begin with a minus sign; a text must not
// look like a formula.
func (f *figures) line(name, number, withheld string) {
	f.out.Write(append(safeCells(append(f.at[:len(f.at):len(f.at)], name)), number, withheld))
}

// enumOrEmpty is an enum's word, empty for the unspecified value.
func enumOrEmpty[E interface {
	~int32
	flagEnum
}](e E) string {
	if e == 0 {
		return ""
	}
	return flagWord(e.Descriptor().Values().ByNumber(e.Number()))
}
