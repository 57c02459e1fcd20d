package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	"github.com/painscore/painscore/client/cmd/painscore/mapping"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type importFlags struct {
	connection connection
	format     string
	mapping    string
	idKey      string
	rejects    string
	example    string
	dryRun     bool
	batch      int
}

func newImport() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import {FILE… | --example-map INSTRUMENT}",
		Short: "Store many sheets from files on the server",
		Long: `Store many sheets from files on the server: JSON Lines, or CSV with a mapping.

A line of JSON Lines is one sheet, a SubmitRequest of the gRPC contract as JSON
with these short forms: occasion, respondent and mode by word (baseline), and
answers and positions as "painscore score --jsonl" takes them. On one line:

  {"submission_id": "0199a1c2-6d1f-7000-8000-00000000002a",
   "patient": {"system": "personnummer", "value": "191212121212"},
   "care_unit": "SE2321000016-1A2B", "episode_id": "2026-0117",
   "occasion": "baseline", "answered_on": "2026-03-02", "instrument": "hads",
   "answers": {"1": 3, "2": 1, "3": null, "4": "declined"}}

For CSV a mapping file says which column is what; --example-map writes one to
begin with, from what the server knows of an instrument. One row can hold
several forms, and several occasions. Nothing is guessed: a number for "missing",
an empty cell, an item without a column, the way a date is written or a HADS is
coded stands in the mapping or is refused. Files are UTF-8.

A sheet that is refused leaves the others alone: a field that is not known, an
answer out of range, an occasion that is taken. --rejects writes those rows with
their reasons into a file that can be mended and imported again. It holds
patients' identifiers; only you can read it (mode 0600).

The same file can be imported again at any time, also after an interruption:
what is stored comes back as "stored before" and is not stored twice, which is
why there is nothing to resume. Try with --dry-run first: it checks everything
and stores nothing, and knows nothing of episodes that the same file would
create more than a message earlier.`,
		Example: `  painscore import sheets.jsonl --dry-run
  painscore import --example-map hads > map.yaml
  painscore import export.csv --map map.yaml --rejects rejects.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return err
			}
			return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
				if f.example != "" {
					return exampleMap(ctx, cmd, c, f.example)
				}
				return importFiles(ctx, cmd, c, &f, args)
			})
		},
	}
	f.connection.flags(cmd)
	set := cmd.Flags()
	set.StringVar(&f.format, "format", "", "csv or jsonl (default by the files' names)")
	set.StringVar(&f.mapping, "map", "", "mapping `file` for CSV")
	set.StringVar(&f.idKey, "id-key", "", "`file` with the key for submission ids that are made of the patient's identifier; made if it is not there. Keep it: another key makes other ids")
	set.StringVar(&f.rejects, "rejects", "", "`file` for the rows that are refused; must not exist")
	set.StringVar(&f.example, "example-map", "", "write a mapping for an `instrument` to begin with")
	set.BoolVar(&f.dryRun, "dry-run", false, "check everything, store nothing")
	set.IntVar(&f.batch, "batch", client.DefaultImportBatch, "sheets in a message, 1 to 1000")
	return cmd
}

func (f *importFlags) check(files []string) error {
	switch {
	case f.example != "" && len(files) > 0:
		return errors.New("--example-map reads no file")
	case f.example != "":
		return nil
	case len(files) == 0:
		return errors.New("name the files to import")
	case f.batch < 1 || f.batch > 1000:
		return errors.New("--batch takes 1 to 1000")
	}
	if err := f.findFormat(files); err != nil {
		return err
	}
	if f.format == "csv" && f.mapping == "" {
		return errors.New("CSV needs a mapping: --map FILE; painscore import --example-map INSTRUMENT writes one to begin with")
	}
	if f.format == "jsonl" && (f.mapping != "" || f.idKey != "") {
		return errors.New("--map and --id-key are for CSV")
	}
	return nil
}

func exampleMap(ctx context.Context, cmd *cobra.Command, c *client.Client, instrument string) error {
	reply, err := c.Scoring().GetInstrument(ctx, &pb.GetInstrumentRequest{Instrument: instrument})
	if err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(mapping.Example(reply.Instrument))
	return outputError(err)
}

// importFiles goes through the files one after the other.
func importFiles(ctx context.Context, cmd *cobra.Command, c *client.Client, f *importFlags, files []string) error {
	total, err := checkFiles(files)
	if err != nil {
		return err
	}
	definitions := definitionsOf(ctx, c)
	open, err := f.opener(definitions)
	if err != nil {
		return err
	}
	// Every header is held against the mapping before the first row is sent.
	for _, name := range files {
		source, err := open(name)
		if err != nil {
			return err
		}
		source.close()
	}
	run := &importRun{total: total, dryRun: f.dryRun, reasons: map[string]int{}, warnings: map[string]int{}}
	if f.rejects != "" {
		file, err := os.OpenFile(f.rejects, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("--rejects: %w", err)
		}
		run.rejects = newRejects(file, f.format)
	}
	run.progress = newProgress(cmd.ErrOrStderr(), total)
	err = run.all(ctx, c, files, open, client.ImportOptions{DryRun: f.dryRun, Batch: f.batch})
	run.progress.done()
	if closing := run.rejects.close(); err == nil {
		err = closing
	}
	if printing := run.print(cmd.OutOrStdout(), f.connection.json); err == nil {
		err = printing
	}
	if err == nil && run.refused > 0 {
		err = &exit{exitPartly, fmt.Errorf("%s refused", count(run.refused, "sheet"))}
	}
	return err
}

// definitionsOf asks the server for a definition, once for each.
func definitionsOf(ctx context.Context, c *client.Client) mapping.Definitions {
	known := map[[2]string]*pb.Instrument{}
	return func(instrument, version string) (*pb.Instrument, bool, error) {
		key := [2]string{instrument, version}
		if in, asked := known[key]; asked {
			return in, in != nil, nil
		}
		reply, err := c.Scoring().GetInstrument(ctx, &pb.GetInstrumentRequest{Instrument: instrument, Version: version})
		switch client.ReasonOf(err) {
		case pb.ErrorReason_ERROR_REASON_UNKNOWN_INSTRUMENT, pb.ErrorReason_ERROR_REASON_UNKNOWN_VERSION:
			known[key] = nil
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		known[key] = reply.Instrument
		return reply.Instrument, true, nil
	}
}
