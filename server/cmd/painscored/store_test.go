package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/store/postgres/pgtest"
	"github.com/painscore/painscore/server/store/sqlite"
	"github.com/painscore/painscore/server/store/sqlstore"
)

var trendOfHads = &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "e-1", Patient: &pb.PatientIdentifier{System: "personnummer", Value: personnummer}}

func copyKeys(t *testing.T, from, to string) {
	t.Helper()
	keys, err := os.ReadFile(filepath.Join(from, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, keyFile), keys, 0o600); err != nil {
		t.Fatal(err)
	}
}

// runStore runs "painscored store …" and returns what it prints.
func runStore(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"store"}, args...), func(string) string { return "" }, &out, &out)
	return out.String(), err
}

// TestASiteMovesToPostgreSQL: what a file held is served from a database, by
// several processes, and goes back to a file.
func TestASiteMovesToPostgreSQL(t *testing.T) {
	address := pgtest.Database(t)
	file, one, two, back := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	p := start(t, file)
	if _, err := p.dial(t).Submissions().Submit(t.Context(), hadsRequest(pb.Occasion_OCCASION_BASELINE, "2023-02-01", 3, 2)); err != nil {
		t.Fatal(err)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	out, err := runStore(t, "copy", file, address)
	if err != nil || !strings.Contains(out, "All tables agree") || !strings.Contains(out, "submission_version") {
		t.Fatalf("%v\n%s", err, out)
	}

	for _, dir := range []string{one, two} {
		copyKeys(t, file, dir)
	}
	first, second := start(t, one, "--store", address), start(t, two, "--store", address)
	if _, err := second.dial(t).Submissions().Submit(t.Context(), hadsRequest(pb.Occasion_OCCASION_PROGRAMME_END, "2023-06-01", 0, 1)); err != nil {
		t.Fatal(err)
	}
	here, err := first.dial(t).Patients().GetTrend(t.Context(), trendOfHads)
	if err != nil || len(here.Trend.Scales) == 0 || len(here.Trend.Scales[0].Changes) != 1 {
		t.Fatalf("the first process does not see both occasions: %v\n%v", err, here)
	}
	for _, p := range []*program{first, second} {
		if !strings.Contains(p.output.String(), "PostgreSQL (database ") {
			t.Errorf("it does not say where the data are: %s", p.output)
		}
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
	}

	if out, err := runStore(t, "copy", address, back); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	copyKeys(t, file, back)
	again, err := start(t, back).dial(t).Patients().GetTrend(t.Context(), trendOfHads)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(here, again, protocmp.Transform()); diff != "" {
		t.Errorf("another trend after the way back:\n%s", diff)
	}
}

// TestProcessesWithDifferentDefinitionsDoNotServeOneDatabase: the same version
// with another content would give two patients two scores for the same answers.
func TestProcessesWithDifferentDefinitionsDoNotServeOneDatabase(t *testing.T) {
	address := pgtest.Database(t)
	body, err := os.ReadFile("../../../scoring/instruments/testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	folders := [2]string{t.TempDir(), t.TempDir()}
	for i, text := range [][]byte{body, append(bytes.Clone(body), "\n# another file\n"...)} {
		if err := os.WriteFile(filepath.Join(folders[i], "test.yaml"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data := t.TempDir()
	start(t, data, "--store", address, "--instruments", folders[0])
	start(t, data, "--store", address, "--instruments", folders[0])
	err = run(t.Context(), []string{"--data", data, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0", "--store", address, "--instruments", folders[1]},
		func(string) string { return "" }, &bytes.Buffer{}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "differs from the one this database was used with") {
		t.Errorf("a process with another definition starts: %v", err)
	}
}

func TestACopyIsRefusedWhereItWouldLoseOrMixSomething(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, other} {
		if err := start(t, d).stop(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"from nowhere", filepath.Join(dir, "mistyped"), t.TempDir(), "no store to copy"},
		{"to a store with content", dir, other, "not empty"},
		{"to itself", dir, dir, "in use"},
	} {
		if out, err := runStore(t, "copy", c.from, c.to); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "mistyped")); err == nil {
		t.Errorf("a mistyped place was made: %v", entries)
	}
}

// TestAnUnfinishedCopyIsNotServed: it looks like a store whose patients never
// answered.
func TestAnUnfinishedCopyIsNotServed(t *testing.T) {
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, databaseFile), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.SetPropertyOnce(t.Context(), "unfinished_copy", "1"); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	err = run(t.Context(), []string{"--data", dir, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0"}, func(string) string { return "" }, &bytes.Buffer{}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), sqlstore.ErrUnfinishedCopy.Error()) {
		t.Errorf("%v", err)
	}
}

func TestTheStoreSettingNeverRepeatsAPassword(t *testing.T) {
	for _, value := range []string{
		"hemligt", "mysql://a:hemligt@h/d", "a:hemligt", // not an address
		"postgres://a:hemligt%ord@h/d", "postgres://a:hemligt@h:port/d", "postgres://a:hemligt@h/d?sslmode=hemligt", // misspelt
		"postgres://a:hemligt@h/d", "postgres://a:hemligt@127.0.0.1:1/d", // refused, not reached
	} {
		var out bytes.Buffer
		err := run(t.Context(), []string{"--data", t.TempDir(), "--store", value}, func(string) string { return "" }, &out, &out)
		if err == nil || strings.Contains(err.Error()+out.String(), "hemligt") {
			t.Errorf("%s: %v\n%s", value, err, &out)
		}
	}
}
