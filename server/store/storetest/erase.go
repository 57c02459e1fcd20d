package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// markOf is how the tests make a mark.
func markOf(r store.SubmissionRef) []byte {
	return fmt.Appendf(nil, "mark of %s/%s/%s", r.CareUnit, r.System, r.SubmissionID)
}

// marked is an envelope whose forms carry their marks.
func marked(e store.Envelope) store.Envelope {
	forms := make([]store.Submission, len(e.Forms))
	for i, f := range e.Forms {
		f.Mark = markOf(ref(f))
		forms[i] = f
	}
	e.Forms = forms
	return e
}

// erasing is the wish to erase somebody.
func erasing(id, who string) store.Erasure {
	return store.Erasure{ErasureID: id, PatientKeys: []string{"key of " + who}, Act: store.Act{By: "eve", At: later, Note: "court order"}}
}

func erase(t *testing.T, s store.Erasures, e store.Erasure) store.Erasure {
	t.Helper()
	erased, err := s.Erase(ctx, e, markOf)
	if err != nil {
		t.Fatalf("erase: %v", err)
	}
	return erased
}

// purge goes on until nothing is pending.
func purge(t *testing.T, s store.Erasures) store.Purge {
	t.Helper()
	for range 100 {
		if p := must(s.Purge(ctx, later))(t); p.Pending == 0 {
			return p
		}
	}
	t.Fatal("still pending")
	return store.Purge{}
}

// eventful gives a patient a history in two units: amended, moved, retracted,
// scored anew, shared, of two identities, and returns forms that are there now.
func eventful(t *testing.T, s fixture, who string) []store.Submission {
	t.Helper()
	e := "e of " + who
	put(t, s, episode(unit, "second "+e), who, 0)
	first := submit(t, s, envelope(who, form(e, "hads", "1 "+who), form(e, "pcs", "2 "+who), form(e, "isi", "3 "+who))).Forms
	elsewhere := submit(t, s, envelope(who, with(form(e, "hads", "4 "+who), func(f *store.Submission) { f.CareUnit = "SE-2" }))).Forms[0].Submission
	hads := amend(t, s, with(corrected(first[0].Submission, "a"), func(f *store.Submission) { f.EpisodeID = "second " + e }), 1)
	pcs := amend(t, s, corrected(first[1].Submission, "a"), 1)
	retract(t, s, first[2].Submission, 1)
	put(t, s, altered(episode(unit, e), func(e *store.Episode) { e.DropOutReason = "moved away" }), who, 1)
	share(t, s, store.Share{CareUnit: unit, EpisodeID: e, With: "SE-3", Shared: true, Act: store.Act{At: at}})
	coordinated(t, s, e)
	name(t, s, named(who, "name of "+who, 0))
	flip(t, s, staged(t, s, "plan of "+who, hads, elsewhere), true)
	link(t, s, linkOf(who, "other name of "+who, false))
	return []store.Submission{hads, pcs, elsewhere}
}

var eraseTests = map[string]func(*testing.T, fixture){
	"an erased patient is gone from every read, and everybody else is as before": func(t *testing.T, s fixture) {
		stay := eventful(t, s, "bob")
		gone := eventful(t, s, "ada")
		staying := by(t, s, 0, stay...)
		erase(t, s, erasing("1", "ada"))
		for _, who := range []string{"ada", "other name of ada"} {
			_, err := s.FindPatient(ctx, person(who).Lookup)
			isError(t, who, err, store.ErrNotFound)
		}
		if ids := must(s.IdentitiesOf(ctx, "key of ada"))(t); len(ids) != 0 {
			t.Errorf("identities: %+v", ids)
		}
		for _, careUnit := range []string{unit, "SE-2"} {
			if of := must(s.EpisodesOfPatient(ctx, careUnit, "key of ada"))(t); len(of) != 0 {
				t.Errorf("episodes: %+v", of)
			}
			for _, id := range []string{"e of ada", "second e of ada"} {
				_, err := s.EpisodeHistory(ctx, careUnit, id)
				isError(t, "history", err, store.ErrNotFound)
				for _, asOf := range []int64{0, 3, 6} {
					if forms := must(s.SubmissionsOfEpisode(ctx, careUnit, id, asOf))(t); len(forms) != 0 {
						t.Errorf("as of %d: %+v", asOf, forms)
					}
				}
			}
		}
		for _, f := range append(gone, form("e of ada", "isi", "3 ada")) {
			_, err := s.Submission(ctx, f.CareUnit, f.System, f.SubmissionID)
			isError(t, "by its id", err, store.ErrNotFound)
			_, err = s.SubmissionVersions(ctx, f.CareUnit, f.System, f.SubmissionID)
			isError(t, "versions", err, store.ErrNotFound)
		}
		if acts := must(s.Shares(ctx, unit, "e of ada"))(t); len(acts) != 0 {
			t.Errorf("shares: %+v", acts)
		}
		same(t, "the others", by(t, s, 0, stay...), staying)
		if of := must(s.SharedWith(ctx, "SE-3", "", "", 10))(t); len(of) != 1 || of[0].EpisodeID != "e of bob" {
			t.Errorf("shared with: %+v", of)
		}
		feedAgrees(t, s, unit)
		feedAgrees(t, s, "SE-2")
	},

	"the tombstone counts what went and names nobody": func(t *testing.T, s fixture) {
		eventful(t, s, "ada")
		put(t, s, episode(unit, "of eve"), "eve", 0)
		link(t, s, linkOf("eve", "kim", false))
		link(t, s, linkOf("ada", "eve", true))
		want := erasing("1", "ada")
		want.PatientKeys = []string{"key of ada", "key of eve"}
		want.At = kept(later)
		want.Identities, want.Episodes, want.Submissions, want.Versions = 4, 4, 4, 7
		same(t, "reply", erase(t, s, erasing("1", "ada")), want)
		same(t, "kept", must(s.Erasures(ctx, "", 10))(t), []store.Erasure{want})
	},

	"an erasure sent again gets the first result and writes nothing": func(t *testing.T, s fixture) {
		eventful(t, s, "ada")
		eventful(t, s, "bob")
		first := erase(t, s, erasing("1", "ada"))
		unchanged(t, s, func() {
			same(t, "again", erase(t, s, erasing("1", "ada")), first)
			same(t, "of another patient", erase(t, s, erasing("1", "bob")), first)
			_, err := s.Erase(ctx, erasing("2", "ada"), markOf)
			isError(t, "under another id", err, store.ErrNotFound)
			_, err = s.Erase(ctx, erasing("2", "nobody"), markOf)
			isError(t, "nobody", err, store.ErrNotFound)
			for _, bad := range []store.Erasure{{}, {ErasureID: "2"}, {PatientKeys: []string{"key of bob"}}} {
				if _, err := s.Erase(ctx, bad, markOf); err == nil {
					t.Errorf("erased: %+v", bad)
				}
			}
			for _, none := range [][]byte{nil, {}} {
				if _, err := s.Erase(ctx, erasing("2", "bob"), func(store.SubmissionRef) []byte { return none }); err == nil {
					t.Error("erased without marks: a late retry would store it again")
				}
			}
		})
		if key := must(s.FindPatient(ctx, person("bob").Lookup))(t); key != "key of bob" {
			t.Error(key)
		}
	},

	"a key that was given up in a merge erases nobody": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "of ada"), "ada", 0)
		put(t, s, episode(unit, "of bob"), "bob", 0)
		link(t, s, linkOf("ada", "bob", true))
		_, err := s.Erase(ctx, erasing("1", "bob"), markOf)
		isError(t, "given up", err, store.ErrNotFound)
	},

	"a late retry of what was erased is told so, whatever it is": func(t *testing.T, s fixture) {
		forms := append(eventful(t, s, "ada"), form("e of ada", "isi", "3 ada"))
		eventful(t, s, "bob")
		erase(t, s, erasing("1", "ada"))
		unchanged(t, s, func() {
			for _, f := range forms {
				_, err := s.Submit(ctx, marked(envelope("ada", f)))
				isError(t, "submit "+f.SubmissionID, err, store.ErrErased)
				f.Mark = markOf(ref(f))
				_, err = s.Amend(ctx, f, 1)
				isError(t, "amend "+f.SubmissionID, err, store.ErrErased)
				_, err = s.Retract(ctx, ref(f), f.Mark, 1, withdrawal)
				isError(t, "retract "+f.SubmissionID, err, store.ErrErased)
			}
			_, err := s.FindPatient(ctx, person("ada").Lookup)
			isError(t, "the patient", err, store.ErrNotFound)
		})
		fresh := submit(t, s, marked(envelope("ada", form("a new episode", "hads", "new"))))
		if fresh.Forms[0].Replayed || !fresh.EpisodeCreated {
			t.Errorf("somebody who comes back: %+v", fresh)
		}
	},

	"an erasure is one change of each unit concerned, and names what went by its numbers": func(t *testing.T, s fixture) {
		eventful(t, s, "bob")
		firsts := map[string][]int64{}
		eventful(t, s, "ada")
		for _, careUnit := range []string{unit, "SE-2"} {
			for _, c := range feed(t, s, careUnit, 100) {
				if id := c.Submission.SubmissionID; c.Kind == store.ChangeSubmitted && id[len(id)-3:] == "ada" {
					firsts[careUnit] = append(firsts[careUnit], c.ChangeSeq)
				}
			}
		}
		before := map[string]int64{unit: must(s.LastChange(ctx, unit))(t), "SE-2": must(s.LastChange(ctx, "SE-2"))(t)}
		erase(t, s, erasing("1", "ada"))
		for careUnit, last := range before {
			want := store.Change{
				Kind: store.ChangeErased, ChangeSeq: last + 1, ErasedChanges: firsts[careUnit],
				Act: store.Act{By: "eve", At: kept(later), Note: "court order"},
			}
			same(t, "the feed of "+careUnit, feedAfter(t, s, careUnit, last, "", 1), []store.Change{want})
			for _, c := range feed(t, s, careUnit, 3) {
				if id := c.Submission.SubmissionID; len(id) > 3 && id[len(id)-3:] == "ada" {
					t.Errorf("the feed still tells of %s", id)
				}
			}
			if now := must(s.LastChange(ctx, careUnit))(t); now != last+1 {
				t.Errorf("%s: changes up to %d, were %d", careUnit, now, last)
			}
		}
	},

	"erasures come oldest first, by pages": func(t *testing.T, s fixture) {
		var want []store.Erasure
		for i := range 5 {
			who := fmt.Sprint("p", i)
			put(t, s, episode(unit, "of "+who), who, 0)
			// Named as callers like, which is not in order.
			e := erasing(fmt.Sprint("id ", i*3%5), who)
			e.At = e.At.Add(time.Duration(i/2) * time.Hour)
			want = append(want, erase(t, s, e))
		}
		slices.SortFunc(want, func(a, b store.Erasure) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ErasureID, b.ErasureID))
		})
		for _, limit := range []int{1, 2, 5, 9} {
			var got []store.Erasure
			for after := ""; ; after = got[len(got)-1].ErasureID {
				page := must(s.Erasures(ctx, after, limit))(t)
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
			}
			same(t, fmt.Sprint("by ", limit), got, want)
		}
		if none := must(s.Erasures(ctx, "", -1))(t); len(none) != 0 {
			t.Errorf("less than none: %+v", none)
		}
	},

	"a purge notes when nothing was left, once": func(t *testing.T, s fixture) {
		if p := must(s.Purge(ctx, later))(t); p.Pending != 0 {
			t.Errorf("before any: %+v", p)
		}
		eventful(t, s, "ada")
		erase(t, s, erasing("1", "ada"))
		if all := must(s.Erasures(ctx, "", 10))(t); !all[0].PurgedAt.IsZero() {
			t.Errorf("purged at %v before a purge", all[0].PurgedAt)
		}
		purge(t, s)
		eventful(t, s, "bob")
		erase(t, s, erasing("2", "bob"))
		for range 100 {
			if p := must(s.Purge(ctx, later.Add(1000)))(t); p.Pending == 0 {
				break
			}
		}
		all := must(s.Erasures(ctx, "", 10))(t)
		if len(all) != 2 || !all[0].PurgedAt.Equal(kept(later)) || !all[1].PurgedAt.Equal(kept(later.Add(1000))) {
			t.Errorf("%+v", all)
		}
		same(t, "the first again", erase(t, s, erasing("1", "ada")), all[0])
	},

	"a plan whose forms were erased before it was applied is stale, one that is applied can be reverted": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		applied := staged(t, s, "applied", forms...)
		flip(t, s, applied, true)
		staged(t, s, "waiting", forms...)
		since := now(t, s, applied)
		erase(t, s, erasing("1", "patient 0"))
		_, err := s.FlipRescore(ctx, "waiting", store.RescoreFlip{Applied: true}, since)
		isError(t, "apply", err, store.ErrStale)
		isError(t, "stage", s.StageRescore(ctx, "waiting", anew("waiting", forms[0])), store.ErrStale)
		flip(t, s, applied, false)
		same(t, "counts by", by(t, s, 0, forms[1:]...), []string{"", ""})
	},

	"while a patient is erased, submits and amendments go on and leave nothing of what went": func(t *testing.T, s fixture) {
		for round := range 6 {
			who := fmt.Sprint("p", round)
			held := submit(t, s, marked(envelope(who, form("e of "+who, "hads", "held "+who)))).Forms[0].Submission
			held.Mark = markOf(ref(held))
			together(func(i int) {
				switch {
				case i == 0:
					must(s.Erase(ctx, erasing(who, who), markOf))(t)
				case i%2 == 0:
					_, err := s.Amend(ctx, corrected(held, fmt.Sprint(i)), 1)
					if err != nil && !errors.Is(err, store.ErrStale) && !errors.Is(err, store.ErrErased) {
						t.Error(err)
					}
				default:
					f := form("e of "+who, fmt.Sprint("i", i), fmt.Sprint(who, " ", i))
					f.CareUnit = []string{unit, "SE-2"}[i/2%2]
					must(s.Submit(ctx, marked(envelope(who, f))))(t)
				}
			})
			_, err := s.Submission(ctx, unit, "ehr", "held "+who)
			isError(t, "what was there", err, store.ErrNotFound)
			// Who submitted after it is a new patient, whole.
			key, err := s.FindPatient(ctx, person(who).Lookup)
			for _, careUnit := range []string{unit, "SE-2"} {
				e, missing := s.Episode(ctx, careUnit, "e of "+who)
				if missing == nil && (err != nil || e.PatientKey != key) {
					t.Errorf("an episode of %q, the patient is %q (%v)", e.PatientKey, key, err)
				}
				if forms := must(s.SubmissionsOfEpisode(ctx, careUnit, "e of "+who, 0))(t); missing != nil && len(forms) != 0 {
					t.Errorf("forms without an episode: %+v", forms)
				}
			}
		}
		feedAgrees(t, s, unit)
	},
}
