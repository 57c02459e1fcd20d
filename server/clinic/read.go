package clinic

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
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
func (c *Clinic) GetSubmission(ctx context.Context, careUnit, submissionID string) (_ Record, err error) {
	v, err := c.enter(ctx, access.GetSubmissionCall)
	if err != nil {
		return Record{}, err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	check.id("care_unit", careUnit)
	check.id("submission_id", submissionID)
	if err := check.err(); err != nil {
		return Record{}, err
	}
	sub, err := c.store.Submission(ctx, careUnit, v.System, submissionID)
	if err == nil {
		err = c.mayRead(ctx, v, sub.CareUnit, sub.EpisodeID)
	} else if errors.Is(err, store.ErrNotFound) {
		v.missing(ctx, careUnit)
	}
	if errors.Is(err, store.ErrNotFound) {
		return Record{}, submissionUnknown()
	}
	if err != nil {
		return Record{}, err
	}
	return c.record(sub)
}

// mayRead grants the visit the episode of a submission, or gives
// store.ErrNotFound.
func (c *Clinic) mayRead(ctx context.Context, v *visit, careUnit, episodeID string) error {
	episode, err := c.store.Episode(ctx, careUnit, episodeID)
	if err != nil {
		return err
	}
	return v.episode(ctx, episode)
}

// ListSubmissions returns a page of an episode's submissions, ordered by slot,
// and the token of the next page, empty at the end. All pages of one list show
// the state at its first page.
func (c *Clinic) ListSubmissions(ctx context.Context, ref EpisodeRef, page Page) (_ []Record, _ string, err error) {
	v, err := c.enter(ctx, access.ListSubmissionsCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	episode, err := c.find(ctx, v, ref)
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
// token of the next page, empty at the end: those that the caller's unit owns
// and those that are shared with it. With a patient it lists that patient's
// episodes in the care unit, all on one page, also those that the caller's unit
// has only assessed.
func (c *Clinic) ListEpisodes(ctx context.Context, careUnit string, patient *PatientRef, page Page) (_ []store.Episode, _ string, err error) {
	v, err := c.enter(ctx, access.ListEpisodesCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	return c.listEpisodes(ctx, v, careUnit, patient, page)
}

func (c *Clinic) listEpisodes(ctx context.Context, v *visit, careUnit string, patient *PatientRef, page Page) ([]store.Episode, string, error) {
	check := c.newChecker(nil)
	check.code("care_unit", careUnit)
	filters := "episodes " + strconv.Quote(careUnit)
	position := page.after(check, filters)
	if patient != nil {
		return c.episodesOf(ctx, v, check, careUnit, *patient)
	}
	if err := check.err(); err != nil {
		return nil, "", err
	}
	afterUnit, afterID, _ := strings.Cut(position, " ")
	limit := page.limit()
	episodes, err := c.seenEpisodes(ctx, v, careUnit, episodePlace{afterUnit, afterID}, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(episodes) > limit {
		episodes = episodes[:limit]
		last := episodes[limit-1]
		next = pageToken(filters, last.CareUnit+" "+last.EpisodeID)
	}
	v.patients(c.knownUnit(ctx, careUnit), patientsOf(episodes)...)
	return episodes, next, nil
}

func (c *Clinic) episodesOf(ctx context.Context, v *visit, check *checker, careUnit string, patient PatientRef) ([]store.Episode, string, error) {
	id, _ := check.patient("patient", patient)
	if careUnit == "" {
		check.add("care_unit", Required, "must be given with a patient")
	}
	if err := check.err(); err != nil {
		return nil, "", err
	}
	episodes, err := c.candidates(ctx, v, careUnit, id)
	if err != nil {
		return nil, "", err
	}
	v.patients(c.knownUnit(ctx, careUnit), patientsOf(episodes)...)
	return episodes, "", nil
}
