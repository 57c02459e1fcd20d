package client

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// ImportOptions change how Import goes about it. The zero value is right for
// most.
type ImportOptions struct {
	DryRun bool // judge every record and store none
	// Batch is how many records go into a message, at most 1000. Default:
	// DefaultImportBatch.
	Batch int
}

// DefaultImportBatch is how many records Import puts into a message.
const DefaultImportBatch = 250

const (
	// importWindow is how many messages may be on their way without an answer:
	// what the server reads ahead, and a few on the wire.
	importWindow = 6
	// importMessageBytes closes a message early: records with long texts must
	// not add up to more than the server takes (4 MiB).
	importMessageBytes = 1 << 20
)

// ImportedRecord is one record of an import and what became of it.
type ImportedRecord struct {
	Record *pb.ImportRecord
	Result *pb.ImportResult
}

// Import stores many sheets, and gives each back with its result, in order. A
// record that the server refuses is a result and no error.
//
//	for imported, err := range c.Import(ctx, records, client.ImportOptions{}) {
//		if err != nil {
//			return err
//		}
//		…imported.Result.Outcome…
//	}
//
// What has a result is stored for good, if the result says so. When the stream
// breaks, or the server is overloaded or restarted, Import waits and sends again
// what has no result; it gives up after twice as many attempts as other calls
// (WithAttempts) without a single answer. The error comes last: an *Error of the
// server's, or the one that records ended with, after the results of all that
// came before it. Starting over from the first record is always safe: what is
// stored already comes back as REPLAYED. A record that was sent twice since its
// stream broke may be told so, too.
//
// records is run on a goroutine of its own, some thousand records ahead of the
// results, and a record must not be changed once it was handed over. Import
// returns when records has: one that waits for something should end with ctx.
// Memory does not grow with the number of records.
func (c *Client) Import(ctx context.Context, records iter.Seq2[*pb.ImportRecord, error], options ImportOptions) iter.Seq2[ImportedRecord, error] {
	return func(yield func(ImportedRecord, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		im := importer{client: c, messages: make(chan *pb.ImportSubmissionsRequest), yield: yield}
		var reading sync.WaitGroup
		reading.Go(func() { im.read(ctx, records, options) })
		err := im.run(ctx)
		cancel()
		reading.Wait()
		if err == nil {
			err = im.sourceErr
		}
		if err != nil && !im.stopped {
			yield(ImportedRecord{}, err)
		}
	}
}

// importer is one Import.
type importer struct {
	client    *Client
	messages  chan *pb.ImportSubmissionsRequest // closed at the end of the records
	sourceErr error                             // set before that
	yield     func(ImportedRecord, error) bool
	stopped   bool // the caller wants no more results
	answered  bool // since the last attempt began

	mu         sync.Mutex
	unanswered []*pb.ImportSubmissionsRequest // sent, or about to be, oldest first
	allSent    bool                           // there are no more messages
}

// read makes messages of the records.
func (im *importer) read(ctx context.Context, records iter.Seq2[*pb.ImportRecord, error], options ImportOptions) {
	defer close(im.messages)
	batch := options.Batch
	if batch <= 0 {
		batch = DefaultImportBatch
	}
	message, size := &pb.ImportSubmissionsRequest{DryRun: options.DryRun}, 0
	hand := func() bool {
		if len(message.Records) == 0 {
			return true
		}
		select {
		case im.messages <- message:
			message, size = &pb.ImportSubmissionsRequest{DryRun: options.DryRun}, 0
			return true
		case <-ctx.Done():
			return false
		}
	}
	for record, err := range records {
		if err != nil {
			im.sourceErr = err
			break
		}
		bytes := proto.Size(record)
		if size+bytes > importMessageBytes && !hand() {
			return
		}
		message.Records, size = append(message.Records, record), size+bytes
		if len(message.Records) == batch && !hand() {
			return
		}
	}
	hand()
}

// run goes from stream to stream until all is answered.
func (im *importer) run(ctx context.Context) error {
	retry := &im.client.retry
	attempts := 2 * retry.attempts
	if retry.attempts == 1 {
		attempts = 1
	}
	for attempt := 1; ; attempt++ {
		im.answered = false
		err := im.attempt(ctx)
		if err == nil || im.stopped {
			return nil
		}
		if im.answered {
			attempt = 1
		}
		st := status.Convert(err)
		asked, has := retryDelay(st)
		again := st.Code() == codes.Unavailable || st.Code() == codes.ResourceExhausted && has
		if !again || attempt >= attempts || !retry.wait(ctx, attempt, asked) {
			return err
		}
	}
}

// attempt sends on one stream what has no answer and then what comes, until all
// is answered or the stream breaks.
func (im *importer) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := im.client.submissions.ImportSubmissions(ctx)
	if err != nil {
		return err
	}
	room := make(chan struct{}, importWindow)
	for range im.unanswered {
		room <- struct{}{}
	}
	again := append([]*pb.ImportSubmissionsRequest(nil), im.unanswered...)
	var sending sync.WaitGroup
	sending.Go(func() { im.send(ctx, stream, again, room) })
	defer sending.Wait()
	defer cancel()
	for {
		reply, err := stream.Recv()
		if err == io.EOF {
			return im.ended()
		}
		if err != nil {
			return err
		}
		if err := im.answer(reply); err != nil || im.stopped {
			return err
		}
		<-room
	}
}

// send sends until there is nothing more or the stream is broken, of which
// attempt hears when it receives.
func (im *importer) send(ctx context.Context, stream pb.SubmissionService_ImportSubmissionsClient, again []*pb.ImportSubmissionsRequest, room chan<- struct{}) {
	for _, message := range again {
		if stream.Send(message) != nil {
			return
		}
	}
	for {
		// Room first: a message that was taken is remembered at once and cannot
		// get lost between two streams.
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return
		}
		select {
		case message, more := <-im.messages:
			if !more {
				im.mu.Lock()
				im.allSent = true
				im.mu.Unlock()
				stream.CloseSend()
				return
			}
			im.mu.Lock()
			im.unanswered = append(im.unanswered, message)
			im.mu.Unlock()
			if stream.Send(message) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// answer gives the results of the oldest message to the caller.
func (im *importer) answer(reply *pb.ImportSubmissionsResponse) error {
	im.mu.Lock()
	if len(im.unanswered) == 0 {
		im.mu.Unlock()
		return fmt.Errorf("painscore client: the server answered more than it was sent")
	}
	message := im.unanswered[0]
	im.mu.Unlock()
	if len(reply.Results) != len(message.Records) {
		return fmt.Errorf("painscore client: %d results for %d records", len(reply.Results), len(message.Records))
	}
	im.mu.Lock()
	im.unanswered[0] = nil
	im.unanswered = im.unanswered[1:]
	im.mu.Unlock()
	im.answered = true
	for i, result := range reply.Results {
		if !im.yield(ImportedRecord{message.Records[i], result}, nil) {
			im.stopped = true
			return nil
		}
	}
	return nil
}

// ended judges a stream that the server ended without an error.
func (im *importer) ended() error {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.allSent && len(im.unanswered) == 0 {
		return nil
	}
	return typedError(status.Error(codes.Unavailable, "the server ended the stream before it had answered everything"))
}
