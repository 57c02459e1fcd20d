package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// later is when corrections are made.
var later = at.Add(48 * time.Hour)

// corrected is a form as somebody sends it again: other answers, another digest.
func corrected(f store.Submission, answers string) store.Submission {
	f.Answers, f.Scores, f.Digest = answers, "total of "+answers, []byte("digest of "+answers)
	f.Changed = store.Act{By: "bob", At: later, Note: "why " + answers}
	return f
}

// amend makes the version after f and returns it.
func amend(t *testing.T, s store.Corrections, next store.Submission, readVersion int64) store.Submission {
	t.Helper()
	stored, err := s.Amend(ctx, next, readVersion)
	if err != nil {
		t.Fatalf("amend %s: %v", next.SubmissionID, err)
	}
	if stored.Replayed {
		t.Errorf("amend %s: replayed", next.SubmissionID)
	}
	return stored.Submission
}

// inEpisode is what a read of an episode gives, as of a change.
func inEpisode(t *testing.T, s store.Submissions, episodeID string, asOf int64) []store.Submission {
	t.Helper()
	return must(s.SubmissionsOfEpisode(ctx, unit, episodeID, asOf))(t)
}

// unchanged runs f and checks that the unit's changes are as before.
func unchanged(t *testing.T, s store.Submissions, f func()) {
	t.Helper()
	before := must(s.LastChange(ctx, unit))(t)
	f()
	if after := must(s.LastChange(ctx, unit))(t); after != before {
		t.Errorf("something was written: changes up to %d, were %d", after, before)
	}
}

var moves = map[string]func(*store.Submission){
	"another occasion":   func(f *store.Submission) { f.Occasion = store.ProgrammeEnd },
	"another label":      func(f *store.Submission) { f.Occasion, f.OccasionLabel = store.OtherOccasion, "week 4" },
	"another respondent": func(f *store.Submission) { f.Respondent = store.Relative },
	"another episode":    func(f *store.Submission) { f.EpisodeID = "e2" },
}

var amendTests = map[string]func(*testing.T, fixture){
	"a submission is named by the episode that it was first stored in, whatever became of it": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e2"), "ada", 0)
		stored := submit(t, s, envelope("ada", form("e", "hads", "z"), form("e", "pcs", "a"), form("e", "isi", "m"))).Forms
		submit(t, s, envelope("ada", with(form("e", "hads", "z"), func(f *store.Submission) { f.CareUnit = "SE-2" })))
		submit(t, s, envelope("ada", with(form("e", "hads", "z"), func(f *store.Submission) { f.System, f.Occasion = "other", store.ProgrammeEnd })))
		amend(t, s, with(corrected(stored[0].Submission, "a"), func(f *store.Submission) { f.EpisodeID = "e2" }), 1)
		retract(t, s, stored[1].Submission, 1)
		refs := func(system, id string) store.SubmissionRef {
			return store.SubmissionRef{CareUnit: unit, System: system, SubmissionID: id}
		}
		same(t, "refs", must(s.SubmissionRefs(ctx, unit, "e"))(t), []store.SubmissionRef{refs("ehr", "z"), refs("ehr", "a"), refs("ehr", "m"), refs("other", "z")})
		if none := must(s.SubmissionRefs(ctx, unit, "e2"))(t); len(none) != 0 {
			t.Errorf("moved there: %+v", none)
		}
	},

	"an amendment is the next version, every field of it, and the first one stays readable": func(t *testing.T, s fixture) {
		var full store.Submission
		fill(&full)
		first := submit(t, s, envelope("ada", with(full, func(f *store.Submission) { f.Warnings = "first" }))).Forms[0].Submission

		fill(&full)
		full.Slot = first.Slot
		full.Scores, full.Answers, full.Digest, full.Assisted, full.Warnings = "other", "others", []byte{9}, false, "others"
		full.Changed = store.Act{By: "bob", At: later, Note: "typing error"}
		got := amend(t, s, full, 1)

		want := full
		want.Version, want.ChangeSeq, want.RecordedAt, want.State, want.Mark = 2, first.ChangeSeq+1, kept(later), store.Live, nil
		want.EpisodeCreated, want.Warnings, want.RescorePlan, want.RescoredSeq = true, "first", "", 0
		want.Changed.At = kept(later)
		same(t, "reply", got, want)
		same(t, "newest", must(s.Submission(ctx, full.CareUnit, full.System, full.SubmissionID))(t), want)
		same(t, "versions", must(s.SubmissionVersions(ctx, full.CareUnit, full.System, full.SubmissionID))(t),
			[]store.SubmissionVersion{{Submission: first, Live: true}, {Submission: want, Live: true}})
		same(t, "of the episode", must(s.SubmissionsOfEpisode(ctx, full.CareUnit, full.EpisodeID, 0))(t), []store.Submission{want})
		same(t, "as of the first", must(s.SubmissionsOfEpisode(ctx, full.CareUnit, full.EpisodeID, first.ChangeSeq))(t), []store.Submission{first})
	},

	"versions count up by one, however often a form is amended and moved": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e2"), "ada", 0)
		now := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		want := []store.SubmissionVersion{{Submission: now, Live: true}}
		for i, place := range []func(*store.Submission){
			moves["another occasion"], func(*store.Submission) {}, moves["another episode"], moves["another respondent"],
			func(f *store.Submission) { f.Slot = form("e", "hads", "1").Slot }, moves["another label"],
		} {
			now = amend(t, s, with(corrected(now, fmt.Sprint("a", i)), place), int64(i+1))
			if now.Version != int64(i+2) {
				t.Errorf("version %d after %d", now.Version, i+1)
			}
			want = append(want, store.SubmissionVersion{Submission: now, Live: true})
		}
		same(t, "versions", must(s.SubmissionVersions(ctx, unit, "ehr", "1"))(t), want)
		same(t, "newest", must(s.Submission(ctx, unit, "ehr", "1"))(t), now)
	},

	"a form moves to another slot and frees the old one in the same moment": func(t *testing.T, s fixture) {
		for name, move := range moves {
			t.Run(name, func(t *testing.T) {
				e := "e of " + name
				first := submit(t, s, envelope("ada", form(e, "hads", name))).Forms[0].Submission
				if _, err := s.Episode(ctx, unit, "e2"); err != nil {
					put(t, s, episode(unit, "e2"), "ada", 0)
				}
				before := must(s.LastChange(ctx, unit))(t)
				there := amend(t, s, with(corrected(first, "a"), move), 1)
				if last := must(s.LastChange(ctx, unit))(t); last != there.ChangeSeq {
					t.Errorf("the form has change %d, the unit %d", there.ChangeSeq, last)
				}
				same(t, "before", inEpisode(t, s, e, before), []store.Submission{first})
				same(t, "there", inEpisode(t, s, there.EpisodeID, 0), []store.Submission{there})
				same(t, "as of its change", inEpisode(t, s, there.EpisodeID, there.ChangeSeq), []store.Submission{there})
				if there.EpisodeID != e && len(inEpisode(t, s, e, there.ChangeSeq)) != 0 {
					t.Error("the old slot is held as well")
				}
				same(t, "of the instrument", mine(t, s, there.SubmissionID), []store.Submission{there})
				second := submit(t, s, envelope("ada", form(e, "hads", "after "+name))).Forms[0]
				if second.Replayed || second.Version != 1 {
					t.Errorf("in the old slot: %+v", second)
				}
				_, err := s.Submit(ctx, envelope("ada", with(form(e, "hads", "too late for "+name), func(f *store.Submission) { f.Slot = there.Slot })))
				isError(t, "the new slot", err, store.ErrSlotTaken)
			})
		}
	},

	"a form may come back to a slot that it left": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		away := amend(t, s, with(corrected(first, "a"), moves["another occasion"]), 1)
		back := amend(t, s, corrected(first, "b"), 2)
		for seq, want := range map[int64]store.Submission{first.ChangeSeq: first, away.ChangeSeq: away, back.ChangeSeq: back, 0: back} {
			same(t, fmt.Sprint("as of ", seq), inEpisode(t, s, "e", seq), []store.Submission{want})
		}
	},

	"an amendment sent again is replayed, from the next version on it is stale": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		sent := with(corrected(first, "a"), moves["another occasion"])
		second := amend(t, s, sent, 1)
		unchanged(t, s, func() {
			again := with(sent, func(f *store.Submission) { f.Changed = store.Act{By: "eve", At: later.Add(time.Hour)} })
			same(t, "again", must(s.Amend(ctx, again, 1))(t), store.StoredForm{Submission: second, Replayed: true, Newest: 2, NewestState: store.Live})
			for name, other := range map[string]store.Submission{
				"another content": with(sent, func(f *store.Submission) { f.Digest = []byte("x") }),
				"another slot":    with(sent, moves["another label"]),
			} {
				_, err := s.Amend(ctx, other, 1)
				isError(t, name, err, store.ErrStale)
			}
		})
		amend(t, s, corrected(second, "b"), 2)
		unchanged(t, s, func() {
			for _, read := range []int64{-1, 0, 1, 2, 4} {
				_, err := s.Amend(ctx, sent, read)
				isError(t, fmt.Sprint("made from version ", read), err, store.ErrStale)
			}
		})
	},

	"a retry of the submit gets the first version, also after the form has moved": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		amend(t, s, with(corrected(first, "a"), moves["another occasion"]), 1)
		again := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0]
		if !again.Replayed {
			t.Error("stored again")
		}
		same(t, "first version", again.Submission, first)
	},

	"an amendment that is refused writes nothing": func(t *testing.T, s fixture) {
		submit(t, s, envelope("bob", form("of bob", "hads", "b")))
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		end := submit(t, s, envelope("ada", with(form("e", "hads", "end"), moves["another occasion"]))).Forms[0].Submission
		gone := submit(t, s, envelope("ada", form("e", "pcs", "gone"))).Forms[0].Submission
		retract(t, s, gone, 1)
		to := func(f store.Submission, change func(*store.Submission)) store.Submission {
			return with(corrected(f, "a"), change)
		}
		for name, c := range map[string]struct {
			next store.Submission
			read int64
			want error
		}{
			"an unknown id":               {to(first, func(f *store.Submission) { f.SubmissionID = "2" }), 1, store.ErrNotFound},
			"another system's id":         {to(first, func(f *store.Submission) { f.System = "app" }), 1, store.ErrNotFound},
			"another unit's id":           {to(first, func(f *store.Submission) { f.CareUnit = "SE-2" }), 1, store.ErrNotFound},
			"a retracted form":            {to(gone, func(*store.Submission) {}), 2, store.ErrRetracted},
			"a retracted form, stale":     {to(gone, func(*store.Submission) {}), 1, store.ErrRetracted},
			"stale before all of a slot":  {to(first, func(f *store.Submission) { f.EpisodeID = "nowhere" }), 2, store.ErrStale},
			"an unknown episode":          {to(first, func(f *store.Submission) { f.EpisodeID = "nowhere" }), 1, store.ErrEpisodeUnknown},
			"another patient's, and held": {to(first, func(f *store.Submission) { f.EpisodeID = "of bob" }), 1, store.ErrOtherPatient},
			"a slot that is held":         {to(first, func(f *store.Submission) { f.Slot = end.Slot }), 1, &store.SlotTakenError{Instrument: "hads", HeldBy: "end", HeldBySystem: "ehr"}},
		} {
			unchanged(t, s, func() {
				got, err := s.Amend(ctx, c.next, c.read)
				if c.want == nil || diff(describe([]error{c.want}), describe([]error{err})) != "" {
					t.Errorf("%s: %v, want %v", name, err, c.want)
				}
				same(t, name+": what came beside the error", got, store.StoredForm{})
			})
		}
		for name, change := range map[string]func(*store.Submission){
			"another instrument": func(f *store.Submission) { f.Instrument = "pcs" },
			"no digest":          func(f *store.Submission) { f.Digest = nil },
			"no episode":         func(f *store.Submission) { f.EpisodeID = "" },
			"a zero in a note":   func(f *store.Submission) { f.Changed.Note = "\x00" },
		} {
			unchanged(t, s, func() {
				if _, err := s.Amend(ctx, to(first, change), 1); err == nil {
					t.Errorf("%s: stored", name)
				}
			})
		}
		same(t, "the form", must(s.Submission(ctx, unit, "ehr", "1"))(t), first)
	},

	"what is the store's to set is set by the store": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		forged := with(corrected(first, "a"), func(f *store.Submission) {
			f.Version, f.ChangeSeq, f.EpisodeCreated, f.State, f.RescorePlan, f.RescoredSeq = 7, 700, false, store.Retracted, "p", 7
			f.Warnings, f.RecordedAt = "forged", at.Add(time.Hour)
		})
		got := amend(t, s, forged, 1)
		want := corrected(first, "a")
		want.Version, want.ChangeSeq, want.RecordedAt, want.Changed.At = 2, first.ChangeSeq+1, kept(later), kept(later)
		same(t, "reply", got, want)
	},

	"what was scored anew of the version before counts no longer, moved or not": func(t *testing.T, s fixture) {
		forms := threeForms(t, s)
		plan := staged(t, s, "p", forms...)
		flip(t, s, plan, true)
		stays := amend(t, s, corrected(forms[0], "a"), 1)
		moves := amend(t, s, with(corrected(forms[1], "b"), moves["another occasion"]), 1)
		same(t, "counts by", by(t, s, 0, stays, moves, forms[2]), []string{"", "", "p"})
		same(t, "in the old slot", by(t, s, 0, forms[1]), []string{"absent"})
		same(t, "as of then", by(t, s, stays.ChangeSeq-1, forms[:2]...), []string{"p", "p"})
		flip(t, s, plan, false)
		flip(t, s, plan, true)
		same(t, "flipped to and fro", by(t, s, 0, stays, moves, forms[2]), []string{"", "", "p"})
		versions := must(s.SubmissionVersions(ctx, unit, "ehr", "2"))(t)
		if len(versions) != 2 || len(versions[0].Rescored) != 1 || len(versions[1].Rescored) != 0 {
			t.Errorf("versions: %+v", versions)
		}
	},

	"a plan is stale where one of its forms was amended, moved or retracted since": func(t *testing.T, s fixture) {
		for name, change := range map[string]func(store.Submission){
			"amended":   func(f store.Submission) { amend(t, s, corrected(f, "a"), 1) },
			"moved":     func(f store.Submission) { amend(t, s, with(corrected(f, "a"), moves["another occasion"]), 1) },
			"retracted": func(f store.Submission) { retract(t, s, f, 1) },
		} {
			f := submit(t, s, envelope("ada", form(name, "hads", name))).Forms[0].Submission
			other := submit(t, s, envelope("ada", form(name, "pcs", name+" other"))).Forms[0].Submission
			plan := staged(t, s, name, f)
			since := now(t, s, plan)
			amend(t, s, corrected(other, "a"), 1) // not of the plan
			if _, err := s.FlipRescore(ctx, name, store.RescoreFlip{Applied: true}, since); err != nil {
				t.Errorf("%s: another form was amended: %v", name, err)
			}
			flip(t, s, plan, false)
			since = now(t, s, plan)
			change(f)
			_, err := s.FlipRescore(ctx, name, store.RescoreFlip{Applied: true}, since)
			isError(t, name, err, store.ErrStale)
		}
	},

	"a form's newest version can be scored anew after it moved, what gave the slot free cannot": func(t *testing.T, s fixture) {
		first := submit(t, s, envelope("ada", form("e", "hads", "1"))).Forms[0].Submission
		there := amend(t, s, with(corrected(first, "a"), moves["another occasion"]), 1)
		plan := staged(t, s, "p", there)
		flip(t, s, plan, true)
		same(t, "counts by", by(t, s, 0, there), []string{"p"})
		tombstone := retract(t, s, there, 2)
		other := planFor("q", []store.Submission{tombstone})
		if err := s.KeepRescorePlan(ctx, other); err != nil {
			t.Fatal(err)
		}
		isError(t, "a tombstone", s.StageRescore(ctx, "q", anew("q", tombstone)), store.ErrStale)
	},
}

// mine returns, of what reads of an instrument give, the submission with an id.
func mine(t *testing.T, s store.Rescores, submissionID string) []store.Submission {
	t.Helper()
	all, _, err := s.InstrumentSubmissions(ctx, unit, "hads", "", 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	var mine []store.Submission
	for _, f := range all {
		if f.SubmissionID == submissionID {
			mine = append(mine, f)
		}
	}
	return mine
}
