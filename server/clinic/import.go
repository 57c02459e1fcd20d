package clinic

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// MaxRecords is how many records are imported at a time.
const MaxRecords = 1000

// ImportedRecord is what became of one record of an import.
type ImportedRecord struct {
	Replayed       bool
	EpisodeCreated bool // by this record, or by it when it was first stored
	Warnings       []Warning
	// Refused is why the record is not stored: an *InputError or a *StateError,
	// as Submit would give, but without candidates and holders. Nil if it is.
	Refused error
}

// PreparedImport are records that were checked and scored and wait to be
// stored.
type PreparedImport struct {
	visit     *visit
	records   []Submission
	results   []ImportedRecord
	envelopes []store.Envelope
	of        []int // envelopes[i] is of records[of[i]]
}

// PrepareImport checks and scores records of one form each, as Submit would,
// and stores nothing. It is apart from Import so that a caller with many
// records can prepare the next ones while the last ones are written.
//
// A record with problems makes no error here: Import lists it as refused. The
// error is one of the store's.
func (c *Clinic) PrepareImport(ctx context.Context, records []Submission) (_ *PreparedImport, err error) {
	v, err := c.enter(ctx, access.ImportSubmissionsCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	refuseUnits(ctx, v, records)
	return c.prepareImport(ctx, v, records)
}

// refuseUnits adds a problem to each record of a care unit that the caller does
// not act for.
func refuseUnits(ctx context.Context, v *visit, records []Submission) {
	refused := map[string]bool{}
	for i := range records {
		unit := records[i].CareUnit
		if unit == "" || v.actsFor(unit) {
			continue
		}
		records[i].Found = append(records[i].Found, Problem{Field: "care_unit", Reason: UnitNotAllowed, Description: "the caller does not act for this care unit"})
		refused[v.clinic.knownUnit(ctx, unit)] = true
	}
	for _, unit := range slices.Sorted(maps.Keys(refused)) {
		v.record(access.Event{Outcome: access.Refused, Reason: UnitNotAllowed, CareUnit: unit})
	}
}

func (c *Clinic) prepareImport(ctx context.Context, v *visit, records []Submission) (*PreparedImport, error) {
	if _, err := c.site(ctx); err != nil {
		return nil, err
	}
	p := &PreparedImport{
		visit: v, records: records, results: make([]ImportedRecord, len(records)),
		envelopes: make([]store.Envelope, 0, len(records)), of: make([]int, 0, len(records)),
	}
	for i := range records {
		envelope, _, err := c.prepare(v.Caller, records[i], true)
		var input *InputError
		switch {
		case errors.As(err, &input):
			p.results[i].Refused = input
		case err != nil:
			return nil, err
		default:
			p.envelopes, p.of = append(p.envelopes, envelope), append(p.of, i)
		}
	}
	return p, nil
}

// Import stores what was prepared, each record judged alone and in turn; what
// it returns has one entry for each. All that is not refused is durable when it
// returns. With dryRun nothing is stored, and the records are judged as they
// would be.
//
// A store that is overloaded is asked again for a while (see importPatience).
// The error concerns no single record; repeating the whole is then safe.
func (c *Clinic) Import(ctx context.Context, p *PreparedImport, dryRun bool) (_ []ImportedRecord, err error) {
	defer p.visit.leave(ctx, &err)
	if err := c.storePrepared(ctx, p, dryRun); err != nil {
		return nil, err
	}
	again, of := c.refusedByAnotherVersion(ctx, p)
	if len(again) == 0 {
		return p.results, nil
	}
	retry, err := c.prepareImport(ctx, p.visit, again)
	if err != nil {
		return nil, err
	}
	if err := c.storePrepared(ctx, retry, dryRun); err != nil {
		return nil, err
	}
	for i, result := range retry.results {
		p.results[of[i]] = result
	}
	return p.results, nil
}

// refusedByAnotherVersion returns the records that asFirstScored can help, and
// which ones of the import they are.
func (c *Clinic) refusedByAnotherVersion(ctx context.Context, p *PreparedImport) (again []Submission, of []int) {
	for i := range p.results {
		if p.results[i].Refused == nil {
			continue
		}
		if first, ok := c.asFirstScored(ctx, p.visit.Caller, p.records[i], p.results[i].Refused); ok {
			again, of = append(again, first), append(of, i)
		}
	}
	return again, of
}

func (c *Clinic) storePrepared(ctx context.Context, p *PreparedImport, dryRun bool) error {
	if len(p.envelopes) == 0 {
		return nil
	}
	who, err := c.recordEnvelopes(ctx, p.visit, p.envelopes)
	if err != nil {
		return err
	}
	imported, err := importPatiently(ctx, c.store, p.envelopes, dryRun)
	if err != nil {
		return err
	}
	for i := range imported {
		if imported[i].Err == nil {
			who.stored(&p.envelopes[i], &imported[i].Receipt)
		}
	}
	if err := who.settle(ctx); err != nil {
		return err
	}
	others := newOtherEpisodes(p.envelopes)
	for i := range imported {
		to := &p.results[p.of[i]]
		if imported[i].Err != nil {
			if to.Refused = importRefusal(imported[i].Err); to.Refused == nil {
				return imported[i].Err
			}
			continue
		}
		form := &imported[i].Forms[0]
		to.Replayed, to.EpisodeCreated = form.Replayed, imported[i].EpisodeCreated
		to.Warnings = warningsOf(form, "")
		if to.EpisodeCreated && others.has(ctx, c.store, &p.envelopes[i], imported[i].PatientIsNew) {
			to.Warnings = append(to.Warnings, warning(WarnOtherEpisodes, ""))
		}
	}
	return nil
}

// importRefusal turns the store's refusal of one record into what its sender
// can act on; nil for an error that is none.
func importRefusal(err error) error {
	switch {
	case errors.Is(err, store.ErrEpisodeUnknown):
		return episodeUnknown(nil)
	case errors.Is(err, store.ErrOtherPatient):
		return episodeOfOtherPatient()
	}
	conflicts := conflictsOf(err, true)
	if len(conflicts) == 0 {
		return nil
	}
	first := conflicts[0]
	return &StateError{Reason: first.Reason, Field: first.Field, Description: conflictText[first.Reason]}
}

// otherEpisodes asks what warnOfOtherEpisodes does, also where the episode in
// question is not stored, as in a dry run, and each patient's only once: a
// mistaken import can have one patient in all its records. Of two new episodes
// in one message both are warned of.
type otherEpisodes struct {
	stored map[patientOfUnit][]store.Episode // those that were looked up
	sent   map[patientOfUnit]sentEpisodes    // those of the message
}

type patientOfUnit struct{ careUnit, lookup string }

// sentEpisodes is an episode of a message and whether its patient has others in
// the same message.
type sentEpisodes struct {
	id      string
	several bool
}

func newOtherEpisodes(envelopes []store.Envelope) otherEpisodes {
	o := otherEpisodes{stored: map[patientOfUnit][]store.Episode{}, sent: map[patientOfUnit]sentEpisodes{}}
	for i := range envelopes {
		who, id := patientOf(&envelopes[i]), envelopes[i].Episode.EpisodeID
		seen, again := o.sent[who]
		if !again {
			seen.id = id
		}
		seen.several = seen.several || seen.id != id
		o.sent[who] = seen
	}
	return o
}

func patientOf(e *store.Envelope) patientOfUnit {
	return patientOfUnit{careUnit: e.Episode.CareUnit, lookup: string(e.Identity.Lookup)}
}

// has says whether the patient of a new episode has another one. One who is new
// can have it from the same message only, which saves nearly all look-ups of an
// old system's export.
func (o otherEpisodes) has(ctx context.Context, st store.Store, envelope *store.Envelope, isNew bool) bool {
	who := patientOf(envelope)
	if isNew && !o.sent[who].several {
		return false
	}
	episodes, known := o.stored[who]
	if !known {
		// A failure to look is no reason to fail what is stored.
		if patientKey, err := st.FindPatient(ctx, envelope.Identity.Lookup); err == nil {
			episodes, _ = st.EpisodesOfPatient(ctx, who.careUnit, patientKey)
		}
		o.stored[who] = episodes
	}
	return len(episodes) > 1 || len(episodes) == 1 && episodes[0].EpisodeID != envelope.Episode.EpisodeID
}

// How long an import waits for room in the store: first importFirstWait, each
// time twice as long up to importLongestWait, until importPatience is over.
//
// To wait is right here and would be wrong for a Submit: an import holds what
// it sent and reads no more, so that its sender is slowed down by the
// connection, and nobody stands behind it at a desk. It is not for ever, since
// a sender that hears nothing cannot tell a busy server from a lost one.
const (
	importFirstWait   = 20 * time.Millisecond
	importLongestWait = time.Second
	importPatience    = 20 * time.Second
)

func importPatiently(ctx context.Context, st store.Imports, envelopes []store.Envelope, dryRun bool) ([]store.Imported, error) {
	end := time.Now().Add(importPatience)
	for wait := importFirstWait; ; wait = min(2*wait, importLongestWait) {
		imported, err := st.Import(ctx, envelopes, dryRun)
		if !errors.Is(err, store.ErrOverloaded) || time.Now().Add(wait).After(end) {
			return imported, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}
