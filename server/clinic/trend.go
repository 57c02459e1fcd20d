package clinic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

// Trend is what one episode's forms say about the patient over time: every
// scale of every instrument over every occasion. Only the patient's own forms
// enter it; a relative's or a clinician's never does, nor does a site form (see
// Forms): an occasion with nothing else is a missing one here.
type Trend struct {
	Episode   store.Episode
	Occasions []Moment
	Forms     []TrendForm // that have scores, in the order of slots
	Lines     []Line      // by domain, then instrument and scale

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
	*Yardstick // the definition's that made the newest point, in the episode's care unit
	Points     []Point
	Changes    []Change
}

// TrendForm is one of the patient's forms, with what all its scores share.
type TrendForm struct {
	Occasion     store.Occasion
	Label        string
	AnsweredOn   string
	Timing       Timing
	Days         int // from the anchor date
	Definition   *scoring.Instrument
	SubmissionID string
	RescorePlan  string // the plan that its scores are of; empty: the scores of the time

	moment int // index in Trend.Occasions
	place  int // index in Trend.Forms
}

// Moment is the index in Trend.Occasions of the occasion the form belongs to.
func (f *TrendForm) Moment() int { return f.moment }

// Place is the form's index in Trend.Forms.
func (f *TrendForm) Place() int { return f.place }

// Point is one stored score, or its refusal.
type Point struct {
	*TrendForm
	Score    scoring.Score
	Switched bool // another instrument than the point before it on this line

	yardstick *Yardstick
}

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
	return c.settledTrend(ctx, v, ref)
}

// settledTrend reads the trend of an episode for a visit, which is granted it.
func (c *Clinic) settledTrend(ctx context.Context, v *visit, ref EpisodeRef) (trend *Trend, err error) {
	err = untilSettled(func() error {
		decided, err := c.standing(ctx, v, ref)
		if err != nil {
			return err
		}
		trend, _, err = c.trendAt(ctx, decided)
		return err
	})
	return trend, err
}

// TrendReply returns what encode makes of the trend of an episode, or what it
// made of it before if nothing has changed since that the trend rests on. form
// tells what encode makes from what other encoders of this process make. The
// bytes belong to many replies and must not be changed.
//
// Errors: those of Episode and of encode.
func (c *Clinic) TrendReply(ctx context.Context, ref EpisodeRef, form string, encode func(*Trend) ([]byte, error)) (_ []byte, err error) {
	v, err := c.enter(ctx, access.GetTrendCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	var made []byte
	err = untilSettled(func() error {
		decided, err := c.standing(ctx, v, ref)
		if err != nil {
			return err
		}
		name := replyName{decided.Episode.CareUnit, decided.Episode.EpisodeID, form}
		kept, found, ticket := c.replies.find(name, &decided)
		if found {
			made = kept
			return nil
		}
		trend, read, err := c.trendAt(ctx, decided)
		if err != nil {
			return err
		}
		if made, err = encode(trend); err == nil && trend.site.change == read.SettingChange {
			c.replies.put(name, read, made, ticket)
		}
		return err
	})
	return made, err
}

// standing finds the episode that a trend is asked of, with all that the trend
// rests on. The visit is granted it.
func (c *Clinic) standing(ctx context.Context, v *visit, ref EpisodeRef) (store.Standing, error) {
	var read store.Standing
	episode, err := c.findBy(ctx, v, ref, func(ctx context.Context, careUnit, episodeID string) (_ store.Episode, err error) {
		read, err = c.store.Standing(ctx, careUnit, episodeID)
		return read.Episode, err
	})
	if err != nil || read.Episode == episode {
		return read, err
	}
	// It was found by its patient only.
	read, err = c.store.Standing(ctx, episode.CareUnit, episode.EpisodeID)
	return read, unsettled(err, &read.Episode, &episode)
}

// trendAt reads the trend of an episode that the caller may see as it was
// decided, and the standing that it was read at.
func (c *Clinic) trendAt(ctx context.Context, decided store.Standing) (*Trend, store.Standing, error) {
	read, subs, err := c.store.TrendForms(ctx, decided.Episode.CareUnit, decided.Episode.EpisodeID)
	if err = unsettled(err, &read.Episode, &decided.Episode); err != nil {
		return nil, read, err
	}
	site, err := c.site(ctx)
	if err != nil {
		return nil, read, err
	}
	trend, err := c.trendOf(site, read.Episode, c.scoredByPatient(subs))
	return trend, read, err
}

// unsettled is store.ErrStale if an episode is no longer what it was when it
// was decided who may see it: then that has to be decided again.
func unsettled(err error, read, decided *store.Episode) error {
	if errors.Is(err, store.ErrNotFound) || err == nil && *read != *decided {
		return store.ErrStale
	}
	return err
}

// untilSettled reads again for as long as somebody changes the episode between
// two reads, a few times at most.
func untilSettled(read func() error) error {
	for range 5 {
		if err := read(); !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return store.ErrUnavailable
}

// scoredByPatient keeps the patient's own scored sheets, in place.
func (c *Clinic) scoredByPatient(subs []store.Submission) []store.Submission {
	own := 0
	for i := range subs {
		if subs[i].Respondent != store.Patient || c.isForm(&subs[i]) {
			continue
		}
		if own != i {
			subs[own] = subs[i]
		}
		own++
	}
	return subs[:own]
}

// trendOf makes a trend of the patient's own forms.
func (c *Clinic) trendOf(site *site, episode store.Episode, subs []store.Submission) (*Trend, error) {
	trend := &Trend{
		Episode: episode, Occasions: moments(site.windowsOf(episode.CareUnit), episode, subs),
		Forms: make([]TrendForm, 0, len(subs)), Lines: make([]Line, 0, 64), site: site,
	}
	var scores []scoring.Score // of one form; a point has a copy
	var err error
	for i := range subs {
		if scores, err = c.addForm(trend, &subs[i], scores[:0]); err != nil {
			return nil, err
		}
	}
	for i := range trend.Lines {
		trend.finish(&trend.Lines[i])
	}
	slices.SortFunc(trend.Lines, compareLines)
	return trend, nil
}

// addForm puts each score of a form onto its line. scores is room to read them
// into.
func (c *Clinic) addForm(t *Trend, sub *store.Submission, scores []scoring.Score) ([]scoring.Score, error) {
	in, err := c.definitionOf(sub)
	if err != nil {
		return nil, err
	}
	if scores, err = scoring.AppendParsedScores(scores, sub.Scores); err != nil {
		return nil, fmt.Errorf("stored scores: %w", err)
	}
	at := t.moment(sub.Occasion, sub.OccasionLabel)
	timing, days := t.Occasions[at].judge(sub.AnsweredOn)
	t.Forms = append(t.Forms, TrendForm{
		Occasion: sub.Occasion, Label: sub.OccasionLabel, AnsweredOn: sub.AnsweredOn, Timing: timing, Days: days,
		Definition: in, SubmissionID: sub.SubmissionID, RescorePlan: sub.RescorePlan, moment: at, place: len(t.Forms),
	})
	t.addPoints(&t.Forms[len(t.Forms)-1], scores)
	return scores, nil
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

// addPoints puts the scores of a form onto their lines.
func (t *Trend) addPoints(form *TrendForm, scores []scoring.Score) {
	yardsticks := t.site.yardsticksOf(t.Episode.CareUnit, form.Definition)
	each := len(t.Occasions)
	var room []Point // for the lines that begin with this form
	scale := 0
	for i := range scores {
		var y *Yardstick
		if y, scale = yardsticks.of(&scores[i], scale); y == nil {
			continue // cannot be: the definition that made the score is the one that reads it
		}
		at := slices.IndexFunc(t.Lines, func(l Line) bool { return y.continues(l.Yardstick) })
		if at < 0 {
			if at = len(t.Lines); len(room) == 0 {
				room = make([]Point, each*(len(scores)-i))
			}
			t.Lines = append(t.Lines, Line{Yardstick: y, Points: room[:0:each]})
			room = room[each:]
		}
		line := &t.Lines[at]
		line.Points = append(line.Points, Point{TrendForm: form, Score: scores[i], yardstick: y})
	}
}

// finish orders a line's points, marks where the instrument switches, and
// compares pairs of occasions.
func (t *Trend) finish(line *Line) {
	slices.SortStableFunc(line.Points, func(a, b Point) int { return cmp.Compare(a.moment, b.moment) })
	for i := 1; i < len(line.Points); i++ {
		line.Points[i].Switched = line.Points[i].Definition.ID() != line.Points[i-1].Definition.ID()
	}
	line.Yardstick = line.Points[len(line.Points)-1].yardstick
	n := len(t.Occasions)
	line.Changes = make([]Change, 0, min(n*(n-1)/2, pairsEach*max(n, allPairs)))
	for from := range t.Occasions {
		next := line.after(from)
		for to := from + 1; to < n; to++ {
			if n <= allPairs || to == next || t.canonical(from) || t.canonical(to) {
				t.compare(line, from, to)
			}
		}
	}
}

// Up to allPairs occasions every pair of them is compared. An episode with more,
// such as one with a form a week, is compared where somebody would look: with the
// three canonical occasions, and from one point of the line to the next. That is
// pairsEach pairs an occasion at most, where all pairs of 400 occasions would be
// 80,000 on every line. Its occasions themselves are not limited: to refuse a form
// that a patient has filled in would do more harm.
const (
	allPairs  = 12
	pairsEach = 4
)

// canonical says whether an occasion is one of the three that every episode has.
func (t *Trend) canonical(moment int) bool {
	return t.Occasions[moment].Occasion != store.OtherOccasion
}

// after is the next occasion of the line with a point, or -1.
func (l *Line) after(moment int) int {
	for i := range l.Points {
		if at := l.Points[i].moment; at > moment {
			return at
		}
	}
	return -1
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
	first, second := &a[0], &b[0]
	for i := range a {
		for j := range b {
			if a[i].Definition.ID() == b[j].Definition.ID() {
				first, second = &a[i], &b[j]
			}
		}
	}
	line.Changes = append(line.Changes, Change{From: from, To: to, FromScore: &first.Score, ToScore: &second.Score})
	t.judge(line, first, second, &line.Changes[len(line.Changes)-1])
}

// judge compares two points and says what can be said about the change.
func (t *Trend) judge(line *Line, from, to *Point, change *Change) {
	a, b := from.measurement(), to.measurement()
	change.Change = scoring.Compare(&a, &b)
	if change.Comparable {
		change.Crossed = scoring.Crossings(a.Score, b.Score)
		change.Judgement = line.Evidence.Judge(&a, &b, &change.Change, registry.CircumstancesOf(&t.Episode, from.Occasion, to.Occasion))
	}
	change.Paretian, _ = scoring.Paretian(&a, &b)
}

// pointsAt are the points of an occasion, which stand together.
func (l *Line) pointsAt(moment int) []Point {
	first := 0
	for first < len(l.Points) && l.Points[first].moment < moment {
		first++
	}
	last := first
	for last < len(l.Points) && l.Points[last].moment == moment {
		last++
	}
	return l.Points[first:last]
}

func (p *Point) measurement() scoring.Measurement {
	return scoring.Measurement{Instrument: p.Definition.ID(), ScoringHash: p.Definition.ScoringHash(), Score: &p.Score}
}

// domains is the order in which a trend is read. The purpose of a programme is
// a meaningful life in spite of pain, so function and quality of life come
// first and pain comes last.
var domains = []string{"function", "quality_of_life", "acceptance", "work", "distress", "sleep", "fear", "catastrophising", "pain"}

func compareLines(a, b Line) int {
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
