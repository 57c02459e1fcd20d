package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

func newExportDiff() *cobra.Command {
	var c connection
	var out string
	cmd := &cobra.Command{
		Use:   "diff EARLIER [LATER]",
		Short: "Say why a delivery is not what an earlier one was",
		Long: `Compare two deliveries to the same recipient, each given by its folder or manifest,
and say why the number of sheets is another one, by reason. Without LATER the
earlier one is compared with what it would be now.

--out writes each change on a line of CSV for the recipient, who knows episodes
and patients by these pseudonyms: what was added, amended, retracted, moved, scored
anew or objected to, and the episodes of patients who were erased.`,
		Example: `  painscore export diff nrs-2026 nrs-2027 --out changes.csv`,
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := &pb.ListExportChangesRequest{}
			for i, to := range []*string{&request.FromDeliveryId, &request.ToDeliveryId}[:len(args)] {
				m, err := readManifest(args[i])
				if err != nil {
					return err
				}
				*to = m.DeliveryID
			}
			return exportDiff(cmd, &c, request, out)
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "CSV file to write with every change; it must not exist")
	return cmd
}

func exportDiff(cmd *cobra.Command, c *connection, request *pb.ListExportChangesRequest, out string) error {
	var end *pb.ExportChangesEnd
	err := c.call(cmd, func(ctx context.Context, server *client.Client) (err error) {
		if out == "" {
			end, err = receiveChanges(ctx, server.Registry(), request, io.Discard)
			return err
		}
		return wholeOrNot(out, func(w io.Writer) (err error) {
			end, err = receiveChanges(ctx, server.Registry(), request, w)
			return err
		})
	})
	if err != nil {
		return err
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), end)
	}
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%d\tsheets before\t\n", end.GetSheetsBefore())
	for _, one := range end.GetCounts() {
		sign := map[bool]string{true: "+"}[strings.HasPrefix(one.GetWhat(), "added")]
		if removes[one.GetWhat()] {
			sign = "-"
		}
		fmt.Fprintf(table, "%s%d\t%s\t\n", sign, one.GetN(), strings.ReplaceAll(one.GetWhat(), "_", " "))
	}
	fmt.Fprintf(table, "%d\tsheets after\t\n", end.GetSheetsAfter())
	table.Flush()
	_, err = io.WriteString(cmd.OutOrStdout(), text.String())
	return outputError(err)
}

// removes are the kinds of change after which there are fewer sheets.
var removes = map[string]bool{"retracted": true, "moved": true, "erased": true, "objected": true, "not_informed": true, "not_chosen": true}

var changeHeader = []string{"kind", "episode", "person", "instrument", "occasion", "occasion_label", "respondent"}

// receiveChanges writes what the server sends, and makes sure that it is all.
func receiveChanges(ctx context.Context, registry pb.RegistryServiceClient, request *pb.ListExportChangesRequest, w io.Writer) (*pb.ExportChangesEnd, error) {
	stream, err := registry.ListExportChanges(ctx, request)
	if err != nil {
		return nil, err
	}
	lines := csv.NewWriter(w)
	lines.Write(changeHeader)
	var end *pb.ExportChangesEnd
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, c := range part.GetChanges().GetChanges() {
			lines.Write([]string{
				lower(c.GetKind(), "EXPORT_CHANGE_KIND_"), c.GetEpisode(), c.GetPerson(), c.GetInstrument(),
				lower(c.GetOccasion(), "OCCASION_"), c.GetOccasionLabel(), lower(c.GetRespondent(), "RESPONDENT_"),
			})
		}
		if part.GetEnd() != nil {
			end = part.GetEnd()
		}
	}
	lines.Flush()
	if end == nil {
		return nil, &exit{exitFault, errors.New("the changes were cut off; nothing was written")}
	}
	return end, outputError(lines.Error())
}

// lower is the word of an enum's value, empty for the unspecified one.
func lower(value fmt.Stringer, prefix string) string {
	word := strings.ToLower(strings.TrimPrefix(value.String(), prefix))
	if word == "unspecified" {
		return ""
	}
	return word
}

func newExportList() *cobra.Command {
	var c connection
	var patient patientFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List deliveries, or those that hold a patient",
		Long:  "List deliveries, newest first: all of them, or those that hold a patient.\n\n" + patientHelp,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			who, err := patient.read(cmd.InOrStdin(), os.Getenv(envPatient))
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, server *client.Client) error {
				return listExports(ctx, cmd.OutOrStdout(), server.Registry(), who, c.json)
			})
		},
	}
	c.flags(cmd)
	patient.flags(cmd)
	return cmd
}

func listExports(ctx context.Context, w io.Writer, registry pb.RegistryServiceClient, who *pb.PatientIdentifier, asJSON bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for token := ""; ; {
		page, err := registry.ListExports(ctx, &pb.ListExportsRequest{Patient: who, PageToken: token})
		if err != nil {
			return err
		}
		for _, d := range page.GetDeliveries() {
			if asJSON {
				if err := printJSON(w, d); err != nil {
					return err
				}
				continue
			}
			finished := "never finished"
			if d.GetFinishedAt() != nil {
				finished = "finished"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", d.GetMadeAt().AsTime().Format(time.DateTime), d.GetRecipient(), d.GetMadeBy(), finished, d.GetDeliveryId())
		}
		if token = page.GetNextPageToken(); token == "" {
			return outputError(table.Flush())
		}
	}
}
