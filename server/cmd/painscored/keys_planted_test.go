package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// planted is a valid number that nobody bears and that nothing else contains.
const planted = "198507099805"

// plantedName is a name that nobody bears and that nothing else contains.
const plantedName = "Zebulon Quisling"

// disguises are all texts that would give the planted number or name away.
func disguises() map[string]string {
	forms := map[string]string{}
	for name, form := range map[string]string{
		"the name": plantedName, "the name folded": strings.ToLower(plantedName), "the name in capitals": strings.ToUpper(plantedName),
		"12 digits": planted, "10 digits": planted[2:],
		"12 digits with a hyphen": planted[:8] + "-" + planted[8:], "10 digits with a hyphen": planted[2:8] + "-" + planted[8:],
		"with a plus": planted[2:8] + "+" + planted[8:],
	} {
		forms[name] = form
		turned := []byte(form)
		slices.Reverse(turned)
		forms[name+", reversed"] = string(turned)
		forms[name+", hex"] = hex.EncodeToString([]byte(form))
		forms[name+", HEX"] = strings.ToUpper(hex.EncodeToString([]byte(form)))
		forms[name+", in two bytes each"] = strings.Join(strings.Split(form, ""), "\x00")
		// Base64 depends on what stands before: three ways, without their ends.
		for before := range 3 {
			text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + form))
			forms[fmt.Sprintf("%s, base64 after %d", name, before)] = text[(before*8+5)/6 : len(text)-1]
		}
	}
	return forms
}

// search tells in which disguises the planted number stands in a text.
func search(text []byte) (found []string) {
	for name, form := range disguises() {
		if bytes.Contains(text, []byte(form)) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// heard collects what came out of painscored, by where.
type heard map[string]*bytes.Buffer

func (h heard) add(where string, what ...any) {
	if h[where] == nil {
		h[where] = &bytes.Buffer{}
	}
	fmt.Fprintln(h[where], what...)
}

// addFolder takes in every byte of every file in a folder, and their names.
func (h heard) addFolder(t *testing.T, when, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // SQLite's files come and go
		}
		h.add(when+": "+filepath.Base(name), entry.Name(), string(body))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// provoke sends what must be refused, with the number in places where it does
// not belong, and takes in every word of the replies.
func (h heard) provoke(t *testing.T, c *client.Client, good *pb.SubmitRequest) {
	t.Helper()
	for i, spoil := range []func(req *pb.SubmitRequest){
		func(req *pb.SubmitRequest) { req.EpisodeId = planted },
		func(req *pb.SubmitRequest) { req.SubmissionId = "x-" + planted },
		func(req *pb.SubmitRequest) { req.Answers[0].Item = planted },
		func(req *pb.SubmitRequest) { req.AnsweredOn = planted },
		func(req *pb.SubmitRequest) { req.Instrument = planted },
		func(req *pb.SubmitRequest) { req.Patient.Value = planted + "0" },
		func(req *pb.SubmitRequest) { req.Patient.Value = planted[:6] + "99" + planted[8:] },
		func(req *pb.SubmitRequest) { req.Patient.System = planted },
		func(req *pb.SubmitRequest) { req.Answers[0].Response = &pb.Answer_Value{Value: 1} },
	} {
		req := proto.Clone(good).(*pb.SubmitRequest)
		spoil(req)
		_, err := c.Submissions().Submit(t.Context(), req)
		if err == nil {
			t.Errorf("refusal %d was none", i)
		}
		h.addError(err)
	}
	_, err := c.Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "elsewhere", EpisodeId: "none", Patient: client.Personnummer(planted)})
	h.addError(err)
}

// name gives the patient the planted name, and sends it where it does not belong.
func (h heard) name(t *testing.T, c *client.Client) {
	t.Helper()
	for _, req := range []*pb.SetPatientNameRequest{
		{CareUnit: "unit-1", EpisodeId: "e-1", Name: plantedName + "\x00"}, {CareUnit: "unit-1", EpisodeId: plantedName, Name: plantedName},
		{CareUnit: "unit-1", EpisodeId: "e-1", Name: plantedName + " " + planted},
	} {
		_, err := c.Patients().SetPatientName(t.Context(), req)
		if err == nil {
			t.Error("a name that is none was taken")
		}
		h.addError(err)
	}
	reply, err := c.Patients().SetPatientName(t.Context(), &pb.SetPatientNameRequest{CareUnit: "unit-1", EpisodeId: "e-1", Name: plantedName})
	if err != nil || !reply.Changed {
		t.Fatal(err)
	}
	h.add("replies", reply)
}

// addError takes in all that the client was told.
func (h heard) addError(err error) {
	var refusal *client.Error
	if errors.As(err, &refusal) {
		h.add("refusals", fmt.Sprintf("%+v", *refusal))
	}
	h.add("refusals", err, status.Convert(err).Proto())
}

// look reads trend, episodes and pages.
func (h heard) look(t *testing.T, p *program) {
	t.Helper()
	patient := client.Personnummer(planted[2:8] + "-" + planted[8:])
	named, err := p.dial(t).Patients().FindPatientsByName(t.Context(), &pb.FindPatientsByNameRequest{Name: strings.ToUpper(plantedName)})
	if err != nil || len(named.Episodes) != 1 {
		t.Errorf("the patient is not found by name: %v", err)
	}
	name, err := p.dial(t).Patients().GetPatientName(t.Context(), &pb.GetPatientNameRequest{CareUnit: "unit-1", EpisodeId: "e-1"})
	if err != nil || name.GetName().GetName() != plantedName {
		t.Errorf("the name is not shown to whoever asks for it: %v", err)
	}
	h.add("replies", named)
	trend, err := p.dial(t).Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", Patient: patient})
	if err != nil {
		t.Error(err)
	}
	episodes, err := p.dial(t).Patients().ListEpisodes(t.Context(), &pb.ListEpisodesRequest{CareUnit: "unit-1", Patient: patient})
	if err != nil || len(episodes.Episodes) != 1 {
		t.Errorf("the patient is not found: %v", err)
	}
	h.add("replies", trend, episodes)
	for _, path := range []string{"/", "/units/unit-1/episodes/e-1", "/units/unit-1/episodes/nobody", "/metrics"} {
		p.page(t, "/")
		reply, body := p.look(t, strings.TrimSuffix(p.web, "/")+path)
		h.add("pages", reply.Request.URL, reply.Header, body)
	}
}

// TestAPlantedIdentityIsFoundNowhere has a patient go through all that keys and
// files go through, and looks for the number in every byte that is left.
func TestAPlantedIdentityIsFoundNowhere(t *testing.T) {
	dir, away := t.TempDir(), t.TempDir()
	h := heard{}
	good := hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)
	good.Patient = client.Personnummer(planted)
	if wire, err := proto.Marshal(good); err != nil || len(search(wire)) == 0 {
		t.Fatalf("the search does not find the number in the request: %v", err)
	}

	p := start(t, dir)
	c := p.dial(t)
	reply, err := c.Submissions().Submit(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	h.add("replies", reply)
	h.name(t, c)
	h.provoke(t, c, good)
	h.look(t, p)
	h.addFolder(t, "while serving", dir)
	h.add("commands", mustOperate(t, dir, "backup", "--to", filepath.Join(away, "before.db")))
	h.add("commands", mustOperate(t, dir, "keys", "rotate", "seal"))
	eventually(t, "sealed anew", func() bool { return strings.Contains(p.output.String(), "is sealed with the current one") })
	h.addFolder(t, "after a new sealing key", dir)
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	h.add("log", p.output.String())
	h.add("commands", mustOperate(t, dir, "keys", "rotate", "lookup"))
	h.add("commands", mustOperate(t, dir, "keys", "rotate", "log"), mustOperate(t, dir, "keys", "list"))
	h.add("commands", mustOperate(t, dir, "keys", "save", "--to", filepath.Join(away, "keys")))
	h.add("commands", mustOperate(t, dir, "keys", "retire"))

	p = start(t, dir)
	h.look(t, p)
	h.add("commands", mustOperate(t, dir, "backup", "--to", filepath.Join(away, "after.db")))
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	h.add("log", p.output.String())
	said, _ := operate(t, dir, "doctor") // it warns of this and that
	h.add("commands", said)
	h.addFolder(t, "at the end", dir)
	h.addFolder(t, "away", away)

	for where, text := range h {
		found := search(text.Bytes())
		if where == "pages" { // they show the name, and nothing else, to who meets the patient
			found = slices.DeleteFunc(found, func(disguise string) bool { return disguise == "the name" })
		}
		if len(found) > 0 {
			t.Errorf("%s: the patient's identity stands there, %v", where, found)
		}
	}
	for where, word := range map[string]string{
		"while serving: " + databaseFile + "-wal": "unit-1", "at the end: " + databaseFile: "unit-1", "away: before.db": "unit-1", "away: after.db": "unit-1",
		"log": "SubmissionService/Submit", "pages": "e-1", "refusals": "IDENTIFIER_IN_TEXT", "replies": "hads", "away: keys": "pseudonym", "at the end: " + keyFile: "lookup",
	} {
		if h[where] == nil || !bytes.Contains(h[where].Bytes(), []byte(word)) {
			t.Errorf("%s does not even hold %s: the search is blind there", where, word)
		}
	}
}

// TestTheSearchForAPlantedIdentitySeesEveryDisguise: a search that finds nothing
// means something only if it would.
func TestTheSearchForAPlantedIdentitySeesEveryDisguise(t *testing.T) {
	for name, form := range disguises() {
		if found := search([]byte("before " + form + " after")); !slices.Contains(found, name) {
			t.Errorf("%s: found %v", name, found)
		}
	}
	for before := range 7 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("å", before) + "no " + planted + " yes"))
		if search([]byte(text)) == nil {
			t.Errorf("not found in base64 after %d letters", before)
		}
	}
	if found := search([]byte("19850709 9804, 198507089805")); found != nil {
		t.Errorf("found %v where it is not", found)
	}
}
