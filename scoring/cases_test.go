package scoring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
)

const nA = scoring.NotApplicable

func same(n int, v int32) []int32 { return slices.Repeat([]int32{v}, n) }

func TestWorkedCases(t *testing.T) {
	for _, c := range []struct {
		name, id, layout, coding string
		positions                []int32
		want                     string // scale=text[/band] …
	}{
		{"HADS published", "hads", "", "", []int32{3, 1, 1, 0, 0, 2, 1, 3, 2, 0, 1, 1, 3, 0}, "anxiety=11/probable depression=7/normal total=18/"},
		{"HADS first box", "hads", "", "box_position", same(14, 1), "anxiety=15/probable depression=9/possible total=24/"},
		{"HADS last box", "hads", "", "box_position", same(14, 4), "anxiety=6/normal depression=12/probable total=18/"},
		{"HADS four of seven", "hads", "", "", []int32{3, 0, 2, 0, 1, 0, 2, 0, blank, 0, blank, 0, blank, 0}, "anxiety=14.00/probable depression=0/normal total=14.00/"},
		{"HADS three of seven", "hads", "", "", []int32{3, 0, 2, 0, 1, 0, blank, 0, blank, 0, blank, 0, blank, 0}, "anxiety=TOO_FEW_ANSWERS/ depression=0/normal total=TOO_FEW_ANSWERS/"},
		{"HADS one left out, true score 14", "hads", "", "", []int32{2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, blank, 0}, "anxiety=14.00/probable total=14.00/"},
		{"HADS nothing answered", "hads", "", "", same(14, blank), "anxiety=TOO_FEW_ANSWERS/ depression=TOO_FEW_ANSWERS/ total=TOO_FEW_ANSWERS/"},
		{"HADS 7.5 is below 8", "hads", "", "", []int32{3, 0, 2, 0, 1, 0, 0, 0, 1, 0, blank, 0, blank, 0}, "anxiety=9.80/possible"},
		{"HADS printed 8.17", "hads", "", "", []int32{3, 0, 2, 0, 1, 0, 0, 0, 1, 0, 0, 0, blank, 0}, "anxiety=8.17/possible"},
		{"HADS just below the band though it prints near it", "hads", "", "", []int32{2, 0, 2, 0, 1, 0, 1, 0, 0, 0, blank, 0, 0, 0}, "anxiety=7.00/normal"},
		{"ISI published", "isi", "form", "", []int32{1, 2, 1, 0, 0, 3, 2}, "total=9/subthreshold"},
		{"ISI all 2", "isi", "mapi", "", same(7, 2), "total=14/subthreshold"},
		{"ISI 7", "isi", "form", "", []int32{1, 1, 1, 1, 1, 1, 1}, "total=7/none"},
		{"ISI 8", "isi", "form", "", []int32{2, 1, 1, 1, 1, 1, 1}, "total=8/subthreshold"},
		{"ISI 15", "isi", "form", "", []int32{3, 2, 2, 2, 2, 2, 2}, "total=15/moderate"},
		{"ISI 21", "isi", "form", "", same(7, 3), "total=21/moderate"},
		{"ISI 22", "isi", "form", "", []int32{4, 3, 3, 3, 3, 3, 3}, "total=22/severe"},
		{"PCS", "pcs", "", "", []int32{0, 1, 2, 3, 0, 0, 1, 4, 2, 1, 3, 0, 4}, "rumination=10/ magnification=5/ helplessness=6/ total=21/below_cutoff"},
		{"PCS 29", "pcs", "", "", []int32{3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 0, 0, 0}, "total=29/below_cutoff"},
		{"PCS 30", "pcs", "", "", []int32{3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0}, "total=30/clinically_relevant"},
		{"TSK all 1", "tsk_17", "", "", same(17, 1), "total=29/not_high tsk_13=13/ tsk_11=11/"},
		{"TSK all 2", "tsk_17", "", "", same(17, 2), "total=38/high tsk_13=26/ tsk_11=22/"},
		{"TSK 37", "tsk_17", "", "", append([]int32{1}, same(16, 2)...), "total=37/not_high"},
		{"TSK all 4", "tsk_17", "", "", same(17, 4), "total=56/high tsk_13=52/ tsk_11=44/"},
		{"TSK mixed", "tsk_17", "", "", []int32{4, 3, 4, 2, 3, 2, 3, 1, 3, 4, 3, 2, 3, 2, 4, 2, 3}, "total=54/high"},
		{"TSK item 9 and 14 are in 13 and not in 11", "tsk_17", "", "", []int32{1, 1, 1, 1, 1, 1, 1, 1, 4, 1, 1, 1, 1, 3, 1, 1, 1}, "total=34/not_high tsk_13=18/ tsk_11=11/"},
		{"CPAQ blocked", "cpaq_8", "blocked", "", []int32{6, 5, 4, 3, 0, 1, 2, 3}, "activity_engagement=18/ pain_willingness=18/ total=36/"},
		{"CPAQ in the order of the 20", "cpaq_8", "cpaq_20_order", "", []int32{6, 5, 4, 0, 1, 3, 2, 3}, "activity_engagement=18/ pain_willingness=18/ total=36/"},
		{"CPAQ constant", "cpaq_8", "blocked", "", same(8, 5), "total=24/"},
		{"LiSat", "lisat_11", "", "", []int32{4, 2, 3, 3, 5, 1, 6, 5, 6, 2, 4}, "satisfied_count=4/ mean=3.73/ contacts=5/satisfied life_as_a_whole=4/not_satisfied"},
		{"WAI best", "wai", "", "", []int32{10, 3, 5, 5, 0, 6, 0, 7, 4, 4, 4}, "total=49/excellent was=10/excellent dimension_2=10/ dimension_7=4/"},
		{"WAI mental", "wai", "", "", []int32{8, 2, 4, 4, 1, 5, 5, 7, 3, 3, 3}, "total=40/good was=8/good"},
		{"WAI both", "wai", "", "", []int32{7, 3, 4, 3, 2, 5, 9, 4, 2, 2, 3}, "total=34/moderate"},
		{"WAI 27.5 is poor", "wai", "", "", []int32{5, 1, 3, 4, 3, 4, 10, 4, 2, 2, 2}, "total=27.5/poor dimension_2=6.5/ was=5/poor"},
		{"WAI 36.5 is moderate", "wai", "", "", []int32{8, 2, 4, 3, 2, 5, 1, 7, 2, 2, 2}, "total=36.5/moderate"},
		{"WAI 43.5 is good", "wai", "", "", []int32{10, 1, 5, 4, 1, 4, 0, 7, 2, 2, 3}, "total=43.5/good"},
		{"NPRS 5", "nprs", "", "", []int32{5}, "average_pain=5/mild"},
		{"NPRS 6", "nprs", "", "", []int32{6}, "average_pain=6/moderate"},
		{"NPRS 7", "nprs", "", "", []int32{7}, "average_pain=7/moderate"},
		{"NPRS 8", "nprs", "", "", []int32{8}, "average_pain=8/severe"},
		{"NPRS blank", "nprs", "", "", []int32{blank}, "average_pain=TOO_FEW_ANSWERS/"},
		{"OBQ11", "obq_11", "", "", []int32{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2}, "total=15/"},
		{"EQ-5D one dimension missing", "eq_5d_3l", "", "", []int32{1, 2, blank, 2, 1, 70}, "index=VALUE_SET_NOT_NAMED/ vas=70/ level_sum=TOO_FEW_ANSWERS/ profile=TOO_FEW_ANSWERS/"},
		{"EQ-5D without VAS", "eq_5d_3l", "", "", []int32{1, 2, 1, 2, 1, blank}, "vas=TOO_FEW_ANSWERS/ level_sum=7/ profile=12121/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := score(t, instrument(t, c.id), &scoring.Sheet{Positions: row(c.positions...), Layout: c.layout, Coding: c.coding})
			for _, want := range strings.Fields(c.want) {
				name, _, _ := strings.Cut(want, "=")
				if got := name + "=" + text(t, r, name); got+"/"+find(t, r, name).Band != want && got != want {
					t.Errorf("got %s/%s, want %s", got, find(t, r, name).Band, want)
				}
			}
		})
	}
}

func TestStepTablesOfTheWAI(t *testing.T) {
	in := instrument(t, "wai")
	for _, c := range []struct {
		item, scale string
		points      map[int32]string
	}{
		{"diseases", "dimension_3", map[int32]string{0: "7", 1: "5", 2: "4", 3: "3", 4: "2", 5: "1", 6: "1", 60: "1"}},
		{"sick_leave_days", "dimension_5", map[int32]string{0: "5", 1: "4", 9: "4", 10: "3", 24: "3", 25: "2", 99: "2", 100: "1", 365: "1"}},
	} {
		for v, want := range c.points {
			r := score(t, in, &scoring.Sheet{Answers: []scoring.Answer{{Item: c.item, Response: is(v)}}})
			if got := text(t, r, c.scale); got != want {
				t.Errorf("%s %d: %s points, want %s", c.item, v, got, want)
			}
		}
	}
	for sum, want := range map[int32]string{0: "1", 3: "1", 4: "2", 6: "2", 7: "3", 9: "3", 10: "4", 12: "4"} {
		a := min(sum, 4)
		b := min(sum-a, 4)
		r := score(t, in, &scoring.Sheet{Answers: []scoring.Answer{{"enjoy_daily_tasks", is(a)}, {"active_and_alert", is(b)}, {"hopeful", is(sum - a - b)}}})
		if got := text(t, r, "dimension_7"); got != want {
			t.Errorf("resources %d: %s points, want %s", sum, got, want)
		}
	}
}

func TestNotApplicable(t *testing.T) {
	lisat := instrument(t, "lisat_11")
	p := row(4, 2, 3, 3, 5, 1, 6, 5, blank, 2, 4)
	p[8] = kind(nA)
	r := score(t, lisat, &scoring.Sheet{Positions: p})
	for name, want := range map[string]string{"satisfied_count": "3", "mean": "3.50", "partner_relation": "NOT_APPLICABLE"} {
		if got := text(t, r, name); got != want {
			t.Errorf("LiSat %s %s, want %s", name, got, want)
		}
	}
	if s := find(t, r, "mean"); s.Answered != 10 || s.Expected != 10 || s.Prorated {
		t.Errorf("LiSat mean counts %d of %d, want 10 of 10", s.Answered, s.Expected)
	}
	p[0] = kind(scoring.Declined) // a blank beside it refuses both, with the shrunken denominator
	r = score(t, lisat, &scoring.Sheet{Positions: p})
	s := find(t, r, "satisfied_count")
	if s.Refusal.Reason != scoring.TooFewAnswers || s.Expected != 10 || s.Refusal.Lowest != scoring.Whole(3) || s.Refusal.Highest != scoring.Whole(4) {
		t.Errorf("LiSat count with a blank: %+v", s)
	}
	wai := instrument(t, "wai")
	for i, item := range wai.Items() {
		p := row(10, 3, 5, 5, blank, 6, 0, 7, 4, blank, 4)
		p[i] = kind(nA)
		var answers scoring.Answers
		problems := wai.Read(&scoring.Sheet{Positions: p}, &answers)
		if !item.NotApplicable {
			if len(problems) != 1 || problems[0].Reason != scoring.ReasonNotApplicableNotAllowed {
				t.Errorf("%s accepts NOT_APPLICABLE: %v", item.Code, problems)
			}
			continue
		}
		r := score(t, wai, &scoring.Sheet{Positions: p})
		total := find(t, r, "total")
		if total.Refusal.Reason != scoring.NotApplicableRefusal || total.Refusal.Lowest.Valid() || total.Refusal.SameBand {
			t.Errorf("%s not applicable: total %+v", item.Code, total.Refusal)
		}
		if !slices.Equal(total.Refusal.Missing, []string{"diseases", "active_and_alert"}) {
			t.Errorf("%s not applicable: missing %v", item.Code, total.Refusal.Missing)
		}
		if got := text(t, r, "was"); got != "10" {
			t.Errorf("%s not applicable: was %s", item.Code, got)
		}
	}
}

func TestRefusalSaysWhatIsPossible(t *testing.T) {
	hads := instrument(t, "hads")
	r := score(t, hads, &scoring.Sheet{Positions: row(3, 0, 3, 0, 3, 0, blank, 0, blank, 0, blank, 0, blank, 1)})
	a := find(t, r, "anxiety")
	want := fmt.Sprint(scoring.Refusal{Reason: scoring.TooFewAnswers, Missing: []string{"7", "9", "11", "13"}, Lowest: scoring.Whole(9), Highest: scoring.Whole(21)})
	if fmt.Sprint(a.Refusal) != want || a.Answered != 3 || a.Expected != 7 || a.Rule != scoring.RuleHalf {
		t.Errorf("anxiety %+v, want %s", a, want)
	}
	if total := find(t, r, "total"); total.Refusal.Lowest != scoring.Whole(10) || total.Refusal.Highest != scoring.Whole(22) || total.Refusal.SameBand {
		t.Errorf("total %+v", total.Refusal)
	}
	isi := score(t, instrument(t, "isi"), &scoring.Sheet{Layout: "form", Positions: row(4, 4, 4, 4, 4, 4, blank)})
	if s := find(t, isi, "total"); !s.Refusal.SameBand || s.Refusal.Lowest != scoring.Whole(24) {
		t.Errorf("ISI 24 to 28 is severe throughout: %+v", s.Refusal)
	}
	eq := score(t, instrument(t, "eq_5d_5l"), &scoring.Sheet{Positions: row(1, 1, 1, blank, 1, 50), ValueSets: []string{"se_tto_2020", "dk_2021"}})
	s := find(t, eq, "index:se_tto_2020")
	if got := s.Refusal.Lowest.String() + " " + s.Refusal.Highest.String(); got != "0.7758 0.9755" || s.Outcome != scoring.Refused {
		t.Errorf("index with one dimension blank can be %s", got)
	}
}

func TestProratedScoresAreMarked(t *testing.T) {
	r := score(t, instrument(t, "hads"), &scoring.Sheet{Positions: row(3, 0, 2, 0, 1, 0, 2, 0, blank, blank, blank, 0, blank, 0)})
	a, d, total := find(t, r, "anxiety"), find(t, r, "depression"), find(t, r, "total")
	if !a.Prorated || fmt.Sprint(a.Imputed) != "[9 11 13]" || a.Answered != 4 || fmt.Sprint(a.Flags) != "[caseness]" {
		t.Errorf("anxiety %+v", a)
	}
	if !d.Prorated || fmt.Sprint(d.Imputed) != "[10]" || d.Text() != "0.00" {
		t.Errorf("depression %+v", d)
	}
	if !total.Prorated || fmt.Sprint(total.Imputed) != "[9 10 11 13]" || total.Answered != 10 || total.Expected != 14 || total.Rule != scoring.RuleAllScales {
		t.Errorf("total %+v", total)
	}
}

// Rounded apart, 35/4 and 49/6 would add up to 16.92 by luck or 16.91; the
// total is rounded once.
func TestTotalIsRoundedOnce(t *testing.T) {
	r := score(t, instrument(t, "hads"), &scoring.Sheet{Positions: row(2, 1, 1, 1, 1, 2, 1, 1, blank, 1, blank, 1, blank, blank)})
	total := find(t, r, "total")
	if total.Value != scoring.Fraction(35, 4).Add(scoring.Fraction(49, 6)) || total.Text() != "16.92" {
		t.Errorf("total %v %s", total.Value, total.Text())
	}
}
