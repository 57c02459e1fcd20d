package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
)

// withLog makes a store in dir whose access log has one chain of this many
// events, each in a block of its own.
func withLog(t *testing.T, dir string, events int) {
	t.Helper()
	cfg := config{Data: dir}
	st, err := openStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := identity.LoadOrCreate(filepath.Join(dir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	l, err := openAccessLog(cfg, st, keys, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for range events {
		if err := l.Record(access.Event{Action: access.GetTrendCall, Patients: []string{"p"}}).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if blocks, err := st.FindAccess(t.Context(), store.AccessQuery{PatientKeys: []string{"p"}, Limit: 99}); err != nil || len(blocks) != events {
		t.Errorf("%d blocks are indexed, %v", len(blocks), err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// inDatabase runs a statement on the closed store in dir, as somebody would who
// has the file.
func inDatabase(t *testing.T, dir, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

func TestAuditVerifyFindsWhatWasDoneToTheLog(t *testing.T) {
	for name, c := range map[string]struct {
		statement string // done to the database
		heads     bool   // is it the heads that tell?
	}{
		"nothing":                    {},
		"an event that was changed":  {"UPDATE access_block SET body = CAST(replace(CAST(body AS TEXT), 'Trend', 'Drent') AS BLOB) WHERE number = 2", false},
		"a block that was removed":   {"DELETE FROM access_block WHERE number = 2", false},
		"an end that was cut off":    {"DELETE FROM access_block WHERE number = 3", true},
		"a log that is gone":         {"DELETE FROM access_block", true},
		"a log that was 'dropped'":   {"INSERT INTO access_dropped SELECT chain, 3, 3, mac, last_at, last_at + 1 FROM access_block WHERE number = 3; DELETE FROM access_block", false},
		"a chain under another name": {"UPDATE access_block SET chain = '2020' || substr(chain, 5)", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			withLog(t, dir, 3)
			if c.statement != "" {
				inDatabase(t, dir, c.statement)
			}
			said, err := operate(t, dir, "audit", "verify")
			var status exitStatus
			if bad := c.statement != ""; bad != (errors.As(err, &status) && status == 1) || bad != strings.Contains(said, "PROBLEM") || bad == strings.HasSuffix(said, "OK\n") {
				t.Errorf("%v\n%s", err, said)
			}
			if !c.heads {
				return
			}
			if err := os.Remove(filepath.Join(dir, headsFile)); err != nil {
				t.Fatal(err)
			}
			if said, err := operate(t, dir, "audit", "verify"); err != nil {
				t.Errorf("it is not the heads that tell: %v\n%s", err, said)
			}
		})
	}
}

func TestAuditVerifyTellsWhatItCompared(t *testing.T) {
	dir := t.TempDir()
	withLog(t, dir, 3)
	var report struct {
		Chains, Blocks, Events, Dropped, Heads int
		Problems                               []string
	}
	if err := json.Unmarshal([]byte(mustOperate(t, dir, "audit", "verify", "--json")), &report); err != nil {
		t.Fatal(err)
	}
	if report.Chains != 1 || report.Blocks != 3 || report.Events != 3 || report.Heads != 1 || report.Problems == nil || len(report.Problems) != 0 {
		t.Errorf("%+v", report)
	}
	if _, err := operate(t, dir, "audit", "verify", "--heads", filepath.Join(dir, "none")); err == nil {
		t.Error("heads that are not there count as compared")
	}
	kept := filepath.Join(t.TempDir(), "kept")
	if err := os.Rename(filepath.Join(dir, headsFile), kept); err != nil {
		t.Fatal(err)
	}
	if said := mustOperate(t, dir, "audit", "verify"); !strings.Contains(said, "as far as the database alone can tell") {
		t.Errorf("without heads:\n%s", said)
	}
	if said := mustOperate(t, dir, "audit", "verify", "--heads", kept); !strings.HasSuffix(said, "OK\n") {
		t.Errorf("with heads from elsewhere:\n%s", said)
	}
}

func TestAuditDropTakesWholeOldMonthsAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	withLog(t, dir, 2)
	old := time.Now().UTC().AddDate(-6, 0, 0)
	inDatabase(t, dir, `INSERT INTO access_block VALUES (?1, 1, ?2, ?2, 1, x'7b7d', x'6d')`, old.Format("2006-01")+" x", old.UnixMicro())
	for _, bad := range []string{"4y", "0y", "-5y", "5", "5 years", "5.5y", "60m", ""} {
		if said, err := operate(t, dir, "audit", "drop", "--older-than", bad); err == nil {
			t.Errorf("--older-than %s is taken: %s", bad, said)
		}
	}
	if said := mustOperate(t, dir, "audit", "drop", "--older-than", "7y"); !strings.HasPrefix(said, "0 chains") {
		t.Error(said)
	}
	if said := mustOperate(t, dir, "audit", "drop"); !strings.HasPrefix(said, "1 chains") {
		t.Error(said)
	}
	if said := mustOperate(t, dir, "audit", "verify"); !strings.Contains(said, "2 events in 2 blocks of 1 chains, 1 heads compared, 1 chains dropped") {
		t.Error(said)
	}
}
