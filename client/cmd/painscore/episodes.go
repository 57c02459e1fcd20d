package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type episodesFlags struct {
	connection connection
	patient    patientFlags
	unit       string
}

func newEpisodes() *cobra.Command {
	var f episodesFlags
	cmd := &cobra.Command{
		Use:   "episodes",
		Short: "List the episodes of care on the server",
		Long: `List the episodes of care on the server: all of them, one care unit's, or one
patient's in a care unit. With --json each episode is one line.

` + patientHelp,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return episodes(cmd, &f) },
	}
	f.connection.flags(cmd)
	f.patient.flags(cmd)
	unitFlag(cmd, &f.unit)
	return cmd
}

func episodes(cmd *cobra.Command, f *episodesFlags) error {
	// A patient left in the environment must not narrow a list unseen.
	patient, err := f.patient.read(cmd.InOrStdin(), "")
	if err != nil {
		return err
	}
	request := &pb.ListEpisodesRequest{CareUnit: unitOf(f.unit), Patient: patient, PageSize: 1000}
	print := episodesTable(cmd.OutOrStdout())
	if f.connection.json {
		print = episodesJSON(cmd.OutOrStdout())
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		for {
			page, err := c.Patients().ListEpisodes(ctx, request)
			if err != nil {
				return err
			}
			last := page.NextPageToken == ""
			if err := print(page.Episodes, last); err != nil {
				return outputError(err)
			}
			if last {
				return nil
			}
			request.PageToken = page.NextPageToken
		}
	})
}

// episodesJSON prints page by page.
func episodesJSON(w io.Writer) func([]*pb.Episode, bool) error {
	return func(page []*pb.Episode, _ bool) error {
		for _, e := range page {
			if err := printJSON(w, e); err != nil {
				return err
			}
		}
		return nil
	}
}

// episodesTable prints when it has seen the last page, so that columns align
// over all.
func episodesTable(w io.Writer) func([]*pb.Episode, bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	n := 0
	return func(page []*pb.Episode, last bool) error {
		if n == 0 && len(page) > 0 {
			fmt.Fprintln(table, "UNIT\tEPISODE\tSTATUS\tPROGRAMME\tLEVEL\tCOHORT\tFIRST VISIT\tSTARTED\tENDED")
		}
		for _, e := range page {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.CareUnit, e.EpisodeId, enumWord(e.Status), enumWord(e.ProgrammeType),
				enumWord(e.CareLevel), orNone(e.Cohort), planned(e.FirstVisitOn, e.FirstVisitPlannedOn), planned(e.StartedOn, e.StartPlannedOn), planned(e.EndedOn, e.EndPlannedOn))
		}
		n += len(page)
		if last && n == 0 {
			fmt.Fprintln(table, "No episodes.")
		}
		if !last {
			return nil
		}
		return table.Flush()
	}
}

// planned is the actual day, else the planned one, marked.
func planned(actual, plan string) string {
	if actual == "" && plan != "" {
		return plan + " (planned)"
	}
	return orNone(actual)
}
