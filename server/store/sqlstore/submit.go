package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// live is the state of a row that holds its slot.
const live = "live"

// Submit stores an envelope in one transaction, all forms or none.
func (s *Store) Submit(ctx context.Context, envelope store.Envelope) (store.Receipt, error) {
	if err := checkEnvelope(envelope); err != nil {
		return store.Receipt{}, err
	}
	var receipt store.Receipt
	err := s.write(ctx, "submit", func(t *transaction) error {
		var refused, err error
		receipt, refused, err = t.submit(envelope)
		if refused != nil {
			return refuse(refused)
		}
		return err
	})
	if err != nil {
		return store.Receipt{}, err
	}
	return receipt, nil
}

// checkEnvelope refuses what no use case may hand over: it would be stored
// where nobody finds it, or could not be told from a retry.
func checkEnvelope(envelope store.Envelope) error {
	if err := errors.Join(checkIdentity(envelope.Identity), checkEpisode(envelope.Episode)); err != nil {
		return err
	}
	if len(envelope.Forms) == 0 {
		return errors.New("sqlstore: an envelope without forms")
	}
	for i := range envelope.Forms {
		form := &envelope.Forms[i]
		if form.CareUnit != envelope.Episode.CareUnit || form.EpisodeID != envelope.Episode.EpisodeID {
			return errors.New("sqlstore: a form of another episode than its envelope")
		}
		if err := checkSubmission(form); err != nil {
			return err
		}
	}
	return nil
}

// submit stores one envelope within a transaction that may hold others. It
// reads all that could refuse the envelope before it writes anything: after a
// refusal the transaction is as it was, and its neighbours can still commit.
// An err, unlike a refusal, spoils the transaction.
func (t *transaction) submit(envelope store.Envelope) (receipt store.Receipt, refused, err error) {
	count, err := t.counter(envelope.Episode.CareUnit)
	if err != nil {
		return receipt, nil, err
	}
	p := plan{transaction: t, envelope: &envelope}
	if err := p.make(); err != nil {
		return receipt, nil, err
	}
	if refused := errors.Join(p.refusals...); refused != nil {
		return receipt, refused, nil
	}
	receipt, err = p.carryOut(count)
	return receipt, nil, err
}

// plan is what is to be done about an envelope.
type plan struct {
	*transaction
	envelope *store.Envelope
	patient  person
	head     episodeHead
	forms    []formPlan
	refusals []error
}

// formPlan is what is to be done about one form: exactly one field is set,
// unless the form is refused.
type formPlan struct {
	slotVersion int64             // store it, as this row of its slot
	stored      *store.Submission // it is stored already
	sameAs      int               // 1 + index of the form of this envelope that it repeats
}

func (p *plan) make() (err error) {
	if p.patient, err = p.person(p.envelope.Identity); err != nil {
		return err
	}
	unit := p.envelope.Episode.CareUnit
	if p.head, err = p.episodeHead(unit, p.envelope.Episode.EpisodeID); err != nil {
		return err
	}
	switch {
	case p.head.exists() && p.head.patientKey != p.patient.key:
		p.refusals = append(p.refusals, store.ErrOtherPatient)
	case !p.head.exists() && !p.envelope.MayCreateEpisode:
		p.refusals = append(p.refusals, store.ErrEpisodeUnknown)
	}
	p.forms = make([]formPlan, len(p.envelope.Forms))
	for i := range p.envelope.Forms {
		refused, err := p.planForm(i)
		if err != nil {
			return err
		}
		if refused != nil {
			p.refusals = append(p.refusals, refused)
		}
	}
	return nil
}

// planForm decides about one form: its id comes first, then its slot.
func (p *plan) planForm(i int) (refused, err error) {
	form := &p.envelope.Forms[i]
	if j, found := p.earlier(i, func(f *store.Submission) bool { return f.System == form.System && f.SubmissionID == form.SubmissionID }); found {
		if !sameContent(&p.envelope.Forms[j], form) {
			return &store.FormError{Form: i, Err: store.ErrIDReused}, nil
		}
		p.forms[i].sameAs = j + 1
		return nil, nil
	}
	stored, err := p.firstVersion(form.CareUnit, form.System, form.SubmissionID)
	switch {
	case err != nil:
		return nil, err
	case stored != nil && (!sameContent(stored, form) || p.head.patientKey != p.patient.key):
		return &store.FormError{Form: i, Err: store.ErrIDReused}, nil
	case stored != nil:
		p.forms[i].stored = stored
		return nil, nil
	}
	if j, found := p.earlier(i, func(f *store.Submission) bool { return f.Slot == form.Slot }); found {
		return slotTaken(i, form, p.envelope.Forms[j].SubmissionID, p.envelope.Forms[j].System), nil
	}
	return p.planSlot(i, form)
}

// earlier finds a form before form i that is about to be stored.
func (p *plan) earlier(i int, matches func(*store.Submission) bool) (j int, found bool) {
	for j := range i {
		if p.forms[j].slotVersion > 0 && matches(&p.envelope.Forms[j]) {
			return j, true
		}
	}
	return 0, false
}

// firstVersion returns what was stored under an id, nil if nothing was.
func (t *transaction) firstVersion(careUnit, system, submissionID string) (*store.Submission, error) {
	var stored store.Submission
	err := scanSubmission(t.tx.QueryRowContext(t.ctx, t.sql.firstVersion, careUnit, system, submissionID), &stored)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &stored, err
}

func (p *plan) planSlot(i int, form *store.Submission) (refused, err error) {
	var last int64
	var state, system, id string
	found, err := p.read(p.sql.slotHead, slotArgs(form.Slot), &last, &state, &system, &id)
	if err != nil {
		return nil, err
	}
	if found && state == live {
		return slotTaken(i, form, id, system), nil
	}
	p.forms[i].slotVersion = last + 1
	return nil, nil
}

func sameContent(a, b *store.Submission) bool {
	return a.Slot == b.Slot && bytes.Equal(a.Digest, b.Digest)
}

func slotTaken(form int, wanted *store.Submission, id, system string) error {
	return &store.SlotTakenError{Form: form, Instrument: wanted.Instrument, HeldBy: id, HeldBySystem: system}
}

// carryOut writes what the plan says.
func (p *plan) carryOut(count *counter) (store.Receipt, error) {
	receipt := store.Receipt{Forms: make([]store.StoredForm, len(p.forms))}
	creates := !p.head.exists()
	if creates {
		if err := p.remember(p.patient, p.envelope.Identity); err != nil {
			return receipt, err
		}
		if _, err := p.writeEpisode(p.envelope.Episode, p.head, p.patient.key, count.next()); err != nil {
			return receipt, err
		}
	}
	for i, todo := range p.forms {
		to := &receipt.Forms[i]
		switch {
		case todo.stored != nil:
			*to = store.StoredForm{Submission: *todo.stored, Replayed: true}
		case todo.sameAs > 0:
			*to = store.StoredForm{Submission: receipt.Forms[todo.sameAs-1].Submission, Replayed: true}
		default:
			to.Submission = p.envelope.Forms[i]
			to.Version, to.EpisodeCreated = 1, creates
			to.RescorePlan, to.RescoredSeq = "", 0
			to.RecordedAt = instant(moment(to.RecordedAt))
			to.Mark, to.State, to.Changed.At = nil, store.Live, to.RecordedAt
			to.ChangeSeq = count.next()
			if err := p.writeSubmission(&to.Submission, todo.slotVersion); err != nil {
				return receipt, err
			}
		}
		receipt.EpisodeCreated = receipt.EpisodeCreated || to.EpisodeCreated
	}
	return receipt, nil
}
