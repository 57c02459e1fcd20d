package clinic

import (
	"cmp"
	"context"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// Trend is what one episode's forms say about the patient over time: every
// scale of every instrument over every occasion. Only the patient's own forms
// enter it; a relative's or a clinician's never does, nor does a site form (see
// Forms): an occasion with nothing else is a missing one here.
type Trend struct {
	Episode   store.Episode
	Occasions []Moment
	Lines     []Line // by domain, then instrument and scale

	site *site // what decides about windows and changes
}

// Moment is one occasion of the episode: the three canonical ones always,
// another only if it was answered.
type Moment struct {
	Occasion      store.Occasion
	Label         string
	State         MomentState
	FirstAnswered string // date of the earliest of its forms
	LastAnswered  string
	Anchored
}

// MomentState says whether an occasion was answered.
type MomentState string

// The states of an occasion. A missing baseline is a state of its own: what
// comes after it can be shown but not compared with a beginning.
const (
	MomentAnswered  MomentState = "answered"
	MomentMissing   MomentState = "missing"
	BaselineMissing MomentState = "baseline_missing"
)

// Line is one scale over the occasions.
type Line struct {
	Instrument *scoring.Instrument // the definition of the newest point
	Scale      scoring.ScaleInfo
	ValueSet   string
	Points     []Point
	Changes    []Change

	rank     [2]int // of its domain, and of its scale within the instrument
	evidence scoring.Evidence
}

// Point is one stored score, or its refusal.
type Point struct {
	Occasion     store.Occasion
	Label        string
	AnsweredOn   string
	Timing       Timing
	Days         int // from the anchor date
	Score        scoring.Score
	Definition   *scoring.Instrument
	SubmissionID string
	RescorePlan  string // the plan that Score is of; empty: the score of the time
	Switched     bool   // another instrument than the point before it on this line

	moment int // index in Trend.Occasions
}

// Moment is the index in Trend.Occasions of the occasion the point belongs to.
func (p *Point) Moment() int { return p.moment }

// NoForm is the reason why a pair of occasions has no difference when one of
// them has no form at all on the line.
const NoForm scoring.NotComparableReason = "MISSING"

// Change is what lies between two occasions of a line.
type Change struct {
	From, To           int            // indexes in Trend.Occasions
	FromScore, ToScore *scoring.Score // nil where the occasion has no form on this line
	scoring.Change
	Judgement scoring.Judgement     // where Comparable
	Crossed   scoring.Crossed       // where both occasions have a score
	Paretian  scoring.ParetianClass // between two EQ-5D profiles
}

// Trend reads the trend of an episode.
//
// Errors: those of Episode.
func (c *Clinic) Trend(ctx context.Context, ref EpisodeRef) (_ *Trend, err error) {
	v, err := c.enter(ctx, access.GetTrendCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
	if err != nil {
		return nil, err
	}
	subs, err := c.store.SubmissionsOfEpisode(ctx, episode.CareUnit, episode.EpisodeID, 0)
	if err != nil {
		return nil, err
	}
	subs = slices.DeleteFunc(subs, func(s store.Submission) bool { return s.Respondent != store.Patient || c.isForm(s) })
	site, err := c.site(ctx)
	if err != nil {
		return nil, err
	}
	return c.trendOf(site, episode, subs)
}

// trendOf makes a trend of the patient's own forms.
func (c *Clinic) trendOf(site *site, episode store.Episode, subs []store.Submission) (*Trend, error) {
	trend := &Trend{Episode: episode, Occasions: moments(site.windowsOf(episode.CareUnit), episode, subs), site: site}
	byKey := make(map[lineKey]*Line, 64)
	for _, sub := range subs {
		record, err := c.scored(sub)
		if err != nil {
			return nil, err
		}
		trend.addPoints(byKey, record)
	}
	lines := make([]*Line, 0, len(byKey))
	for _, line := range byKey {
		trend.finish(line)
		lines = append(lines, line)
	}
	slices.SortFunc(lines, compareLines)
	trend.Lines = make([]Line, len(lines))
	for i, line := range lines {
		trend.Lines[i] = *line
	}
	return trend, nil
}

// moments lists the occasions in their order: baseline, programme end, twelve
// months, and each other one before the first of these that it precedes.
func moments(windows Windows, episode store.Episode, subs []store.Submission) []Moment {
	var moments, others []Moment
	for _, occasion := range []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months} {
		m := Moment{Occasion: occasion, State: MomentMissing, Anchored: windows.anchor(occasion, episode)}
		if occasion == store.Baseline {
			m.State = BaselineMissing
		}
		moments = append(moments, m)
	}
	for _, sub := range subs {
		list := &moments
		if sub.Occasion == store.OtherOccasion {
			list = &others
		}
		at := slices.IndexFunc(*list, func(m Moment) bool { return m.Occasion == sub.Occasion && m.Label == sub.OccasionLabel })
		if at < 0 {
			*list = append(*list, Moment{Occasion: sub.Occasion, Label: sub.OccasionLabel})
			at = len(*list) - 1
		}
		(*list)[at].answered(sub.AnsweredOn)
	}
	slices.SortStableFunc(others, func(a, b Moment) int { return cmp.Compare(a.FirstAnswered, b.FirstAnswered) })
	for _, other := range others {
		before := slices.IndexFunc(moments, func(m Moment) bool { return m.FirstAnswered > other.FirstAnswered })
		if before < 0 {
			before = len(moments)
		}
		moments = slices.Insert(moments, before, other)
	}
	return moments
}

func (m *Moment) answered(on string) {
	m.State = MomentAnswered
	if m.FirstAnswered == "" || on < m.FirstAnswered {
		m.FirstAnswered = on
	}
	m.LastAnswered = max(m.LastAnswered, on)
}

// moment finds the occasion of a point.
func (t *Trend) moment(occasion store.Occasion, label string) int {
	return slices.IndexFunc(t.Occasions, func(m Moment) bool { return m.Occasion == occasion && m.Label == label })
}

// lineKey tells lines apart. Scales whose definitions name the same line share
// one, as the EQ VAS of 3L and 5L does.
type lineKey struct{ instrument, line, scale, valueSet string }

func keyOf(in *scoring.Instrument, scale scoring.ScaleInfo, score *scoring.Score) lineKey {
	if scale.Line != "" {
		return lineKey{line: scale.Line}
	}
	return lineKey{instrument: in.ID(), scale: scale.Code, valueSet: score.ValueSet}
}

// addPoints puts each score of a form onto its line.
func (t *Trend) addPoints(lines map[lineKey]*Line, record Record) {
	at := t.moment(record.Occasion, record.OccasionLabel)
	timing, days := t.Occasions[at].judge(record.AnsweredOn)
	for _, score := range record.ScoreList {
		scale, ok := record.Definition.Scale(score.Scale)
		if !ok {
			continue // cannot be: the definition that made the score is the one that reads it
		}
		key := keyOf(record.Definition, scale, &score)
		if lines[key] == nil {
			lines[key] = &Line{ValueSet: score.ValueSet, Points: make([]Point, 0, len(t.Occasions))}
		}
		lines[key].Points = append(lines[key].Points, Point{
			Occasion: record.Occasion, Label: record.OccasionLabel, AnsweredOn: record.AnsweredOn, Timing: timing, Days: days,
			Score: score, Definition: record.Definition, SubmissionID: record.SubmissionID, RescorePlan: record.RescorePlan, moment: at,
		})
	}
}

// finish orders a line's points, marks where the instrument switches, and
// compares every pair of occasions.
func (t *Trend) finish(line *Line) {
	slices.SortStableFunc(line.Points, func(a, b Point) int { return cmp.Compare(a.moment, b.moment) })
	for i := 1; i < len(line.Points); i++ {
		line.Points[i].Switched = line.Points[i].Definition.ID() != line.Points[i-1].Definition.ID()
	}
	newest := line.Points[len(line.Points)-1]
	line.Instrument = newest.Definition
	line.Scale, _ = newest.Definition.Scale(newest.Score.Scale)
	line.evidence = t.site.evidenceOf(t.Episode.CareUnit, line.Instrument, line.Scale.Code, line.ValueSet)
	line.rank = [2]int{domainRank(line.Scale.Domain), scaleRank(line)}
	for from := range t.Occasions {
		for to := from + 1; to < len(t.Occasions); to++ {
			t.compare(line, from, to)
		}
	}
}

// compare adds the change between two occasions, unless neither has a point,
// or the one without a point was not answered with any form: that is said once
// for the occasion. A missing baseline is the exception, since a trend without
// its beginning must say so on every line.
func (t *Trend) compare(line *Line, from, to int) {
	a, b := line.pointsAt(from), line.pointsAt(to)
	open := func(moment int) bool {
		return t.Occasions[moment].State == MomentMissing
	}
	if len(a) == 0 && len(b) == 0 || len(a) == 0 && open(from) || len(b) == 0 && open(to) {
		return
	}
	if len(a) == 0 || len(b) == 0 {
		change := Change{From: from, To: to, Change: scoring.Change{Reason: NoForm}}
		if len(a) > 0 {
			change.FromScore = &a[0].Score
		}
		if len(b) > 0 {
			change.ToScore = &b[0].Score
		}
		line.Changes = append(line.Changes, change)
		return
	}
	// Both 3L and 5L at one occasion put two points there: compare like with
	// like where there is a like.
	first, second := a[0], b[0]
	for _, p := range a {
		for _, q := range b {
			if p.Definition.ID() == q.Definition.ID() {
				first, second = p, q
			}
		}
	}
	line.Changes = append(line.Changes, t.judge(line, first, second))
}

// judge compares two points and says what can be said about the change.
func (t *Trend) judge(line *Line, from, to *Point) Change {
	a, b := from.measurement(), to.measurement()
	change := Change{From: from.moment, To: to.moment, FromScore: a.Score, ToScore: b.Score, Change: scoring.Compare(a, b)}
	if change.Comparable {
		change.Crossed = scoring.Crossings(a.Score, b.Score)
		change.Judgement = line.evidence.Judge(a, b, &change.Change, scoring.Circumstances{
			Exhaustion: t.Episode.ProgrammeType == "exhaustion",
			AboutAYear: from.Occasion == store.Baseline && to.Occasion == store.FollowUp12Months,
		})
	}
	change.Paretian, _ = scoring.Paretian(a, b)
	return change
}

func (l *Line) pointsAt(moment int) []*Point {
	var points []*Point
	for i := range l.Points {
		if l.Points[i].moment == moment {
			points = append(points, &l.Points[i])
		}
	}
	return points
}

func (p *Point) measurement() *scoring.Measurement {
	return &scoring.Measurement{Instrument: p.Definition.ID(), ScoringHash: p.Definition.ScoringHash(), Score: &p.Score}
}

// domains is the order in which a trend is read. The purpose of a programme is
// a meaningful life in spite of pain, so function and quality of life come
// first and pain comes last.
var domains = []string{"function", "quality_of_life", "acceptance", "work", "distress", "sleep", "fear", "catastrophising", "pain"}

func compareLines(a, b *Line) int {
	return cmp.Or(
		cmp.Compare(a.rank[0], b.rank[0]),
		cmp.Compare(a.Instrument.ID(), b.Instrument.ID()),
		cmp.Compare(a.rank[1], b.rank[1]),
		cmp.Compare(a.ValueSet, b.ValueSet),
	)
}

// domainRank puts a site's own domain after the known ones but before pain.
func domainRank(domain string) int {
	if rank := slices.Index(domains, domain); rank >= 0 {
		return 2 * rank
	}
	return 2*len(domains) - 3
}

func scaleRank(l *Line) int {
	return slices.IndexFunc(l.Instrument.Scales(), func(s scoring.ScaleInfo) bool { return s.Code == l.Scale.Code })
}

// Range is the lowest and the highest score possible on a line, for an axis
// that shows the whole of it, and how many decimals to print them with. For an
// index it is that of its value set. They have Den 0 for a profile.
func (l *Line) Range() (lowest, highest scoring.Exact, decimals int8) {
	if set, ok := l.Instrument.ValueSet(l.ValueSet); ok {
		return set.Lowest(), set.Highest(), set.Decimals()
	}
	return l.Scale.Lowest, l.Scale.Highest, scoring.AsNeeded
}
