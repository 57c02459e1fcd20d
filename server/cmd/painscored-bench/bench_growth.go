package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/spf13/cobra"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func benchGrowth(f *benchFlags) *cobra.Command {
	var small, large int
	cmd := &cobra.Command{
		Use: "growth", Short: "GetTrend and Submit, memory and start of a small store and a large one", Args: cobra.NoArgs,
		Long: `Fill two stores to their sizes, nine instruments at three occasions per episode, start
both servers anew, and measure GetTrend and Submit of the two in turn. Say what each
takes to start (from the process to its first answer), in memory when it has just
started and at most under load, and on the disk.

Submit comes last, since it makes the stores grow.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if small < formsOfEpisode || large < small {
				return fmt.Errorf("--small must be at least %d, --large not below it", formsOfEpisode)
			}
			if !cmd.Flags().Changed("in-flight") {
				f.inFlight = []int{1, 64}
			}
			return f.in(cmd.Context(), func(p *place) error {
				return f.growth(cmd.Context(), p, small, large, cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
		},
	}
	cmd.Flags().IntVar(&small, "small", 10_000, "how many forms the small store holds")
	cmd.Flags().IntVar(&large, "large", 1_000_000, "how many forms the large store holds; 10,000,000 takes ten times as long")
	return cmd
}

// grown is a store that was filled, and its server.
type grown struct {
	forms, episodes int
	storage         storage
	server          *child
	firstAnswer     time.Duration // from the start of the process
	idle            memory
	contestant      contestant
}

func (f *benchFlags) growth(ctx context.Context, p *place, small, large int, stdout, stderr io.Writer) error {
	m, err := look(p.dir)
	if err != nil {
		return err
	}
	stores := []*grown{{forms: large}, {forms: small}} // the large one is measured against the small one
	for _, g := range stores {
		if err := f.grow(ctx, p, g, stderr); err != nil {
			return err
		}
		defer hangUp(g.contestant.load.conns)
	}
	contestants := []contestant{stores[0].contestant, stores[1].contestant}
	for i, g := range stores {
		contestants[i].load.method, contestants[i].load.sources = trendMethod, sourcesOf(trendRequests(0, min(g.episodes, 20_000), ""))
	}
	report, err := f.compete(ctx, stderr, "GetTrend", contestants)
	if err != nil {
		return err
	}
	for i, g := range stores {
		requests := newSubmits(furtherHADS(), g.episodes)
		contestants[i].load.method = submitMethod
		contestants[i].load.sources = func(random *rand.Rand) source { return requests.writer(random) }
	}
	submits, err := f.compete(ctx, stderr, "Submit", contestants)
	if err != nil {
		return err
	}
	if err := f.print(stdout, m, append(report, submits...)); err != nil || f.json {
		return err
	}
	for _, g := range stores {
		file, err := os.Stat(g.storage.database())
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "\n%d forms: first answer after %v, %v just started, %v at most under load, file of %.0f MB\n", g.forms,
			g.firstAnswer.Round(time.Millisecond), g.idle.resident, memoryOf(g.server).highest, float64(file.Size())/1e6)
	}
	return nil
}

// grow fills a store and starts its server anew.
func (f *benchFlags) grow(ctx context.Context, p *place, g *grown, say io.Writer) error {
	var err error
	if g.storage, err = p.newStorage(ctx); err != nil {
		return err
	}
	server, err := p.serve(ctx, g.storage)
	if err != nil {
		return err
	}
	conns, err := server.dial(f.connections)
	if err != nil {
		return err
	}
	g.episodes = g.forms / formsOfEpisode
	began := time.Now()
	const step = 5000
	for first := 0; first < g.episodes; first += step {
		last := min(first+step, g.episodes)
		if err := fillEpisodes(ctx, conns, first, last); err != nil {
			return err
		}
		progress(say, "%d of %d forms are there, %.0f a second", last*formsOfEpisode, g.forms, float64(last*formsOfEpisode)/time.Since(began).Seconds())
	}
	hangUp(conns)
	if err := server.stop(); err != nil {
		return err
	}
	return f.restart(ctx, p, g)
}

// restart starts the server of a filled store and asks it something at once.
func (f *benchFlags) restart(ctx context.Context, p *place, g *grown) error {
	began := time.Now()
	var err error
	if g.server, err = p.serve(ctx, g.storage); err != nil {
		return err
	}
	conns, err := g.server.dial(f.connections)
	if err != nil {
		return err
	}
	if _, err := pb.NewAdminServiceClient(conns[0]).GetServerInfo(ctx, &pb.GetServerInfoRequest{}); err != nil {
		return err
	}
	g.firstAnswer, g.idle = time.Since(began), memoryOf(g.server)
	g.contestant = contestant{name: fmt.Sprint(g.forms, " forms"), load: load{conns: conns}}
	return nil
}
