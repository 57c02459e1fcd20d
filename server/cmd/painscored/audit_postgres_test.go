package main

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/store/postgres/pgtest"
)

// TestAuditVerifyAndDropOnPostgreSQL: two processes write a chain each, and what
// is done to either is found, while one of them still runs.
func TestAuditVerifyAndDropOnPostgreSQL(t *testing.T) {
	address := pgtest.Database(t)
	dir := filepath.Join(t.TempDir(), "data")
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	do := func(statement string, args ...any) {
		t.Helper()
		if done, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		} else if n, _ := done.RowsAffected(); n == 0 {
			t.Fatalf("nothing to do: %s", statement)
		}
	}
	for _, id := range []string{"a", "b"} {
		p := start(t, dir, "--store", address)
		c := p.dial(t)
		if err := submit(t.Context(), c, id); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := c.Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: id}); err != nil {
				t.Fatal(err)
			}
		}
		if said := mustOperate(t, dir, "audit", "verify", "--store", address); !strings.Contains(said, "OK") {
			t.Errorf("beside a running process: %s", said)
		}
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
	}
	verify := func() (string, bool) {
		t.Helper()
		said, err := operate(t, dir, "audit", "verify", "--store", address)
		var status exitStatus
		if bad := errors.As(err, &status); bad != strings.Contains(said, "PROBLEM") || err != nil && !bad {
			t.Fatalf("%v\n%s", err, said)
		}
		return said, err == nil
	}
	if said, ok := verify(); !ok || !strings.Contains(said, "of 2 chains, 2 heads compared") {
		t.Fatal(said)
	}

	old := time.Now().UTC().AddDate(-6, 0, 0)
	do(`INSERT INTO painscore.access_block (chain, number, first_at, last_at, events, body, mac) VALUES ($1, 1, $2, $2, 1, '\x7b7d', '\x6d')`, old.Format("2006-01")+" x", old.UnixMicro())
	if said, ok := verify(); ok {
		t.Errorf("a block that nobody wrote: %s", said)
	}
	if said := mustOperate(t, dir, "audit", "drop", "--older-than", "7y", "--store", address); !strings.HasPrefix(said, "0 chains") {
		t.Error(said)
	}
	if said := mustOperate(t, dir, "audit", "drop", "--store", address); !strings.HasPrefix(said, "1 chains") {
		t.Error(said)
	}
	if said, ok := verify(); !ok || !strings.Contains(said, "1 chains dropped") {
		t.Errorf("after the drop: %s", said)
	}

	do(`UPDATE painscore.access_block SET body = convert_to(replace(convert_from(body, 'UTF8'), 'GetTrend', 'GetTrent'), 'UTF8') WHERE number = 2`)
	if said, ok := verify(); ok {
		t.Errorf("events that were changed: %s", said)
	}
	do(`UPDATE painscore.access_block SET body = convert_to(replace(convert_from(body, 'UTF8'), 'GetTrent', 'GetTrend'), 'UTF8') WHERE number = 2`)
	if said, ok := verify(); !ok {
		t.Errorf("as they were again: %s", said)
	}
	do(`DELETE FROM painscore.access_block b WHERE number = (SELECT MAX(number) FROM painscore.access_block e WHERE e.chain = b.chain)`)
	if said, ok := verify(); ok {
		t.Errorf("ends that were cut off: %s", said)
	}
	if err := os.Remove(filepath.Join(dir, headsFile)); err != nil {
		t.Fatal(err)
	}
	if said, ok := verify(); !ok {
		t.Errorf("it is not the heads that tell of a cut-off end: %s", said)
	}
}
