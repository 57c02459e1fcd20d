package sqlstore

import (
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// RecordAct writes an act about an occasion after the episode's others.
func (s *Store) RecordAct(ctx context.Context, act store.OccasionAct) (stands store.OccasionAct, replayed bool, err error) {
	if act.ActID == "" || act.Kind == "" || act.Occasion == "" {
		return store.OccasionAct{}, false, errors.New("sqlstore: an act without an id, a kind or an occasion")
	}
	if err := checkTexts(act.System, act.ActID, act.Kind, string(act.Occasion), act.OccasionLabel, act.DoneOn, act.Detail, act.By, act.Note); err != nil {
		return store.OccasionAct{}, false, err
	}
	err = s.write(ctx, "record an act", func(t *transaction) (err error) {
		stands, replayed, err = t.recordAct(act)
		return err
	}, repeatable)
	if err != nil {
		return store.OccasionAct{}, false, err
	}
	return stands, replayed, nil
}

// recordAct looks for the id before anything else. Where an engine has several
// writers two acts may take one number or one id: a key stops one of them,
// which runs again and then finds the other.
func (t *transaction) recordAct(act store.OccasionAct) (_ store.OccasionAct, replayed bool, err error) {
	before, err := readRows(t, scanAct, t.sql.actByID, act.CareUnit, act.System, act.ActID)
	switch {
	case err != nil:
		return act, false, err
	case len(before) > 0 && !sameAct(before[0], act):
		return act, false, refuse(store.ErrIDReused)
	case len(before) > 0:
		return before[0], true, nil
	}
	head, err := t.episodeHead(act.CareUnit, act.EpisodeID)
	switch {
	case err != nil:
		return act, false, err
	case !head.exists():
		return act, false, refuse(store.ErrNotFound)
	}
	act.Number = 0
	if _, err := t.read(t.sql.lastAct, []any{act.CareUnit, act.EpisodeID}, &act.Number); err != nil {
		return act, false, err
	}
	act.Number++
	act.At = instant(moment(act.At))
	return act, false, t.exec(t.sql.addAct, act.CareUnit, act.EpisodeID, act.Number, act.System, act.ActID, act.Kind,
		string(act.Occasion), act.OccasionLabel, act.DoneOn, act.Detail, act.By, moment(act.At), act.Note)
}

// sameAct says whether two acts are one sent twice: who sent it and when may differ.
func sameAct(a, b store.OccasionAct) bool {
	a.Number, a.By, a.At = b.Number, b.By, b.At
	return a == b
}

func scanAct(row scanner, to *store.OccasionAct) error {
	var at int64
	err := row.Scan(&to.CareUnit, &to.EpisodeID, &to.Number, &to.System, &to.ActID, &to.Kind, &to.Occasion, &to.OccasionLabel,
		&to.DoneOn, &to.Detail, &to.By, &at, &to.Note)
	to.At = instant(at)
	return err
}

// OccasionActs returns the acts about an episode, oldest first.
func (s *Store) OccasionActs(ctx context.Context, careUnit, episodeID string) ([]store.OccasionAct, error) {
	return readAll(ctx, s, "acts about an episode", scanAct, s.sql.actsOf, careUnit, episodeID)
}

// OccasionsWithAct returns the occasions of a unit about which there is an act
// of a kind.
func (s *Store) OccasionsWithAct(ctx context.Context, careUnit, kind string) ([]store.OccasionKey, error) {
	return readAll(ctx, s, "occasions with an act", func(row scanner, to *store.OccasionKey) error {
		return row.Scan(&to.EpisodeID, &to.Occasion, &to.OccasionLabel)
	}, s.sql.occasionsWithAct, careUnit, kind)
}

// KeepPaperCode gives an occasion its code, unless it has one.
func (s *Store) KeepPaperCode(ctx context.Context, code store.PaperCode) (store.PaperCode, error) {
	if code.Code == "" || code.Occasion == "" {
		return store.PaperCode{}, errors.New("sqlstore: a paper code without a code or an occasion")
	}
	if err := checkTexts(code.Code, string(code.Occasion), code.OccasionLabel); err != nil {
		return store.PaperCode{}, err
	}
	var stands store.PaperCode
	err := s.write(ctx, "keep a paper code", func(t *transaction) (err error) {
		stands, err = t.keepPaperCode(code)
		return err
	}, repeatable)
	if err != nil {
		return store.PaperCode{}, err
	}
	return stands, nil
}

func (t *transaction) keepPaperCode(code store.PaperCode) (store.PaperCode, error) {
	before, err := readRows(t, scanPaperCode, t.sql.paperCodeOf, code.CareUnit, code.EpisodeID, string(code.Occasion), code.OccasionLabel)
	if err != nil || len(before) > 0 {
		return append(before, code)[0], err
	}
	taken, err := readRows(t, scanPaperCode, t.sql.paperCode, code.Code)
	switch {
	case err != nil:
		return code, err
	case len(taken) > 0:
		return code, refuse(store.ErrIDReused)
	}
	head, err := t.episodeHead(code.CareUnit, code.EpisodeID)
	switch {
	case err != nil:
		return code, err
	case !head.exists():
		return code, refuse(store.ErrNotFound)
	}
	code.MadeAt = instant(moment(code.MadeAt))
	return code, t.exec(t.sql.addPaperCode, code.Code, code.CareUnit, code.EpisodeID, string(code.Occasion), code.OccasionLabel, moment(code.MadeAt))
}

func scanPaperCode(row scanner, to *store.PaperCode) error {
	var at int64
	err := row.Scan(&to.Code, &to.CareUnit, &to.EpisodeID, &to.Occasion, &to.OccasionLabel, &at)
	to.MadeAt = instant(at)
	return err
}

// PaperCode returns what a code stands for.
func (s *Store) PaperCode(ctx context.Context, code string) (store.PaperCode, error) {
	return readOne(ctx, s, "paper code", scanPaperCode, s.sql.paperCode, code)
}

// PaperCodesOf returns the codes of an episode.
func (s *Store) PaperCodesOf(ctx context.Context, careUnit, episodeID string) ([]store.PaperCode, error) {
	return readAll(ctx, s, "paper codes of an episode", scanPaperCode, s.sql.paperCodesOf, careUnit, episodeID)
}
