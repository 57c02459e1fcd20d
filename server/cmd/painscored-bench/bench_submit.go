package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

const submitMethod = pb.SubmissionService_Submit_FullMethodName

func benchSubmit(f *benchFlags) *cobra.Command {
	var episodes int
	cmd := &cobra.Command{
		Use: "submit", Short: "Submit beside an echo of its bytes and a durable stub", Args: cobra.NoArgs,
		Long: `Measure Submit of one HADS form into episodes that exist, a new slot and a new UUIDv7
each time, beside two baselines that answer with the same bytes:

  stub   stores one packed row of the same bytes under the submission id, by one
         writer that commits all that waits at once, durably, before it answers
  echo   answers at once

and, once in the end, raw: the same rows by one prepared statement, 1,000 rows to a
commit, in one process.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.measure(cmd, func(ctx context.Context, p *place, say io.Writer) ([]row, error) {
				return f.submit(ctx, p, episodes, say)
			})
		},
	}
	cmd.Flags().IntVar(&episodes, "episodes", submitEpisodes, "how many episodes the forms are spread over")
	return cmd
}

func (f *benchFlags) submit(ctx context.Context, p *place, episodes int, say io.Writer) ([]row, error) {
	sizes, err := p.sampleSubmit(ctx)
	if err != nil {
		return nil, err
	}
	progress(say, "a request has %d bytes, its reply %d, its row %d", sizes.request, len(sizes.reply), len(sizes.row))
	server, err := p.contestant(ctx, "painscored", f.connections, func() (*child, error) { return p.serveNew(ctx) })
	if err != nil {
		return nil, err
	}
	defer hangUp(server.load.conns)
	if err := createEpisodes(ctx, server.load.conns, episodes); err != nil {
		return nil, err
	}
	progress(say, "%d episodes with a baseline are there", episodes)
	stub, err := p.contestant(ctx, "stub", f.connections, func() (*child, error) { return p.baseline(ctx, submitMethod, sizes.reply, sizes.row) })
	if err != nil {
		return nil, err
	}
	defer hangUp(stub.load.conns)
	echo, err := p.contestant(ctx, "echo", f.connections, func() (*child, error) { return p.baseline(ctx, submitMethod, sizes.reply, nil) })
	if err != nil {
		return nil, err
	}
	defer hangUp(echo.load.conns)
	contestants := []contestant{server, stub, echo}
	for i := range contestants {
		requests := newSubmits(furtherHADS(), episodes)
		contestants[i].load.method = submitMethod
		contestants[i].load.sources = func(random *rand.Rand) source { return requests.writer(random) }
	}
	report, err := f.compete(ctx, say, "Submit", contestants)
	if err != nil {
		return nil, err
	}
	raw, err := p.openRaw(ctx, string(sizes.row))
	if err != nil {
		return nil, err
	}
	defer raw.close()
	last, err := raw.run(ctx, f.lasting)
	if err != nil {
		return nil, err
	}
	return append(report, row{Call: "row", InFlight: 1, Who: "raw", Median: last}), nil
}

// serveNew starts painscored with nothing in it.
func (p *place) serveNew(ctx context.Context) (*child, error) {
	empty, err := p.newStorage(ctx)
	if err != nil {
		return nil, err
	}
	return p.serve(ctx, empty)
}

// contestant starts a server and connects to it.
func (p *place) contestant(ctx context.Context, name string, connections int, start func() (*child, error)) (contestant, error) {
	c, err := start()
	if err != nil {
		return contestant{}, fmt.Errorf("%s: %w", name, err)
	}
	conns, err := c.dial(connections)
	return contestant{name: name, child: c, load: load{conns: conns}}, err
}

// self is the program that serves the baselines: this one.
var self = os.Executable

// baseline starts this program as an echo, or with a row as the stub.
func (p *place) baseline(ctx context.Context, method string, reply, row []byte) (*child, error) {
	program, err := self()
	if err != nil {
		return nil, err
	}
	folder, err := p.folder()
	if err != nil {
		return nil, err
	}
	replyFile, rowFile := filepath.Join(folder, "reply"), filepath.Join(folder, "row")
	if err := os.WriteFile(replyFile, reply, 0o600); err != nil {
		return nil, err
	}
	args := []string{"baseline", "--method", method, "--reply", replyFile}
	if row == nil {
		return p.start(ctx, program, args...)
	}
	at, err := p.newStorage(ctx)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(rowFile, row, 0o600); err != nil {
		return nil, err
	}
	return p.start(ctx, program, append(args, "--row", rowFile, "--data", at.folder, "--store", at.address)...)
}
