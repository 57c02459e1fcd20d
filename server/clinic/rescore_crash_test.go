package clinic_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// envKillAt makes this test program a process that applies a plan and stands
// still before a chunk, or before the flip, until it is killed.
const envKillAt = "PAINSCORE_TEST_KILL_AT"

// standing stands still where it is told to.
type standing struct {
	changing
	before string
}

func (s *standing) stop(where string) {
	if where == s.before {
		fmt.Println("STANDING")
		select {} // until the signal that no program can catch
	}
}

// TestApplyUntilKilled is that process; run as a test it does nothing.
func TestApplyUntilKilled(t *testing.T) {
	dir, rest, _ := strings.Cut(os.Getenv(envKillAt), " ")
	if dir == "" {
		return
	}
	planID, before, _ := strings.Cut(rest, " ")
	s := openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
	st := &standing{changing: changing{Store: s.store}, before: before}
	st.stage = func(call int) error { st.stop(fmt.Sprint("chunk ", call)); return nil }
	_, err := s.through(t, dir, flipStops{st}).ApplyRescore(ebba, planID, "")
	fmt.Println("ENDED", err)
}

// flipStops stands still before the flip too.
type flipStops struct{ *standing }

func (f flipStops) FlipRescore(ctx context.Context, planID string, flip store.RescoreFlip, since map[string]int64) (store.RescorePlan, error) {
	f.stop("flip")
	return f.Store.FlipRescore(ctx, planID, flip, since)
}

func TestAKillAtAnyMomentLosesNothingAndTheNextApplyGoesOn(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
	hadsAtThree(t, s)
	const forms = 70 // three chunks
	s.manyForms(t, forms-3)
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	before := read(s.trend(t))
	for _, moment := range []string{"chunk 1", "chunk 2", "chunk 3", "flip"} {
		s.store.Close()
		kill(t, dir+" "+plan.PlanID+" "+moment)
		s = openIn(t, dir, clinic.Settings{}, catalogueWith(t, cutOff9(t), oneMissing(t)))
		if got := read(s.trend(t)); got != before || s.countBy(t, plan) != 0 {
			t.Fatalf("killed before %s: half a plan is seen", moment)
		}
	}
	s.apply(t, plan)
	if got := s.countBy(t, plan); got != forms {
		t.Errorf("%d forms count by the plan", got)
	}
	s.revert(t, plan)
	if got := read(s.trend(t)); got != before {
		t.Errorf("reverted:\n%s", got)
	}
}

func kill(t *testing.T, at string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestApplyUntilKilled$", "-test.timeout=60s")
	child.Env = append(os.Environ(), envKillAt+"="+at)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	stands := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if lines.Text() == "STANDING" || strings.HasPrefix(lines.Text(), "ENDED") {
				stands <- lines.Text()
				return
			}
		}
		stands <- "ended without a word"
	}()
	select {
	case got := <-stands:
		if got != "STANDING" {
			t.Errorf("%s: %s", at, got)
		}
	case <-time.After(50 * time.Second):
		t.Errorf("%s: not reached", at)
	}
	child.Process.Kill()
	child.Wait()
}
