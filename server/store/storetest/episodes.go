package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/painscore/painscore/server/store"
)

func put(t *testing.T, s store.Episodes, e store.Episode, who string, read int64) store.Episode {
	t.Helper()
	written, err := s.PutEpisode(ctx, e, person(who), read)
	if err != nil {
		t.Fatalf("put episode: %v", err)
	}
	return written
}

var episodeTests = map[string]func(*testing.T, fixture){
	"what was put is read back, every field of it": func(t *testing.T, s fixture) {
		var full store.Episode
		fill(&full)
		written := put(t, s, full, "ada", 0)
		want := full
		want.PatientKey, want.Version, want.ChangeSeq, want.RecordedAt, want.TestPatient = "key of ada", 1, 1, kept(full.RecordedAt), false
		same(t, "reply", written, want)
		same(t, "episode", must(s.Episode(ctx, full.CareUnit, full.EpisodeID))(t), want)
		same(t, "history", must(s.EpisodeHistory(ctx, full.CareUnit, full.EpisodeID))(t), []store.Episode{want})
		same(t, "of the patient", must(s.EpisodesOfPatient(ctx, full.CareUnit, "key of ada"))(t), []store.Episode{want})
		same(t, "list", must(s.ListEpisodes(ctx, full.CareUnit, "", 10))(t), []store.Episode{want})
	},

	"an episode made by an envelope has every field too": func(t *testing.T, s fixture) {
		var full store.Episode
		fill(&full)
		f := with(form(full.EpisodeID, "hads", "1"), func(f *store.Submission) { f.CareUnit = full.CareUnit })
		e := envelope("ada", f)
		e.Episode = full
		submit(t, s, e)
		want := full
		want.PatientKey, want.Version, want.ChangeSeq, want.RecordedAt, want.TestPatient = "key of ada", 1, 1, kept(full.RecordedAt), false
		same(t, "episode", must(s.Episode(ctx, full.CareUnit, full.EpisodeID))(t), want)
	},

	"a new version leaves the old ones as they were": func(t *testing.T, s fixture) {
		var want []store.Episode
		for i := range 5 {
			e := episode(unit, "e")
			e.Cohort = fmt.Sprint("cohort ", i)
			written := put(t, s, e, "ada", int64(i))
			if written.Version != int64(i+1) || i > 0 && written.ChangeSeq <= want[i-1].ChangeSeq {
				t.Errorf("version %d, change %d", written.Version, written.ChangeSeq)
			}
			want = append(want, written)
		}
		same(t, "history", must(s.EpisodeHistory(ctx, unit, "e"))(t), want)
		same(t, "current", must(s.Episode(ctx, unit, "e"))(t), want[4])
		same(t, "of the patient", must(s.EpisodesOfPatient(ctx, unit, "key of ada"))(t), want[4:])
		same(t, "list", must(s.ListEpisodes(ctx, unit, "", 10))(t), want[4:])
		same(t, "after a restart", must(s.reopen().EpisodeHistory(ctx, unit, "e"))(t), want)
	},

	"a change made from another version than the current one is stale": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		current := put(t, s, episode(unit, "e"), "ada", 1)
		for _, read := range []int64{0, 1, 3, -1} {
			changed := episode(unit, "e")
			changed.Cohort = "lost"
			got, err := s.PutEpisode(ctx, changed, person("ada"), read)
			isError(t, fmt.Sprint("from ", read), err, store.ErrStale)
			same(t, "what came beside the error", got, store.Episode{})
		}
		_, err := s.PutEpisode(ctx, episode(unit, "new"), person("ada"), 1)
		isError(t, "a version of what does not exist", err, store.ErrStale)
		same(t, "current", must(s.Episode(ctx, unit, "e"))(t), current)
		if last := must(s.LastChange(ctx, unit))(t); last != 2 {
			t.Errorf("change numbers were used up to %d", last)
		}
	},

	"another patient's episode is refused before it is called stale": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		for _, who := range []string{"bob", "ada"} {
			put(t, s, episode("SE-2", "of "+who), who, 0)
		}
		for _, who := range []string{"bob", "eve"} {
			for _, read := range []int64{0, 1} {
				_, err := s.PutEpisode(ctx, episode(unit, "e"), person(who), read)
				isError(t, who, err, store.ErrOtherPatient)
			}
		}
		_, err := s.FindPatient(ctx, person("eve").Lookup)
		isError(t, "a stranger's identity", err, store.ErrNotFound)
	},

	"an episode belongs to the patient whose look-up is known, whatever key came along": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e1"), "ada", 0)
		again := person("ada")
		again.PatientKey = "a key that is not used"
		written := must(s.PutEpisode(ctx, episode(unit, "e2"), again, 0))(t)
		if written.PatientKey != "key of ada" {
			t.Errorf("patient key %q", written.PatientKey)
		}
		changed := episode(unit, "e2")
		changed.PatientKey = "forged"
		if written := put(t, s, changed, "ada", 1); written.PatientKey != "key of ada" {
			t.Errorf("patient key %q", written.PatientKey)
		}
	},

	"episodes are listed by id, byte by byte, page by page": func(t *testing.T, s fixture) {
		ids := slices.Clone(byteOrder)
		for i := range ids {
			id := ids[(i*7)%len(ids)]
			e := put(t, s, episode(unit, id), "ada", 0)
			put(t, s, e, "ada", 1) // a second version is no second episode
			put(t, s, episode("SE-2", id), "ada", 0)
		}
		for _, limit := range []int{1, 4, len(ids) - 1, len(ids), len(ids) + 1} {
			var got []string
			after := ""
			for {
				page := must(s.ListEpisodes(ctx, unit, after, limit))(t)
				if len(page) > limit {
					t.Fatalf("%d on a page of %d", len(page), limit)
				}
				for _, e := range page {
					if e.CareUnit != unit || e.Version != 2 {
						t.Errorf("listed %+v", e)
					}
					got = append(got, e.EpisodeID)
				}
				if len(page) < limit {
					break
				}
				after = page[len(page)-1].EpisodeID
			}
			same(t, fmt.Sprint("pages of ", limit), got, ids)
		}
		for _, limit := range []int{0, -1} {
			if page := must(s.ListEpisodes(ctx, unit, "", limit))(t); len(page) != 0 {
				t.Errorf("limit %d: %d episodes", limit, len(page))
			}
		}
		var got []string
		for _, e := range must(s.EpisodesOfPatient(ctx, unit, "key of ada"))(t) {
			got = append(got, e.EpisodeID)
		}
		same(t, "of the patient", got, ids)
	},

	"a patient's episodes are those of one care unit and patient": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e1"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		put(t, s, episode("SE-2", "e3"), "ada", 0)
		for _, c := range []struct{ unit, who, want string }{{unit, "ada", "e1"}, {unit, "bob", "e2"}, {"SE-2", "ada", "e3"}} {
			got := must(s.EpisodesOfPatient(ctx, c.unit, "key of "+c.who))(t)
			if len(got) != 1 || got[0].EpisodeID != c.want {
				t.Errorf("%+v: %+v", c, got)
			}
		}
		if none := must(s.EpisodesOfPatient(ctx, "SE-2", "key of bob"))(t); len(none) != 0 {
			t.Errorf("%+v", none)
		}
	},

	"care units are those that own an episode, in order": func(t *testing.T, s fixture) {
		if none := must(s.CareUnits(ctx))(t); len(none) != 0 {
			t.Errorf("%v", none)
		}
		for i := range byteOrder {
			unit := byteOrder[(i*5)%len(byteOrder)]
			put(t, s, episode(unit, "e1"), "ada", 0)
			put(t, s, episode(unit, "e2"), "ada", 0)
		}
		same(t, "care units", must(s.CareUnits(ctx))(t), byteOrder)
	},

	"an unknown episode is not found": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		for _, key := range [][2]string{{unit, "E"}, {"SE-2", "e"}, {unit, ""}} {
			got, err := s.Episode(ctx, key[0], key[1])
			isError(t, fmt.Sprint(key), err, store.ErrNotFound)
			same(t, "what came beside the error", got, store.Episode{})
			_, err = s.EpisodeHistory(ctx, key[0], key[1])
			isError(t, fmt.Sprint("history of ", key), err, store.ErrNotFound)
		}
	},

	"an episode without a name or a findable patient is refused": func(t *testing.T, s fixture) {
		for _, e := range []store.Episode{episode("", "e"), episode(unit, ""), episode(unit, "a\x1fb")} {
			if _, err := s.PutEpisode(ctx, e, person("ada"), 0); err == nil || errors.Is(err, store.ErrStale) {
				t.Errorf("%+v: %v", e, err)
			}
		}
		nobody := person("ada")
		nobody.Lookup = nil
		if _, err := s.PutEpisode(ctx, episode(unit, "e"), nobody, 0); err == nil {
			t.Error("put for nobody")
		}
		nothingStored(t, s, "e")
	},
}
