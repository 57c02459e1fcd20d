package erasures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/store"
)

var (
	ctx = context.Background()
	at  = time.Date(2026, 3, 1, 12, 0, 0, 1000, time.UTC)
)

func erasure(id string, keys ...string) store.Erasure {
	return store.Erasure{ErasureID: id, PatientKeys: keys, Act: store.Act{By: "ebba", At: at, Note: "asked <for> it & signed"}}
}

func open(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// written makes a journal of three erasures.
func written(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data", "erasures.journal")
	j := open(t, path)
	for i := range 3 {
		if err := j.Record(ctx, erasure(fmt.Sprint("er-", i), fmt.Sprint("p", i))); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func ids(t *testing.T, j *Journal) (ids []string) {
	t.Helper()
	entries, err := j.entries()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		ids = append(ids, e.ErasureID)
	}
	return ids
}

func TestWhatIsRecordedStandsThereAfterwards(t *testing.T) {
	path := filepath.Join(t.TempDir(), "erasures.journal")
	j := open(t, path)
	for range 2 { // the second time changes nothing
		if err := j.Record(ctx, erasure("er-1", "own", "merged")); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := open(t, path).entries()
	want := []entry{{"er-1", at, []string{"own", "merged"}, "ebba", "asked <for> it & signed", nil}}
	if diff := cmp.Diff(want, entries); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	for id, want := range map[string]bool{"er-1": true, "er-1.merged": true, "er-1.own": false, "er-2": false, "": false} {
		if holds, err := j.Holds(id); holds != want || err != nil {
			t.Errorf("%q: %v %v", id, holds, err)
		}
	}
	if n, err := j.Len(); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

// TestAnIDOfAnotherPatientIsRefused: else the second patient would be erased
// and not stand in the journal.
func TestAnIDOfAnotherPatientIsRefused(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "j"))
	for _, c := range []struct {
		keys []string
		want error
		n    int
	}{
		{[]string{"own"}, nil, 1},
		{[]string{"other"}, ErrIDReused, 1},
		{[]string{"own", "merged"}, nil, 2},
		{[]string{"own", "merged"}, nil, 2},
		{[]string{"merged"}, nil, 2},
	} {
		if err := j.Record(ctx, erasure("er-1", c.keys...)); !errors.Is(err, c.want) {
			t.Errorf("%v: %v", c.keys, err)
		}
		if n, err := j.Len(); n != c.n || err != nil {
			t.Errorf("%v: %d lines, %v", c.keys, n, err)
		}
	}
}

func TestAnErasureOfNobodyIsNotRecorded(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "j"))
	given, giveUp := context.WithCancel(ctx)
	giveUp()
	for _, err := range []error{j.Record(ctx, erasure("", "p")), j.Record(ctx, erasure("er-1")), j.Record(given, erasure("er-1", "p"))} {
		if err == nil {
			t.Error("recorded")
		}
	}
	if n, err := j.Len(); n != 0 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

// TestALastLineThatWasCutOffCountsForNothing cuts the file at every byte: what
// is whole before the cut stays, and the journal goes on from there.
func TestALastLineThatWasCutOffCountsForNothing(t *testing.T) {
	path := written(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, path)
		lines := bytes.Count(whole[:cut], []byte("\n"))
		if got := ids(t, j); len(got) != lines {
			t.Fatalf("cut at %d: %v, want %d", cut, got, lines)
		}
		if err := j.Record(ctx, erasure("later", "p")); err != nil {
			t.Fatal(err)
		}
		if got := ids(t, open(t, path)); len(got) != lines+1 || got[lines] != "later" {
			t.Fatalf("cut at %d, then recorded: %v", cut, got)
		}
	}
}

// TestADamagedJournalIsRefused changes every byte of the whole lines, and takes
// lines out, doubles and swaps them: no change goes unnoticed.
func TestADamagedJournalIsRefused(t *testing.T) {
	path := written(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	join := func(of ...int) (text []byte) {
		for _, i := range of {
			text = append(text, lines[i]...)
		}
		return text
	}
	spoilt := [][]byte{join(1, 2), join(0, 2), join(0, 0, 1, 2), join(1, 0, 2), append(slices.Clone(whole), '\n'), append([]byte("\n"), whole...)}
	for i := range len(lines[0]) + len(lines[1]) {
		changed := slices.Clone(whole)
		changed[i] ^= 1
		spoilt = append(spoilt, changed)
	}
	for i, text := range spoilt {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "line ") {
			t.Fatalf("%d: %v\n%s", i, err, text)
		}
		if err := (&Journal{path}).Record(ctx, erasure("later", "p")); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d: recorded: %v", i, err)
		}
		if after, err := os.ReadFile(path); !bytes.Equal(after, text) || err != nil {
			t.Fatalf("%d: the file was changed", i)
		}
	}
}

func TestAJournalThatOthersCanChangeIsRefused(t *testing.T) {
	path := written(t)
	if err := os.Chmod(path, 0o622); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was taken for a journal")
	}
}

// TestSeveralWritersLoseNothing: each opens the file for itself, as processes do.
func TestSeveralWritersLoseNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			j, err := Open(path)
			for i := 0; i < 20 && err == nil; i++ {
				err = j.Record(ctx, erasure(fmt.Sprintf("er-%d-%d", w, i), "p"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := ids(t, open(t, path)); len(got) != 80 {
		t.Errorf("%d of 80", len(got))
	}
}

// patients is a store that knows who is there and who was erased.
type patients struct {
	there  map[string]bool
	erased []store.Erasure
	marked [][]byte
	fail   error
}

func (p *patients) Erase(_ context.Context, e store.Erasure, _ func(store.SubmissionRef) []byte) (store.Erasure, error) {
	for _, done := range p.erased {
		if done.ErasureID == e.ErasureID {
			return done, nil
		}
	}
	if p.fail != nil {
		return store.Erasure{}, p.fail
	}
	if !p.there[e.PatientKeys[0]] {
		return store.Erasure{}, store.ErrNotFound
	}
	delete(p.there, e.PatientKeys[0])
	p.erased = append(p.erased, e)
	return e, nil
}

func (p *patients) MarkErased(_ context.Context, marks [][]byte) error {
	p.marked = append(p.marked, marks...)
	return nil
}

func (p *patients) Purge(context.Context, time.Time) (store.Purge, error) {
	return store.Purge{}, nil
}

func (p *patients) Erasures(_ context.Context, after string, limit int) (page []store.Erasure, err error) {
	for _, e := range p.erased {
		if e.ErasureID > after && len(page) < limit {
			page = append(page, e)
		}
	}
	return page, nil
}

func TestApplyErasesWhomTheStoreStillHas(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "j"))
	for _, e := range []store.Erasure{erasure("er-1", "gone"), erasure("er-2", "own", "merged", "never"), erasure("er-3", "unheard")} {
		if err := j.Record(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	// er-1 is done, and somebody has that key: it must not be erased again.
	st := &patients{there: map[string]bool{"gone": true, "own": true, "merged": true, "other": true}, erased: []store.Erasure{erasure("er-1", "gone")}}
	for i, want := range []Applied{{3, 1}, {3, 0}} {
		if applied, err := j.Apply(ctx, st, nil); applied != want || err != nil {
			t.Errorf("time %d: %+v %v", i, applied, err)
		}
	}
	if diff := cmp.Diff(map[string]bool{"gone": true, "other": true}, st.there); diff != "" {
		t.Error(diff)
	}
	want := []store.Erasure{erasure("er-1", "gone"), erasure("er-2.merged", "merged"), erasure("er-2", "own")}
	if diff := cmp.Diff(want, st.erased); diff != "" {
		t.Error(diff)
	}
}

// TestApplyThatIsCutOffGoesOnNextTime: the erasure's own id is taken last, so
// that it never stands for half of the work.
func TestApplyThatIsCutOffGoesOnNextTime(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "j"))
	if err := j.Record(ctx, erasure("er-1", "own", "merged")); err != nil {
		t.Fatal(err)
	}
	st := &patients{there: map[string]bool{"own": true}, erased: []store.Erasure{erasure("er-1.merged", "merged")}, fail: store.ErrUnavailable}
	if _, err := j.Apply(ctx, st, nil); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	st.fail = nil
	if applied, err := j.Apply(ctx, st, nil); applied.Again != 1 || err != nil || st.there["own"] {
		t.Errorf("%+v %v", applied, err)
	}
}

func TestApplyOfADamagedJournalErasesNobody(t *testing.T) {
	path := written(t)
	j := open(t, path)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[20] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	st := &patients{there: map[string]bool{"p0": true}}
	if _, err := j.Apply(ctx, st, nil); !errors.Is(err, ErrDamaged) || !st.there["p0"] {
		t.Errorf("got %v", err)
	}
}

// TestMarksAreHandedOnBeforeTheErasure: also of a patient whom the store never
// had, and never of an erasure that it knows. A line without marks is read.
func TestMarksAreHandedOnBeforeTheErasure(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "j"))
	gone, never := erasure("er-1", "gone"), erasure("er-2", "never")
	gone.Marks, never.Marks = [][]byte{{1}}, [][]byte{{2}, {3}}
	grown := never
	grown.Marks = [][]byte{{2}, {3}, {4}}
	for _, e := range []store.Erasure{gone, never, never, grown, grown, erasure("er-3", "unheard")} {
		if err := j.Record(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := j.Len(); n != 4 || err != nil {
		t.Errorf("%d lines, %v: a form that has come since is one more, and nothing else", n, err)
	}
	st := &patients{there: map[string]bool{}, erased: []store.Erasure{erasure("er-1", "gone")}}
	if _, err := j.Apply(ctx, st, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{{2}, {3}, {2}, {3}, {4}}, st.marked); diff != "" {
		t.Error(diff)
	}
}
