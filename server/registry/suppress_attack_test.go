package registry

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/server/store"
)

// attacker knows how a report is put together – what adds up to what, and what
// is part of what – and has the counts that are shown. It narrows every count
// down as far as sums allow.
type attacker struct {
	truth     map[string]int // what only the test knows
	low, high map[string]int
	sums      [][]string // the first is the sum of the others
}

func newAttacker() *attacker {
	return &attacker{map[string]int{}, map[string]int{}, map[string]int{}, nil}
}

// count brings in a count, and its value if the report shows it.
func (a *attacker) count(name string, truth, shown Count) string {
	a.truth[name] = truth.N
	if _, known := a.low[name]; !known {
		a.low[name], a.high[name] = 0, math.MaxInt32
	}
	if shown.Reason == "" {
		a.low[name], a.high[name] = shown.N, shown.N
	}
	return name
}

// sum says that the first count is the sum of the others.
func (a *attacker) sum(names ...string) { a.sums = append(a.sums, names) }

// part says that one count is a part of another. What is beside it is a count
// too, which must not be told either.
func (a *attacker) part(part, of string) {
	rest := of + " without " + part
	a.count(rest, Count{N: a.truth[of] - a.truth[part]}, hiddenCount)
	a.sum(of, part, rest)
}

// table says how a total is divided, and what is shown of the classes.
func (a *attacker) table(of string, truth, shown []Cell) {
	names := map[string]string{}
	all := []string{of}
	for _, c := range truth {
		names[c.Code] = a.count(of+"/"+c.Code, c.N, hiddenCount)
		all = append(all, names[c.Code])
	}
	a.sum(all...)
	for _, c := range shown {
		codes := strings.Split(c.Code, "+")
		total := 0
		merged := []string{of + "/" + c.Code}
		for _, code := range codes {
			merged = append(merged, names[code])
			total += a.truth[names[code]]
		}
		a.count(merged[0], Count{N: total}, c.N)
		if len(codes) > 1 {
			a.sum(merged...)
		}
	}
}

// narrow works out bounds until nothing moves.
func (a *attacker) narrow() {
	for moved, rounds := true, 0; moved && rounds < 60; rounds++ {
		moved = false
		for _, sum := range a.sums {
			low, high := 0, 0
			for _, name := range sum[1:] {
				low, high = low+a.low[name], min(high+a.high[name], math.MaxInt32)
			}
			moved = a.bound(sum[0], low, high) || moved
			for _, name := range sum[1:] {
				others, most := low-a.low[name], 0
				for _, other := range sum[1:] {
					if other != name {
						most = min(most+a.high[other], math.MaxInt32)
					}
				}
				moved = a.bound(name, a.low[sum[0]]-most, a.high[sum[0]]-others) || moved
			}
		}
	}
}

func (a *attacker) bound(name string, low, high int) (moved bool) {
	if low > a.low[name] {
		a.low[name], moved = low, true
	}
	if high < a.high[name] {
		a.high[name], moved = high, true
	}
	return moved
}

// told lists the counts below the threshold that are known now.
func (a *attacker) told(threshold int) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(a.truth)) {
		if n := a.truth[name]; n > 0 && n < threshold && a.low[name] == a.high[name] {
			out = append(out, fmt.Sprintf("%s is %d", name, n))
		}
	}
	return out
}

// read takes in what is known of a group.
func (a *attacker) read(whole, shown *Group) {
	n := a.count("episodes", whole.Episodes, shown.Episodes)
	a.part(a.count("patients", whole.Patients, shown.Patients), n)
	step := map[StepCode]string{}
	for i, s := range whole.Flow {
		step[s.Code] = a.count("flow "+string(s.Code), s.N, shown.Flow[i].N)
		days := a.count("days "+string(s.Code), s.Days.N, shown.Flow[i].Days.N)
		a.part(days, step[s.Code])
	}
	a.sum(n, step[Referred])
	for _, p := range [][2]StepCode{
		{Visited, Referred}, {Started, Referred}, {Completed, Referred}, {Started, Visited}, {Completed, Visited}, {Completed, Started},
		{EndForm, Referred}, {FollowUpForm, Referred}, {PairedEnd, EndForm}, {PairedFollow, FollowUpForm},
	} {
		a.part(step[p[0]], step[p[1]])
	}
	for i, r := range whole.Responses {
		expected := a.count("expected "+string(r.Occasion), r.Expected, shown.Responses[i].Expected)
		answered := a.count("answered "+string(r.Occasion), r.Answered, shown.Responses[i].Answered)
		a.part(answered, expected)
		switch i {
		case 0:
			a.sum(expected, step[Visited])
		case 1:
			a.sum(expected, step[Completed])
			a.part(answered, step[EndForm])
		case 2:
			a.part(answered, step[FollowUpForm])
			waiting := a.count("not due", r.NotDue, shown.Responses[i].NotDue)
			rest := a.count("silent", Count{N: whole.Flow[3].N.N - r.NotDue.N - r.Expected.N}, hiddenCount)
			a.sum(step[Completed], expected, waiting, rest)
		}
	}
	form := map[store.Occasion]string{store.ProgrammeEnd: step[EndForm], store.FollowUp12Months: step[FollowUpForm]}
	for i := range whole.Scales {
		a.readScale(&whole.Scales[i], &shown.Scales[i], n, form)
	}
	a.readForms(n)
	for i, p := range whole.Paretian {
		total := a.count(fmt.Sprintf("pchc %s %s", p.From, p.To), p.N, shown.Paretian[i].N)
		a.part(total, n)
		a.table(total, p.Classes, shown.Paretian[i].Classes)
	}
	for i, item := range whole.Items {
		of := fmt.Sprintf("%s %s", item.Instrument, item.Occasion)
		forms := a.count("forms "+of, item.Forms, shown.Items[i].Forms)
		a.part(forms, n)
		classes := append(slices.Clone(item.Answers), Cell{Code: "missing"})
		for _, c := range item.Missing {
			classes[len(classes)-1].N.N += c.N.N
		}
		if len(item.Answers) > 0 {
			own := a.count(of+" "+item.Item, item.Forms, shown.Items[i].Forms)
			a.sum(own, forms)
			a.table(own, classes, shown.Items[i].Answers)
		}
	}
}

func (a *attacker) readScale(whole, shown *ScaleFigures, episodes string, form map[store.Occasion]string) {
	name := fmt.Sprintf("%s %s %s", whole.Instrument, whole.Scale, whole.ValueSet)
	at := map[store.Occasion]string{}
	for i, o := range whole.Occasions {
		n := a.count(fmt.Sprintf("%s %s", name, o.Occasion), o.N, shown.Occasions[i].N)
		at[o.Occasion] = n
		a.part(n, episodes)
		if form[o.Occasion] != "" {
			a.part(n, form[o.Occasion])
		}
		a.part(a.count(n+" prorated", o.Prorated, shown.Occasions[i].Prorated), n)
		a.table(episodes+" without "+n, o.LeftOut, shown.Occasions[i].LeftOut)
	}
	for i, c := range whole.Changes {
		n := a.count(fmt.Sprintf("%s %s %s", name, c.From, c.To), c.N, shown.Changes[i].N)
		a.part(n, episodes)
		a.part(n, at[c.From])
		a.part(n, at[c.To])
		a.table(episodes+" without "+n, c.LeftOut, shown.Changes[i].LeftOut)
		judged := a.count(n+" judged", c.Judged, shown.Changes[i].Judged)
		a.part(judged, n)
		a.table(judged, c.Verdicts, shown.Changes[i].Verdicts)
		a.table(n+" without "+judged, c.NotJudged, shown.Changes[i].NotJudged)
	}
}

// readForms uses that scales of one form stand and fall together: who has HADS
// total has both its parts, and who did not answer one did not answer the other.
func (a *attacker) readForms(episodes string) {
	for _, o := range canonical {
		total := "hads total  " + string(o)
		if _, there := a.truth[total]; !there {
			continue
		}
		for _, scale := range []string{"hads anxiety  ", "hads depression  "} {
			part := scale + string(o)
			a.part(total, part)
			unanswered := func(n string) string { return episodes + " without " + n + "/" + string(NotAnswered) }
			if _, both := a.truth[unanswered(part)]; both {
				a.sum(unanswered(total), unanswered(part))
			}
		}
	}
}

// TestNoSuppressedCountCanBeReckoned: margins, verdict counts against n, those
// left out, steps of the flow and classes of every table, in groups of all
// sizes, by an attacker who adds and subtracts.
func TestNoSuppressedCountCanBeReckoned(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSynthetic(t, rapid.Uint64().Draw(rt, "seed"), "hads", "nprs", "eq_5d_5l", "lisat_11")
		threshold := rapid.IntRange(5, 8).Draw(rt, "threshold")
		var cases []Case
		for n := range rapid.IntRange(1, 90).Draw(rt, "patients") {
			cases = append(cases, s.patient(n))
		}
		whole := reportOf(t, Request{}, cases)
		shown, _, err := whole.Suppress(threshold, nil)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range whole.Groups {
			if shown.Groups[i].Hidden {
				continue
			}
			a := newAttacker()
			a.read(&whole.Groups[i], &shown.Groups[i])
			a.narrow()
			if told := a.told(threshold); len(told) > 0 {
				rt.Fatalf("group of %d: %s", whole.Groups[i].Episodes.N, strings.Join(told, "\n"))
			}
		}
	})
}

// TestAttackerFindsWhatIsLeftBeside makes sure that the attacker above is one.
func TestAttackerFindsWhatIsLeftBeside(t *testing.T) {
	s := newSynthetic(t, 5, "hads", "nprs", "eq_5d_5l")
	var cases []Case
	for n := range 60 {
		cases = append(cases, s.patient(n))
	}
	whole := reportOf(t, Request{}, cases)
	for i := range whole.Groups {
		// Hide small counts alone, without what is beside them.
		shown := whole.Groups[i]
		shown.Flow = slices.Clone(shown.Flow)
		for k := range shown.Flow {
			shown.Flow[k].N = hider{DefaultThreshold}.count(shown.Flow[k].N)
		}
		a := newAttacker()
		a.read(&whole.Groups[i], &shown)
		a.narrow()
		if len(a.told(DefaultThreshold)) == 0 {
			t.Errorf("group %d: the attacker found nothing in an open report", i)
		}
	}
}
