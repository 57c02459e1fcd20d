package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

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
			if records < 1 || records > 1000 || perEpisode < 1 {
				return fmt.Errorf("--records must be from 1 to 1000, --per-episode positive")
			}
			return f.measure(cmd, func(ctx context.Context, p *place, say io.Writer) ([]row, error) {
				return f.importing(ctx, p, records, perEpisode, say)
			})
		},
	}
	cmd.Flags().IntVar(&records, "records", importRecords, "how many records a message holds")
	cmd.Flags().IntVar(&perEpisode, "per-episode", importPerEpisode, "how many records an episode has")
	return cmd
}

func (f *benchFlags) importing(ctx context.Context, p *place, records, perEpisode int, say io.Writer) ([]row, error) {
	sizes, err := p.sampleSubmit(ctx)
	if err != nil {
		return nil, err
	}
	server, err := p.contestant(ctx, "ImportSubmissions", 1, func() (*child, error) { return p.serveNew(ctx) })
	if err != nil {
		return nil, err
	}
	defer hangUp(server.load.conns)
	packed, err := p.openRaw(ctx, string(sizes.row))
	if err != nil {
		return nil, err
	}
	defer packed.close()
	table, err := p.openRawTable(ctx, sizes)
	if err != nil {
		return nil, err
	}
	defer table.close()
	messages := newImportMessages(records, perEpisode, f.seed)
	stream := func(ctx context.Context, lasting time.Duration) (sample, error) {
		return importFor(ctx, server.load.conns[0], messages.next, lasting)
	}
	turns := []func(context.Context, time.Duration) (sample, error){stream, packed.run, table.run}
	contestants := []contestant{{name: server.name}, {name: "raw rows"}, {name: "raw rows, own table"}}
	all := make([][]sample, len(turns))
	for round := range f.rounds + 1 {
		for i, turn := range turns {
			got, err := turn(ctx, f.lasting)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", contestants[i].name, err)
			}
			if round > 0 { // the first is the warm-up
				all[i] = append(all[i], got)
			}
		}
		progress(say, "round %d of %d done", round, f.rounds)
	}
	return rows("import", 1, contestants, all), nil
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
