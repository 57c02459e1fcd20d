package review

import (
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// For how many groups a page shows the scores, and the changes, of every scale:
// more would not fit into 100 kB, nor on paper.
const (
	maxGroupsScores  = 1
	maxGroupsChanges = 2
)

// held stands where a figure is held back, or is none.
const held = "–"

// reportGroup is a column of the report's tables.
type reportGroup struct {
	Name, Of string
	Hidden   bool
	Bars     []flowBar // the flow, drawn
	Desc     string
}

// reportRow is a line with a cell for each group.
type reportRow struct {
	Name  string
	Cells []string
}

// instrumentReport is the figures of one instrument.
type instrumentReport struct {
	Name            string
	Scored, Changed bool // there is something to show
	Scales          []*scaleReport
}

// scaleReport is the figures of one scale. The groups stand under one another, so
// that they can be compared.
type scaleReport struct {
	Name    string
	Scores  []scoreOfGroup
	Changes []changeOfGroup
}

// scoreOfGroup is a scale at one occasion, of one group.
type scoreOfGroup struct {
	Occasion, Group, N, Mean, SD, Median, Quartiles string
	Plot                                            *spark
}

// changeOfGroup is one change of a scale, of one group.
type changeOfGroup struct {
	To, Group, N, Mean, SRM, G string
	Verdicts                   []string
	Plot                       *spark
}

// reportView turns a report into words.
type reportView struct {
	wording.Language
	report *clinic.GroupReport
}

// show fills the page with a report. chosen is the one instrument to show, empty
// for all that fit.
func (p *reportPage) show(l wording.Language, r *clinic.GroupReport, chosen string) {
	v := reportView{l, r}
	p.Internal, p.AsOf = r.Audience == registry.Internal, l.Say("report.as_of", l.Date(r.AsOf))
	p.Mark = l.Say("report.internal.what")
	if !p.Internal {
		p.Mark = l.Say("report.outside.what", r.Threshold)
	}
	if r.Undated.Reason == "" && r.Undated.N > 0 {
		p.Undated = l.Say("report.undated", v.count(r.Undated))
	}
	shown := 0
	for i := range r.Groups {
		g := &r.Groups[i]
		p.Groups = append(p.Groups, v.group(g))
		if !g.Hidden {
			shown++
		}
	}
	p.flow(v)
	p.Many = shown > maxGroupsScores && chosen == ""
	p.scales(v, chosen, chosen != "" || shown <= maxGroupsScores, chosen != "" || shown <= maxGroupsChanges)
}

func (v reportView) group(g *registry.Group) reportGroup {
	out := reportGroup{Name: v.groupName(g), Hidden: g.Hidden, Of: v.Say("report.hidden")}
	if !g.Hidden {
		out.Of = v.Say("report.of", v.count(g.Episodes), v.count(g.Patients))
		out.Bars, out.Desc = v.flowBars(g)
	}
	return out
}

func (v reportView) groupName(g *registry.Group) string {
	level := v.Say("report.level.none")
	if g.CareLevel != "" {
		level = v.EpisodeWord("care_level", g.CareLevel)
	}
	words := slices.DeleteFunc([]string{g.Side, g.Value, level}, func(s string) bool { return s == "" })
	return strings.Join(words, " · ")
}

// flow fills the tables that have a column for each group.
func (p *reportPage) flow(v reportView) {
	codes := []registry.StepCode{registry.Referred, registry.Visited, registry.Started, registry.Completed, registry.EndForm, registry.FollowUpForm, registry.PairedEnd, registry.PairedFollow}
	for i, code := range codes {
		row := reportRow{Name: v.ReportWord(string(code))}
		for k := range v.report.Groups {
			row.Cells = append(row.Cells, v.step(&v.report.Groups[k], i))
		}
		p.Flow = append(p.Flow, row)
	}
	for i, occasion := range []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months} {
		row := reportRow{Name: v.Occasion(string(occasion), "")}
		for k := range v.report.Groups {
			cell := held
			if g := &v.report.Groups[k]; !g.Hidden {
				a := g.Responses[i]
				cell = v.Say("report.rate", v.count(a.Answered), v.count(a.Expected), v.percent(a.Rate.Value), v.percent(a.Rate.CI.Low), v.percent(a.Rate.CI.High))
			}
			row.Cells = append(row.Cells, cell)
		}
		p.Answers = append(p.Answers, row)
	}
	for k := range v.report.Groups {
		f, cell := v.report.Groups[k].Feedback, held
		if f.Known.Reason == "" && !v.report.Groups[k].Hidden {
			cell = v.Say("report.feedback.of", v.count(f.Offered), v.count(f.Given), v.count(f.Known))
		}
		p.Feedback = append(p.Feedback, cell)
	}
}

func (v reportView) step(g *registry.Group, i int) string {
	if g.Hidden {
		return held
	}
	text := v.count(g.Flow[i].N)
	if days := g.Flow[i].Days.Median; days.Reason == "" {
		text += " (" + v.Say("report.days", v.figure(days, 0)) + ")"
	}
	return text
}

// scales fills the tables of scales, by instrument: the scores, the changes, or
// both.
func (p *reportPage) scales(v reportView, chosen string, scores, changes bool) {
	at := map[[3]string]*scaleReport{}
	place := map[string]int{}
	for k := range v.report.Groups {
		g := &v.report.Groups[k]
		for i := range g.Scales {
			f := &g.Scales[i]
			if _, known := place[f.Instrument]; !known {
				place[f.Instrument] = len(p.Scales)
				name := v.Instrument(f.Instrument, f.Instrument)
				p.Scales = append(p.Scales, instrumentReport{Name: name})
				p.Form.Instruments = append(p.Form.Instruments, option{f.Instrument, name, f.Instrument == chosen})
			}
			if chosen != "" && chosen != f.Instrument {
				continue
			}
			key := [3]string{f.Instrument, f.Scale, f.ValueSet}
			if at[key] == nil {
				at[key] = &scaleReport{Name: v.scaleName(f)}
				of := &p.Scales[place[f.Instrument]]
				of.Scales = append(of.Scales, at[key])
			}
			if scores {
				at[key].addScores(v, g, f)
			}
			if changes {
				at[key].addChanges(v, g, f)
			}
		}
	}
	for i := range p.Scales {
		of := &p.Scales[i]
		of.Scored = slices.ContainsFunc(of.Scales, func(s *scaleReport) bool { return len(s.Scores) > 0 })
		of.Changed = slices.ContainsFunc(of.Scales, func(s *scaleReport) bool { return len(s.Changes) > 0 })
		p.Scored, p.Changed = p.Scored || of.Scored, p.Changed || of.Changed
	}
}

// scaleName says what a scale measures and which way is better.
func (v reportView) scaleName(f *registry.ScaleFigures) string {
	name := v.Scale(f.Instrument, f.Scale, f.Scale)
	if f.ValueSet != "" {
		name += ", " + v.ValueSet(f.ValueSet)
	}
	if f.Direction != scoring.NoDirection {
		name += " (" + v.Direction(f.Direction) + ")"
	}
	return name
}

func (r *scaleReport) addScores(v reportView, g *registry.Group, f *registry.ScaleFigures) {
	lowest, highest, ranged := v.report.Range(f.Instrument, f.Scale, f.ValueSet)
	decimals := meanDecimals(f)
	for i := range f.Occasions {
		o := &f.Occasions[i]
		if o.N.Reason == "" && o.N.N == 0 {
			continue
		}
		row := scoreOfGroup{
			Occasion: v.OccasionShort(string(o.Occasion), ""), Group: v.groupName(g), N: v.count(o.N), Mean: v.figure(o.Mean, decimals), SD: v.figure(o.SD, decimals),
			Median: v.figure(o.Median, decimals), Quartiles: v.figure(o.Q1, decimals) + held + v.figure(o.Q3, decimals),
		}
		if o.Q1.Reason != "" {
			row.Quartiles = held
		}
		if ranged {
			row.Plot = v.distribution(&o.Summary, lowest, highest, decimals)
		}
		r.Scores = append(r.Scores, row)
	}
}

func (r *scaleReport) addChanges(v reportView, g *registry.Group, f *registry.ScaleFigures) {
	lowest, highest, ranged := v.report.Range(f.Instrument, f.Scale, f.ValueSet)
	decimals := meanDecimals(f)
	for i := range f.Changes {
		c := &f.Changes[i]
		if c.From != store.Baseline || c.N.Reason == "" && c.N.N == 0 {
			continue
		}
		row := changeOfGroup{
			To: v.OccasionShort(string(c.To), ""), Group: v.groupName(g), N: v.count(c.N), SRM: v.figure(c.SRM, 2), G: v.figure(c.HedgesG, 2),
			Mean: v.Say("report.interval", v.signed(c.Mean, decimals), v.signed(c.CI.Low, decimals), v.signed(c.CI.High, decimals)), Verdicts: v.verdicts(c),
		}
		if ranged {
			row.Plot = v.change(c, lowest, highest, decimals)
		}
		r.Changes = append(r.Changes, row)
	}
}

// verdicts says how many were judged as what, of those with a verdict.
func (v reportView) verdicts(c *registry.ChangeFigures) []string {
	if c.Judged.Reason == "" && c.Judged.N == 0 {
		return []string{v.Say("report.no_verdict")}
	}
	if len(c.Verdicts) == 0 {
		return []string{held}
	}
	var out []string
	for _, cell := range c.Verdicts {
		var words []string
		for code := range strings.SplitSeq(cell.Code, "+") { // several that were added up
			words = append(words, v.ReportWord(code))
		}
		out = append(out, v.Say("report.share", strings.Join(words, " + "), v.count(cell.N), v.count(c.Judged), v.percent(cell.Share.CI.Low), v.percent(cell.Share.CI.High)))
	}
	return out
}

// meanDecimals are those of a mean: one more than the scores have, three for an
// index.
func meanDecimals(f *registry.ScaleFigures) int {
	if f.ValueSet != "" {
		return 3
	}
	return max(int(f.Decimals), 0) + 1
}

func (v reportView) count(c registry.Count) string {
	if c.Reason != "" {
		return held
	}
	return strconv.Itoa(c.N)
}

func (v reportView) figure(f registry.Figure, decimals int) string {
	if f.Reason != "" {
		return held
	}
	return v.Number(fixed(f.Value, decimals))
}

func (v reportView) signed(f registry.Figure, decimals int) string {
	if f.Reason != "" {
		return held
	}
	return v.Signed(fixed(f.Value, decimals))
}

func (v reportView) percent(f registry.Figure) string {
	if f.Reason != "" {
		return held
	}
	return v.Number(fixed(100*f.Value, 0)) + "\u00a0%"
}

// fixed prints a number with some decimals, and no minus before zero.
func fixed(value float64, decimals int) string {
	text := strconv.FormatFloat(value, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}
