package sqlite

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// crowd fills a store with patients of random size, of whom some carry a marker
// in every field that is not sealed.
type crowd struct {
	*testing.T
	*rand.Rand
	s      *engine
	marker string
	marked map[int]bool
	forms  []store.Submission
}

const crowdSize = 150

func newCrowd(t *testing.T, seed int64) *crowd {
	c := &crowd{T: t, Rand: rand.New(rand.NewSource(seed)), marked: map[int]bool{}}
	c.s = open(t, filepath.Join(t.TempDir(), "data", "painscore.db"))
	c.marker = fmt.Sprintf("MARKER%08x", c.Uint32())
	for range 5 {
		c.marked[c.Intn(crowdSize)] = true
	}
	for _, p := range c.Perm(crowdSize) {
		c.enter(p)
	}
	for range crowdSize {
		c.change(c.Intn(len(c.forms)))
	}
	c.rescore()
	return c
}

func (c *crowd) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// text is what patient p has in a field: the marker, if it is one of those.
func (c *crowd) text(p int, field string) string {
	if c.marked[p] {
		return c.marker + " " + field
	}
	return field
}

// long is a text of random length; some do not fit on a page.
func (c *crowd) long(p int) string {
	length := c.Intn(400)
	if c.Intn(25) == 0 {
		length = c.Intn(12_000)
	}
	return c.text(p, strings.Repeat("x", length)) + c.text(p, "")
}

func patientKey(p int) string { return fmt.Sprintf("key-%05d", p*7919%100_000) }

func (c *crowd) episode(p int) store.Episode {
	return store.Episode{
		CareUnit: "unit", EpisodeID: fmt.Sprintf("%05d %s", p, c.text(p, "e")), RecordedAt: time.Unix(int64(p), 0),
		Cohort: c.text(p, "cohort"), DropOutReason: c.long(p), Track: c.text(p, "track"), LanguageCode: c.text(p, "sv"), Status: c.text(p, "active"),
	}
}

func (c *crowd) identity(p int) store.Identity {
	lookup := sha256.Sum256(fmt.Appendf(nil, "look-up of %d", p))
	return store.Identity{
		PatientKey: patientKey(p), System: c.text(p, "personnummer"), Lookup: append(lookup[:], c.text(p, "")...),
		Sealed: []byte(c.text(p, "sealed")), KeyID: c.text(p, "k"),
	}
}

// enter stores a patient with some forms.
func (c *crowd) enter(p int) {
	envelope := store.Envelope{Identity: c.identity(p), Episode: c.episode(p), MayCreateEpisode: true}
	for i := range 1 + c.Intn(8) {
		envelope.Forms = append(envelope.Forms, store.Submission{
			Slot: store.Slot{
				CareUnit: "unit", EpisodeID: envelope.Episode.EpisodeID, Occasion: store.OtherOccasion,
				OccasionLabel: c.text(p, "week"), Instrument: fmt.Sprint("hads", i), Respondent: store.Patient,
			},
			System: c.text(p, "ehr"), SubmissionID: fmt.Sprintf("%08x %s", c.Uint32(), c.text(p, "")), Digest: []byte(c.text(p, "digest")),
			RequestedVersion: c.text(p, "1"), InstrumentVersion: "1", AnsweredOn: "2025-06-15", Mode: c.text(p, "paper"), LanguageCode: c.text(p, "sv"),
			Source:  store.Source{System: c.text(p, "s"), DocumentID: c.text(p, "d"), Template: c.text(p, "t"), Version: c.text(p, "v")},
			Answers: c.long(p), Scores: c.long(p), Warnings: c.text(p, "w"), Changed: store.Act{By: c.text(p, "user")},
		})
	}
	receipt, err := c.s.Submit(ctx, envelope)
	c.must(err)
	for _, f := range receipt.Forms {
		c.forms = append(c.forms, f.Submission)
	}
	if c.Intn(3) == 0 {
		_, err = c.s.PutEpisode(ctx, c.episode(p), c.identity(p), 1)
		c.must(err)
		_, err = c.s.ShareEpisode(ctx, store.Share{
			CareUnit: "unit", EpisodeID: envelope.Episode.EpisodeID, With: c.text(p, "other"), Shared: true, Act: store.Act{Note: c.long(p)},
		})
		c.must(err)
	}
}

// change amends, moves or retracts a form.
func (c *crowd) change(i int) {
	f := &c.forms[i]
	if f.State != store.Live {
		return
	}
	p, err := strconv.Atoi(f.EpisodeID[:5])
	c.must(err)
	act := store.Act{By: c.text(p, "bob"), Note: c.long(p)}
	if c.Intn(3) == 0 {
		stored, err := c.s.Retract(ctx, refTo(f), nil, f.Version, act)
		c.must(err)
		*f = stored.Submission
		return
	}
	next := *f
	next.Answers, next.Scores, next.Digest, next.Changed = c.long(p), c.long(p), []byte(c.text(p, fmt.Sprint(c.Int()))), act
	if c.Intn(2) == 0 {
		next.OccasionLabel = c.text(p, fmt.Sprint("week ", c.Int()))
	}
	stored, err := c.s.Amend(ctx, next, f.Version)
	c.must(err)
	*f = stored.Submission
}

// rescore scores all that is live anew.
func (c *crowd) rescore() {
	plan := store.RescorePlan{PlanID: "p", Instrument: "hads0", Digest: []byte{1}, Scope: []store.RescoreScope{{CareUnit: "unit"}}}
	var scores []store.Rescored
	for i := range c.forms {
		if f := &c.forms[i]; f.State == store.Live && f.Instrument == "hads0" {
			p, err := strconv.Atoi(f.EpisodeID[:5])
			c.must(err)
			scores = append(scores, store.Rescored{
				CareUnit: "unit", System: f.System, SubmissionID: f.SubmissionID, Version: f.Version, InstrumentVersion: "2", Scores: c.long(p),
			})
		}
	}
	plan.Scope[0].Forms = int64(len(scores))
	c.must(c.s.KeepRescorePlan(ctx, plan))
	c.must(c.s.StageRescore(ctx, "p", scores))
	_, err := c.s.FlipRescore(ctx, "p", store.RescoreFlip{Applied: true}, map[string]int64{"unit": 1 << 40})
	c.must(err)
}

func refTo(f *store.Submission) store.SubmissionRef {
	return store.SubmissionRef{CareUnit: f.CareUnit, System: f.System, SubmissionID: f.SubmissionID}
}

// erase erases everybody who carries the marker.
func (c *crowd) erase() {
	for p := range crowdSize {
		if !c.marked[p] {
			continue
		}
		erasure := store.Erasure{ErasureID: fmt.Sprint("erasure ", p), PatientKeys: []string{patientKey(p)}}
		_, err := c.s.Erase(ctx, erasure, func(r store.SubmissionRef) []byte {
			mark := sha256.Sum256([]byte(r.SubmissionID))
			return mark[:]
		})
		c.must(err)
	}
}

// found counts the marker in the raw bytes of each file of the store's folder.
func (c *crowd) found() map[string]int {
	c.Helper()
	folder := filepath.Dir(c.path())
	names, err := os.ReadDir(folder)
	c.must(err)
	found := map[string]int{}
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(folder, name.Name()))
		c.must(err)
		if n := bytes.Count(raw, []byte(c.marker)); n > 0 {
			found[name.Name()] = n
		}
	}
	return found
}

func (c *crowd) path() string {
	var number int
	var name, path string
	c.must(c.s.writer.QueryRow("PRAGMA database_list").Scan(&number, &name, &path))
	return path
}

// purgeSeeds is how many random stores are tried; hundreds in a long run.
func purgeSeeds() int64 {
	if n, err := strconv.ParseInt(os.Getenv("PAINSCORE_PURGE_SEEDS"), 10, 64); err == nil {
		return n
	}
	return 12
}

// TestAPurgeLeavesNothingOfTheErasedInTheFiles looks for a marker in the raw
// bytes of every file: there before, gone after, and not back later. It also
// makes sure that it would notice: without the overwriting some would be left.
func TestAPurgeLeavesNothingOfTheErasedInTheFiles(t *testing.T) {
	left := 0
	for seed := range purgeSeeds() {
		c := newCrowd(t, seed)
		if found := c.found(); found["painscore.db-wal"] == 0 {
			t.Fatalf("seed %d: the marker is not where it should be: %v", seed, found)
		}
		c.must(checkpoint(c.s.writer))
		if found := c.found(); found["painscore.db"] < 100 {
			t.Fatalf("seed %d: the marker is not where it should be: %v", seed, found)
		}
		c.erase()
		if seed%4 != 3 { // on the others the purge has to fold the log itself
			c.must(checkpoint(c.s.writer))
			left += c.found()["painscore.db"]
		}
		purged, err := c.s.Purge(ctx, time.Now())
		c.must(err)
		if found := c.found(); purged.Pending != 0 || purged.Beyond == "" || len(found) != 0 {
			t.Fatalf("seed %d: after the purge: %+v, %v", seed, purged, found)
		}
		for p := crowdSize; p < crowdSize+40; p++ {
			c.enter(p)
		}
		c.must(checkpoint(c.s.writer))
		if found := c.found(); len(found) != 0 {
			t.Fatalf("seed %d: back after later writes: %v", seed, found)
		}
		c.must(c.s.Close())
	}
	if left == 0 {
		t.Error("nothing would be left without the overwriting: these stores show nothing")
	}
	t.Logf("%d remains were overwritten", left)
}
