package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// What the engine of these tests says went wrong.
var (
	errBusy = errors.New("another writer was in the way")
	errFull = errors.New("the medium is full")
	errGone = errors.New("the connection broke")
)

func classify(err error) sqlstore.Class {
	switch {
	case errors.Is(err, errBusy):
		return sqlstore.Busy
	case errors.Is(err, errFull):
		return sqlstore.DiskFull
	case errors.Is(err, errGone):
		return sqlstore.Unavailable
	}
	return sqlstore.Unclassified
}

// faulty is SQLite with commits that fail.
type faulty struct {
	*sqlstore.Store
	path string

	mu      sync.Mutex
	commits []commit // what happens to the next ones; none left: they succeed
	seen    int
}

// commit is how one goes: it is carried out or not, and then says err.
type commit struct {
	done bool
	err  error
}

func (f *faulty) next() commit {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen++
	if len(f.commits) == 0 {
		return commit{done: true}
	}
	c := f.commits[0]
	f.commits = f.commits[1:]
	return c
}

// fail says how the next commits go.
func (f *faulty) fail(commits ...commit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commits, f.seen = commits, 0
}

func (f *faulty) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	f := &faulty{path: filepath.Join(t.TempDir(), "painscore.db")}
	engine, err := sqlite.Open(t.Context(), f.path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	plain, err := sql.Open("sqlite3", f.path)
	if err != nil {
		t.Fatal(err)
	}
	writer := sql.OpenDB(faultyConnector{f, plain.Driver()})
	writer.SetMaxOpenConns(1)
	f.Store = sqlstore.New(sqlstore.Dialect{Parameter: "?", Classify: classify}, writer, plain)
	t.Cleanup(func() { f.Close(nil) })
	return f
}

type faultyConnector struct {
	*faulty
	driver driver.Driver
}

func (c faultyConnector) Driver() driver.Driver { return c.driver }

func (c faultyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open("file:" + c.path + "?_foreign_keys=1&_txlock=immediate&_busy_timeout=1000")
	if err != nil {
		return nil, err
	}
	return faultyConn{conn.(fullConn), c.faulty}, nil
}

type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

type faultyConn struct {
	fullConn
	faults *faulty
}

func (c faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.fullConn.BeginTx(ctx, opts)
	return faultyTx{tx, c.faults}, err
}

type faultyTx struct {
	driver.Tx
	faults *faulty
}

func (tx faultyTx) Commit() error {
	c := tx.faults.next()
	if !c.done {
		tx.Rollback()
		return c.err
	}
	return errors.Join(tx.Tx.Commit(), c.err)
}

// envelope is of a new patient with one form.
func envelope(name string) store.Envelope {
	return store.Envelope{
		Identity: store.Identity{PatientKey: "key of " + name, Lookup: []byte(name), Sealed: []byte{1}}, MayCreateEpisode: true,
		Episode: store.Episode{CareUnit: "u", EpisodeID: name},
		Forms: []store.Submission{{
			Slot:   store.Slot{CareUnit: "u", EpisodeID: name, Occasion: store.Baseline, Instrument: "hads", Respondent: store.Patient},
			System: "ehr", SubmissionID: name, Digest: []byte{1}, RecordedAt: time.Now(),
		}},
	}
}

// batch has calls settled in one batch and returns their errors.
func (f *faulty) batch(calls ...func() error) []error {
	release := f.Hold()
	errs := make([]error, len(calls))
	var all sync.WaitGroup
	for i, call := range calls {
		all.Go(func() { errs[i] = call() })
		for f.Waiting() < i+1 {
			time.Sleep(50 * time.Microsecond)
		}
	}
	release()
	all.Wait()
	return errs
}

func (f *faulty) submits(name string) func() error {
	return func() error {
		_, err := f.Submit(context.Background(), envelope(name))
		return err
	}
}

// stored tells which of the submissions are there.
func (f *faulty) stored(t *testing.T, names ...string) (there []string) {
	t.Helper()
	for _, name := range names {
		_, err := f.Submission(t.Context(), "u", "ehr", name)
		switch {
		case err == nil:
			there = append(there, name)
		case !errors.Is(err, store.ErrNotFound):
			t.Fatal(err)
		}
	}
	return there
}

func TestWhatCameTogetherIsCommittedTogether(t *testing.T) {
	f := newFaulty(t)
	f.fail()
	var calls []func() error
	for i := range 100 {
		calls = append(calls, f.submits(fmt.Sprint(i)))
	}
	for i, err := range f.batch(calls...) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if f.count() != 1 {
		t.Errorf("%d commits", f.count())
	}
}

func TestNobodyHearsAnythingBeforeTheCommit(t *testing.T) {
	f := newFaulty(t)
	f.fail(commit{err: errFull})
	var receipt store.Receipt
	errs := f.batch(
		f.submits("a"),
		// Its form is there, but only in the transaction of its neighbour.
		func() (err error) { receipt, err = f.Submit(context.Background(), envelope("a")); return err },
		// The slot is taken, but only there.
		func() error {
			other := envelope("a")
			other.Forms[0].SubmissionID = "b"
			_, err := f.Submit(context.Background(), other)
			return err
		},
		// Wrote nothing, refused nothing, and may have read what is undone.
		func() error { return f.Write(context.Background(), func() (bool, error) { return false, nil }, false) },
	)
	for i, err := range errs {
		if !errors.Is(err, store.ErrDiskFull) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(receipt.Forms) > 0 {
		t.Errorf("a receipt came with the error: %+v", receipt)
	}
	if there := f.stored(t, "a", "b"); len(there) > 0 {
		t.Errorf("stored: %v", there)
	}
}

func TestOneBadRecordIsKeptFromItsNeighbours(t *testing.T) {
	f := newFaulty(t)
	// A row that no code of ours could have left makes two of the envelopes fail
	// where nobody expects it, at the insert.
	for _, name := range []string{"bad1", "bad2"} {
		raw, err := sql.Open("sqlite3", f.path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := raw.Exec(`INSERT INTO episode_version SELECT 'u', ?, 1, 0, 0, '','','','','','','','','','','','','',0,'','','','',0,0`, name); err != nil {
			t.Fatal(err)
		}
		raw.Close()
	}
	names := []string{"a", "bad1", "b", "c", "bad2", "d", "e"}
	var calls []func() error
	for _, name := range names {
		calls = append(calls, f.submits(name))
	}
	calls = append(calls, func() error { return f.Write(context.Background(), func() (bool, error) { return true, nil }, false) })
	for i, err := range f.batch(calls...) {
		bad := i < len(names) && strings.HasPrefix(names[i], "bad")
		if (err != nil) != bad {
			t.Errorf("call %d: %v", i, err)
		}
		for _, known := range []error{store.ErrDiskFull, store.ErrUnavailable, store.ErrIDReused} {
			if errors.Is(err, known) {
				t.Errorf("call %d: %v", i, err)
			}
		}
	}
	if there := f.stored(t, names...); !slices.Equal(there, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("stored: %v", there)
	}
}

func TestAPanicAnErrorAndALateRefusalAreTheirOwnCallersOnly(t *testing.T) {
	f := newFaulty(t)
	odd := errors.New("odd")
	write := func(end func() error) func() error {
		return func() error {
			return f.Write(context.Background(), func() (bool, error) { return true, end() }, false)
		}
	}
	errs := f.batch(
		f.submits("a"),
		write(func() error { panic("somebody's name") }),
		write(func() error { return []error{}[len(f.path)] }),
		write(func() error { return odd }),
		write(func() error { return sqlstore.ErrRefused }),
		f.submits("b"),
	)
	for _, i := range []int{0, 5} {
		if errs[i] != nil {
			t.Errorf("neighbour %d: %v", i, errs[i])
		}
	}
	for i, want := range map[int]string{1: "a panic: string", 2: "index out of range", 3: "odd", 4: "refused"} {
		if errs[i] == nil || !strings.Contains(errs[i].Error(), want) || strings.Contains(errs[i].Error(), "somebody") {
			t.Errorf("call %d: %v", i, errs[i])
		}
	}
	if !errors.Is(errs[3], odd) {
		t.Errorf("not wrapped: %v", errs[3])
	}
	if there := f.stored(t, "a", "b"); len(there) != 2 {
		t.Errorf("stored: %v", there)
	}
	if err := f.submits("c")(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestARefusalAfterAWriteUndoesTheWriteAndNoNeighbours(t *testing.T) {
	f := newFaulty(t)
	half := func() error { return f.WriteAndRefuse(context.Background(), "half") }
	errs := f.batch(f.submits("a"), half, f.submits("b"))
	if errs[0] != nil || errs[2] != nil || errs[1] == nil || errs[1].Error() != "refused" {
		t.Errorf("%v", errs)
	}
	if _, err := f.Property(t.Context(), "half"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("half of it stayed: %v", err)
	}
}

func TestABatchInTheWayOfAnotherWriterRunsAgain(t *testing.T) {
	f := newFaulty(t)
	f.fail(commit{err: errBusy}, commit{err: errBusy})
	runs := 0
	errs := f.batch(f.submits("a"), func() error {
		return f.Write(context.Background(), func() (bool, error) { runs++; return true, nil }, false)
	})
	if errs[0] != nil || errs[1] != nil || runs != 3 || f.count() != 3 {
		t.Errorf("%v, %d runs, %d commits", errs, runs, f.count())
	}
	f.fail(slices.Repeat([]commit{{err: errBusy}}, sqlstore.MaxAttempts)...)
	if errs := f.batch(f.submits("b"), f.submits("c")); !errors.Is(errs[0], store.ErrUnavailable) || !errors.Is(errs[1], store.ErrUnavailable) {
		t.Errorf("always busy: %v", errs)
	}
	if f.count() != sqlstore.MaxAttempts {
		t.Errorf("%d attempts", f.count())
	}
	if there := f.stored(t, "a", "b", "c"); !slices.Equal(there, []string{"a"}) {
		t.Errorf("stored: %v", there)
	}
}

func TestAnUnknownOutcomeIsFoundOutByRunningAgainWhatMayBe(t *testing.T) {
	for name, how := range map[string]commit{
		"it was committed":                 {done: true, err: errGone},
		"it was not":                       {err: errGone},
		"committed, by an error not known": {done: true, err: errors.New("odd")},
		"not, by an error not known":       {err: errors.New("odd")},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFaulty(t)
			f.fail(how)
			once, twice := 0, 0
			errs := f.batch(
				f.submits("a"),
				func() error {
					return f.Write(context.Background(), func() (bool, error) { once++; return true, nil }, false)
				},
				func() error {
					return f.Write(context.Background(), func() (bool, error) { twice++; return true, nil }, true)
				},
				f.submits("b"),
			)
			if errs[0] != nil || errs[2] != nil || errs[3] != nil {
				t.Errorf("what may be repeated: %v", errs)
			}
			if !errors.Is(errs[1], store.ErrUnavailable) || once != 1 || twice != 2 {
				t.Errorf("what may not: %v, ran %d times, the other %d", errs[1], once, twice)
			}
			if there := f.stored(t, "a", "b"); len(there) != 2 {
				t.Errorf("stored: %v", there)
			}
			// Two forms, two episodes, and no number given twice.
			if last, err := f.LastChange(t.Context(), "u"); err != nil || last != 4 {
				t.Errorf("%d changes, %v", last, err)
			}
		})
	}
}

func TestAnUnknownOutcomeThatStaysUnknownIsUnavailable(t *testing.T) {
	for name, err := range map[string]error{"the engine is gone": errGone, "an error not met before": errors.New("odd")} {
		f := newFaulty(t)
		f.fail(slices.Repeat([]commit{{err: err}}, sqlstore.MaxAttempts)...)
		if err := f.submits("a")(); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if f.count() != sqlstore.MaxAttempts {
			t.Errorf("%s: %d attempts", name, f.count())
		}
	}
}

func TestACallerWhoGivesUpWhileWaitingIsNotBegunAndOneWhoseCallHasBegunGetsItsResult(t *testing.T) {
	f := newFaulty(t)
	release := f.Hold()
	waiting, giveUp := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := f.Submit(waiting, envelope("gone"))
		gone <- err
	}()
	kept := make(chan error)
	go func() { kept <- f.submits("kept")() }()
	for f.Waiting() < 2 {
		time.Sleep(50 * time.Microsecond)
	}
	giveUp()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: %v", err)
	}
	release()
	if err := <-kept; err != nil {
		t.Errorf("the neighbour: %v", err)
	}
	if there := f.stored(t, "gone", "kept"); !slices.Equal(there, []string{"kept"}) {
		t.Errorf("stored: %v", there)
	}

	begun, cancel := context.WithCancel(t.Context())
	errs := f.batch(f.submits("a"), func() error {
		return f.Write(begun, func() (bool, error) { cancel(); return true, nil }, false)
	}, f.submits("b"))
	if errs[0] != nil || errs[1] != nil || errs[2] != nil {
		t.Errorf("cancelled in the middle: %v", errs)
	}
}

func TestAFullQueueIsOverloadedAtOnceAndNothingIsDone(t *testing.T) {
	f := newFaulty(t)
	release := f.Hold()
	var all sync.WaitGroup
	gaveUp, giveUp := context.WithCancel(t.Context())
	for i := range sqlstore.Room {
		all.Go(func() { f.Submit(gaveUp, envelope(fmt.Sprint(i))) })
	}
	for f.Waiting() < sqlstore.Room {
		time.Sleep(time.Millisecond)
	}
	if err := f.submits("one too many")(); !errors.Is(err, store.ErrOverloaded) {
		t.Errorf("full: %v", err)
	}
	giveUp()
	release()
	all.Wait()
	if there := f.stored(t, "one too many"); len(there) > 0 {
		t.Errorf("stored: %v", there)
	}
	if err := f.submits("one too many")(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestMaintenanceAndImportsDoNotHoldUpASubmit(t *testing.T) {
	f := newFaulty(t)
	release := f.Hold()
	var order []string // only the writer appends
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() { f.Maintain(t.Context(), func() { order = append(order, fmt.Sprint("m", i)) }) })
	}
	all.Go(func() {
		var many []store.Envelope
		for i := range 3 * sqlstore.ImportChunk {
			many = append(many, envelope(fmt.Sprint("import ", i)))
		}
		if _, err := f.Import(t.Context(), many, false); err != nil {
			t.Error(err)
		}
	})
	for f.Waiting() < 6 {
		time.Sleep(time.Millisecond)
	}
	all.Go(func() {
		f.Write(t.Context(), func() (bool, error) { order = append(order, "submit"); return false, nil }, false)
	})
	for f.Waiting() < 7 {
		time.Sleep(time.Millisecond)
	}
	release()
	all.Wait()
	if len(order) != 6 || order[0] != "submit" {
		t.Errorf("the writer did %v", order)
	}
}

func TestClosingFinishesWhatWaitsAndLaterCallsAreUnavailable(t *testing.T) {
	f := newFaulty(t)
	release := f.Hold()
	var all sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		all.Go(func() { errs[i] = f.submits(fmt.Sprint(i))() })
	}
	for f.Waiting() < len(errs) {
		time.Sleep(50 * time.Microsecond)
	}
	closed := make(chan error)
	go func() { closed <- f.Close(nil) }()
	release()
	all.Wait()
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	for i, err := range errs {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if err := f.submits("late")(); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("later: %v", err)
	}
	raw, err := sql.Open("sqlite3", f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var n int
	if err := raw.QueryRow("SELECT COUNT(*) FROM submission_version").Scan(&n); err != nil || n != len(errs) {
		t.Errorf("%d forms are stored, %v", n, err)
	}
}
