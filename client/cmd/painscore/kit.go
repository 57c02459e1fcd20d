package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/scoring/conformance"
)

func newKit() *cobra.Command {
	return &cobra.Command{
		Use:   "kit DIR",
		Short: "Write the conformance kit: sheets and what each must score",
		Long: `Write the conformance kit for systems that connect to painscore into a folder,
which is made if it is not there: sheets of every instrument as JSON Lines, what
each must score, and a README.txt that says how to compare, from any language.

No file is overwritten. The kit holds no wording of any questionnaire.`,
		Example: `  painscore kit kit
  painscore score --jsonl kit/sheets/hads.jsonl > got.jsonl`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := writeKit(args[0]); err != nil {
				return err
			}
			cases, err := conformance.Cases()
			if err != nil {
				return &exit{exitFault, err}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s written; begin with README.txt in it\n", count(len(cases), "case"))
			return outputError(err)
		},
	}
}

// writeKit leaves files that are there alone: someone may have worked in them.
func writeKit(dir string) error {
	err := os.CopyFS(dir, conformance.Files())
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s holds files of a kit already; name another folder", dir)
	}
	return outputError(err)
}
