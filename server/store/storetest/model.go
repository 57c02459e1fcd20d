package storetest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/server/store"
)

// model is the contract in its simplest form: maps in memory, one call at a
// time, no thought of speed.
type model struct {
	unit     string
	last     int64
	patients map[string]string          // look-up hash → patient key
	episodes map[string][]store.Episode // id → versions
	forms    map[string]store.Submission
	slots    map[store.Slot]string // → key in forms
}

func newModel(unit string) *model {
	return &model{
		unit: unit, patients: map[string]string{}, episodes: map[string][]store.Episode{},
		forms: map[string]store.Submission{}, slots: map[store.Slot]string{},
	}
}

// clone is a model to try something on. Histories of episodes only grow, so the
// slices may be shared.
func (m *model) clone() *model {
	c := *m
	c.patients, c.episodes, c.forms, c.slots = maps.Clone(m.patients), maps.Clone(m.episodes), maps.Clone(m.forms), maps.Clone(m.slots)
	for id, versions := range c.episodes {
		c.episodes[id] = slices.Clip(versions)
	}
	return &c
}

func formKey(f store.Submission) string { return f.System + "\x00" + f.SubmissionID }

func (m *model) person(id store.Identity) string {
	return cmp.Or(m.patients[string(id.Lookup)], id.PatientKey)
}

func (m *model) next() int64 {
	m.last++
	return m.last
}

func (m *model) addEpisode(e store.Episode, id store.Identity) store.Episode {
	e.PatientKey = m.person(id)
	m.patients[string(id.Lookup)] = e.PatientKey
	e.Version, e.ChangeSeq, e.RecordedAt = int64(len(m.episodes[e.EpisodeID])+1), m.next(), kept(e.RecordedAt)
	m.episodes[e.EpisodeID] = append(m.episodes[e.EpisodeID], e)
	return e
}

func (m *model) put(e store.Episode, id store.Identity, read int64) (store.Episode, error) {
	versions := m.episodes[e.EpisodeID]
	switch {
	case len(versions) > 0 && versions[0].PatientKey != m.person(id):
		return store.Episode{}, store.ErrOtherPatient
	case int64(len(versions)) != read:
		return store.Episode{}, store.ErrStale
	}
	return m.addEpisode(e, id), nil
}

func (m *model) submit(e store.Envelope) (store.Receipt, []error) {
	var errs []error
	versions := m.episodes[e.Episode.EpisodeID]
	stranger := len(versions) > 0 && versions[0].PatientKey != m.person(e.Identity)
	if stranger {
		errs = append(errs, store.ErrOtherPatient)
	}
	if len(versions) == 0 && !e.MayCreateEpisode {
		errs = append(errs, store.ErrEpisodeUnknown)
	}
	// The forms are tried in turn on copies, which an error throws away.
	forms, slots := maps.Clone(m.forms), maps.Clone(m.slots)
	var replayed []bool
	for i, f := range e.Forms {
		old, known := forms[formKey(f)]
		holder, taken := slots[f.Slot]
		replayed = append(replayed, known)
		_, before := m.forms[formKey(f)]
		switch {
		case known && (old.Slot != f.Slot || !bytes.Equal(old.Digest, f.Digest) || before && stranger):
			errs = append(errs, &store.FormError{Form: i, Err: store.ErrIDReused})
		case known:
		case taken:
			errs = append(errs, &store.SlotTakenError{Form: i, Instrument: f.Instrument, HeldBy: forms[holder].SubmissionID, HeldBySystem: forms[holder].System})
		default:
			forms[formKey(f)], slots[f.Slot] = f, formKey(f)
		}
	}
	if len(errs) > 0 {
		return store.Receipt{}, errs
	}
	created := len(versions) == 0
	_, known := m.patients[string(e.Identity.Lookup)]
	receipt := store.Receipt{PatientKey: m.person(e.Identity), PatientIsNew: !known}
	if created {
		m.addEpisode(e.Episode, e.Identity)
	}
	for i, f := range e.Forms {
		if !replayed[i] {
			f.Version, f.ChangeSeq, f.EpisodeCreated, f.RecordedAt = 1, m.next(), created, kept(f.RecordedAt)
			f.State, f.Changed.At, f.Mark = store.Live, f.RecordedAt, nil
			m.forms[formKey(f)], m.slots[f.Slot] = f, formKey(f)
		}
		stored := m.forms[formKey(f)]
		reply := store.StoredForm{Submission: stored, Replayed: replayed[i]}
		if reply.Replayed {
			reply.Newest, reply.NewestState = stored.Version, stored.State
		}
		receipt.Forms = append(receipt.Forms, reply)
		receipt.EpisodeCreated = receipt.EpisodeCreated || stored.EpisodeCreated
	}
	return receipt, nil
}

func (m *model) submissionsOf(episodeID string, asOf int64) []store.Submission {
	all := []store.Submission{}
	for _, f := range m.forms {
		if f.EpisodeID == episodeID && (asOf == 0 || f.ChangeSeq <= asOf) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b store.Submission) int {
		return cmp.Or(cmp.Compare(a.Occasion, b.Occasion), cmp.Compare(a.OccasionLabel, b.OccasionLabel),
			cmp.Compare(a.Instrument, b.Instrument), cmp.Compare(a.Respondent, b.Respondent))
	})
	return all
}

// checkModel draws sequences of calls from alphabets so small that calls
// collide in every way, and compares each reply, and then every read.
func checkModel(t *testing.T, s fixture) {
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		m := newModel(fmt.Sprintf("unit %06d", run))
		for range rapid.IntRange(1, 25).Draw(r, "calls") {
			if rapid.IntRange(0, 3).Draw(r, "kind") == 0 {
				m.checkPut(r, s)
			} else {
				m.checkSubmit(r, s)
			}
		}
		m.checkReads(r, s)
	})
}

func (m *model) drawIdentity(r *rapid.T) store.Identity {
	return person(m.unit + rapid.SampledFrom([]string{"ada", "bob", "eve"}).Draw(r, "person"))
}

func drawEpisode(r *rapid.T) string {
	return rapid.SampledFrom([]string{"e", "E", "é"}).Draw(r, "episode")
}

func (m *model) checkPut(r *rapid.T, s fixture) {
	e := episode(m.unit, drawEpisode(r))
	e.Cohort = rapid.SampledFrom([]string{"", "spring"}).Draw(r, "cohort")
	identity := m.drawIdentity(r)
	read := max(0, int64(len(m.episodes[e.EpisodeID]))-int64(rapid.IntRange(0, 1).Draw(r, "behind")))
	want, wantErr := m.put(e, identity, read)
	got, err := s.PutEpisode(ctx, e, identity, read)
	if got != want || !errors.Is(err, wantErr) {
		r.Fatalf("put episode: got %+v %v, want %+v %v", got, err, want, wantErr)
	}
}

func (m *model) drawEnvelope(r *rapid.T) store.Envelope {
	id := drawEpisode(r)
	var forms []store.Submission
	for range rapid.IntRange(1, 3).Draw(r, "forms") {
		f := form(id, rapid.SampledFrom([]string{"hads", "pcs"}).Draw(r, "instrument"), fmt.Sprint(rapid.IntRange(1, 6).Draw(r, "id")))
		f.CareUnit = m.unit
		f.System = rapid.SampledFrom([]string{"ehr", "app"}).Draw(r, "system")
		f.Occasion = rapid.SampledFrom([]store.Occasion{store.Baseline, store.ProgrammeEnd, store.OtherOccasion}).Draw(r, "occasion")
		if f.Occasion == store.OtherOccasion {
			f.OccasionLabel = rapid.SampledFrom([]string{"a", "B"}).Draw(r, "label")
		}
		f.Respondent = rapid.SampledFrom([]store.Respondent{store.Patient, store.Relative}).Draw(r, "respondent")
		f.Digest = rapid.SampledFrom([][]byte{{1}, {1, 0}}).Draw(r, "digest")
		forms = append(forms, f)
	}
	return store.Envelope{
		Identity: m.drawIdentity(r), Episode: episode(m.unit, id), Forms: forms,
		MayCreateEpisode: rapid.Bool().Draw(r, "may create"),
	}
}

func (m *model) checkSubmit(r *rapid.T, s fixture) {
	e := m.drawEnvelope(r)
	want, wantErrs := m.submit(e)
	got, err := s.Submit(ctx, e)
	if diff := diff(want, got); diff != "" {
		r.Fatalf("receipt (-want +got):\n%s", diff)
	}
	if diff := diff(describe(orNone(wantErrs)), describe(refusals(err))); diff != "" {
		r.Fatalf("errors (-want +got):\n%s", diff)
	}
}

func (m *model) checkReads(r *rapid.T, s fixture) {
	check := func(what string, got any, err error, want any) {
		if d := diff(want, got); d != "" || err != nil {
			r.Fatalf("%s: error %v (-want +got):\n%s", what, err, d)
		}
	}
	last, err := s.LastChange(ctx, m.unit)
	check("last change", last, err, m.last)
	ids := slices.Sorted(maps.Keys(m.episodes))
	current := []store.Episode{}
	for _, id := range ids {
		versions := m.episodes[id]
		current = append(current, versions[len(versions)-1])
		history, err := s.EpisodeHistory(ctx, m.unit, id)
		check("history", history, err, versions)
		for _, asOf := range []int64{0, rapid.Int64Range(1, max(1, m.last)).Draw(r, "as of")} {
			forms, err := s.SubmissionsOfEpisode(ctx, m.unit, id, asOf)
			check(fmt.Sprint("submissions as of ", asOf), forms, err, m.submissionsOf(id, asOf))
		}
	}
	listed, err := s.ListEpisodes(ctx, m.unit, "", 100)
	check("list", append([]store.Episode{}, listed...), err, current)
	for lookup, key := range m.patients {
		got, err := s.FindPatient(ctx, []byte(lookup))
		check("patient", got, err, key)
		of, err := s.EpisodesOfPatient(ctx, m.unit, key)
		check("episodes of a patient", append([]store.Episode{}, of...), err,
			slices.DeleteFunc(slices.Clone(current), func(e store.Episode) bool { return e.PatientKey != key }))
	}
	for _, f := range m.forms {
		got, err := s.Submission(ctx, m.unit, f.System, f.SubmissionID)
		check("submission", got, err, f)
	}
}
