package clinic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// visit is one call of a use case by one caller. A use case begins with enter,
// which asks whether the caller may do this at all; decides with unit or episode
// for whom; and ends with leave. What it decides is queued for the access log at
// once and written while the use case goes on; leave waits for it, so that
// nothing leaves unlogged.
//
//	v, err := c.enter(ctx, access.GetTrendCall)
//	if err != nil {
//		return nil, err
//	}
//	defer v.leave(ctx, &err)
type visit struct {
	access.Caller
	clinic *Clinic
	action access.Action
	rule   access.Rule
	// recipient is to whom a delivery goes; empty with any other call.
	recipient string
	entries   []*access.Entry
}

// maxPatientsPerEvent keeps an event of a long list well below what a block holds.
const maxPatientsPerEvent = 1000

// ErrNotLogged: the access log could not be written, so the caller gets nothing
// of what was asked for. A write may have been made; repeating it is safe.
var ErrNotLogged = errors.New("clinic: the access log cannot be written")

// RefusalReason is the contract's name for a refusal of access; "" for any other
// error.
func RefusalReason(err error) string {
	switch {
	case errors.Is(err, access.ErrUnauthenticated):
		return Unauthenticated
	case errors.Is(err, access.ErrRole):
		return RoleNotAllowed
	case errors.Is(err, access.ErrUnit):
		return UnitNotAllowed
	case errors.Is(err, access.ErrIncomplete):
		return CallerIncomplete
	}
	return ""
}

// enter says who calls and that they may do this at all: an error of package
// access if not. A refusal of somebody who is known is on record when it returns.
func (c *Clinic) enter(ctx context.Context, action access.Action) (*visit, error) {
	caller, rule, err := access.Allow(ctx, action)
	v := &visit{Caller: caller, clinic: c, action: action, rule: rule}
	if err == nil {
		return v, nil
	}
	if !errors.Is(err, access.ErrUnauthenticated) {
		v.record(access.Event{Outcome: access.Refused, Reason: RefusalReason(err)})
	}
	v.leave(ctx, &err)
	return nil, err
}

// leave waits until what the visit has recorded is on the medium. If it cannot
// be, err becomes ErrNotLogged, whatever it was: also a refusal tells something.
func (v *visit) leave(ctx context.Context, err *error) {
	if failed := v.logged(ctx); failed != nil {
		*err = failed
	}
}

// logged is leave for a use case that shows something before it ends.
func (v *visit) logged(ctx context.Context) error {
	for _, entry := range v.entries {
		if err := entry.Wait(ctx); err != nil {
			return fmt.Errorf("%w: %w", ErrNotLogged, err)
		}
	}
	v.entries = nil
	return nil
}

// record queues an event, of which the caller and the action are filled in.
// Calls that are about nobody are none. The event of a call that writes reaches
// the medium together with what it writes, in one commit, or with the wait of
// leave if nothing is written after all. An erasure's does not wait for the
// store: the journal of erasures is written before it, and from then on the
// erasure will happen whatever becomes of this process.
func (v *visit) record(event access.Event) {
	log := v.clinic.settings.AccessLog
	if log == nil || !v.rule.PatientLevel() {
		return
	}
	record := log.Record
	if v.rule.Activity == access.Write {
		record = log.RecordWithWrite
	}
	of := access.NewEvent(v.Caller, v.action, v.rule)
	of.Outcome, of.Reason, of.CareUnit, of.EpisodeID, of.Patients = event.Outcome, event.Reason, event.CareUnit, event.EpisodeID, event.Patients
	of.Recipient = v.recipient
	v.entries = append(v.entries, record(of))
}

// unit refuses a care unit that the caller does not act for, where the rule is
// for owners. An empty one is left to those who check the input.
func (v *visit) unit(ctx context.Context, careUnit string) error {
	if careUnit == "" || v.actsFor(careUnit) {
		return nil
	}
	v.record(access.Event{Outcome: access.Refused, Reason: UnitNotAllowed, CareUnit: v.clinic.knownUnit(ctx, careUnit)})
	return access.ErrUnit
}

func (v *visit) actsFor(careUnit string) bool {
	return v.rule.Scope != access.ScopeOwner || v.Sees(careUnit)
}

// episode grants the visit an episode, or gives store.ErrNotFound: to whoever
// may not see it, it is not there.
func (v *visit) episode(ctx context.Context, e store.Episode) error {
	sees, err := v.sees(ctx, e)
	if err != nil {
		return err
	}
	event := access.Event{Outcome: access.Granted, CareUnit: e.CareUnit, EpisodeID: e.EpisodeID, Patients: []string{e.PatientKey}}
	if !sees {
		event.Outcome = access.NotFound
	}
	v.record(event)
	if !sees {
		return store.ErrNotFound
	}
	return nil
}

// sees says whether the visit may show an episode.
func (v *visit) sees(ctx context.Context, e store.Episode) (bool, error) {
	switch v.rule.Scope {
	case access.ScopeProvider:
		return true, nil
	case access.ScopeOwner:
		return v.Sees(e.CareUnit), nil
	case access.ScopeEpisode:
		if v.Sees(e.CareUnit, e.AssessingUnit) {
			return true, nil
		}
		shares, err := v.clinic.store.Shares(ctx, e.CareUnit, e.EpisodeID)
		shared := false
		for _, share := range shares {
			if v.Sees(share.With) {
				shared = share.Shared // the last act about the unit stands
			}
		}
		return shared, err
	}
	return false, nil
}

// visible leaves of episodes those that the visit may show.
func (v *visit) visible(ctx context.Context, episodes []store.Episode) ([]store.Episode, error) {
	var visible []store.Episode
	for _, e := range episodes {
		sees, err := v.sees(ctx, e)
		if err != nil {
			return nil, err
		}
		if sees {
			visible = append(visible, e)
		}
	}
	return visible, nil
}

// missing records that what was asked for is not there. The ids that were asked
// with name nothing, so they could be anything, also somebody's identifier: of
// them only a care unit that is known is written down.
func (v *visit) missing(ctx context.Context, careUnit string, patients ...string) {
	v.record(access.Event{Outcome: access.NotFound, CareUnit: v.clinic.knownUnit(ctx, careUnit), Patients: patients})
}

// patients grants the visit people: those of a list, or whom a write is about.
// Without any it is on record that nobody was found.
func (v *visit) patients(careUnit string, keys ...string) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	for first := true; first || len(keys) > 0; first = false {
		n := min(len(keys), maxPatientsPerEvent)
		v.record(access.Event{Outcome: access.Granted, CareUnit: careUnit, Patients: keys[:n:n]})
		keys = keys[n:]
	}
}

// knownUnit is the care unit if it owns an episode, else "". It is only asked
// for refusals; a failure to look leaves it out.
func (c *Clinic) knownUnit(ctx context.Context, careUnit string) string {
	if c.settings.AccessLog == nil {
		return ""
	}
	if units, err := c.store.CareUnits(ctx); err != nil || !slices.Contains(units, careUnit) {
		return ""
	}
	return careUnit
}

// patientsOf are the keys of the patients of these episodes.
func patientsOf(episodes []store.Episode) []string {
	keys := make([]string, len(episodes))
	for i := range episodes {
		keys[i] = episodes[i].PatientKey
	}
	return keys
}

func known(key string) []string {
	if key == "" {
		return nil
	}
	return []string{key}
}

// written is a write that is on record, and for whom.
type written struct {
	visit *visit
	event access.Event
}

// recordWrite grants a write about the patient of an identifier, before it is
// made, so that both reach the medium together. A patient who is new has no key
// yet; see is.
func (c *Clinic) recordWrite(ctx context.Context, v *visit, careUnit, episodeID string, id identity.Identifier) (*written, error) {
	key, err := c.store.FindPatient(ctx, c.keys.Lookup(id))
	if unlessNotFound(err) != nil {
		return nil, err
	}
	w := &written{visit: v, event: access.Event{Outcome: access.Granted, CareUnit: careUnit, EpisodeID: episodeID, Patients: known(key)}}
	v.record(w.event)
	return w, nil
}

// is says whom the write was about after all. It is recorded if it was not
// known before.
func (w *written) is(patientKey string) {
	if !slices.Contains(w.event.Patients, patientKey) {
		w.event.Patients = known(patientKey)
		w.visit.record(w.event)
	}
}

// submitters are the patients of envelopes that are on record.
type submitters struct {
	visit *visit
	unit  string
	fresh map[string]string // key on record by look-up hash, of those who were not known before
	// others turned out to be known by another key than the one on record.
	others []string
}

// recordEnvelopes grants the patients of envelopes, before these are stored, so
// that both reach the medium together. A patient who is new is recorded by the
// key that the envelope carries; see settle.
func (c *Clinic) recordEnvelopes(ctx context.Context, v *visit, envelopes []store.Envelope) (*submitters, error) {
	s := &submitters{visit: v, fresh: map[string]string{}}
	if c.settings.AccessLog == nil {
		return s, nil
	}
	keys := map[string]string{} // by look-up hash
	byUnit := map[string][]string{}
	for i := range envelopes {
		e := &envelopes[i]
		lookup := string(e.Identity.Lookup)
		key, seen := keys[lookup]
		if !seen {
			found, err := c.store.FindPatient(ctx, e.Identity.Lookup)
			if unlessNotFound(err) != nil {
				return nil, err
			}
			if key = found; err != nil {
				key = e.Identity.PatientKey
				s.fresh[lookup] = key
			}
			keys[lookup] = key
		}
		byUnit[e.Episode.CareUnit] = append(byUnit[e.Episode.CareUnit], key)
	}
	for _, unit := range slices.Sorted(maps.Keys(byUnit)) {
		v.patients(unit, byUnit[unit]...)
		s.unit = unit
	}
	return s, nil
}

// stored takes the word of a receipt for who the patient of an envelope is.
func (s *submitters) stored(e *store.Envelope, receipt *store.Receipt) {
	lookup := string(e.Identity.Lookup)
	if recorded, fresh := s.fresh[lookup]; fresh {
		delete(s.fresh, lookup)
		if receipt.PatientKey != recorded {
			s.others = append(s.others, receipt.PatientKey)
		}
	}
}

// settle looks who the new patients are after all: another call may have brought
// the same one at the same time, and then its key stands. Of those whose forms
// were stored a receipt has told it; the rest were refused.
func (s *submitters) settle(ctx context.Context) error {
	for lookup, recorded := range s.fresh {
		key, err := s.visit.clinic.store.FindPatient(ctx, []byte(lookup))
		if unlessNotFound(err) != nil {
			return err
		}
		if err == nil && key != recorded {
			s.others = append(s.others, key)
		}
	}
	if len(s.others) > 0 {
		s.visit.patients(s.unit, s.others...)
	}
	return nil
}

// owners finds whose episode it is, each only once. One that was erased
// meanwhile is nobody's.
type owners map[[2]string]string

func (o owners) add(ctx context.Context, st store.Episodes, careUnit, episodeID string) error {
	at := [2]string{careUnit, episodeID}
	if _, known := o[at]; known {
		return nil
	}
	episode, err := st.Episode(ctx, careUnit, episodeID)
	if err != nil {
		return unlessNotFound(err)
	}
	o[at] = episode.PatientKey
	return nil
}

func (o owners) keys() []string {
	keys := make([]string, 0, len(o))
	for _, key := range o {
		keys = append(keys, key)
	}
	return keys
}
