package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// fragile is a server that stores what it gets by submission id, and whose
// streams each go by the next line of a script.
type fragile struct {
	pb.UnimplementedSubmissionServiceServer

	mu      sync.Mutex
	script  []life
	streams int
	kept    []string // ids in the order in which they were stored
	dry     []bool
	sizes   []int
}

// life is how a stream goes: it answers so many messages, takes in so many
// more that it stores and does not answer, and ends with err. Negative: no end.
type life struct {
	answers, silent int
	err             error
}

func (f *fragile) next() life {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.streams++
	if len(f.script) == 0 {
		return life{answers: -1}
	}
	l := f.script[0]
	f.script = f.script[1:]
	return l
}

func (f *fragile) ImportSubmissions(stream grpc.BidiStreamingServer[pb.ImportSubmissionsRequest, pb.ImportSubmissionsResponse]) error {
	l := f.next()
	for n := 0; l.answers < 0 || n < l.answers+l.silent; n++ {
		message, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		reply := f.store(message)
		if l.answers < 0 || n < l.answers {
			if err := stream.Send(reply); err != nil {
				return err
			}
		}
	}
	return l.err
}

func (f *fragile) store(message *pb.ImportSubmissionsRequest) *pb.ImportSubmissionsResponse {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dry, f.sizes = append(f.dry, message.DryRun), append(f.sizes, len(message.Records))
	reply := &pb.ImportSubmissionsResponse{}
	for _, r := range message.Records {
		result := &pb.ImportResult{RecordId: r.RecordId, Outcome: pb.ImportOutcome_IMPORT_OUTCOME_STORED}
		switch id := r.Submission.GetSubmissionId(); {
		case id == "":
			result.Outcome = pb.ImportOutcome_IMPORT_OUTCOME_REFUSED
		case slices.Contains(f.kept, id):
			result.Outcome = pb.ImportOutcome_IMPORT_OUTCOME_REPLAYED
		default:
			f.kept = append(f.kept, id)
		}
		reply.Results = append(reply.Results, result)
	}
	return reply
}

// serveFragile returns a client of f that lists its waits instead of waiting.
func serveFragile(t *testing.T, f pb.SubmissionServiceServer, opts ...Option) (*Client, *[]time.Duration) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	pb.RegisterSubmissionServiceServer(server, f)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	waits := new([]time.Duration)
	opts = append([]Option{
		WithDialOptions(grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) })),
		func(s *settings) {
			s.retry.sleep = func(ctx context.Context, d time.Duration) error {
				*waits = append(*waits, d)
				return ctx.Err()
			}
		},
	}, opts...)
	c, err := Dial("127.0.0.1:1", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, waits
}

// numbered are n records; every tenth lacks its submission id.
func numbered(n int) iter.Seq2[*pb.ImportRecord, error] {
	return func(yield func(*pb.ImportRecord, error) bool) {
		for i := range n {
			record := &pb.ImportRecord{RecordId: fmt.Sprint(i), Submission: &pb.SubmitRequest{}}
			if i%10 != 9 {
				record.Submission.SubmissionId = fmt.Sprintf("s-%d", i)
			}
			if !yield(record, nil) {
				return
			}
		}
	}
}

// all reads an import to its end, and holds it to one result for each record,
// in order.
func all(t *testing.T, results iter.Seq2[ImportedRecord, error]) (outcomes map[pb.ImportOutcome]int, err error) {
	t.Helper()
	outcomes = map[pb.ImportOutcome]int{}
	n := 0
	for imported, e := range results {
		if err != nil {
			t.Error("something came after the error")
		}
		if err = e; err != nil {
			continue
		}
		if id := fmt.Sprint(n); imported.Record.RecordId != id || imported.Result.RecordId != id {
			t.Fatalf("result %d is of %s, for record %s", n, imported.Result.RecordId, imported.Record.RecordId)
		}
		refused := imported.Result.Outcome == pb.ImportOutcome_IMPORT_OUTCOME_REFUSED
		if refused != (n%10 == 9) {
			t.Fatalf("record %d: %v", n, imported.Result)
		}
		outcomes[imported.Result.Outcome]++
		n++
	}
	return outcomes, err
}

var gone = status.Error(codes.Unavailable, "gone")

func TestNothingIsLostOrDoubledByStreamsThatBreak(t *testing.T) {
	for name, script := range map[string][]life{
		"no break":                        nil,
		"before the first answer":         {{0, 0, gone}, {0, 0, gone}},
		"between two messages":            {{1, 0, gone}, {2, 0, gone}, {3, 0, gone}},
		"stored and not answered":         {{1, 2, gone}, {0, 3, gone}, {2, 1, gone}},
		"ended as if all were well":       {{1, 0, nil}, {0, 2, nil}},
		"overloaded":                      {{1, 1, refusal(t, codes.ResourceExhausted, retryIn(time.Second))}},
		"often, but each time it goes on": slices.Repeat([]life{{1, 1, gone}}, 18),
	} {
		t.Run(name, func(t *testing.T) {
			f := &fragile{script: script}
			c, waits := serveFragile(t, f)
			outcomes, err := all(t, c.Import(t.Context(), numbered(1000), ImportOptions{Batch: 50}))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.kept) != 900 || outcomes[pb.ImportOutcome_IMPORT_OUTCOME_STORED]+outcomes[pb.ImportOutcome_IMPORT_OUTCOME_REPLAYED] != 900 || outcomes[pb.ImportOutcome_IMPORT_OUTCOME_REFUSED] != 100 {
				t.Errorf("%d kept, %v", len(f.kept), outcomes)
			}
			if f.streams != len(script)+1 || len(*waits) != len(script) {
				t.Errorf("%d streams, %d waits", f.streams, len(*waits))
			}
			for i := range 900 {
				if want := fmt.Sprintf("s-%d", i+i/9); f.kept[i] != want {
					t.Fatalf("stored as number %d: %s, want %s", i, f.kept[i], want)
				}
			}
		})
	}
}

func TestAnImportGivesUpAfterManyAttemptsWithoutAnAnswer(t *testing.T) {
	full := refusal(t, codes.ResourceExhausted)
	for name, c := range map[string]struct {
		err      error
		attempts int
		opts     []Option
	}{
		"gone":                 {gone, 2 * DefaultAttempts, nil},
		"one attempt only":     {gone, 1, []Option{WithAttempts(1)}},
		"three":                {gone, 6, []Option{WithAttempts(3)}},
		"too large, say":       {full, 1, nil},
		"bad input":            {status.Error(codes.InvalidArgument, "no"), 1, nil},
		"longer than it waits": {refusal(t, codes.ResourceExhausted, retryIn(time.Hour)), 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fragile{script: append([]life{{2, 0, c.err}}, slices.Repeat([]life{{0, 0, c.err}}, 99)...)}
			client, _ := serveFragile(t, f, c.opts...)
			outcomes, err := all(t, client.Import(t.Context(), numbered(100), ImportOptions{Batch: 10}))
			var typed *Error
			if !errors.As(err, &typed) || typed.Code != status.Code(c.err) {
				t.Errorf("%v", err)
			}
			if f.streams != c.attempts || outcomes[pb.ImportOutcome_IMPORT_OUTCOME_STORED] != 18 {
				t.Errorf("%d streams, %v", f.streams, outcomes)
			}
		})
	}
}

func TestTheServersDelayHoldsForAnImport(t *testing.T) {
	f := &fragile{script: []life{{1, 0, refusal(t, codes.ResourceExhausted, retryIn(3*time.Second))}}}
	c, waits := serveFragile(t, f)
	if _, err := all(t, c.Import(t.Context(), numbered(100), ImportOptions{Batch: 10})); err != nil || len(*waits) != 1 || (*waits)[0] < 3*time.Second {
		t.Errorf("%v, %v", *waits, err)
	}
}

func TestRecordsThatEndWithAnErrorAreStoredUpToThere(t *testing.T) {
	broken := errors.New("line 6 cannot be read")
	records := func(yield func(*pb.ImportRecord, error) bool) {
		for record := range numbered(5) {
			if !yield(record, nil) {
				return
			}
		}
		if yield(nil, broken) {
			t.Error("asked for more after the error")
		}
	}
	f := &fragile{}
	c, _ := serveFragile(t, f)
	outcomes, err := all(t, c.Import(t.Context(), records, ImportOptions{}))
	if !errors.Is(err, broken) || outcomes[pb.ImportOutcome_IMPORT_OUTCOME_STORED] != 5 {
		t.Errorf("%v, %v", outcomes, err)
	}
}

func TestACallerMayStopAtAnyResult(t *testing.T) {
	f := &fragile{}
	c, _ := serveFragile(t, f)
	n := 0
	for _, err := range c.Import(t.Context(), numbered(1e6), ImportOptions{Batch: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 15 {
			break
		}
	}
	if f.mu.Lock(); len(f.kept) > 300 {
		t.Errorf("%d records were sent for 15 results", len(f.kept))
	}
	f.mu.Unlock()
}

func TestAnImportEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := &fragile{}
	c, _ := serveFragile(t, f)
	n := 0
	var last error
	for _, err := range c.Import(ctx, numbered(1e6), ImportOptions{Batch: 10}) {
		if n++; n == 5 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("%v", last)
	}
}

func TestMessagesAreBoundedInRecordsAndBytes(t *testing.T) {
	f := &fragile{}
	c, _ := serveFragile(t, f)
	if _, err := all(t, c.Import(t.Context(), numbered(600), ImportOptions{DryRun: true})); err != nil {
		t.Fatal(err)
	}
	if want := []int{250, 250, 100}; !slices.Equal(f.sizes, want) || slices.Contains(f.dry, false) {
		t.Errorf("messages of %v records, dry run %v", f.sizes, f.dry)
	}
	f.sizes, f.dry, f.kept = nil, nil, nil
	long := func(yield func(*pb.ImportRecord, error) bool) {
		for record, err := range numbered(10) {
			record.Submission.EpisodeId = strings.Repeat("x", 300<<10)
			yield(record, err)
		}
	}
	if _, err := all(t, c.Import(t.Context(), long, ImportOptions{})); err != nil {
		t.Fatal(err)
	}
	if want := []int{3, 3, 3, 1}; !slices.Equal(f.sizes, want) || slices.Contains(f.dry, true) {
		t.Errorf("messages of %v records, dry run %v", f.sizes, f.dry)
	}
	f.sizes = nil
	if _, err := all(t, c.Import(t.Context(), numbered(0), ImportOptions{})); err != nil || len(f.sizes) != 0 {
		t.Errorf("no records: %v, %v", f.sizes, err)
	}
}

// miscounting answers with a result too few.
type miscounting struct{ fragile }

func (m *miscounting) ImportSubmissions(stream grpc.BidiStreamingServer[pb.ImportSubmissionsRequest, pb.ImportSubmissionsResponse]) error {
	message, err := stream.Recv()
	if err != nil {
		return err
	}
	reply := m.store(message)
	reply.Results = reply.Results[1:]
	return stream.Send(reply)
}

func TestResultsThatDoNotMatchAreAnError(t *testing.T) {
	c, _ := serveFragile(t, &miscounting{})
	if outcomes, err := all(t, c.Import(t.Context(), numbered(5), ImportOptions{})); err == nil || len(outcomes) != 0 {
		t.Errorf("%v, %v", outcomes, err)
	}
}

func ExampleClient_Import() {
	c, err := Dial("127.0.0.1:7443")
	if err != nil {
		return
	}
	defer c.Close()
	records := func(yield func(*pb.ImportRecord, error) bool) {
		// … read the next row of a file, and
		yield(&pb.ImportRecord{RecordId: "line 2", Submission: &pb.SubmitRequest{ /* … */ }}, nil)
	}
	for imported, err := range c.Import(context.Background(), records, ImportOptions{}) {
		if err != nil {
			return // what came before has its results; starting over is safe
		}
		if imported.Result.Outcome == pb.ImportOutcome_IMPORT_OUTCOME_REFUSED {
			fmt.Println(imported.Record.RecordId, imported.Result.Error)
		}
	}
}
