package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/scoring/instruments"
)

// definitions are the flags that say which instruments the offline commands
// know.
type definitions struct {
	dir     string
	confirm []string
}

func (d *definitions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.dir, "instruments", "", "folder with a site's own definitions, added to the built-in ones")
	cmd.Flags().StringSliceVar(&d.confirm, "confirm-layout", nil, "`instrument=layout` that you have compared with your own form, for an order that no source confirms")
	cmd.MarkFlagDirname("instruments")
}

func (d *definitions) load() (*instruments.Catalogue, error) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		return nil, &exit{exitFault, err}
	}
	if d.dir != "" {
		if _, err := os.ReadDir(d.dir); err != nil {
			return nil, fmt.Errorf("--instruments: %w", err)
		}
		if err := inside(d.dir, catalogue.AddDir(os.DirFS(d.dir))); err != nil {
			return nil, &exit{exitBadInput, fmt.Errorf("definitions refused:\n%w", err)}
		}
	}
	for _, pair := range d.confirm {
		instrument, layout, _ := strings.Cut(pair, "=")
		if err := catalogue.ConfirmLayout(instrument, layout); err != nil {
			return nil, fmt.Errorf("--confirm-layout: no such instrument and layout; give instrument=layout")
		}
	}
	return catalogue, nil
}

// completeInstrument offers the codes of the instruments as first argument.
func completeInstrument(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	catalogue, err := instruments.Builtin()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var codes []string
	for _, in := range catalogue.List() {
		codes = append(codes, in.ID()+"\t"+in.Definition().Title)
	}
	return codes, cobra.ShellCompDirectiveNoFileComp
}
