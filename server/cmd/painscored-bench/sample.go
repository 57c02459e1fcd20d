package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// submitSample is one real Submit: what the baselines imitate.
type submitSample struct {
	request int
	reply   []byte
	row     []byte // what the server stored for it, all columns in one text

	stored  storage // of the stopped server, and the row as it stands in it
	columns []string
	values  []any
}

// sampleSubmit submits one form to a server of its own, stops it, and looks at
// what it stored. The baselines therefore follow the schema by themselves.
func (p *place) sampleSubmit(ctx context.Context) (s submitSample, err error) {
	if s.stored, err = p.newStorage(ctx); err != nil {
		return s, err
	}
	server, err := p.serve(ctx, s.stored)
	if err != nil {
		return s, err
	}
	conns, err := server.dial(1)
	if err != nil {
		return s, err
	}
	defer hangUp(conns)
	if err := createEpisodes(ctx, conns, 1); err != nil {
		return s, err
	}
	request := hads(0)
	request.SubmissionId, request.Occasion, request.OccasionLabel = "01930000-0000-7000-8000-000000000001", pb.Occasion_OCCASION_OTHER, "week 000000"
	body := mustMarshal(request)
	s.request = len(body)
	if s.reply, err = rawCall(ctx, conns[0], submitMethod, body); err != nil {
		return s, err
	}
	if err := server.stop(); err != nil {
		return s, err
	}
	s.columns, s.values, err = s.stored.form(ctx, request.SubmissionId)
	s.row = packed(s.values)
	return s, err
}

// packed joins a row's columns in one text, as package sqlstore reads them.
func packed(values []any) []byte {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
		if b, ok := v.([]byte); ok { // the digest, as long as it is stored
			texts[i] = strings.Repeat("d", len(b))
		}
	}
	return []byte(strings.Join(texts, "\x1f"))
}

// createEpisodes submits the baseline of each episode, which creates it.
func createEpisodes(ctx context.Context, conns []*grpc.ClientConn, episodes int) error {
	var next atomic.Int64
	var done sync.WaitGroup
	failed := make(chan error, 16)
	for w := range cap(failed) {
		client := pb.NewSubmissionServiceClient(conns[w%len(conns)])
		done.Go(func() {
			for {
				n := int(next.Add(1) - 1)
				if n >= episodes || ctx.Err() != nil {
					return
				}
				request := hads(n)
				request.SubmissionId, request.AllowNewEpisode = fmt.Sprintf("01920000-0000-7000-8000-%012d", n), true
				if _, err := client.Submit(ctx, request); err != nil {
					failed <- fmt.Errorf("create episode %d: %w", n, err)
					return
				}
			}
		})
	}
	done.Wait()
	close(failed)
	return errors.Join(ctx.Err(), <-failed)
}

// isCancelled says that a call ended because another one had failed.
func isCancelled(err error) bool { return status.Code(err) == codes.Canceled }
