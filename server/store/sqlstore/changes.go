package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/server/store"
)

// Changes returns what happened in a care unit, in the order of commits.
func (s *Store) Changes(ctx context.Context, careUnit string, afterSeq int64, afterWithin string, limit int) ([]store.Change, error) {
	// Whatever is read later, up to this number nothing is missing: several
	// reads then make one list without a gap.
	upTo, err := s.LastChange(ctx, careUnit)
	if err != nil {
		return nil, err
	}
	page := changePage{Store: s, ctx: ctx, careUnit: careUnit, limit: max(limit, 0)}
	if afterWithin != "" {
		if err := page.finishFlip(afterSeq, afterWithin); err != nil {
			return nil, err
		}
	}
	for after := afterSeq; page.left() > 0 && after < upTo; {
		if after, err = page.readOn(after, upTo); err != nil {
			return nil, err
		}
	}
	return page.changes, nil
}

// changePage collects changes up to a limit.
type changePage struct {
	*Store
	ctx      context.Context
	careUnit string
	limit    int
	changes  []store.Change
}

func (p *changePage) left() int { return p.limit - len(p.changes) }

// happening is one change number: a row of submission_version, which is one
// change, or a flip or an erasure, which are looked up when their turn comes.
type happening struct {
	seq  int64
	list func() ([]store.Change, error) // at most as many as are left
}

// readOn adds what follows a change, and returns up to which it has come. It
// may add nothing: a flip of forms that are all gone is no change.
func (p *changePage) readOn(after, upTo int64) (int64, error) {
	var next []happening
	for _, read := range []func(after, upTo int64) ([]happening, error){p.forms, p.flips, p.erasures} {
		found, err := read(after, upTo)
		if err != nil {
			return 0, err
		}
		if len(found) == p.left() { // there may be more of this kind beyond
			upTo = min(upTo, found[len(found)-1].seq)
		}
		next = append(next, found...)
	}
	slices.SortFunc(next, func(a, b happening) int { return cmp.Compare(a.seq, b.seq) })
	for _, h := range next {
		if h.seq > upTo || p.left() == 0 {
			break
		}
		changes, err := h.list()
		if err != nil {
			return 0, err
		}
		p.changes = append(p.changes, changes...)
	}
	return upTo, nil
}

// forms reads what was submitted, amended and retracted.
func (p *changePage) forms(after, upTo int64) ([]happening, error) {
	changes, err := readAll(p.ctx, p.Store, "changed submissions", scanFormChange, p.sql.changedForms, p.careUnit, after, upTo, p.left())
	found := make([]happening, len(changes))
	for i, c := range changes {
		found[i] = happening{c.ChangeSeq, func() ([]store.Change, error) { return changes[i : i+1], nil }}
	}
	return found, err
}

func scanFormChange(row scanner, to *store.Change) error {
	var form slotRow
	var f fields
	var from string
	if err := row.Scan(&f.rest, &form.Digest, &from); err != nil {
		return err
	}
	if err := form.unpack(&f); err != nil {
		return err
	}
	*to = store.Change{Kind: store.ChangeAmended, ChangeSeq: form.ChangeSeq, Act: form.Changed, Submission: form.Submission}
	switch {
	case form.State == store.Retracted:
		to.Kind = store.ChangeRetracted
	case form.Version == 1:
		to.Kind = store.ChangeSubmitted
	}
	if from == "" {
		return nil
	}
	old := fields{rest: from}
	to.Moved = true
	to.From = store.Slot{
		CareUnit: form.CareUnit, EpisodeID: old.text(), Occasion: store.Occasion(old.text()), OccasionLabel: old.text(),
		Instrument: old.text(), Respondent: store.Respondent(old.text()),
	}
	return old.end()
}

// flipped is a flip in one care unit.
type flipped struct {
	plan     string
	applied  bool
	seq      int64
	previous int64 // change_seq of the plan's flip before it, 0 without one
	store.Act
}

func scanFlipped(row scanner, to *flipped) error {
	var applied, at int64
	err := row.Scan(&to.plan, &applied, &to.seq, &to.previous, &to.By, &at, &to.Note)
	to.applied, to.At = applied != 0, instant(at)
	return err
}

func (p *changePage) flips(after, upTo int64) ([]happening, error) {
	flips, err := readAll(p.ctx, p.Store, "flips", scanFlipped, p.sql.changedScores, p.careUnit, after, upTo, p.left())
	found := make([]happening, len(flips))
	for i, f := range flips {
		found[i] = happening{f.seq, func() ([]store.Change, error) { return p.formsOf(f, formPosition{}) }}
	}
	return found, err
}

// finishFlip goes on with the forms of a flip after one of them.
func (p *changePage) finishFlip(seq int64, within string) error {
	after, err := parsePosition(within)
	if err != nil {
		return err
	}
	flips, err := readAll(p.ctx, p.Store, "flip", scanFlipped, p.sql.changedScores, p.careUnit, seq-1, seq, 1)
	if err != nil || len(flips) == 0 {
		return err
	}
	p.changes, err = p.formsOf(flips[0], after)
	return err
}

// formsOf lists the forms whose scores a flip changed, after a position.
func (p *changePage) formsOf(f flipped, after formPosition) ([]store.Change, error) {
	scan := func(row scanner, to *store.Change) error {
		*to = store.Change{Kind: store.ChangeReverted, ChangeSeq: f.seq, Act: f.Act}
		if f.applied {
			to.Kind = store.ChangeRescored
		}
		return scanFlippedForm(row, f, to)
	}
	return readAll(p.ctx, p.Store, "forms of a flip", scan, p.sql.formsOfFlip, p.careUnit, f.plan, f.seq, flag(f.applied), f.previous,
		after.EpisodeID, string(after.Occasion), after.OccasionLabel, after.Instrument, string(after.Respondent), after.slotVersion, p.left())
}

func scanFlippedForm(row scanner, f flipped, to *store.Change) error {
	var form slotRow
	var packed fields
	var version, scores string
	if err := row.Scan(&packed.rest, &form.Digest, &version, &scores); err != nil {
		return err
	}
	if err := form.unpack(&packed); err != nil {
		return err
	}
	form.InstrumentVersion, form.Scores, form.RescorePlan, form.RescoredSeq = version, scores, f.plan, f.seq
	to.Submission = form.Submission
	to.Within = formPosition{form.Slot, form.slotVersion}.String()
	return nil
}

func (p *changePage) erasures(after, upTo int64) ([]happening, error) {
	changes, err := readAll(p.ctx, p.Store, "erasures", scanErasureChange, p.sql.changedPatients, p.careUnit, after, upTo, p.left())
	found := make([]happening, len(changes))
	for i, c := range changes {
		found[i] = happening{c.ChangeSeq, func() ([]store.Change, error) {
			var err error
			changes[i].ErasedChanges, err = readAll(p.ctx, p.Store, "erased submissions", scanValue[int64], p.sql.erasedChanges, p.careUnit, c.ChangeSeq)
			return changes[i : i+1], err
		}}
	}
	return found, err
}

func scanErasureChange(row scanner, to *store.Change) error {
	var at int64
	err := row.Scan(&to.ChangeSeq, &to.By, &at, &to.Note)
	to.Kind, to.At = store.ChangeErased, instant(at)
	return err
}

// formPosition is the place of a form among those of one flip.
type formPosition struct {
	store.Slot
	slotVersion int64
}

func (p formPosition) String() string {
	return strings.Join([]string{
		p.EpisodeID, string(p.Occasion), p.OccasionLabel, p.Instrument, string(p.Respondent), strconv.FormatInt(p.slotVersion, 10),
	}, separator)
}

func parsePosition(text string) (p formPosition, err error) {
	f := fields{rest: text}
	p.Slot = store.Slot{
		EpisodeID: f.text(), Occasion: store.Occasion(f.text()), OccasionLabel: f.text(),
		Instrument: f.text(), Respondent: store.Respondent(f.text()),
	}
	p.slotVersion = f.number()
	if f.end() != nil {
		err = errors.New("sqlstore: not a position among changes")
	}
	return p, err
}
