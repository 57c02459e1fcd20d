package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

const trendMethod = pb.PatientService_GetTrend_FullMethodName

func benchTrend(f *benchFlags) *cobra.Command {
	var episodes int
	var language string
	cmd := &cobra.Command{
		Use: "trend", Short: "GetTrend of nine instruments at three occasions beside an echo of its bytes", Args: cobra.NoArgs,
		Long: `Measure GetTrend of nine instruments at three occasions, of a random one of many
episodes each time, beside an echo that answers with the bytes of one such trend at
once and reads nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.measure(cmd, func(ctx context.Context, p *place, say io.Writer) ([]row, error) {
				return f.trend(ctx, p, episodes, language, say)
			})
		},
	}
	cmd.Flags().IntVar(&episodes, "episodes", trendEpisodes, "how many episodes there are to read")
	cmd.Flags().StringVar(&language, "language", "", "ask for the changes in sentences, too: sv or en")
	return cmd
}

func (f *benchFlags) trend(ctx context.Context, p *place, episodes int, language string, say io.Writer) ([]row, error) {
	server, err := p.contestant(ctx, "painscored", f.connections, func() (*child, error) { return p.serveNew(ctx) })
	if err != nil {
		return nil, err
	}
	defer hangUp(server.load.conns)
	if err := fillEpisodes(ctx, server.load.conns, 0, episodes); err != nil {
		return nil, err
	}
	requests := trendRequests(0, episodes, language)
	reply, err := rawCall(ctx, server.load.conns[0], trendMethod, requests[0])
	if err != nil {
		return nil, err
	}
	progress(say, "%d episodes of %d forms are there; a trend has %d bytes", episodes, formsOfEpisode, len(reply))
	echo, err := p.contestant(ctx, "echo", f.connections, func() (*child, error) { return p.baseline(ctx, trendMethod, reply, nil) })
	if err != nil {
		return nil, err
	}
	defer hangUp(echo.load.conns)
	contestants := []contestant{server, echo}
	for i := range contestants {
		contestants[i].load.method, contestants[i].load.sources = trendMethod, sourcesOf(requests)
	}
	return f.compete(ctx, say, "GetTrend", contestants)
}
