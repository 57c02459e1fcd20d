package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func benchGrowth(f *benchFlags) *cobra.Command {
	var from, to int
	cmd := &cobra.Command{
		Use: "growth", Short: "GetTrend and Submit, memory and start, as a store grows tenfold and tenfold again", Args: cobra.NoArgs,
		Long: `Fill a store by ImportSubmissions, nine instruments at three occasions per episode, and
stop at --from forms, at ten times as many, and so on to --to. At each size start a
server on a copy and measure GetTrend beside an echo of its bytes and Submit beside the
durable stub, and both beside a copy of the smallest store, in turn.

Say what each size takes to start (from the process to its first answer, with the
system's cache warm), in memory when it has just started and at most under load, and on
the medium. The Submits go into another half of the episodes than the trends are read
from, and are thrown away with the copy.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if from < 2*formsOfEpisode || to < from {
				return fmt.Errorf("--from must be at least %d, --to not below it", 2*formsOfEpisode)
			}
			if !cmd.Flags().Changed("in-flight") {
				f.inFlight = []int{1, 64}
			}
			return f.in(cmd.Context(), func(p *place) error {
				return f.growth(cmd.Context(), p, sizesOf(from, to), cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
		},
	}
	cmd.Flags().IntVar(&from, "from", 10_000, "how many forms the store holds when it is first measured")
	cmd.Flags().IntVar(&to, "to", 1_000_000, "how many forms it holds in the end; 10,000,000 takes ten times as long")
	return cmd
}

// sizesOf are the numbers of forms to measure at, each ten times the one before
// except perhaps the last.
func sizesOf(from, to int) []int {
	var all []int
	for ; from < to; from *= 10 {
		all = append(all, from)
	}
	return append(all, to)
}

// sizeReport is what a store of one size takes besides time.
type sizeReport struct {
	Forms       int           `json:"forms"`
	Imported    float64       `json:"imported_per_second"` // by those that came since the size before
	FirstAnswer time.Duration `json:"first_answer_ns"`     // from the start of the process
	Idle        amount        `json:"resident_idle"`
	Highest     amount        `json:"resident_highest"`
	Database    amount        `json:"database_bytes"`
}

func (s sizeReport) cells() []string {
	return []string{fmt.Sprint(s.Forms), fmt.Sprintf("%.0f", s.Imported), s.FirstAnswer.Round(time.Millisecond).String(),
		s.Idle.String(), s.Highest.String(), s.Database.String()}
}

// grower measures a store that grows.
type grower struct {
	*benchFlags
	place    *place
	say      io.Writer
	sample   submitSample
	growing  storage // stopped whenever it is copied
	episodes int     // that it holds
	smallest storage // a copy at the first size, kept as it was
	rows     []row
	sizes    []sizeReport
}

func (f *benchFlags) growth(ctx context.Context, p *place, sizes []int, stdout, stderr io.Writer) error {
	m, err := p.look(ctx)
	if err != nil {
		return err
	}
	g := &grower{benchFlags: f, place: p, say: stderr}
	if g.sample, err = p.sampleSubmit(ctx); err != nil {
		return err
	}
	if g.growing, err = p.newStorage(ctx); err != nil {
		return err
	}
	for i, forms := range sizes {
		size := sizeReport{Forms: forms}
		if err := g.fill(ctx, &size); err != nil {
			return err
		}
		if i == 0 {
			if g.smallest, err = p.copyOf(ctx, g.growing); err != nil {
				return err
			}
		}
		if err := g.measureSize(ctx, sizes[0], &size); err != nil {
			return fmt.Errorf("%d forms: %w", forms, err)
		}
		g.sizes = append(g.sizes, size)
	}
	return f.print(stdout, m, g.rows, g.sizes...)
}

// fill brings the growing store to a size and stops its server.
func (g *grower) fill(ctx context.Context, size *sizeReport) error {
	server, err := g.place.contestant(ctx, "growing", 1, func() (*child, error) { return g.place.serve(ctx, g.growing) })
	if err != nil {
		return err
	}
	defer hangUp(server.load.conns)
	records, err := newEpisodeRecords(g.episodes, size.Forms/formsOfEpisode, g.seed)
	if err != nil {
		return err
	}
	before, began, told := g.episodes*formsOfEpisode, time.Now(), time.Now()
	stored, err := importAll(ctx, server.load.conns[0], records.next, func(stored int) {
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			progress(g.say, "%d of %d forms are there, %.0f a second", before+stored, size.Forms, float64(stored)/time.Since(began).Seconds())
		}
	})
	if err != nil {
		return fmt.Errorf("fill to %d forms: %w", size.Forms, err)
	}
	g.episodes, size.Imported = size.Forms/formsOfEpisode, float64(stored)/time.Since(began).Seconds()
	if err := server.child.stop(); err != nil {
		return err
	}
	bytes, err := g.growing.bytes(ctx)
	size.Database = amount(bytes)
	return err
}

// measureSize measures a copy of the store as it is, beside a copy of the
// smallest one and the baselines.
func (g *grower) measureSize(ctx context.Context, smallest int, size *sizeReport) (err error) {
	var all []contestant
	var episodes []int
	join := func(of storage, forms int, into *sizeReport) error {
		at, err := g.place.copyOf(ctx, of)
		if err != nil {
			return err
		}
		c, err := g.start(ctx, at, forms, into)
		if err == nil {
			all, episodes = append(all, c), append(episodes, forms/formsOfEpisode)
		}
		return err
	}
	defer func() {
		for _, c := range all {
			hangUp(c.load.conns)
			c.child.kill()
			err = errors.Join(err, g.place.remove(context.WithoutCancel(ctx), c.kept))
		}
	}()
	err = join(g.growing, size.Forms, size)
	if err == nil && size.Forms > smallest {
		err = join(g.smallest, smallest, &sizeReport{})
	}
	if err != nil {
		return err
	}
	if err := g.trends(ctx, all, episodes); err != nil {
		return err
	}
	if err := g.submits(ctx, all, episodes); err != nil {
		return err
	}
	size.Highest = memoryOf(all[0].child).highest
	progress(g.say, "%d forms measured", size.Forms)
	return nil
}

// start starts a server on a filled store and asks it something at once.
func (g *grower) start(ctx context.Context, at storage, forms int, size *sizeReport) (contestant, error) {
	began := time.Now()
	c, err := g.place.contestant(ctx, fmt.Sprint(forms, " forms"), g.connections, func() (*child, error) { return g.place.serve(ctx, at) })
	if err != nil {
		return c, err
	}
	c.kept = at
	if _, err := pb.NewAdminServiceClient(c.load.conns[0]).GetServerInfo(ctx, &pb.GetServerInfoRequest{}); err != nil {
		return c, err
	}
	size.FirstAnswer, size.Idle = time.Since(began), memoryOf(c.child).resident
	return c, nil
}

// trends reads the trends of each store's first half of the episodes.
func (g *grower) trends(ctx context.Context, stores []contestant, episodes []int) error {
	requests := make([][][]byte, len(stores), len(stores)+1)
	for i := range stores {
		requests[i] = trendRequests(0, episodes[i]/2, "")
	}
	reply, err := rawCall(ctx, stores[0].load.conns[0], trendMethod, requests[0][0])
	if err != nil {
		return err
	}
	requests = append(requests, requests[0])
	return g.beside(ctx, "GetTrend", "echo", trendMethod, reply, nil, stores,
		func(i int) func(*rand.Rand) source { return sourcesOf(requests[i]) })
}

// submits submits into each store's second half of the episodes.
func (g *grower) submits(ctx context.Context, stores []contestant, episodes []int) error {
	return g.beside(ctx, "Submit", "stub", submitMethod, g.sample.reply, g.sample.row, stores, func(i int) func(*rand.Rand) source {
		n := episodes[min(i, len(stores)-1)] // the stub does not look
		requests := newSubmits(furtherHADS(), n-n/2)
		requests.first = n / 2
		return func(random *rand.Rand) source { return requests.writer(random) }
	})
}

// beside measures the stores beside a baseline, which ends with the turn.
func (g *grower) beside(ctx context.Context, call, name, method string, reply, stored []byte, stores []contestant, sources func(i int) func(*rand.Rand) source) error {
	baseline, err := g.place.contestant(ctx, name, g.connections, func() (*child, error) { return g.place.baseline(ctx, method, reply, stored) })
	if err != nil {
		return err
	}
	defer baseline.child.kill()
	defer hangUp(baseline.load.conns)
	all := append(append([]contestant(nil), stores...), baseline)
	for i := range all {
		all[i].load.method, all[i].load.sources = method, sources(i)
	}
	rows, err := g.compete(ctx, g.say, call, all)
	g.rows = append(g.rows, rows...)
	return err
}
