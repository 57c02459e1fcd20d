package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// choiceFlags name a patient at a care unit. The identifier comes from a file or
// standard input only: these commands are typed by hand, and a shell keeps what
// was typed.
type choiceFlags struct {
	connection connection
	unit       string
	episode    string
	file       string
}

const choiceHelp = `The patient is named by an episode of the care unit (--episode), or by an
identifier: --patient-file FILE, whose first line is system:value (- for standard
input). It cannot stand on the command line, which the shell's history keeps.`

func newRegistryChoice() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "registry-choice",
		Short: "Show or record what a patient says to a quality registry",
		Long: `Show or record what a patient says to a quality registry. Nothing is sent to a
registry before the patient is informed, and nothing more after an objection. The
choice is the patient's: it holds in all episodes at the care provider.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newRegistryChoiceShow(), newRegistryChoiceSet())
	return cmd
}

func (f *choiceFlags) flags(cmd *cobra.Command) {
	f.connection.flags(cmd)
	unitFlag(cmd, &f.unit)
	cmd.Flags().StringVar(&f.episode, "episode", "", "id of an episode of care of the patient")
	cmd.Flags().StringVar(&f.file, "patient-file", "", "file whose first line is the patient (- for standard input)")
	cmd.MarkFlagsOneRequired("episode", "patient-file")
}

// patient is whom the file names, nil without one.
func (f *choiceFlags) patient(stdin io.Reader) (*pb.PatientIdentifier, error) {
	if f.file == "" {
		return nil, nil
	}
	return readPatient("--patient-file", f.file, stdin)
}

func newRegistryChoiceShow() *cobra.Command {
	var f choiceFlags
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show what a patient says to registries, with its history",
		Long: `Show what a patient says to registries: every choice that was recorded at the care
unit's provider, the oldest first. The last one about a registry holds; "painscore
registry-choice set" takes its etag.

` + choiceHelp,
		Example: `  painscore registry-choice show --unit SE2321000016-1A2B --episode 2026-0117
  painscore registry-choice show --unit SE2321000016-1A2B --patient-file -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return showChoices(cmd, &f) },
	}
	f.flags(cmd)
	return cmd
}

func showChoices(cmd *cobra.Command, f *choiceFlags) error {
	patient, err := f.patient(cmd.InOrStdin())
	if err != nil {
		return err
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		request := &pb.GetEpisodeRequest{CareUnit: unitOf(f.unit), EpisodeId: f.episode, Patient: patient}
		if request.EpisodeId == "" {
			if request.EpisodeId, err = anyEpisode(ctx, c, request); err != nil {
				return err
			}
		}
		reply, err := c.Patients().GetEpisode(ctx, request)
		if err != nil {
			return err
		}
		if !f.connection.json {
			return printChoices(cmd.OutOrStdout(), reply.RegistryChoices)
		}
		for _, choice := range reply.RegistryChoices {
			if err := printJSON(cmd.OutOrStdout(), choice); err != nil {
				return err
			}
		}
		return nil
	})
}

// anyEpisode is one of the patient's episodes in the unit: the choices are the
// same in all of them.
func anyEpisode(ctx context.Context, c *client.Client, of *pb.GetEpisodeRequest) (string, error) {
	page, err := c.Patients().ListEpisodes(ctx, &pb.ListEpisodesRequest{CareUnit: of.CareUnit, Patient: of.Patient})
	if err != nil {
		return "", err
	}
	if len(page.Episodes) == 0 {
		return "", &exit{exitRefused, errors.New("the patient has no episode in this care unit that you may see")}
	}
	return page.Episodes[0].EpisodeId, nil
}

func printChoices(w io.Writer, all []*pb.RegistryChoice) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "Nothing is recorded: the patient counts as not informed.")
		return outputError(err)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tREGISTRY\tCHOICE\tDECIDED\tHOLDS\tETAG\tRECORDED\tBY\tREASON")
	for i, c := range all {
		holds := "yes"
		if i+1 < len(all) && all[i+1].CareProvider == c.CareProvider && all[i+1].Registry == c.Registry {
			holds = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.CareProvider, c.Registry, enumWord(c.Choice), c.DecidedOn, holds, c.Etag,
			when(c.At), orNone(c.ChangedBy), orNone(c.Reason))
	}
	return outputError(table.Flush())
}

func newRegistryChoiceSet() *cobra.Command {
	var f choiceFlags
	var decision decisionFlags
	request := &pb.SetRegistryChoiceRequest{}
	words := flagWords(pb.RegistryChoiceState(0))
	cmd := &cobra.Command{
		Use:   "set CHOICE",
		Short: "Record that a patient was informed, or has objected",
		Long: `Record what a patient says to a registry. CHOICE is

  informed      was told of the registry and of the right to object, and has not
  objected      nothing more goes to the registry, and what has gone is to be
                destroyed there
  not_informed  was not told, or it turned out so

An objection is replaced only by a call that gives its etag, which "painscore
registry-choice show" prints: nobody takes an objection back unseen. Any other
choice may be replaced without one; with one, only if nobody was faster.

` + choiceHelp,
		Example: `  painscore registry-choice set informed --unit SE2321000016-1A2B --episode 2026-0117 \
      --on 2026-03-02 --reason "told at the first visit"`,
		Args: cobra.ExactArgs(1), ValidArgs: words,
		RunE: func(cmd *cobra.Command, args []string) error {
			n, known := enumOf(pb.RegistryChoiceState(0), args[0])
			if !known {
				return fmt.Errorf("the choice is one of %v", words)
			}
			request.Choice, request.Reason, request.Author = pb.RegistryChoiceState(n), decision.reason, decision.author
			return setChoice(cmd, &f, request)
		},
	}
	f.flags(cmd)
	decision.flags(cmd)
	cmd.Flags().StringVar(&request.DecidedOn, "on", "", "the day on which the patient was informed or objected, `YYYY-MM-DD`")
	cmd.Flags().StringVar(&request.Etag, "etag", "", "etag of the choice that you have read")
	cmd.Flags().StringVar(&request.Registry, "registry", "", "code of the registry (default nrs)")
	cmd.Flags().StringVar(&request.CareProvider, "provider", "", "HSA-id of the care provider (default the one that the server knows for the unit)")
	cmd.MarkFlagRequired("on")
	return cmd
}

func setChoice(cmd *cobra.Command, f *choiceFlags, request *pb.SetRegistryChoiceRequest) (err error) {
	if request.Patient, err = f.patient(cmd.InOrStdin()); err != nil {
		return err
	}
	request.CareUnit, request.EpisodeId = unitOf(f.unit), f.episode
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		reply, err := c.Patients().SetRegistryChoice(ctx, request)
		if err != nil {
			return err
		}
		if f.connection.json {
			return printJSON(cmd.OutOrStdout(), reply)
		}
		stands := reply.GetChoice()
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s at %s: %s since %s, recorded %s by %s%s\netag: %s\n", stands.GetRegistry(), stands.GetCareProvider(),
			enumWord(stands.GetChoice()), stands.GetDecidedOn(), when(stands.GetAt()), stands.GetChangedBy(), because(stands.GetReason()), stands.GetEtag())
		return outputError(err)
	})
}
