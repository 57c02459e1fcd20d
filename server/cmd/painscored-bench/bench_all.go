package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

func benchAll(f *benchFlags) *cobra.Command {
	return &cobra.Command{
		Use: "all", Short: "submit, trend and import in one table, in Markdown unless --json", Args: cobra.NoArgs,
		Long: `Run submit, trend and import one after the other, with their own defaults, and print one
table with the machine above it, to be pasted into a document.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.markdown = true
			return f.measure(cmd, func(ctx context.Context, p *place, say io.Writer) ([]row, error) {
				submit, err := f.submit(ctx, p, submitEpisodes, say)
				if err != nil {
					return nil, err
				}
				trend, err := f.trend(ctx, p, trendEpisodes, "", say)
				if err != nil {
					return nil, err
				}
				imports, err := f.importing(ctx, p, importRecords, importPerEpisode, say)
				return append(append(submit, trend...), imports...), err
			})
		},
	}
}

// The sizes that the benchmarks have unless they are told others.
const (
	submitEpisodes   = 2000
	trendEpisodes    = 200
	importRecords    = 250
	importPerEpisode = 9
)
