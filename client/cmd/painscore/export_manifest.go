package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client/cmd/painscore/tables"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

const (
	manifestName = "manifest.json"
	maxManifest  = 16 << 20 // far above one of thousands of care units
)

// manifest says what a delivery is and what its files are. Its bytes are the same
// for the same delivery: keys in a fixed order, and the time is that of when the
// delivery was begun.
type manifest struct {
	Version     int             `json:"manifest"` // 1
	DeliveryID  string          `json:"delivery_id"`
	Recipient   string          `json:"recipient"`
	Purpose     string          `json:"purpose"`
	Registry    string          `json:"registry"`
	Identity    string          `json:"identity"`
	MadeAt      string          `json:"made_at"`
	Software    string          `json:"software"` // of the server
	Filter      json.RawMessage `json:"filter"`
	AsOf        []asOf          `json:"as_of"`
	Definitions []definition    `json:"definitions"`
	NormsHash   string          `json:"norms_hash"`
	Shape       shape           `json:"shape"`
	Rows        []counted       `json:"rows"`
	Flow        []counted       `json:"flow"`
	Digest      string          `json:"digest"`
	Files       []tables.File   `json:"files"`
}

type asOf struct {
	CareUnit  string `json:"care_unit"`
	ChangeSeq int64  `json:"change_seq"`
}

type definition struct {
	Instrument     string `json:"instrument"`
	Version        string `json:"version"`
	DefinitionHash string `json:"definition_hash"`
	ScoringHash    string `json:"scoring_hash"`
}

type counted struct {
	What string `json:"what"`
	N    int64  `json:"n"`
}

func newManifest(header *pb.ExportHeader, end *pb.ExportEnd, s shape, files []tables.File) *manifest {
	m := &manifest{
		Version: 1, DeliveryID: header.GetDeliveryId(), Recipient: header.GetRecipient(), Purpose: header.GetPurpose(), Registry: header.GetRegistry(),
		Identity: strings.ToLower(strings.TrimPrefix(header.GetIdentity().String(), "EXPORT_IDENTITY_")),
		MadeAt:   header.GetMadeAt().AsTime().Format(time.RFC3339Nano), Software: header.GetSoftware(), NormsHash: header.GetNormsHash(),
		Filter: filterJSON(header.GetFilter()), AsOf: []asOf{}, Definitions: []definition{}, Shape: s, Digest: end.GetDigest(), Files: files,
	}
	for _, a := range header.GetAsOf() {
		m.AsOf = append(m.AsOf, asOf{a.GetCareUnit(), a.GetChangeSeq()})
	}
	for _, d := range header.GetDefinitions() {
		m.Definitions = append(m.Definitions, definition{d.GetInstrument(), d.GetVersion(), d.GetDefinitionHash(), d.GetScoringHash()})
	}
	for i, n := range end.GetRows() {
		m.Rows = append(m.Rows, counted{header.GetTables()[i].GetName(), n})
	}
	for _, c := range end.GetFlow() {
		m.Flow = append(m.Flow, counted{c.GetWhat(), c.GetN()})
	}
	return m
}

// filterJSON is a filter with the names of the contract. protojson varies its
// spaces on purpose; Compact takes them out.
func filterJSON(f *pb.ExportFilter) json.RawMessage {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(f)
	var body bytes.Buffer
	if err != nil || json.Compact(&body, text) != nil {
		return json.RawMessage("{}") // cannot be: a message of the contract
	}
	return body.Bytes()
}

func (m *manifest) bytes() ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(m)
	return body.Bytes(), err
}

func printManifest(w io.Writer, m *manifest) error {
	body, err := json.Marshal(m)
	if err == nil {
		_, err = w.Write(append(body, '\n'))
	}
	return outputError(err)
}

// request asks for the same delivery once more.
func (m *manifest) request() (*pb.ExportRequest, error) {
	request := &pb.ExportRequest{Recipient: m.Recipient, DeliveryId: m.DeliveryID, Filter: &pb.ExportFilter{}}
	err := protojson.Unmarshal(m.Filter, request.Filter)
	if proto.Size(request.Filter) == 0 {
		request.Filter = &pb.ExportFilter{}
	}
	return request, err
}

// readManifest reads the manifest of a folder, or a manifest.
func readManifest(name string) (*manifest, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, manifestName)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, maxManifest))
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// parseManifest reads a manifest, and nothing that only looks like one: what it
// does not write itself byte for byte it does not take.
func parseManifest(body []byte) (*manifest, error) {
	m := &manifest{}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		return nil, errors.New("not a manifest of a delivery")
	}
	again, err := m.bytes()
	if err != nil || m.Version != 1 || !bytes.Equal(again, body) {
		return nil, errors.New("not a manifest as painscore writes it: it was changed")
	}
	for _, f := range m.Files {
		if f.Name == "" || f.Name != filepath.Base(f.Name) {
			return nil, errors.New("the manifest names a file outside of its folder")
		}
	}
	return m, nil
}

func newExportVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FOLDER",
		Short: "Hold the files of a delivery to its manifest",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := readManifest(filepath.Join(args[0], manifestName))
			if err != nil {
				return err
			}
			if err := m.verify(args[0]); err != nil {
				return &exit{exitBadInput, err}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s as the manifest says\n", count(len(m.Files), "file"))
			return outputError(err)
		},
	}
}

// verify names every file that is not there, or not as it was written.
func (m *manifest) verify(folder string) error {
	var problems []error
	for _, f := range m.Files {
		file, err := os.Open(filepath.Join(folder, f.Name))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		sum := sha256.New()
		n, err := io.Copy(sum, file)
		file.Close()
		if err != nil || n != f.Bytes || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
			problems = append(problems, errors.Join(err, fmt.Errorf("%s is not the file that was written", f.Name)))
		}
	}
	return errors.Join(problems...)
}
