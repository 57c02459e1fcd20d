package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type shareFlags struct {
	connection connection
	decision   decisionFlags
	unit       string
	with       string
	revoke     bool
}

func newShare() *cobra.Command {
	var f shareFlags
	cmd := &cobra.Command{
		Use:   "share EPISODE",
		Short: "Let another care unit see an episode, or no longer",
		Long: `Let another care unit see an episode of care, or no longer (--revoke). Every act is
kept, with the reason.`,
		Example: `  painscore share 2026-0117 --with SE2321000016-9Z9Z --reason "follow-up there"`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return share(cmd, &f, args[0]) },
	}
	f.connection.flags(cmd)
	f.decision.flags(cmd)
	unitFlag(cmd, &f.unit)
	cmd.Flags().StringVar(&f.with, "with", "", "HSA-id of the unit that may see it")
	cmd.Flags().BoolVar(&f.revoke, "revoke", false, "end it")
	cmd.MarkFlagRequired("with")
	return cmd
}

func share(cmd *cobra.Command, f *shareFlags, episode string) error {
	request := &pb.ShareEpisodeRequest{
		CareUnit: unitOf(f.unit), EpisodeId: episode, WithCareUnit: f.with, Revoke: f.revoke, Reason: f.decision.reason, Author: f.decision.author,
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		reply, err := c.Patients().ShareEpisode(ctx, request)
		if err != nil {
			return err
		}
		if f.connection.json {
			return printJSON(cmd.OutOrStdout(), reply)
		}
		s, words := reply.Share, "is not shared"
		if s.GetShared() {
			words = "is shared"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "Episode %s %s with %s", episode, words, s.GetWithCareUnit())
		if s.GetAt() != nil {
			fmt.Fprintf(cmd.OutOrStdout(), ", since %s by %s%s", when(s.At), s.ChangedBy, because(s.Reason))
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout())
		return outputError(err)
	})
}

type linkFlags struct {
	connection connection
	decision   decisionFlags
	patient    patientFlags
	file       string
	merge      bool
}

func newLink() *cobra.Command {
	var f linkFlags
	cmd := &cobra.Command{
		Use:   "link",
		Short: "Tell that two identifiers are one person's",
		Long: `Tell that two identifiers are one person's: a reserve number, say, and the
personnummer that came later. The other one is the first line of --also-file. Where
both files are -, they are the first two lines of standard input.

If both are known as patients, the call is refused unless --merge is given: then
all episodes of the other become the first one's. There is no way back.

` + patientHelp,
		Example: `  painscore link --patient-file reserve.txt --also-file personnummer.txt --reason "number issued"`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return link(cmd, &f) },
	}
	f.connection.flags(cmd)
	f.decision.flags(cmd)
	f.patient.flags(cmd)
	cmd.Flags().StringVar(&f.file, "also-file", "", "file whose first line is the other identifier (- for standard input)")
	cmd.Flags().BoolVar(&f.merge, "merge", false, "the two are one person even where both are known")
	return cmd
}

func link(cmd *cobra.Command, f *linkFlags) error {
	stdin := bufio.NewReader(cmd.InOrStdin()) // both may stand there, a line each
	// A patient left in the environment must not be linked unseen.
	patient, err := f.patient.read(stdin, "")
	if err != nil {
		return err
	}
	if patient == nil || f.file == "" {
		return errors.New("two identifiers are needed: --patient-file and --also-file; each may be -, a line of standard input")
	}
	other, err := readPatient("--also-file", f.file, stdin)
	if err != nil {
		return err
	}
	request := &pb.LinkIdentityRequest{Patient: patient, Also: other, Merge: f.merge, Reason: f.decision.reason, Author: f.decision.author}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		reply, err := c.Patients().LinkIdentity(ctx, request)
		if err != nil {
			return err
		}
		if f.connection.json {
			return printJSON(cmd.OutOrStdout(), reply)
		}
		return printLinked(cmd.OutOrStdout(), reply)
	})
}

func printLinked(w io.Writer, reply *pb.LinkIdentityResponse) error {
	words := "Nothing to do: both were this patient's already."
	switch {
	case reply.Merged:
		words = fmt.Sprintf("Two patients are one now; %s changed hands.", count(int(reply.MovedEpisodes), "episode"))
	case reply.Added:
		words = "The other identifier is this patient's too from now on."
	}
	_, err := fmt.Fprintln(w, words)
	for _, warning := range reply.Warnings {
		_, err = fmt.Fprintf(w, "Warning, %s: %s\n", enumWord(warning.Code), warning.Description)
	}
	return outputError(err)
}

type eraseFlags struct {
	connection connection
	decision   decisionFlags
	patient    patientFlags
	id         string
	yes        bool
}

func newErase() *cobra.Command {
	var f eraseFlags
	cmd := &cobra.Command{
		Use:   "erase",
		Short: "Erase a patient for good",
		Long: `Erase a patient for good: every identifier, episode and sheet with every version, in
all care units. There is no way back. You are asked to confirm, unless --yes is
given.

The erasure has a name of its own, which is printed. If the server cannot be
reached, or copies in its files are not purged yet, ask again with the same
--erasure-id: the patient can be named, but is not known any more.

` + patientHelp,
		Example: `  painscore erase --patient-file patient.txt --reason "asked for by the patient"`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return erase(cmd, &f) },
	}
	f.connection.flags(cmd)
	f.decision.flags(cmd)
	f.patient.flags(cmd)
	cmd.Flags().StringVar(&f.id, "erasure-id", "", "the erasure's own id (default a new UUID)")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	return cmd
}

func erase(cmd *cobra.Command, f *eraseFlags) error {
	stdin := bufio.NewReader(cmd.InOrStdin()) // the patient may stand there, and the answer after it
	// A patient left in the environment must not be erased unseen.
	patient, err := f.patient.read(stdin, "")
	if err != nil {
		return err
	}
	if patient == nil {
		return errors.New("the patient is needed: --patient-file; PAINSCORE_PATIENT does not count here")
	}
	if !f.yes && !confirmed(cmd.ErrOrStderr(), stdin) {
		return &exit{exitUsage, errors.New("not confirmed; nothing was erased")}
	}
	request := &pb.ErasePatientRequest{ErasureId: f.id, Patient: patient, Reason: f.decision.reason, Author: f.decision.author}
	if request.ErasureId == "" {
		request.ErasureId = client.NewErasureID()
	}
	return f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		reply, err := c.Patients().ErasePatient(ctx, request)
		if err != nil {
			if unsure(err) {
				fmt.Fprintf(cmd.ErrOrStderr(), "painscore: to ask again: --erasure-id %s\n", request.ErasureId)
			}
			return err
		}
		if f.connection.json {
			return printJSON(cmd.OutOrStdout(), reply)
		}
		return printErased(cmd.OutOrStdout(), reply)
	})
}

// confirmed asks, and takes nothing but the word for a yes.
func confirmed(w io.Writer, stdin io.Reader) bool {
	fmt.Fprint(w, "This erases the patient in all care units, for good. Type erase to go on: ")
	answer, err := nextLine(stdin)
	return err == nil && answer == "erase"
}

func printErased(w io.Writer, e *pb.ErasePatientResponse) error {
	fmt.Fprintf(w, "Erasure %s, %s: %s, %s, %s in %s\n", e.ErasureId, when(e.ErasedAt), count(int(e.Identities), "identifier"), count(int(e.Episodes), "episode"),
		count(int(e.Submissions), "sheet"), count(int(e.Versions), "version"))
	purged := "Copies in the database's own files are gone."
	if e.PurgedAt == nil {
		purged = "Copies in the database's own files are still being purged; ask again with --erasure-id " + e.ErasureId + "."
	}
	_, err := fmt.Fprintln(w, purged)
	if e.BeyondReach != "" {
		_, err = fmt.Fprintln(w, strings.TrimSpace(e.BeyondReach))
	}
	return outputError(err)
}
