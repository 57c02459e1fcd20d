package clinic_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/clinic"
)

// version makes another version of a built-in definition out of its file.
func version(t testing.TB, id, version string, change ...string) []byte {
	t.Helper()
	catalogue := builtin(t)
	in, ok := catalogue.Instrument(id, "")
	if !ok {
		t.Fatalf("no instrument %s", id)
	}
	body, _ := catalogue.Content(in.DefinitionHash())
	changed := strings.NewReplacer(change...).Replace(string(body))
	for _, written := range []string{`version: "` + in.Version() + `"`, "version: " + in.Version()} {
		changed = strings.Replace(changed, written, `version: "`+version+`"`, 1)
	}
	if bytes.Equal(body, []byte(changed)) && version != in.Version() {
		t.Fatal("the definition was not changed")
	}
	return []byte(changed)
}

func with(t *testing.T, name string, body []byte) *instruments.Catalogue {
	t.Helper()
	catalogue := builtin(t)
	if err := catalogue.AddFile(name, body); err != nil {
		t.Fatal(err)
	}
	return catalogue
}

func TestANewFileNeverChangesWhichVersionScores(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, clinic.Settings{}, builtin(t))
	s.submit(t, baseline("s-1", hads()))
	s.store.Close()

	s = openIn(t, dir, clinic.Settings{}, with(t, "hads-2.yaml", version(t, "hads", "2")))
	if d, err := s.Instrument(ctx, "hads", ""); err != nil || d.Version() != "1" || !d.Active {
		t.Errorf("active is %s, error %v", d.Version(), err)
	}
	second := baseline("s-2", hads())
	second.EpisodeID, second.Forms[0].Version = "e-2", "2"
	s.submit(t, second)
	s.store.Close()

	// The file is gone, the form that was scored with it stays readable.
	s = openIn(t, dir, clinic.Settings{}, builtin(t))
	record, err := s.GetSubmission(ctx, unit, "s-2")
	if err != nil || record.Definition.Version() != "2" {
		t.Errorf("got version %s, error %v", record.Definition.Version(), err)
	}
}

func TestOneVersionWithTwoMeaningsStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	openIn(t, dir, clinic.Settings{}, with(t, "hads-2.yaml", version(t, "hads", "2"))).store.Close()
	changed := append(version(t, "hads", "2"), "\n# another file\n"...)
	_, err := tryOpen(t, dir, clinic.Settings{}, with(t, "hads-2.yaml", changed))
	if err == nil || !strings.Contains(err.Error(), "hads") || !strings.Contains(err.Error(), "version") {
		t.Fatalf("got %v, want a refusal that names hads and its version", err)
	}
}
