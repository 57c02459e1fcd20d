package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// importWindow is how many messages may be on their way without their answer.
const importWindow = 6

// importAll sends messages over one stream of ImportSubmissions, a few ahead of
// their answers, until next has none left, and tells after each answer how many
// records are stored. One that is not ends it with an error, and so does a
// server that says nothing for callTime.
func importAll(ctx context.Context, conn *grpc.ClientConn, next func() []byte, told func(stored int)) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(callTime, cancel)
	defer silence.Stop()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
		pb.SubmissionService_ImportSubmissions_FullMethodName, grpc.ForceCodecV2(frames{}))
	if err != nil {
		return 0, err
	}
	window, sent := make(chan struct{}, importWindow), make(chan error, 1)
	go func() { sent <- sendAll(ctx, stream, next, window) }()
	stored := 0
	for {
		reply := &frame{keep: true}
		err := stream.RecvMsg(reply)
		if err == io.EOF {
			return stored, <-sent
		}
		if err == nil {
			stored, err = countStored(reply.bytes, stored)
		}
		if err != nil {
			cancel()
			<-sent
			return stored, err
		}
		<-window
		silence.Reset(callTime)
		told(stored)
	}
}

// sendAll sends while there is room in the window.
func sendAll(ctx context.Context, stream grpc.ClientStream, next func() []byte, window chan<- struct{}) error {
	for message := next(); message != nil; message = next() {
		select {
		case window <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		if stream.SendMsg(&frame{bytes: message}) != nil {
			break // what was wrong comes with RecvMsg
		}
	}
	return stream.CloseSend()
}

// importFor imports for the given time.
func importFor(ctx context.Context, conn *grpc.ClientConn, next func() []byte, lasting time.Duration) (sample, error) {
	began := time.Now()
	timed := func() []byte {
		if time.Since(began) >= lasting {
			return nil
		}
		return next()
	}
	stored, err := importAll(ctx, conn, timed, func(int) {})
	return sample{PerSecond: float64(stored) / time.Since(began).Seconds(), Calls: stored}, err
}

// countStored adds the results of a reply; one that is not STORED is an error:
// what is refused, or was there, costs less.
func countStored(reply []byte, stored int) (int, error) {
	var results pb.ImportSubmissionsResponse
	if err := proto.Unmarshal(reply, &results); err != nil {
		return stored, err
	}
	for _, r := range results.Results {
		if r.Outcome != pb.ImportOutcome_IMPORT_OUTCOME_STORED {
			return stored, fmt.Errorf("a record was not stored: %v %v", r.Outcome, r.Error)
		}
	}
	return stored + len(results.Results), nil
}
