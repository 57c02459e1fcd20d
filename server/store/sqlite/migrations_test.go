package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlstore"
)

// migratedTo makes a file with the schema of the migrations up to a number.
func migratedTo(t *testing.T, last string) string {
	t.Helper()
	files := fstest.MapFS{}
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name()[:5] > last {
			continue
		}
		text, err := migrations.ReadFile("migrations/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = &fstest.MapFile{Data: text}
	}
	path := filepath.Join(t.TempDir(), "painscore.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db := openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		t.Fatal(err)
	}
	if _, err := migrateFrom(ctx, path, db, files, false); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestActivationsBecomeSettings: which version scores must survive the upgrade,
// with everybody who ever changed it.
func TestActivationsBecomeSettings(t *testing.T) {
	path := migratedTo(t, "00001")
	db := openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	_, err := db.Exec(`INSERT INTO activation (instrument, number, version, activated_by, activated_at) VALUES
		('pcs', 1, '1', 'painscored, first start', 1000000), ('hads', 1, '1', 'painscored, first start', 1000000),
		('hads', 2, '2', 'ebba', 2000000), ('hads', 3, '1', 'nils', 3000000)`)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	act := func(name string, number, change int64, version, by string) store.Setting {
		return store.Setting{
			Kind: "active_definition", Name: name, Number: number, Change: change, Value: version, By: by,
			At: time.Unix(max(1, change-1), 0).UTC(),
		}
	}
	want := []store.Setting{
		act("hads", 1, 1, "1", "painscored, first start"), act("hads", 2, 3, "2", "ebba"), act("hads", 3, 4, "1", "nils"),
		act("pcs", 1, 2, "1", "painscored, first start"),
	}
	got, err := s.SettingsHistory(ctx)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if change, err := s.SettingsChange(ctx); change != 4 || err != nil {
		t.Errorf("change %d, %v", change, err)
	}
}

// TestAChangeOfAnotherProcessIsSeen opens one file twice, past the lock, as two
// processes would open one database of an engine that allows it.
func TestAChangeOfAnotherProcessIsSeen(t *testing.T) {
	path := newFile(t)
	var both [2]*sqlstore.Store
	for i := range both {
		options := Options{}.withDefaults()
		both[i] = sqlstore.New(sqlstore.Dialect{Parameter: "?", Classify: classify},
			openHandle(writerDSN(path, options), 1), openHandle(readerDSN(path, options), 2))
		t.Cleanup(func() { both[i].Close(nil) })
	}
	for number := range int64(4) {
		writer := both[number%2]
		put, err := writer.PutSetting(ctx, store.Setting{Kind: "k", Name: "n", Value: "x"}, number)
		if err != nil {
			t.Fatal(err)
		}
		for i, each := range both {
			if change, err := each.SettingsChange(context.Background()); change != put.Change || err != nil {
				t.Errorf("process %d is told change %d, not %d (%v)", i, change, put.Change, err)
			}
		}
	}
}
