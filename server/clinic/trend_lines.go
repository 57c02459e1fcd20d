package clinic

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

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
