package clinic

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/store"
)

// scored unpacks the scores of a stored submission: the ones that were stored,
// never computed again.
func (c *Clinic) scored(sub store.Submission) (Record, error) {
	in, err := c.definitionOf(&sub)
	if err != nil {
		return Record{}, err
	}
	scores, err := scoring.ParseScores(sub.Scores)
	if err != nil {
		return Record{}, fmt.Errorf("stored scores: %w", err)
	}
	return Record{Submission: sub, Definition: in, ScoreList: scores}, nil
}

// definitionOf returns the definition that made a submission's scores.
func (c *Clinic) definitionOf(sub *store.Submission) (*scoring.Instrument, error) {
	in, ok := c.catalogue.Instrument(sub.Instrument, sub.InstrumentVersion)
	if !ok {
		return nil, fmt.Errorf("definition %s %s of a stored submission is not kept", sub.Instrument, sub.InstrumentVersion)
	}
	return in, nil
}

// record unpacks a stored submission whole.
func (c *Clinic) record(sub store.Submission) (Record, error) {
	record, err := c.scored(sub)
	if err != nil {
		return Record{}, err
	}
	if err := scoring.ParseAnswers(sub.Answers, record.Definition, &record.Sheet); err != nil {
		return Record{}, fmt.Errorf("stored answers: %w", err)
	}
	return record, nil
}

// GetSubmission returns the newest version of a submission that this calling
// system has stored. An unknown one gives a *StateError, SUBMISSION_UNKNOWN.
func (c *Clinic) GetSubmission(ctx context.Context, caller Caller, careUnit, submissionID string) (Record, error) {
	check := c.newChecker(nil)
	check.id("care_unit", careUnit)
	check.id("submission_id", submissionID)
	if err := check.err(); err != nil {
		return Record{}, err
	}
	sub, err := c.store.Submission(ctx, careUnit, caller.System, submissionID)
	if errors.Is(err, store.ErrNotFound) {
		return Record{}, submissionUnknown()
	}
	if err != nil {
		return Record{}, err
	}
	return c.record(sub)
}

// ListSubmissions returns a page of an episode's submissions, ordered by slot,
// and the token of the next page, empty at the end. All pages of one list show
// the state at its first page.
func (c *Clinic) ListSubmissions(ctx context.Context, ref EpisodeRef, page Page) ([]Record, string, error) {
	episode, err := c.Episode(ctx, ref)
	if err != nil {
		return nil, "", err
	}
	check := c.newChecker(nil)
	filters := "submissions " + strconv.Quote(episode.CareUnit) + strconv.Quote(episode.EpisodeID)
	asOf, from := splitPosition(page.after(check, filters))
	if err := check.err(); err != nil {
		return nil, "", err
	}
	if asOf == 0 {
		if asOf, err = c.store.LastChange(ctx, episode.CareUnit); err != nil {
			return nil, "", err
		}
	}
	all, err := c.store.SubmissionsOfEpisode(ctx, episode.CareUnit, episode.EpisodeID, asOf)
	if err != nil {
		return nil, "", err
	}
	from = min(from, len(all))
	to := min(from+page.limit(), len(all))
	records := make([]Record, 0, to-from)
	for _, sub := range all[from:to] {
		record, err := c.record(sub)
		if err != nil {
			return nil, "", err
		}
		records = append(records, record)
	}
	next := ""
	if to < len(all) {
		next = pageToken(filters, strconv.FormatInt(asOf, 10)+" "+strconv.Itoa(to))
	}
	return records, next, nil
}

// splitPosition reads "asOf index" from a page token. A token that was
// tampered with begins the list again.
func splitPosition(position string) (asOf int64, index int) {
	seq, at, _ := strings.Cut(position, " ")
	asOf, err := strconv.ParseInt(seq, 10, 64)
	if err != nil || asOf < 0 {
		return 0, 0
	}
	index, err = strconv.Atoi(at)
	if err != nil || index < 0 {
		return 0, 0
	}
	return asOf, index
}

// ListEpisodes returns a page of the episodes of a care unit, or of every care
// unit where careUnit is empty, ordered by care unit and episode id, and the
// token of the next page, empty at the end. With a patient it lists that
// patient's episodes in the care unit, all on one page.
func (c *Clinic) ListEpisodes(ctx context.Context, careUnit string, patient *PatientRef, page Page) ([]store.Episode, string, error) {
	check := c.newChecker(nil)
	check.code("care_unit", careUnit)
	filters := "episodes " + strconv.Quote(careUnit)
	position := page.after(check, filters)
	if patient != nil {
		return c.episodesOf(ctx, check, careUnit, *patient)
	}
	if err := check.err(); err != nil {
		return nil, "", err
	}
	units := []string{careUnit}
	if careUnit == "" {
		var err error
		if units, err = c.store.CareUnits(ctx); err != nil {
			return nil, "", err
		}
	}
	afterUnit, afterID, _ := strings.Cut(position, " ")
	limit := page.limit()
	var episodes []store.Episode
	for _, unit := range units {
		if unit < afterUnit {
			continue
		}
		after := ""
		if unit == afterUnit {
			after = afterID
		}
		more, err := c.store.ListEpisodes(ctx, unit, after, limit+1-len(episodes))
		if err != nil {
			return nil, "", err
		}
		if episodes = append(episodes, more...); len(episodes) > limit {
			last := episodes[limit-1]
			return episodes[:limit], pageToken(filters, last.CareUnit+" "+last.EpisodeID), nil
		}
	}
	return episodes, "", nil
}

func (c *Clinic) episodesOf(ctx context.Context, check *checker, careUnit string, patient PatientRef) ([]store.Episode, string, error) {
	id, _ := check.patient("patient", patient)
	if careUnit == "" {
		check.add("care_unit", Required, "must be given with a patient")
	}
	if err := check.err(); err != nil {
		return nil, "", err
	}
	episodes, err := c.candidates(ctx, careUnit, id)
	return episodes, "", err
}

// CareUnits lists the care units that own an episode, ordered.
func (c *Clinic) CareUnits(ctx context.Context) ([]string, error) {
	return c.store.CareUnits(ctx)
}

// Answered is an episode with the occasions for which the patient's own scored
// forms are stored and how many.
type Answered struct {
	store.Episode
	Forms map[store.Occasion]int
}

// Overview is ListEpisodes with the number of the patient's forms per
// occasion, for a page that shows who has answered what.
func (c *Clinic) Overview(ctx context.Context, careUnit string, page Page) ([]Answered, string, error) {
	episodes, next, err := c.ListEpisodes(ctx, careUnit, nil, page)
	if err != nil {
		return nil, "", err
	}
	overview := make([]Answered, len(episodes))
	for i, episode := range episodes {
		overview[i] = Answered{Episode: episode, Forms: map[store.Occasion]int{}}
		subs, err := c.store.SubmissionsOfEpisode(ctx, episode.CareUnit, episode.EpisodeID, 0)
		if err != nil {
			return nil, "", err
		}
		for _, sub := range subs {
			if sub.Respondent == store.Patient && !c.isForm(&sub) {
				overview[i].Forms[sub.Occasion]++
			}
		}
	}
	return overview, next, nil
}
