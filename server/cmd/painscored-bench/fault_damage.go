package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var damageFault = fault{
	name: "damage", short: "a damaged, foreign or missing file stops the start and is left as it is",
	long: `Damage the data folder of a stopped painscored in several ways and start it: it must
refuse with a message that names what is wrong, must leave every file as it found it,
and must never begin a new store in place of one that is gone.

What this does not show: SQLite keeps no checksum of its pages, so a flipped bit inside
an answer is nothing that a start can find.`,
	run: runDamage,
}

// damage is one way of spoiling a data folder.
type damage struct {
	name  string
	dirty bool // of a server that was killed, so that its log is there
	// spoil does it. database is the path of the file.
	spoil func(database string) error
	// words, of which one must stand in the refusal.
	words []string
}

// damages are tried each on a copy of a store with some forms in it.
func damages() []damage {
	return []damage{
		{"the file is empty", false, func(f string) error { return os.Truncate(f, 0) }, []string{"does not begin like a SQLite file"}},
		{"half of the file is gone", false, func(f string) error { return cut(f, func(n int64) int64 { return n / 2 }) }, []string{"damaged"}},
		{"the last page is gone", false, func(f string) error { return cut(f, func(n int64) int64 { return n - 4096 }) }, []string{"damaged"}},
		{"the last byte is gone", false, func(f string) error { return cut(f, func(n int64) int64 { return n - 1 }) }, []string{"damaged"}},
		{"the header is overwritten", false, func(f string) error { return overwrite(f, 0, 100) }, []string{"does not begin like a SQLite file"}},
		{"the first page is zeros but for its header", false, func(f string) error { return overwrite(f, 100, 3996) }, []string{"damaged", "not a painscore store"}},
		{"the page of the forms is zeros", false, func(f string) error { return zeroRoot(f, "submission_version") }, []string{"damaged"}},
		{"the page of the episodes is zeros", false, func(f string) error { return zeroRoot(f, "episode") }, []string{"damaged"}},
		{"the file is a text", false, func(f string) error { return os.WriteFile(f, []byte(strings.Repeat("not a database\n", 500)), 0o600) }, []string{"does not begin like a SQLite file"}},
		{"the file is another program's database", false, anothersDatabase, []string{"another program"}},
		{"a folder has the file's name", false, func(f string) error { return errors.Join(os.Remove(f), os.Mkdir(f, 0o700)) }, []string{"not a file", "is a directory"}},
		{"a newer painscore wrote it", false, newerSchema, []string{"newer painscore"}},
		{"the file is gone and its log is there", true, os.Remove, []string{"is missing but its log"}},
		{"the key file is gone", false, func(f string) error { return os.Remove(keysBeside(f)) }, []string{"key file"}},
		{"the key file is cut off", false, func(f string) error { return cut(keysBeside(f), func(n int64) int64 { return n / 2 }) }, []string{"key"}},
	}
}

func keysBeside(database string) string {
	return filepath.Join(filepath.Dir(database), "identity.keys")
}

func runDamage(ctx context.Context, p *place, _ size, v *verdict) error {
	if p.engine != sqliteEngine {
		return fmt.Errorf("%w: it is about SQLite's file", errSkipped)
	}
	stopped, killed, err := p.twoStores(ctx)
	if err != nil {
		return err
	}
	for _, d := range damages() {
		at, err := p.newStorage(ctx)
		if err != nil {
			return err
		}
		from := stopped
		if d.dirty {
			from = killed
		}
		if err := os.CopyFS(at.folder, os.DirFS(from.folder)); err != nil {
			return err
		}
		if err := d.spoil(at.database()); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		if err := p.tryDamaged(ctx, at, d, v); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		v.count("ways of damage, each refused at the start or told above", 1)
	}
	return p.tryTwice(ctx, stopped, v)
}

// twoStores makes a store that was stopped and one that was killed.
func (p *place) twoStores(ctx context.Context) (stopped, killed storage, err error) {
	for _, at := range []*storage{&stopped, &killed} {
		if *at, err = p.newStorage(ctx); err != nil {
			return
		}
		var server *child
		if server, err = p.serve(ctx, *at); err != nil {
			return
		}
		if err = p.submitSome(ctx, server, 40); err != nil {
			return
		}
		if at == &killed {
			server.kill()
		} else if err = server.stop(); err != nil {
			return
		}
	}
	return
}

// submitSome stores envelopes of nine forms, one episode each.
func (p *place) submitSome(ctx context.Context, server *child, envelopes int) error {
	fill, err := newForms()
	if err != nil {
		return err
	}
	c, err := server.dialClient()
	if err != nil {
		return err
	}
	defer c.Close()
	random := rand.New(rand.NewPCG(p.seed, 2))
	for n := range envelopes {
		request := envelope("SE2321000016-D001", fmt.Sprint("damage-", n), n)
		for i := range fill.instruments {
			request.Forms = append(request.Forms, fill.fill(i, random))
		}
		if _, err := c.Submissions().SubmitForms(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// tryDamaged starts the server and holds it to a refusal that changes nothing.
func (p *place) tryDamaged(ctx context.Context, at storage, d damage, v *verdict) error {
	before, err := contents(at.folder)
	if err != nil {
		return err
	}
	began := time.Now()
	server, err := p.serve(ctx, at)
	if err == nil {
		server.kill()
		v.violate("%s: the server started", d.name)
		return nil
	}
	var refused *exitError
	if !errors.As(err, &refused) || refused.err == nil {
		return err
	}
	if time.Since(began) > startTime/2 {
		v.violate("%s: it took %v to refuse", d.name, time.Since(began))
	}
	if !slices.ContainsFunc(d.words, func(word string) bool { return strings.Contains(refused.stderr, word) }) {
		v.violate("%s: refused, but none of %q is in: %s", d.name, d.words, strings.TrimSpace(refused.stderr))
	}
	after, err := contents(at.folder)
	if err != nil {
		return err
	}
	for name, hash := range before {
		if after[name] != hash {
			v.violate("%s: %s is not as it was", d.name, name)
		}
	}
	empty := sha256.Sum256(nil)
	for name, hash := range after {
		// An empty log is what SQLite leaves when it has looked at a file.
		if _, was := before[name]; !was && (hash != empty || !strings.HasSuffix(name, "-wal")) {
			v.violate("%s: %s was made", d.name, name)
		}
	}
	return nil
}

// tryTwice starts a second server on the data of one that runs.
func (p *place) tryTwice(ctx context.Context, at storage, v *verdict) error {
	first, err := p.serve(ctx, at)
	if err != nil {
		return err
	}
	second, err := p.serve(ctx, at)
	if err == nil {
		second.kill()
		v.violate("a second server started on the data of the first")
	} else if !strings.Contains(err.Error(), "in use") {
		v.violate("a second server was refused, but not because of the first: %v", err)
	}
	v.count("second server on the same data, refused", 1)
	return first.stop()
}

// contents hashes every file of a folder that holds data: neither the lock,
// which says nothing, nor SQLite's index of the log, which it makes anew.
func contents(folder string) (map[string][32]byte, error) {
	hashes := map[string][32]byte{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || strings.HasSuffix(path, ".lock") || strings.HasSuffix(path, "-shm") {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil || entry.IsDir() {
			hashes[name] = [32]byte{}
			return err
		}
		body, err := os.ReadFile(path)
		hashes[name] = sha256.Sum256(body)
		return err
	})
	return hashes, err
}

// cut shortens a file.
func cut(file string, to func(size int64) int64) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return os.Truncate(file, to(info.Size()))
}

// overwrite puts zeros over n bytes of a file.
func overwrite(file string, at int64, n int) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, n), at)
	return errors.Join(err, f.Close())
}

// zeroRoot puts zeros over the first page of a table.
func zeroRoot(file, table string) error {
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		return err
	}
	var page, size int64
	err = db.QueryRow("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?1", table).Scan(&page)
	if err == nil {
		err = db.QueryRow("PRAGMA page_size").Scan(&size)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return overwrite(file, (page-1)*size, int(size))
}

// anothersDatabase puts a SQLite file of another program in the file's place.
func anothersDatabase(file string) error {
	if err := os.Remove(file); err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		return err
	}
	_, err = db.Exec("CREATE TABLE song (title TEXT)")
	return errors.Join(err, db.Close())
}

// newerSchema notes a migration that this painscore does not know.
func newerSchema(file string) error {
	db, err := sql.Open("sqlite3", "file:"+file)
	if err != nil {
		return err
	}
	_, err = db.Exec("INSERT INTO schema_migration (version_id, is_applied) VALUES (9999, 1)")
	return errors.Join(err, db.Close())
}
