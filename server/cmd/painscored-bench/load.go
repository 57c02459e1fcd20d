package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// source gives a worker its next request in wire form.
type source interface{ request() []byte }

// load is one way of calling a server.
type load struct {
	conns   []*grpc.ClientConn
	method  string
	sources func(worker *rand.Rand) source
	seed    uint64
}

// callTime bounds one call; one that takes longer ends the run.
const callTime = 20 * time.Second

// run keeps inFlight calls open for the given time and says how they went. A
// worker asks again as soon as it has its answer (a closed loop), so that
// latency and throughput belong together. Any failed call fails the run: a
// server that refuses would look fast.
func (l load) run(ctx context.Context, inFlight int, lasting time.Duration) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, lasting+callTime)
	defer cancel()
	workers := make([]worker, inFlight)
	var done sync.WaitGroup
	began := time.Now()
	for i := range workers {
		random := rand.New(rand.NewPCG(l.seed, uint64(i)))
		w := &workers[i]
		w.conn, w.method, w.source = l.conns[i%len(l.conns)], l.method, l.sources(random)
		done.Go(func() {
			if w.work(ctx, began.Add(lasting)); w.err != nil {
				cancel() // the others need not go on
			}
		})
	}
	done.Wait()
	took := time.Since(began)
	var all []time.Duration
	for i := range workers {
		if workers[i].err != nil && ctx.Err() != context.DeadlineExceeded {
			return sample{}, firstError(workers)
		}
		all = append(all, workers[i].latencies...)
	}
	if len(all) == 0 {
		return sample{}, fmt.Errorf("%s: no call ended in %v", l.method, took)
	}
	slices.Sort(all)
	return sample{PerSecond: float64(len(all)) / took.Seconds(), P50: percentile(all, 50), P99: percentile(all, 99), Calls: len(all)}, nil
}

// worker makes calls one after the other.
type worker struct {
	conn      *grpc.ClientConn
	method    string
	source    source
	latencies []time.Duration
	err       error
}

func (w *worker) work(ctx context.Context, until time.Time) {
	request, reply, options := &frame{}, &frame{}, []grpc.CallOption{grpc.ForceCodecV2(frames{})}
	for began := time.Now(); began.Before(until); {
		request.bytes = w.source.request()
		if w.err = w.conn.Invoke(ctx, w.method, request, reply, options...); w.err != nil {
			return
		}
		now := time.Now()
		w.latencies = append(w.latencies, now.Sub(began))
		began = now
	}
}

// firstError is the error that ended a run, and not one that followed from it.
func firstError(workers []worker) error {
	var found error
	for _, w := range workers {
		if w.err != nil && (found == nil || isCancelled(found)) {
			found = w.err
		}
	}
	return found
}
