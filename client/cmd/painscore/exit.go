package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	"github.com/painscore/painscore/scoring"
)

// Exit codes. They are part of the command's interface: scripts branch on them.
const (
	exitDone        = 0
	exitBadInput    = 1
	exitUsage       = 2
	exitUnreachable = 3
	exitRefused     = 4
	exitFault       = 5
	exitPartly      = 6
)

const exitCodesHelp = `Exit codes, for scripts:

  0  done; a scale that is refused for missing answers is a result, not an error
  1  a sheet, line or definition file has an error, which the output names; with
     --jsonl the other lines are scored all the same
  2  the command was not understood, or a file cannot be read
  3  the server cannot be reached, did not answer in time, or is overloaded: run
     the same command again later (submit with the --submission-id it printed)
  4  the server refused the call: something has to be changed first
  5  a fault of the server or of this machine, such as a full disk
  6  import: some sheets were refused, which the summary counts; all others are
     stored`

// newExitCodes is a help topic: a command without anything to run.
func newExitCodes() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What each exit code means", Long: exitCodesHelp}
}

// exit is an error with the code it ends the command with. Without err it has
// been told already.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// outputError is what a failed write of the output ends with; nil for nil.
func outputError(err error) error {
	if err == nil {
		return nil
	}
	return &exit{exitFault, err}
}

// sheetError holds every problem of one sheet.
type sheetError []scoring.Problem

func (e sheetError) Error() string { return fmt.Sprintf("the sheet has %s", count(len(e), "problem")) }

// report tells what went wrong and returns the exit code. An error of no type
// of ours comes from cobra: the command line was not understood.
func report(stderr io.Writer, err error) int {
	var (
		ended   *exit
		sheet   sheetError
		refused *client.Error
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &sheet):
		fmt.Fprintf(stderr, "painscore: %v\n", sheet)
		rows := make([][3]string, len(sheet))
		for i, p := range sheet {
			rows[i] = [3]string{p.Field, p.Reason, p.Description}
		}
		printProblems(stderr, rows)
		return exitBadInput
	case errors.As(err, &refused):
		return reportRefusal(stderr, refused)
	case errors.As(err, &ended):
		if ended.err != nil {
			fmt.Fprintf(stderr, "painscore: %v\n", ended.err)
		}
		return ended.code
	}
	fmt.Fprintf(stderr, "painscore: %v\nRun painscore --help, or the command with --help.\n", err)
	return exitUsage
}

// printProblems aligns field, reason and description.
func printProblems(w io.Writer, rows [][3]string) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintf(table, "  %s\n", strings.Join(row[:], "\t"))
	}
	table.Flush()
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
