package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/painscore/painscore/server/store"
)

// history is the contract of what happens to forms and patients after they were
// stored, in its simplest form: a list of versions per form, and who is who.
type history struct {
	fixture
	*rapid.T
	t        *testing.T
	unit     string
	last     int64
	given    map[int64]bool                // change numbers that a reader could have been given
	patients map[string]string             // name → patient key, the same for two that were merged
	episodes map[string]string             // id → patient key
	forms    map[string][]store.Submission // id → versions
	erased   map[string]bool               // id
	erasures int
	plans    []store.RescorePlan
}

// checkHistory draws sequences of submits, amendments, moves, retractions,
// merges, erasures and flips that collide in every way, compares each reply,
// and then every read as of every change, and the feed with those reads.
func checkHistory(t *testing.T, s fixture) {
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		h := &history{
			fixture: s, T: r, t: t, unit: fmt.Sprintf("unit %06d of histories", run), given: map[int64]bool{}, patients: map[string]string{},
			episodes: map[string]string{}, forms: map[string][]store.Submission{}, erased: map[string]bool{},
		}
		acts := []func(){h.submit, h.submit, h.submit, h.amend, h.amend, h.amend, h.retract, h.merge, h.erase, h.flip}
		for range rapid.IntRange(1, 25).Draw(r, "calls") {
			acts[rapid.IntRange(0, len(acts)-1).Draw(r, "act")]()
			h.given[h.last] = true
		}
		h.checkReads()
	})
}

func (h *history) draw(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(h.T, what)
}

func (h *history) name() string { return h.unit + h.draw("person", "ada", "bob", "eve") }
func (h *history) id() string   { return h.draw("id", "1", "2", "3", "4") }

func (h *history) next() int64 {
	h.last++
	return h.last
}

func (h *history) key(name string) string { return cmp.Or(h.patients[name], "key of "+name) }

// form is a form with some content in some slot.
func (h *history) form(id string) store.Submission {
	f := form(h.draw("episode", "e", "E"), "hads", id)
	f.CareUnit, f.Occasion = h.unit, store.Occasion(h.draw("occasion", "baseline", "programme_end"))
	f.Mark = markOf(ref(f))
	return corrected(f, h.draw("content", "a", "b"))
}

// holder is the id of the form that holds a slot, empty if none does.
func (h *history) holder(slot store.Slot) string {
	for id, versions := range h.forms {
		if now := versions[len(versions)-1]; now.State == store.Live && now.Slot == slot {
			return id
		}
	}
	return ""
}

// agree compares a reply's error.
func (h *history) agree(what string, got, want error) bool {
	if !errors.Is(got, want) || (got == nil) != (want == nil) {
		h.Fatalf("%s: %v, want %v", what, got, want)
	}
	return want == nil
}

func (h *history) submit() {
	name, f := h.name(), h.form(h.id())
	owner, exists := h.episodes[f.EpisodeID]
	stranger := exists && owner != h.key(name)
	versions := h.forms[f.SubmissionID]
	var want error
	switch {
	case stranger:
		want = store.ErrOtherPatient
	case h.erased[f.SubmissionID]:
		want = store.ErrErased
	case len(versions) > 0 && (versions[0].Slot != f.Slot || string(versions[0].Digest) != string(f.Digest)):
		want = store.ErrIDReused
	case len(versions) == 0 && h.holder(f.Slot) != "":
		want = store.ErrSlotTaken
	}
	got, err := h.Submit(ctx, envelope(name, f))
	if !h.agree("submit", err, want) || len(versions) > 0 {
		return
	}
	h.patients[name] = h.key(name)
	if !exists {
		h.episodes[f.EpisodeID] = h.key(name)
		h.next()
	}
	if seq := h.next(); got.Forms[0].ChangeSeq != seq {
		h.Fatalf("submitted as change %d, want %d", got.Forms[0].ChangeSeq, seq)
	}
	h.forms[f.SubmissionID] = []store.Submission{got.Forms[0].Submission}
}

func (h *history) amend() {
	next, behind := h.form(h.id()), rapid.IntRange(0, 1).Draw(h.T, "behind")
	versions := h.forms[next.SubmissionID]
	read := int64(max(1, len(versions)-behind))
	var now store.Submission
	if len(versions) > 0 {
		now = versions[len(versions)-1]
	}
	holder := h.holder(next.Slot)
	replayed := false
	var want error
	switch {
	case len(versions) == 0 && h.erased[next.SubmissionID]:
		want = store.ErrErased
	case len(versions) == 0:
		want = store.ErrNotFound
	case now.State == store.Retracted:
		want = store.ErrRetracted
	case now.Version == read+1 && now.Slot == next.Slot && string(now.Digest) == string(next.Digest):
		replayed = true
	case now.Version != read:
		want = store.ErrStale
	case h.episodes[next.EpisodeID] == "":
		want = store.ErrEpisodeUnknown
	case h.episodes[next.EpisodeID] != h.episodes[now.EpisodeID]:
		want = store.ErrOtherPatient
	case holder != "" && holder != next.SubmissionID:
		want = store.ErrSlotTaken
	}
	got, err := h.Amend(ctx, next, read)
	if !h.agree("amend", err, want) {
		return
	}
	if got.Replayed != replayed {
		h.Fatalf("amend: replayed is %v", got.Replayed)
	}
	if replayed {
		return
	}
	if next.Slot != now.Slot {
		h.next()
	}
	if seq := h.next(); got.ChangeSeq != seq || got.Version != now.Version+1 {
		h.Fatalf("amended as change %d, want %d, version %d", got.ChangeSeq, seq, got.Version)
	}
	h.forms[next.SubmissionID] = append(versions, got.Submission)
}

func (h *history) retract() {
	f := with(form("", "hads", h.id()), func(f *store.Submission) { f.CareUnit = h.unit })
	versions := h.forms[f.SubmissionID]
	var want error
	switch {
	case len(versions) == 0 && h.erased[f.SubmissionID]:
		want = store.ErrErased
	case len(versions) == 0:
		want = store.ErrNotFound
	}
	got, err := h.Retract(ctx, ref(f), markOf(ref(f)), int64(len(versions)), withdrawal)
	if !h.agree("retract", err, want) {
		return
	}
	if done := versions[len(versions)-1].State == store.Retracted; done != got.Replayed {
		h.Fatalf("retract: replayed is %v", got.Replayed)
	}
	if !got.Replayed {
		h.next()
		h.forms[f.SubmissionID] = append(versions, got.Submission)
	}
}

func (h *history) merge() {
	of, add := h.name(), h.name()
	into, other := h.patients[of], h.patients[add]
	var want error
	if into == "" {
		want = store.ErrNotFound
	}
	got, err := h.Link(ctx, linkOf(of, add, true))
	if !h.agree("merge", err, want) {
		return
	}
	if got.Added != (other == "") || got.Merged != (other != "" && other != into) {
		h.Fatalf("linked: %+v", got)
	}
	h.patients[add] = into
	for name, key := range h.patients {
		if key == other {
			h.patients[name] = into
		}
	}
	for id, key := range h.episodes {
		if key == other {
			h.episodes[id] = into
		}
	}
}

func (h *history) erase() {
	key := h.key(h.name())
	known := slices.Contains(slices.Collect(maps.Values(h.patients)), key)
	var want error
	if !known {
		want = store.ErrNotFound
	}
	h.erasures++
	got, err := h.Erase(ctx, store.Erasure{ErasureID: fmt.Sprintf("%s %06d", h.unit, h.erasures), PatientKeys: []string{key}}, markOf)
	if !h.agree("erase", err, want) {
		return
	}
	maps.DeleteFunc(h.patients, func(_, of string) bool { return of == key })
	gone := map[string]bool{}
	for id, of := range h.episodes {
		gone[id] = of == key
	}
	maps.DeleteFunc(h.episodes, func(_, of string) bool { return of == key })
	count := store.Erasure{}
	for _, g := range gone {
		if g {
			count.Episodes++
		}
	}
	for id, versions := range h.forms {
		if gone[versions[0].EpisodeID] {
			h.erased[id] = true
			count.Submissions, count.Versions = count.Submissions+1, count.Versions+int64(len(versions))
			delete(h.forms, id)
		}
	}
	if count.Episodes > 0 {
		h.next()
	}
	if got.Episodes != count.Episodes || got.Submissions != count.Submissions || got.Versions != count.Versions {
		h.Fatalf("erased %+v, want %+v", got, count)
	}
}

// flip scores what is there anew, or turns an earlier plan over.
func (h *history) flip() {
	var held []store.Submission
	for _, id := range slices.Sorted(maps.Keys(h.forms)) {
		if now := h.forms[id][len(h.forms[id])-1]; now.State == store.Live && rapid.Bool().Draw(h.T, "hold") {
			held = append(held, now)
		}
	}
	if len(held) > 0 {
		h.plans = append(h.plans, staged(h.t, h.fixture, fmt.Sprint(h.unit, " plan ", len(h.plans)), held...))
	}
	if len(h.plans) == 0 {
		return
	}
	plan := rapid.SampledFrom(h.plans).Draw(h.T, "plan")
	_, err := h.FlipRescore(ctx, plan.PlanID, store.RescoreFlip{Applied: rapid.Bool().Draw(h.T, "applied"), At: at}, now(h.t, h.fixture, plan))
	if err != nil && !errors.Is(err, store.ErrStale) {
		h.Fatalf("flip: %v", err)
	}
	h.last = must(h.LastChange(ctx, h.unit))(h.t)
}

func (h *history) checkReads() {
	if last := must(h.LastChange(ctx, h.unit))(h.t); last != h.last {
		h.Fatalf("the last change is %d, want %d", last, h.last)
	}
	for id, versions := range h.forms {
		var want, got []store.Submission
		for _, v := range must(h.SubmissionVersions(ctx, h.unit, "ehr", id))(h.t) {
			got = append(got, v.Submission)
		}
		if want = versions; diff(want, got) != "" {
			h.Fatalf("versions of %s (-want +got):\n%s", id, diff(want, got))
		}
		newest := must(h.Submission(ctx, h.unit, "ehr", id))(h.t)
		if last := versions[len(versions)-1]; newest.Version != last.Version || newest.Slot != last.Slot || newest.State != last.State {
			h.Fatalf("the newest of %s is %+v, want %+v", id, newest, last)
		}
	}
	for asOf := range h.given {
		want := map[string]string{}
		for id, versions := range h.forms {
			for _, v := range versions {
				if v.ChangeSeq > asOf {
					break
				}
				want[id] = fmt.Sprint("version ", v.Version, " in ", v.Slot)
				if v.State != store.Live {
					delete(want, id)
				}
			}
		}
		got := map[string]string{}
		for _, e := range must(h.ListEpisodes(ctx, h.unit, "", 10))(h.t) {
			for _, f := range must(h.SubmissionsOfEpisode(ctx, h.unit, e.EpisodeID, asOf))(h.t) {
				got[f.SubmissionID] = fmt.Sprint("version ", f.Version, " in ", f.Slot)
			}
		}
		if asOf > 0 && diff(want, got) != "" {
			h.Fatalf("as of %d (-want +got):\n%s", asOf, diff(want, got))
		}
	}
	for name, key := range h.patients {
		if got := must(h.FindPatient(ctx, person(name).Lookup))(h.t); got != key {
			h.Fatalf("%s is %q, want %q", name, got, key)
		}
	}
	for id, key := range h.episodes {
		if got := must(h.Episode(ctx, h.unit, id))(h.t); got.PatientKey != key {
			h.Fatalf("episode %s is of %q, want %q", id, got.PatientKey, key)
		}
		trendAgrees(h.t, h.fixture, h.unit, id)
	}
	feedAgrees(h.t, h.fixture, h.unit)
}
