package sqlstore

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// Episode returns the current version, or ErrNotFound.
func (s *Store) Episode(ctx context.Context, careUnit, episodeID string) (store.Episode, error) {
	return readOne(ctx, s, "episode", scanEpisode, s.sql.episode, careUnit, episodeID)
}

// EpisodeHistory returns all versions, oldest first, or ErrNotFound.
func (s *Store) EpisodeHistory(ctx context.Context, careUnit, episodeID string) ([]store.Episode, error) {
	all, err := readAll(ctx, s, "episode history", scanEpisode, s.sql.episodeHistory, careUnit, episodeID)
	if err == nil && len(all) == 0 {
		err = store.ErrNotFound
	}
	return all, err
}

// EpisodesOfPatient returns the current version of each of a patient's episodes.
func (s *Store) EpisodesOfPatient(ctx context.Context, careUnit, patientKey string) ([]store.Episode, error) {
	return readAll(ctx, s, "episodes of a patient", scanEpisode, s.sql.episodesOfPatient, careUnit, patientKey)
}

// ListEpisodes returns current versions ordered by episode id, those after the
// given id, at most limit.
func (s *Store) ListEpisodes(ctx context.Context, careUnit, after string, limit int) ([]store.Episode, error) {
	return readAll(ctx, s, "list episodes", scanEpisode, s.sql.episodes, careUnit, after, max(limit, 0))
}

// CareUnits returns every care unit that owns an episode, ordered.
func (s *Store) CareUnits(ctx context.Context) ([]string, error) {
	return readAll(ctx, s, "care units", scanValue[string], s.sql.careUnits)
}

// PutEpisode writes the next version of an episode.
func (s *Store) PutEpisode(ctx context.Context, episode store.Episode, identity store.Identity, readVersion int64) (store.Episode, error) {
	if err := errors.Join(checkIdentity(identity), checkEpisode(episode)); err != nil {
		return store.Episode{}, err
	}
	var written store.Episode
	err := s.write(ctx, "put episode", func(t *transaction) (err error) {
		written, err = t.putEpisode(episode, identity, readVersion)
		return err
	})
	if err != nil {
		return store.Episode{}, err
	}
	return written, nil
}

func checkEpisode(episode store.Episode) error {
	if episode.CareUnit == "" || episode.EpisodeID == "" {
		return errors.New("sqlstore: an episode without a care unit or an id")
	}
	e := &episode
	return checkTexts(e.CareUnit, e.EpisodeID, e.AssessingUnit, e.CareLevel, e.Track, e.ProgrammeType, e.Cohort, e.ReferredOn,
		e.FirstVisitPlanned, e.FirstVisitOn, e.StartPlanned, e.StartedOn, e.EndPlanned, e.EndedOn,
		e.Sex, e.LanguageCode, e.Status, e.DropOutReason, e.DropOutPhase)
}

func (t *transaction) putEpisode(episode store.Episode, identity store.Identity, readVersion int64) (store.Episode, error) {
	count, err := t.counter(episode.CareUnit)
	if err != nil {
		return episode, err
	}
	patient, err := t.person(identity)
	if err != nil {
		return episode, err
	}
	head, err := t.episodeHead(episode.CareUnit, episode.EpisodeID)
	switch {
	case err != nil:
		return episode, err
	case head.exists() && head.patientKey != patient.key:
		return episode, refuse(store.ErrOtherPatient)
	case head.version != readVersion:
		return episode, refuse(store.ErrStale)
	}
	if err := t.remember(patient, identity); err != nil {
		return episode, err
	}
	episode.TestPatient = patient.test
	return t.writeEpisode(episode, head, patient.key, count.next())
}

// episodeHead says whose an episode is and which version is its newest.
type episodeHead struct {
	patientKey string
	version    int64 // 0 if there is no such episode
}

func (h episodeHead) exists() bool { return h.version > 0 }

func (t *transaction) episodeHead(careUnit, episodeID string) (h episodeHead, err error) {
	_, err = t.read(t.sql.episodeHead, []any{careUnit, episodeID}, &h.patientKey, &h.version)
	return h, err
}

// writeEpisode adds the version after head and returns it as a read would.
func (t *transaction) writeEpisode(e store.Episode, head episodeHead, patientKey string, seq int64) (store.Episode, error) {
	e = nextEpisode(e, head, patientKey, seq)
	var err error
	if head.exists() {
		err = t.exec(t.sql.moveEpisode, e.CareUnit, e.EpisodeID, e.Version)
	} else {
		err = t.insert(&t.sql.addEpisodes, []any{e.CareUnit, e.EpisodeID, e.PatientKey, e.Version})
	}
	if err != nil {
		return e, err
	}
	return e, t.insert(&t.sql.addEpisodeVersions, episodeVersionRow(&e))
}

// nextEpisode is the version after head as a read will return it.
func nextEpisode(e store.Episode, head episodeHead, patientKey string, seq int64) store.Episode {
	e.PatientKey, e.Version, e.ChangeSeq = patientKey, head.version+1, seq
	e.RecordedAt = instant(moment(e.RecordedAt))
	return e
}

// episodeVersionRow is in the order of episodeVersionColumns.
func episodeVersionRow(e *store.Episode) row {
	return row{e.CareUnit, e.EpisodeID, e.Version, e.ChangeSeq, moment(e.RecordedAt),
		e.AssessingUnit, e.CareLevel, e.Track, e.ProgrammeType, e.Cohort, e.ReferredOn,
		e.FirstVisitPlanned, e.FirstVisitOn, e.StartPlanned, e.StartedOn, e.EndPlanned, e.EndedOn,
		e.Sex, e.BirthYear, e.LanguageCode, e.Status, e.DropOutReason, e.DropOutPhase,
		flag(e.Deceased), flag(e.DoNotContact)}
}

func scanEpisode(row scanner, e *store.Episode) error {
	var f fields
	if err := row.Scan(&f.rest); err != nil {
		return err
	}
	unpackEpisode(&f, e)
	return f.end()
}

// unpackEpisode reads the fields of episodeColumns.
func unpackEpisode(f *fields, e *store.Episode) {
	*e = store.Episode{
		CareUnit: f.text(), EpisodeID: f.text(), PatientKey: f.text(), Version: f.number(), ChangeSeq: f.number(), RecordedAt: f.instant(),
		AssessingUnit: f.text(), CareLevel: f.text(), Track: f.text(), ProgrammeType: f.text(), Cohort: f.text(), ReferredOn: f.text(),
		FirstVisitPlanned: f.text(), FirstVisitOn: f.text(), StartPlanned: f.text(), StartedOn: f.text(), EndPlanned: f.text(), EndedOn: f.text(),
		Sex: f.text(), BirthYear: f.number(), LanguageCode: f.text(), Status: f.text(), DropOutReason: f.text(), DropOutPhase: f.text(),
		Deceased: f.flag(), DoNotContact: f.flag(), TestPatient: f.flag(),
	}
}
