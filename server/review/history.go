package review

import (
	"cmp"
	"slices"
	"time"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// changedForm is a form that is no longer as it first was, with each state.
type changedForm struct {
	ID, Title string
	Acts      []changeAct
}

// changeAct is one state of a form: who made it, when, why, and what was
// different from the state before.
type changeAct struct {
	When, By, Note string
	What           []string
	Counts         bool // its scores are those that everybody gets now
}

func (s *site) changedForms(r *reading, changed [][]clinic.Version) []changedForm {
	var forms []changedForm
	for i, versions := range changed {
		newest := versions[len(versions)-1]
		form := changedForm{
			ID:    "changed-" + string(rune('a'+i%26)) + "-" + anchorID(newest.Instrument),
			Title: r.Say("history.of", r.instrumentName(newest.Definition), r.Occasion(string(newest.Occasion), newest.OccasionLabel)),
		}
		for j := range versions {
			form.Acts = append(form.Acts, s.changeAct(r, versions, j))
		}
		forms = append(forms, form)
	}
	return forms
}

func (s *site) changeAct(r *reading, versions []clinic.Version, at int) changeAct {
	v := &versions[at]
	act := changeAct{When: s.moment(r, v.Changed.At), By: v.Changed.By, Note: v.Changed.Note, Counts: v.Counts}
	switch {
	case v.RescorePlan != "":
		if n := len(v.Flips); n > 0 {
			act.When, act.By, act.Note = s.moment(r, v.Flips[0].At), v.Flips[0].By, v.Flips[0].Note
		}
		act.What = []string{r.Say("history.rescored", v.Definition.Version())}
		act.What = append(act.What, r.scoreDifferences(asStored(versions, at), v)...)
	case v.Version == 1:
		act.When = s.moment(r, cmp.Or(v.RecordedAt, v.Changed.At))
		act.What = []string{r.Say("history.first")}
	default:
		before := versionBefore(versions, at)
		act.What = r.fieldDifferences(before, v)
		act.What = append(act.What, r.answerDifferences(before, v)...)
		act.What = append(act.What, r.scoreDifferences(before, v)...)
	}
	return act
}

// withdrawnForm is a form that was taken away from the episode.
type withdrawnForm struct{ Name, Answered, When, By, Note string }

func (s *site) withdrawnForms(r *reading, records []clinic.Record) []withdrawnForm {
	var forms []withdrawnForm
	for _, record := range records {
		name := r.Say("history.of", r.instrumentName(record.Definition), r.Occasion(string(record.Occasion), record.OccasionLabel))
		if record.Respondent != store.Patient {
			name = r.Say("history.of", name, r.Respondent(string(record.Respondent)))
		}
		act := record.Changed
		forms = append(forms, withdrawnForm{name, r.Date(record.AnsweredOn), s.moment(r, act.At), act.By, act.Note})
	}
	return forms
}

// moment is a point in time on the clocks of Sweden.
func (s *site) moment(r *reading, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	at = at.In(s.stockholm)
	return r.Date(at.Format(time.DateOnly)) + " " + at.Format("15:04")
}

// asStored is the version that a re-scoring is of, with the scores of its time.
func asStored(versions []clinic.Version, at int) *clinic.Version {
	for i := at; i >= 0; i-- {
		if versions[i].RescorePlan == "" {
			return &versions[i]
		}
	}
	return &versions[at]
}

// versionBefore is the version before one, with the scores of its time.
func versionBefore(versions []clinic.Version, at int) *clinic.Version {
	for i := at - 1; i >= 0; i-- {
		if versions[i].RescorePlan == "" && versions[i].Version < versions[at].Version {
			return &versions[i]
		}
	}
	return &versions[at]
}

// fieldDifferences tells what was changed around the answers.
func (r *reading) fieldDifferences(a, b *clinic.Version) []string {
	var what []string
	tell := func(key, from, to string) {
		if from != to {
			what = append(what, r.Say("history.changed", r.Say(key), from, to))
		}
	}
	tell("occasion", r.Occasion(string(a.Occasion), a.OccasionLabel), r.Occasion(string(b.Occasion), b.OccasionLabel))
	tell("episode", a.EpisodeID, b.EpisodeID)
	tell("answered", r.Date(a.AnsweredOn), r.Date(b.AnsweredOn))
	tell("history.respondent", r.Respondent(string(a.Respondent)), r.Respondent(string(b.Respondent)))
	return what
}

// answerDifferences tells each item that was answered otherwise.
func (r *reading) answerDifferences(a, b *clinic.Version) []string {
	var what []string
	for _, item := range itemsOf([]clinic.Record{a.Record, b.Record}) {
		from, to := r.answerCell(&a.Record, item.Code).Text, r.answerCell(&b.Record, item.Code).Text
		if from != to {
			what = append(what, r.Say("history.changed", r.Item(b.Instrument, item.Code), from, to))
		}
	}
	return what
}

// scoreDifferences tells each score that came out otherwise.
func (r *reading) scoreDifferences(a, b *clinic.Version) []string {
	var what []string
	for i := range b.ScoreList {
		to := &b.ScoreList[i]
		at := slices.IndexFunc(a.ScoreList, func(s scoring.Score) bool { return s.Scale == to.Scale && s.ValueSet == to.ValueSet })
		if at < 0 {
			continue
		}
		before, after := r.bareScore(&a.ScoreList[at]), r.bareScore(to)
		if before != after {
			title := ""
			if scale, ok := b.Definition.Scale(to.Scale); ok && scale.Def != nil {
				title = scale.Def.Title
			}
			what = append(what, r.Say("history.changed", r.Scale(b.Instrument, to.Scale, title), before, after))
		}
	}
	return what
}

func (r *reading) bareScore(s *scoring.Score) string {
	switch s.Outcome {
	case scoring.Refused:
		return r.Say("no_score")
	case scoring.Profiled:
		return s.Text()
	}
	return r.Number(s.Text())
}
