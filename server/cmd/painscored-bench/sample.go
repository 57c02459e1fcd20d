package main

import (
	"context"
	"database/sql"
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
}

// sampleSubmit submits one form to a server of its own, stops it, and looks at
// what it stored. The baselines therefore follow the schema by themselves.
func (p *place) sampleSubmit(ctx context.Context) (s submitSample, err error) {
	folder, err := p.folder()
	if err != nil {
		return s, err
	}
	server, err := p.serve(ctx, storage{folder: folder})
	if err != nil {
		return s, err
	}
	conns, err := dial(server.addr, 1)
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
	s.row, err = storedRow(storage{folder: folder}.database(), request.SubmissionId)
	return s, err
}

// storedRow reads the columns of a stored form, packed in one text as package
// sqlstore packs what it reads.
func storedRow(file, submissionID string) (packed []byte, err error) {
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.Query("SELECT * FROM submission_version WHERE submission_id = ?1", submissionID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	if !rows.Next() {
		return nil, errors.Join(errors.New("the submitted form is not in the file"), rows.Err())
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	texts := make([]string, len(values))
	for i, v := range values {
		if texts[i] = fmt.Sprint(v); v != nil {
			if b, ok := v.([]byte); ok { // the digest, as long as it is stored
				texts[i] = strings.Repeat("d", len(b))
			}
		}
	}
	return []byte(strings.Join(texts, "\x1f")), rows.Err()
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
