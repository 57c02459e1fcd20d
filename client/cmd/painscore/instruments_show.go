package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
)

func newInstrumentsShow() *cobra.Command {
	var (
		d                  definitions
		version            string
		asJSON, definition bool
	)
	cmd := &cobra.Command{
		Use:               "show INSTRUMENT",
		Short:             "Show one instrument: items, layouts, scales, cut-offs, sources, licence",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeInstrument,
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, err := d.load()
			if err != nil {
				return err
			}
			in, problem := find(catalogue, args[0], version)
			if problem != nil {
				return sheetError{*problem}
			}
			switch out := cmd.OutOrStdout(); {
			case definition:
				return printDefinition(out, catalogue, in)
			case asJSON:
				return writeJSON(out, describe(catalogue, in))
			default:
				return outputError(printInstrument(out, in))
			}
		},
	}
	d.flags(cmd)
	cmd.Flags().StringVar(&version, "version", "", "version of the definition (default the active one)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	cmd.Flags().BoolVar(&definition, "definition", false, "print the definition file itself, byte for byte")
	cmd.MarkFlagsMutuallyExclusive("json", "definition")
	return cmd
}

func printDefinition(w io.Writer, catalogue *instruments.Catalogue, in *scoring.Instrument) error {
	body, ok := catalogue.Content(in.DefinitionHash())
	if !ok {
		return &exit{exitFault, fmt.Errorf("the definition's file is not kept")}
	}
	_, err := w.Write(body)
	return outputError(err)
}

func printInstrument(w io.Writer, in *scoring.Instrument) error {
	def := in.Definition()
	fmt.Fprintf(w, "%s (%s, version %s)\n", def.Title, in.ID(), in.Version())
	for _, about := range [][2]string{{"Recall", def.Recall}, {"Population", def.Population}, {"Rights", rights(&def.Licence)}, {"Definition", in.DefinitionHash()}, {"Scoring", in.ScoringHash()}} {
		if about[1] != "" {
			fmt.Fprintf(w, "%s: %s\n", about[0], about[1])
		}
	}
	for _, part := range []func(io.Writer, *scoring.Instrument){printItems, printOrders, printScales, printValueSets} {
		part(w, in)
	}
	fmt.Fprintln(w, "\nSOURCES")
	for _, s := range def.Sources {
		fmt.Fprintf(w, "%s: %s\n", s.Code, s.Cite)
	}
	for _, note := range def.Notes {
		fmt.Fprintf(w, "Note: %s\n", note)
	}
	return nil
}

func rights(l *scoring.Licence) string {
	parts := slices.DeleteFunc([]string{l.Holder, l.Status, l.Contact}, func(s string) bool { return s == "" })
	return strings.Join(slices.Compact(parts), "; ")
}

func printItems(w io.Writer, in *scoring.Instrument) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nITEM\tTAKES\tREVERSED IN")
	for _, i := range in.Items() {
		takes := answersOf(&i)
		if i.NotApplicable {
			takes += ", not_applicable"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", i.Code, takes, orNone(strings.Join(i.ReversedIn, " ")))
	}
	table.Flush()
}

// answersOf says what an item takes.
func answersOf(i *scoring.ItemInfo) string {
	switch {
	case i.Type == scoring.DecimalNumber:
		return fmt.Sprintf("%d to %d, at most %s", i.Min, i.Max, count(i.Decimals, "decimal"))
	case i.Type == scoring.CodeOfList:
		return "one of " + strings.Join(i.Codes, " ")
	case i.Type == scoring.CalendarDate:
		return "date from " + i.Earliest + " to " + i.Latest
	case i.Type == scoring.FreeText:
		return fmt.Sprintf("text of at most %d characters", i.Longest)
	case len(i.Values) > 0:
		return "one of " + numbers(i.Values)
	}
	return fmt.Sprintf("%d to %d", i.Min, i.Max)
}

// printOrders prints how positions and other numbers are given.
func printOrders(w io.Writer, in *scoring.Instrument) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, l := range in.Layouts() {
		if i == 0 {
			fmt.Fprintln(table, "\nLAYOUT\tORDER OF POSITIONS")
		}
		order := strings.Join(l.Order, " ")
		if !l.Confirmed {
			order += " (compare with your own form, then --confirm-layout)"
		}
		fmt.Fprintf(table, "%s\t%s\n", l.Code, order)
	}
	table.Flush()
	for i, c := range in.Definition().Codings {
		if i == 0 {
			fmt.Fprintln(table, "\nCODING\tITEMS\tNUMBERS\tSTAND FOR")
		}
		for _, m := range c.Maps {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Code, strings.Join(m.Items, " "), numbers(m.From), numbers(m.To))
		}
	}
	table.Flush()
}

func numbers(list []int32) string { return strings.Trim(fmt.Sprint(list), "[]") }

func printScales(w io.Writer, in *scoring.Instrument) {
	if in.IsForm() {
		fmt.Fprintln(w, "\nNo scales: a form that is stored and shown by item, never scored.")
		return
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nSCALE\tRANGE\tDIRECTION\tMISSING\tBANDS\tFLAGS")
	for _, s := range in.Scales() {
		extent := "-"
		if s.Lowest.Valid() {
			extent = decimal(s.Lowest, scoring.AsNeeded) + " to " + decimal(s.Highest, scoring.AsNeeded)
		}
		var bands, flags []string
		for _, b := range s.Bands {
			bands = append(bands, decimal(b.From, scoring.AsNeeded)+" "+b.Code)
		}
		for _, f := range s.Flags {
			flags = append(flags, decimal(f.From, scoring.AsNeeded)+" "+f.Code)
		}
		direction := strings.ToLower(strings.ReplaceAll(directionName(s.Direction), "_", " "))
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Code, extent, direction, orNone(s.Rule), orNone(strings.Join(bands, ", ")), orNone(strings.Join(flags, ", ")))
	}
	table.Flush()
}

func printValueSets(w io.Writer, in *scoring.Instrument) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, v := range in.ValueSets() {
		if i == 0 {
			fmt.Fprintln(table, "\nVALUE SET\tCOUNTRY\tYEAR\tLOWEST\tHIGHEST")
		}
		d := v.Definition()
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", v.ID(), d.Country, d.Year, decimal(v.Lowest(), v.Decimals()), decimal(v.Highest(), v.Decimals()))
	}
	table.Flush()
}
