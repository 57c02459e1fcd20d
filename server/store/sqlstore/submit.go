package sqlstore

import (
	"bytes"
	"context"
	"errors"

	"github.com/painscore/painscore/server/store"
)

// live is the state of a row that holds its slot.
const live = "live"

// Submit stores an envelope in one transaction, all forms or none.
func (s *Store) Submit(ctx context.Context, envelope store.Envelope) (store.Receipt, error) {
	if err := checkEnvelope(&envelope); err != nil {
		return store.Receipt{}, err
	}
	j := newJob([]task{submission(&envelope)})
	if err := s.do(ctx, interactive, j); err != nil {
		return store.Receipt{}, err
	}
	return j.tasks[0].receipt, j.tasks[0].err
}

// submission is the task to store an envelope. It may be repeated: what was
// stored is found by its ids.
func submission(envelope *store.Envelope) task {
	return task{what: "submit", envelope: envelope, repeatable: true}
}

// checkEnvelope refuses what no use case may hand over: it would be stored
// where nobody finds it, or could not be told from a retry.
func checkEnvelope(envelope *store.Envelope) error {
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

// submit takes one envelope in. All that could refuse it is judged before
// anything is kept of it: a refusal leaves its neighbours as they were. An err,
// unlike a refusal, spoils the transaction.
func (in *intake) submit(envelope *store.Envelope) (receipt store.Receipt, refused, err error) {
	count, err := in.counter(envelope.Episode.CareUnit)
	if err != nil {
		return receipt, nil, err
	}
	p := plan{intake: in, envelope: envelope}
	p.make()
	if refused := errors.Join(p.refusals...); refused != nil {
		return receipt, refused, nil
	}
	return p.carryOut(count), nil, nil
}

// plan is what is to be done about an envelope.
type plan struct {
	*intake
	envelope *store.Envelope
	patient  person
	head     episodeHead
	forms    []formPlan
	refusals []error
}

// formPlan is what is to be done about one form: exactly one field is set,
// unless the form is refused.
type formPlan struct {
	slotVersion int64       // store it, as this row of its slot
	stored      *storedForm // it is stored already
	sameAs      int         // 1 + index of the form of this envelope that it repeats
}

func (p *plan) make() {
	p.patient = p.people[string(p.envelope.Identity.Lookup)]
	if !p.patient.known {
		p.patient.key = p.envelope.Identity.PatientKey
	}
	p.head = p.heads[nameOfEpisode(p.envelope)]
	switch {
	case p.head.exists() && p.head.patientKey != p.patient.key:
		p.refusals = append(p.refusals, store.ErrOtherPatient)
	case !p.head.exists() && !p.envelope.MayCreateEpisode:
		p.refusals = append(p.refusals, store.ErrEpisodeUnknown)
	}
	p.forms = make([]formPlan, len(p.envelope.Forms))
	for i := range p.envelope.Forms {
		if refused := p.planForm(i); refused != nil {
			p.refusals = append(p.refusals, refused)
		}
	}
}

// planForm decides about one form: its id comes first, then its slot.
func (p *plan) planForm(i int) (refused error) {
	form := &p.envelope.Forms[i]
	if p.erased[string(form.Mark)] {
		return &store.FormError{Form: i, Err: store.ErrErased}
	}
	if j, found := p.earlier(i, func(f *store.Submission) bool { return f.System == form.System && f.SubmissionID == form.SubmissionID }); found {
		if !sameContent(&p.envelope.Forms[j], form) {
			return &store.FormError{Form: i, Err: store.ErrIDReused}
		}
		p.forms[i].sameAs = j + 1
		return nil
	}
	stored := p.intake.forms[refOf(form)]
	switch {
	case stored != nil && (!sameContent(&stored.first, form) || p.head.patientKey != p.patient.key):
		return &store.FormError{Form: i, Err: store.ErrIDReused}
	case stored != nil:
		p.forms[i].stored = stored
		return nil
	}
	if j, found := p.earlier(i, func(f *store.Submission) bool { return f.Slot == form.Slot }); found {
		return slotTaken(i, form, p.envelope.Forms[j].SubmissionID, p.envelope.Forms[j].System)
	}
	head := p.slots[form.Slot]
	if head.state == live {
		return slotTaken(i, form, head.heldBy.SubmissionID, head.heldBy.System)
	}
	p.forms[i].slotVersion = head.slotVersion + 1
	return nil
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

func sameContent(a, b *store.Submission) bool {
	return a.Slot == b.Slot && bytes.Equal(a.Digest, b.Digest)
}

func slotTaken(form int, wanted *store.Submission, id, system string) error {
	return &store.SlotTakenError{Form: form, Instrument: wanted.Instrument, HeldBy: id, HeldBySystem: system}
}

// carryOut buffers the rows that the plan asks for, and tells the facts.
func (p *plan) carryOut(count *counter) store.Receipt {
	receipt := store.Receipt{PatientKey: p.patient.key, PatientIsNew: !p.patient.known, Forms: make([]store.StoredForm, len(p.forms))}
	creates := !p.head.exists()
	if creates {
		p.keepPerson()
		p.createEpisode(count)
	}
	for i, todo := range p.forms {
		to := &receipt.Forms[i]
		switch {
		case todo.stored != nil:
			*to = todo.stored.replayed()
		case todo.sameAs > 0:
			*to = p.intake.forms[refOf(&receipt.Forms[todo.sameAs-1].Submission)].replayed()
		default:
			to.Submission = asStored(&p.envelope.Forms[i], creates, count)
			p.keepForm(&to.Submission, todo.slotVersion)
		}
		receipt.EpisodeCreated = receipt.EpisodeCreated || to.EpisodeCreated
	}
	return receipt
}

// asStored is a form as a read will return it.
func asStored(form *store.Submission, createsEpisode bool, count *counter) store.Submission {
	f := *form
	f.Version, f.State, f.ChangeSeq, f.EpisodeCreated = 1, store.Live, count.next(), createsEpisode
	f.RecordedAt = instant(moment(f.RecordedAt))
	f.Changed.At = f.RecordedAt
	f.Mark, f.RescorePlan, f.RescoredSeq = nil, "", 0
	return f
}

func (p *plan) keepPerson() {
	if p.patient.known {
		return
	}
	identity := &p.envelope.Identity
	p.patient.known = true
	p.people[string(identity.Lookup)] = p.patient
	p.patients = append(p.patients, patientRow(identity))
	p.identities = append(p.identities, identityRow(identity))
}

func (p *plan) createEpisode(count *counter) {
	e := nextEpisode(p.envelope.Episode, p.head, p.patient.key, count.next())
	p.heads[nameOfEpisode(p.envelope)] = episodeHead{patientKey: e.PatientKey, version: e.Version}
	p.episodes = append(p.episodes, row{e.CareUnit, e.EpisodeID, e.PatientKey, e.Version})
	p.episodeVersions = append(p.episodeVersions, episodeVersionRow(&e))
}

func (p *plan) keepForm(f *store.Submission, slotVersion int64) {
	p.intake.forms[refOf(f)] = &storedForm{first: *f, newest: f.Version, newestState: f.State}
	p.slots[f.Slot] = slotHead{slotVersion: slotVersion, state: live, heldBy: refOf(f)}
	p.submissions = append(p.submissions, submissionRow(f, slotVersion))
}

// replayed is the reply to a form that was stored before.
func (f *storedForm) replayed() store.StoredForm {
	return store.StoredForm{Submission: f.first, Replayed: true, Newest: f.newest, NewestState: f.newestState}
}
