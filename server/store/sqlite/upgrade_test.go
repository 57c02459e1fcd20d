package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/store"
)

// dumped makes the store of an earlier schema from its dump.
func dumped(t *testing.T, schema int64) string {
	t.Helper()
	statements, err := os.ReadFile(filepath.Join("testdata", "schema", fmt.Sprintf("%05d.sql", schema)))
	if err != nil {
		t.Fatalf("%v: before a migration is added, dump a store as the program before it wrote it", err)
	}
	path := filepath.Join(t.TempDir(), "painscore.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db := openHandle(strings.Replace(writerDSN(path, Options{}.withDefaults()), "_foreign_keys=1", "_foreign_keys=0", 1), 1)
	for _, statement := range []string{string(statements), fmt.Sprintf("PRAGMA application_id = %d", applicationID)} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// formBefore is what a form must still be after every later migration.
type formBefore struct {
	CareUnit, System, ID              string
	EpisodeID, Occasion, Instrument   string
	Version, ChangeSeq                int64
	AnsweredOn, Answers, Scores, With string
}

// before is what is read from an earlier schema by plain SQL.
type before struct {
	Forms    []formBefore      // the newest version of each
	Rows     int64             // all versions
	Patients map[string]string // look-up hash → patient key
	Episodes map[string]string // id → patient key
	Bodies   [][]byte
}

func readBefore(t *testing.T, path string) (b before) {
	t.Helper()
	db := openBeside(path, true)
	defer db.Close()
	b.Patients, b.Episodes = map[string]string{}, map[string]string{}
	each := func(query string, scan func(scan func(...any) error) error) {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows.Scan); err != nil {
				t.Fatal(err)
			}
		}
	}
	each(`SELECT care_unit, system, submission_id, episode_id, occasion, instrument, version, change_seq, answered_on, answers, scores, instrument_version FROM submission_version v
		WHERE state <> 'moved' AND version = (SELECT MAX(version) FROM submission_version w
			WHERE w.care_unit = v.care_unit AND w.system = v.system AND w.submission_id = v.submission_id)`,
		func(scan func(...any) error) error {
			var f formBefore
			err := scan(&f.CareUnit, &f.System, &f.ID, &f.EpisodeID, &f.Occasion, &f.Instrument, &f.Version, &f.ChangeSeq, &f.AnsweredOn, &f.Answers, &f.Scores, &f.With)
			b.Forms = append(b.Forms, f)
			return err
		})
	each("SELECT COUNT(*) FROM submission_version", func(scan func(...any) error) error { return scan(&b.Rows) })
	each("SELECT lookup, patient_key FROM identity", func(scan func(...any) error) error {
		var lookup []byte
		var key string
		err := scan(&lookup, &key)
		b.Patients[string(lookup)] = key
		return err
	})
	each("SELECT care_unit || '/' || episode_id, patient_key FROM episode", func(scan func(...any) error) error {
		var id, key string
		err := scan(&id, &key)
		b.Episodes[id] = key
		return err
	})
	each("SELECT body FROM content ORDER BY kind, name, version", func(scan func(...any) error) error {
		var body []byte
		err := scan(&body)
		b.Bodies = append(b.Bodies, body)
		return err
	})
	return b
}

// readAfter reads the same through the store.
func readAfter(t *testing.T, s store.Store, of before) (b before) {
	t.Helper()
	b.Rows, b.Patients, b.Episodes = of.Rows, map[string]string{}, map[string]string{}
	for _, f := range of.Forms {
		got, err := s.Submission(ctx, f.CareUnit, f.System, f.ID)
		if err != nil {
			t.Fatalf("%s: %v", f.ID, err)
		}
		b.Forms = append(b.Forms, formBefore{got.CareUnit, got.System, got.SubmissionID, got.EpisodeID, string(got.Occasion), got.Instrument,
			got.Version, got.ChangeSeq, got.AnsweredOn, got.Answers, got.Scores, got.InstrumentVersion})
	}
	for lookup := range of.Patients {
		key, err := s.FindPatient(ctx, []byte(lookup))
		if err != nil {
			t.Fatal(err)
		}
		b.Patients[lookup] = key
	}
	for id := range of.Episodes {
		unit, name, _ := strings.Cut(id, "/")
		episode, err := s.Episode(ctx, unit, name)
		if err != nil {
			t.Fatal(err)
		}
		b.Episodes[id] = episode.PatientKey
	}
	contents, err := s.Contents(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contents {
		b.Bodies = append(b.Bodies, c.Body)
	}
	return b
}

// TestEveryEarlierSchemaIsBroughtUpToDateWithAllItsForms takes what the program
// wrote at each schema to the newest one. A migration without a dump of the
// schema before it turns it red.
func TestEveryEarlierSchemaIsBroughtUpToDateWithAllItsForms(t *testing.T) {
	newest, err := newestSchema()
	if err != nil {
		t.Fatal(err)
	}
	for schema := int64(1); schema < newest; schema++ {
		if found, _ := fs.Glob(migrations, fmt.Sprintf("migrations/%05d_*", schema)); len(found) == 0 {
			continue // a number that was given away and not used: there never was such a store
		}
		t.Run(fmt.Sprint(schema), func(t *testing.T) {
			path := dumped(t, schema)
			want := readBefore(t, path)
			if len(want.Forms) < 10 || len(want.Patients) < 2 || len(want.Bodies) == 0 {
				t.Fatalf("the dump shows little: %d forms, %d patients", len(want.Forms), len(want.Patients))
			}
			s := open(t, path)
			if diff := cmp.Diff(want, readAfter(t, s, want)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			settings, err := s.SettingsHistory(ctx)
			if err != nil || len(settings) == 0 || settings[0].Kind == "" {
				t.Errorf("settings: %+v %v", settings, err)
			}
			if _, err := s.Submit(ctx, testEnvelope("later", "later")); err != nil {
				t.Errorf("a new form: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			e, err := Examine(ctx, path, true)
			if err != nil || e.SchemaVersion != newest || e.Faults != nil {
				t.Errorf("%+v %v", e, err)
			}
			copied, err := Examine(ctx, fmt.Sprint(path, beforeSchemaSuffix, newest), true)
			if err != nil || copied.SchemaVersion != schema || copied.Rows["submission_version"] != want.Rows {
				t.Errorf("the copy from before: %+v %v", copied, err)
			}
		})
	}
}

// TestTheCopyFromBeforeIsTheOnlyOneAndCanBeRestored: the way back after an
// upgrade that went wrong. With this program it leads forward again.
func TestTheCopyFromBeforeIsTheOnlyOneAndCanBeRestored(t *testing.T) {
	path := dumped(t, 1)
	for _, name := range []string{path + beforeSchemaSuffix + "1", path + beforeSchemaSuffix + "4.unfinished"} {
		if err := os.WriteFile(name, []byte("older"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, path).Close()
	copies, err := Copies(path)
	if err != nil || len(copies) != 1 || copies[0].Kind != BeforeMigration {
		t.Fatalf("%+v %v", copies, err)
	}
	kept := copies[0]
	if info, err := os.Stat(kept.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	done, err := Restore(ctx, kept.Path, path, RestoreOptions{})
	if err != nil || done.SchemaVersion != 1 {
		t.Fatalf("%+v %v", done.Examination, err)
	}
	if e, err := Examine(ctx, path, true); err != nil || e.SchemaVersion != e.NewestSchema {
		t.Errorf("%+v %v", e, err)
	}
	if n, err := RemoveCopiesBeforeMigration(path, kept.MadeAt.Add(-1)); n != 0 || err != nil {
		t.Errorf("a copy from after the erasure: %d removed, %v", n, err)
	}
	if n, err := RemoveCopiesBeforeMigration(path, kept.MadeAt); n != 1 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	if copies, err := Copies(path); err != nil || len(copies) != 1 || copies[0].Kind != SetAside {
		t.Errorf("%+v %v", copies, err)
	}
}

// TestWithoutACopyThereIsNoMigration: where the copy cannot be made the store
// stays as it is.
func TestWithoutACopyThereIsNoMigration(t *testing.T) {
	path := dumped(t, 1)
	newest, err := newestSchema()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(fmt.Sprint(path, beforeSchemaSuffix, newest, ".unfinished"), "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Open(ctx, path, Options{}); err == nil || !strings.Contains(err.Error(), "stays at schema 1") {
		s.Close()
		t.Fatalf("got %v", err)
	}
	e, err := Examine(ctx, path, true)
	if err != nil || e.SchemaVersion != 1 {
		t.Errorf("%+v %v", e, err)
	}
	if after, err := os.ReadFile(path); err != nil || len(after) != len(content) {
		t.Errorf("%d bytes of %d, %v", len(after), len(content), err)
	}
}

// TestABrokenMigrationLeavesTheStoreAndTheCopy: the store can be opened by the
// program from before.
func TestABrokenMigrationLeavesTheStoreAndTheCopy(t *testing.T) {
	path := newFile(t)
	files := fstest.MapFS{"00999_broken.sql": {Data: []byte("-- +goose Up\nCREATE TABLE half (x INTEGER);\nCREATE NONSENSE;\n")}}
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := migrations.ReadFile("migrations/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = &fstest.MapFile{Data: text}
	}
	db := openHandle(writerDSN(path, Options{}.withDefaults()), 1)
	_, err = migrateFrom(ctx, path, db, files, true)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err == nil {
		t.Fatal("no error")
	}
	if e, err := Examine(ctx, path+beforeSchemaSuffix+"999", true); err != nil || e.Rows["submission_version"] != 1 {
		t.Errorf("the copy: %+v %v", e, err)
	}
	if !holds(t, path, "1") {
		t.Error("the store suffered")
	}
}

// TestALogOfAnotherStoreIsNoticedAndTheFileLeftAlone: SQLite takes a log for
// the file's own if only its name fits.
func TestALogOfAnotherStoreIsNoticedAndTheFileLeftAlone(t *testing.T) {
	other := crashed(t, newFile(t))
	path := filepath.Join(t.TempDir(), "painscore.db")
	s := open(t, path)
	for i := range 200 {
		if _, err := s.Submit(ctx, large(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copyBytes(t, other+"-wal", path+"-wal")
	opened, err := Open(ctx, path, Options{})
	if err == nil {
		opened.Close()
		t.Fatal("it was opened")
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed (%v)", err)
	}
}
