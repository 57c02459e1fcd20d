package main

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// storage is where a server keeps its data, empty at first.
type storage struct {
	folder  string // data folder: keys, and with SQLite the database
	address string // of the PostgreSQL database; empty with SQLite
}

// What painscored calls its files in the data folder.
const (
	databaseFile = "painscore.db"
	tokenFile    = "local.token"
)

func (s storage) database() string { return filepath.Join(s.folder, databaseFile) }

// token is the file that a caller of a running server signs in by, empty if the
// server made none and takes calls without.
func (s storage) token() string {
	file := filepath.Join(s.folder, tokenFile)
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// newStorage makes a place for the data of the engine that was asked for.
func (p *place) newStorage(ctx context.Context) (storage, error) {
	folder, err := p.folder()
	if err == nil && p.engine == postgresEngine {
		return p.inPostgres(ctx, folder, "template1")
	}
	return storage{folder: folder}, err
}

// copyOf copies what a server keeps, which must be stopped.
func (p *place) copyOf(ctx context.Context, from storage) (storage, error) {
	folder, err := p.folder()
	if err != nil {
		return storage{}, err
	}
	if err := copyFolder(from.folder, folder); err != nil {
		return storage{}, err
	}
	if from.address == "" {
		return storage{folder: folder}, nil
	}
	return p.inPostgres(ctx, folder, databaseOf(from.folder))
}

// copyFolder copies what lies in a folder. CopyFS would open the keys to others.
func copyFolder(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
}

// remove frees the medium of what a stopped server kept, before the run ends.
func (p *place) remove(ctx context.Context, s storage) error {
	if s.address == "" {
		return os.RemoveAll(s.folder)
	}
	return errors.Join(os.RemoveAll(s.folder), p.dropPostgres(ctx, s))
}

// bytes is how much of the medium the database takes, its indexes with it. The
// server must be stopped.
func (s storage) bytes(ctx context.Context) (int64, error) {
	if s.address != "" {
		return postgresBytes(ctx, s.address)
	}
	file, err := os.Stat(s.database())
	if err != nil {
		return 0, err
	}
	return file.Size(), nil
}

// forms is the table of the submitted forms.
func (s storage) forms() string {
	if s.address != "" {
		return "painscore.submission_version" // the schema that painscored makes
	}
	return "submission_version"
}

// form reads the row of a stored form: its columns, and their values.
func (s storage) form(ctx context.Context, submissionID string) (columns []string, values []any, err error) {
	query := "SELECT * FROM " + s.forms() + " WHERE submission_id = $1"
	if s.address != "" {
		return postgresRow(ctx, s.address, query, submissionID)
	}
	db, err := sql.Open("sqlite3", "file:"+s.database()+"?mode=ro")
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, query, submissionID)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	if !rows.Next() {
		return nil, nil, errors.Join(errNoForm, rows.Err())
	}
	values = make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range into {
		into[i] = &values[i]
	}
	return columns, values, rows.Scan(into...)
}

var errNoForm = errors.New("the submitted form is not in the database")

// folder makes a new empty folder.
func (p *place) folder() (string, error) {
	p.mu.Lock()
	p.folders++
	name := filepath.Join(p.dir, strconv.Itoa(p.folders))
	p.mu.Unlock()
	return name, os.Mkdir(name, 0o700)
}

// flags are what painscored is started with on this storage.
func (s storage) flags() []string {
	flags := []string{"--data", s.folder, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0", "--log", "error"}
	if s.address != "" {
		flags = append(flags, "--store", s.address)
	}
	return flags
}

// serve starts painscored on its storage.
func (p *place) serve(ctx context.Context, at storage, args ...string) (*child, error) {
	var by *secured
	if p.tls {
		var err error
		if by, err = p.secure(); err != nil {
			return nil, err
		}
		args = append(args, "--config", by.config)
	}
	c, err := p.start(ctx, p.painscored, append(at.flags(), args...)...)
	if err != nil {
		return nil, err
	}
	if c.secured = by; by == nil {
		c.token = at.token()
	}
	return c, nil
}
