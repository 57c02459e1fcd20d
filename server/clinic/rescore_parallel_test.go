package clinic_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// TestSubmitsAndReadsGoOnWhileAPlanIsApplied: nobody fails, nothing is lost,
// and an episode's forms change all at once.
func TestSubmitsAndReadsGoOnWhileAPlanIsApplied(t *testing.T) {
	s := openIn(t, t.TempDir(), clinic.Settings{}, catalogueWith(t, cutOff9(t)))
	hadsAtThree(t, s)
	const forms = 300
	s.manyForms(t, forms-3)
	plan, _ := s.preview(t, clinic.RescoreRequest{Instrument: "hads", Version: "2"})
	var all sync.WaitGroup
	done := make(chan struct{})
	submitted := make([]int, 2)
	for w := range submitted {
		all.Go(func() {
			for running := true; running || submitted[w] < 5; submitted[w]++ {
				sub := baseline(fmt.Sprintf("busy-%d-%d", w, submitted[w]), hadsOf(8, 7, false))
				sub.EpisodeID, sub.Patient = sub.Forms[0].SubmissionID, somebody(10_000*(w+1)+submitted[w])
				if _, _, err := s.Submit(ctx, sub, true); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					running = false
				default:
				}
			}
		})
	}
	all.Go(func() {
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			subs, err := s.store.SubmissionsOfEpisode(ctx, unit, "e-1", 0)
			if err != nil || len(subs) != 3 || subs[0].RescorePlan != subs[1].RescorePlan || subs[0].RescorePlan != subs[2].RescorePlan {
				t.Errorf("%v %+v", err, subs)
			}
		}
	})
	for range 3 { // twice it is there already
		s.apply(t, plan)
	}
	s.revert(t, plan)
	s.apply(t, plan)
	close(done)
	all.Wait()
	if got := s.countBy(t, plan); got != forms {
		t.Errorf("%d forms count by the plan", got)
	}
	if got := s.countBy(t, &store.RescorePlan{}); got != submitted[0]+submitted[1] {
		t.Errorf("%d forms beside it, %v submitted", got, submitted)
	}
}

// BenchmarkSubmitWhileRescoring measures how long one submit after another
// takes while nothing else is written, and then while a plan of 10,000 forms is
// applied.
//
//	go test -run=NONE -bench=SubmitWhileRescoring -benchtime=1x ./server/clinic
//
// Run it on a real disk: TMPDIR must not be a tmpfs.
func BenchmarkSubmitWhileRescoring(b *testing.B) {
	s := openIn(b, b.TempDir(), clinic.Settings{}, catalogueWith(b, cutOff9(b)))
	const forms = 10_000
	s.manyForms(b, forms)
	began := time.Now()
	plan, err := s.PreviewRescore(ebba, clinic.RescoreRequest{Instrument: "hads", Version: "2"}, func(clinic.RescoreFinding) error { return nil })
	if err != nil || plan.Forms != forms {
		b.Fatal(err, plan)
	}
	previewed := time.Since(began)
	n := 0
	submit := func() time.Duration {
		n++
		sub := baseline(fmt.Sprint("timed-", n), nprs(5))
		sub.EpisodeID, sub.Patient = fmt.Sprint("timed-", n), somebody(1_000_000+n)
		began := time.Now()
		if _, _, err := s.Submit(ctx, sub, true); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	for b.Loop() {
		var alone, beside []time.Duration
		for range 1000 {
			alone = append(alone, submit())
		}
		applied := make(chan time.Duration)
		go func() {
			began := time.Now()
			if _, err := s.ApplyRescore(ebba, plan.PlanID, ""); err != nil {
				b.Error(err)
			}
			applied <- time.Since(began)
		}()
		var took time.Duration
		for took == 0 {
			select {
			case took = <-applied:
			default:
				beside = append(beside, submit())
			}
		}
		for name, list := range map[string][]time.Duration{"alone": alone, "beside": beside} {
			slices.Sort(list)
			b.ReportMetric(float64(list[len(list)/2].Microseconds()), name+"-p50-µs")
			b.ReportMetric(float64(list[len(list)*99/100].Microseconds()), name+"-p99-µs")
			b.ReportMetric(float64(list[len(list)-1].Microseconds()), name+"-max-µs")
		}
		b.ReportMetric(float64(len(beside)), "beside-submits")
		b.ReportMetric(float64(previewed.Milliseconds()), "preview-ms")
		b.ReportMetric(float64(took.Milliseconds()), "apply-ms")
		b.ReportMetric(0, "ns/op")
	}
}
