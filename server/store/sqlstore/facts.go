package sqlstore

import "github.com/painscore/painscore/server/store"

// facts is what planning envelopes needs to know: gathered for many of them
// with few statements, and brought up to date by each that is planned, so that
// the next is judged as if those before were stored. A key that stands in a map
// was looked up; its zero value says that there is nothing.
type facts struct {
	people map[string]person // by look-up hash
	heads  map[episodeName]episodeHead
	forms  map[store.SubmissionRef]*storedForm // nil: nothing is stored under the id
	slots  map[store.Slot]slotHead
	erased map[string]bool // by mark
}

type episodeName struct{ careUnit, id string }

// storedForm is the first version of a submission and how it stands now.
type storedForm struct {
	first       store.Submission
	newest      int64
	newestState store.State
}

// slotHead is the newest row of a slot, the zero value if there is none.
type slotHead struct {
	slotVersion int64
	state       string
	heldBy      store.SubmissionRef
}

func newFacts() facts {
	return facts{
		people: map[string]person{}, heads: map[episodeName]episodeHead{}, forms: map[store.SubmissionRef]*storedForm{},
		slots: map[store.Slot]slotHead{}, erased: map[string]bool{},
	}
}

func nameOfEpisode(e *store.Envelope) episodeName {
	return episodeName{careUnit: e.Episode.CareUnit, id: e.Episode.EpisodeID}
}

func refOf(f *store.Submission) store.SubmissionRef {
	return store.SubmissionRef{CareUnit: f.CareUnit, System: f.System, SubmissionID: f.SubmissionID}
}

// ask adds a key to those that are to be looked up, unless that was done.
func ask[K comparable, V any](known map[K]V, key K, wanted []any, values ...any) []any {
	if _, ok := known[key]; ok {
		return wanted
	}
	var nothing V
	known[key] = nothing
	return append(wanted, values...)
}

// gather looks up what these envelopes need and is not known yet.
func (t *transaction) gather(f *facts, envelopes []*store.Envelope) error {
	var people, heads, forms, marks []any
	for _, e := range envelopes {
		people = ask(f.people, string(e.Identity.Lookup), people, e.Identity.Lookup)
		heads = ask(f.heads, nameOfEpisode(e), heads, e.Episode.CareUnit, e.Episode.EpisodeID)
		for i := range e.Forms {
			form := &e.Forms[i]
			forms = ask(f.forms, refOf(form), forms, form.CareUnit, form.System, form.SubmissionID)
			if len(form.Mark) > 0 {
				marks = ask(f.erased, string(form.Mark), marks, form.Mark)
			}
		}
	}
	for _, look := range []struct {
		up   *many
		keys []any
		scan func(scanner) error
	}{
		{&t.sql.knownPeople, people, f.scanPerson},
		{&t.sql.episodeHeads, heads, f.scanHead},
		{&t.sql.firstVersions, forms, f.scanForm},
		{&t.sql.erasedMarks, marks, f.scanMark},
	} {
		if err := t.lookUp(look.up, look.keys, look.scan); err != nil {
			return err
		}
	}
	return t.gatherSlots(f, envelopes)
}

// gatherSlots looks up the slots of forms that may be stored. An episode that
// does not exist has none: that saves the look-up for every new patient.
func (t *transaction) gatherSlots(f *facts, envelopes []*store.Envelope) error {
	var slots []any
	for _, e := range envelopes {
		if !f.heads[nameOfEpisode(e)].exists() {
			continue
		}
		for i := range e.Forms {
			if form := &e.Forms[i]; f.forms[refOf(form)] == nil {
				slots = ask(f.slots, form.Slot, slots, slotArgs(form.Slot)...)
			}
		}
	}
	return t.lookUp(&t.sql.slotRows, slots, f.scanSlot)
}

func (f *facts) scanPerson(row scanner) error {
	var lookup []byte
	p := person{known: true}
	err := row.Scan(&lookup, &p.key)
	f.people[string(lookup)] = p
	return err
}

func (f *facts) scanHead(row scanner) error {
	var name episodeName
	var head episodeHead
	err := row.Scan(&name.careUnit, &name.id, &head.patientKey, &head.version)
	f.heads[name] = head
	return err
}

func (f *facts) scanForm(row scanner) error {
	var slot slotRow
	var packed fields
	form := &storedForm{}
	if err := row.Scan(&packed.rest, &slot.Digest, &form.newest, &form.newestState); err != nil {
		return err
	}
	err := slot.unpack(&packed)
	form.first = slot.Submission
	f.forms[refOf(&form.first)] = form
	return err
}

func (f *facts) scanSlot(row scanner) error {
	var slot store.Slot
	var head slotHead
	err := row.Scan(&slot.CareUnit, &slot.EpisodeID, &slot.Occasion, &slot.OccasionLabel, &slot.Instrument, &slot.Respondent,
		&head.slotVersion, &head.state, &head.heldBy.System, &head.heldBy.SubmissionID)
	head.heldBy.CareUnit = slot.CareUnit
	if head.slotVersion > f.slots[slot].slotVersion {
		f.slots[slot] = head
	}
	return err
}

func (f *facts) scanMark(row scanner) error {
	var mark []byte
	err := row.Scan(&mark)
	f.erased[string(mark)] = true
	return err
}
