package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// importWindow is how many messages may be on their way without their answer.
const importWindow = 6

func benchImport(f *benchFlags) *cobra.Command {
	var records, perEpisode int
	cmd := &cobra.Command{
		Use: "import", Short: "ImportSubmissions beside raw prepared inserts of the same rows", Args: cobra.NoArgs,
		Long: `Measure ImportSubmissions over one stream: HADS forms of new episodes, those of an
episode side by side as in an old system's export, beside two loops of one prepared
statement with 1,000 rows to a commit, in one process and without a service:

  raw rows             the same rows, packed in one column, no index but the key
  raw rows, own table  the same rows in painscored's own table with its indexes`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if records < 1 || records > 1000 || perEpisode < 1 {
				return fmt.Errorf("--records must be from 1 to 1000, --per-episode positive")
			}
			return f.in(cmd.Context(), func(p *place) error {
				return f.importing(cmd.Context(), p, records, perEpisode, cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
		},
	}
	cmd.Flags().IntVar(&records, "records", 250, "how many records a message holds")
	cmd.Flags().IntVar(&perEpisode, "per-episode", 9, "how many records an episode has")
	return cmd
}

func (f *benchFlags) importing(ctx context.Context, p *place, records, perEpisode int, stdout, stderr io.Writer) error {
	m, err := look(p.dir)
	if err != nil {
		return err
	}
	sizes, err := p.sampleSubmit(ctx)
	if err != nil {
		return err
	}
	server, err := p.contestant(ctx, "ImportSubmissions", 1, func() (*child, error) { return p.serveNew(ctx) })
	if err != nil {
		return err
	}
	defer hangUp(server.load.conns)
	packed, err := p.openRaw(string(sizes.row))
	if err != nil {
		return err
	}
	defer packed.close()
	table, err := p.openRawTable(sizes)
	if err != nil {
		return err
	}
	defer table.close()
	stream := &importLoad{conn: server.load.conns[0], messages: newImportMessages(records, perEpisode, f.seed)}
	turns := []func(context.Context, time.Duration) (sample, error){stream.run, packed.run, table.run}
	contestants := []contestant{{name: server.name}, {name: "raw rows"}, {name: "raw rows, own table"}}
	all := make([][]sample, len(turns))
	for round := range f.rounds + 1 {
		for i, turn := range turns {
			got, err := turn(ctx, f.lasting)
			if err != nil {
				return fmt.Errorf("%s: %w", contestants[i].name, err)
			}
			if round > 0 { // the first is the warm-up
				all[i] = append(all[i], got)
			}
		}
		progress(stderr, "round %d of %d done", round, f.rounds)
	}
	return f.print(stdout, m, rows("import", 1, contestants, all))
}

// importMessages makes ImportSubmissionsRequests in wire form.
type importMessages struct {
	template   []byte
	first      int // offset of the first record's submission
	stride     int // from one record to the next: all are of one length
	records    int
	perEpisode int
	writer     *writer
	n          int
}

func newImportMessages(records, perEpisode int, seed uint64) *importMessages {
	one := furtherHADS()
	one.AllowNewEpisode = true
	from := newSubmits(one, 1)
	request := &pb.ImportSubmissionsRequest{}
	for range records {
		request.Records = append(request.Records, &pb.ImportRecord{RecordId: "line 000000000", Submission: one})
	}
	m := &importMessages{template: mustMarshal(request), records: records, perEpisode: perEpisode}
	m.writer = from.writer(rand.New(rand.NewPCG(seed, 0)))
	m.first = bytes.Index(m.template, from.template)
	m.stride = len(m.template) / records
	return m
}

// next is a new message, of records that follow those of the one before.
func (m *importMessages) next() []byte {
	body := bytes.Clone(m.template) // gRPC may still hold the one before
	for i := range m.records {
		at := m.first + i*m.stride
		copy(body[at:], m.writer.at(m.n/m.perEpisode, m.n%m.perEpisode, m.n))
		m.n++
	}
	return body
}

// importLoad sends messages over one stream, a few ahead of their answers.
type importLoad struct {
	conn     *grpc.ClientConn
	messages *importMessages
}

func (l *importLoad) run(ctx context.Context, lasting time.Duration) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, lasting+callTime)
	defer cancel()
	stream, err := l.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
		pb.SubmissionService_ImportSubmissions_FullMethodName, grpc.ForceCodecV2(frames{}))
	if err != nil {
		return sample{}, err
	}
	began := time.Now()
	window, sendErr := make(chan struct{}, importWindow), make(chan error, 1)
	go func() {
		for time.Since(began) < lasting {
			select {
			case window <- struct{}{}:
			case <-ctx.Done():
				sendErr <- ctx.Err()
				return
			}
			if stream.SendMsg(&frame{bytes: l.messages.next()}) != nil {
				break // what was wrong comes with RecvMsg
			}
		}
		sendErr <- stream.CloseSend()
	}()
	stored := 0
	for {
		reply := &frame{keep: true}
		err := stream.RecvMsg(reply)
		if err == io.EOF {
			break
		}
		if err == nil {
			stored, err = countStored(reply.bytes, stored)
		}
		if err != nil {
			cancel()
			<-sendErr
			return sample{}, err
		}
		<-window
	}
	took := time.Since(began)
	return sample{PerSecond: float64(stored) / took.Seconds(), Calls: stored}, <-sendErr
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
