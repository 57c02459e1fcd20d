package registry

import (
	"slices"

	"github.com/painscore/painscore/server/store"
)

// group hides what a shown group must not tell. The counts that hold others
// come first; each later one is held against those already shown.
func (h hider) group(g *Group) Group {
	out := Group{Side: g.Side, Value: g.Value, CareLevel: g.CareLevel, population: nil}
	out.Episodes = h.count(g.Episodes)
	out.Patients = h.count(g.Patients, out.Episodes)
	out.Flow = h.flow(g.Flow, out.Episodes, out.Patients)
	out.Responses = h.responses(g.Responses, out.Flow)
	out.Feedback.Known = h.count(g.Feedback.Known, out.Episodes)
	out.Feedback.Offered = h.count(g.Feedback.Offered, out.Episodes, out.Feedback.Known)
	out.Feedback.Given = h.count(g.Feedback.Given, out.Episodes, out.Feedback.Known, out.Feedback.Offered)
	for i := range g.Scales {
		out.Scales = append(out.Scales, h.scale(&g.Scales[i], &out))
	}
	for i := range g.Paretian {
		out.Paretian = append(out.Paretian, h.paretian(g.Paretian[i], &out))
	}
	for i := range g.Items {
		out.Items = append(out.Items, h.items(g.Items[i], &out))
	}
	out.Attrition = h.attrition(g.Attrition, &out)
	return out
}

// flow holds each step against all that are shown before it.
func (h hider) flow(steps []Step, above ...Count) []Step {
	var out []Step
	for _, s := range steps {
		n := h.count(s.N, above...)
		above = append(above, n)
		held := h.count(Count{N: s.Days.N.N}, above...)
		if n.Reason != "" {
			held = hiddenCount
		}
		days := h.summary(s.Days, held, 0)
		if held.Reason != "" {
			days = hiddenSummary
		}
		out = append(out, Step{s.Code, n, days, h.merged(s.NoDays, held)})
	}
	return out
}

func (h hider) responses(list []Response, steps []Step) []Response {
	shown := make([]Count, 0, len(steps))
	for _, s := range steps {
		shown = append(shown, s.N)
	}
	var out []Response
	for _, r := range list {
		n := Response{Occasion: r.Occasion, Expected: h.count(r.Expected, shown...), Rate: hiddenShare}
		shown = append(shown, n.Expected)
		n.Answered = h.count(r.Answered, shown...)
		shown = append(shown, n.Answered)
		n.NotDue = h.count(r.NotDue, shown...)
		if completed := steps[3].N; n.NotDue.Reason == "" && completed.Reason == "" && n.Expected.Reason == "" &&
			h.small(completed.N-r.NotDue.N-r.Expected.N) && r.Occasion == store.FollowUp12Months {
			n.NotDue = hiddenCount // the rest, who died or must not be contacted, would be told
		}
		if n.Expected.Reason == "" && n.Answered.Reason == "" {
			n.Rate = r.Rate
		}
		out = append(out, n)
	}
	return out
}

// shownOf collects the counts that a scale's n at some occasions lies within or
// beside: the group, the flow, the responses, and other scales of the
// instrument.
func (g *Group) shownOf(instrument string, occasions ...store.Occasion) []Count {
	counts := []Count{g.Episodes, g.Patients}
	for _, s := range g.Flow {
		counts = append(counts, s.N)
	}
	for _, r := range g.Responses {
		counts = append(counts, r.Expected, r.Answered)
	}
	for i := range g.Scales {
		if g.Scales[i].Instrument != instrument {
			continue
		}
		for _, o := range g.Scales[i].Occasions {
			if slices.Contains(occasions, o.Occasion) {
				counts = append(counts, o.N)
			}
		}
		for _, c := range g.Scales[i].Changes {
			if slices.Contains(occasions, c.From) && slices.Contains(occasions, c.To) {
				counts = append(counts, c.N)
			}
		}
	}
	return counts
}

func (h hider) scale(f *ScaleFigures, shown *Group) ScaleFigures {
	out := *f
	out.Occasions, out.Changes = nil, nil
	own := map[store.Occasion]Count{}
	for _, o := range f.Occasions {
		n := h.count(o.N, shown.shownOf(f.Instrument, o.Occasion)...)
		own[o.Occasion] = n
		out.Occasions = append(out.Occasions, OccasionFigures{
			Occasion: o.Occasion, Summary: h.summary(o.Summary, n, f.Decimals),
			Prorated: h.part(o.Prorated, n), LeftOut: h.merged(o.LeftOut, n),
		})
	}
	for _, c := range f.Changes {
		beside := append(shown.shownOf(f.Instrument, c.From, c.To), own[c.From], own[c.To])
		for _, other := range out.Changes {
			beside = append(beside, other.N)
		}
		out.Changes = append(out.Changes, h.change(c, h.count(c.N, beside...), f.Decimals))
	}
	return out
}

// part hides a part of n, and any part of a hidden n.
func (h hider) part(c, n Count) Count {
	if n.Reason != "" {
		return hiddenCount
	}
	return h.count(c, n)
}

func (h hider) change(c ChangeFigures, n Count, decimals int8) ChangeFigures {
	out := ChangeFigures{
		From: c.From, To: c.To, N: n, LeftOut: h.merged(c.LeftOut, n), Switched: h.part(c.Switched, n),
		Earlier: h.summary(c.Earlier, n, decimals), Later: h.summary(c.Later, n, decimals),
	}
	mean := h.summary(Summary{N: c.N, Mean: c.Mean, SD: c.SD}, n, decimals)
	out.Mean, out.SD = mean.Mean, mean.SD
	out.CI, out.SRM, out.HedgesG = hiddenInterval, hiddenFigure, hiddenFigure
	if n.Reason == "" && out.Mean.Reason != HiddenFigure {
		out.CI, out.SRM = c.CI, c.SRM
		if out.Earlier.SD.Reason != HiddenFigure {
			out.HedgesG = c.HedgesG
		}
	}
	out.Judged = h.part(c.Judged, n)
	out.Verdicts, out.NotJudged = h.merged(c.Verdicts, out.Judged), h.merged(c.NotJudged, out.Judged)
	return out
}

func (h hider) paretian(t ParetianTable, shown *Group) ParetianTable {
	t.N = h.count(t.N, shown.shownOf(t.Instrument, t.From, t.To)...)
	t.Classes, t.LeftOut = h.merged(t.Classes, t.N), h.merged(t.LeftOut, t.N)
	return t
}

// items counts missing answers as one more class at the end, so that they
// cannot be had by taking the others off the total.
func (h hider) items(t ItemTable, shown *Group) ItemTable {
	t.Forms = h.count(t.Forms, shown.shownOf(t.Instrument, t.Occasion)...)
	missing := Cell{Code: "missing"}
	for _, c := range t.Missing {
		missing.N.N += c.N.N
	}
	all := append(slices.Clone(t.Answers), missing)
	if len(t.Answers) == 0 {
		all = []Cell{{Code: "answered", N: Count{N: t.Numbers.N.N}}, missing}
	}
	classes := h.merged(all, t.Forms)
	if !whole(all, classes) || t.Forms.Reason != "" {
		t.Numbers = hiddenSummary // the mean, with the sums, would tell the classes
	} else {
		t.Numbers = h.summary(t.Numbers, Count{N: t.Numbers.N.N}, 0)
	}
	t.Answers, t.Missing = classes, nil
	return t
}

// attrition hides a row whose parts are small, and all rows of a scale whose
// hidden rows could be had from the responses.
func (h hider) attrition(rows []AttritionRow, shown *Group) []AttritionRow {
	type scale struct{ instrument, scale, valueSet string }
	left := map[scale][2]int{}
	out := make([]AttritionRow, len(rows))
	for i, r := range rows {
		beside := shown.shownOf(r.Instrument, store.Baseline)
		for _, other := range out[:i] {
			if other.Unit == r.Unit && other.Instrument == r.Instrument {
				beside = append(beside, other.With.N, other.Without.N)
			}
		}
		with, without := h.count(r.With.N, beside...), h.count(r.Without.N, beside...)
		if with.Reason != "" || without.Reason != "" {
			key := scale{r.Instrument, r.Scale, r.ValueSet}
			left[key] = [2]int{left[key][0] + r.With.N.N, left[key][1] + r.Without.N.N}
		}
		out[i] = h.attritionRow(r, with, without)
	}
	for i, r := range rows {
		if rest := left[scale{r.Instrument, r.Scale, r.ValueSet}]; h.small(rest[0]) || h.small(rest[1]) {
			out[i] = h.attritionRow(r, hiddenCount, hiddenCount)
		}
	}
	return out
}

func (h hider) attritionRow(r AttritionRow, with, without Count) AttritionRow {
	out := AttritionRow{Unit: r.Unit, Instrument: r.Instrument, Scale: r.Scale, ValueSet: r.ValueSet, With: hiddenSummary, Without: hiddenSummary, Difference: hiddenFigure, Standardised: hiddenFigure}
	if with.Reason != "" || without.Reason != "" {
		return out
	}
	out.With, out.Without = h.summary(r.With, with, 0), h.summary(r.Without, without, 0)
	if out.With.Mean.Reason != HiddenFigure && out.Without.Mean.Reason != HiddenFigure {
		out.Difference, out.Standardised = r.Difference, r.Standardised
	}
	return out
}
