package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store"
)

// byteOrder is a list of words in the order of their bytes, which is neither
// that of an alphabet nor that of UTF-16.
var byteOrder = []string{" x", "-", "1", "10", "2", "A", "B", "a", "aB", "a_", "ab", "b", "Å", "Ö", "å", "ö", "\ufb00", "\U0001d538"}

var readingTests = map[string]func(*testing.T, fixture){
	"an episode's submissions come in the order of slots, byte by byte": func(t *testing.T, s fixture) {
		var want []store.Slot
		for _, occasion := range []store.Occasion{store.Baseline, store.FollowUp12Months, store.OtherOccasion, store.ProgrammeEnd} {
			labels := []string{""}
			if occasion == store.OtherOccasion {
				labels = byteOrder
			}
			for _, label := range labels {
				for _, instrument := range []string{"HADS", "eq5d", "eq5d-5l", "eq5d5l", "hads"} {
					for _, respondent := range []store.Respondent{store.Clinician, store.Patient, store.Relative} {
						want = append(want, store.Slot{CareUnit: unit, EpisodeID: "e", Occasion: occasion, OccasionLabel: label, Instrument: instrument, Respondent: respondent})
					}
				}
			}
		}
		// Stored in another order: every seventh, again and again.
		var forms []store.Submission
		for first := range 7 {
			for i := first; i < len(want); i += 7 {
				forms = append(forms, with(form("e", "", fmt.Sprint(i)), func(f *store.Submission) { f.Slot = want[i] }))
			}
		}
		submit(t, s, envelope("ada", forms...))
		var got []store.Slot
		for _, sub := range must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t) {
			got = append(got, sub.Slot)
		}
		same(t, "slots", got, want)
	},

	"an episode's submissions are its own": func(t *testing.T, s fixture) {
		for i, change := range []func(*store.Submission){
			func(f *store.Submission) {},
			func(f *store.Submission) { f.EpisodeID = "e " },
			func(f *store.Submission) { f.EpisodeID = "E" },
			func(f *store.Submission) { f.CareUnit = strings.ToLower(unit) },
		} {
			f := with(form("e", "hads", fmt.Sprint(i)), change)
			stored := submit(t, s, envelope("ada", f)).Forms[0].Submission
			same(t, "submissions", must(s.SubmissionsOfEpisode(ctx, f.CareUnit, f.EpisodeID, 0))(t), []store.Submission{stored})
		}
		if none := must(s.SubmissionsOfEpisode(ctx, unit, "unknown", 0))(t); len(none) != 0 {
			t.Errorf("%+v", none)
		}
	},

	"as of an earlier change, later submissions are not seen": func(t *testing.T, s fixture) {
		type moment struct {
			seq  int64
			want []store.Submission
		}
		moments := []moment{{}}
		var all []store.Submission
		for _, instrument := range []string{"pcs", "hads", "isi", "tsk"} {
			stored := submit(t, s, envelope("ada", form("e", instrument, instrument))).Forms[0].Submission
			all = append(all, stored)
			slices.SortFunc(all, func(a, b store.Submission) int { return strings.Compare(a.Instrument, b.Instrument) })
			moments = append(moments, moment{must(s.LastChange(ctx, unit))(t), slices.Clone(all)})
		}
		for _, m := range moments[1:] {
			same(t, fmt.Sprint("as of ", m.seq), must(s.SubmissionsOfEpisode(ctx, unit, "e", m.seq))(t), m.want)
		}
		same(t, "as of now", must(s.SubmissionsOfEpisode(ctx, unit, "e", 0))(t), all)
		same(t, "as of the future", must(s.SubmissionsOfEpisode(ctx, unit, "e", 1<<40))(t), all)
		// Change 1 created the episode.
		if got := must(s.SubmissionsOfEpisode(ctx, unit, "e", 1))(t); len(got) != 0 {
			t.Errorf("as of change 1: %+v", got)
		}
	},

	"an unknown submission is not found": func(t *testing.T, s fixture) {
		submit(t, s, envelope("ada", form("e", "hads", "1")))
		for _, key := range [][3]string{{"SE-2", "ehr", "1"}, {unit, "EHR", "1"}, {unit, "ehr", "2"}, {unit, "ehr", ""}} {
			got, err := s.Submission(ctx, key[0], key[1], key[2])
			isError(t, fmt.Sprint(key), err, store.ErrNotFound)
			same(t, "what came beside the error", got, store.Submission{})
		}
	},

	"each care unit counts its changes, from none": func(t *testing.T, s fixture) {
		if last := must(s.LastChange(ctx, unit))(t); last != 0 {
			t.Errorf("before the first change: %d", last)
		}
		for i := range 3 {
			receipt := submit(t, s, envelope("ada", form("e", fmt.Sprint("i", i), fmt.Sprint(i))))
			if last := must(s.LastChange(ctx, unit))(t); last != receipt.Forms[0].ChangeSeq {
				t.Errorf("last change %d, the newest form has %d", last, receipt.Forms[0].ChangeSeq)
			}
		}
		other := submit(t, s, envelope("ada", with(form("e", "hads", "1"), func(f *store.Submission) { f.CareUnit = "SE-2" })))
		if first := other.Forms[0].ChangeSeq; first != 2 { // after the episode's
			t.Errorf("the other unit's first form has change %d", first)
		}
	},
}
