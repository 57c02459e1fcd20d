package main

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func n(count int64) *pb.GroupCount { return &pb.GroupCount{Told: &pb.GroupCount_N{N: count}} }

func value(v float64) *pb.GroupFigure {
	return &pb.GroupFigure{Told: &pb.GroupFigure_Value{Value: v}}
}

var (
	heldBack = &pb.GroupFigure{Told: &pb.GroupFigure_Withheld{Withheld: "SUPPRESSED"}}
	fewBack  = &pb.GroupCount{Told: &pb.GroupCount_Withheld{Withheld: "SUPPRESSED"}}
)

func aReport() *pb.GetGroupReportResponse {
	return &pb.GetGroupReportResponse{
		AsOf: "2026-01-31", Audience: pb.GroupAudience_GROUP_AUDIENCE_SUPPRESSED, Threshold: 5, Undated: n(7),
		Groups: []*pb.PatientGroup{
			{Side: "2025", CareLevel: pb.CareLevel_CARE_LEVEL_MMRSV, Episodes: n(12), Patients: n(11),
				Flow: []*pb.GroupStep{{Code: "first_visit", N: n(12), Days: &pb.GroupSummary{N: n(12), Median: value(31), Q1: heldBack, Q3: heldBack}},
					{Code: "started", N: fewBack, Days: &pb.GroupSummary{N: fewBack, Median: heldBack, Q1: heldBack, Q3: heldBack}}},
				Responses: []*pb.GroupResponse{{Occasion: pb.Occasion_OCCASION_PROGRAMME_END, Expected: n(12), Answered: n(9), Rate: &pb.GroupShare{Value: value(0.75), Ci: &pb.GroupInterval{Low: value(0.468), High: value(0.911)}}}},
				Scales: []*pb.GroupScale{{Instrument: "hads", Scale: "anxiety", Direction: pb.Direction_DIRECTION_HIGHER_IS_WORSE,
					Occasions: []*pb.OccasionFigures{{Occasion: pb.Occasion_OCCASION_BASELINE, Scores: &pb.GroupSummary{N: n(12), Mean: value(9.25), Sd: value(3.5), Median: value(9), Q1: heldBack, Q3: heldBack}}},
					Changes: []*pb.ChangeFigures{{From: pb.Occasion_OCCASION_BASELINE, To: pb.Occasion_OCCASION_PROGRAMME_END, N: n(9), Mean: value(-1.5), Sd: value(2),
						Ci: &pb.GroupInterval{Low: value(-3.04), High: value(0.04)}, Srm: value(-0.75), HedgesG: value(-0.4), Judged: n(9), Verdicts: []*pb.GroupCell{{Code: "improved+uncertain", N: n(9)}}}}}},
			},
			{Side: "2025", CareLevel: pb.CareLevel_CARE_LEVEL_MMRPV, Episodes: fewBack, Patients: fewBack, Hidden: true},
		},
	}
}

func TestReportPrintsTablesAndWhatIsHeldBack(t *testing.T) {
	f := serve(t, aReport())
	code, out, errs := command(t, "", "report", "--unit", "SE-1,SE-2", "--date", "ended_on", "--from", "2025-01-01", "--to", "2025-12-31", "--care-level", "mmrsv",
		"--split", "year", "--assisted", "no", "--min-weeks", "4")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d, %s", code, errs)
	}
	want(t, "output", out, `
Figures about fewer than 5 patients are held back (-). As of 2026-01-31.
Left out because a date that was asked about is missing: 7 episodes.

== 2025 · mmrsv: 12 episodes of 11 patients
STEP         N   MEDIAN DAYS  QUARTILES
first visit  12  31           -–-
started      -   -            -–-

RESPONSES      ANSWERED  OF  RATE  95 % CI
programme end  9         12  75 %  47 %–91 %

SCORES        OCCASION  N   MEAN  SD   MEDIAN  QUARTILES
hads anxiety  baseline  12  9.2   3.5  9.0     -–-

CHANGE        BETTER IS  FROM BASELINE TO  N  MEAN  95 % CI      SRM    HEDGES G  VERDICTS
hads anxiety  lower      programme end     9  -1.5  -3.0 to 0.0  -0.75  -0.40     improved+uncertain 9

== 2025 · mmrpv: held back
`)
	no := false
	request := &pb.GetGroupReportRequest{Split: pb.GroupDimension_GROUP_DIMENSION_YEAR, Filter: &pb.GroupFilter{
		CareUnits: []string{"SE-1", "SE-2"}, Date: pb.GroupDate_GROUP_DATE_ENDED_ON, From: "2025-01-01", To: "2025-12-31",
		CareLevels: []pb.CareLevel{pb.CareLevel_CARE_LEVEL_MMRSV}, Assisted: &no, MinWeeks: 4,
	}}
	if diff := cmp.Diff(request, f.requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestReportSetsPeriodsAndUnitsSideBySide(t *testing.T) {
	f := serve(t, aReport(), aReport())
	command(t, "", "report", "--date", "started_on", "--from", "2025-01-01", "--to", "2025-12-31", "--other-from", "2024-01-01", "--other-to", "2024-12-31")
	command(t, "", "report", "--against", "SE-1", "--date", "started_on", "--from", "2025-01-01")
	started := pb.GroupDate_GROUP_DATE_STARTED_ON
	for i, request := range []*pb.GetGroupReportRequest{
		{Filter: &pb.GroupFilter{Date: started}, Sides: []*pb.GroupSide{
			{Name: "2025-01-01 – 2025-12-31", Filter: &pb.GroupFilter{Date: started, From: "2025-01-01", To: "2025-12-31"}},
			{Name: "2024-01-01 – 2024-12-31", Filter: &pb.GroupFilter{Date: started, From: "2024-01-01", To: "2024-12-31"}},
		}},
		{Filter: &pb.GroupFilter{Date: started, From: "2025-01-01"}, Sides: []*pb.GroupSide{
			{Name: "SE-1", Filter: &pb.GroupFilter{CareUnits: []string{"SE-1"}}}, {Name: "the others", Filter: &pb.GroupFilter{NotCareUnits: []string{"SE-1"}}},
		}},
	} {
		if diff := cmp.Diff(request, f.requests[i], protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestReportAsCSVHasALineForEveryFigure(t *testing.T) {
	report := aReport()
	report.Groups[0].Value = "=1+1"
	serve(t, report)
	code, out, errs := command(t, "", "report", "--csv")
	if code != exitDone || errs != "" {
		t.Fatalf("code %d, %s", code, errs)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || strings.Join(rows[0], ",") != strings.Join(reportHeads, ",") {
		t.Fatalf("%v %v", rows, err)
	}
	for _, line := range []string{
		"suppressed,,,,report,,,,,,,,,,undated,7,",
		"suppressed,2025,'=1+1,mmrsv,change,,hads,anxiety,,,,baseline,programme_end,,ci_low,-3.04,",
		"suppressed,2025,'=1+1,mmrsv,change_verdicts,,hads,anxiety,,,,baseline,programme_end,improved+uncertain,n,9,",
		"suppressed,2025,'=1+1,mmrsv,flow,,,,,,,,,first_visit,days_q1,,SUPPRESSED",
		"suppressed,2025,,mmrpv,group,,,,,,,,,,episodes,,SUPPRESSED",
	} {
		if !strings.Contains(out, line+"\n") {
			t.Errorf("no line %s in\n%s", line, out)
		}
	}
}

func TestReportMarksWhatIsInternal(t *testing.T) {
	report := aReport()
	report.Audience = pb.GroupAudience_GROUP_AUDIENCE_INTERNAL
	serve(t, report)
	if _, out, _ := command(t, "", "report"); !strings.HasPrefix(out, "INTERNAL: for the unit's own staff") {
		t.Error(out)
	}
	for _, wrong := range [][]string{{"--assisted", "maybe"}, {"--split", "height"}, {"--care-level", "x"}, {"--against", "a", "--other-from", "2024-01-01"}} {
		if code, _, _ := command(t, "", append([]string{"report"}, wrong...)...); code != exitUsage {
			t.Errorf("%v: code %d", wrong, code)
		}
	}
}

func TestCodebookAsTableAndCSV(t *testing.T) {
	book := &pb.GetCodebookResponse{Variables: []*pb.CodebookVariable{{
		Name: "b_hads__anxiety", Label: "baseline, HADS anxiety", Instrument: "hads", Kind: "scale", Code: "anxiety", Occasion: pb.Occasion_OCCASION_BASELINE, Type: "whole",
		Direction: "higher_is_worse", Missing: []*pb.CodebookMissing{{Code: -98, Reason: "not_applicable"}, {Code: -91, Reason: "too_few_answers"}},
		Versions: []*pb.CodebookVersion{{Version: "1", Lowest: "-1", Highest: "21", Items: []string{"q1", "q3"}, Source: "=cite", Known: "V", DefinitionHash: "d", ScoringHash: "s", MissingRule: "all"}},
	}}}
	f := serve(t, book, book)
	_, out, _ := command(t, "", "codebook", "hads", "--wide")
	want(t, "output", out, `
NAME             TYPE   RANGE  MISSING  LABEL
b_hads__anxiety  whole  -1…21  -98…-91  baseline, HADS anxiety
`)
	if diff := cmp.Diff(&pb.GetCodebookRequest{Instruments: []string{"hads"}, Wide: true}, f.requests[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	_, out, _ = command(t, "", "codebook", "--csv")
	want(t, "output", out, `
name,label,instrument,kind,code,value_set,occasion,type,decimals,direction,missing_codes,version,lowest,highest,values,items,missing_rule,source,known,definition_hash,scoring_hash
b_hads__anxiety,"baseline, HADS anxiety",hads,scale,anxiety,,baseline,whole,0,higher_is_worse,not_applicable=-98 too_few_answers=-91,1,-1,21,,q1 q3,all,'=cite,V,d,s
`)
}
