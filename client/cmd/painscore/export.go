package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	"github.com/painscore/painscore/client/cmd/painscore/tables"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type exportFlags struct {
	connection connection
	recipient  string
	delivery   string
	again      string
	out        string
	format     string
	wide       bool
	units      []string
	levels     []string
	date       string
	from, to   string
	occasions  []string
	of         []string
}

func newExport() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Hand data over to a registry or another recipient",
		Long: `Write a delivery to a recipient that the server's configuration names into a new
folder: data files and a manifest. Only patients who were informed for the
recipient's registry, and have not objected, are in it; test patients never are.

Long is a file of the episodes and one for each instrument, wide is one file with
a line for each episode. The formats:

  csv      separated by commas, decimal points
  excel    as a Swedish Excel opens it: semicolons, decimal commas
  spss     CSV with a syntax file (.sps) that names types, labels, missing values
  parquet  compressed with Snappy
  jsonl    one JSON object a line

Where a value is missing its code stands (-99 left_blank …); the codebook lists
them. Texts that a spreadsheet would take for a formula get a ' before them.

The manifest says what was asked for, up to which change each care unit was read,
by which definitions, and each file's SHA-256. --again makes the same delivery
once more: the same bytes, or the refusal SNAPSHOT_CHANGED if somebody who is in
it was erased or has objected since; "painscore export diff" then tells what has
changed. A connection that breaks is taken up again where it broke.`,
		Example: `  painscore export --recipient nrs --date ended_on --from 2026-01-01 --to 2026-12-31 --out nrs-2026
  painscore export --again nrs-2026 --out nrs-2026-again
  painscore export diff nrs-2026 nrs-2027`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return export(cmd, &f) },
	}
	f.connection.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.recipient, "recipient", "", "id of the recipient")
	flags.StringVar(&f.delivery, "delivery-id", "", "id of the delivery (default: a new one)")
	flags.StringVar(&f.again, "again", "", "folder, or manifest, of a delivery to make once more; no other choice goes with it but --out")
	flags.StringVar(&f.out, "out", "", "folder to write; it must not exist")
	flags.StringVar(&f.format, "format", string(tables.CSV), "csv, excel, spss, parquet or jsonl")
	flags.BoolVar(&f.wide, "wide", false, "one line for each episode")
	flags.StringSliceVar(&f.units, "units", nil, "HSA-ids of care units (default all)")
	flags.StringSliceVar(&f.levels, "levels", nil, "care levels: mmrpv, mmrsv (default all)")
	flags.StringVar(&f.date, "date", "", "date of the episode that --from and --to are about: referred_on, first_visit_on, started_on, ended_on")
	flags.StringVar(&f.from, "from", "", "first day, YYYY-MM-DD")
	flags.StringVar(&f.to, "to", "", "last day, YYYY-MM-DD")
	flags.StringSliceVar(&f.occasions, "occasions", nil, "baseline, programme_end, follow_up_12_months, other (default all)")
	flags.StringSliceVar(&f.of, "instruments", nil, "codes of instruments (default all)")
	cmd.AddCommand(newExportDiff(), newExportVerify(), newExportList())
	return cmd
}

func export(cmd *cobra.Command, f *exportFlags) error {
	if f.out == "" {
		return errors.New("--out is needed: the folder to write")
	}
	if _, err := os.Lstat(f.out); err == nil {
		return fmt.Errorf("--out: %s exists", f.out)
	}
	request, shape, before, err := f.request()
	if err != nil {
		return err
	}
	var made *manifest
	err = f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		made, err = receiveDelivery(ctx, cmd.ErrOrStderr(), c.Registry(), request, shape, f.out)
		return err
	})
	if err != nil {
		return err
	}
	if before != nil && !slices.Equal(before.Files, made.Files) {
		return &exit{exitFault, fmt.Errorf("%s is not what %s says, although the server handed over the same rows: another version of this program wrote it", f.out, f.again)}
	}
	if f.connection.json {
		return printManifest(cmd.OutOrStdout(), made)
	}
	return tellDelivery(cmd.OutOrStdout(), f.out, made)
}

// shape is how the rows are written.
type shape struct {
	Format tables.Format `json:"format"`
	Layout tables.Layout `json:"layout"`
}

// request reads the flags, or the manifest of a delivery to make again.
func (f *exportFlags) request() (*pb.ExportRequest, shape, *manifest, error) {
	if f.again != "" {
		if f.recipient != "" || f.delivery != "" || f.wide || f.date != "" || f.from != "" || f.to != "" || f.units != nil || f.levels != nil || f.occasions != nil || f.of != nil {
			return nil, shape{}, nil, errors.New("--again: the manifest says all that is to be made; give no other choice but --out")
		}
		before, err := readManifest(f.again)
		if err != nil {
			return nil, shape{}, nil, err
		}
		request, err := before.request()
		return request, before.Shape, before, err
	}
	s := shape{tables.Format(f.format), tables.Long}
	if f.wide {
		s.Layout = tables.Wide
	}
	request := &pb.ExportRequest{Recipient: f.recipient, DeliveryId: f.delivery, Filter: &pb.ExportFilter{CareUnits: f.units, From: f.from, To: f.to, Instruments: f.of}}
	var problems []error
	if f.recipient == "" {
		problems = append(problems, errors.New("--recipient is needed"))
	}
	if !slices.Contains(tables.Formats, s.Format) {
		problems = append(problems, errors.New("--format: csv, excel, spss, parquet or jsonl"))
	}
	if f.date != "" {
		number, ok := pb.ExportDate_value["EXPORT_DATE_"+strings.ToUpper(f.date)]
		if !ok || number == 0 {
			problems = append(problems, errors.New("--date: referred_on, first_visit_on, started_on or ended_on"))
		}
		request.Filter.Date = pb.ExportDate(number)
	}
	for _, word := range f.levels {
		number, ok := pb.CareLevel_value["CARE_LEVEL_"+strings.ToUpper(word)]
		if !ok || number == 0 {
			problems = append(problems, errors.New("--levels: mmrpv, mmrsv"))
		}
		request.Filter.CareLevels = append(request.Filter.CareLevels, pb.CareLevel(number))
	}
	for _, word := range f.occasions {
		number, ok := pb.Occasion_value["OCCASION_"+strings.ToUpper(word)]
		if !ok || number == 0 {
			problems = append(problems, errors.New("--occasions: baseline, programme_end, follow_up_12_months, other"))
		}
		request.Filter.Occasions = append(request.Filter.Occasions, pb.Occasion(number))
	}
	if request.DeliveryId == "" {
		request.DeliveryId = client.NewSubmissionID() // an id like any other
	}
	return request, s, nil, errors.Join(problems...)
}

// tellDelivery says what was written and who was left out.
func tellDelivery(w io.Writer, folder string, m *manifest) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Wrote %s: delivery %s to %s.\n", folder, m.DeliveryID, m.Recipient)
	for _, file := range m.Files {
		fmt.Fprintf(&text, "  %s  %d bytes  sha256 %s\n", file.Name, file.Bytes, file.SHA256)
	}
	for _, rows := range m.Rows {
		if rows.N > 0 {
			fmt.Fprintf(&text, "  %d rows of %s\n", rows.N, rows.What)
		}
	}
	for _, step := range m.Flow {
		fmt.Fprintf(&text, "  %s: %d\n", strings.ReplaceAll(step.What, "_", " "), step.N)
	}
	_, err := io.WriteString(w, text.String())
	return outputError(err)
}

// inFolder writes files into a folder that has its name only when it is whole.
func inFolder(folder string, write func(unfinished string) error) error {
	unfinished := filepath.Clean(folder) + ".unfinished"
	if err := os.Mkdir(unfinished, 0o700); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	err := write(unfinished)
	if err == nil {
		err = outputError(cmp.Or(syncFolder(unfinished), os.Rename(unfinished, folder), syncFolder(filepath.Dir(filepath.Clean(folder)))))
	}
	if err != nil {
		os.RemoveAll(unfinished) // what it holds are patients' data
	}
	return err
}

// syncFolder makes sure that the names in a folder are on the medium.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
