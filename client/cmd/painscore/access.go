package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"
	_ "time/tzdata" // the table is in Swedish time, also where the system has no zone files

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type accessFlags struct {
	connection connection
	patient    patientFlags
	user       string
	from, to   string
	csv        bool
}

func newAccess() *cobra.Command {
	cmd := &cobra.Command{Use: "access", Short: "Read and check the access log: who looked at what", Args: cobra.NoArgs}
	cmd.AddCommand(newAccessList(), newAccessSample(), newAccessReview(), newAccessReviews())
	return cmd
}

func newAccessList() *cobra.Command {
	var f accessFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List who looked at what, newest first",
		Long: `List who looked at what, newest first: at a patient, by a user, or in a period.

The table is the extract that a patient may ask for, in the Swedish terms of
RIV-TA and in Swedish time. It names no patient. --csv prints it for a spreadsheet.

` + patientHelp,
		Example: `  painscore access list --patient-file patient.txt --from 2026-01-01 --csv > extract.csv
  painscore access list --of-user SE2321000131-1001 --from 2026-11-01 --to 2026-11-30`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return accessList(cmd, &f) },
	}
	f.connection.flags(cmd)
	f.patient.flags(cmd)
	cmd.Flags().StringVar(&f.user, "of-user", "", "HSA-id of the user who looked")
	cmd.Flags().StringVar(&f.from, "from", "", "first day, `YYYY-MM-DD`")
	cmd.Flags().StringVar(&f.to, "to", "", "last day, `YYYY-MM-DD`")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "print comma-separated values")
	cmd.MarkFlagsMutuallyExclusive("csv", "json")
	return cmd
}

func accessList(cmd *cobra.Command, f *accessFlags) error {
	patient, err := f.patient.read(cmd.InOrStdin(), "")
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		return err
	}
	request := &pb.ListAccessEventsRequest{Patient: patient, User: f.user, PageSize: 1000}
	if request.From, err = dayStart("--from", f.from, 0, zone); err != nil {
		return err
	}
	if request.To, err = dayStart("--to", f.to, 1, zone); err != nil {
		return err
	}
	print, end := accessTable(cmd.OutOrStdout(), zone)
	switch {
	case f.csv:
		print, end = accessCSV(cmd.OutOrStdout(), zone)
	case f.connection.json:
		print, end = func(e *pb.AccessEvent) error { return printJSON(cmd.OutOrStdout(), e) }, func() error { return nil }
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		for {
			page, err := c.Audit().ListAccessEvents(ctx, request)
			if err != nil {
				return err
			}
			for _, e := range page.Events {
				if err := print(e); err != nil {
					return outputError(err)
				}
			}
			if request.PageToken = page.NextPageToken; request.PageToken == "" {
				return outputError(end())
			}
		}
	})
}

// dayStart is the beginning of a day in Sweden, or with after 1 the last moment
// of it.
func dayStart(flag, day string, after int, zone *time.Location) (*timestamppb.Timestamp, error) {
	if day == "" {
		return nil, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return nil, fmt.Errorf("%s: a day as YYYY-MM-DD", flag)
	}
	return timestamppb.New(at.AddDate(0, 0, after).Add(-time.Duration(after) * time.Microsecond)), nil
}

var accessHeads = []string{"Tid", "Aktivitet", "Användare", "Vårdenhet", "Syfte", "Utfall", "Uppgifter hos", "Vårdepisod", "Antal patienter"}

// accessOutcomes are how an attempt ended, in Swedish like the rest.
var accessOutcomes = map[pb.AccessOutcome]string{
	pb.AccessOutcome_ACCESS_OUTCOME_GRANTED: "tillåtet", pb.AccessOutcome_ACCESS_OUTCOME_REFUSED: "nekat", pb.AccessOutcome_ACCESS_OUTCOME_NOT_FOUND: "fanns inte",
}

func accessRow(e *pb.AccessEvent, zone *time.Location) []string {
	return []string{
		e.GetAt().AsTime().In(zone).Format("2006-01-02 15:04:05"), e.Activity, e.User, e.Unit, e.Purpose, accessOutcomes[e.Outcome],
		e.CareUnit, e.EpisodeId, strconv.Itoa(int(e.Patients)),
	}
}

func accessCSV(w io.Writer, zone *time.Location) (func(*pb.AccessEvent) error, func() error) {
	out := csv.NewWriter(w)
	out.Write(accessHeads) // an error stays, and Flush tells it
	return func(e *pb.AccessEvent) error { return out.Write(safeCells(accessRow(e, zone))) },
		func() error { out.Flush(); return out.Error() }
}

// safeCells keeps a spreadsheet from taking a text for a formula.
func safeCells(cells []string) []string {
	for i, cell := range cells {
		if cell != "" && (cell[0] == '=' || cell[0] == '+' || cell[0] == '-' || cell[0] == '@') {
			cells[i] = "'" + cell
		}
	}
	return cells
}

func accessTable(w io.Writer, zone *time.Location) (func(*pb.AccessEvent) error, func() error) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells []string) error {
		for _, cell := range cells {
			if _, err := fmt.Fprintf(table, "%s\t", orNone(cell)); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintln(table)
		return err
	}
	first := true
	return func(e *pb.AccessEvent) error {
		if first {
			line(accessHeads) // an error comes again with the next line
		}
		first = false
		return line(accessRow(e, zone))
	}, table.Flush
}
