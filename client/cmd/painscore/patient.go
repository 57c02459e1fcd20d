package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// patientFlags say who the patient is. An identifier on the command line can
// be read by every user of the machine (ps) and stays in the shell's history,
// so there are other ways to give it.
type patientFlags struct {
	patient string
	file    string
}

const patientHelp = `The patient is "system:value", such as personnummer:191212121212, where system is
personnummer, samordningsnummer, or the URI or OID of another one. On a machine
with several users keep it out of the process list: give --patient-file FILE (-
for standard input), or, for submit and trend, set PAINSCORE_PATIENT.`

func (p *patientFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.patient, "patient", "", "the patient as `system:value`; visible in the process list")
	cmd.Flags().StringVar(&p.file, "patient-file", "", "file whose first line is the patient (- for standard input)")
	cmd.MarkFlagsMutuallyExclusive("patient", "patient-file")
}

// read returns the patient that the flags name, else the one of otherwise, nil
// if there is none. Its errors repeat nothing.
func (p *patientFlags) read(stdin io.Reader, otherwise string) (*pb.PatientIdentifier, error) {
	if p.file != "" {
		return readPatient("--patient-file", p.file, stdin)
	}
	text := p.patient
	if text == "" {
		text = otherwise
	}
	if text == "" {
		return nil, nil
	}
	return parsePatient(text)
}

// readPatient reads the first line of a file, or for - the next one of stdin.
func readPatient(flag, name string, stdin io.Reader) (*pb.PatientIdentifier, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
		defer file.Close()
		stdin = file
	}
	line, err := nextLine(stdin)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return parsePatient(line)
}

// longestLine is more than any patient and any answer.
const longestLine = 1024

// nextLine reads a line, without the spaces around it. Of a *bufio.Reader it
// leaves what follows for the next.
func nextLine(r io.Reader) (string, error) {
	buffered, ok := r.(*bufio.Reader)
	if !ok {
		buffered = bufio.NewReader(r)
	}
	var line []byte
	for len(line) < longestLine {
		b, err := buffered.ReadByte()
		if err == io.EOF || err == nil && b == '\n' {
			break
		}
		if err != nil {
			return "", err
		}
		line = append(line, b)
	}
	return strings.TrimSpace(string(line)), nil
}

// parsePatient cuts at the last colon: a system can hold some of its own.
func parsePatient(text string) (*pb.PatientIdentifier, error) {
	i := strings.LastIndexByte(text, ':')
	if i <= 0 || i == len(text)-1 {
		return nil, errors.New("the patient must be system:value, such as personnummer:191212121212")
	}
	system, value := text[:i], text[i+1:]
	switch system {
	case "personnummer":
		system = client.SystemPersonnummer
	case "samordningsnummer":
		system = client.SystemSamordningsnummer
	}
	return &pb.PatientIdentifier{System: system, Value: value}, nil
}
