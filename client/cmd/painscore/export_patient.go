package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

type exportPatientFlags struct {
	connection connection
	patient    patientFlags
	out        string
}

func newExportPatient() *cobra.Command {
	var f exportPatientFlags
	cmd := &cobra.Command{
		Use:   "export-patient",
		Short: "Write everything that is kept of one patient, for the patient who asks",
		Long: `Write everything that is kept of one patient, in all care units, to a file: for the
patient who asks for it. Only the user who runs the command can read the file, and
its name says nothing of who it is. The file itself says it: hand it over, and
delete it.

Each line is one JSON object with one key, which says what it is:

  identifier       what the patient is called, and since when that is known
  episode          one version of an episode of care, oldest first
  share            one act of letting another unit see an episode
  name             what the patient is called, if a name was given
  act              what was done about an occasion: forms sent, answers read, feedback
  paper_code       the code on the paper forms of an occasion
  visit            up to when a reader has seen an episode
  submission       one scoring of one version of a sheet: the answers by code and
                   as values, the scores, and in "counts" whether they hold now
  registry_choice  what the patient said to a registry, oldest first
  delivery         a delivery to a registry that holds the patient: to whom, when,
                   for what and by whom, newest first
  access           who looked, when and why, newest first
  end              always the last line: how many there are of each

The fields are those of the contract, also where they are empty. The "sheet" of a
submission is what Submit takes, so that another painscored can be given it and
scores it alike. A file without "end" is never left behind: until it is whole its
name ends in .unfinished.

` + patientHelp,
		Example: `  painscore export-patient --patient-file patient.txt --out for-the-patient.jsonl`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return exportPatient(cmd, &f) },
	}
	f.connection.flags(cmd)
	f.patient.flags(cmd)
	cmd.Flags().StringVar(&f.out, "out", "", "file to write; it must not exist (default patient-export-TIME.jsonl)")
	return cmd
}

func exportPatient(cmd *cobra.Command, f *exportPatientFlags) error {
	// Not the patient of the environment, who may be another than the one who asks.
	patient, err := f.patient.read(cmd.InOrStdin(), "")
	if err != nil {
		return err
	}
	if patient == nil {
		return errors.New("the patient is needed: --patient-file; PAINSCORE_PATIENT does not count here")
	}
	name := f.out
	if name == "" {
		name = "patient-export-" + time.Now().UTC().Format("20060102T150405Z") + ".jsonl"
	}
	var end *pb.ExportPatientEnd
	err = f.connection.call(cmd, func(ctx context.Context, c *client.Client) error {
		return wholeOrNot(name, func(w io.Writer) (err error) {
			end, err = receiveExport(ctx, c, &pb.ExportPatientRequest{Patient: patient}, w)
			return err
		})
	})
	if err != nil {
		return err
	}
	if f.connection.json {
		return printJSON(cmd.OutOrStdout(), end)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s: %d identifiers, %d names, %d versions of episodes, %d acts of sharing, %d acts about occasions, %d paper codes, %d readers' last looks, %d scorings of sheets, %d registry choices, %d deliveries, %d events of the access log.\n",
		name, end.Identifiers, end.Names, end.Episodes, end.Shares, end.Acts, end.PaperCodes, end.Visits, end.Submissions, end.RegistryChoices, end.Deliveries, end.AccessEvents)
	return outputError(err)
}

// receiveExport writes what the server sends, line by line, and makes sure that
// it is all of it.
func receiveExport(ctx context.Context, c *client.Client, request *pb.ExportPatientRequest, w io.Writer) (*pb.ExportPatientEnd, error) {
	stream, err := c.Patients().ExportPatient(ctx, request)
	if err != nil {
		return nil, err
	}
	got := &pb.ExportPatientEnd{}
	var end *pb.ExportPatientEnd
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := printJSON(w, part); err != nil {
			return nil, err
		}
		switch part.GetPart().(type) {
		case *pb.ExportPatientResponse_Identifier:
			got.Identifiers++
		case *pb.ExportPatientResponse_Name:
			got.Names++
		case *pb.ExportPatientResponse_Act:
			got.Acts++
		case *pb.ExportPatientResponse_PaperCode:
			got.PaperCodes++
		case *pb.ExportPatientResponse_Visit:
			got.Visits++
		case *pb.ExportPatientResponse_Episode:
			got.Episodes++
		case *pb.ExportPatientResponse_Share:
			got.Shares++
		case *pb.ExportPatientResponse_Submission:
			got.Submissions++
		case *pb.ExportPatientResponse_RegistryChoice:
			got.RegistryChoices++
		case *pb.ExportPatientResponse_Delivery:
			got.Deliveries++
		case *pb.ExportPatientResponse_Access:
			got.AccessEvents++
		case *pb.ExportPatientResponse_End:
			end = part.GetEnd()
		}
	}
	if !proto.Equal(end, got) {
		return nil, &exit{exitFault, errors.New("the export was cut off; nothing was written")}
	}
	return end, nil
}

// wholeOrNot writes a file that only this user can read, and that stands under
// its name only when it is whole. A file of that name is not overwritten.
func wholeOrNot(name string, write func(io.Writer) error) error {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("--out: %s exists", name)
	}
	unfinished := name + ".unfinished"
	file, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	out := bufio.NewWriter(file)
	err = write(out)
	if err == nil {
		err = outputError(errors.Join(out.Flush(), file.Sync()))
	}
	if closed := file.Close(); err == nil {
		err = outputError(closed)
	}
	if err == nil {
		err = outputError(os.Rename(unfinished, name))
	}
	if err != nil {
		os.Remove(unfinished) // it names the patient
	}
	return err
}
