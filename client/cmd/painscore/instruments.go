package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

func newInstruments() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "instruments",
		Short: "List, show and check the definitions of instruments; works offline",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("instruments takes list, show, check, schema or skeleton")
		},
	}
	cmd.AddCommand(newInstrumentsList(), newInstrumentsShow(), newInstrumentsCheck(), newInstrumentsSchema(), newInstrumentsSkeleton())
	return cmd
}

func newInstrumentsList() *cobra.Command {
	var d definitions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the instruments",
		Long:  "List the instruments. With --json each is one line, with everything that show has.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			catalogue, err := d.load()
			if err != nil {
				return err
			}
			if asJSON {
				for _, in := range catalogue.List() {
					if err := writeJSON(cmd.OutOrStdout(), describe(catalogue, in)); err != nil {
						return err
					}
				}
				return nil
			}
			return outputError(printList(cmd.OutOrStdout(), catalogue))
		},
	}
	d.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs, one instrument per line")
	return cmd
}

func printList(w io.Writer, catalogue *instruments.Catalogue) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "INSTRUMENT\tVERSION\tACTIVE\tITEMS\tSCALES\tNAME")
	for _, in := range catalogue.List() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%s\n", in.ID(), in.Version(), yes(active(catalogue, in)), len(in.Items()), len(in.Scales()), in.Definition().Title)
	}
	return table.Flush()
}

// active says whether sheets that name no version are scored with this one.
func active(catalogue *instruments.Catalogue, in *scoring.Instrument) bool {
	used, ok := catalogue.Instrument(in.ID(), "")
	return ok && used.Version() == in.Version()
}

func newInstrumentsCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check {FILE | FOLDER}...",
		Short: "Check definition files strictly, as a server would on loading them",
		Long: `Check definition and value-set files strictly, as a server would on loading them:
every problem with file, line, column and reason. The worked examples inside are
run. Files that need each other are checked as a FOLDER.

To write a definition, start from a built-in one:

  painscore instruments show hads --definition > mine.yaml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return check(cmd.OutOrStdout(), args, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs, one problem per line")
	return cmd
}

func check(w io.Writer, names []string, asJSON bool) error {
	catalogue, err := instruments.Builtin()
	if err != nil {
		return &exit{exitFault, err}
	}
	found := 0
	for _, name := range names {
		var problems instruments.Problems
		if err := add(catalogue, name); err != nil && !errors.As(err, &problems) {
			return err
		}
		found += len(problems)
		if err := printDefinitionProblems(w, name, problems, asJSON); err != nil {
			return outputError(err)
		}
	}
	if found > 0 {
		return &exit{exitBadInput, errors.New(count(found, "problem"))}
	}
	return nil
}

func add(catalogue *instruments.Catalogue, name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return inside(name, catalogue.AddDir(os.DirFS(name)))
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return catalogue.AddFile(name, body)
}

// inside puts a folder's name before those of its files.
func inside(dir string, err error) error {
	var problems instruments.Problems
	if errors.As(err, &problems) {
		for i := range problems {
			problems[i].File = filepath.Join(dir, problems[i].File)
		}
	}
	return err
}

func printDefinitionProblems(w io.Writer, name string, problems instruments.Problems, asJSON bool) error {
	if len(problems) == 0 && !asJSON {
		_, err := fmt.Fprintf(w, "%s: ok\n", name)
		return err
	}
	for _, p := range problems {
		if asJSON {
			if err := writeJSON(w, definitionProblem(p)); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(w, "%s:%d:%d: %s\n", p.File, p.Line, p.Column, p.Reason); err != nil {
			return err
		}
	}
	return nil
}

// definitionProblem gives a Problem its names in JSON.
type definitionProblem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Reason string `json:"reason"`
}

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return outputError(encoder.Encode(v))
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "-"
}
