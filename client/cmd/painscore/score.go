package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client/cmd/painscore/jsonl"
	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

type scoreFlags struct {
	definitions definitions
	sheet       sheetFlags
	jsonl       bool
	json        bool
}

func newScore() *cobra.Command {
	var f scoreFlags
	cmd := &cobra.Command{
		Use:   "score {INSTRUMENT | --jsonl [FILE]}",
		Short: "Score answers on this machine; nothing is sent or stored",
		Long: `Score one sheet given by flags, or many given as JSON Lines.

With --jsonl each line of FILE (or of standard input) is one sheet:

  {"id": 7, "instrument": "hads", "answers": {"1": 3, "2": 1, "3": null}}
  {"id": 8, "instrument": "isi", "positions": [1,2,1,0,0,3,2], "layout": "form"}
  {"id": 9, "instrument": "eq_5d_5l", "answers": {"mobility": 2},
   "value_sets": ["se_tto_2020"]}            (on one line)

An answer is a whole number, null for a blank, or "not_applicable", "declined",
"unreadable" or "not_asked". Each line gets one line of result, in order, also
one that is no JSON: {"id", "instrument", "version", "scores": [...]} or {"id",
"error": {"reason", "violations": [...]}}. In a violation, answers[3] is the
fourth member of answers as written. Nothing that was sent is repeated but the
id. Lines may have 1 MiB.`,
		Example: `  painscore score hads --positions 3,1,1,0,0,2,1,3,2,0,1,1,3,0
  painscore score isi --answers falling_asleep=1,staying_asleep=2,early_waking=1
  painscore score eq_5d_5l --positions 2,1,3,4,2,70 --value-set se_tto_2020
  painscore score --jsonl sheets.jsonl > scores.jsonl`,
		ValidArgsFunction: completeInstrument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.jsonl {
				return scoreLines(cmd, &f, args)
			}
			return scoreOne(cmd, &f, args)
		},
	}
	f.definitions.flags(cmd)
	f.sheet.flags(cmd)
	cmd.Flags().BoolVar(&f.jsonl, "jsonl", false, "score a file of JSON Lines")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the line that --jsonl would")
	for _, name := range append([]string{"json"}, sheetFlagNames...) {
		cmd.MarkFlagsMutuallyExclusive("jsonl", name)
	}
	return cmd
}

// scoreLines scores a file of JSON Lines.
func scoreLines(cmd *cobra.Command, f *scoreFlags, args []string) error {
	if len(args) > 1 {
		return errors.New("--jsonl takes one file")
	}
	in := cmd.InOrStdin()
	if len(args) == 1 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	catalogue, err := f.definitions.load()
	if err != nil {
		return err
	}
	done, err := runLines(cmd.Context(), in, cmd.OutOrStdout(), catalogue)
	if err != nil {
		return err
	}
	if done.Errors > 0 {
		return &exit{exitBadInput, fmt.Errorf("%s of %d with an error", count(done.Errors, "line"), done.Lines)}
	}
	return nil
}

func runLines(ctx context.Context, in io.Reader, out io.Writer, catalogue *instruments.Catalogue) (jsonl.Count, error) {
	done, err := jsonl.Run(ctx, in, out, catalogue)
	return done, outputError(err)
}

// scoreOne scores the sheet that stands on the command line.
func scoreOne(cmd *cobra.Command, f *scoreFlags, args []string) error {
	if len(args) != 1 {
		return errors.New("score takes one instrument, or --jsonl")
	}
	sheet, err := f.sheet.sheet()
	if err != nil {
		return err
	}
	catalogue, err := f.definitions.load()
	if err != nil {
		return err
	}
	result, answers, problems := scoreSheet(catalogue, args[0], f.sheet.version, sheet)
	out := cmd.OutOrStdout()
	switch {
	case len(problems) > 0 && f.json:
		_, err = out.Write(jsonl.AppendError(nil, nil, problems))
	case f.json:
		_, err = out.Write(jsonl.AppendResult(nil, nil, result, answers))
	case len(problems) == 0:
		err = printResult(out, result)
	}
	if err != nil {
		return outputError(err)
	}
	if len(problems) > 0 {
		return sheetError(problems)
	}
	return nil
}

func scoreSheet(catalogue *instruments.Catalogue, id, version string, sheet *scoring.Sheet) (*scoring.Result, *scoring.Answers, []scoring.Problem) {
	in, problem := find(catalogue, id, version)
	if problem != nil {
		return nil, nil, []scoring.Problem{*problem}
	}
	var answers scoring.Answers
	if problems := in.Read(sheet, &answers); len(problems) > 0 {
		return nil, nil, problems
	}
	var result scoring.Result
	in.Score(&answers, &result)
	return &result, &answers, nil
}

// find looks an instrument up, and says whether it or its version is unknown.
func find(catalogue *instruments.Catalogue, id, version string) (*scoring.Instrument, *scoring.Problem) {
	if in, ok := catalogue.Instrument(id, version); ok {
		return in, nil
	}
	if _, ok := catalogue.Instrument(id, ""); ok {
		return nil, &scoring.Problem{Field: "version", Reason: "UNKNOWN_VERSION", Description: "this instrument has no such version here"}
	}
	return nil, &scoring.Problem{Field: "instrument", Reason: "UNKNOWN_INSTRUMENT", Description: "no instrument of this code; painscore instruments list gives all"}
}
